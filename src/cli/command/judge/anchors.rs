//! `judge anchors` and `judge drift`: whether a judge still says what it said.

use groundgate_app::{
    AppError,
    anchors::{DriftRequest, FreezeRequest, Moved},
    project,
};
use groundgate_report::visible_line;
use serde_json::json;

use super::super::super::{
    args::{AnchorsArgs, DriftArgs, Global},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// Runs `judge anchors`.
pub(super) fn freeze(
    global: &Global,
    args: &AnchorsArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let n_answers = terminal.app().freeze_anchors(&FreezeRequest {
        config: &config,
        run: &args.run,
        sample: args.sample,
        judges: &args.judges.asked(),
        output: &args.output,
    })?;
    terminal.note(&format!(
        "{} answers frozen; name them in groundgate.toml: anchors = \"{}\"",
        n_answers,
        args.output.display()
    ));
    terminal.line(&args.output.display().to_string());
    Ok(ExitCode::Done)
}

/// Runs `judge drift`.
pub(super) fn drift(
    global: &Global,
    args: &DriftArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let moved = terminal.app().drift(&DriftRequest {
        config: &config,
        anchors: args.anchors.as_deref(),
        judges: &args.judges.asked(),
    })?;
    if wants_json(global) {
        let rows = moved.iter().map(|one| {
            json!({
                "metric": one.metric,
                "judge": one.judge,
                "drift": one.drift,
                "changed": one.drift.is_alarming(),
            })
        });
        let document = json!({"schema": "groundgate.drift/1", "metrics": rows.collect::<Vec<_>>()});
        terminal.line(&document.to_string());
    } else {
        for one in &moved {
            terminal.line(&text(one));
        }
    }
    let changed = moved.iter().any(|one| one.drift.is_alarming());
    Ok(if changed {
        ExitCode::Inconclusive
    } else {
        ExitCode::Done
    })
}

fn text(one: &Moved) -> String {
    format!(
        "{}: {}; of {} anchors {} turned bad, {} turned good, p = {:.4}  ({})",
        visible_line(&one.metric),
        if one.drift.is_alarming() {
            "the judge has changed"
        } else {
            "no change beyond chance"
        },
        one.drift.n,
        one.drift.turned_bad,
        one.drift.turned_good,
        one.drift.p_value,
        visible_line(&one.judge)
    )
}

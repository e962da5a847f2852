//! `judge anchors` and `judge drift`: whether a judge still says what it said.

use std::fs;

use groundgate_report::visible_line;
use serde_json::json;

use super::{
    super::super::{
        args::{AnchorsArgs, DriftArgs, Global},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    flips::{answered, sample},
};
use groundgate_app::{
    AppError, ErrorClass,
    anchors::{self, BudgetedJudges, Moved},
    project,
    rejudge::{self, Answers, Judging},
    runs,
};

/// Runs `judge anchors`.
pub(super) fn freeze(
    global: &Global,
    args: &AnchorsArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    if args.output.exists() {
        let message = format!("`{}` exists already", args.output.display());
        return Err(AppError::invalid(message)
            .with_help("anchors are frozen once; remove the file to choose others"));
    }
    let config = project::config(global.config.as_deref())?;
    let source = Answers::of_run(&runs::open(&config.runs_dir, &args.run)?)?;
    let chosen = sample(answered(&source), args.sample, config.seed);
    if chosen.is_empty() {
        return Err(AppError::new(
            ErrorClass::NothingToDo,
            "the run has no answer".to_string(),
        ));
    }
    let answers = Answers::of_cases("anchors", chosen);
    let asked = rejudge::chosen(&config, &args.judges.asked())?;
    let cap = rejudge::cap(&config, &args.judges.asked())?;
    let judging = Judging::apart(&config, asked, cap);
    let judged = judging.judge(&answers, &terminal.app())?;
    drop(rejudge::whole(&judged)?);
    fs::copy(&judged.path, &args.output).map_err(|cause| {
        AppError::invalid(format!("failed to write `{}`", args.output.display())).because(cause)
    })?;
    terminal.note(&format!(
        "{} answers frozen; name them in groundgate.toml: anchors = \"{}\"",
        answers.cases.len(),
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
    let Some(path) = args.anchors.as_ref().or(config.anchors.as_ref()) else {
        return Err(AppError::usage("no anchors are named").with_help(
            "make some with `groundgate judge anchors`, and name them in groundgate.toml",
        ));
    };
    let asked = BudgetedJudges {
        judges: rejudge::chosen(&config, &args.judges.asked())?,
        cap: rejudge::cap(&config, &args.judges.asked())?,
    };
    let moved = anchors::moved(&config, path, asked, &terminal.app())?;
    if moved.is_empty() {
        return Err(AppError::new(
            ErrorClass::NothingToDo,
            "the anchors were judged by other judges than these".to_string(),
        )
        .with_help("freeze new anchors with `groundgate judge anchors`"));
    }
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

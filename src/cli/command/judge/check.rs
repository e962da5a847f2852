//! `judge check`: the known cases, asked of the model itself.

use std::{collections::BTreeSet, fmt::Write as _};

use groundgate_app::{AppError, judge_quality::CheckedJudge, project};
use groundgate_report::visible_line;
use serde_json::{Value, json};

use super::super::super::{
    args::{CheckArgs, Global},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &CheckArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let all = terminal.app().check_judges(&config, &args.judges.asked())?;
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.judge-check/1",
            "judges": all.iter().map(json).collect::<Vec<_>>(),
        });
        terminal.line(&document.to_string());
    } else {
        for checked in &all {
            terminal.print(&text(checked));
        }
    }
    let is_clean = all.iter().all(|checked| checked.mismatches.is_empty());
    Ok(if is_clean {
        ExitCode::Done
    } else {
        ExitCode::Fail
    })
}

fn text(checked: &CheckedJudge) -> String {
    let wrong: BTreeSet<&str> = checked
        .mismatches
        .iter()
        .map(|one| one.case.as_str())
        .collect();
    let mut text = format!(
        "{}: {} of {} known cases right\n",
        visible_line(&checked.judge),
        checked.n_cases - wrong.len(),
        checked.n_cases
    );
    for one in &checked.mismatches {
        let _written = writeln!(
            text,
            "  {}: {} must be {}, found {}",
            visible_line(&one.case),
            visible_line(&one.metric),
            one.expected,
            visible_line(&one.found)
        );
    }
    if let Some(one) = checked.mismatches.first() {
        let _written = writeln!(
            text,
            "  next: groundgate explain \"{}\" --run {}",
            visible_line(&one.case),
            checked.record.display()
        );
    }
    text
}

fn json(checked: &CheckedJudge) -> Value {
    let mismatches = checked.mismatches.iter().map(|one| {
            json!({"case": one.case, "metric": one.metric, "expected": one.expected, "found": one.found})
        });
    json!({
        "judge": checked.judge,
        "n_cases": checked.n_cases,
        "mismatches": mismatches.collect::<Vec<_>>(),
        "record": checked.record.display().to_string(),
    })
}

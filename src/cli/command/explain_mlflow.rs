//! `groundgate explain mlflow`: MLflow's number and ours, beside each other.

use std::fmt::Write as _;

use groundgate_app::{
    AppError, Project,
    mlflow::{
        DifferenceCause, ExplainedDifference, MeanStep, MlflowExplainRequest, MlflowExplanation,
    },
};
use groundgate_report::visible_line;
use serde_json::{Value, json};

use super::super::{
    args::{ExplainMlflowArgs, Global},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// Cases of one cause that the terminal shows.
const SHOWN: usize = 10;

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &ExplainMlflowArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let found = terminal.app().explain_mlflow(&MlflowExplainRequest {
        project: &Project::find(global.config.as_deref())?,
        run: &args.run,
        tracking_uri: args.tracking.tracking_uri.as_deref(),
        theirs: args.theirs.as_deref(),
        ours: args.ours.as_deref(),
    })?;
    if wants_json(global) {
        terminal.line(&document(&found).to_string());
    } else {
        terminal.print(&text(&found));
    }
    Ok(ExitCode::Done)
}

fn text(found: &MlflowExplanation) -> String {
    let mut text = format!(
        "{}: {} of MLflow, {} of ours\n",
        visible_line(&found.run_id),
        visible_line(&found.theirs),
        visible_line(&found.ours)
    );
    if let Some(logged) = found.logged {
        let _infallible = writeln!(text, "  {logged:.3}             MLflow's run says");
    }
    for step in &found.steps {
        let _infallible = writeln!(
            text,
            "  {:<16} {}, of {} {}",
            mean(step),
            step.what,
            step.n,
            step.unit
        );
    }
    for (cause, n) in &found.causes {
        let _infallible = writeln!(text, "\n{n:>5} {}: {}", cause.name(), cause.meaning());
        if *cause == DifferenceCause::Same {
            continue;
        }
        let of = found.cases.iter().filter(|case| case.cause == *cause);
        for case in of.take(SHOWN) {
            let _infallible = writeln!(text, "      {}", visible_line(&line(case)));
        }
        if *n > SHOWN {
            let _infallible = writeln!(text, "      and {} more: --json", n - SHOWN);
        }
    }
    text
}

fn mean(step: &MeanStep) -> String {
    if step.low < step.high {
        format!("[{:.3}, {:.3}]", step.low, step.high)
    } else {
        format!("{:.3}", step.low)
    }
}

fn line(case: &ExplainedDifference) -> String {
    let theirs: Vec<String> = case.theirs.iter().map(|value| format!("{value}")).collect();
    let theirs = if theirs.is_empty() {
        "–".to_owned()
    } else {
        theirs.join(", ")
    };
    let ours = case
        .ours
        .map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let attempt = match case.attempt {
        0 => String::new(),
        n => format!(" ({n})"),
    };
    let detail = match case.detail.as_str() {
        "" => String::new(),
        detail => format!("  {detail}"),
    };
    format!(
        "{}{attempt}  MLflow {theirs}, ours {ours}{detail}",
        case.case
    )
}

fn document(found: &MlflowExplanation) -> Value {
    let steps: Vec<Value> = found
        .steps
        .iter()
        .map(|step| json!({"what": step.what, "low": step.low, "high": step.high, "n": step.n, "of": step.unit}))
        .collect();
    let causes: Vec<Value> = found
        .causes
        .iter()
        .map(|(cause, n)| json!({"cause": cause.name(), "cases": n, "meaning": cause.meaning()}))
        .collect();
    let rows: Vec<Value> = found
        .cases
        .iter()
        .map(|case| {
            json!({"case": case.case, "attempt": case.attempt, "trace": case.trace, "theirs": case.theirs,
                "ours": case.ours, "cause": case.cause.name(), "detail": case.detail})
        })
        .collect();
    json!({
        "schema": "groundgate.explain-mlflow/1",
        "run": found.run_id,
        "theirs": found.theirs,
        "ours": found.ours,
        "logged": found.logged,
        "steps": steps,
        "causes": causes,
        "cases": rows,
    })
}

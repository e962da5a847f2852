//! `groundgate watch`: keep a canary, hold it, or roll it back; offline, from finished windows.

use groundgate_app::{AppError, Project, WatchRequest, WatchSummary, WindowRequest};
use groundgate_gate::Action;
use groundgate_report::visible_line;
use serde_json::{Value, json};

use super::super::{
    args::{Global, WatchArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &WatchArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let windows: Vec<WindowRequest<'_>> = args.window.iter().map(|text| window(text)).collect();
    let watched = terminal.app().watch(&WatchRequest {
        project: &Project::find(global.config.as_deref())?,
        windows: &windows,
        environment: args.env.as_deref(),
        policy: args.policy.as_deref(),
        policy_digest: args.policy_digest.as_deref(),
    })?;
    let code = match watched.action {
        Action::Keep => ExitCode::Done,
        Action::Hold => ExitCode::HoldCanary,
        Action::RollBack => ExitCode::RollBack,
    };
    if wants_json(global) {
        terminal.line(&document(&watched, code).to_string());
        return Ok(code);
    }
    for window in &watched.windows {
        let (run, decision) = (visible_line(&window.candidate), &window.decision);
        terminal.line(&format!("{:<10} {run}", decision.action.name()));
        for reason in &decision.reasons {
            terminal.line(&format!("             {}", visible_line(reason)));
        }
    }
    terminal.line(&watched.action.name().to_uppercase());
    Ok(code)
}

/// `NEW,OLD` or `NEW`.
fn window(written: &str) -> WindowRequest<'_> {
    match written.split_once(',') {
        Some((candidate, baseline)) => WindowRequest {
            candidate,
            baseline: Some(baseline),
        },
        None => WindowRequest {
            candidate: written,
            baseline: None,
        },
    }
}

fn document(watched: &WatchSummary, code: ExitCode) -> Value {
    let rows = watched.windows.iter().map(|window| {
        json!({
            "candidate": window.candidate,
            "baseline": window.baseline,
            "action": window.decision.action.name(),
            "reasons": window.decision.reasons,
        })
    });
    json!({
        "schema": "groundgate.watch/1",
        "action": watched.action.name(),
        "exit_code": code.number(),
        "policy": {"digest": {"sha256": watched.policy.digest.to_string()}},
        "windows": rows.collect::<Vec<_>>(),
    })
}

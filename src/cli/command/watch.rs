//! `groundgate watch`: keep a canary, hold it, or roll it back; offline, from finished windows.

use groundgate_gate::{Action, Evidence, watch};
use groundgate_report::visible_line;
use serde_json::json;

use super::super::{
    args::{Global, WatchArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use groundgate_app::{AppError, Project, assemble::Loaded, project, runs};

/// The two sides of a window.
struct Window {
    candidate: Loaded,
    baseline: Option<Loaded>,
}

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &WatchArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let directory = project::runs_dir(global.config.as_deref())?;
    let load = |name: &str| Loaded::new(runs::open(&directory, name)?);
    let windows = args.window.iter().map(|written| {
        let (candidate, baseline) = match written.split_once(',') {
            Some((candidate, baseline)) => (load(candidate)?, Some(load(baseline)?)),
            None => (load(written)?, None),
        };
        Ok(Window {
            candidate,
            baseline,
        })
    });
    let windows: Vec<Window> = windows.collect::<Result<_, AppError>>()?;
    let Some(last) = windows.last() else {
        return Err(AppError::usage("no window was named"));
    };
    let project = Project::find(global.config.as_deref())?;
    let source = project.policy_source(args.policy.as_deref())?;
    let policy = source.policy(args.env.as_deref(), &last.candidate.known_metrics())?;
    source.check_trusted(&policy, args.policy_digest.as_deref(), terminal.is_ci)?;
    let Some(canary) = &policy.outside.canary else {
        return Err(
            AppError::invalid(format!("policy `{source}` has no [canary]"))
                .with_help("docs/release-process.md has one to start from"),
        );
    };
    let evidence: Vec<Evidence<'_>> = windows
        .iter()
        .map(|window| Evidence {
            candidate: &window.candidate.table,
            baseline: window.baseline.as_ref().map(|loaded| &loaded.table),
        })
        .collect();
    let decisions = watch(canary, &policy.statistics, &evidence);
    let action = decisions.last().map_or(Action::Hold, |last| last.action);
    let code = match action {
        Action::Keep => ExitCode::Done,
        Action::Hold => ExitCode::HoldCanary,
        Action::RollBack => ExitCode::RollBack,
    };
    let rows = windows.iter().zip(&decisions);
    if wants_json(global) {
        let rows: Vec<_> = rows
            .map(|(window, decision)| {
                json!({
                    "candidate": window.candidate.table.run_id,
                    "baseline": window.baseline.as_ref().map(|loaded| &loaded.table.run_id),
                    "action": decision.action.name(),
                    "reasons": decision.reasons,
                })
            })
            .collect();
        let document = json!({"schema": "groundgate.watch/1", "action": action.name(),
            "exit_code": code.number(), "policy": {"digest": {"sha256": policy.digest.to_string()}},
            "windows": rows});
        terminal.line(&document.to_string());
        return Ok(code);
    }
    for (window, decision) in rows {
        let run = visible_line(&window.candidate.table.run_id);
        terminal.line(&format!("{:<10} {run}", decision.action.name()));
        for reason in &decision.reasons {
            terminal.line(&format!("             {}", visible_line(reason)));
        }
    }
    terminal.line(&action.name().to_uppercase());
    Ok(code)
}

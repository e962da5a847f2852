//! `groundgate baseline`: which run candidates are compared with where nobody names one.

use groundgate_app::{App, AppError, Project};
use groundgate_record::Reader;
use groundgate_report::visible_line;
use serde_json::json;

use super::{
    super::{
        args::{BaselineCommand, CompareArgs, Global, ReadingArgs},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    compare,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    command: &BaselineCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let app = terminal.app();
    match command {
        BaselineCommand::Show => show(global, &app.baseline(&project)?, terminal),
        BaselineCommand::Set { run } => {
            let set = app.set_baseline(&project, run)?;
            terminal.line(&format!(
                "the baseline is {} ({})",
                visible_line(&set.header().run_id),
                visible_line(&set.header().copilot_name)
            ));
        }
        BaselineCommand::Diff { run } => return diff(global, &project, run, terminal),
    }
    Ok(ExitCode::Done)
}

fn show(global: &Global, baseline: &Reader, terminal: &Terminal) {
    let header = baseline.header();
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.baseline-shown/1",
            "run": header.run_id,
            "copilot": header.copilot_name,
            "made": header.created_at,
            "eval_set": header.eval_set_digest.to_string(),
            "attempts": header.attempts,
        });
        terminal.line(&document.to_string());
    } else {
        terminal.line(&format!(
            "{}  {}, made {}, eval set {} {}, {} attempts",
            visible_line(&header.run_id),
            visible_line(&header.copilot_name),
            visible_line(&header.created_at),
            visible_line(&header.eval_set_name),
            header.eval_set_digest.short(),
            header.attempts
        ));
    }
}

/// Whether a run can be compared with the baseline, and how it compares.
fn diff(
    global: &Global,
    project: &Project,
    run: &str,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let base = terminal.app().baseline(project)?.header().run_id.clone();
    let (baseline, candidate) = (project.load(&base)?, project.load(run)?);
    for mismatch in App::mismatches(&candidate, &baseline) {
        terminal.report(&format!("note: {}", visible_line(&mismatch.to_string())));
    }
    let args = CompareArgs {
        reading: ReadingArgs::default(),
        base,
        candidates: vec![candidate.reader.header().run_id.clone()],
        by: None,
        metric: Vec::new(),
    };
    compare::run(global, &args, terminal)
}

//! `groundgate rejudge`: a stored run's answers, judged by the configuration's judges of today.

use serde_json::json;

use super::super::{
    args::{Global, RejudgeArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use groundgate_app::{
    AppError, project,
    rejudge::{self, Answers, Judging},
    runs,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &RejudgeArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let source = runs::open(&config.runs_dir, &args.run)?;
    let answers = Answers::of_run(&source)?;
    let judging = Judging {
        judges: rejudge::chosen(&config, &args.judges.asked())?,
        checks: config.checks.clone(),
        directory: config.runs_dir.clone(),
        cap: rejudge::cap(&config, &args.judges.asked())?,
        number: 0,
        config: &config,
    };
    let judged = judging.judge(&answers, &terminal.app())?;
    let of = &source.header().run_id;
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.rejudge/1",
            "run": judged.header.run_id,
            "answers_of": of,
            "exit_code": terminal.code(judged.ending).number(),
        });
        terminal.line(&document.to_string());
    } else {
        terminal.note(&format!("the answers of {of}, judged again"));
        terminal.line(&judged.header.run_id);
    }
    Ok(terminal.code(judged.ending))
}

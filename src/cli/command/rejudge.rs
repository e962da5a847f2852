//! `groundgate rejudge`: a stored run's answers, judged by the configuration's judges of today.

use groundgate_app::{AppError, project, rejudge::RejudgeRequest};
use serde_json::json;

use super::super::{
    args::{Global, RejudgeArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &RejudgeArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let rejudged = terminal.app().rejudge(&RejudgeRequest {
        config: &project::config(global.config.as_deref())?,
        run: &args.run,
        judges: &args.judges.asked(),
    })?;
    let (run, of) = (&rejudged.judged.header.run_id, &rejudged.answers_of);
    let code = terminal.code(rejudged.judged.ending);
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.rejudge/1",
            "run": run,
            "answers_of": of,
            "exit_code": code.number(),
        });
        terminal.line(&document.to_string());
    } else {
        terminal.note(&format!("the answers of {of}, judged again"));
        terminal.line(run);
    }
    Ok(code)
}

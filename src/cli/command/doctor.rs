//! `groundgate doctor`: whether a run could be made here: configuration, credentials, TLS, proxies,
//! clock, disk, prices; with `--online`, one cheap call to each endpoint.
//!
//! Nothing is printed before everything was looked at.

use groundgate_app::{
    AppError, DoctorRequest,
    check_result::{CheckResult, CheckResults, State},
};
use groundgate_report::visible_line;
use serde_json::json;

use super::super::{
    args::{DoctorArgs, Global},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &DoctorArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let results = terminal.app().doctor(DoctorRequest {
        config: global.config.as_deref(),
        online: args.online,
    })?;
    show(&results, args.online, global, terminal);
    Ok(code(&results, terminal))
}

fn code(results: &CheckResults, terminal: &Terminal) -> ExitCode {
    let class = results.class();
    class.map_or(ExitCode::Done, |class| terminal.code_of(class))
}

fn show(results: &CheckResults, online: bool, global: &Global, terminal: &Terminal) {
    let code = code(results, terminal);
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.doctor/1",
            "online": online,
            "exit_code": code.number(),
            "findings": results.all(),
        });
        terminal.line(&document.to_string());
        return;
    }
    let width = |part: fn(&CheckResult) -> usize| results.all().iter().map(part).max().unwrap_or(0);
    let subject = width(|result| result.subject.chars().count());
    let check = width(|result| result.check.len());
    for result in results.all() {
        let word = match result.state {
            State::Ok => "ok     ",
            State::Warning => "warning",
            State::Error => "error  ",
        };
        terminal.line(&format!(
            "{word}  {:subject$}  {:check$}  {}",
            result.subject,
            result.check,
            visible_line(&result.found)
        ));
        if let Some(help) = &result.help {
            terminal.line(&format!("           help: {}", visible_line(help)));
        }
    }
    let count = |state: State| {
        let of_state = results.all().iter().filter(|result| result.state == state);
        of_state.count()
    };
    let more = if online {
        ""
    } else {
        "; nothing was called, --online does"
    };
    terminal.line(&format!(
        "{} errors, {} warnings{more}",
        count(State::Error),
        count(State::Warning)
    ));
}

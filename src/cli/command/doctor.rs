//! `groundgate doctor`: whether a run could be made here: configuration, credentials, TLS, proxies,
//! clock, disk, prices; with `--online`, one cheap call to each endpoint.
//!
//! Nothing is printed before everything was looked at.

use groundgate_app::{
    AppError, DoctorRequest,
    finding::{Finding, Findings, State},
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
    let findings = terminal.app().doctor(DoctorRequest {
        config: global.config.as_deref(),
        online: args.online,
    })?;
    show(&findings, args.online, global, terminal);
    Ok(code(&findings, terminal))
}

fn code(findings: &Findings, terminal: &Terminal) -> ExitCode {
    let class = findings.class();
    class.map_or(ExitCode::Done, |class| terminal.code_of(class))
}

fn show(findings: &Findings, online: bool, global: &Global, terminal: &Terminal) {
    let code = code(findings, terminal);
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.doctor/1",
            "online": online,
            "exit_code": code.number(),
            "findings": findings.all(),
        });
        terminal.line(&document.to_string());
        return;
    }
    let width = |part: fn(&Finding) -> usize| findings.all().iter().map(part).max().unwrap_or(0);
    let subject = width(|finding| finding.subject.chars().count());
    let check = width(|finding| finding.check.len());
    for finding in findings.all() {
        let word = match finding.state {
            State::Ok => "ok     ",
            State::Warning => "warning",
            State::Error => "error  ",
        };
        terminal.line(&format!(
            "{word}  {:subject$}  {:check$}  {}",
            finding.subject,
            finding.check,
            visible_line(&finding.found)
        ));
        if let Some(help) = &finding.help {
            terminal.line(&format!("           help: {}", visible_line(help)));
        }
    }
    let count = |state: State| {
        let of_state = findings
            .all()
            .iter()
            .filter(|finding| finding.state == state);
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

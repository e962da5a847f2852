//! `groundgate approve`: one person's yes or no to one verdict, written down as evidence.

use groundgate_report::{Embed, tally, visible_line};
use serde_json::json;

use super::{
    super::{
        args::{ApproveArgs, Global},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    gate,
};
use groundgate_app::{AppError, clock, facts::WrittenApproval};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &ApproveArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let decided = gate::decide(global, &args.against, Embed::Regressions, terminal)?;
    let roles: Vec<&str> = decided
        .policy
        .outside
        .approvals
        .iter()
        .flat_map(|rule| rule.roles.iter().map(String::as_str))
        .collect();
    if !roles.contains(&args.role.as_str()) {
        let help = if roles.is_empty() {
            "the policy asks for no approval here; name the environment with --env".to_owned()
        } else {
            format!("it asks for {}", roles.join(", "))
        };
        let message = format!("the policy asks for no approval by `{}`", args.role);
        return Err(AppError::usage(message).with_help(help));
    }
    let approval = WrittenApproval {
        schema: WrittenApproval::SCHEMA.to_owned(),
        subject: decided.subject.to_string(),
        run: decided.report.candidate.run_id.clone(),
        environment: decided.report.environment.clone(),
        role: args.role.clone(),
        by: args.by.clone(),
        at: clock::rfc3339(terminal.now()),
        says: if args.reject { "reject" } else { "approve" }.to_owned(),
        reason: args.reason.clone(),
    };
    let path = approval.write(&decided.approvals)?;
    if wants_json(global) {
        let document = json!({"file": path.display().to_string(), "approval": approval});
        terminal.line(&document.to_string());
        return Ok(ExitCode::Done);
    }
    terminal.line(&format!(
        "{} as {}: {} to {}, verdict {}\n  {}\n  written to {}",
        visible_line(&approval.by),
        visible_line(&approval.role),
        approval.says,
        visible_line(&decided.report.candidate.run_id),
        decided.subject.short(),
        tally(&decided.report.decision.findings),
        path.display()
    ));
    Ok(ExitCode::Done)
}

//! `groundgate approve`: one person's yes or no to one verdict, written down as evidence.

use groundgate_app::{AppError, ApproveRequest, Project};
use groundgate_gate::Review;
use groundgate_report::{tally, visible_line};
use serde_json::json;

use super::{
    super::{
        args::{ApproveArgs, Global},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    gate, trust,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &ApproveArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let app = terminal.app();
    let signer = trust::approver(&app, args.ssh_key.as_ref(), &args.key)?;
    let approved = app.approve(&ApproveRequest {
        gate: gate::request(&project, &args.against),
        role: &args.role,
        by: &args.by,
        says: if args.reject {
            Review::Reject
        } else {
            Review::Approve
        },
        reason: &args.reason,
        signer: signer.as_ref(),
    })?;
    let (approval, path) = (&approved.approval, approved.path.display());
    if wants_json(global) {
        let document = json!({"file": path.to_string(), "approval": approval});
        terminal.line(&document.to_string());
        return Ok(ExitCode::Done);
    }
    let report = &approved.gate.report;
    terminal.line(&format!(
        "{} as {}: {} to {}, verdict {}\n  {}\n  written to {path}",
        visible_line(&approval.by),
        visible_line(&approval.role),
        approval.says,
        visible_line(&report.candidate.run_id),
        approved.gate.subject.short(),
        tally(&report.decision.findings),
    ));
    Ok(ExitCode::Done)
}

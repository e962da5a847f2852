//! One person's yes or no to one verdict, written down as evidence.

use std::path::PathBuf;

use groundgate_gate::Review;

use crate::{
    app::App,
    approval_file::WrittenApproval,
    clock,
    error::AppError,
    gate::{GateRequest, GateSummary},
    trust::Signer,
};

/// What somebody says to a verdict.
#[derive(Debug, Clone, Copy)]
pub struct ApproveRequest<'a> {
    /// The verdict.
    pub gate: GateRequest<'a>,
    /// One of the roles that the policy asks for.
    pub role: &'a str,
    /// Who.
    pub by: &'a str,
    /// Yes or no.
    pub says: Review,
    /// Why.
    pub reason: &'a str,
    /// Who signs it; unsigned without.
    pub signer: Option<&'a Signer>,
}

/// What was written down.
#[derive(Debug)]
pub struct ApproveSummary {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub approval: WrittenApproval,
    /// The verdict that it is about.
    pub gate: GateSummary,
}

impl App {
    /// Writes down what somebody says to a verdict, in a role that the policy asks for.
    pub fn approve(&self, request: &ApproveRequest<'_>) -> Result<ApproveSummary, AppError> {
        let gate = self.gate(&request.gate)?;
        check_role(&gate, request.role)?;
        let approval = WrittenApproval {
            schema: WrittenApproval::SCHEMA.to_owned(),
            subject: gate.subject.to_string(),
            run: gate.report.candidate.run_id.clone(),
            environment: gate.report.environment.clone(),
            role: request.role.to_owned(),
            by: request.by.to_owned(),
            at: clock::rfc3339(self.now()),
            says: match request.says {
                Review::Approve => "approve",
                Review::Reject => "reject",
            }
            .to_owned(),
            reason: request.reason.to_owned(),
        };
        let path = approval.write(&request.gate.project.approvals(), request.signer)?;
        Ok(ApproveSummary {
            path,
            approval,
            gate,
        })
    }
}

fn check_role(gate: &GateSummary, role: &str) -> Result<(), AppError> {
    let asked = gate.policy.release.approvals.iter();
    let roles: Vec<&str> = asked
        .flat_map(|rule| rule.roles.iter().map(String::as_str))
        .collect();
    if roles.contains(&role) {
        return Ok(());
    }
    let help = if roles.is_empty() {
        "the policy asks for no approval here; name the environment with --env".to_owned()
    } else {
        format!("it asks for {}", roles.join(", "))
    };
    Err(AppError::usage(format!("the policy asks for no approval by `{role}`")).with_help(help))
}

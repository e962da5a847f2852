//! Approvals: people's words about one verdict, as evidence.
//!
//! An approval names the verdict that it is about by a digest over everything that the scores decided.
//! Another run, another policy, another environment or another finding is another verdict, and what
//! was said of the first says nothing of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::{
    Age, Facts,
    age::Odd,
    evidence::{Found, Shape},
};
use crate::{
    gate::{
        decide::Evidence,
        policy::Policy,
        verdict::{Bar, Decision, Finding, Verdict},
    },
    unit::{Digest, count_to_f64},
};

/// Who has to approve before a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRule {
    /// Unique in the policy.
    pub id: String,
    /// Why it is there.
    pub why: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: Option<usize>,
    /// One person for each of them; never empty.
    pub roles: Vec<String>,
    /// An older approval is none.
    pub valid_for: Age,
}

/// What one person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Of which verdict.
    pub subject: Digest,
    /// In which role.
    pub role: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub says: Says,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// It may go.
    Approve,
    /// It must not.
    Reject,
}

/// What approvals of this verdict name: a digest over policy, environment, runs and what the scores
/// decided. Facts with a date of their own are left out: they are read again at every gate.
pub fn approval_subject(
    policy: &Policy,
    environment: &str,
    evidence: Evidence<'_>,
    scores: &Decision,
) -> Digest {
    let run = |table: &crate::trial::ScoreTable| {
        json!([
            table.run_id,
            table.variant,
            table.eval_set_digest.to_string(),
            table.planned()
        ])
    };
    let findings: Vec<_> = scores
        .findings
        .iter()
        .map(|finding| json!([finding.id, finding.verdict.name(), finding.sentence]))
        .collect();
    let document = json!({
        "policy": policy.digest.to_string(),
        "environment": environment,
        "candidate": run(evidence.candidate),
        "baseline": evidence.baseline.map(run),
        "findings": findings,
    });
    Digest::of(document.to_string().as_bytes())
}

/// What one approval rule finds: a rejection fails, all roles pass, anything less holds.
pub(super) fn finding(rule: &ApprovalRule, subject: Digest, facts: &Facts) -> Finding {
    let needed = count_to_f64(rule.roles.len());
    let shape = Shape {
        id: &rule.id,
        kind: "approval",
        metric: "approvals",
        unit: "approvals",
        why: rule.why.as_deref(),
        line: rule.line,
        bar: Bar::AtLeast,
        threshold: needed,
    };
    let heard: Vec<&Approval> = facts
        .approvals
        .iter()
        .filter(|one| one.subject == subject && rule.roles.contains(&one.role))
        .filter(|one| rule.valid_for.check(one.at, facts.at) != Err(Odd::Future))
        .collect();
    if let Some(no) = heard.iter().find(|one| one.says == Says::Reject) {
        return shape.finding(Found {
            verdict: Verdict::Fail,
            sentence: format!("rejected by {} as {}", no.by, no.role),
            observed: Some(0.0),
        });
    }
    let valid = |one: &&&Approval| rule.valid_for.check(one.at, facts.at).is_ok();
    let mut people: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<&str> = Vec::new();
    for role in &rule.roles {
        let yes = heard
            .iter()
            .filter(valid)
            .filter(|one| one.role == *role)
            .map(|one| one.by.trim().to_lowercase())
            .find(|by| !people.contains(by));
        match yes {
            Some(by) => {
                people.insert(by);
            }
            None => open.push(role),
        }
    }
    let given = people.len();
    let sentence = format!("{given} of {} approvals", rule.roles.len());
    let (verdict, sentence) = if open.is_empty() {
        (Verdict::Pass, sentence)
    } else {
        let sentence = format!("{sentence}; open: {}", open.join(", "));
        (Verdict::Hold, sentence)
    };
    shape.finding(Found {
        verdict,
        sentence,
        observed: Some(count_to_f64(given)),
    })
}

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

/// What was said in one of a rule's roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voice<'a> {
    /// The role, as the policy names it.
    pub role: &'a str,
    /// A rejection, or an approval that counts; `None` while it is open.
    pub said: Option<&'a Approval>,
}

/// What was said of a verdict, role by role: a rejection before any approval, and nobody approves in
/// two roles.
pub fn voices<'a>(rule: &'a ApprovalRule, subject: Digest, facts: &'a Facts) -> Vec<Voice<'a>> {
    let heard: Vec<&Approval> = (facts.approvals.iter())
        .filter(|one| one.subject == subject)
        .filter(|one| rule.valid_for.check(one.at, facts.at) != Err(Odd::Future))
        .collect();
    let mut people: BTreeSet<String> = BTreeSet::new();
    let mut of_role = |role: &str| {
        let own = heard.iter().copied().filter(|one| one.role == role);
        own.clone()
            .find(|one| one.says == Says::Reject)
            .or_else(|| {
                own.filter(|one| rule.valid_for.check(one.at, facts.at).is_ok())
                    .find(|one| people.insert(one.by.trim().to_lowercase()))
            })
    };
    let roles = rule.roles.iter();
    roles
        .map(|role| Voice {
            role,
            said: of_role(role),
        })
        .collect()
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
    let voices = voices(rule, subject, facts);
    let mut said = voices.iter().filter_map(|voice| voice.said);
    if let Some(no) = said.find(|one| one.says == Says::Reject) {
        return shape.finding(Found {
            verdict: Verdict::Fail,
            sentence: format!("rejected by {} as {}", no.by, no.role),
            observed: Some(0.0),
        });
    }
    let open: Vec<&str> = (voices.iter())
        .filter(|voice| voice.said.is_none())
        .map(|voice| voice.role)
        .collect();
    let given = voices.len() - open.len();
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

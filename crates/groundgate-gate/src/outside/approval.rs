//! Approvals: people's words about one verdict, as evidence.
//!
//! An approval names the verdict that it is about by a digest over everything that the scores decided.
//! Another run, another policy, another environment or another finding is another verdict, and what
//! was said of the first says nothing of it.

use std::collections::BTreeSet;

use groundgate_model::unit::{Digest, count_to_f64};
use jiff::Timestamp;
use serde_json::json;

use super::{
    Age, Facts,
    age::Odd,
    evidence::{Found, Shape},
};
use crate::{
    decide::Evidence,
    policy::Policy,
    verdict::{Bar, Decision, Finding, Verdict},
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
    /// Whose approval is none; nobody's counts while one of them is not known.
    pub not_by: BTreeSet<NotBy>,
}

/// Somebody who must not approve what is their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotBy {
    /// Who started the run.
    RunInitiator,
    /// Who made the change that it tests.
    ChangeAuthor,
}

impl NotBy {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::RunInitiator, Self::ChangeAuthor];

    /// The word in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RunInitiator => "run-initiator",
            Self::ChangeAuthor => "change-author",
        }
    }

    /// The key of its setting, which is 1 where the policy has it.
    pub(crate) const fn flag(self) -> &'static str {
        match self {
            Self::RunInitiator => "not-by-run-initiator",
            Self::ChangeAuthor => "not-by-change-author",
        }
    }

    /// Who that is, as far as anybody said.
    fn people(self, facts: &Facts) -> Vec<String> {
        let named = match self {
            Self::RunInitiator => facts.initiator.as_slice(),
            Self::ChangeAuthor => &facts.change_authors,
        };
        let people = named.iter().map(|name| person(name));
        people.filter(|name| !name.is_empty()).collect()
    }

    /// What is missing where nobody said who that is, and how to give it.
    const fn unknown(self) -> &'static str {
        match self {
            Self::RunInitiator => {
                "the record does not say who started the run; make a new run where GITHUB_ACTOR, \
                 GITLAB_USER_LOGIN or, outside of CI, USER says it"
            }
            Self::ChangeAuthor => "nobody said who made the change; add --change-author NAME",
        }
    }
}

/// A name as names are compared: "Ada " is no other person than "ada".
fn person(name: &str) -> String {
    name.trim().to_lowercase()
}

impl ApprovalRule {
    /// Whether an approval by that person counts: whoever must not approve is known, and is another.
    fn counts(&self, by: &str, facts: &Facts) -> bool {
        self.not_by.iter().all(|one| {
            let people = one.people(facts);
            !people.is_empty() && !people.contains(&person(by))
        })
    }

    /// Which approvals of a verdict that nobody rejects do not count because of who gave them, as the end
    /// of a sentence.
    fn not_counted(&self, subject: Digest, facts: &Facts) -> String {
        let given = facts.approvals.iter();
        let given = given.filter(|one| one.subject == subject && self.roles.contains(&one.role));
        let mut said = String::new();
        for one in &self.not_by {
            let people = one.people(facts);
            if people.is_empty() {
                said = format!("{said}; no approval counts: {}", one.unknown());
            }
            for approval in given
                .clone()
                .filter(|given| people.contains(&person(&given.by)))
            {
                let by = approval.by.trim();
                said = format!("{said}; {by} does not count ({})", one.name());
            }
        }
        said
    }
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
    let run = |table: &groundgate_model::trial::ScoreTable| {
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

/// What was said of a verdict, role by role: a rejection before any approval, nobody approves in two
/// roles, and who must not approve has said nothing.
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
                    .filter(|one| rule.counts(&one.by, facts))
                    .find(|one| people.insert(person(&one.by)))
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
        let not_counted = rule.not_counted(subject, facts);
        let sentence = format!("{sentence}; open: {}{not_counted}", open.join(", "));
        (Verdict::Hold, sentence)
    };
    shape.finding(Found {
        verdict,
        sentence,
        observed: Some(count_to_f64(given)),
    })
}

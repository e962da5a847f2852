//! Approvals: people's words about one verdict, as evidence.
//!
//! An approval names the verdict that it is about by a digest over everything that the scores decided.
//! Another run, another policy, another environment or another finding is another verdict, and what
//! was said of the first says nothing of it.

use std::collections::BTreeSet;

use groundgate_model::unit::{Digest, count_to_f64};

use super::{
    facts::{AgeFault, Approval, Facts, Review},
    names::person,
    policy::{ApprovalRule, NotBy},
    rules::{Found, Shape, Threshold},
    verdict::{Finding, Verdict},
};

/// Who that is, as far as anybody said.
fn people(who: NotBy, facts: &Facts) -> Vec<String> {
    let named = match who {
        NotBy::RunInitiator => facts.initiator.as_slice(),
        NotBy::ChangeAuthor => &facts.change_authors,
    };
    let people = named.iter().map(|name| person(name));
    people.filter(|name| !name.is_empty()).collect()
}

/// What is missing where nobody said who that is, and how to give it.
const fn unknown(who: NotBy) -> &'static str {
    match who {
        NotBy::RunInitiator => {
            "the record does not say who started the run; make a new run where GITHUB_ACTOR, \
                 GITLAB_USER_LOGIN or, outside of CI, USER says it"
        }
        NotBy::ChangeAuthor => "nobody said who made the change; add --change-author NAME",
    }
}

/// Whether an approval by that person counts: whoever must not approve is known, and is another.
fn counts(rule: &ApprovalRule, by: &str, facts: &Facts) -> bool {
    rule.not_by.iter().all(|one| {
        let people = people(*one, facts);
        !people.is_empty() && !people.contains(&person(by))
    })
}

/// Which approvals of a verdict that nobody rejects do not count because of who gave them, as the end
/// of a sentence.
fn not_counted(rule: &ApprovalRule, subject: Digest, facts: &Facts) -> String {
    let given = facts.approvals.iter();
    let given = given.filter(|one| one.subject == subject && rule.roles.contains(&one.role));
    let mut said = String::new();
    for one in &rule.not_by {
        let people = people(*one, facts);
        if people.is_empty() {
            said = format!("{said}; no approval counts: {}", unknown(*one));
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

/// What was said in one of a rule's roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleReview<'a> {
    /// The role, as the policy names it.
    pub role: &'a str,
    /// A rejection, or an approval that counts; `None` while it is open.
    pub given: Option<&'a Approval>,
}

/// What was said of a verdict, role by role: a rejection before any approval, nobody approves in two
/// roles, and who must not approve has said nothing.
pub fn reviews_by_role<'a>(
    rule: &'a ApprovalRule,
    subject: Digest,
    facts: &'a Facts,
) -> Vec<RoleReview<'a>> {
    let counted: Vec<&Approval> = (facts.approvals.iter())
        .filter(|one| one.subject == subject)
        .filter(|one| rule.valid_for.check(one.at, facts.at) != Err(AgeFault::Future))
        .collect();
    let mut people: BTreeSet<String> = BTreeSet::new();
    let mut of_role = |role: &str| {
        let own = counted.iter().copied().filter(|one| one.role == role);
        own.clone()
            .find(|one| one.review == Review::Reject)
            .or_else(|| {
                own.filter(|one| rule.valid_for.check(one.at, facts.at).is_ok())
                    .filter(|one| counts(rule, &one.by, facts))
                    .find(|one| people.insert(person(&one.by)))
            })
    };
    let roles = rule.roles.iter();
    roles
        .map(|role| RoleReview {
            role,
            given: of_role(role),
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
        threshold: Threshold::at_least(needed),
    };
    let reviews = reviews_by_role(rule, subject, facts);
    let mut given = reviews.iter().filter_map(|one| one.given);
    if let Some(no) = given.find(|one| one.review == Review::Reject) {
        return shape.finding(Found {
            verdict: Verdict::Fail,
            sentence: format!("rejected by {} as {}", no.by, no.role),
            observed: Some(0.0),
        });
    }
    let open: Vec<&str> = (reviews.iter())
        .filter(|one| one.given.is_none())
        .map(|one| one.role)
        .collect();
    let given = reviews.len() - open.len();
    let sentence = format!("{given} of {} approvals", rule.roles.len());
    let (verdict, sentence) = if open.is_empty() {
        (Verdict::Pass, sentence)
    } else {
        let not_counted = not_counted(rule, subject, facts);
        let sentence = format!("{sentence}; open: {}{not_counted}", open.join(", "));
        (Verdict::Hold, sentence)
    };
    shape.finding(Found {
        verdict,
        sentence,
        observed: Some(count_to_f64(given)),
    })
}

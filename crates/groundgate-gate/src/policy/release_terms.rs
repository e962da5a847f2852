//! The part of a policy that is not about scores.

use super::approval::ApprovalRule;
use crate::{
    canary::Canary,
    facts::{Age, AgeFault, Facts, WaiverTerms},
    rules::FactKind,
};

/// The part of a policy that is not about scores.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReleaseTerms {
    /// Rules about facts, in the order of the file.
    pub facts: Vec<FactRule>,
    /// What candidates are compared with.
    pub baseline: BaselineTerms,
    /// Whether only a policy from a protected place decides here, wherever the gate is asked.
    pub is_protected: bool,
    /// Who has to approve.
    pub approvals: Vec<ApprovalRule>,
    /// What may be waived.
    pub waivers: WaiverTerms,
    /// When a canary is rolled back.
    pub canary: Option<Canary>,
}

/// A rule about a fact.
#[derive(Debug, Clone, PartialEq)]
pub struct FactRule {
    /// Unique in the policy.
    pub id: String,
    /// Why it is there.
    pub why: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: Option<usize>,
    /// What it asks.
    pub kind: FactKind,
}

/// The `[baseline]` section of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BaselineTerms {
    /// The run that candidates are compared with where nobody names another one: an id, the beginning
    /// of one, or a record's file.
    pub run: Option<String>,
    /// An older run shows nothing.
    pub max_age: Option<Age>,
}

impl BaselineTerms {
    /// Why nothing can be shown by comparing with this baseline now; `None` where it can.
    pub fn fault(&self, facts: &Facts) -> Option<String> {
        let max_age = self.max_age?;
        let Some(made) = facts.baseline_made else {
            return Some("the baseline has no date".to_owned());
        };
        match max_age.check(made, facts.at) {
            Ok(_) => None,
            Err(AgeFault::Future) => Some(format!("the baseline is from the future: {made}")),
            Err(AgeFault::Stale(age)) => Some(format!(
                "the baseline is {age} old, and more than {max_age} says nothing of today"
            )),
        }
    }
}

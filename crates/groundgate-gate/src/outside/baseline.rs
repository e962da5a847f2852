//! What a policy says of the baseline: which run it is, and how old it may be.

use super::{Age, Facts, age::Odd};
use crate::{
    policy::Policy,
    verdict::{Finding, Verdict},
};

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
    pub fn doubt(&self, facts: &Facts) -> Option<String> {
        let max_age = self.max_age?;
        let Some(made) = facts.baseline_made else {
            return Some("the baseline has no date".to_owned());
        };
        match max_age.check(made, facts.at) {
            Ok(_) => None,
            Err(Odd::Future) => Some(format!("the baseline is from the future: {made}")),
            Err(Odd::Stale(age)) => Some(format!(
                "the baseline is {age} old, and more than {max_age} says nothing of today"
            )),
        }
    }
}

/// Whatever would pass or hold against a baseline that shows nothing is inconclusive; what fails against
/// it fails still.
pub(super) fn doubt(policy: &Policy, facts: &Facts, findings: &mut [Finding]) {
    let Some(why) = policy.outside.baseline.doubt(facts) else {
        return;
    };
    let compares = |finding: &&mut Finding| {
        let mut rules = policy
            .rules
            .iter()
            .filter(|rule| rule.kind.needs_baseline());
        finding.verdict < Verdict::Inconclusive && rules.any(|rule| rule.id == finding.id)
    };
    for finding in findings.iter_mut().filter(compares) {
        finding.verdict = Verdict::Inconclusive;
        finding.waived = None;
        finding.sentence = format!("cannot be told: {why}; measured: {}", finding.sentence);
    }
}

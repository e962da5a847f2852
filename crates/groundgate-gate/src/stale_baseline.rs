//! A baseline that is too old, or of which nobody knows how old it is, shows nothing.

use super::{
    facts::Facts,
    policy::Policy,
    sentence,
    verdict::{Finding, Verdict},
};

/// Whatever would pass or hold against a baseline that shows nothing is inconclusive; what fails against
/// it fails still.
pub(super) fn make_inconclusive(policy: &Policy, facts: &Facts, findings: &mut [Finding]) {
    let Some(why) = policy.release.baseline.fault(facts) else {
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
        finding.sentence = sentence::cannot_be_told(&why, &finding.sentence);
    }
}

//! What a sequential run does after an interim analysis.

use std::collections::BTreeSet;

use groundgate_model::trial::ScoreTable;

use super::{
    policy::Policy,
    rules::RuleKind,
    verdict::{Decision, Finding, Verdict},
};

/// The places of the cases that some rule wants to pass each time.
pub fn must_pass_cases(policy: &Policy, table: &ScoreTable) -> BTreeSet<usize> {
    let filters = policy.rules.iter().filter_map(|rule| rule.kind.must_pass());
    filters
        .flat_map(|filter| {
            let cases = table.cases.iter().enumerate();
            cases
                .filter(|(_, case)| filter.holds(case))
                .map(|(place, _)| place)
        })
        .collect()
}

/// What a sequential run does after an interim analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// The verdict is in.
    Stop,
    /// Everything else passes; cases that must pass are still to be asked.
    AskMustPass,
    /// Ask up to the next interim analysis.
    GoOn,
}

impl Decision {
    /// What a sequential run does after this decision at an interim analysis.
    pub fn next_step(&self) -> NextStep {
        let open_must_pass = |finding: &Finding| {
            RuleKind::is_must_pass(finding.kind) && finding.verdict == Verdict::Inconclusive
        };
        match self.verdict {
            Verdict::Pass | Verdict::Waived | Verdict::Fail | Verdict::Error => NextStep::Stop,
            Verdict::Hold | Verdict::Inconclusive => {
                let passes =
                    |finding: &Finding| finding.verdict == Verdict::Pass || open_must_pass(finding);
                if self.findings.iter().all(passes) {
                    NextStep::AskMustPass
                } else {
                    NextStep::GoOn
                }
            }
        }
    }
}

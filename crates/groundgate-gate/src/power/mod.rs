//! What a planned run will be able to show, rule by rule, before it is paid for.
//!
//! Pure: from the policy, the planned cases and a pilot record (or assumptions) to the chance that each
//! rule passes when nothing has changed, the smallest drop that fails it, and the run that a smaller one needs.
//! By formulas (docs/statistics.md); `selftest` tries the same by simulation. `groundgate plan`
//! shows it; nothing here decides about a release.

mod context;
mod design;
mod detectable;
mod difference;
mod planned;
mod spread;

use groundgate_model::{trial::CaseInfo, unit::count_to_f64};

use super::policy::Policy;

pub use design::{DesignOptions, Prices, RunDesign, design_options};
pub use detectable::{MinimumDetectableEffect, minimum_detectable_effects};
pub use planned::{POWER_LEAST, POWER_WANTED, Planned, RulePower};
pub use spread::{Assumptions, Source};

pub(crate) use context::{PlannedRule, PlannedSlice, scored};
pub(crate) use planned::{slices, whole};

/// The power of every rule, in the policy's order; a slice rule has one entry for each slice.
pub fn rule_powers(policy: &Policy, planned: &Planned<'_>) -> Vec<RulePower> {
    let n_tested = n_tested(policy, planned.cases);
    let rules = policy.rules.iter();
    rules
        .flat_map(|rule| {
            rule.kind.powers(&PlannedRule {
                id: &rule.id,
                kind: rule.kind.name(),
                metric: rule.kind.metric(),
                line: rule.line,
                estimand: rule.estimand,
                statistics: &policy.statistics,
                calibrations: &policy.calibrations,
                planned,
                alpha_fail: policy.statistics.alpha_fail / count_to_f64(n_tested),
            })
        })
        .collect()
}

/// How many tests share the error rate of FAIL; at least 1.
pub(crate) fn n_tested(policy: &Policy, cases: &[CaseInfo]) -> usize {
    let rules = policy.rules.iter().map(|rule| match rule.kind.slices().by {
        [] => usize::from(!rule.kind.is_count()),
        by => slices(cases, by).len(),
    });
    rules.sum::<usize>().max(1)
}

/// The chance that all rules pass if nothing has changed and if they were independent; rules that
/// cannot be told are left out. Most rules look at the same answers, so that it is rather a lower end.
pub fn all_pass(powers: &[RulePower]) -> f64 {
    powers.iter().filter_map(|power| power.pass).product()
}

#[cfg(test)]
mod kind_tests;
#[cfg(test)]
mod plain_tests;
#[cfg(test)]
mod size_tests;
#[cfg(test)]
mod tests;

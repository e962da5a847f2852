//! What a self-test counts.

use std::collections::BTreeMap;

use groundgate_model::unit::count_to_f64;
use groundgate_stats::special::{beta_quantile, beta_upper_quantile};

use super::{super::verdict::Verdict, Agreement};

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// How often it happened.
    pub count: usize,
    /// How often it could have.
    pub of: usize,
}

impl Rate {
    /// The share; 0 of nothing.
    pub fn share(self) -> f64 {
        if self.of == 0 {
            0.0
        } else {
            count_to_f64(self.count) / count_to_f64(self.of)
        }
    }

    /// Clopper and Pearson's interval at 95 %: what the simulation leaves open.
    pub fn interval(self) -> (f64, f64) {
        let (count, rest) = (
            count_to_f64(self.count),
            count_to_f64(self.of.saturating_sub(self.count)),
        );
        let low = if self.count == 0 {
            0.0
        } else {
            beta_quantile(0.025, count, rest + 1.0)
        };
        let high = if self.count >= self.of {
            1.0
        } else {
            beta_upper_quantile(0.025, count + 1.0, rest)
        };
        (low, high)
    }

    pub(super) fn add(&mut self, happened: bool) {
        self.of += 1;
        self.count += usize::from(happened);
    }
}

/// What the gate, or one rule, said of candidates that are the baseline again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdicts {
    /// Passed.
    pub pass: Rate,
    /// Held.
    pub hold: Rate,
    /// Could not tell.
    pub inconclusive: Rate,
    /// Failed.
    pub fail: Rate,
    /// Failed where the threshold is met in truth.
    pub false_fail: Rate,
    /// Passed where a threshold is not met in truth.
    pub false_pass: Rate,
    /// Of two runs of one candidate, one passed and the other failed.
    pub flips: Rate,
}

/// One rule under A/A; a slice rule with all its slices.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleRates {
    /// The rule's id.
    pub id: String,
    /// The rule's kind.
    pub kind: &'static str,
    /// What it said.
    pub verdicts: Verdicts,
    /// Whether errors could be counted: the truth behind its threshold is known.
    pub is_judged: bool,
}

/// One rule against a candidate that was made worse on purpose.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownBad {
    /// The rule's id.
    pub id: String,
    /// Its metric.
    pub metric: String,
    /// 1: exactly at the threshold, where a pass is an error. 2: as far again.
    pub times: u8,
    /// How much the candidate lost on average, on the metric's scale.
    pub loss: f64,
    /// How often it passed all the same.
    pub pass: Rate,
    /// How often it failed, at the level that Holm's procedure leaves to the worst rule.
    pub fail: Rate,
}

/// The result of all replications.
#[derive(Debug, Clone, PartialEq)]
pub struct SelfTest {
    /// How many.
    pub replications: usize,
    /// From where.
    pub seed: u64,
    /// Questions of the record.
    pub questions: usize,
    /// Attempts at each in a simulated run.
    pub attempts: u32,
    /// The fewest attempts of a question that runs are drawn from.
    pub attempts_known: usize,
    /// Whether questions (whole clusters) are drawn anew each time, as claims about a population need;
    /// otherwise the suite is fixed.
    pub resamples_questions: bool,
    /// How two simulated runs of one question agree, by metric.
    pub agreements: BTreeMap<String, Agreement>,
    /// The gate as a whole under A/A.
    pub gate: Verdicts,
    /// Rule by rule under A/A, in the policy's order.
    pub rules: Vec<RuleRates>,
    /// Rules of the kinds `floor` and `non-inferior` against worse candidates.
    pub known_bad: Vec<KnownBad>,
}

/// What a rule, or the gate, said of the candidate and of its rerun.
#[derive(Clone, Copy)]
pub(super) struct RuleOutcome {
    pub(super) first: Verdict,
    pub(super) rerun: Verdict,
    pub(super) false_fail: bool,
    pub(super) false_pass: bool,
}

impl Verdicts {
    pub(super) fn add(&mut self, outcome: RuleOutcome) {
        let RuleOutcome { first, rerun, .. } = outcome;
        self.pass.add(first == Verdict::Pass);
        self.hold.add(first == Verdict::Hold);
        self.inconclusive.add(first == Verdict::Inconclusive);
        self.fail.add(first >= Verdict::Fail);
        self.false_fail.add(outcome.false_fail);
        self.false_pass.add(outcome.false_pass);
        let pair = (first.min(rerun), first.max(rerun));
        self.flips
            .add(pair.0 == Verdict::Pass && pair.1 >= Verdict::Fail);
    }
}

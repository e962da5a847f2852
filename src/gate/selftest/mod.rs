//! A gate tried on itself: how often it would be wrong on data like these, by simulation.
//!
//! A/A: baseline, candidate and a rerun of the candidate are all fresh runs of one system, made from a
//! record's own attempts; a fail of a rule whose bar the truth meets is a false fail. Known bad: the
//! candidate loses exactly the margin (a pass is then an error, as likely as the stated rate at most)
//! or twice the margin. Pure and seeded: the same rates whatever the number of threads. It decides
//! nothing about a release; `groundgate selftest` shows it.

mod world;

use std::collections::BTreeMap;

use rayon::prelude::*;

use self::world::{Luck, Suite, World, break_some};
use super::{
    calibration,
    decide::{Evidence, RuleVerdict, verdicts},
    policy::{Estimand, Policy, Rule, RuleKind, Slice},
    power::n_tested,
    verdict::Verdict,
};
use crate::{
    stats::distributions::{beta_quantile, beta_upper_quantile},
    trial::{Direction, ScoreTable},
    unit::count_to_f64,
};

pub use world::Agreement;

/// What is tried, how often, from which seed.
#[derive(Debug, Clone, Copy)]
pub struct Trying<'a> {
    /// The rules.
    pub policy: &'a Policy,
    /// The record; a baseline counts as more runs of the same system.
    pub evidence: Evidence<'a>,
    /// Replications; at least 1.
    pub replications: usize,
    /// Any number.
    pub seed: u64,
    /// The correlation of two runs of one question, for metrics of which no question was run twice.
    pub correlation: f64,
}

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

    fn add(&mut self, happened: bool) {
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
    /// Failed where the bar is met in truth.
    pub false_fail: Rate,
    /// Passed where a bar is not met in truth.
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
    /// Whether errors could be counted: the truth behind its bar is known.
    pub is_judged: bool,
}

/// One rule against a candidate that was made worse on purpose.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownBad {
    /// The rule's id.
    pub id: String,
    /// Its metric.
    pub metric: String,
    /// 1: exactly at the bar, where a pass is an error. 2: as far again.
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

/// Tries the gate. `tick` is told of every replication that is done, from any thread.
pub fn selftest(trying: &Trying<'_>, tick: &(dyn Fn() + Sync)) -> SelfTest {
    let world = World::new(trying.policy, trying.evidence, trying.correlation);
    let test = Test::new(trying, &world);
    let outcomes: Vec<Outcome> = (0..trying.replications)
        .into_par_iter()
        .map(|replication| {
            let outcome = test.replicate(Luck::new(trying.seed, replication));
            tick();
            outcome
        })
        .collect();
    test.sum_up(&outcomes)
}

/// A rule that is tried on worse candidates: a policy of that rule alone.
struct Harm {
    rule: usize,
    metric: String,
    times: u8,
    estimand: Estimand,
    /// What is lost, on the metric's scale.
    loss: f64,
    alone: Policy,
}

struct Test<'a> {
    trying: &'a Trying<'a>,
    world: &'a World,
    resamples: bool,
    fixed: Suite,
    harms: Vec<Harm>,
}

/// What one replication said.
struct Outcome {
    first: Verdict,
    rerun: Verdict,
    /// By rule: verdict, verdict of the rerun, and whether a fail or a pass of the first is false.
    rules: Vec<RuleOutcome>,
    /// By harm; `None` where the scores have no room for the loss.
    harms: Vec<Option<Verdict>>,
}

#[derive(Clone, Copy)]
struct RuleOutcome {
    first: Verdict,
    rerun: Verdict,
    false_fail: bool,
    false_pass: bool,
}

impl<'a> Test<'a> {
    fn new(trying: &'a Trying<'a>, world: &'a World) -> Self {
        let policy = trying.policy;
        let fixed = world.suite();
        let estimands = policy.rules.iter().map(|rule| estimand(policy, rule));
        let resamples = estimands
            .into_iter()
            .any(|estimand| estimand == Some(Estimand::Population));
        let harms = harms(trying, world, &fixed);
        Self {
            trying,
            world,
            resamples,
            fixed,
            harms,
        }
    }

    fn replicate(&self, mut luck: Luck) -> Outcome {
        let drawn = self.resamples.then(|| self.world.resampled(&mut luck));
        let suite = drawn.as_ref().unwrap_or(&self.fixed);
        let baseline = self.world.run(suite, &mut luck);
        let candidate = self.world.run(suite, &mut luck);
        let again = self.world.run(suite, &mut luck);
        let ask = |policy: &Policy, candidate: &ScoreTable| {
            let evidence = Evidence {
                candidate,
                baseline: Some(&baseline),
            };
            verdicts(policy, evidence)
        };
        let first = ask(self.trying.policy, &candidate);
        let rerun = ask(self.trying.policy, &again);
        let rules = self.rules(suite, &first, &rerun);
        let harms = self.harms.iter().map(|harm| {
            let mut worse = candidate.clone();
            let share = self.share_to_break(harm, suite)?;
            break_some(&mut worse, &harm.metric, share, &mut luck);
            Some(worst(&ask(&harm.alone, &worse)))
        });
        Outcome {
            harms: harms.collect(),
            first: worst(&first),
            rerun: worst(&rerun),
            rules,
        }
    }

    /// The share of answers to break so that the mean loses what it should: of this very suite, or of
    /// the population behind it.
    fn share_to_break(&self, harm: &Harm, suite: &Suite) -> Option<f64> {
        let (suite, by_cluster) = match harm.estimand {
            Estimand::Suite => (suite, false),
            Estimand::Population => (&self.fixed, true),
        };
        let truth = self.world.truth(suite, &harm.metric, None, by_cluster)?;
        let worst = self.world.spec(&harm.metric)?.worst()?;
        let share = harm.loss / (truth - worst).abs();
        (share <= 1.0).then_some(share)
    }

    fn rules(
        &self,
        suite: &Suite,
        first: &[RuleVerdict],
        rerun: &[RuleVerdict],
    ) -> Vec<RuleOutcome> {
        let n_rules = self.trying.policy.rules.len();
        (0..n_rules)
            .map(|rule| {
                let of_rule = |verdicts: &[RuleVerdict]| -> Verdict {
                    let own = verdicts.iter().filter(|one| one.rule == rule);
                    own.map(|one| one.verdict).max().unwrap_or(Verdict::Error)
                };
                let own = first.iter().filter(|one| one.rule == rule);
                let is_false = |verdict: Verdict, when_met: bool| {
                    own.clone().any(|one| {
                        one.verdict == verdict && self.is_met(one, suite) == Some(when_met)
                    })
                };
                RuleOutcome {
                    first: of_rule(first),
                    rerun: of_rule(rerun),
                    false_fail: is_false(Verdict::Fail, true),
                    false_pass: is_false(Verdict::Pass, false),
                }
            })
            .collect()
    }

    /// Whether the bar of a rule (of a slice) is met in truth when candidate and baseline are the same;
    /// `None` where nobody knows.
    fn is_met(&self, verdict: &RuleVerdict, suite: &Suite) -> Option<bool> {
        let policy = self.trying.policy;
        let rule = policy.rules.get(verdict.rule)?;
        let truth = |metric: &str, slice| match estimand(policy, rule)? {
            Estimand::Suite => self.world.truth(suite, metric, slice, false),
            Estimand::Population => self.world.truth(&self.fixed, metric, slice, true),
        };
        match &rule.kind {
            RuleKind::Floor { metric, min } => Some(truth(metric, None)? > *min),
            RuleKind::Ceiling { metric, max } | RuleKind::MeanMax { metric, max } => {
                Some(truth(metric, None)? < *max)
            }
            RuleKind::NonInferior { .. } => Some(true),
            RuleKind::Superior { .. } => Some(false),
            RuleKind::RatioMax { max, .. } => Some(*max >= 1.0),
            RuleKind::SliceFloor {
                metric, min, by, ..
            } => {
                let written = verdict.id.strip_prefix(&rule.id)?.strip_prefix('/')?;
                let slice = by.iter().find_map(|tag| {
                    let value = written.strip_prefix(tag.as_str())?.strip_prefix('=')?;
                    Some(Slice {
                        tag: tag.clone(),
                        value: value.to_owned(),
                    })
                })?;
                Some(truth(metric, Some(&slice))? > *min)
            }
            RuleKind::MustPass { .. }
            | RuleKind::MaxCount { .. }
            | RuleKind::MaxErrorRate { .. }
            | RuleKind::Percentile { .. } => None,
        }
    }

    fn sum_up(&self, outcomes: &[Outcome]) -> SelfTest {
        let mut gate = Verdicts::default();
        let policy = self.trying.policy;
        let mut rules: Vec<Verdicts> = policy.rules.iter().map(|_| Verdicts::default()).collect();
        for outcome in outcomes {
            gate.add(RuleOutcome {
                first: outcome.first,
                rerun: outcome.rerun,
                false_fail: outcome.rules.iter().any(|rule| rule.false_fail),
                false_pass: outcome.first == Verdict::Pass
                    && outcome.rules.iter().any(|rule| rule.false_pass),
            });
            for (rates, rule) in rules.iter_mut().zip(&outcome.rules) {
                rates.add(*rule);
            }
        }
        let rules = policy
            .rules
            .iter()
            .zip(rules)
            .map(|(rule, verdicts)| RuleRates {
                id: rule.id.clone(),
                kind: rule.kind.name(),
                verdicts,
                is_judged: !matches!(
                    rule.kind,
                    RuleKind::MustPass { .. }
                        | RuleKind::MaxCount { .. }
                        | RuleKind::MaxErrorRate { .. }
                        | RuleKind::Percentile { .. }
                ),
            });
        let known_bad = self.harms.iter().enumerate().filter_map(|(place, harm)| {
            let (mut pass, mut fail) = (Rate::default(), Rate::default());
            for verdict in outcomes.iter().filter_map(|one| *one.harms.get(place)?) {
                pass.add(verdict == Verdict::Pass);
                fail.add(verdict == Verdict::Fail);
            }
            let id = policy.rules.get(harm.rule)?.id.clone();
            (pass.of > 0).then(|| KnownBad {
                id,
                metric: harm.metric.clone(),
                times: harm.times,
                loss: harm.loss,
                pass,
                fail,
            })
        });
        SelfTest {
            replications: outcomes.len(),
            seed: self.trying.seed,
            questions: self.trying.evidence.candidate.cases.len(),
            attempts: self.trying.evidence.candidate.attempts,
            attempts_known: self.world.attempts_known(),
            resamples_questions: self.resamples,
            agreements: self.world.agreements(),
            gate,
            rules: rules.collect(),
            known_bad: known_bad.collect(),
        }
    }
}

impl Verdicts {
    fn add(&mut self, outcome: RuleOutcome) {
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

fn worst(verdicts: &[RuleVerdict]) -> Verdict {
    let all = verdicts.iter().map(|one| one.verdict);
    all.max().unwrap_or(Verdict::Error)
}

/// What a rule about a mean speaks of.
fn estimand(policy: &Policy, rule: &Rule) -> Option<Estimand> {
    let default = match &rule.kind {
        RuleKind::Floor { .. }
        | RuleKind::Ceiling { .. }
        | RuleKind::SliceFloor { .. }
        | RuleKind::MeanMax { .. } => policy.statistics.absolute,
        RuleKind::NonInferior { .. } | RuleKind::Superior { .. } => {
            policy.statistics.versus_baseline
        }
        RuleKind::RatioMax { .. } => Estimand::Population,
        RuleKind::MustPass { .. }
        | RuleKind::MaxCount { .. }
        | RuleKind::MaxErrorRate { .. }
        | RuleKind::Percentile { .. } => return None,
    };
    Some(rule.estimand.unwrap_or(default))
}

/// What is lost by a candidate exactly at the bar, and by one as far again; only where the bar is met
/// to begin with.
fn harms(trying: &Trying<'_>, world: &World, fixed: &Suite) -> Vec<Harm> {
    let policy = trying.policy;
    let n_tested = n_tested(policy, &trying.evidence.candidate.cases);
    let alpha_fail = policy.statistics.alpha_fail / count_to_f64(n_tested);
    let mut found = Vec::new();
    for (place, rule) in policy.rules.iter().enumerate() {
        let Some(estimand) = estimand(policy, rule) else {
            continue;
        };
        let loss = match &rule.kind {
            RuleKind::NonInferior { metric, margin } => {
                let column = trying.evidence.candidate.columns.get(metric);
                let instrument = column.map(|column| column.instrument);
                let scaled = policy.calibrations.get(metric).and_then(|calibration| {
                    let alpha = policy.statistics.alpha_pass;
                    calibration::scaled(calibration, instrument, *margin, alpha).ok()
                });
                Some((
                    metric,
                    scaled.map_or(*margin, |scaled| scaled.on_judges_scale),
                ))
            }
            RuleKind::Floor { metric, min } => {
                let by_cluster = estimand == Estimand::Population;
                let truth = world.truth(fixed, metric, None, by_cluster);
                truth.map(|truth| (metric, truth - min))
            }
            _ => None,
        };
        let Some((metric, loss)) = loss.filter(|(_, loss)| *loss > 0.0) else {
            continue;
        };
        let has_worst = world.spec(metric).is_some_and(|spec| {
            spec.worst().is_some() || spec.direction == Direction::HigherIsBetter
        });
        for times in [1, 2].into_iter().filter(|_| has_worst) {
            let mut alone = policy.clone();
            alone.statistics.alpha_fail = alpha_fail;
            alone.rules = vec![rule.clone()];
            found.push(Harm {
                rule: place,
                metric: metric.clone(),
                times,
                estimand,
                loss: loss * f64::from(times),
                alone,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests;

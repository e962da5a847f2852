//! A gate tried on itself: how often it would be wrong on data like these, by simulation.
//!
//! A/A: baseline, candidate and a rerun of the candidate are all fresh runs of one system, made from a
//! record's own attempts; a fail of a rule whose threshold the truth meets is a false fail. Known bad: the
//! candidate loses exactly the margin (a pass is then an error, as likely as the stated rate at most)
//! or twice the margin. Pure and seeded: the same rates whatever the number of threads. It decides
//! nothing about a release; `groundgate selftest` shows it.

mod rates;
mod run_source;

use groundgate_model::{
    trial::{Column, ScoreTable},
    unit::count_to_f64,
};
use rayon::prelude::*;

use self::{
    rates::RuleOutcome,
    run_source::{Draws, RunSource, Suite, break_some},
};
use super::{
    calibration,
    decide::{RuleVerdict, verdicts},
    policy::{Estimand, Policy, Rule, Slice},
    power::n_tested,
    rules::Claim,
    run_scores::RunScores,
    truth::Truth,
    verdict::Verdict,
};

pub use rates::{KnownBad, Rate, RuleRates, SelfTest, Verdicts};
pub use run_source::Agreement;

/// What is tried, how often, from which seed.
#[derive(Debug, Clone, Copy)]
pub struct Trying<'a> {
    /// The rules.
    pub policy: &'a Policy,
    /// The record; a baseline counts as more runs of the same system.
    pub evidence: RunScores<'a>,
    /// Replications; at least 1.
    pub replications: usize,
    /// Any number.
    pub seed: u64,
    /// The correlation of two runs of one question, for metrics of which no question was run twice.
    pub correlation: f64,
}

/// Tries the gate. `tick` is told of every replication that is done, from any thread.
pub fn selftest(trying: &Trying<'_>, tick: &(dyn Fn() + Sync)) -> SelfTest {
    let source = RunSource::new(trying.policy, trying.evidence, trying.correlation);
    let test = Test::new(trying, &source);
    let outcomes: Vec<Outcome> = (0..trying.replications)
        .into_par_iter()
        .map(|replication| {
            let outcome = test.replicate(Draws::new(trying.seed, replication));
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
    /// The worst value that the metric has.
    worst: f64,
    /// What is lost, on the metric's scale.
    loss: f64,
    alone: Policy,
}

struct Test<'a> {
    trying: &'a Trying<'a>,
    source: &'a RunSource,
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

impl<'a> Test<'a> {
    fn new(trying: &'a Trying<'a>, source: &'a RunSource) -> Self {
        let policy = trying.policy;
        let fixed = source.suite();
        let estimands = policy.rules.iter().map(|rule| estimand(policy, rule));
        let resamples = estimands
            .into_iter()
            .any(|estimand| estimand == Some(Estimand::Population));
        let harms = harms(trying, source, &fixed);
        Self {
            trying,
            source,
            resamples,
            fixed,
            harms,
        }
    }

    fn replicate(&self, mut draws: Draws) -> Outcome {
        let resampled = self.resamples.then(|| self.source.resampled(&mut draws));
        let suite = resampled.as_ref().unwrap_or(&self.fixed);
        let baseline = self.source.run(suite, &mut draws);
        let candidate = self.source.run(suite, &mut draws);
        let again = self.source.run(suite, &mut draws);
        let ask = |policy: &Policy, candidate: &ScoreTable| {
            let evidence = RunScores {
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
            break_some(&mut worse, &harm.metric, harm.worst, share, &mut draws);
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
        let truth = self.source.truth(suite, &harm.metric, None, by_cluster)?;
        let share = harm.loss / (truth - harm.worst).abs();
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

    /// Whether the threshold of a rule (of a slice) is met in truth when candidate and baseline are the same;
    /// `None` where nobody knows.
    fn is_met(&self, verdict: &RuleVerdict, suite: &Suite) -> Option<bool> {
        let policy = self.trying.policy;
        let rule = policy.rules.get(verdict.rule)?;
        let truth = match estimand(policy, rule)? {
            Estimand::Suite => self.truth(suite, false),
            Estimand::Population => self.truth(&self.fixed, true),
        };
        let slices = rule.kind.slices();
        if slices.by.is_empty() {
            return rule.kind.is_met_unchanged(&truth, None);
        }
        let written = verdict.id.strip_prefix(&rule.id)?.strip_prefix('/')?;
        let slice = slices.by.iter().find_map(|tag| {
            let value = written.strip_prefix(tag.as_str())?.strip_prefix('=')?;
            Some(Slice {
                tag: tag.clone(),
                value: value.to_owned(),
            })
        })?;
        rule.kind.is_met_unchanged(&truth, Some(&slice))
    }

    const fn truth<'t>(&'t self, suite: &'t Suite, by_cluster: bool) -> TrueScores<'t> {
        TrueScores {
            trying: self.trying,
            source: self.source,
            suite,
            by_cluster,
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
                is_judged: estimand(policy, rule).is_some(),
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
            attempts_known: self.source.attempts_known(),
            resamples_questions: self.resamples,
            agreements: self.source.agreements(),
            gate,
            rules: rules.collect(),
            known_bad: known_bad.collect(),
        }
    }
}

fn worst(verdicts: &[RuleVerdict]) -> Verdict {
    let all = verdicts.iter().map(|one| one.verdict);
    all.max().unwrap_or(Verdict::Error)
}

/// What a rule about a mean speaks of.
fn estimand(policy: &Policy, rule: &Rule) -> Option<Estimand> {
    let default = match rule.kind.claim() {
        Claim::Mean => policy.statistics.absolute,
        Claim::Difference => policy.statistics.versus_baseline,
        Claim::Ratio => Estimand::Population,
        Claim::Quantile | Claim::Count | Claim::Fact => return None,
    };
    Some(rule.estimand.unwrap_or(default))
}

/// What is lost by a candidate exactly at the threshold, and by one as far again; only where the threshold is met
/// to begin with.
fn harms(trying: &Trying<'_>, source: &RunSource, fixed: &Suite) -> Vec<Harm> {
    let policy = trying.policy;
    let n_tested = n_tested(policy, &trying.evidence.candidate.cases);
    let alpha_fail = policy.statistics.alpha_fail / count_to_f64(n_tested);
    let mut found = Vec::new();
    for (place, rule) in policy.rules.iter().enumerate() {
        let Some(estimand) = estimand(policy, rule) else {
            continue;
        };
        let truth = TrueScores {
            trying,
            source,
            suite: fixed,
            by_cluster: estimand == Estimand::Population,
        };
        let loss = rule.kind.loss_to_threshold(&truth);
        let with_worst = loss.filter(|loss| *loss > 0.0).and_then(|loss| {
            let metric = rule.kind.metric()?;
            let worst = source.spec(metric)?.worst()?;
            Some((metric.to_owned(), loss, worst))
        });
        let Some((metric, loss, worst)) = with_worst else {
            continue;
        };
        for times in [1, 2] {
            let mut alone = policy.clone();
            alone.statistics.alpha_fail = alpha_fail;
            alone.rules = vec![rule.clone()];
            found.push(Harm {
                rule: place,
                metric: metric.clone(),
                times,
                estimand,
                worst,
                loss: loss * f64::from(times),
                alone,
            });
        }
    }
    found
}

/// What is true of a suite in a source.
struct TrueScores<'t> {
    trying: &'t Trying<'t>,
    source: &'t RunSource,
    suite: &'t Suite,
    by_cluster: bool,
}

impl TrueScores<'_> {
    fn column(&self, metric: &str) -> Option<&Column> {
        self.trying.evidence.candidate.columns.get(metric)
    }
}

impl Truth for TrueScores<'_> {
    fn mean(&self, metric: &str, slice: Option<&Slice>) -> Option<f64> {
        self.source
            .truth(self.suite, metric, slice, self.by_cluster)
    }

    fn margin_on_judges_scale(&self, metric: &str, margin: f64) -> f64 {
        let policy = self.trying.policy;
        let instrument = self.column(metric).map(|column| column.instrument);
        let alphas = [policy.statistics.alpha_pass, policy.statistics.alpha_fail];
        let known = policy.calibrations.get(metric);
        let scaled =
            known.and_then(|one| calibration::scaled(one, instrument, margin, alphas).ok());
        scaled.map_or(margin, |scaled| scaled.on_judges_scale)
    }

    fn threshold_on_judges_scale(&self, metric: &str, threshold: f64) -> f64 {
        let known = self.trying.policy.calibrations.get(metric);
        let known = known.zip(self.column(metric));
        known.map_or(threshold, |(calibration, column)| {
            let data_type = column.metric.data_type;
            calibration::threshold_on_judges_scale(calibration, data_type, threshold)
        })
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod truth_tests;

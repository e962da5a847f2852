//! The promise itself: how often the default methods decide wrongly when the truth is at the
//! threshold. Some seconds; the design's tables have more replicates.

use std::{collections::BTreeMap, sync::Mutex};

use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::*;
use crate::Alphas;

const REPLICATES: u32 = 500;

/// 5 %, and four standard errors of the simulation: some sixty cells are looked at.
const LIMIT: f64 = 0.05 + 4.0 * 0.009_7;

#[derive(Debug, Clone, Copy)]
enum Law {
    Binary,
    Fraction,
    Ordinal,
}

struct Source(Xoshiro256PlusPlus);

impl Source {
    fn new(cell: u64, replicate: u32) -> Self {
        let seed = (cell << 32) + u64::from(replicate);
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    fn uniform(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / f64::from(u32::MAX)
    }

    fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A score with the given mean: mostly 1, as RAG scores are.
    fn score(&mut self, law: Law, mean: f64) -> f64 {
        let mean_of_bad = match law {
            Law::Binary => 0.0,
            Law::Fraction => 1.0 / 3.0,
            Law::Ordinal => 0.375,
        };
        if !self.happens((1.0 - mean) / (1.0 - mean_of_bad)) {
            return 1.0;
        }
        match law {
            Law::Binary => 0.0,
            Law::Fraction if self.happens(1.0 / 3.0) => 0.0,
            Law::Fraction => self.uniform(),
            Law::Ordinal => (4.0 * self.uniform()).floor().min(3.0) / 4.0,
        }
    }
}

/// How often the p-values against the truth are below 5 %: false passes and false fails.
fn rates(cell: u64, p_values: impl Fn(&mut Source) -> (f64, f64) + Sync) -> (f64, f64) {
    let (passes, fails) = (0..REPLICATES)
        .into_par_iter()
        .map(|replicate| {
            let (above, below) = p_values(&mut Source::new(cell, replicate));
            (u32::from(above < 0.05), u32::from(below < 0.05))
        })
        .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let share = |count: u32| f64::from(count) / f64::from(REPLICATES);
    (share(passes), share(fails))
}

const PLAN: Plan = Plan {
    bound: Bound::Exact,
    unit: Unit::Question,
    repeats: 1,
    alphas: Alphas::DEFAULT,
};

fn each_cell(check: impl Fn(u64, Law, f64)) {
    let mut cell = 0;
    for law in [Law::Binary, Law::Fraction, Law::Ordinal] {
        for mean in [0.7, 0.9, 0.97] {
            check(cell, law, mean);
            cell += 1;
        }
    }
}

#[test]
fn absolute_rules_hold_their_error_rates() {
    for n in [20, 100, 300] {
        each_cell(|cell, law, mean| {
            let (pass, fail) = rates(cell, |source| {
                let scores: Vec<Observation> = (0..n)
                    .map(|_| Observation::scored(source.score(law, mean)))
                    .collect();
                bounded_mean(&scores, Scale::UNIT, PLAN)
                    .unwrap()
                    .p_values(mean)
            });
            assert!(
                pass <= LIMIT && fail <= LIMIT,
                "n = {n}, {law:?}, mean {mean}: false pass {pass}, false fail {fail}"
            );
        });
    }
}

#[test]
fn rules_against_a_baseline_hold_their_error_rates() {
    let margin = 0.05;
    // The exact test depends on few counts only, and repeats them often.
    let known: Mutex<BTreeMap<[usize; 3], (f64, f64)>> = Mutex::default();
    for (n, correlation) in [(20, 0.5), (100, 0.0), (100, 0.5), (100, 0.8), (300, 0.5)] {
        each_cell(|cell, law, mean| {
            let (pass, fail) = rates(cell + 100, |source| {
                let differences: Vec<Observation> = (0..n)
                    .map(|_| {
                        let baseline = source.score(law, mean);
                        let repeated = source.happens(correlation);
                        let candidate = if repeated {
                            baseline
                        } else {
                            source.score(law, mean)
                        };
                        // Some answers break altogether: the true difference is minus the margin.
                        let broken = source.happens(margin / mean);
                        let candidate = if broken { 0.0 } else { candidate };
                        Observation::scored(candidate - baseline)
                    })
                    .collect();
                let assess = || {
                    let assessed = paired_difference(&differences, Scale::UNIT, PLAN).unwrap();
                    assessed.p_values(-margin)
                };
                if !matches!(law, Law::Binary) {
                    return assess();
                }
                let count = |sign: f64| {
                    (differences.iter())
                        .filter(|one| one.low() * sign > 0.0)
                        .count()
                };
                let key = [count(1.0), count(-1.0), n];
                let found = known.lock().unwrap().get(&key).copied();
                found.unwrap_or_else(|| {
                    let p = assess();
                    known.lock().unwrap().insert(key, p);
                    p
                })
            });
            assert!(
                pass <= LIMIT && fail <= LIMIT,
                "n = {n}, {law:?}, mean {mean}, correlation {correlation}: false pass {pass}, \
                 false fail {fail}"
            );
        });
    }
}

/// A suite with questions of very different difficulty, three runs each: the pooled runs.
#[test]
fn suites_hold_their_error_rates() {
    let plan = Plan {
        unit: Unit::Run,
        repeats: 3,
        ..PLAN
    };
    let (questions, margin) = (60_u32, 0.05);
    let (pass, fail) = rates(900, |source| {
        let runs: Vec<Observation> = (0..3 * questions)
            .map(|run| {
                // From hopeless to certain, mostly certain.
                let difficulty = f64::from(run % questions) / f64::from(questions);
                let baseline = 1.0 - 0.8 * difficulty.powi(4);
                let candidate = baseline - margin;
                let outcome = |source: &mut Source, p: f64| f64::from(u8::from(source.happens(p)));
                let difference = outcome(source, candidate) - outcome(source, baseline);
                Observation::scored(difference)
            })
            .collect();
        let assessed = paired_difference(&runs, Scale::UNIT, plan).unwrap();
        assessed.p_values(-margin)
    });
    assert!(
        pass <= LIMIT && fail <= LIMIT,
        "false pass {pass}, false fail {fail}"
    );
}

/// The methods have power: an identical candidate is not held up for ever.
#[test]
fn an_identical_candidate_usually_passes_a_suite_of_300_questions() {
    let (pass, fail) = rates(901, |source| {
        let runs: Vec<Observation> = (0..300)
            .map(|_| {
                let baseline = source.score(Law::Fraction, 0.9);
                let same = source.happens(0.5);
                let candidate = if same {
                    baseline
                } else {
                    source.score(Law::Fraction, 0.9)
                };
                Observation::scored(candidate - baseline)
            })
            .collect();
        paired_difference(&runs, Scale::UNIT, PLAN)
            .unwrap()
            .p_values(-0.05)
    });
    assert!(pass > 0.85 && fail < 0.001, "passes {pass}, fails {fail}");
}

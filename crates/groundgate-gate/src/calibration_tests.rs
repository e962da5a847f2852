//! What a judge's errors do to a gate, and what its calibration does about it: simulated releases
//! whose truth is exactly at the threshold, judged by a judge of known rates.

use groundgate_model::{
    trial::Cell,
    unit::{Digest, count_to_f64},
};
use groundgate_stats::{Observation, correction::Recognized};
use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::{
    Decision, HumanScores, Policy, Rule, RuleKind, RunScores, Verdict, decide_with_labels,
    policy::{CalibrationOrigin, JudgeCalibration, OnOpen, Statistics},
    rules::{Floor, NonInferior},
    tests::{self, table},
};

const REPLICATES: u64 = 1000;
const ANSWERS: usize = 300;

/// 6 % and three standard errors of the simulation.
const LIMIT: f64 = 0.06 + 3.0 * 0.007_5;

/// A population: how often answers are truly good, and how often the judge is right about either kind.
#[derive(Debug, Clone, Copy)]
struct Population {
    truth: f64,
    sensitivity: f64,
    specificity: f64,
}

struct Source(Xoshiro256PlusPlus);

impl Source {
    fn happens(&mut self, probability: f64) -> bool {
        f64::from(self.0.next_u32()) / f64::from(u32::MAX) < probability
    }

    /// What people and the judge say of an answer.
    fn answer(&mut self, population: Population) -> (bool, bool) {
        let good = self.happens(population.truth);
        let passed = if good {
            self.happens(population.sensitivity)
        } else {
            !self.happens(population.specificity)
        };
        (good, passed)
    }
}

fn value(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// Counted on so many random answers of an earlier run.
fn calibration(source: &mut Source, population: Population, n: usize) -> Option<JudgeCalibration> {
    let answers: Vec<(bool, bool)> = (0..n).map(|_| source.answer(population)).collect();
    let recognized = |kind: bool| {
        let of = answers.iter().filter(|(good, _)| *good == kind);
        let right = of.clone().filter(|(good, passed)| good == passed).count();
        Recognized::new(right, of.count()).ok()
    };
    Some(JudgeCalibration {
        judge: Digest::of(b"judge").short(),
        good: recognized(true)?,
        bad: recognized(false)?,
        origin: CalibrationOrigin::default(),
    })
}

fn floor(min: f64, calibration: Option<JudgeCalibration>) -> Policy {
    let one = calibration.map(|one| ("groundedness".to_owned(), one));
    Policy {
        statistics: Statistics::default(),
        on_inconclusive: OnOpen::Block,
        rules: vec![Rule {
            id: "floor".to_owned(),
            why: None,
            line: None,
            estimand: None,
            kind: RuleKind::Floor(Floor {
                metric: "groundedness".to_owned(),
                min,
            }),
        }],
        calibrations: one.into_iter().collect(),
        ..tests::policy(Vec::new())
    }
}

/// What the gate says of one release at the threshold: plain, and calibrated.
fn verdicts(population: Population, replicate: u64) -> [Verdict; 2] {
    let mut source = Source(Xoshiro256PlusPlus::seed_from_u64(replicate));
    let calibration = calibration(&mut source, population, 200);
    let passed: Vec<bool> = (0..ANSWERS).map(|_| source.answer(population).1).collect();
    let table = table("run", ANSWERS, |index| Cell::Scored(value(passed[index])));
    let evidence = RunScores {
        candidate: &table,
        baseline: None,
    };
    let say = |policy: Policy| decide_with_labels(&policy, evidence, None).verdict;
    [
        say(floor(population.truth, None)),
        say(floor(population.truth, calibration)),
    ]
}

/// How often each of the two passes, and how often it fails: the truth is at the threshold, so that both
/// are errors.
fn rates(population: Population) -> [(f64, f64); 2] {
    let all: Vec<[Verdict; 2]> = (0..REPLICATES)
        .into_par_iter()
        .map(|replicate| verdicts(population, replicate))
        .collect();
    let share = |which: usize, verdict: Verdict| {
        let n = all.iter().filter(|two| two[which] == verdict).count();
        count_to_f64(n) / count_to_f64(all.len())
    };
    [0, 1].map(|which| (share(which, Verdict::Pass), share(which, Verdict::Fail)))
}

#[test]
fn a_calibrated_gate_holds_its_error_rate_where_an_uncorrected_one_does_not() {
    let mut plain_errs = 0;
    for (truth, sensitivity, specificity) in [
        (0.8, 0.95, 0.85),
        (0.9, 0.95, 0.85),
        (0.8, 0.97, 0.7),
        (0.8, 0.9, 0.95),
        (0.9, 0.85, 0.9),
    ] {
        let population = Population {
            truth,
            sensitivity,
            specificity,
        };
        let [plain, (pass, fail)] = rates(population);
        plain_errs += u8::from(plain.0 > 0.2 || plain.1 > 0.2);
        assert!(
            pass <= LIMIT,
            "{population:?}: passes {pass}; plain {plain:?}"
        );
        assert!(
            fail <= LIMIT,
            "{population:?}: fails {fail}; plain {plain:?}"
        );
    }
    assert!(
        plain_errs >= 3,
        "{plain_errs}: the uncorrected gate was to err"
    );
}

#[test]
fn a_clearly_good_release_still_passes() {
    let population = Population {
        truth: 0.9,
        sensitivity: 0.97,
        specificity: 0.9,
    };
    let mut passed = [0_u32; 2];
    for replicate in 0..10 {
        let mut source = Source(Xoshiro256PlusPlus::seed_from_u64(replicate));
        let calibration = calibration(&mut source, population, 200);
        let answers: Vec<(bool, bool)> = (0..ANSWERS).map(|_| source.answer(population)).collect();
        let table = table("run", ANSWERS, |index| {
            Cell::Scored(value(answers[index].1))
        });
        let mut labels = HumanScores::new("labels".to_owned());
        let given = answers.iter().take(100);
        let given = given.map(|(good, _)| Observation::scored(value(*good)));
        labels.add("groundedness", ANSWERS, given.enumerate());
        let evidence = RunScores {
            candidate: &table,
            baseline: None,
        };
        let by_rates = decide_with_labels(&floor(0.7, calibration), evidence, None);
        let by_labels = decide_with_labels(&floor(0.7, None), evidence, Some(&labels));
        passed[0] += u32::from(by_rates.verdict == Verdict::Pass);
        passed[1] += u32::from(by_labels.verdict == Verdict::Pass);
        assert!(
            by_rates
                .notes
                .iter()
                .any(|note| note.contains("corrected by the judge's calibration"))
        );
        assert!(
            by_labels
                .notes
                .iter()
                .any(|note| note.contains("100 labels of this run"))
        );
        let method = |decision: &Decision| {
            decision.findings[0]
                .estimate
                .as_ref()
                .map(|one| one.method.clone())
        };
        assert_eq!(method(&by_rates).as_deref(), Some("rogan-gladen, mover"));
        let by_labels = method(&by_labels).unwrap();
        let is_one = ["prediction-powered, mover", "labels alone, clopper-pearson"];
        assert!(is_one.contains(&by_labels.as_str()), "{by_labels}");
    }
    assert!(passed[0] >= 8 && passed[1] >= 8, "{passed:?}");
}

/// A drop of exactly the margin that people mean, and a judge whose rates were counted on few answers: by
/// the lower bound of J alone, 11 to 17 % of these failed.
#[test]
fn a_scaled_margin_holds_its_error_rate_on_both_sides() {
    const DROPS: u64 = 200;
    const ASKED: usize = 1200;
    for (sensitivity, specificity, n_labels) in [(0.8, 0.9, 200), (0.95, 0.85, 100)] {
        let (mut passes, mut fails) = (0, 0);
        for replicate in 0..DROPS {
            let mut source = Source(Xoshiro256PlusPlus::seed_from_u64(replicate));
            let at = |truth| Population {
                truth,
                sensitivity,
                specificity,
            };
            let Some(known) = calibration(&mut source, at(0.7), n_labels) else {
                continue;
            };
            let mut run = |truth| {
                let answers: Vec<bool> = (0..ASKED).map(|_| source.answer(at(truth)).1).collect();
                table("run", ASKED, move |index| {
                    Cell::Scored(value(answers[index]))
                })
            };
            let (candidate, baseline) = (run(0.8), run(0.9));
            let mut policy = floor(0.5, Some(known));
            policy.rules[0].kind = RuleKind::NonInferior(NonInferior {
                metric: "groundedness".to_owned(),
                margin: 0.1,
            });
            let evidence = RunScores {
                candidate: &candidate,
                baseline: Some(&baseline),
            };
            match decide_with_labels(&policy, evidence, None).verdict {
                Verdict::Pass => passes += 1,
                Verdict::Fail => fails += 1,
                Verdict::Waived | Verdict::Hold | Verdict::Inconclusive | Verdict::Error => {}
            }
        }
        // 5 % and three standard errors.
        assert!(passes <= 19 && fails <= 19, "{passes} {fails} of {DROPS}");
    }
}

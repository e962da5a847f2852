//! Judges behind cheaper ones: simulated releases whose truth is exactly at the threshold. And that nothing
//! missing helps, neither an audit nor a vote of a panel.

use std::collections::BTreeMap;

use groundgate_model::{
    exchange::FailureKind,
    trial::{Cascade, Cell, Column, DataType, MetricSpec, ScoreTable, Unscored},
    unit::{Digest, count_to_f64},
};
use groundgate_stats::{Observation, correction::Recognized};
use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::{
    Decision, HumanScores, Policy, Rule, RuleKind, RunScores, Verdict, decide_with_labels,
    policy::{CalibrationOrigin, CaseFilter, JudgeCalibration, OnOpen, Slice, Statistics},
    rules::{Floor, MaxErrorRate, MustPass, NonInferior, Percentile},
    tests::{self, table},
};

const REPLICATES: u64 = 1000;

/// 6 % and three standard errors of the simulation.
const LIMIT: f64 = 0.06 + 3.0 * 0.007_5;

/// Shares of answers of which the cheaper judge is sure that they are good or bad, or unsure; each with
/// the share of them that the dear judge calls good.
#[derive(Debug, Clone, Copy)]
struct Population {
    n: usize,
    audit: f64,
    good: (f64, f64),
    bad: (f64, f64),
    unsure: f64,
}

impl Population {
    fn truth(self) -> f64 {
        let rest = 1.0 - self.good.0 - self.bad.0;
        self.good.0 * self.good.1 + self.bad.0 * self.bad.1 + rest * self.unsure
    }
}

struct Source(Xoshiro256PlusPlus);

impl Source {
    fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    fn draw(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// What the cheaper judge says of an answer, and the dear one's cell.
    fn answer(&mut self, population: Population) -> (f64, Cell) {
        let kind = self.draw();
        let (support, share) = if kind < population.good.0 {
            (0.95, population.good.1)
        } else if kind < population.good.0 + population.bad.0 {
            (0.05, population.bad.1)
        } else {
            (0.5, population.unsure)
        };
        let is_good = self.draw() < share;
        let is_asked = (0.2..=0.8).contains(&support) || self.draw() < population.audit;
        let cell = if is_asked {
            Cell::Scored(f64::from(u8::from(is_good)))
        } else {
            spared()
        };
        (support, cell)
    }
}

fn spared() -> Cell {
    Cell::Unscored(Unscored::Spared("support 0.95".into()))
}

/// A release whose judge of `groundedness` is asked where `support` is unsure.
fn release(answers: &[(f64, Cell)], audit: f64) -> ScoreTable {
    let mut made = table("run", answers.len(), |index| answers[index].1.clone());
    for case in &mut made.cases {
        case.critical = false;
    }
    made.columns.retain(|name, _| name == "groundedness");
    let groundedness = made.columns.get_mut("groundedness").unwrap();
    groundedness.cascade = Some(Cascade {
        by: "support".to_owned(),
        unsure: (0.2, 0.8),
        audit,
    });
    let support = Column {
        metric: MetricSpec::score("support", DataType::Fraction),
        instrument: Digest::of(b"cheap"),
        cells: answers
            .iter()
            .map(|(support, _)| Cell::Scored(*support))
            .collect(),
        cascade: None,
        ..groundedness.clone()
    };
    made.columns.insert("support".to_owned(), support);
    made
}

fn drawn(population: Population, seed: u64) -> ScoreTable {
    let mut source = Source::new(seed);
    let answers: Vec<_> = (0..population.n)
        .map(|_| source.answer(population))
        .collect();
    release(&answers, population.audit)
}

fn policy(kind: RuleKind) -> Policy {
    Policy {
        statistics: Statistics::default(),
        on_inconclusive: OnOpen::Block,
        rules: vec![Rule {
            id: "rule".to_owned(),
            why: None,
            line: None,
            estimand: None,
            kind,
        }],
        ..tests::policy(Vec::new())
    }
}

fn floor(min: f64) -> Policy {
    let metric = "groundedness".to_owned();
    policy(RuleKind::Floor(Floor { metric, min }))
}

fn decided(policy: &Policy, candidate: &ScoreTable, baseline: Option<&ScoreTable>) -> Decision {
    let evidence = RunScores {
        candidate,
        baseline,
    };
    decide_with_labels(policy, evidence, None)
}

/// How often a rule passes and fails.
fn rates(say: impl Fn(u64) -> Verdict + Sync + Send) -> (f64, f64) {
    let all: Vec<Verdict> = (0..REPLICATES).into_par_iter().map(say).collect();
    let share = |verdict: Verdict| {
        let n = all.iter().filter(|one| **one == verdict).count();
        count_to_f64(n) / count_to_f64(all.len())
    };
    (share(Verdict::Pass), share(Verdict::Fail))
}

const POPULATIONS: [Population; 5] = [
    Population {
        n: 600,
        audit: 0.1,
        good: (0.7, 0.97),
        bad: (0.1, 0.1),
        unsure: 0.6,
    },
    Population {
        n: 600,
        audit: 0.2,
        good: (0.6, 0.9),
        bad: (0.1, 0.3),
        unsure: 0.5,
    },
    Population {
        n: 300,
        audit: 0.2,
        good: (0.8, 0.995),
        bad: (0.05, 0.0),
        unsure: 0.7,
    },
    Population {
        n: 1000,
        audit: 0.05,
        good: (0.8, 0.9),
        bad: (0.0, 0.0),
        unsure: 0.5,
    },
    Population {
        n: 600,
        audit: 0.1,
        good: (0.5, 1.0),
        bad: (0.3, 0.02),
        unsure: 0.5,
    },
];

#[test]
fn a_release_at_the_threshold_passes_and_fails_no_more_often_than_it_may() {
    let mut trusting_errs = 0;
    for population in POPULATIONS {
        let threshold = population.truth();
        let (pass, fail) =
            rates(|seed| decided(&floor(threshold), &drawn(population, seed), None).verdict);
        assert!(pass <= LIMIT, "{population:?}: passes {pass}");
        assert!(fail <= LIMIT, "{population:?}: fails {fail}");
        // Whoever takes the cheaper judge at its word.
        let (pass, fail) = rates(|seed| {
            let mut trusting = drawn(population, seed);
            let support = trusting.columns["support"].cells.clone();
            let column = trusting.columns.get_mut("groundedness").unwrap();
            column.cascade = None;
            for (cell, support) in column.cells.iter_mut().zip(support) {
                if matches!(cell, Cell::Unscored(_)) {
                    *cell = Cell::Scored(f64::from(u8::from(support == Cell::Scored(0.95))));
                }
            }
            decided(&floor(threshold), &trusting, None).verdict
        });
        trusting_errs += u8::from(pass > 0.2 || fail > 0.2);
    }
    assert!(
        trusting_errs >= 2,
        "{trusting_errs}: taking it at its word was to err"
    );
}

#[test]
fn a_candidate_at_the_margin_is_passed_no_more_often_than_it_may_be() {
    let before = Population {
        n: 800,
        audit: 0.3,
        good: (0.7, 0.97),
        bad: (0.1, 0.1),
        unsure: 0.6,
    };
    // The loss is in what the cheaper judge is sure of.
    let after = Population {
        good: (0.7, 0.87),
        ..before
    };
    let margin = before.truth() - after.truth();
    let rule = policy(RuleKind::NonInferior(NonInferior {
        metric: "groundedness".to_owned(),
        margin,
    }));
    let (pass, fail) = rates(|seed| {
        let (ours, theirs) = (drawn(after, 2 * seed), drawn(before, 2 * seed + 1));
        decided(&rule, &ours, Some(&theirs)).verdict
    });
    assert!(pass <= LIMIT, "passes {pass}");
    assert!(fail <= LIMIT, "fails {fail}");
}

#[test]
fn a_clearly_good_release_passes_at_a_fraction_of_the_price() {
    let population = Population {
        n: 1000,
        audit: 0.1,
        good: (0.85, 0.98),
        bad: (0.02, 0.05),
        unsure: 0.8,
    };
    let (pass, fail) = rates(|seed| decided(&floor(0.8), &drawn(population, seed), None).verdict);
    assert!(pass > 0.9 && fail <= 0.0, "passes {pass}, fails {fail}");
    let one = drawn(population, 1);
    let decision = decided(&floor(0.8), &one, None);
    let estimate = decision.findings[0].estimate.as_ref().unwrap();
    assert_eq!(estimate.method, "audits, dirichlet h=1");
    let asked = one.asked()[0].1;
    assert_eq!(asked.unsure + asked.audited + asked.spared, 1000);
    assert!(asked.unsure + asked.audited < 300, "{asked:?}");
    assert!(
        decision.notes.iter().any(|note| note.contains("spared)")),
        "{:?}",
        decision.notes
    );
}

#[test]
fn no_failed_audit_helps_either_way() {
    let population = POPULATIONS[0];
    let whole = drawn(population, 3);
    let bounds = |made: &ScoreTable| {
        let decision = decided(&floor(0.5), made, None);
        let estimate = decision.findings[0].estimate.clone().unwrap();
        (estimate.lower.unwrap(), estimate.upper.unwrap())
    };
    let (lower, upper) = bounds(&whole);
    for lost in [
        Cell::Unscored(Unscored::JudgeFailed(FailureKind::Timeout)),
        Cell::NotApplicable,
    ] {
        for trial in 0..60 {
            let mut made = whole.clone();
            let cell = &mut made.columns.get_mut("groundedness").unwrap().cells[trial];
            let is_audit = whole.columns["support"].cells[trial] != Cell::Scored(0.5);
            if lost == Cell::NotApplicable && !is_audit {
                continue;
            }
            // Nobody is asked about what was not drawn, and nothing fails there.
            let before = &whole.columns["groundedness"].cells[trial];
            if matches!(before, Cell::Unscored(reason) if reason.is_planned()) {
                continue;
            }
            *cell = lost.clone();
            let (low, high) = bounds(&made);
            assert!(
                low <= lower + 1e-9 && high >= upper - 1e-9,
                "{trial}: {lost:?}"
            );
        }
    }
}

#[test]
fn what_a_cascade_cannot_show_is_inconclusive_and_says_why() {
    let population = POPULATIONS[0];
    let made = drawn(population, 3);
    let few = drawn(
        Population {
            n: 300,
            audit: 0.03,
            ..population
        },
        3,
    );
    let mut without = made.clone();
    without.columns.remove("support");
    let metric = || "groundedness".to_owned();
    let must_pass = policy(RuleKind::MustPass(MustPass {
        metric: metric(),
        cases: CaseFilter::Slice(Slice {
            tag: "product".to_owned(),
            value: "cards".to_owned(),
        }),
        min: 0.0,
        min_cases: 1,
        repeats: 1,
    }));
    for (policy, table, why) in [
        (&floor(0.1), &few, "at least 20 must be"),
        (&floor(0.1), &without, "whose scores are not in the record"),
        (&must_pass, &made, "have no score"),
    ] {
        let decision = decided(policy, table, None);
        assert_eq!(decision.verdict, Verdict::Inconclusive);
        let sentence = &decision.findings[0].sentence;
        assert!(sentence.contains(why), "{sentence}");
    }
    let mut labels = HumanScores::new("labels".to_owned());
    labels.add(
        "groundedness",
        population.n,
        (0..population.n).map(|trial| (trial, Observation::scored(1.0))),
    );
    let evidence = RunScores {
        candidate: &made,
        baseline: None,
    };
    let labelled = decide_with_labels(&floor(0.1), evidence, Some(&labels));
    assert_eq!(labelled.verdict, Verdict::Inconclusive);
    // What was not to be asked is no failure.
    let errors = policy(RuleKind::MaxErrorRate(MaxErrorRate {
        max: groundgate_model::unit::UnitInterval::new(0.01).unwrap(),
    }));
    assert_eq!(decided(&errors, &made, None).verdict, Verdict::Pass);
}

#[test]
fn neither_labels_nor_a_calibration_nor_a_quantile_go_with_audits() {
    let population = POPULATIONS[0];
    let made = drawn(population, 3);
    let metric = || "groundedness".to_owned();
    let mut labels = HumanScores::new("labels".to_owned());
    let said = (0..population.n).map(|trial| (trial, Observation::scored(1.0)));
    labels.add("groundedness", population.n, said);
    let rate = Recognized::new(95, 100).unwrap();
    let calibrated = |policy: Policy| Policy {
        calibrations: BTreeMap::from([(
            metric(),
            JudgeCalibration {
                judge: Digest::of(b"judge").short(),
                good: rate,
                bad: rate,
                origin: CalibrationOrigin::default(),
            },
        )]),
        ..policy
    };
    let says = |policy: &Policy, labels: Option<&HumanScores>| {
        let evidence = RunScores {
            candidate: &made,
            baseline: Some(&made),
        };
        let finding = decide_with_labels(policy, evidence, labels)
            .findings
            .remove(0);
        (finding.verdict, finding.sentence)
    };
    let refused = |(verdict, sentence): (Verdict, String), why: &str| {
        assert_eq!(verdict, Verdict::Inconclusive, "{sentence}");
        assert!(sentence.contains(why), "{sentence}");
    };
    let with_audits = "cannot be joined with its audits";
    refused(says(&floor(0.1), Some(&labels)), with_audits);
    refused(says(&calibrated(floor(0.1)), None), with_audits);
    let middle = policy(RuleKind::Percentile(Percentile {
        metric: metric(),
        quantile: 0.5,
        max: 1.0,
    }));
    refused(says(&middle, None), "there is no percentile");
    // A difference is one of the judge's own scale, whatever people say.
    let margin = policy(RuleKind::NonInferior(NonInferior {
        metric: metric(),
        margin: 0.5,
    }));
    assert_eq!(says(&margin, Some(&labels)).0, Verdict::Pass);
    assert_eq!(says(&calibrated(margin), None).0, Verdict::Pass);
}

#[test]
fn a_pair_without_anything_to_measure_is_left_out_unless_the_cheaper_judge_is_sure() {
    let whole = drawn(POPULATIONS[0], 3);
    let margin = policy(RuleKind::NonInferior(NonInferior {
        metric: "groundedness".to_owned(),
        margin: 0.5,
    }));
    let n = |made: &ScoreTable| {
        let decision = decided(&margin, made, Some(made));
        decision.findings[0].estimate.as_ref().unwrap().n
    };
    let without = |is_sure: bool| {
        let mut made = whole.clone();
        let support = whole.columns["support"].cells.iter();
        let found = support.enumerate().find(|(trial, cell)| {
            let is_scored = matches!(whole.columns["groundedness"].cells[*trial], Cell::Scored(_));
            is_scored && (**cell != Cell::Scored(0.5)) == is_sure
        });
        let (trial, _) = found.unwrap();
        made.columns.get_mut("groundedness").unwrap().cells[trial] = Cell::NotApplicable;
        made
    };
    assert_eq!(n(&without(false)), n(&whole) - 1);
    assert_eq!(n(&without(true)), n(&whole));
}

#[test]
fn cases_that_must_pass_are_counted_without_the_cheaper_judge_too() {
    let mut made = release(&vec![(0.5, Cell::Scored(1.0)); 50], 0.1);
    made.columns.remove("support");
    for case in made.cases.iter_mut().take(40) {
        case.critical = true;
    }
    made.columns.get_mut("groundedness").unwrap().cells[3] = Cell::Scored(0.0);
    let rule = policy(RuleKind::MustPass(MustPass {
        metric: "groundedness".to_owned(),
        cases: CaseFilter::Critical,
        min: 1.0,
        min_cases: 1,
        repeats: 1,
    }));
    let finding = decided(&rule, &made, None).findings.remove(0);
    assert_eq!(finding.verdict, Verdict::Fail);
    assert_eq!((finding.counts.planned, finding.counts.scored), (40, 40));
}

/// Votes that failed, on either side, narrow nothing and help nobody.
#[test]
fn a_score_of_which_votes_failed_counts_both_ways_on_both_sides() {
    let made = |cell: f64| {
        let mut made = table("run", 100, |index| {
            Cell::Scored(if index == 7 {
                cell
            } else {
                0.5 + 0.005 * count_to_f64(index % 90)
            })
        });
        made.columns.retain(|name, _| name == "faithfulness");
        made
    };
    let open = |low: f64, high: f64| {
        let mut made = made(low);
        made.columns
            .get_mut("faithfulness")
            .unwrap()
            .up_to
            .insert(7, high);
        made
    };
    let rule = policy(RuleKind::NonInferior(NonInferior {
        metric: "faithfulness".to_owned(),
        margin: 0.1,
    }));
    let bounds = |ours: &ScoreTable, theirs: &ScoreTable| {
        let decision = decided(&rule, ours, Some(theirs));
        let estimate = decision.findings[0].estimate.clone().unwrap();
        (estimate.lower.unwrap(), estimate.upper.unwrap())
    };
    let (worst, best, partly) = (made(0.0), made(0.9), open(0.0, 0.9));
    let plain = made(0.6);
    let check = |found: (f64, f64), low: (f64, f64), high: (f64, f64)| {
        assert!(
            found.0 <= low.0.min(high.0) + 1e-9,
            "{found:?} {low:?} {high:?}"
        );
        assert!(
            found.1 >= low.1.max(high.1) - 1e-9,
            "{found:?} {low:?} {high:?}"
        );
    };
    check(
        bounds(&partly, &plain),
        bounds(&worst, &plain),
        bounds(&best, &plain),
    );
    check(
        bounds(&plain, &partly),
        bounds(&plain, &worst),
        bounds(&plain, &best),
    );
}

/// 300 answers of which the cheaper judge is sure; `audits` of them were looked at again.
#[test]
fn twenty_audits_are_enough_and_nineteen_are_not() {
    let sentence = |audits: usize| {
        let answers: Vec<_> = (0..300)
            .map(|index| {
                let cell = if index < audits {
                    Cell::Scored(1.0)
                } else {
                    spared()
                };
                (0.95, cell)
            })
            .collect();
        let share = count_to_f64(audits) / 300.0;
        let mut policy = floor(0.1);
        policy.statistics.min_cases = 1;
        decided(&policy, &release(&answers, share), None)
            .findings
            .remove(0)
            .sentence
    };
    assert!(
        sentence(19).contains("at least 20 must be"),
        "{}",
        sentence(19)
    );
    assert!(!sentence(20).contains("are needed"), "{}", sentence(20));
}

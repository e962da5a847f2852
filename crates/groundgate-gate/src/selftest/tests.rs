//! The self-test is seeded, holds its rates on well-behaved data, and sees a gate that does not.

use std::collections::BTreeMap;

use groundgate_model::{
    exchange::FailureKind,
    trial::{
        CaseInfo, Cell, Column, ControlCounts, DataType, InstrumentKind, MetricSpec, Unscored,
    },
    unit::Digest,
};
use groundgate_stats::correction::Recognized;

use super::*;
use crate::rules::RuleKind;
use crate::{
    ReleaseTerms,
    policy::{CalibrationOrigin, JudgeCalibration, OnOpen, Rule, Statistics},
    rules::{Floor, NonInferior, SliceFloor},
    tests,
};

/// `n` questions of which each fourth is hard, asked `attempts` times.
pub(super) fn table(n: usize, attempts: u32) -> ScoreTable {
    let mut draws = Draws::new(7, n);
    let case = |index: usize| CaseInfo {
        id: format!("case-{index}"),
        digest: Digest::of(index.to_string().as_bytes()),
        cluster: format!("case-{index}"),
        tags: BTreeMap::from([(
            "product".to_owned(),
            ["cards", "fees"][index % 2].to_owned(),
        )])
        .into(),
        critical: false,
        answerable: None,
    };
    let mut cells = Vec::new();
    for index in 0..n {
        let good = if index % 4 == 0 { 0.7 } else { 0.98 };
        for _ in 0..attempts {
            cells.push(Cell::Scored(f64::from(u8::from(draws.unit() < good))));
        }
    }
    let metric = MetricSpec::score("groundedness", DataType::Binary);
    let column = Column {
        metric: metric.clone(),
        instrument: Digest::of(b"judge"),
        instrument_name: "a judge".to_owned(),
        instrument_kind: InstrumentKind::Model,
        cells,
        up_to: BTreeMap::new(),
        cascade: None,
        controls: ControlCounts::default(),
    };
    ScoreTable {
        looks: None,
        repeats_itself: false,
        n_alike: 0,
        earlier_tries: Vec::new(),
        run_id: "run".to_owned(),
        variant: "variant".to_owned(),
        eval_set_digest: Digest::of(b"set"),
        cases: (0..n).map(case).collect(),
        attempts,
        columns: BTreeMap::from([(metric.name, column)]),
    }
}

pub(super) fn policy(kinds: Vec<RuleKind>, absolute: Estimand) -> Policy {
    let rules = kinds.into_iter().enumerate().map(|(index, kind)| Rule {
        id: format!("rule-{index}"),
        why: None,
        line: None,
        estimand: None,
        kind,
    });
    Policy {
        name: "test".to_owned(),
        owner: None,
        statistics: Statistics {
            absolute,
            ..Statistics::default()
        },
        on_inconclusive: OnOpen::Block,
        rules: rules.collect(),
        calibrations: BTreeMap::new(),
        release: ReleaseTerms::default(),
        digest: Digest::of(b"policy"),
    }
}

pub(super) fn floor(min: f64) -> RuleKind {
    RuleKind::Floor(Floor {
        metric: "groundedness".to_owned(),
        min,
    })
}

pub(super) fn not_worse(margin: f64) -> RuleKind {
    RuleKind::NonInferior(NonInferior {
        metric: "groundedness".to_owned(),
        margin,
    })
}

fn tried(policy: &Policy, table: &ScoreTable, replications: usize) -> SelfTest {
    let trying = Trying {
        policy,
        evidence: RunScores {
            candidate: table,
            baseline: None,
        },
        replications,
        seed: 3,
        correlation: 0.5,
    };
    selftest(&trying, &|| {})
}

#[test]
fn rates_hold_and_known_bad_candidates_are_caught() {
    let policy = policy(vec![floor(0.8), not_worse(0.1)], Estimand::Population);
    let result = tried(&policy, &table(120, 3), 300);
    assert_eq!((result.replications, result.attempts_known), (300, 3));
    assert!(result.resamples_questions);
    let gate = &result.gate;
    let n = gate.pass.count + gate.hold.count + gate.inconclusive.count + gate.fail.count;
    assert_eq!(n, 300);
    // 5 % are promised; 300 replications leave 2.5 points either way.
    assert!(gate.false_fail.share() < 0.06, "{gate:?}");
    assert!(gate.flips.share() < 0.02, "{gate:?}");
    assert!(gate.pass.share() > 0.5, "{gate:?}");
    let [floor_at, floor_twice, margin_at, margin_twice] = result.known_bad.as_slice() else {
        panic!("{:?}", result.known_bad);
    };
    for at_bar in [floor_at, margin_at] {
        assert!(at_bar.pass.share() < 0.09, "{at_bar:?}");
    }
    for twice in [floor_twice, margin_twice] {
        assert!(twice.pass.share() < 0.01, "{twice:?}");
        assert!(twice.fail.share() > 0.3, "{twice:?}");
    }
    assert!((margin_twice.loss - 0.2).abs() < 1e-12);
}

#[test]
fn a_gate_without_a_margin_is_seen_to_block_equals() {
    let strict = policy(vec![not_worse(0.0)], Estimand::Suite);
    let result = tried(&strict, &table(100, 2), 200);
    assert!(!result.resamples_questions);
    assert!(result.gate.pass.share() < 0.1, "{:?}", result.gate);
    assert!(result.known_bad.is_empty());
}

#[test]
fn the_same_seed_gives_the_same_rates_with_any_number_of_threads() {
    let policy = policy(vec![floor(0.8), not_worse(0.1)], Estimand::Population);
    let table = table(60, 2);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| tried(&policy, &table, 40))
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn simulated_runs_agree_as_the_record_says() {
    // Two runs of one question: the covariance of the record's attempts, for any number of them.
    let policy = policy(vec![not_worse(0.1)], Estimand::Suite);
    for attempts in [1, 2, 5] {
        let table = table(4000, attempts);
        let evidence = RunScores {
            candidate: &table,
            baseline: None,
        };
        let source = RunSource::new(&policy, evidence, 0.5);
        let agreement = source.agreements()["groundedness"];
        assert_eq!(agreement.is_measured, attempts > 1);
        let suite = source.suite();
        let mut draws = Draws::new(11, 0);
        let scores = |draws: &mut Draws| -> Vec<f64> {
            let run = source.run(&suite, draws);
            let cells = &run.columns["groundedness"].cells;
            let score = |cell: &Cell| match cell {
                Cell::Scored(value) => *value,
                other @ (Cell::NotApplicable | Cell::Unscored(_)) => panic!("{other:?}"),
            };
            let step = usize::try_from(attempts).unwrap();
            cells.iter().step_by(step).map(score).collect()
        };
        let (one, two) = (scores(&mut draws), scores(&mut draws));
        let n = count_to_f64(one.len());
        let mean = |all: &[f64]| all.iter().sum::<f64>() / n;
        let (a, b) = (mean(&one), mean(&two));
        let covariance: f64 = one
            .iter()
            .zip(&two)
            .map(|(x, y)| (x - a) * (y - b))
            .sum::<f64>()
            / n;
        let variance: f64 = one.iter().map(|x| (x - a).powi(2)).sum::<f64>() / n;
        let correlation = covariance / variance;
        assert!(
            (correlation - agreement.correlation).abs() < 0.07,
            "{attempts}: {correlation} {agreement:?}"
        );
    }
}

#[test]
fn rules_of_every_kind_are_tried_and_only_those_with_a_known_truth_are_counted() {
    let record = tests::table("record", 90, |index| match index {
        0 => Cell::NotApplicable,
        1 => Cell::Unscored(Unscored::NotRun),
        2 => Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout)),
        _ => Cell::Scored(f64::from(u8::from(index % 30 != 3))),
    });
    let mut policy = policy(tests::every_kind(), Estimand::Population);
    policy
        .rules
        .retain(|rule| !matches!(rule.kind, RuleKind::SliceFloor(_)));
    policy.rules.push(Rule {
        id: "slices".to_owned(),
        why: None,
        line: None,
        estimand: Some(Estimand::Suite),
        kind: RuleKind::SliceFloor(SliceFloor {
            metric: "groundedness".to_owned(),
            by: vec!["product".to_owned()],
            min: 0.5,
            min_cases: 10,
            on_thin: OnOpen::Hold,
            required: Vec::new(),
        }),
    });
    let mut again = record.clone();
    again.cases.swap(5, 6);
    again.cases[7].digest = Digest::of(b"another question of this id");
    let trying = |baseline| Trying {
        policy: &policy,
        evidence: RunScores {
            candidate: &record,
            baseline,
        },
        replications: 5,
        seed: 3,
        correlation: 0.5,
    };
    let alone = selftest(&trying(None), &|| {});
    let twice = selftest(&trying(Some(&again)), &|| {});
    assert_eq!(alone.rules.len(), policy.rules.len());
    let n_false = |test: &SelfTest, place: usize| {
        let verdicts = &test.rules[place].verdicts;
        verdicts.false_pass.count + verdicts.false_fail.count
    };
    for (place, rule) in policy.rules.iter().enumerate() {
        if rule.kind.is_count() || matches!(rule.kind, RuleKind::Percentile(_)) {
            assert_eq!(
                n_false(&alone, place),
                0,
                "nobody knows the truth: {}",
                rule.id
            );
        }
    }
    assert!(!alone.agreements["groundedness"].is_measured);
    assert!(
        twice.agreements["groundedness"].is_measured,
        "a second record is a second attempt"
    );
}

#[test]
fn breaking_touches_scores_alone() {
    let mut record = table(50, 1);
    let mut draws = Draws::new(5, 0);
    let before = record.clone();
    break_some(&mut record, "tone", 0.0, 1.0, &mut draws);
    assert_eq!(record, before, "nobody measured it");
    record.columns.get_mut("groundedness").unwrap().cells[3] = Cell::NotApplicable;
    break_some(&mut record, "groundedness", 0.0, 1.0, &mut draws);
    let cells = &record.columns["groundedness"].cells;
    assert_eq!(cells[3], Cell::NotApplicable);
    let n_broken = cells
        .iter()
        .filter(|cell| **cell == Cell::Scored(0.0))
        .count();
    assert_eq!(n_broken, 49);
    assert!((Rate { count: 0, of: 0 }).share().total_cmp(&0.0).is_eq());
}

#[test]
fn scores_that_never_vary_agree_wholly() {
    let record = |attempts| {
        let mut record = table(30, attempts);
        let column = record.columns.get_mut("groundedness").unwrap();
        column.cells.fill(Cell::Scored(1.0));
        record
    };
    let policy = policy(vec![floor(0.8)], Estimand::Suite);
    let agreement = |record: &ScoreTable| {
        let evidence = RunScores {
            candidate: record,
            baseline: None,
        };
        RunSource::new(&policy, evidence, 0.5).agreements()["groundedness"]
    };
    let (once, twice) = (agreement(&record(1)), agreement(&record(2)));
    assert!(!once.is_measured && (once.correlation - 0.5).abs() < 1e-15);
    assert!(twice.is_measured && (twice.correlation - 1.0).abs() < 1e-15);
}

#[test]
fn nothing_is_made_worse_where_there_is_no_worst_value() {
    let record = tests::table("record", 60, |_| Cell::Scored(1.0));
    let of = |metric: &str| {
        let margin = RuleKind::NonInferior(NonInferior {
            metric: metric.to_owned(),
            margin: 0.1,
        });
        let policy = policy(vec![margin], Estimand::Suite);
        let bad = tried(&policy, &record, 2).known_bad;
        bad.iter().map(|one| one.times).collect::<Vec<_>>()
    };
    assert_eq!(of("faithfulness"), [1, 2]);
    assert!(of("latency_ms").is_empty(), "an amount has no end");
    assert!(of("tone").is_empty(), "nobody measured it");
}

#[test]
fn a_calibration_moves_the_bar_that_a_bad_candidate_stands_at() {
    let record = tests::table("record", 100, |index| {
        Cell::Scored(f64::from(u8::from(index % 10 != 0)))
    });
    let losses = |judge: Option<Digest>| {
        let mut policy = policy(vec![floor(0.5), not_worse(0.1)], Estimand::Suite);
        let rate = Recognized::new(90, 100).unwrap();
        policy.calibrations.extend(judge.map(|judge| {
            let known = JudgeCalibration {
                judge: judge.short(),
                good: rate,
                bad: rate,
                origin: CalibrationOrigin::default(),
            };
            ("groundedness".to_owned(), known)
        }));
        let bad = tried(&policy, &record, 2).known_bad;
        let at_bar = bad.iter().filter(|one| one.times == 1);
        at_bar.map(|one| one.loss).collect::<Vec<_>>()
    };
    let (plain, known) = (losses(None), losses(Some(Digest::of(b"judge"))));
    assert!((plain[0] - 0.4).abs() < 1e-12 && (plain[1] - 0.1).abs() < 1e-12);
    // The judge sees half of good answers as half; of a difference it sees 0.8, surely less.
    assert!((known[0] - 0.4).abs() < 1e-12, "{known:?}");
    assert!(known[1] > 0.05 && known[1] < 0.08, "{known:?}");
}

#[test]
fn a_rate_has_an_exact_interval() {
    let interval = |count, of| Rate { count, of }.interval();
    assert_eq!(
        interval(0, 100).0.total_cmp(&0.0),
        std::cmp::Ordering::Equal
    );
    // The rule of three, two-sided: 1 − 0.025^(1/100).
    assert!((interval(0, 100).1 - 0.036_216_7).abs() < 1e-6);
    assert!((interval(100, 100).1 - 1.0).abs() < 1e-15);
    // scipy 1.17.1, beta.ppf.
    assert!(
        (interval(5, 100).0 - 0.016_431_879).abs() < 1e-8,
        "{:?}",
        interval(5, 100)
    );
    assert!(
        (interval(5, 100).1 - 0.112_834_91).abs() < 1e-8,
        "{:?}",
        interval(5, 100)
    );
}

#[test]
fn a_flip_is_a_pass_and_a_fail() {
    use Verdict::{Fail, Hold, Inconclusive, Pass};

    let flips = |first, rerun| {
        let mut verdicts = Verdicts::default();
        verdicts.add(RuleOutcome {
            first,
            rerun,
            false_fail: false,
            false_pass: false,
        });
        verdicts.flips.count
    };
    assert_eq!([flips(Pass, Fail), flips(Fail, Pass)], [1, 1]);
    assert_eq!(
        [
            flips(Hold, Fail),
            flips(Inconclusive, Fail),
            flips(Fail, Fail)
        ],
        [0; 3]
    );
    assert_eq!([flips(Pass, Hold), flips(Pass, Pass)], [0; 2]);
}

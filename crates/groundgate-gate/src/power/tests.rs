//! Power against simulation of the gate itself, and what the plan says of every kind of rule.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{Cell, Column, ControlCounts, DataType, InstrumentKind, ScoreTable},
    unit::{Digest, UnitInterval},
};
use groundgate_stats::correction::Recognized;
use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::policy::KnownMetrics;
use crate::policy::Slice;
use crate::{
    OnOpen, ReleaseTerms, Rule, RunScores, Statistics, Verdict,
    decide::verdicts,
    policy::{CalibrationOrigin, CaseFilter, JudgeCalibration},
    rules::{Floor, MaxErrorRate, MustPass, NonInferior, Percentile, RuleKind, SliceFloor},
};
use groundgate_model::trial::MetricSpec;

/// Questions of different difficulty, some in clusters, and how their runs are scored.
#[derive(Clone, Copy)]
struct Population {
    /// The mean chance that a run is good.
    mean: f64,
    /// How far questions are from it, either way.
    apart: f64,
    /// Questions in one cluster, which are of one difficulty.
    per_cluster: usize,
    data_type: DataType,
}

struct Draw(Xoshiro256PlusPlus);

impl Draw {
    fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.0.next_u64() >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

impl Population {
    /// A question's difficulty depends on its number alone: two tables ask the same suite.
    fn table(self, n: usize, attempts: u32, seed: u64) -> ScoreTable {
        let mut draw = Draw(Xoshiro256PlusPlus::seed_from_u64(seed));
        let case = |index: usize| CaseInfo {
            id: format!("case-{index}"),
            digest: Digest::of(index.to_string().as_bytes()),
            cluster: format!("cluster-{}", index / self.per_cluster),
            tags: BTreeMap::from([(
                "product".to_owned(),
                ["cards", "fees"][index % 2].to_owned(),
            )])
            .into(),
            critical: index == 0,
            answerable: None,
        };
        let mut cells = Vec::new();
        for index in 0..n {
            let mut own = Draw(Xoshiro256PlusPlus::seed_from_u64(
                u64::try_from(index / self.per_cluster).unwrap() + 17,
            ));
            let good = self.mean + self.apart * (2.0 * own.unit() - 1.0);
            for _ in 0..attempts {
                let value = match self.data_type {
                    // Few distinct values, as shares of a few claims have: the bound is faster.
                    DataType::Fraction if draw.unit() >= good => {
                        0.25 + 0.25 * (3.0 * draw.unit()).floor().min(2.0)
                    }
                    DataType::Binary
                    | DataType::Fraction
                    | DataType::Ordinal { .. }
                    | DataType::Amount => f64::from(u8::from(draw.unit() < good)),
                };
                cells.push(Cell::Scored(match self.data_type {
                    DataType::Amount => 100.0 + 50.0 * value,
                    DataType::Binary | DataType::Fraction | DataType::Ordinal { .. } => value,
                }));
            }
        }
        let metric = match self.data_type {
            DataType::Amount => MetricSpec::amount("latency_ms", "ms"),
            other @ (DataType::Binary | DataType::Fraction | DataType::Ordinal { .. }) => {
                MetricSpec::score("groundedness", other)
            }
        };
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
}

pub(super) fn policy(kinds: Vec<RuleKind>) -> Policy {
    let rules = kinds.into_iter().enumerate().map(|(index, kind)| Rule {
        id: format!("rule-{index}"),
        why: None,
        line: Some(index + 1),
        estimand: None,
        kind,
    });
    Policy {
        name: "test".to_owned(),
        owner: None,
        statistics: Statistics::default(),
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

pub(super) fn planned<'a>(
    cases: &'a [CaseInfo],
    attempts: u32,
    pilot: Option<RunScores<'a>>,
    metrics: &'a KnownMetrics,
) -> Planned<'a> {
    Planned {
        cases,
        metrics,
        attempts,
        votes: 1,
        pilot_votes: 1,
        pilot,
        assumptions: Assumptions::default(),
    }
}

/// The chance to pass as computed from a large pilot, and as counted among gates of fresh runs.
fn check(population: Population, (n, attempts): (usize, u32), kind: &RuleKind, tolerance: f64) {
    const GATES: u64 = 200;
    let policy = policy(vec![kind.clone()]);
    let pilot = population.table(1500, 4, 1);
    let metrics = KnownMetrics::new();
    let cases = population.table(n, 1, 2).cases;
    let evidence = RunScores {
        candidate: &pilot,
        baseline: None,
    };
    let powers = rule_powers(
        &policy,
        &planned(&cases, attempts, Some(evidence), &metrics),
    );
    let computed = powers[0].pass.unwrap();
    let passed = (0..GATES).filter(|seed| {
        // Of a population, fresh questions every time: the table's numbers start elsewhere.
        let mut candidate = population.table(n, attempts, 1_000 + seed);
        let mut baseline = population.table(n, attempts, 900_000 + seed);
        if !kind.needs_baseline() {
            candidate = shifted(population, n, attempts, *seed);
            baseline = candidate.clone();
        }
        let evidence = RunScores {
            candidate: &candidate,
            baseline: Some(&baseline),
        };
        let found = verdicts(&policy, evidence);
        found.iter().all(|one| one.verdict == Verdict::Pass)
    });
    let counted = count_to_f64(passed.count()) / f64::from(u32::try_from(GATES).unwrap());
    assert!(
        (computed - counted).abs() < tolerance,
        "{kind:?} n={n} k={attempts}: computed {computed:.3}, counted {counted:.3}"
    );
}

/// Other questions of the same kind.
fn shifted(population: Population, n: usize, attempts: u32, seed: u64) -> ScoreTable {
    let many = 12 * n;
    let start = usize::try_from(seed).unwrap() * 37 % (many - n) / population.per_cluster;
    let start = start * population.per_cluster;
    let all = population.table(many, attempts, 5_000 + seed);
    let k = usize::try_from(attempts).unwrap();
    let mut table = all.clone();
    table.cases = all.cases[start..start + n].to_vec();
    for column in table.columns.values_mut() {
        column.cells = column.cells[start * k..(start + n) * k].to_vec();
    }
    table
}

const BINARY: Population = Population {
    mean: 0.9,
    apart: 0.1,
    per_cluster: 1,
    data_type: DataType::Binary,
};

#[test]
fn power_of_floors_agrees_with_simulated_gates() {
    // Standard error of 200 gates: 3.5 points at a half.
    check(BINARY, (150, 1), &floor(0.85), 0.09);
    check(BINARY, (150, 1), &floor(0.8), 0.09);
    let fraction = Population {
        data_type: DataType::Fraction,
        ..BINARY
    };
    check(fraction, (120, 1), &floor(0.9), 0.11);
    check(fraction, (120, 3), &floor(0.9), 0.11);
    let clusters = Population {
        apart: 0.1,
        per_cluster: 3,
        mean: 0.8,
        ..BINARY
    };
    check(clusters, (150, 1), &floor(0.7), 0.11);
}

#[test]
fn power_of_comparisons_agrees_with_simulated_gates() {
    check(BINARY, (150, 1), &not_worse(0.08), 0.11);
    check(BINARY, (100, 3), &not_worse(0.05), 0.11);
    let fraction = Population {
        data_type: DataType::Fraction,
        ..BINARY
    };
    check(fraction, (100, 1), &not_worse(0.05), 0.11);
}

#[test]
fn a_quantile_passes_as_often_as_simulated_gates() {
    let latency = Population {
        mean: 0.04,
        apart: 0.0,
        data_type: DataType::Amount,
        ..BINARY
    };
    let kind = RuleKind::Percentile(Percentile {
        metric: "latency_ms".to_owned(),
        quantile: 0.9,
        max: 120.0,
    });
    check(latency, (150, 1), &kind, 0.09);
}

#[test]
fn the_plan_says_what_can_never_pass() {
    let metrics = KnownMetrics::from([(
        "groundedness".to_owned(),
        MetricSpec::score("groundedness", DataType::Fraction),
    )]);
    let cases = BINARY.table(200, 1, 3).cases;
    let slice = |value: &str| Slice {
        tag: "product".to_owned(),
        value: value.to_owned(),
    };
    let slices = RuleKind::SliceFloor(SliceFloor {
        metric: "groundedness".to_owned(),
        by: vec!["product".to_owned()],
        min: 0.5,
        min_cases: 30,
        on_thin: OnOpen::Hold,
        required: vec![slice("loans")],
    });
    let must = RuleKind::MustPass(MustPass {
        metric: "groundedness".to_owned(),
        cases: CaseFilter::Critical,
        min: 1.0,
        min_cases: 2,
        repeats: 1,
    });
    let kinds = vec![
        floor(0.8),
        floor(0.95),
        not_worse(0.05),
        not_worse(0.0),
        slices,
        must,
        RuleKind::MaxErrorRate(MaxErrorRate {
            max: UnitInterval::new(0.01).unwrap(),
        }),
    ];
    let policy = policy(kinds);
    let powers = rule_powers(&policy, &planned(&cases, 1, None, &metrics));
    let pass: Vec<Option<f64>> = powers.iter().map(|power| power.pass).collect();
    let ids: Vec<&str> = powers.iter().map(|power| power.id.as_str()).collect();
    assert_eq!(ids[4], "rule-4/product=loans");
    assert!(
        pass[0].unwrap() > 0.9 && pass[1].unwrap() < 0.05,
        "{pass:?}"
    );
    assert!(
        pass[2].unwrap() > 0.3 && pass[3].unwrap() <= 0.051,
        "{pass:?}"
    );
    assert_eq!((pass[4], pass[7], pass[8]), (Some(0.0), None, None));
    assert!(powers[3].note.as_ref().unwrap().contains("margin 0"));
    assert!(powers[0].source == Some(Source::Assumed) && powers[7].source.is_none());

    // Fewer cases than the policy requires: never, whatever the power.
    let few = rule_powers(&policy, &planned(&cases[..20], 1, None, &metrics));
    assert_eq!((few[0].pass, few[2].pass), (Some(0.0), Some(0.0)));
}

#[test]
fn more_of_anything_sees_smaller_drops() {
    let pilot = BINARY.table(300, 3, 5);
    let metrics = KnownMetrics::new();
    let evidence = RunScores {
        candidate: &pilot,
        baseline: None,
    };
    let policy = policy(vec![not_worse(0.05)]);
    let drop = |n: usize, attempts: u32| {
        let planned = planned(&pilot.cases[..n], attempts, Some(evidence), &metrics);
        minimum_detectable_effects(&policy, &planned)[0]
            .drop
            .unwrap()
    };
    assert!(drop(300, 1) < drop(100, 1));
    assert!(drop(100, 3) < drop(100, 1));
    // A hundred questions three times are as good as three hundred once, for this suite.
    assert!((drop(100, 3) - drop(300, 1)).abs() < 1e-9);
}

#[test]
fn what_is_bought_sees_the_wanted_drop_and_less_does_not() {
    let pilot = BINARY.table(200, 3, 5);
    let metrics = KnownMetrics::new();
    let evidence = RunScores {
        candidate: &pilot,
        baseline: None,
    };
    let policy = policy(vec![not_worse(0.05)]);
    let prices = Prices {
        question: 2.0,
        copilot: 0.01,
        vote: 0.002,
    };
    let plan = planned(&pilot.cases, 1, Some(evidence), &metrics);
    let options = design_options(&policy, &plan, 0.04, prices);
    let [overall] = options.as_slice() else {
        panic!("{options:?}");
    };
    assert!(overall.drop_now.unwrap() > 0.04);
    let questions = overall.more_questions.unwrap();
    let attempts = overall.more_attempts.unwrap();
    assert!(questions.questions > 200 && attempts.attempts > 1);
    // Votes do not differ here, so that more of them bring nothing.
    assert_eq!(overall.more_votes, None);
    // New questions have to be written; asking again is cheaper.
    assert!(attempts.price < questions.price);
    assert!(overall.cheapest.unwrap().price <= attempts.price);
    let seen = |attempts: u32| {
        let plan = Planned { attempts, ..plan };
        minimum_detectable_effects(&policy, &plan)[0].drop.unwrap()
    };
    assert!(seen(attempts.attempts) <= 0.04 && seen(attempts.attempts - 1) > 0.04);
}

#[test]
fn votes_help_where_the_noise_is_the_judges() {
    let pilot = BINARY.table(200, 3, 5);
    let metrics = KnownMetrics::new();
    let evidence = RunScores {
        candidate: &pilot,
        baseline: None,
    };
    let policy = policy(vec![not_worse(0.05)]);
    let mut plan = planned(&pilot.cases, 1, Some(evidence), &metrics);
    plan.assumptions.flips = 0.1;
    let drop = |votes| {
        minimum_detectable_effects(&policy, &Planned { votes, ..plan })[0]
            .drop
            .unwrap()
    };
    assert!(drop(3) < drop(1) && drop(9) < drop(3));
}

#[test]
fn a_calibrated_judge_costs_power() {
    let pilot = BINARY.table(200, 3, 5);
    let metrics = KnownMetrics::new();
    let evidence = RunScores {
        candidate: &pilot,
        baseline: None,
    };
    let plan = planned(&pilot.cases, 3, Some(evidence), &metrics);
    let mut policy = policy(vec![not_worse(0.05)]);
    let pass = |policy: &Policy| rule_powers(policy, &plan)[0].pass.unwrap();
    let before = pass(&policy);
    let rate = Recognized::new(93, 100).unwrap();
    let calibration = JudgeCalibration {
        judge: Digest::of(b"judge").short(),
        good: rate,
        bad: rate,
        origin: CalibrationOrigin::default(),
    };
    policy
        .calibrations
        .insert("groundedness".to_owned(), calibration);
    assert!(pass(&policy) < before - 0.1);
}

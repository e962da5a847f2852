//! What a plan says of each kind of rule, from a pilot whose numbers can be reckoned by hand.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{Cell, ScoreTable, Unscored},
    unit::{Digest, UnitInterval},
};
use groundgate_stats::correction::Recognized;

use super::{
    spread::Scores,
    tests::{floor, not_worse, planned, policy},
    *,
};
use crate::policy::Estimand;
use crate::policy::KnownMetrics;
use crate::policy::Slice;
use crate::{
    OnOpen, RunScores,
    policy::{CalibrationOrigin, CaseFilter, JudgeCalibration},
    rules::{
        Ceiling, MaxCount, MaxErrorRate, MeanMax, MustPass, Percentile, RatioMax, RuleKind,
        SliceFloor,
    },
    tests::table,
};
use groundgate_stats::Unit;

/// 99 cases, 33 of them critical; the cell of each by its place.
fn pilot(cell: impl Fn(usize) -> Cell) -> ScoreTable {
    table("pilot", 99, cell)
}

fn good() -> ScoreTable {
    pilot(|_| Cell::Scored(1.0))
}

fn power(kind: RuleKind, pilot: &ScoreTable, attempts: u32) -> RulePower {
    let metrics = KnownMetrics::new();
    let evidence = RunScores {
        candidate: pilot,
        baseline: None,
    };
    let plan = planned(&pilot.cases, attempts, Some(evidence), &metrics);
    rule_powers(&policy(vec![kind]), &plan).remove(0)
}

fn must_pass(cases: CaseFilter, min_cases: usize, repeats: u32) -> RuleKind {
    RuleKind::MustPass(MustPass {
        metric: "groundedness".to_owned(),
        cases,
        min: 1.0,
        min_cases,
        repeats,
    })
}

fn amount(max: f64) -> RuleKind {
    RuleKind::MeanMax(MeanMax {
        metric: "latency_ms".to_owned(),
        max,
        cap: Some(1000.0),
    })
}

fn ratio(max: f64) -> RuleKind {
    RuleKind::RatioMax(RatioMax {
        metric: "latency_ms".to_owned(),
        max,
        cap: Some(1000.0),
    })
}

fn close(found: &RulePower, expected: f64) {
    let pass = found.pass.unwrap();
    assert!((pass - expected).abs() < 1e-9, "{expected}: {found:?}");
}

#[test]
fn cases_that_must_pass_do_so_as_often_as_in_the_pilot() {
    let one_failed = pilot(|index| Cell::Scored(f64::from(u8::from(index != 0))));
    let all = power(must_pass(CaseFilter::Critical, 1, 1), &good(), 2);
    close(&all, 1.0);
    assert_eq!(all.units, 66);
    let most = power(must_pass(CaseFilter::Critical, 1, 1), &one_failed, 1);
    close(&most, (32.0_f64 / 33.0).powi(33));
    let cards = CaseFilter::Slice(Slice {
        tag: "product".to_owned(),
        value: "cards".to_owned(),
    });
    close(
        &power(must_pass(cards, 1, 1), &one_failed, 1),
        (49.0_f64 / 50.0).powi(50),
    );
    for (kind, says) in [
        (
            must_pass(CaseFilter::Critical, 34, 1),
            "the policy requires 34",
        ),
        (
            must_pass(CaseFilter::Critical, 1, 3),
            "the policy requires 3",
        ),
    ] {
        let never = power(kind, &good(), 1);
        close(&never, 0.0);
        assert!(never.note.as_ref().unwrap().contains(says), "{never:?}");
    }
}

#[test]
fn counts_and_failures_are_those_of_the_pilot() {
    let failing = pilot(|index| {
        if index == 0 {
            Cell::Unscored(Unscored::NotRun)
        } else {
            Cell::Scored(1.0)
        }
    });
    let none = RuleKind::MaxCount(MaxCount {
        metric: "pii_leak".to_owned(),
        max: 0,
    });
    close(&power(none, &good(), 1), 1.0);
    let errors = |max| {
        RuleKind::MaxErrorRate(MaxErrorRate {
            max: UnitInterval::new(max).unwrap(),
        })
    };
    close(&power(errors(0.0), &good(), 1), 1.0);
    close(&power(errors(0.0), &failing, 1), (98.0_f64 / 99.0).powi(99));
}

#[test]
fn amounts_pass_by_their_distance_from_the_bar() {
    assert!(power(amount(200.0), &good(), 1).pass.unwrap() > 0.999);
    assert!(power(amount(100.0), &good(), 1).pass.unwrap() < 0.05);
    let mut constant = good();
    let cells = &mut constant.columns.get_mut("latency_ms").unwrap().cells;
    cells.fill(Cell::Scored(100.0));
    close(&power(amount(100.1), &constant, 1), 1.0);
    close(&power(amount(100.0), &constant, 1), 0.0);
    close(&power(ratio(1.0), &constant, 1), 0.0);
    assert!(power(ratio(1.5), &good(), 1).pass.unwrap() > 0.999);
    let suite = |estimand| {
        let metrics = KnownMetrics::new();
        let pilot = good();
        let evidence = RunScores {
            candidate: &pilot,
            baseline: None,
        };
        let plan = planned(&pilot.cases, 1, Some(evidence), &metrics);
        let mut policy = policy(vec![amount(103.5)]);
        policy.rules[0].estimand = Some(estimand);
        rule_powers(&policy, &plan)[0].pass.unwrap()
    };
    assert!(suite(Estimand::Suite) > 0.0 && suite(Estimand::Population) > 0.0);
}

#[test]
fn what_no_pilot_has_measured_says_so() {
    let cases = good().cases;
    let metrics = KnownMetrics::new();
    let kinds = vec![
        must_pass(CaseFilter::Critical, 1, 1),
        RuleKind::MaxErrorRate(MaxErrorRate {
            max: UnitInterval::new(0.1).unwrap(),
        }),
        amount(1.0),
        ratio(1.0),
        RuleKind::MaxCount(MaxCount {
            metric: "pii_leak".to_owned(),
            max: 0,
        }),
        RuleKind::Percentile(Percentile {
            metric: "latency_ms".to_owned(),
            quantile: 0.95,
            max: 1.0,
        }),
        floor(0.5),
    ];
    let powers = rule_powers(&policy(kinds), &planned(&cases, 1, None, &metrics));
    for power in &powers[..6] {
        assert_eq!(power.pass, None);
        assert!(
            power.note.as_ref().unwrap().contains("needs a pilot"),
            "{power:?}"
        );
    }
    assert_eq!(powers[6].note.as_deref(), Some("unknown metric"));
    let nothing = pilot(|_| Cell::NotApplicable);
    for kind in [floor(0.5), not_worse(0.1), amount(1.0)] {
        let power = power(kind, &nothing, 1);
        assert_eq!(power.pass, None, "{power:?}");
    }
}

#[test]
fn slices_of_a_tag_that_no_case_has_never_pass() {
    let kind = RuleKind::SliceFloor(SliceFloor {
        metric: "groundedness".to_owned(),
        by: vec!["country".to_owned()],
        min: 0.5,
        min_cases: 1,
        on_thin: OnOpen::Hold,
        required: Vec::new(),
    });
    close(&power(kind, &good(), 1), 0.0);
}

#[test]
fn a_calibrated_floor_says_what_it_takes_for_true() {
    let pilot = good();
    let rate = Recognized::new(95, 100).unwrap();
    let mut policy = policy(vec![floor(0.8)]);
    let known = JudgeCalibration {
        judge: pilot.columns["groundedness"].instrument.to_string(),
        good: rate,
        bad: rate,
        origin: CalibrationOrigin::default(),
    };
    policy.calibrations = BTreeMap::from([("groundedness".to_owned(), known)]);
    let metrics = KnownMetrics::new();
    let evidence = RunScores {
        candidate: &pilot,
        baseline: None,
    };
    let plan = planned(&pilot.cases, 1, Some(evidence), &metrics);
    let note = rule_powers(&policy, &plan)[0].note.clone().unwrap();
    assert!(
        note.contains("as if the judge's rates were known exactly"),
        "{note}"
    );
}

#[test]
fn a_baseline_of_the_same_judge_gives_the_spread_of_pairs() {
    let candidate = pilot(|index| Cell::Scored(f64::from(u8::from(index % 5 != 0))));
    let mut baseline = pilot(|index| Cell::Scored(f64::from(u8::from(index % 7 != 0))));
    let metrics = KnownMetrics::new();
    let source = |baseline: &ScoreTable| {
        let evidence = RunScores {
            candidate: &candidate,
            baseline: Some(baseline),
        };
        let plan = planned(&candidate.cases, 1, Some(evidence), &metrics);
        rule_powers(&policy(vec![not_worse(0.1)]), &plan)[0].source
    };
    assert_eq!(source(&baseline), Some(Source::Pairs));
    baseline.columns.get_mut("groundedness").unwrap().instrument = Digest::of(b"other");
    assert_eq!(source(&baseline), Some(Source::AssumedCorrelation));
    baseline.columns.clear();
    assert_eq!(source(&baseline), Some(Source::AssumedCorrelation));
}

#[test]
fn floors_are_sighted_where_nothing_is_compared_and_votes_are_bought_where_they_differ() {
    let pilot = pilot(|index| Cell::Scored(f64::from(u8::from(index % 5 != 0))));
    let metrics = KnownMetrics::new();
    let evidence = RunScores {
        candidate: &pilot,
        baseline: None,
    };
    let mut plan = planned(&pilot.cases, 1, Some(evidence), &metrics);
    let floors = policy(vec![floor(0.5), amount(1.0)]);
    let effects = minimum_detectable_effects(&floors, &plan);
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!(effects[0].metric, "groundedness");
    plan.assumptions.flips = 0.4;
    let prices = Prices {
        question: 2.0,
        copilot: 0.01,
        vote: 0.002,
    };
    let options = |wanted| design_options(&floors, &plan, wanted, prices).remove(0);
    let most = (1..=VOTES).map(|votes| {
        let drop = minimum_detectable_effects(&floors, &Planned { votes, ..plan })[0].drop;
        drop.unwrap_or(f64::INFINITY)
    });
    let best = most.fold(f64::INFINITY, f64::min);
    let now = minimum_detectable_effects(&floors, &plan)[0].drop.unwrap();
    assert!(best < now);
    let bought = options(best.midpoint(now)).more_votes.unwrap();
    assert!(bought.votes > 1 && bought.questions == 99, "{bought:?}");
    let nothing = options(1e-9);
    assert_eq!((nothing.more_questions, nothing.cheapest), (None, None));
}

#[test]
fn a_population_of_clusters_is_seen_cluster_by_cluster() {
    let mut pilot = pilot(|index| Cell::Scored(f64::from(u8::from(index % 5 != 0))));
    for (place, case) in pilot.cases.iter_mut().enumerate() {
        case.cluster = format!("ticket-{}", place / 3);
    }
    let metrics = KnownMetrics::new();
    let evidence = RunScores {
        candidate: &pilot,
        baseline: None,
    };
    let plan = planned(&pilot.cases, 1, Some(evidence), &metrics);
    let mut policy = policy(vec![floor(0.5)]);
    policy.rules[0].estimand = Some(Estimand::Population);
    let power = rule_powers(&policy, &plan).remove(0);
    assert_eq!((power.unit, power.units), (Unit::Cluster, 33));
}

#[test]
fn a_quantile_passes_by_the_pilots_share_within_the_bar() {
    let tail = |max| {
        RuleKind::Percentile(Percentile {
            metric: "latency_ms".to_owned(),
            quantile: 0.9,
            max,
        })
    };
    let says = |max| {
        let power = power(tail(max), &good(), 1);
        (power.pass.unwrap(), power.note.unwrap())
    };
    // 100 to 106 ms, each as often as the others.
    let (pass, note) = says(106.0);
    assert!(
        (pass - 1.0).abs() < 1e-9 && note.starts_with("99 of 99 "),
        "{note}"
    );
    let (pass, note) = says(105.0);
    assert!(
        pass < 0.05 && note.starts_with("85 of 99 "),
        "{pass} {note}"
    );
}

#[test]
fn what_was_not_to_be_asked_is_neither_a_failure_nor_a_score() {
    let with = |cell: &Cell| {
        pilot(|index| match index % 9 {
            0 => cell.clone(),
            rest => Cell::Scored(f64::from(u8::from(rest != 1))),
        })
    };
    let spared = with(&Cell::Unscored(Unscored::Spared("support 0.95".into())));
    let (not_run, nothing) = (
        with(&Cell::Unscored(Unscored::NotRun)),
        with(&Cell::NotApplicable),
    );
    let errors = RuleKind::MaxErrorRate(MaxErrorRate {
        max: UnitInterval::new(0.0).unwrap(),
    });
    close(&power(errors.clone(), &spared, 1), 1.0);
    assert!(power(errors, &not_run, 1).pass.unwrap() < 0.01);
    let pass = |pilot: &ScoreTable| power(floor(0.75), pilot, 1).pass;
    assert_eq!(pass(&spared), pass(&nothing));
    assert_eq!(pass(&not_run), pass(&with(&Cell::Scored(0.0))));
    assert_ne!(pass(&spared), pass(&not_run));
}

#[test]
fn a_ceiling_of_an_amount_is_planned_as_its_mean() {
    let ceiling = RuleKind::Ceiling(Ceiling {
        metric: "latency_ms".to_owned(),
        max: 103.5,
        cap: Some(1000.0),
    });
    let (ceiling, mean) = (power(ceiling, &good(), 1), power(amount(103.5), &good(), 1));
    assert_eq!((ceiling.pass, ceiling.units), (mean.pass, mean.units));
}

#[test]
fn asking_each_question_again_makes_a_pass_likelier() {
    let pilot = pilot(|index| Cell::Scored(f64::from(u8::from(index % 10 != 0))));
    let pass = |attempts| {
        let power = power(floor(0.82), &pilot, attempts);
        assert_eq!((power.unit, power.units), (Unit::Question, 99));
        power.pass.unwrap()
    };
    let (once, again) = (pass(1), pass(3));
    assert!(once + 0.02 < again && again < 0.999, "{once} {again}");
}

#[test]
fn votes_that_cost_nothing_are_not_for_sale() {
    let pilot = pilot(|index| Cell::Scored(f64::from(u8::from(index % 5 != 0))));
    let metrics = KnownMetrics::new();
    let evidence = RunScores {
        candidate: &pilot,
        baseline: None,
    };
    let mut plan = planned(&pilot.cases, 1, Some(evidence), &metrics);
    plan.assumptions.flips = 0.4;
    let votes_bought = |vote| {
        let prices = Prices {
            question: 2.0,
            copilot: 0.01,
            vote,
        };
        let found = design_options(&policy(vec![floor(0.5)]), &plan, 0.1, prices).remove(0);
        found.cheapest.unwrap().votes
    };
    assert_eq!(votes_bought(0.0), 1);
    assert!(votes_bought(1e-6) > 1);
}

#[test]
fn pairs_say_how_much_runs_differ_where_they_are_repeated() {
    // Two runs of each question: of every third one the baseline's are both bad.
    let mut candidate = pilot(|_| Cell::Scored(1.0));
    candidate.attempts = 2;
    let column = candidate.columns.get_mut("groundedness").unwrap();
    column.cells = vec![Cell::Scored(1.0); 198];
    let mut baseline = candidate.clone();
    let column = baseline.columns.get_mut("groundedness").unwrap();
    for (trial, cell) in column.cells.iter_mut().enumerate() {
        *cell = Cell::Scored(f64::from(u8::from(trial / 2 % 3 != 0)));
    }
    let spread = |candidate: &ScoreTable, baseline: &ScoreTable| {
        let [ours, theirs] = [candidate, baseline].map(|table| Scores {
            table,
            column: &table.columns["groundedness"],
        });
        spread::of_differences(ours, theirs, &|_| true).unwrap()
    };
    let repeated = spread(&candidate, &baseline);
    assert!(
        repeated.run.abs() < 1e-12 && repeated.total > 0.2,
        "{repeated:?}"
    );
    // Of one run of each, all of it may be noise.
    let once = |table: &ScoreTable| {
        let mut once = table.clone();
        once.attempts = 1;
        let column = once.columns.get_mut("groundedness").unwrap();
        column.cells = column.cells.iter().step_by(2).cloned().collect();
        once
    };
    let single = spread(&once(&candidate), &once(&baseline));
    assert!((single.run - single.total).abs() < 1e-12, "{single:?}");
    // A question that the baseline was not asked makes no pair.
    baseline.cases.truncate(33);
    let fewer = spread(&candidate, &baseline);
    assert!((fewer.applicable - 1.0 / 3.0).abs() < 1e-12, "{fewer:?}");
}

/// As many votes as a judge can have.
const VOTES: u32 = 25;

//! What is counted: cases that must pass, findings, errors; and how many cases are enough.

use groundgate_model::{
    exchange::FailureKind,
    trial::{Cell, ScoreTable, Unscored},
    unit::UnitInterval,
};
use groundgate_stats::correction::Recognized;

use super::{
    rules::{
        Floor, MaxCount, MaxErrorRate, MustPass, NonInferior, Percentile, RatioMax, SliceFloor,
    },
    tests::{policy, table},
    *,
};

fn all(n: usize) -> ScoreTable {
    table("all", n, |_| Cell::Scored(1.0))
}

fn finding(kind: RuleKind, candidate: &ScoreTable, baseline: Option<&ScoreTable>) -> Finding {
    let evidence = RunScores {
        candidate,
        baseline,
    };
    decide(&policy(vec![kind]), evidence).findings.remove(0)
}

fn must_pass(min_cases: usize) -> RuleKind {
    RuleKind::MustPass(MustPass {
        metric: "groundedness".to_owned(),
        cases: CaseFilter::Critical,
        min: 1.0,
        min_cases,
        repeats: 1,
    })
}

fn leaks() -> RuleKind {
    RuleKind::MaxCount(MaxCount {
        metric: "pii_leak".to_owned(),
        max: 0,
    })
}

/// Each third case is critical, and each has two attempts that are all good but for `trial`.
fn twice(trial: usize) -> ScoreTable {
    let mut table = all(60);
    table.attempts = 2;
    for column in table.columns.values_mut() {
        column.cells = [column.cells.clone(), column.cells.clone()].concat();
    }
    let column = table.columns.get_mut("groundedness").unwrap();
    column.cells[trial] = Cell::Scored(0.0);
    table
}

#[test]
fn every_attempt_at_a_case_that_must_pass_counts_and_no_other_s() {
    for (trial, worst) in [(18, "case-9"), (19, "case-9"), (0, "case-0"), (119, "")] {
        let found = finding(must_pass(20), &twice(trial), None);
        let expected = if worst.is_empty() {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        assert_eq!(found.verdict, expected, "{trial}: {found:?}");
        assert_eq!(found.worst_cases.concat(), worst);
        assert_eq!((found.counts.planned, found.counts.scored), (40, 40));
    }
}

#[test]
fn as_many_cases_as_the_policy_wants_are_enough() {
    let latency = || "latency_ms".to_owned();
    let percentile = || {
        RuleKind::Percentile(Percentile {
            metric: latency(),
            quantile: 0.5,
            max: 200.0,
        })
    };
    let ratio = || {
        RuleKind::RatioMax(RatioMax {
            metric: latency(),
            max: 1.5,
            cap: Some(1000.0),
        })
    };
    let too_few = |kind: RuleKind, n: usize| {
        let found = finding(
            kind,
            &all(n),
            Some(&table("base", n, |_| Cell::Scored(1.0))),
        );
        found.sentence.contains("too few to tell")
    };
    for kind in [percentile(), ratio(), leaks()] {
        assert!(too_few(kind.clone(), 19), "{kind:?}");
        assert!(!too_few(kind.clone(), 20), "{kind:?}");
    }
    // 20 of 60 are critical.
    assert_eq!(
        finding(must_pass(20), &all(60), None).verdict,
        Verdict::Pass
    );
    assert_eq!(
        finding(must_pass(21), &all(60), None).verdict,
        Verdict::Inconclusive
    );
    let silent = table("silent", 60, |_| Cell::Unscored(Unscored::NotRun));
    for (candidate, baseline) in [(&all(60), &silent), (&silent, &all(60))] {
        let sentence = finding(ratio(), candidate, Some(baseline)).sentence;
        assert_eq!(sentence, "no data: no trial has a score of latency_ms");
    }
}

#[test]
fn findings_are_named_and_what_was_half_checked_is_open() {
    let mut leaking = all(60);
    let column = leaking.columns.get_mut("pii_leak").unwrap();
    column.cells[7] = Cell::Scored(2.0);
    column.cells[9] = Cell::Scored(1.0);
    let found = finding(leaks(), &leaking, None);
    assert_eq!(found.verdict, Verdict::Fail);
    assert_eq!(found.worst_cases, ["case-7", "case-9"]);
    assert_eq!(
        found.sentence,
        "3 found in 60 answers; at most 0 are allowed"
    );

    let mut half = all(60);
    let column = half.columns.get_mut("pii_leak").unwrap();
    column.up_to.insert(3, 1.0);
    let found = finding(leaks(), &half, None);
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert_eq!(
        found.sentence,
        "0 found in 60 answers, but 1 trial could not be checked"
    );
    assert_eq!(found.worst_cases, [""; 0]);
}

#[test]
fn scores_that_are_open_are_said() {
    let notes = |candidate: &ScoreTable| {
        let evidence = RunScores {
            candidate,
            baseline: None,
        };
        decide(&policy(vec![must_pass(1)]), evidence)
            .notes
            .join("\n")
    };
    let mut open = all(60);
    assert!(!notes(&open).contains("disputed"));
    let column = open.columns.get_mut("groundedness").unwrap();
    column.cells[3] = Cell::Scored(0.0);
    column.up_to.insert(3, 1.0);
    assert!(
        notes(&open).contains("groundedness: 1 of 60 scores are known from one end"),
        "{}",
        notes(&open)
    );
}

#[test]
fn trials_that_were_never_run_are_no_failures_of_the_candidate() {
    let holes = |n_timeouts: usize, n_not_run: usize| {
        let candidate = table("holes", 100, |index| {
            if index < n_timeouts {
                Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout))
            } else if index < n_timeouts + n_not_run {
                Cell::Unscored(Unscored::NotRun)
            } else {
                Cell::Scored(1.0)
            }
        });
        let max = UnitInterval::new(0.05).unwrap();
        let found = finding(
            RuleKind::MaxErrorRate(MaxErrorRate { max }),
            &candidate,
            None,
        );
        (found.verdict, found.sentence)
    };
    let says = |n: usize| {
        format!("{n} of 100 trials have no answer or a missing score; at most 5.0% is allowed")
    };
    assert_eq!(holes(5, 0), (Verdict::Pass, says(5)));
    assert_eq!(holes(6, 0), (Verdict::Fail, says(6)));
    // Four metrics miss each of them, and each is one trial.
    let open = format!("{}; 3 trials never ran", says(7));
    assert_eq!(holes(4, 3), (Verdict::Inconclusive, open));
    let open = format!("{}; 7 trials never ran", says(7));
    assert_eq!(holes(0, 7), (Verdict::Inconclusive, open));
}

/// What another judge's calibration leaves is the policy's own margin.
#[test]
fn a_calibration_that_does_not_fit_leaves_the_margin_as_it_is() {
    let rate = Recognized::new(90, 100).unwrap();
    let mut policy = policy(vec![RuleKind::NonInferior(NonInferior {
        metric: "groundedness".to_owned(),
        margin: 0.05,
    })]);
    let known = JudgeCalibration {
        judge: "0123456789ab".to_owned(),
        good: rate,
        bad: rate,
        origin: CalibrationOrigin::default(),
    };
    policy.calibrations.insert("groundedness".to_owned(), known);
    let (candidate, baseline) = (all(100), table("base", 100, |_| Cell::Scored(1.0)));
    let evidence = RunScores {
        candidate: &candidate,
        baseline: Some(&baseline),
    };
    let found = decide(&policy, evidence).findings.remove(0);
    assert_eq!(
        (found.verdict, found.threshold),
        (Verdict::Inconclusive, -0.05)
    );
}

#[test]
fn a_slice_of_as_many_cases_as_wanted_is_not_thin() {
    let thin = |n: usize| {
        let kind = RuleKind::SliceFloor(SliceFloor {
            metric: "groundedness".to_owned(),
            by: vec!["product".to_owned()],
            min: 0.5,
            min_cases: 20,
            on_thin: OnOpen::Block,
            required: Vec::new(),
        });
        finding(kind, &all(n), None).sentence.contains("thin slice")
    };
    assert!(!thin(40) && thin(38));
}

#[test]
fn a_score_that_cannot_be_is_an_error_of_the_record() {
    let mut candidate = all(60);
    let column = candidate.columns.get_mut("groundedness").unwrap();
    column.cells[5] = Cell::Scored(1.5);
    let floor = RuleKind::Floor(Floor {
        metric: "groundedness".to_owned(),
        min: 0.5,
    });
    let found = finding(floor, &candidate, None);
    assert_eq!(found.verdict, Verdict::Error);
    assert!(found.sentence.contains("holds 1.5"), "{}", found.sentence);
}

#[test]
fn as_much_may_be_missing_as_the_policy_allows() {
    let says = |n_missing: usize| {
        let candidate = table("holes", 100, |index| {
            if index < n_missing {
                Cell::Unscored(Unscored::NotRun)
            } else {
                Cell::Scored(1.0)
            }
        });
        let mut policy = policy(vec![RuleKind::Floor(Floor {
            metric: "groundedness".to_owned(),
            min: 0.5,
        })]);
        policy.statistics.missing_max = UnitInterval::new(0.05).unwrap();
        let evidence = RunScores {
            candidate: &candidate,
            baseline: None,
        };
        decide(&policy, evidence).findings.remove(0).sentence
    };
    assert!(!says(5).contains("run invalid"), "{}", says(5));
    assert!(
        says(6).contains("run invalid for this rule: 6 of 100"),
        "{}",
        says(6)
    );
}

//! Rules at their edges: why a rule says nothing, in each kind's own words.

use std::collections::BTreeMap;

use groundgate_model::{
    exchange::FailureKind,
    trial::{Cell, Direction, InstrumentKind, Looks, ScoreTable, Unscored},
    unit::Digest,
};
use groundgate_stats::{Observation, correction::Recognized};

use super::{
    rules::{Floor, MaxCount, MustPass, NonInferior, SliceFloor},
    tests::{every_kind, policy, table},
    *,
};

fn good() -> ScoreTable {
    table("good", 100, |_| Cell::Scored(1.0))
}

fn decided(kind: RuleKind, candidate: &ScoreTable, baseline: Option<&ScoreTable>) -> Decision {
    let evidence = RunScores {
        candidate,
        baseline,
    };
    decide(&policy(vec![kind]), evidence)
}

fn found(kind: RuleKind, candidate: &ScoreTable) -> (Verdict, String) {
    let finding = decided(kind, candidate, None).findings.remove(0);
    (finding.verdict, finding.sentence)
}

fn leaks(max: u64) -> RuleKind {
    RuleKind::MaxCount(MaxCount {
        metric: "pii_leak".to_owned(),
        max,
    })
}

/// A table whose leaks are these cells, in turn.
fn leaking(cells: &[Cell]) -> ScoreTable {
    let mut table = good();
    let column = table.columns.get_mut("pii_leak").unwrap();
    for (place, cell) in column.cells.iter_mut().enumerate() {
        *cell = cells[place % cells.len()].clone();
    }
    table
}

#[test]
fn a_run_that_reached_no_interim_analysis_says_so_in_every_kind_of_rule() {
    let mut early = table("early", 100, |index| {
        if index < 10 {
            Cell::Scored(1.0)
        } else {
            Cell::Unscored(Unscored::NotRun)
        }
    });
    early.looks = Some(Looks {
        policy: Digest::of(b"policy"),
        baseline: Some("good".to_owned()),
        cases: vec![50, 100],
    });
    for kind in every_kind() {
        let decision = decided(kind.clone(), &early, Some(&good()));
        assert_eq!(decision.verdict, Verdict::Inconclusive, "{kind:?}");
        let says = &decision.findings[0].sentence;
        let of_cases = matches!(kind, RuleKind::MustPass(_) | RuleKind::SliceFloor(_));
        assert!(
            of_cases || says.contains("no planned interim analysis"),
            "{kind:?}: {says}"
        );
    }
}

#[test]
fn counts_say_why_they_cannot_be_told() {
    let none = Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout));
    for (cells, max, verdict, says) in [
        (
            vec![Cell::Scored(1.0)],
            99,
            Verdict::Fail,
            "100 found in 100 answers; at most 99",
        ),
        (
            vec![Cell::Scored(1.0)],
            100,
            Verdict::Pass,
            "100 found in 100 answers",
        ),
        (
            vec![Cell::NotApplicable],
            0,
            Verdict::Inconclusive,
            "pii_leak",
        ),
        (
            vec![Cell::Scored(0.0), none.clone()],
            0,
            Verdict::Inconclusive,
            "50 trials could not be checked",
        ),
    ] {
        let (found, sentence) = found(leaks(max), &leaking(&cells));
        assert_eq!(found, verdict, "{sentence}");
        assert!(sentence.contains(says), "{sentence}");
    }
}

#[test]
fn a_count_so_far_must_leave_room_for_the_rest() {
    let mut half = table("half", 100, |index| {
        if index < 50 {
            Cell::Scored(1.0)
        } else {
            Cell::Unscored(Unscored::NotRun)
        }
    });
    half.looks = Some(Looks {
        policy: Digest::of(b"policy"),
        baseline: None,
        cases: vec![50, 100],
    });
    half.columns.get_mut("pii_leak").unwrap().cells[3] = Cell::Scored(1.0);
    let (verdict, sentence) = found(leaks(1), &half);
    assert_eq!(verdict, Verdict::Inconclusive, "{sentence}");
    assert!(
        sentence.contains("the rest might bring more than 1"),
        "{sentence}"
    );
}

#[test]
fn a_case_that_was_asked_too_seldom_is_not_passed_every_time() {
    let kind = RuleKind::MustPass(MustPass {
        metric: "groundedness".to_owned(),
        cases: CaseFilter::Critical,
        min: 1.0,
        min_cases: 1,
        repeats: 3,
    });
    let (verdict, sentence) = found(kind, &good());
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(sentence.contains("3 times and was asked 1"), "{sentence}");
}

#[test]
fn slices_that_no_case_has_are_no_data() {
    let kind = RuleKind::SliceFloor(SliceFloor {
        metric: "groundedness".to_owned(),
        by: vec!["country".to_owned()],
        min: 0.5,
        min_cases: 1,
        on_thin: OnOpen::Hold,
        required: Vec::new(),
    });
    let (verdict, sentence) = found(kind, &good());
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(
        sentence.contains("no case has the tag country"),
        "{sentence}"
    );
}

/// One of two dimensions may be misspelt: the other one does not stand in for it.
#[test]
fn a_dimension_that_no_case_has_is_no_data_beside_one_that_cases_have() {
    let kind = |required: &[&str]| {
        RuleKind::SliceFloor(SliceFloor {
            metric: "groundedness".to_owned(),
            by: vec!["product".to_owned(), "regoin".to_owned()],
            min: 0.5,
            min_cases: 1,
            on_thin: OnOpen::Hold,
            required: (required.iter())
                .map(|value| Slice {
                    tag: "regoin".to_owned(),
                    value: (*value).to_owned(),
                })
                .collect(),
        })
    };
    for (required, named) in [
        (&[][..], "no case has the tag regoin"),
        (&["eu"], "regoin=eu"),
    ] {
        let decision = decided(kind(required), &good(), None);
        assert_eq!(decision.verdict, Verdict::Inconclusive);
        let of_it = |finding: &&Finding| finding.sentence.contains("regoin");
        let all: Vec<&Finding> = decision.findings.iter().filter(of_it).collect();
        assert_eq!(all.len(), 1, "{decision:?}");
        assert!(all[0].sentence.contains(named), "{}", all[0].sentence);
    }
}

#[test]
fn notes_say_whose_scale_it_is_and_whether_the_questions_are_the_same() {
    let floor = || {
        RuleKind::Floor(Floor {
            metric: "groundedness".to_owned(),
            min: 0.5,
        })
    };
    let mut offline = good();
    for column in offline.columns.values_mut() {
        column.instrument_kind = InstrumentKind::Embedded;
    }
    let notes = decided(floor(), &offline, None).notes.join("\n");
    assert!(
        notes.contains("groundedness measured by the embedded judge"),
        "{notes}"
    );
    assert!(
        !notes.contains("faithfulness"),
        "no rule is about it: {notes}"
    );
    let rate = Recognized::new(95, 100).unwrap();
    let mut calibrated = policy(vec![floor()]);
    let known = JudgeCalibration {
        judge: offline.columns["groundedness"].instrument.to_string(),
        good: rate,
        bad: rate,
        origin: CalibrationOrigin::default(),
    };
    calibrated.calibrations = BTreeMap::from([
        ("groundedness".to_owned(), known.clone()),
        ("faithfulness".to_owned(), known),
    ]);
    let evidence = RunScores {
        candidate: &offline,
        baseline: None,
    };
    let notes = decide(&calibrated, evidence).notes.join("\n");
    assert!(
        notes.contains("groundedness in floors and ceilings is what people"),
        "{notes}"
    );
    assert!(!notes.contains("embedded judge"), "{notes}");
    let mut other = good();
    other.eval_set_digest = Digest::of(b"another set");
    let notes = decided(floor(), &good(), Some(&other)).notes.join("\n");
    assert!(notes.contains("answered different eval sets"), "{notes}");
}

#[test]
fn a_calibration_corrects_scores_of_yes_and_no_and_gives_way_to_labels() {
    let floor = |metric: &str| {
        RuleKind::Floor(Floor {
            metric: metric.to_owned(),
            min: 0.5,
        })
    };
    let candidate = good();
    let rate = Recognized::new(95, 100).unwrap();
    let known = JudgeCalibration {
        judge: candidate.columns["groundedness"].instrument.to_string(),
        good: rate,
        bad: rate,
        origin: CalibrationOrigin::default(),
    };
    let evidence = RunScores {
        candidate: &candidate,
        baseline: None,
    };
    let with = |metric: &str| {
        let mut policy = policy(vec![floor(metric)]);
        policy.calibrations = BTreeMap::from([(metric.to_owned(), known.clone())]);
        policy
    };
    let share = decide(&with("faithfulness"), evidence);
    let plain = decide(&policy(vec![floor("faithfulness")]), evidence);
    assert_eq!(share.findings, plain.findings, "shares have no such rates");
    let mut unused = policy(vec![floor("faithfulness")]);
    unused.calibrations = with("groundedness").calibrations;
    for decision in [&share, &decide(&unused, evidence)] {
        assert!(
            !decision.notes.join("\n").contains("corrected by the judge"),
            "{decision:?}"
        );
    }
    let corrected = decide(&with("groundedness"), evidence);
    let plain = decide(&policy(vec![floor("groundedness")]), evidence);
    let method = |decision: &Decision| {
        let estimate = decision.findings[0].estimate.clone().unwrap();
        estimate.method
    };
    assert_ne!(method(&corrected), method(&plain), "yes and no have them");
    let mut labels = HumanScores::new("labels.jsonl".to_owned());
    labels.add(
        "groundedness",
        100,
        (0..40).map(|trial| (trial, Observation::scored(1.0))),
    );
    let notes = |labels| {
        decide_with_labels(&with("groundedness"), evidence, labels)
            .notes
            .join("\n")
    };
    assert!(notes(None).contains("corrected by the judge's calibration"));
    let by_labels = notes(Some(&labels));
    assert!(by_labels.contains("40 labels of this run"), "{by_labels}");
    assert!(
        !by_labels.contains("corrected by the judge's calibration"),
        "{by_labels}"
    );
}

#[test]
fn where_less_is_better_a_rise_is_what_a_margin_forbids() {
    let with_direction = |value: f64| {
        let mut made = table("run", 100, |_| Cell::Scored(value));
        let column = made.columns.get_mut("faithfulness").unwrap();
        column.metric.direction = Direction::LowerIsBetter;
        made
    };
    let (low, high) = (with_direction(0.1), with_direction(0.9));
    let verdict = |candidate, baseline| {
        let kind = RuleKind::NonInferior(NonInferior {
            metric: "faithfulness".to_owned(),
            margin: 0.05,
        });
        decided(kind, candidate, Some(baseline)).verdict
    };
    assert_eq!(verdict(&low, &high), Verdict::Pass);
    assert_eq!(verdict(&high, &low), Verdict::Fail);
    assert_eq!(verdict(&low, &low), Verdict::Pass);
}

#[test]
fn questions_of_one_cluster_are_one_observation_wherever_they_stand() {
    let mut made = good();
    for (place, case) in made.cases.iter_mut().enumerate() {
        case.cluster = format!("ticket-{}", if place < 40 { place / 2 } else { place % 30 });
    }
    let kind = RuleKind::Floor(Floor {
        metric: "groundedness".to_owned(),
        min: 0.5,
    });
    let mut policy = policy(vec![kind]);
    policy.rules[0].estimand = Some(Estimand::Population);
    let evidence = RunScores {
        candidate: &made,
        baseline: None,
    };
    let estimate = decide(&policy, evidence).findings[0]
        .estimate
        .clone()
        .unwrap();
    assert_eq!(estimate.n, 30, "{estimate:?}");
}

#[test]
fn a_calibration_of_another_judge_corrects_nothing() {
    let candidate = good();
    let rate = Recognized::new(95, 100).unwrap();
    let floor = RuleKind::Floor(Floor {
        metric: "groundedness".to_owned(),
        min: 0.5,
    });
    let with = |judge: Digest| {
        let mut policy = policy(vec![floor.clone()]);
        let known = JudgeCalibration {
            judge: judge.short(),
            good: rate,
            bad: rate,
            origin: CalibrationOrigin::default(),
        };
        policy.calibrations = BTreeMap::from([("groundedness".to_owned(), known)]);
        let evidence = RunScores {
            candidate: &candidate,
            baseline: None,
        };
        decide(&policy, evidence).findings.remove(0)
    };
    assert_eq!(with(Digest::of(b"judge")).verdict, Verdict::Pass);
    let other = with(Digest::of(b"another judge"));
    assert_eq!(other.verdict, Verdict::Inconclusive);
    assert!(other.sentence.contains("judge changed"), "{other:?}");
}

/// No loader makes such a table; if one did, what it left out is not dropped.
#[test]
fn a_column_that_is_too_short_counts_as_not_run() {
    let mut short = good();
    for column in short.columns.values_mut() {
        column.cells.truncate(90);
    }
    for kind in [
        RuleKind::Floor(Floor {
            metric: "groundedness".to_owned(),
            min: 0.5,
        }),
        RuleKind::NonInferior(NonInferior {
            metric: "groundedness".to_owned(),
            margin: 0.5,
        }),
    ] {
        let finding = decided(kind, &short, Some(&good())).findings.remove(0);
        assert_eq!(finding.verdict, Verdict::Inconclusive);
        assert!(
            finding.sentence.contains("have no measurement"),
            "{finding:?}"
        );
        assert_eq!(finding.counts.planned, 100);
        assert_eq!(finding.counts.unscored.values().sum::<usize>(), 10);
    }
}

#[test]
fn what_is_undecided_holds_where_the_policy_says_so_and_what_has_no_data_never_does() {
    let edge = table("edge", 100, |index| {
        Cell::Scored(f64::from(u8::from(index % 10 != 0)))
    });
    let slices = |on_thin| {
        RuleKind::SliceFloor(SliceFloor {
            metric: "groundedness".to_owned(),
            by: vec!["product".to_owned()],
            min: 0.1,
            min_cases: 60,
            on_thin,
            required: Vec::new(),
        })
    };
    let floor = || {
        RuleKind::Floor(Floor {
            metric: "groundedness".to_owned(),
            min: 0.9,
        })
    };
    let said = |kind: RuleKind, on_inconclusive, candidate: &ScoreTable| {
        let policy = Policy {
            on_inconclusive,
            ..policy(vec![kind])
        };
        let evidence = RunScores {
            candidate,
            baseline: None,
        };
        let decision = decide(&policy, evidence);
        let quick = decide::verdicts(&policy, evidence);
        let quick = quick.iter().map(|one| one.verdict).max();
        assert_eq!(
            quick,
            Some(decision.verdict),
            "without bounds and sentences"
        );
        decision.verdict
    };
    let (block, hold) = (OnOpen::Block, OnOpen::Hold);
    assert_eq!(said(floor(), block, &edge), Verdict::Inconclusive);
    assert_eq!(said(floor(), hold, &edge), Verdict::Hold);
    assert_eq!(said(slices(block), hold, &edge), Verdict::Inconclusive);
    assert_eq!(said(slices(hold), block, &edge), Verdict::Hold);
    let nothing = table("nothing", 100, |_| Cell::Unscored(Unscored::NotRun));
    for kind in [floor(), slices(hold)] {
        assert_eq!(said(kind, hold, &nothing), Verdict::Inconclusive);
    }
}

#[test]
fn the_bound_that_the_policy_chooses_is_the_one_that_is_used() {
    let candidate = table("run", 100, |index| {
        Cell::Scored([0.6, 0.7, 0.8, 0.9, 1.0][index % 5])
    });
    let lower = |bound| {
        let mut policy = policy(vec![RuleKind::Floor(Floor {
            metric: "faithfulness".to_owned(),
            min: 0.5,
        })]);
        policy.statistics.bound = bound;
        let evidence = RunScores {
            candidate: &candidate,
            baseline: None,
        };
        let finding = decide(&policy, evidence).findings.remove(0);
        finding.estimate.unwrap().lower.unwrap()
    };
    let (proven, exact) = (lower(BoundChoice::Proven), lower(BoundChoice::Exact));
    let calibrated = lower(BoundChoice::Calibrated);
    assert!(
        proven < exact && exact < calibrated,
        "{proven} {exact} {calibrated}"
    );
}

#[test]
fn every_verdict_has_its_own_word_and_sign() {
    let all = [
        Verdict::Pass,
        Verdict::Waived,
        Verdict::Hold,
        Verdict::Inconclusive,
        Verdict::Fail,
        Verdict::Error,
    ];
    let shown: Vec<String> = (all.iter())
        .map(|verdict| format!("{} {verdict} {}", verdict.glyph(), verdict.name()))
        .collect();
    assert_eq!(
        shown,
        [
            "✔ PASS pass",
            "~ WAIVED waived",
            "‖ HOLD hold",
            "◐ INCONCLUSIVE inconclusive",
            "✖ FAIL fail",
            "! ERROR error",
        ]
    );
    assert!(all.is_sorted(), "the worst is the largest");
}

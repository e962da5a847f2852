//! The gate as a whole: no data never passes, no failure helps, order does not matter.

use std::collections::BTreeMap;

use groundgate_model::{
    exchange::FailureKind,
    trial::{
        CaseInfo, Cell, Column, ControlCounts, DataType, InstrumentKind, MetricSpec, ScoreTable,
        Unscored,
    },
    unit::{Digest, UnitInterval, count_to_f64},
};
use groundgate_stats::correction::Recognized;
use proptest::prelude::*;

use super::*;
use crate::rules::{
    Ceiling, Floor, MaxCount, MaxErrorRate, MeanMax, MustPass, NonInferior, Percentile, RatioMax,
    SliceFloor, Superior,
};

/// A table of `n` cases with the given cells for groundedness (binary), faithfulness (fraction),
/// `pii_leak` and `latency_ms`.
pub(super) fn table(run: &str, n: usize, cell: impl Fn(usize) -> Cell) -> ScoreTable {
    let cases = (0..n).map(|index| CaseInfo {
        id: format!("case-{index}"),
        digest: Digest::of(index.to_string().as_bytes()),
        cluster: format!("case-{index}"),
        tags: BTreeMap::from([(
            "product".to_owned(),
            ["cards", "fees"][index % 2].to_owned(),
        )])
        .into(),
        critical: index.is_multiple_of(3),
        answerable: None,
    });
    let column = |metric: MetricSpec, scale: f64| {
        let cells = (0..n).map(|index| match cell(index) {
            // Amounts vary a little, from case to case and from run to run, as they do.
            Cell::Scored(value) if scale > 1.0 => {
                Cell::Scored(value.mul_add(scale, count_to_f64((index * run.len()) % 7)))
            }
            Cell::Scored(value) => Cell::Scored(value * scale),
            other @ (Cell::NotApplicable | Cell::Unscored(_)) => other,
        });
        Column {
            metric,
            instrument: Digest::of(b"judge"),
            instrument_name: "a judge".to_owned(),
            instrument_kind: InstrumentKind::Model,
            cells: cells.collect(),
            up_to: BTreeMap::new(),
            cascade: None,
            controls: ControlCounts::default(),
        }
    };
    let columns = [
        (MetricSpec::score("groundedness", DataType::Binary), 1.0),
        (MetricSpec::score("faithfulness", DataType::Fraction), 1.0),
        (MetricSpec::amount("pii_leak", "findings"), 0.0),
        (MetricSpec::amount("latency_ms", "ms"), 100.0),
    ];
    ScoreTable {
        looks: None,
        repeats_itself: false,
        n_alike: 0,
        earlier_tries: Vec::new(),
        run_id: run.to_owned(),
        variant: run.to_owned(),
        eval_set_digest: Digest::of(b"set"),
        cases: cases.collect(),
        attempts: 1,
        columns: columns
            .map(|(m, scale)| (m.name.clone(), column(m, scale)))
            .into_iter()
            .collect(),
    }
}

fn good(n: usize) -> ScoreTable {
    table("good", n, |_| Cell::Scored(1.0))
}

pub(super) fn policy(kinds: Vec<RuleKind>) -> Policy {
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
            min_cases: 20,
            ..Statistics::default()
        },
        on_inconclusive: OnOpen::Block,
        rules: rules.collect(),
        calibrations: BTreeMap::new(),
        release: ReleaseTerms::default(),
        digest: Digest::of(b"policy"),
    }
}

/// One rule of every kind, each of which `good` passes against itself.
pub(super) fn every_kind() -> Vec<RuleKind> {
    let metric = || "groundedness".to_owned();
    vec![
        RuleKind::Floor(Floor {
            metric: metric(),
            min: 0.9,
        }),
        RuleKind::Ceiling(Ceiling {
            metric: "latency_ms".to_owned(),
            max: 200.0,
            cap: Some(1000.0),
        }),
        RuleKind::NonInferior(NonInferior {
            metric: metric(),
            margin: 0.05,
        }),
        RuleKind::NonInferior(NonInferior {
            metric: "faithfulness".to_owned(),
            margin: 0.05,
        }),
        RuleKind::Superior(Superior {
            metric: metric(),
            by: 0.0,
        }),
        RuleKind::SliceFloor(SliceFloor {
            metric: metric(),
            by: vec!["product".to_owned()],
            min: 0.9,
            min_cases: 20,
            on_thin: OnOpen::Block,
            required: vec![Slice {
                tag: "product".to_owned(),
                value: "cards".to_owned(),
            }],
        }),
        RuleKind::MustPass(MustPass {
            metric: metric(),
            cases: CaseFilter::Critical,
            min: 1.0,
            min_cases: 20,
            repeats: 1,
        }),
        RuleKind::MaxCount(MaxCount {
            metric: "pii_leak".to_owned(),
            max: 0,
        }),
        RuleKind::MaxErrorRate(MaxErrorRate {
            max: UnitInterval::new(0.01).unwrap(),
        }),
        RuleKind::Percentile(Percentile {
            metric: "latency_ms".to_owned(),
            quantile: 0.95,
            max: 200.0,
        }),
        RuleKind::MeanMax(MeanMax {
            metric: "latency_ms".to_owned(),
            max: 200.0,
            cap: Some(1000.0),
        }),
        RuleKind::RatioMax(RatioMax {
            metric: "latency_ms".to_owned(),
            max: 1.5,
            cap: Some(1000.0),
        }),
    ]
}

pub(super) fn verdict(
    kind: &RuleKind,
    candidate: &ScoreTable,
    baseline: Option<&ScoreTable>,
) -> Verdict {
    decide(
        &policy(vec![kind.clone()]),
        RunScores {
            candidate,
            baseline,
        },
    )
    .verdict
}

#[test]
fn good_against_itself_passes_every_kind_of_rule_but_superiority() {
    let good = good(200);
    let again = table("good again", 200, |_| Cell::Scored(1.0));
    for kind in every_kind() {
        let expected = if matches!(kind, RuleKind::Superior(_)) {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        };
        let decision = decide(
            &policy(vec![kind.clone()]),
            RunScores {
                candidate: &again,
                baseline: Some(&good),
            },
        );
        assert_eq!(
            decision.verdict, expected,
            "{kind:?}: {:#?}",
            decision.findings
        );
    }
}

/// Every way of having no data, as (name, candidate, baseline).
#[expect(clippy::too_many_lines, reason = "a table")]
fn emptiness() -> Vec<(&'static str, ScoreTable, Option<ScoreTable>)> {
    let all = |cell: Cell| table("candidate", 200, move |_| cell.clone());
    let mut of_other_judge = good(200);
    for column in of_other_judge.columns.values_mut() {
        column.instrument = Digest::of(b"another judge");
    }
    let mut without_columns = good(200);
    without_columns.columns.clear();
    let mut without_tags = all(Cell::Unscored(Unscored::NotRun));
    without_tags
        .cases
        .iter_mut()
        .for_each(|case| case.tags = std::sync::Arc::default());
    let some_missing = table("candidate", 200, |index| {
        if index % 20 == 0 {
            Cell::Unscored(Unscored::JudgeFailed(FailureKind::Server))
        } else {
            Cell::Scored(1.0)
        }
    });
    let malformed = Unscored::ReplyMalformed("prose".into());
    vec![
        ("no cases", good(0), Some(good(0))),
        ("no cases against a full baseline", good(0), Some(good(200))),
        ("too few cases", good(5), Some(good(5))),
        (
            "not run",
            all(Cell::Unscored(Unscored::NotRun)),
            Some(good(200)),
        ),
        (
            "endpoint down",
            all(Cell::Unscored(Unscored::NoAnswer(FailureKind::Connect))),
            Some(good(200)),
        ),
        (
            "judge down",
            all(Cell::Unscored(Unscored::JudgeFailed(FailureKind::Timeout))),
            Some(good(200)),
        ),
        (
            "judge malformed",
            all(Cell::Unscored(malformed)),
            Some(good(200)),
        ),
        (
            "passages missing",
            all(Cell::Unscored(Unscored::InputMissing("passages".into()))),
            Some(good(200)),
        ),
        (
            "nothing applicable",
            all(Cell::NotApplicable),
            Some(good(200)),
        ),
        (
            "metric not measured",
            without_columns.clone(),
            Some(good(200)),
        ),
        ("tags absent and not run", without_tags, Some(good(200))),
        (
            "one in twenty without a measurement",
            some_missing,
            Some(good(200)),
        ),
        (
            "both sides not run",
            all(Cell::Unscored(Unscored::NotRun)),
            Some(all(Cell::Unscored(Unscored::NotRun))),
        ),
        (
            "both sides not applicable",
            all(Cell::NotApplicable),
            Some(all(Cell::NotApplicable)),
        ),
    ]
}

#[test]
fn no_data_never_passes_any_kind_of_rule() {
    for (name, candidate, baseline) in emptiness() {
        for kind in every_kind() {
            let got = verdict(&kind, &candidate, baseline.as_ref());
            // A count of errors is itself the data: nothing unscored is nothing wrong with it.
            let is_about_holes = matches!(kind, RuleKind::MaxErrorRate(_));
            let has_no_holes = candidate.columns.values().all(|column| {
                column
                    .cells
                    .iter()
                    .all(|cell| !matches!(cell, Cell::Unscored(_)))
            });
            if is_about_holes
                && has_no_holes
                && candidate.planned() > 0
                && !candidate.columns.is_empty()
            {
                continue;
            }
            assert!(got > Verdict::Pass, "{name}: {kind:?} gave {got}");
        }
    }
}

#[test]
fn no_comparable_baseline_never_passes_a_rule_against_it() {
    let mut other_judge = good(200);
    other_judge
        .columns
        .values_mut()
        .for_each(|column| column.instrument = Digest::of(b"other"));
    let mut unmeasured = good(200);
    unmeasured.columns.clear();
    let mut other_cases = good(200);
    other_cases
        .cases
        .iter_mut()
        .for_each(|case| case.digest = Digest::of(case.id.as_bytes()));
    let unscored = table("baseline", 200, |_| Cell::Unscored(Unscored::NotRun));
    let baselines = [
        None,
        Some(other_judge),
        Some(unmeasured),
        Some(other_cases),
        Some(unscored),
        Some(good(0)),
    ];
    for (index, baseline) in baselines.iter().enumerate() {
        for kind in every_kind().iter().filter(|kind| kind.needs_baseline()) {
            let got = verdict(kind, &good(200), baseline.as_ref());
            assert!(got > Verdict::Pass, "baseline {index}: {kind:?} gave {got}");
        }
    }
}

#[test]
fn a_clear_drop_fails_and_a_tie_passes() {
    let bad = table("bad", 200, |index| {
        Cell::Scored(f64::from(u8::from(index % 4 != 0)))
    });
    let kind = RuleKind::NonInferior(NonInferior {
        metric: "groundedness".to_owned(),
        margin: 0.05,
    });
    assert_eq!(verdict(&kind, &bad, Some(&good(200))), Verdict::Fail);
    assert_eq!(verdict(&kind, &bad, Some(&bad)), Verdict::Pass);
    assert_eq!(verdict(&kind, &good(200), Some(&bad)), Verdict::Pass);
}

/// Whether a calibration changes what the rule is held against.
const fn on_the_human_scale(kind: &RuleKind) -> bool {
    matches!(
        kind,
        RuleKind::NonInferior(_)
            | RuleKind::Floor(_)
            | RuleKind::Ceiling(_)
            | RuleKind::SliceFloor(_)
    )
}

/// A policy of one rule with a calibration of `right` of 100 labelled answers, good and bad.
fn calibrated(kind: RuleKind, judge: &[u8], right: usize) -> Policy {
    let rate = Recognized::new(right, 100).unwrap();
    let calibration = JudgeCalibration {
        judge: Digest::of(judge).short(),
        good: rate,
        bad: rate,
        origin: CalibrationOrigin::default(),
    };
    Policy {
        calibrations: BTreeMap::from([("groundedness".to_owned(), calibration)]),
        ..policy(vec![kind])
    }
}

#[test]
fn a_calibrated_judge_shrinks_the_margin_and_leaves_counts_alone() {
    // 4 of 300 lost: passes a margin of 4 points, not one of 4 × 0.7.
    let lossy = table("lossy", 300, |index| {
        Cell::Scored(f64::from(u8::from(index >= 4)))
    });
    let baseline = good(300);
    let evidence = RunScores {
        candidate: &lossy,
        baseline: Some(&baseline),
    };
    let margin = RuleKind::NonInferior(NonInferior {
        metric: "groundedness".to_owned(),
        margin: 0.04,
    });
    let plain = decide(&policy(vec![margin.clone()]), evidence);
    assert_eq!(plain.verdict, Verdict::Pass);
    let scaled = decide(&calibrated(margin.clone(), b"judge", 91), evidence);
    assert_eq!(scaled.verdict, Verdict::Inconclusive, "{scaled:?}");
    let finding = &scaled.findings[0];
    let bar = finding.scaled.unwrap();
    assert!((finding.threshold + bar.on_judges_scale).abs() < 1e-15);
    assert!(
        bar.on_judges_scale < 0.04 && finding.sentence.contains("of 4 points that people mean"),
        "{}",
        finding.sentence
    );

    for (judge, right, says) in [
        (&b"other"[..], 99, "judge changed"),
        (b"judge", 60, "judge unfit for this rule"),
    ] {
        let decision = decide(&calibrated(margin.clone(), judge, right), evidence);
        assert_eq!(decision.verdict, Verdict::Inconclusive);
        assert!(decision.findings[0].sentence.contains(says));
    }
    for kind in every_kind() {
        if !on_the_human_scale(&kind) {
            let findings = |policy: &Policy| decide(policy, evidence).findings;
            let with = findings(&calibrated(kind.clone(), b"judge", 91));
            assert_eq!(with, findings(&policy(vec![kind])));
        }
    }
}

#[test]
fn the_worst_rule_wins_and_holm_shares_the_error_rate_of_fail() {
    // 20 rules at the edge: each would fail alone at 5 %, none does after Holm's correction.
    let edge = table("edge", 100, |index| {
        Cell::Scored(f64::from(u8::from(index >= 16)))
    });
    let floor = RuleKind::Floor(Floor {
        metric: "groundedness".to_owned(),
        min: 0.905,
    });
    assert_eq!(verdict(&floor, &edge, None), Verdict::Fail);
    let many = decide(
        &policy(vec![floor; 20]),
        RunScores {
            candidate: &edge,
            baseline: None,
        },
    );
    assert_eq!(many.verdict, Verdict::Inconclusive);
    for finding in many.findings {
        let upper = finding.estimate.unwrap().upper.unwrap();
        assert!(upper > 0.905, "the bound {upper} contradicts the verdict");
    }
}

#[test]
fn interval_and_verdict_agree() {
    for lost in 0..40 {
        let candidate = table("candidate", 150, |index| {
            Cell::Scored(f64::from(u8::from(index >= lost)))
        });
        for kind in [
            RuleKind::Floor(Floor {
                metric: "groundedness".to_owned(),
                min: 0.9,
            }),
            RuleKind::NonInferior(NonInferior {
                metric: "faithfulness".to_owned(),
                margin: 0.05,
            }),
        ] {
            let baseline = good(150);
            let decision = decide(
                &policy(vec![kind]),
                RunScores {
                    candidate: &candidate,
                    baseline: Some(&baseline),
                },
            );
            let finding = &decision.findings[0];
            let estimate = finding.estimate.as_ref().unwrap();
            let (lower, upper) = (estimate.lower.unwrap(), estimate.upper.unwrap());
            match finding.verdict {
                Verdict::Pass => assert!(lower > finding.threshold),
                Verdict::Fail => assert!(upper < finding.threshold),
                Verdict::Waived | Verdict::Hold | Verdict::Inconclusive | Verdict::Error => {
                    assert!(lower <= finding.threshold && upper >= finding.threshold);
                }
            }
        }
    }
}

fn any_cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        6 => Just(Cell::Scored(1.0)),
        2 => Just(Cell::Scored(0.0)),
        1 => Just(Cell::NotApplicable),
        1 => Just(Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout))),
        1 => Just(Cell::Unscored(Unscored::JudgeFailed(FailureKind::Server))),
    ]
}

fn any_failure() -> impl Strategy<Value = Unscored> {
    prop_oneof![
        Just(Unscored::NotRun),
        Just(Unscored::NoAnswer(FailureKind::Timeout)),
        Just(Unscored::JudgeFailed(FailureKind::Cut)),
        Just(Unscored::ReplyMalformed("x".into())),
        Just(Unscored::InputMissing("passages".into())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Invariant 5, on either side: losing a score moves a verdict nowhere but away from pass.
    #[test]
    fn losing_a_score_never_helps(
        cells in prop::collection::vec(any_cell(), 40..120),
        base in prop::collection::vec(any_cell(), 120),
        victims in prop::collection::vec((any::<prop::sample::Index>(), any_failure()), 1..6),
        on_baseline in any::<bool>(),
    ) {
        let candidate = table("candidate", cells.len(), |index| cells[index].clone());
        let baseline = table("baseline", cells.len(), |index| base[index].clone());
        let (mut worse_candidate, mut worse_baseline) = (candidate.clone(), baseline.clone());
        for (place, reason) in victims {
            let table = if on_baseline { &mut worse_baseline } else { &mut worse_candidate };
            for column in table.columns.values_mut() {
                let place = place.index(column.cells.len());
                if matches!(column.cells[place], Cell::Scored(_)) {
                    column.cells[place] = Cell::Unscored(reason.clone());
                }
            }
        }
        for kind in every_kind() {
            let before = verdict(&kind, &candidate, Some(&baseline));
            let after = verdict(&kind, &worse_candidate, Some(&worse_baseline));
            prop_assert!(!(after == Verdict::Pass && before > Verdict::Pass), "{kind:?}: {before} became {after}");
        }
    }

    #[test]
    fn the_order_of_cases_and_rules_does_not_matter(
        cells in prop::collection::vec(any_cell(), 40..80),
        rotation in 1_usize..40,
    ) {
        let candidate = table("candidate", cells.len(), |index| cells[index].clone());
        let baseline = good(cells.len());
        let mut rotated = candidate.clone();
        rotated.cases.rotate_left(rotation);
        rotated.columns.values_mut().for_each(|column| column.cells.rotate_left(rotation));
        let mut rules = every_kind();
        let one = decide(&policy(rules.clone()), RunScores { candidate: &candidate, baseline: Some(&baseline) });
        rules.reverse();
        let other = decide(&policy(rules), RunScores { candidate: &rotated, baseline: Some(&baseline) });
        prop_assert_eq!(one.verdict, other.verdict);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn verdicts_without_bounds_are_the_verdicts(lost in 0_usize..40, gap in 0_usize..12) {
        let (candidate, baseline) = (
            table("candidate", 120, |index| Cell::Scored(f64::from(u8::from(index >= lost)))),
            table("baseline", 120, |index| Cell::Scored(f64::from(u8::from(index % 10 != gap)))),
        );
        let evidence = RunScores { candidate: &candidate, baseline: Some(&baseline) };
        let policy = policy(every_kind());
        let findings = decide(&policy, evidence).findings;
        let quick = decide::verdicts(&policy, evidence);
        prop_assert_eq!(findings.len(), quick.len());
        for (finding, quick) in findings.iter().zip(&quick) {
            prop_assert_eq!((&finding.id, finding.verdict), (&quick.id, quick.verdict));
        }
    }
}

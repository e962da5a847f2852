//! What a self-test holds to be true, on records whose truth is plain: every attempt is scored alike.

use crate::rules::{Ceiling, MaxCount, MeanMax, RatioMax, SliceFloor, Superior};
use groundgate_model::trial::{Cell, Direction};

use super::{
    tests::{floor, not_worse, policy, table},
    *,
};
use crate::policy::OnOpen;
use crate::rules::RuleKind;

/// 100 questions, asked twice: each fourth is always bad, so that half of the cards are, and no fees.
fn plain() -> ScoreTable {
    let mut table = table(100, 2);
    for column in table.columns.values_mut() {
        for (trial, cell) in column.cells.iter_mut().enumerate() {
            *cell = Cell::Scored(f64::from(u8::from(trial / 2 % 4 != 0)));
        }
    }
    table
}

fn with_test<T>(policy: &Policy, record: &ScoreTable, ask: impl Fn(&Test<'_>) -> T) -> T {
    let evidence = RunScores {
        candidate: record,
        baseline: None,
    };
    let trying = Trying {
        policy,
        evidence,
        replications: 1,
        seed: 3,
        correlation: 0.5,
    };
    let source = RunSource::new(policy, evidence, 0.5);
    ask(&Test::new(&trying, &source))
}

fn said(rule: usize, id: &str, verdict: Verdict) -> RuleVerdict {
    RuleVerdict {
        rule,
        id: id.to_owned(),
        verdict,
    }
}

fn is_met(kind: RuleKind, id: &str) -> Option<bool> {
    let policy = policy(vec![kind], Estimand::Suite);
    let verdict = said(0, id, Verdict::Fail);
    with_test(&policy, &plain(), |test| test.is_met(&verdict, &test.fixed))
}

#[test]
fn the_truth_is_held_against_every_bar() {
    let metric = || "groundedness".to_owned();
    let (ceiling, mean_max) = (
        |max| {
            RuleKind::Ceiling(Ceiling {
                metric: metric(),
                max,
                cap: None,
            })
        },
        |max| {
            RuleKind::MeanMax(MeanMax {
                metric: metric(),
                max,
                cap: Some(1000.0),
            })
        },
    );
    let ratio = |max| {
        RuleKind::RatioMax(RatioMax {
            metric: metric(),
            max,
            cap: Some(1000.0),
        })
    };
    let superior = RuleKind::Superior(Superior {
        metric: metric(),
        by: 0.0,
    });
    let leaks = RuleKind::MaxCount(MaxCount {
        metric: metric(),
        max: 0,
    });
    for (kind, expected) in [
        (floor(0.74), Some(true)),
        // Exactly at the threshold a pass is an error.
        (floor(0.75), Some(false)),
        (floor(0.76), Some(false)),
        (ceiling(0.74), Some(false)),
        (ceiling(0.75), Some(false)),
        (ceiling(0.76), Some(true)),
        (mean_max(0.76), Some(true)),
        (not_worse(0.01), Some(true)),
        (superior, Some(false)),
        (ratio(1.0), Some(true)),
        (ratio(0.99), Some(false)),
        (leaks, None),
    ] {
        assert_eq!(is_met(kind.clone(), "rule-0"), expected, "{kind:?}");
    }
    let slices = |min| {
        RuleKind::SliceFloor(SliceFloor {
            metric: metric(),
            by: vec!["product".to_owned()],
            min,
            min_cases: 1,
            on_thin: OnOpen::Block,
            required: Vec::new(),
        })
    };
    assert_eq!(is_met(slices(0.49), "rule-0/product=cards"), Some(true));
    assert_eq!(is_met(slices(0.5), "rule-0/product=cards"), Some(false));
    assert_eq!(is_met(slices(0.51), "rule-0/product=cards"), Some(false));
    assert_eq!(is_met(slices(0.51), "rule-0/product=fees"), Some(true));
    assert_eq!(is_met(slices(0.51), "rule-0/language=de"), None);
}

#[test]
fn errors_are_false_fails_and_false_passes_of_the_first_run_only() {
    let policy = policy(vec![floor(0.74), floor(0.76)], Estimand::Suite);
    let rules = |first: [Verdict; 2]| {
        let first = [said(0, "rule-0", first[0]), said(1, "rule-1", first[1])];
        let rerun = [
            said(0, "rule-0", Verdict::Hold),
            said(1, "rule-1", Verdict::Fail),
        ];
        with_test(&policy, &plain(), |test| {
            test.rules(&test.fixed, &first, &rerun)
        })
    };
    let wrong = rules([Verdict::Fail, Verdict::Pass]);
    let right = rules([Verdict::Pass, Verdict::Fail]);
    let errors = |rules: &[RuleOutcome]| -> Vec<(bool, bool)> {
        let errors = rules.iter().map(|one| (one.false_fail, one.false_pass));
        errors.collect()
    };
    assert_eq!(errors(&wrong), [(true, false), (false, true)]);
    assert_eq!(errors(&right), [(false, false); 2]);
    assert_eq!(
        (wrong[0].first, wrong[0].rerun),
        (Verdict::Fail, Verdict::Hold)
    );
    assert_eq!(
        (wrong[1].first, wrong[1].rerun),
        (Verdict::Pass, Verdict::Fail)
    );
}

/// A gate passes falsely where it passes, and some rule does so falsely.
#[test]
fn outcomes_are_summed_up_rule_by_rule_and_for_the_gate() {
    let leaks = RuleKind::MaxCount(MaxCount {
        metric: "groundedness".to_owned(),
        max: 0,
    });
    let policy = policy(vec![floor(0.5), leaks], Estimand::Suite);
    let rule = |first, false_pass| RuleOutcome {
        first,
        rerun: first,
        false_fail: false,
        false_pass,
    };
    let outcome = |first: Verdict, harms: Vec<Option<Verdict>>| Outcome {
        first,
        rerun: Verdict::Pass,
        rules: vec![rule(Verdict::Pass, true), rule(Verdict::Fail, false)],
        harms,
    };
    let summed = with_test(&policy, &plain(), |test| {
        test.sum_up(&[
            outcome(Verdict::Pass, vec![Some(Verdict::Pass), None]),
            outcome(Verdict::Fail, vec![Some(Verdict::Fail), None]),
            outcome(Verdict::Fail, vec![None, None]),
        ])
    });
    assert_eq!(summed.gate.false_pass, Rate { count: 1, of: 3 });
    assert_eq!(summed.gate.fail, Rate { count: 2, of: 3 });
    let judged: Vec<bool> = summed.rules.iter().map(|rule| rule.is_judged).collect();
    assert_eq!(judged, [true, false]);
    assert_eq!(summed.rules[0].verdicts.pass, Rate { count: 3, of: 3 });
    // Twice the loss had no room in any run: nothing is said of it.
    let bad = &summed.known_bad;
    assert_eq!((bad.len(), bad[0].times), (1, 1));
    assert_eq!(
        (bad[0].pass, bad[0].fail),
        (Rate { count: 1, of: 2 }, Rate { count: 1, of: 2 })
    );
}

fn shares(policy: &Policy, record: &ScoreTable) -> Vec<Option<f64>> {
    with_test(policy, record, |test| {
        let shares = test.harms.iter();
        shares
            .map(|harm| test.share_to_break(harm, &test.fixed))
            .collect()
    })
}

#[track_caller]
fn close(actual: &[Option<f64>], expected: &[Option<f64>]) {
    let near = |(a, e): (&Option<f64>, &Option<f64>)| match (a, e) {
        (Some(a), Some(e)) => (a - e).abs() < 1e-12,
        (None, None) => true,
        _ => false,
    };
    assert!(
        actual.len() == expected.len() && actual.iter().zip(expected).all(near),
        "{actual:?}, expected {expected:?}"
    );
}

#[test]
fn so_many_answers_are_broken_as_the_mean_has_to_lose() {
    let of = |kind| policy(vec![kind], Estimand::Suite);
    let plain = plain();
    // From 0.75 to 0.5, and as far again to 0.25.
    close(
        &shares(&of(floor(0.5)), &plain),
        &[Some(1.0 / 3.0), Some(2.0 / 3.0)],
    );
    // All of it is just possible; more is not.
    close(&shares(&of(not_worse(0.75)), &plain), &[Some(1.0), None]);
    close(&shares(&of(floor(0.75)), &plain), &[]);
    close(&shares(&of(floor(0.8)), &plain), &[]);
    // Where less is better the worst is 1, and the truth is 0.25 away from it.
    let mut less = plain;
    let column = less.columns.get_mut("groundedness").unwrap();
    column.metric.direction = Direction::LowerIsBetter;
    close(&shares(&of(not_worse(0.1)), &less), &[Some(0.4), Some(0.8)]);
}

#[test]
fn a_population_is_of_clusters_and_a_rate_is_shared_among_rules() {
    let mut clustered = plain();
    for (index, case) in clustered.cases.iter_mut().enumerate() {
        if index.is_multiple_of(4) {
            case.cluster = "one ticket".to_owned();
        }
    }
    let losses = |estimand| {
        let policy = policy(vec![floor(0.5), not_worse(0.1)], estimand);
        with_test(&policy, &clustered, |test| {
            for harm in &test.harms {
                let alone = harm.alone.statistics.alpha_fail;
                assert!((alone - policy.statistics.alpha_fail / 2.0).abs() < 1e-15);
            }
            test.harms
                .iter()
                .map(|harm| Some(harm.loss))
                .collect::<Vec<_>>()
        })
    };
    close(
        &losses(Estimand::Suite),
        &[Some(0.25), Some(0.5), Some(0.1), Some(0.2)],
    );
    // 75 tickets that are all good, and one that is all bad.
    let loss = 75.0 / 76.0 - 0.5;
    close(
        &losses(Estimand::Population),
        &[Some(loss), Some(2.0 * loss), Some(0.1), Some(0.2)],
    );
}

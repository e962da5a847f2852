//! Not applicable is no way past: a rule on claims says nothing where too few of the cases that can be
//! answered were judged.

use groundgate_model::{
    trial::{Cell, ClaimReading, MetricRole, ScoreTable},
    unit::UnitInterval,
};

use super::{
    decide::decide,
    rules::{Floor, NonInferior},
    run_scores::RunScores,
    tests::{policy, table},
    *,
};

/// A hundred cases of which the first `n` have nothing to judge.
fn refusing(n: usize) -> ScoreTable {
    let mut table = table("run", 100, |place| {
        if place < n {
            Cell::NotApplicable
        } else {
            Cell::Scored(1.0)
        }
    });
    let column = table.columns.get_mut("groundedness").unwrap();
    column.metric = (column.metric.clone()).made_of(MetricRole::Claims(ClaimReading::AllSupported));
    table
}

fn floor(table: &ScoreTable, applicable_min: f64) -> Finding {
    let floor = Floor {
        metric: "groundedness".to_owned(),
        min: 0.5,
    };
    let mut policy = policy(vec![floor.into()]);
    policy.statistics.applicable_min = UnitInterval::new(applicable_min).unwrap();
    let scores = RunScores {
        candidate: table,
        baseline: None,
    };
    decide(&policy, scores).findings.remove(0)
}

#[test]
fn a_rule_on_claims_says_nothing_where_too_few_answerable_cases_were_judged() {
    for (n, min, expected) in [
        (0, 0.9, Verdict::Pass),
        (10, 0.9, Verdict::Pass),
        (11, 0.9, Verdict::Inconclusive),
        (60, 0.9, Verdict::Inconclusive),
        (60, 0.4, Verdict::Pass),
        (1, 1.0, Verdict::Inconclusive),
        (60, 0.0, Verdict::Pass),
    ] {
        let found = floor(&refusing(n), min);
        assert_eq!(found.verdict, expected, "{n} {min}");
        let says_so = found.sentence.contains("answerable trials");
        assert_eq!(says_so, expected == Verdict::Inconclusive, "{found:?}");
    }
}

#[test]
fn refusing_what_cannot_be_answered_counts_against_nobody() {
    let mut table = refusing(60);
    for case in table.cases.iter_mut().take(60) {
        case.answerable = Some(false);
    }
    assert_eq!(floor(&table, 0.9).verdict, Verdict::Pass);
    for case in &mut table.cases {
        case.answerable = Some(true);
    }
    assert_eq!(floor(&table, 0.9).verdict, Verdict::Inconclusive);
}

#[test]
fn what_is_not_made_of_claims_may_apply_to_few() {
    let plain = table("run", 100, |place| {
        if place < 60 {
            Cell::NotApplicable
        } else {
            Cell::Scored(1.0)
        }
    });
    assert_eq!(floor(&plain, 0.9).verdict, Verdict::Pass);
}

#[test]
fn a_comparison_asks_the_candidate_how_much_it_refused() {
    let rule = NonInferior {
        metric: "groundedness".to_owned(),
        margin: 0.05,
    };
    let verdict = |candidate: &ScoreTable, baseline: &ScoreTable| {
        let scores = RunScores {
            candidate,
            baseline: Some(baseline),
        };
        decide(&policy(vec![rule.clone().into()]), scores).verdict
    };
    let (good, refuses) = (refusing(0), refusing(60));
    assert_eq!(verdict(&good, &good), Verdict::Pass);
    assert_eq!(verdict(&refuses, &refuses), Verdict::Inconclusive);
}

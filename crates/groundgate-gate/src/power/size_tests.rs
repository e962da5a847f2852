//! The small parts of a plan: how many tests share a rate, how many units there are, what votes change.

use super::planned::Size;
use groundgate_model::trial::{Cell, Direction};

use super::{
    tests::{floor, planned, policy},
    *,
};
use crate::policy::Estimand;
use crate::policy::KnownMetrics;
use crate::policy::Slice;
use crate::{
    OnOpen,
    policy::CaseFilter,
    rules::{MustPass, RuleKind, SliceFloor},
    tests::table,
};
use groundgate_stats::Unit;

fn close(actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() < 1e-12,
        "{actual}, expected {expected}"
    );
}

#[test]
fn every_slice_is_a_test_and_what_is_counted_is_none() {
    let cases = table("run", 40, |_| Cell::Scored(1.0)).cases;
    let slices = RuleKind::SliceFloor(SliceFloor {
        metric: "groundedness".to_owned(),
        by: vec!["product".to_owned(), "language".to_owned()],
        min: 0.9,
        min_cases: 10,
        on_thin: OnOpen::Block,
        required: Vec::new(),
    });
    let must_pass = RuleKind::MustPass(MustPass {
        metric: "groundedness".to_owned(),
        cases: CaseFilter::Critical,
        min: 1.0,
        min_cases: 1,
        repeats: 1,
    });
    let n = |kinds: Vec<RuleKind>| n_tested(&policy(kinds), &cases);
    // Cards and fees; no case has a language.
    assert_eq!(
        n(vec![floor(0.9), floor(0.8), slices, must_pass.clone()]),
        4
    );
    assert_eq!(n(vec![must_pass]), 1);
}

#[test]
fn all_rules_pass_with_the_product_of_their_chances() {
    let cases = table("run", 40, |_| Cell::Scored(1.0)).cases;
    let metrics = KnownMetrics::new();
    let plan = planned(&cases, 1, None, &metrics);
    let one = rule_powers(&policy(vec![floor(0.9)]), &plan).remove(0);
    let with = |pass| RulePower {
        pass,
        ..one.clone()
    };
    close(
        all_pass(&[with(Some(0.5)), with(None), with(Some(0.4))]),
        0.2,
    );
    close(all_pass(&[]), 1.0);
}

#[test]
fn more_votes_take_away_what_votes_differ_by() {
    let metrics = KnownMetrics::new();
    let plan = |pilot_votes| Planned {
        pilot_votes,
        assumptions: Assumptions {
            flips: 0.2,
            ..Assumptions::default()
        },
        ..planned(&[], 1, None, &metrics)
    };
    // On a scale of width 2 one vote has a variance of 0.4.
    close(plan(4).run_with_votes(0.1, 2.0, 1), 0.4);
    close(plan(4).run_with_votes(0.1, 2.0, 2), 0.2);
    close(plan(4).run_with_votes(0.1, 2.0, 4), 0.1);
    close(plan(1).run_with_votes(0.1, 2.0, 4), 0.0);
}

#[test]
fn units_are_runs_of_a_suite_and_clusters_or_questions_of_a_population() {
    let mut cases = table("run", 40, |_| Cell::Scored(1.0)).cases;
    for (index, case) in cases.iter_mut().enumerate() {
        case.cluster = format!("ticket-{}", index / 4);
    }
    let fees = Slice {
        tag: "product".to_owned(),
        value: "fees".to_owned(),
    };
    let all = Size::of(&cases, None);
    assert_eq!((all.questions, all.clusters), (40.0, 10.0));
    let some = Size::of(&cases[..6], Some(&fees));
    assert_eq!((some.questions, some.clusters), (3.0, 2.0));
    assert_eq!(all.units(Estimand::Suite, 3.0, 0.5), (60.0, Unit::Run));
    assert_eq!(
        all.units(Estimand::Population, 3.0, 0.5),
        (5.0, Unit::Cluster)
    );
    let alone = Size {
        clusters: 40.0,
        ..all
    };
    assert_eq!(
        alone.units(Estimand::Population, 3.0, 0.5),
        (20.0, Unit::Question)
    );
}

#[test]
fn what_is_assumed_is_brought_to_the_metric_s_scale() {
    let assumptions = Assumptions {
        mean: 0.9,
        sd: 0.3,
        correlation: 0.25,
        flips: 0.0,
    };
    let on = |direction| spread::assumed(&assumptions).on(1.0, 5.0, direction);
    let higher = on(Direction::HigherIsBetter);
    close(higher.mean, 4.6);
    // Variances grow with the square of the width, 4.
    close(higher.total, 1.44);
    close(higher.run, 1.08);
    close(higher.clusters, 1.44);
    close(on(Direction::LowerIsBetter).mean, 1.4);
}

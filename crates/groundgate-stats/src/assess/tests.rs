//! The decision table, its edge cases, and that bounds and p-values agree.

use proptest::prelude::*;

use super::*;
use crate::{Alphas, Guarantee, count::count_to_f64, interval::Passes};

const PLAN: Plan = Plan {
    bound: Bound::Exact,
    unit: Unit::Question,
    repeats: 1,
    alphas: Alphas::DEFAULT,
};

fn scored(values: &[f64]) -> Vec<Observation> {
    values.iter().copied().map(Observation::scored).collect()
}

fn with_bound(bound: Bound) -> Plan {
    Plan { bound, ..PLAN }
}

fn close(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{actual}, expected {expected}"
    );
}

fn check(assessed: Result<Assessment, StatsError>, method: &str, guarantee: Guarantee) {
    let estimate = assessed.unwrap().against(0.25).unwrap().estimate;
    assert_eq!(
        (estimate.method.as_str(), estimate.guarantee),
        (method, guarantee)
    );
}

#[test]
fn the_decision_table_chooses_for_means() {
    let binary = scored(&[1.0, 1.0, 0.0]);
    let fraction = scored(&[1.0, 0.5, 0.25]);
    let mean = |values: &[Observation], bound| bounded_mean(values, Scale::UNIT, with_bound(bound));
    check(
        mean(&binary, Bound::Exact),
        "clopper-pearson",
        Guarantee::Exact,
    );
    check(
        mean(&binary, Bound::Proven),
        "clopper-pearson",
        Guarantee::Exact,
    );
    check(
        mean(&binary, Bound::Calibrated),
        "dirichlet h=1/2",
        Guarantee::Approximate,
    );
    check(
        mean(&fraction, Bound::Exact),
        "dirichlet h=1",
        Guarantee::Conjectured,
    );
    check(
        mean(&fraction, Bound::Calibrated),
        "dirichlet h=1/2",
        Guarantee::Approximate,
    );
    check(mean(&fraction, Bound::Proven), "betting", Guarantee::Exact);
    let few = amount_mean(&fraction, PLAN, Resampling::default());
    check(few, "student t", Guarantee::Approximate);
    let many = amount_mean(&fraction.repeat(20), PLAN, Resampling::default());
    check(many, "studentized bootstrap", Guarantee::Approximate);
    check(
        quantile_bound(&fraction, 0.95, PLAN),
        "order statistics",
        Guarantee::Exact,
    );
}

#[test]
fn the_decision_table_chooses_for_differences() {
    let ternary = scored(&[1.0, 0.0, -1.0, 0.0]);
    let pairs = |plan| paired_difference(&ternary, Scale::UNIT, plan);
    check(pairs(PLAN), "exact unconditional", Guarantee::Exact);
    check(
        pairs(with_bound(Bound::Proven)),
        "exact unconditional",
        Guarantee::Exact,
    );
    let runs = Plan {
        unit: Unit::Run,
        repeats: 3,
        ..PLAN
    };
    check(pairs(runs), "dirichlet h=1", Guarantee::Conjectured);
    check(
        pairs(Plan { repeats: 1, ..runs }),
        "exact unconditional",
        Guarantee::Exact,
    );
    let many = ternary.repeat(251);
    check(
        paired_difference(&many, Scale::UNIT, PLAN),
        "tango score",
        Guarantee::Approximate,
    );
    let proven = paired_difference(&many, Scale::UNIT, with_bound(Bound::Proven));
    check(proven, "betting", Guarantee::Exact);
    let at_zero = pairs(PLAN).unwrap().against(0.0).unwrap();
    assert_eq!(at_zero.estimate.method, "dirichlet h=1");
    let half = scored(&[0.5, -0.5]);
    check(
        paired_difference(&half, Scale::UNIT, PLAN),
        "dirichlet h=1",
        Guarantee::Conjectured,
    );
    let (binary, fraction) = (scored(&[1.0, 1.0, 0.0]), scored(&[1.0, 0.5, 0.25]));
    let unpaired =
        |a: &[Observation], b: &[Observation]| unpaired_difference(a, b, Scale::UNIT, PLAN);
    check(
        unpaired(&binary, &binary),
        "miettinen-nurminen score",
        Guarantee::Approximate,
    );
    check(
        unpaired(&binary, &fraction),
        "mover of dirichlet bounds",
        Guarantee::Approximate,
    );
}

/// Missing on one side: low and high need not both be ends of the scale.
#[test]
fn differences_are_ternary_only_with_both_their_ends() {
    let method = |one: Observation| {
        let differences = [Observation::scored(1.0), Observation::scored(0.0), one];
        let assessed = paired_difference(&differences, Scale::UNIT, PLAN).unwrap();
        assessed.against(0.25).unwrap().estimate.method
    };
    assert_eq!(
        method(Observation::missing(-1.0, 1.0)),
        "exact unconditional"
    );
    assert_eq!(method(Observation::missing(-1.0, 0.5)), "dirichlet h=1");
    assert_eq!(method(Observation::missing(-0.5, 1.0)), "dirichlet h=1");
}

/// 4 wins, 2 losses, 5 ties, and 1 that is a loss at worst and a win at best.
#[test]
fn wins_and_losses_are_counted_at_their_worst_and_at_their_best() {
    let mut differences = scored(&[3.0, 3.0, 3.0, 3.0, -3.0, -3.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    differences.push(Observation::missing(-3.0, 3.0));
    let scale = Scale::new(-1.0, 2.0).unwrap();
    let assessed = paired_difference(&differences, scale, PLAN).unwrap();
    let (above, below) = assessed.p_values(0.75);
    let counts = |wins, losses| PairedCounts::new(wins, losses, 12).unwrap();
    close(above, counts(4, 3).exact_p_above(0.25), 0.0);
    close(below, counts(2, 5).exact_p_above(-0.25), 0.0);
    let estimate = assessed.estimate();
    close(
        estimate.lower.unwrap(),
        3.0 * counts(4, 3).exact_lower(0.05),
        0.0,
    );
    close(
        estimate.upper.unwrap(),
        -3.0 * counts(2, 5).exact_lower(0.05),
        0.0,
    );
}

/// More units than the exact test is for.
#[test]
fn many_wins_and_losses_are_read_by_the_score_test() {
    let of = |value: f64, count: usize| vec![Observation::scored(value); count];
    let differences = [of(3.0, 60), of(-3.0, 20), of(0.0, 921)].concat();
    let scale = Scale::new(-1.0, 2.0).unwrap();
    let assessed = paired_difference(&differences, scale, PLAN).unwrap();
    let counts = PairedCounts::new(60, 20, 1001).unwrap();
    let (above, below) = assessed.p_values(0.15);
    close(above, counts.tango_p_above(0.05), 1e-14);
    close(below, counts.mirrored().tango_p_above(-0.05), 1e-14);
    let (estimate, interval) = (assessed.estimate(), counts.tango(0.1));
    close(estimate.lower.unwrap(), 3.0 * interval.low, 1e-14);
    close(estimate.upper.unwrap(), 3.0 * interval.high, 1e-14);
}

#[test]
fn both_groups_count_as_observations_of_a_difference() {
    let (candidate, baseline) = (scored(&[1.0, 1.0, 0.0]), scored(&[1.0, 0.0]));
    let assessed = unpaired_difference(&candidate, &baseline, Scale::UNIT, PLAN).unwrap();
    let estimate = assessed.estimate();
    close(estimate.point, 2.0 / 3.0 - 0.5, 1e-15);
    assert_eq!(estimate.n, 5);
}

#[test]
fn labels_are_read_by_the_exact_bound_whatever_the_plan_says() {
    let sample = LabelledSample {
        lambda: 0.5,
        human: scored(&[1.0, 0.0, 1.0, 0.0, 1.0]),
        rectifiers: scored(&[0.5, 0.0, 0.5, -0.5, 0.5]),
        judge_unlabelled: scored(&[1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0]),
        answered: Passes::new(12, 12).unwrap(),
        failed: 0.0,
    };
    let of = |bound| {
        let assessed = prediction_powered_mean(&sample, Scale::UNIT, with_bound(bound)).unwrap();
        let estimate = assessed.estimate();
        (estimate.lower, estimate.upper, estimate.n)
    };
    assert_eq!(of(Bound::Exact).2, 12);
    assert_eq!(of(Bound::Calibrated), of(Bound::Exact));
}

#[test]
fn a_quantile_lies_strictly_between_the_ends() {
    let values = scored(&[1.0, 2.0, 3.0]);
    for q in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
        assert!(quantile_bound(&values, q, PLAN).is_err(), "{q}");
    }
}

/// At a bound itself rounding alone would show something in some of these cases.
#[test]
fn p_values_near_their_rates_are_read_with_the_bounds() {
    let mut rounded = 0;
    for n in 1..60 {
        let values: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i % 5 > 0))).collect();
        let assessed = bounded_mean(&scored(&values), Scale::UNIT, PLAN).unwrap();
        let estimate = assessed.estimate();
        for threshold in [estimate.lower.unwrap(), estimate.upper.unwrap()] {
            let alone = assessed.p_values_at(threshold, Alphas::DEFAULT).unwrap();
            let whole = assessed.against(threshold).unwrap();
            assert_eq!(alone, (whole.p_above, whole.p_below), "{n} {threshold}");
            rounded += u8::from(alone != assessed.p_values(threshold));
        }
        let far = estimate.point * 0.25 + 0.1;
        assert_eq!(
            assessed.p_values_at(far, Alphas::DEFAULT).unwrap(),
            assessed.p_values(far)
        );
    }
    assert!(rounded > 0);
}

#[test]
fn no_data_is_an_error_and_never_a_number() {
    let nothing: [&[Observation]; 2] = [&[], &[Observation::missing(0.0, 1.0)]];
    for none in nothing {
        let some = scored(&[1.0]);
        let results = [
            bounded_mean(none, Scale::UNIT, PLAN),
            paired_difference(none, Scale::UNIT, PLAN),
            unpaired_difference(none, &some, Scale::UNIT, PLAN),
            unpaired_difference(&some, none, Scale::UNIT, PLAN),
            amount_mean(none, PLAN, Resampling::default()),
            quantile_bound(none, 0.95, PLAN),
        ];
        for result in results {
            assert_eq!(result.unwrap_err(), StatsError::NoData);
        }
    }
    let none = amount_ratio(&[], PLAN, Resampling::default());
    assert_eq!(none.unwrap_err(), StatsError::NoData);
}

#[test]
fn what_is_not_a_score_is_an_error_that_names_it() {
    let at_two = |bad: f64| bounded_mean(&scored(&[1.0, 0.5, bad]), Scale::UNIT, PLAN).unwrap_err();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(at_two(bad).to_string().contains("observation 2"), "{bad}");
    }
    for bad in [1.000_001, -0.5, 2.0] {
        assert_eq!(
            at_two(bad),
            StatsError::OutOfScale {
                index: 2,
                value: bad,
                low: 0.0,
                high: 1.0
            }
        );
    }
    let upside_down = [
        Observation::scored(0.5),
        Observation::partly_scored(0.9, 0.9, 0.1),
    ];
    assert!(bounded_mean(&upside_down, Scale::UNIT, PLAN).is_err());
    for (low, high) in [
        (0.0, 0.0),
        (1.0, 0.0),
        (f64::NAN, 1.0),
        (0.0, f64::INFINITY),
    ] {
        assert!(Scale::new(low, high).is_err());
    }
    let assessed = bounded_mean(&scored(&[1.0]), Scale::UNIT, PLAN).unwrap();
    assert!(assessed.against(f64::NAN).is_err());
    for alpha in [0.0, -0.1, 0.5, 1.0, f64::NAN] {
        let alphas = Alphas {
            lower: 0.05,
            upper: alpha,
        };
        assert!(assessed.against_at(0.5, alphas).is_err(), "{alpha}");
    }
}

#[test]
fn one_observation_has_bounds() {
    let estimate = bounded_mean(&scored(&[1.0]), Scale::UNIT, PLAN)
        .unwrap()
        .estimate();
    close(estimate.lower.unwrap(), 0.05, 1e-15);
    close(estimate.upper.unwrap(), 1.0, 0.0);
    let one = bounded_mean(&scored(&[0.4]), Scale::UNIT, PLAN)
        .unwrap()
        .estimate();
    assert!(one.lower.unwrap() < 0.1 && one.upper.unwrap() > 0.9);
    let amount = amount_mean(&scored(&[3.0]), PLAN, Resampling::default()).unwrap();
    assert_eq!(
        (amount.estimate().lower, amount.estimate().upper),
        (None, None)
    );
    assert!(!amount.against(100.0).unwrap().is_below());
}

#[test]
fn all_pass_gives_the_rule_of_three() {
    let all = bounded_mean(&[Observation::scored(1.0); 59], Scale::UNIT, PLAN).unwrap();
    close(
        all.estimate().lower.unwrap(),
        0.05_f64.powf(1.0 / 59.0),
        1e-14,
    );
    assert!(all.against(0.95).unwrap().is_above());
    let ties = paired_difference(&[Observation::scored(0.0); 300], Scale::UNIT, PLAN).unwrap();
    let at_zero = ties.against(0.0).unwrap().estimate;
    close(
        at_zero.lower.unwrap(),
        -(1.0 - 0.05_f64.powf(1.0 / 300.0)),
        1e-12,
    );
    assert!(ties.against(-0.05).unwrap().is_above());
}

#[test]
fn a_p_value_of_exactly_alpha_shows_nothing() {
    let one = bounded_mean(&scored(&[1.0]), Scale::UNIT, PLAN).unwrap();
    let comparison = one.against(0.05).unwrap();
    close(comparison.p_above, 0.05, 0.0);
    assert!(!comparison.is_above());
}

#[test]
fn where_a_bound_and_a_p_value_disagree_the_careful_reading_wins() {
    let assessed = bounded_mean(&scored(&[1.0, 0.5]), Scale::UNIT, PLAN).unwrap();
    let reconciled = |p: f64, bound: f64, attains| {
        let mut comparison = assessed.against(0.5).unwrap();
        (comparison.p_above, comparison.p_below) = (p, p);
        comparison.estimate.lower = Some(0.5 + bound);
        comparison.estimate.upper = Some(0.5 - bound);
        comparison.reconciled(0.5, attains)
    };
    // (p, how far the bounds lie beyond the threshold, whether the bound itself is shown, shown)
    let cases = [
        (0.01, 0.1, false, true),
        (0.01, -0.1, false, false),
        (0.01, 0.0, false, false),
        (0.01, 0.0, true, true),
        (0.05, 0.1, false, false),
        (0.20, -0.1, false, false),
    ];
    for (p, bound, attains, shown) in cases {
        let comparison = reconciled(p, bound, attains);
        let estimate = &comparison.estimate;
        assert_eq!(
            (comparison.is_above(), comparison.is_below()),
            (shown, shown),
            "{p} {bound}"
        );
        if !attains {
            assert_eq!(estimate.lower.unwrap() > 0.5, shown, "{p} {bound}");
            assert_eq!(estimate.upper.unwrap() < 0.5, shown, "{p} {bound}");
        }
    }
}

#[test]
fn an_ordinal_scale_is_the_unit_scale_stretched() {
    let stars = [5.0, 4.0, 4.0, 3.0, 5.0, 1.0];
    let unit: Vec<f64> = stars.iter().map(|star| (star - 1.0) / 4.0).collect();
    for bound in [Bound::Exact, Bound::Calibrated, Bound::Proven] {
        let plan = with_bound(bound);
        let scale = Scale::new(1.0, 5.0).unwrap();
        let wide = bounded_mean(&scored(&stars), scale, plan)
            .unwrap()
            .against(2.0)
            .unwrap();
        let narrow = bounded_mean(&scored(&unit), Scale::UNIT, plan)
            .unwrap()
            .against(0.25)
            .unwrap();
        close(wide.p_above, narrow.p_above, 1e-12);
        close(
            wide.estimate.lower.unwrap(),
            1.0 + 4.0 * narrow.estimate.lower.unwrap(),
            1e-11,
        );
        close(
            wide.estimate.upper.unwrap(),
            1.0 + 4.0 * narrow.estimate.upper.unwrap(),
            1e-11,
        );
    }
}

#[test]
fn fewer_than_59_latencies_have_no_upper_bound_for_the_95th_percentile() {
    let bound = |n: usize| {
        let sample: Vec<Observation> = (0..n)
            .map(|i| Observation::scored(count_to_f64(i)))
            .collect();
        quantile_bound(&sample, 0.95, PLAN)
            .unwrap()
            .against(1e6)
            .unwrap()
    };
    assert_eq!(bound(58).estimate.upper, None);
    assert!(!bound(58).is_below());
    assert_eq!(bound(59).estimate.upper, Some(58.0));
    assert!(bound(59).is_below());
}

#[test]
fn a_missing_amount_without_a_limit_leaves_no_upper_bound() {
    let mut sample = scored(&(0..100).map(f64::from).collect::<Vec<_>>());
    sample.push(Observation::missing(0.0, f64::INFINITY));
    let comparison = amount_mean(&sample, PLAN, Resampling::default())
        .unwrap()
        .against(1e9)
        .unwrap();
    assert_eq!(comparison.estimate.upper, None);
    assert!(!comparison.is_below());
    assert!(comparison.estimate.lower.is_some());
    // The quantile bound can afford one.
    let q = quantile_bound(&sample, 0.5, PLAN)
        .unwrap()
        .against(70.0)
        .unwrap();
    assert!(q.is_below());
}

#[test]
fn amounts_without_spread_have_no_bounds() {
    let same = amount_mean(&scored(&[2.0; 50]), PLAN, Resampling::default()).unwrap();
    let comparison = same.against(100.0).unwrap();
    assert_eq!(
        (comparison.estimate.lower, comparison.estimate.upper),
        (None, None)
    );
    assert!(!comparison.is_above() && !comparison.is_below());
}

#[test]
fn a_ratio_of_means_is_bounded_on_both_sides() {
    let pairs: Vec<_> = (0..60)
        .map(|i| f64::from(i % 7) + 1.0)
        .map(|b| {
            (
                Observation::scored(1.2 * b + 0.1 * (b - 3.0).powi(2)),
                Observation::scored(b),
            )
        })
        .collect();
    for pairs in [&pairs[..], &pairs[..10]] {
        let ratio = amount_ratio(pairs, PLAN, Resampling::default()).unwrap();
        let comparison = ratio.against(1.0).unwrap();
        let estimate = &comparison.estimate;
        assert!(comparison.is_above() && !comparison.is_below());
        assert!(
            estimate.lower.unwrap() < estimate.point && estimate.point < estimate.upper.unwrap()
        );
        assert!(ratio.against(2.0).unwrap().is_below());
    }
}

fn observation(value: f64, missing: bool, low: f64, high: f64) -> Observation {
    if missing {
        Observation::missing(low, high)
    } else {
        Observation::scored(value)
    }
}

fn any_bound() -> impl Strategy<Value = Bound> {
    prop_oneof![
        Just(Bound::Exact),
        Just(Bound::Calibrated),
        Just(Bound::Proven)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Interval and verdict come from one procedure.
    #[test]
    fn bounds_and_verdicts_agree(
        eighths in proptest::collection::vec((-8_i32..=8, any::<bool>()), 1..40),
        ternary in any::<bool>(),
        threshold in -0.95..0.95_f64,
        bound in any_bound(),
    ) {
        let values: Vec<f64> = eighths.iter()
            .map(|(value, _)| if ternary { f64::from(value.signum()) } else { f64::from(*value) / 8.0 })
            .collect();
        let assessed = paired_difference(&scored(&values), Scale::UNIT, with_bound(bound)).unwrap();
        let comparison = assessed.against(threshold).unwrap();
        let (lower, upper) = (comparison.estimate.lower.unwrap(), comparison.estimate.upper.unwrap());
        prop_assert_eq!(comparison.is_above(), lower > threshold);
        prop_assert_eq!(comparison.is_below(), upper < threshold);
        prop_assert!(!(comparison.is_above() && comparison.is_below()));
        prop_assert!(lower <= comparison.estimate.point + 1e-9);
        prop_assert!(upper >= comparison.estimate.point - 1e-9);
        prop_assert!(lower < upper);
        prop_assert!((-1.0..=1.0).contains(&lower) && (-1.0..=1.0).contains(&upper));
        for p in [comparison.p_above, comparison.p_below] {
            prop_assert!((0.0..=1.0).contains(&p));
        }
    }

    /// No failure can make a pass or a fail: a score that goes missing only widens.
    #[test]
    fn a_missing_score_never_helps(
        values in proptest::collection::vec((0_u8..=4, any::<bool>()), 2..30),
        binary in any::<bool>(),
        bound in any_bound(),
    ) {
        let value = |(level, _): &(u8, bool)| {
            if binary { f64::from(level % 2) } else { f64::from(*level) / 4.0 }
        };
        let complete: Vec<Observation> = values.iter().map(|v| Observation::scored(value(v))).collect();
        let holes: Vec<Observation> = (values.iter().enumerate())
            .map(|(index, v)| observation(value(v), index > 0 && v.1, 0.0, 1.0))
            .collect();
        let before = bounded_mean(&complete, Scale::UNIT, with_bound(bound)).unwrap();
        let after = bounded_mean(&holes, Scale::UNIT, with_bound(bound)).unwrap();
        // Betting decides its stakes from the scores, so that only the other bounds are monotone.
        if bound != Bound::Proven {
            for threshold in [0.1, 0.5, 0.9] {
                let (before, after) = (before.against(threshold).unwrap(), after.against(threshold).unwrap());
                prop_assert!(after.p_above >= before.p_above - 1e-12);
                prop_assert!(after.p_below >= before.p_below - 1e-12);
            }
        }
    }

    #[test]
    fn quantiles_and_amounts_agree_with_their_verdicts(
        values in proptest::collection::vec(0.0..10.0_f64, 2..80),
        threshold in 0.1..9.9_f64,
        q in 0.05..0.95_f64,
    ) {
        let plan = Resampling { replicates: 199, seed: 1 };
        let observations = scored(&values);
        let quantile = quantile_bound(&observations, q, PLAN).unwrap().against(threshold).unwrap();
        prop_assert_eq!(quantile.is_below(), quantile.estimate.upper.is_some_and(|u| u <= threshold));
        prop_assert_eq!(quantile.is_above(), quantile.estimate.lower.is_some_and(|l| l > threshold));
        let amount = amount_mean(&observations, PLAN, plan).unwrap().against(threshold).unwrap();
        prop_assert_eq!(amount.is_below(), amount.estimate.upper.is_some_and(|u| u < threshold));
        prop_assert_eq!(amount.is_above(), amount.estimate.lower.is_some_and(|l| l > threshold));
    }
}

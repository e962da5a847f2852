//! The exact unconditional test, against every outcome summed up in numpy and scipy 1.17.1.

use super::*;

fn counts(wins: usize, losses: usize, units: usize) -> PairedCounts {
    PairedCounts::new(wins, losses, units).unwrap()
}

fn close(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{actual}, expected {expected}"
    );
}

fn region((wins, losses, units): (usize, usize, usize), threshold: f64) -> Region {
    Region::new(PairedCounts::new(wins, losses, units).unwrap(), threshold)
}

/// numpy: the region found by looking at every outcome, its probability at 4,001 shares of discordant
/// units, then `minimize_scalar` around the highest.
#[test]
fn the_largest_probability_is_that_of_a_far_denser_search() {
    let cases = [
        ((9, 2, 20), 0.1, 0.074_966_720_712_126_5),
        ((12, 3, 40), 0.0, 0.010_427_864_444_532_874),
        ((3, 8, 30), -0.4, 0.019_383_348_326_091_787),
        ((25, 0, 30), 0.6, 0.014_350_705_220_945_822),
        ((6, 4, 25), -0.3, 0.003_426_973_311_091_504),
        ((0, 0, 20), -0.2, 0.021_028_927_477_771_166),
        ((30, 10, 80), 0.05, 0.006_048_870_165_674_814),
        ((18, 2, 25), 0.4, 0.080_408_537_145_915_07),
        ((1, 0, 5), 0.1, 0.449_340_217_035_516_7),
        ((40, 35, 90), -0.1, 0.055_634_649_101_686_855),
        ((14, 3, 17), 0.3, 0.102_790_180_332_838_6),
    ];
    for (observed, threshold, expected) in cases {
        let region = region(observed, threshold);
        let largest = region.largest_probability();
        assert!(
            (largest - expected).abs() < 1e-9,
            "{observed:?} {threshold}: {largest}"
        );
        assert!(region.reaches(expected - 1e-9) && !region.reaches(expected + 1e-9));
    }
}

/// scipy: the sum of `binom.pmf` times `binom.sf` over all losses.
#[test]
fn a_sum_over_the_likely_losses_is_the_sum_over_all() {
    let cases = [
        ((500, 400, 1000), 0.0, 0.9, 4.272_555_912_926_647e-4),
        ((330, 300, 1000), -0.05, 0.7, 7.213_984_209_081_39e-4),
        ((500, 480, 1000), -0.05, 1.0, 0.012_331_148_106_556_424),
        ((10, 4, 200), 0.0, 0.07, 0.060_103_413_663_484_92),
        // Hardly a loss.
        ((55, 0, 100), 0.5, 0.500_002, 0.184_098_350_417_651_13),
        ((60, 5, 100), 0.5, 0.500_002, 0.184_101_778_145_852_13),
        // Hardly a draw: what is not lost is won.
        ((5, 5, 40), 0.0, 1.0 - 1e-12, 0.562_685_343_807_283_1),
        ((9, 3, 40), 0.3, 1.0 - 1e-10, 0.963_707_363_599_407_2),
        ((9, 3, 40), -0.3, 1.0, 6.947_128_777_535_982e-6),
    ];
    for (observed, threshold, discordant, expected) in cases {
        let sum = region(observed, threshold).probability(discordant);
        assert!(
            (sum - expected).abs() < 1e-12,
            "{observed:?} {threshold} {discordant}: {sum}"
        );
    }
}

/// At a difference of −1 every unit is lost, so that an outcome has probability 1 or 0.
#[test]
fn where_everything_is_lost_the_region_has_that_outcome_or_not() {
    let all_lost = region((0, 3, 3), -1.0).probability(1.0);
    assert!((all_lost - 1.0).abs() <= 0.0, "{all_lost}");
    for observed in [(1, 0, 3), (0, 2, 3)] {
        let other = region(observed, -1.0).probability(1.0);
        assert!(other.abs() <= 0.0, "{observed:?}: {other}");
    }
}

/// Reference cases paired_binary-025 and -026.
#[test]
fn the_exact_unconditional_p_value_matches_the_reference() {
    close(
        counts(2, 1, 60).exact_p_above(-0.05),
        0.038_863_729_926_718_944,
        1e-7,
    );
    close(
        counts(1, 1, 100).exact_p_above(-0.05),
        0.022_615_583_204_152_745,
        1e-7,
    );
}

/// Every outcome enumerated, no recursion, no assumption about the region's shape.
#[test]
fn the_exact_unconditional_p_value_matches_enumeration() {
    for (wins, losses, units) in [
        (0, 0, 5),
        (1, 2, 6),
        (3, 0, 9),
        (2, 5, 12),
        (0, 12, 12),
        (7, 1, 30),
    ] {
        for threshold in [-0.9, -0.31, -0.05, 0.0, 0.1, 0.6] {
            let observed = counts(wins, losses, units);
            let region = Region::new(observed, threshold);
            for share in [0.0, 0.01, 0.3, 0.9, 1.0_f64] {
                let discordant = threshold.abs() + (1.0 - threshold.abs()) * share;
                let lose = 0.5 * (discordant - threshold);
                let win = 0.5 * (discordant + threshold);
                let mut expected = 0.0;
                for l in 0..=units {
                    for w in 0..=units - l {
                        let inside = counts(w, l, units).tango_z(threshold)
                            >= observed.tango_z(threshold) - 1e-9;
                        if inside {
                            expected += binomial_pmf(l, units, lose)
                                * binomial_pmf(w, units - l, (win / (1.0 - lose)).min(1.0));
                        }
                    }
                }
                close(region.probability(discordant), expected, 1e-13);
            }
        }
    }
}

#[test]
fn the_exact_bound_inverts_the_exact_test() {
    for (wins, losses, units) in [(0, 0, 20), (2, 1, 60), (5, 9, 300), (0, 1, 1), (1, 0, 1)] {
        let observed = counts(wins, losses, units);
        let bound = observed.exact_lower(0.05);
        assert!(bound <= observed.difference(), "{observed:?}: {bound}");
        if bound > -1.0 {
            assert!(
                observed.exact_p_above(bound) < 0.05,
                "{observed:?}: {bound}"
            );
            assert!(
                observed.exact_p_above(bound + 2e-9) >= 0.05,
                "{observed:?}: {bound}"
            );
        }
    }
}

/// The same for every outcome of a few units, where the bound lies on either side of the score
/// bound, near it and far.
fn exact_bounds_invert_the_test(units: usize, alpha: f64) {
    for losses in 0..=units {
        for wins in 0..=units - losses {
            let observed = counts(wins, losses, units);
            let bound = observed.exact_lower(alpha);
            let case = format!("{observed:?} {alpha}: {bound}");
            assert!(observed.exact_p_above(bound + 2e-9) >= alpha, "{case}");
            let all_lost = losses == units;
            assert!(all_lost || observed.exact_p_above(bound) < alpha, "{case}");
        }
    }
}

#[test]
fn exact_bounds_of_two_units_invert_the_test() {
    exact_bounds_invert_the_test(2, 0.05);
}

#[test]
fn exact_bounds_of_three_units_invert_the_test() {
    exact_bounds_invert_the_test(3, 0.3);
}

#[test]
fn exact_bounds_of_five_units_invert_the_test() {
    exact_bounds_invert_the_test(5, 0.01);
}

/// Here the exact bound lies above the score bound.
#[test]
fn exact_bounds_of_seventeen_units_invert_the_test() {
    exact_bounds_invert_the_test(17, 0.025);
    let observed = counts(15, 0, 17);
    assert!(observed.exact_lower(0.025) > observed.tango_lower(0.025) + 0.01);
}

/// The error rate itself: over all outcomes, at a true difference of the threshold.
#[test]
fn the_exact_test_holds_its_rate() {
    for (units, threshold) in [(20, -0.05), (40, -0.1), (40, 0.05)] {
        let mut rejected = Vec::new();
        for losses in 0..=units {
            for wins in 0..=units - losses {
                if counts(wins, losses, units).exact_p_above(threshold) < 0.05 {
                    rejected.push((wins, losses));
                }
            }
        }
        for step in 0..=40 {
            let discordant = threshold.abs() + (1.0 - threshold.abs()) * f64::from(step) / 40.0;
            let (lose, win) = (
                0.5 * (discordant - threshold),
                0.5 * (discordant + threshold),
            );
            let rate: f64 = (rejected.iter())
                .map(|(w, l)| {
                    let rest = (win / (1.0 - lose)).min(1.0);
                    binomial_pmf(*l, units, lose) * binomial_pmf(*w, units - l, rest)
                })
                .sum();
            assert!(rate <= 0.05 + 1e-9, "{units} units, {discordant}: {rate}");
        }
    }
}

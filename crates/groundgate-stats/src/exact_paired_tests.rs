//! The exact unconditional test, against every outcome summed up in numpy and scipy 1.17.1.

use super::*;

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

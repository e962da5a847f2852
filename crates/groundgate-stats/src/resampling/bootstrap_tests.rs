//! Resampling against scipy, by hand, and whatever the number of threads.

use super::*;

const PLAN: Resampling = Resampling {
    replicates: 1999,
    seed: 7,
};

fn parts(values: &[f64]) -> Vec<Part> {
    values.iter().map(|value| (*value, 1.0)).collect()
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let values: Vec<f64> = (0..50).map(|i| f64::from(i * 37 % 101)).collect();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            replicates(values.len(), PLAN, |draws| {
                draws.all(&values).sum::<f64>().to_bits()
            })
        })
    };
    let alone = run(1);
    assert_eq!(alone.len(), PLAN.replicates);
    assert_eq!(alone, run(2));
    assert_eq!(alone, run(16));
    let other = Resampling { seed: 8, ..PLAN };
    assert_ne!(
        alone,
        replicates(values.len(), other, |draws| draws
            .all(&values)
            .sum::<f64>()
            .to_bits())
    );
}

#[test]
fn intervals_are_the_same_to_the_bit_on_1_thread_and_16() {
    let values: Vec<f64> = (0..700).map(|i| f64::from(i * 37 % 101)).collect();
    let clusters: Vec<Part> = (0..300)
        .map(|i| (f64::from(i % 7), f64::from(1 + i % 5)))
        .collect();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let bca = bca(&parts(&values), 0.1, PLAN).unwrap().interval;
            let percentile = percentile(&clusters, 0.1, PLAN).unwrap();
            let studentized = studentized_mean(&values, PLAN).unwrap();
            [
                bca.low,
                bca.high,
                percentile.low,
                percentile.high,
                studentized.lower(0.05).unwrap(),
            ]
            .map(f64::to_bits)
        })
    };
    assert_eq!(run(1), run(16));
}

#[test]
fn every_unit_is_drawn_equally_often() {
    let units: Vec<usize> = (0..10).collect();
    let drawn = replicates(units.len(), PLAN, |draws| {
        draws.all(&units).copied().collect::<Vec<_>>()
    });
    let mut counts = [0_u32; 10];
    for unit in drawn.into_iter().flatten() {
        counts[unit] += 1;
    }
    // 1999 on average, with a standard deviation of 42.
    assert!(
        counts.iter().all(|count| (1800..2200).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn intervals_without_spread_are_points_and_without_data_errors() {
    let same = parts(&[0.7; 12]);
    let percentile_of_same = percentile(&same, 0.1, PLAN).unwrap();
    assert!((percentile_of_same.high - percentile_of_same.low).abs() < 1e-12);
    let bca_of_same = bca(&same, 0.1, PLAN).unwrap();
    assert!((bca_of_same.interval.low - 0.7).abs() < 1e-12);
    assert!(bca_of_same.acceleration.abs() < 1e-6);
    assert_eq!(percentile(&[], 0.1, PLAN), Err(StatsError::NoData));
    assert!(bca(&[(f64::NAN, 1.0)], 0.1, PLAN).is_err());
    assert!(studentized_mean(&[1.0], PLAN).is_err());
    assert!(bca(&parts(&[1.0]), 0.1, PLAN).is_ok_and(|one| one.interval.low >= 1.0));
}

/// `scipy.stats.bootstrap` 1.17.1 with 400,000 replicates; z0 from 2,000,000; the acceleration is
/// its own jackknife's. Ours are 20,000 replicates.
#[test]
fn intervals_are_scipy_s() {
    let skewed = parts(&[
        0.3, 1.1, 0.2, 2.7, 0.9, 0.4, 5.2, 1.6, 0.1, 0.8, 3.3, 0.6, 1.2, 0.7, 2.1,
    ]);
    let binary = parts(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    let above = [3.0, 1.0, 4.0, 2.0, 7.0, 5.0, 2.0, 6.0, 1.0, 8.0];
    let below = [4.0, 2.0, 4.0, 5.0, 8.0, 6.0, 2.0, 9.0, 3.0, 8.0];
    let ratios: Vec<Part> = above.into_iter().zip(below).collect();
    let plan = Resampling {
        replicates: 20_000,
        seed: 3,
    };
    let near = |actual: f64, expected: f64, tolerance: f64| {
        let gap = (actual - expected).abs();
        assert!(gap <= tolerance, "{actual}, expected {expected}");
    };
    for (parts, z0, acceleration, [low, high], [plain_low, plain_high]) in [
        (
            &skewed,
            0.0647,
            0.064_444_592_763_389_96,
            [0.96, 2.1733],
            [0.88, 2.0267],
        ),
        (
            &binary,
            -0.0493,
            -0.055_555_555_555_555_65,
            [0.5, 0.9167],
            [0.5, 0.9167],
        ),
        (
            &ratios,
            -0.0026,
            0.001_475_024_685_824_95,
            [0.6429, 0.8684],
            [0.6444, 0.8689],
        ),
    ] {
        let found = bca(parts, 0.1, plan).unwrap();
        near(found.z0, z0, 0.03);
        near(found.acceleration, acceleration, 1e-12);
        let width = high - low;
        near(found.interval.low, low, 0.03 * width);
        near(found.interval.high, high, 0.03 * width);
        let found = percentile(parts, 0.1, plan).unwrap();
        near(found.low, plain_low, 0.03 * width);
        near(found.high, plain_high, 0.03 * width);
    }
}

#[test]
fn the_unit_of_values_and_sizes_changes_nothing() {
    let tenths = [0.1, 0.7, 0.3, 0.3, 0.9, 0.2, 0.6, 0.4, 0.3, 0.2];
    let of = |value: f64, size: f64| -> Bca {
        let parts: Vec<Part> = tenths.iter().map(|tenth| (tenth * value, size)).collect();
        let percentile = percentile(&parts, 0.1, PLAN).unwrap();
        let bca = bca(&parts, 0.1, PLAN).unwrap();
        assert!(percentile.low < 0.4 * value / size && 0.4 * value / size < percentile.high);
        bca
    };
    let one = of(1.0, 1.0);
    for (value, size) in [(1e6, 1.0), (1e-6, 1.0), (1.0, 8.0)] {
        let other = of(value, size);
        assert!((one.z0 - other.z0).abs() < 1e-9, "{one:?} {other:?}");
        let scaled = other.interval.low * size / value;
        assert!(
            (one.interval.low - scaled).abs() < 1e-9,
            "{one:?} {other:?}"
        );
    }
}

#[test]
fn parts_without_a_size_or_a_value_are_errors() {
    for wrong in [
        (1.0, 0.0),
        (1.0, -1.0),
        (f64::INFINITY, 1.0),
        (1.0, f64::INFINITY),
        (1.0, f64::NAN),
    ] {
        let found = percentile(&[(1.0, 1.0), wrong], 0.1, PLAN);
        assert!(matches!(
            found,
            Err(StatsError::NotANumber { index: 1, .. })
        ));
    }
}

#[test]
fn the_first_replicates_differ_from_seed_to_seed() {
    let draw = |seed| {
        let plan = Resampling {
            replicates: 20,
            seed,
        };
        replicates(1000, plan, Draws::index)
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

/// Of two values half of the replicates have no spread, and lie infinitely far out.
#[test]
fn two_values_have_no_bounds() {
    let spread = studentized_mean(&[0.0, 1.0], PLAN).unwrap();
    assert_eq!((spread.lower(0.05), spread.upper(0.05)), (None, None));
    assert!(
        spread
            .lower(0.4)
            .is_some_and(|bound| (bound - 0.5).abs() < 1e-12)
    );
}

/// All 27 resamples of 0, 1 and 2: in 4 of them t is above 1.1, in 3 more it is 1.
#[test]
fn a_replicate_s_t_is_that_of_its_own_values() {
    let spread = studentized_mean(&[0.0, 1.0, 2.0], PLAN).unwrap();
    let at = |t: f64| spread.p_above(1.0 - t / 3.0_f64.sqrt());
    assert!((at(1.1) - 4.0 / 27.0).abs() < 0.03, "{}", at(1.1));
    assert!((at(0.9) - 7.0 / 27.0).abs() < 0.03, "{}", at(0.9));
}

/// By hand: the sorted t are -1, 0, 1, 2.
#[test]
fn p_values_and_bounds_count_replicates() {
    let four = [(1.0, 1.0), (0.0, 0.0), (-2.0, 2.0), (1.0, 0.5)];
    let spread = Studentized::new(0.0, 0.5, four).unwrap();
    let near = |actual: f64, expected: f64| assert!((actual - expected).abs() < 1e-12);
    near(spread.p_above(-0.5), 3.0 / 5.0);
    near(spread.p_above(-0.501), 2.0 / 5.0);
    near(spread.p_below(0.5), 2.0 / 5.0);
    near(spread.p_below(0.501), 1.0 / 5.0);
    near(spread.lower(0.5).unwrap(), -0.5);
    near(spread.lower(0.21).unwrap(), -1.0);
    assert_eq!(spread.lower(0.2), None);
    near(spread.upper(0.5).unwrap(), 0.0);
    near(spread.upper(0.21).unwrap(), 0.5);
}

#[test]
fn what_rounding_leaves_is_nothing() {
    let left = |difference, of| beyond_rounding(difference, of);
    assert!(left(1e-6, 1e8) <= 0.0 && left(-1.0, 1e8) <= 0.0);
    assert!((left(1e-3, 1e8) - 1e-3).abs() < 1e-15);
    assert!((left(1e-13, 1e-6) - 1e-13).abs() < 1e-25);
}

#[test]
fn a_bound_agrees_with_its_p_value() {
    let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
    let spread = studentized_mean(&values, PLAN).unwrap();
    for alpha in [0.01, 0.05, 0.2] {
        let (lower, upper) = (spread.lower(alpha).unwrap(), spread.upper(alpha).unwrap());
        assert!(lower < upper);
        assert!(spread.p_above(lower - 1e-9) < alpha && spread.p_above(lower + 1e-9) >= alpha);
        assert!(spread.p_below(upper + 1e-9) < alpha && spread.p_below(upper - 1e-9) >= alpha);
    }
    // Fewer than 1/α replicates cannot show anything at α.
    let few = Resampling {
        replicates: 9,
        seed: 1,
    };
    assert_eq!(studentized_mean(&values, few).unwrap().lower(0.05), None);
}

//! Amounts, against Student's t of scipy 1.17.1 and the delta method written out in numpy.

use super::*;

const PLAN: Resampling = Resampling {
    replicates: 2_500,
    seed: 11,
};

const DOLLARS: [f64; 8] = [0.012, 0.015, 0.011, 0.03, 0.022, 0.018, 0.014, 0.016];
const CANDIDATE: [f64; 8] = [1.2, 2.0, 1.5, 3.1, 0.9, 2.2, 1.7, 2.6];
const BASELINE: [f64; 8] = [1.0, 2.1, 1.2, 2.5, 1.1, 1.8, 1.9, 2.0];

fn scored(values: &[f64]) -> Vec<Observation> {
    values.iter().copied().map(Observation::scored).collect()
}

fn mean(values: &[f64]) -> AmountBound {
    AmountBound::mean(&scored(values), PLAN).unwrap()
}

fn ratio(candidate: &[f64], baseline: &[f64]) -> AmountBound {
    let pairs: Vec<_> = (scored(candidate).into_iter())
        .zip(scored(baseline))
        .collect();
    AmountBound::ratio(&pairs, PLAN).unwrap()
}

/// Amounts without skewness to speak of, `n` of them around 10.
fn even(n: u32) -> Vec<f64> {
    (0..n)
        .map(|i| 8.0 + f64::from(i * 37 % 101) / 25.0)
        .collect()
}

#[track_caller]
fn near(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{actual}, expected {expected} within {tolerance}"
    );
}

#[test]
fn a_mean_of_few_is_student_s_t() {
    let bound = mean(&DOLLARS);
    assert_eq!(bound.method(), "student t");
    near(bound.point(), 0.017_25, 1e-15);
    near(bound.p_above(0.015), 0.169_594_899_941_683_86, 1e-12);
    near(bound.p_below(0.015), 0.830_405_100_058_316_1, 1e-12);
    near(bound.lower(0.05).unwrap(), 0.013_093_785_052_805_037, 1e-14);
    near(bound.upper(0.05).unwrap(), 0.021_406_214_947_194_97, 1e-14);
}

#[test]
fn a_ratio_of_few_is_the_delta_method_s_t_on_the_logarithmic_scale() {
    let bound = ratio(&CANDIDATE, &BASELINE);
    assert_eq!(bound.method(), "student t of the log ratio");
    near(bound.point(), 1.117_647_058_823_529_2, 1e-14);
    for (threshold, above, below) in [
        (1.0, 0.050_559_204_929_924_356, 0.949_440_795_070_075_6),
        (1.05, 0.162_329_581_331_747_24, 0.837_670_418_668_252_8),
        (1.2, 0.866_537_126_000_188_8, 0.133_462_873_999_811_22),
    ] {
        near(bound.p_above(threshold), above, 1e-12);
        near(bound.p_below(threshold), below, 1e-12);
    }
    near(bound.lower(0.05).unwrap(), 0.999_554_140_126_395, 1e-12);
    near(bound.upper(0.05).unwrap(), 1.249_692_135_674_542_3, 1e-12);
    // No ratio is below 0: the same as at 0.
    near(bound.p_above(-1.0), bound.p_above(0.0), 0.0);
}

#[test]
fn twenty_units_are_enough_for_the_bootstrap() {
    let methods = |n| {
        let values = even(n);
        (mean(&values).method(), ratio(&values, &even(n)).method())
    };
    assert_eq!(methods(19), ("student t", "student t of the log ratio"));
    let bootstrap = "studentized bootstrap";
    assert_eq!(methods(20).0, bootstrap);
    assert_eq!(methods(20).1, "studentized bootstrap of the log ratio");
    // What is said is what is done.
    let shifted: Vec<f64> = even(20).iter().rev().map(|value| value + 1.0).collect();
    for (bound, is_bootstrap) in [
        (mean(&even(19)), false),
        (mean(&even(20)), true),
        (ratio(&shifted[..19], &even(19)), false),
        (ratio(&shifted, &even(20)), true),
    ] {
        assert_eq!(matches!(bound.lower, Spread::Studentized(_)), is_bootstrap);
        assert_eq!(matches!(bound.upper, Spread::Studentized(_)), is_bootstrap);
    }
}

/// Of many units without skewness Student's t is right, and the bootstrap finds it again.
#[test]
fn the_bootstrap_of_many_agrees_with_student_s_t() {
    let (a, b) = (even(404), {
        let mut values = even(404);
        values.rotate_left(7);
        values.iter().map(|value| value * 0.9).collect::<Vec<_>>()
    });
    let pairs: Vec<Pair> = a.iter().copied().zip(b.iter().copied()).collect();
    let center = Center::of(&pairs).unwrap();
    let influences = pairs
        .iter()
        .map(|(a, b)| a / center.above - b / center.below);
    let (_, log_se) = mean_and_se(influences).unwrap();
    let log_ratio = (center.above / center.below).ln();
    let (mean_a, se_a) = mean_and_se(a.iter().copied()).unwrap();
    let t = 1.65;
    let (bound, of_ratio) = (mean(&a), ratio(&a, &b));
    // A tenth of a standard error is what 2,500 replicates leave open.
    near(bound.lower(0.05).unwrap(), mean_a - t * se_a, 0.1 * se_a);
    near(bound.upper(0.05).unwrap(), mean_a + t * se_a, 0.1 * se_a);
    near(bound.p_above(mean_a - se_a), 0.159, 0.03);
    near(bound.p_below(mean_a + se_a), 0.159, 0.03);
    let lower = of_ratio.lower(0.05).unwrap().ln();
    let upper = of_ratio.upper(0.05).unwrap().ln();
    near(lower, log_ratio - t * log_se, 0.1 * log_se);
    near(upper, log_ratio + t * log_se, 0.1 * log_se);
    near(of_ratio.p_above((log_ratio - log_se).exp()), 0.159, 0.03);
    near(of_ratio.p_below((log_ratio + log_se).exp()), 0.159, 0.03);
}

#[test]
fn ten_thousand_units_need_fewer_replicates() {
    // The least p-value tells how many there were.
    near(mean(&even(9_999)).p_above(0.0), 1.0 / 2_501.0, 1e-15);
    near(mean(&even(10_000)).p_above(0.0), 1.0 / 2_000.0, 1e-15);
    let few = Resampling {
        replicates: 99,
        ..PLAN
    };
    let bound = AmountBound::mean(&scored(&even(10_000)), few).unwrap();
    near(bound.p_above(0.0), 0.01, 1e-15);
}

/// What is missing widens both ends, each in its own direction.
#[test]
fn a_missing_amount_counts_against_both_ends() {
    let missing = Observation::missing(0.0, 0.05);
    let mut some = scored(&DOLLARS);
    some.push(missing);
    let bound = AmountBound::mean(&some, PLAN).unwrap();
    let at = |value| {
        let mut values = DOLLARS.to_vec();
        values.push(value);
        mean(&values)
    };
    near(
        bound.lower(0.05).unwrap(),
        at(0.0).lower(0.05).unwrap(),
        1e-15,
    );
    near(
        bound.upper(0.05).unwrap(),
        at(0.05).upper(0.05).unwrap(),
        1e-15,
    );

    let mut pairs: Vec<_> = (scored(&CANDIDATE).into_iter())
        .zip(scored(&BASELINE))
        .collect();
    pairs.push((
        Observation::missing(1.0, 3.0),
        Observation::missing(0.5, 2.0),
    ));
    let bound = AmountBound::ratio(&pairs, PLAN).unwrap();
    let at = |a, b| {
        let (mut candidate, mut baseline) = (CANDIDATE.to_vec(), BASELINE.to_vec());
        candidate.push(a);
        baseline.push(b);
        ratio(&candidate, &baseline)
    };
    let (low, high) = (at(1.0, 2.0), at(3.0, 0.5));
    near(bound.lower(0.05).unwrap(), low.lower(0.05).unwrap(), 1e-13);
    near(bound.upper(0.05).unwrap(), high.upper(0.05).unwrap(), 1e-13);
    // The ratio itself is that of what was scored.
    near(bound.point(), ratio(&CANDIDATE, &BASELINE).point(), 1e-15);
}

#[test]
fn what_has_no_spread_or_no_scale_shows_nothing() {
    let unknown = [
        mean(&[2.0; 30]),
        mean(&[2.0]),
        ratio(&[0.0; 30], &even(30)),
        ratio(&even(30), &even(30)),
        ratio(&[2.0], &[1.0]),
    ];
    for bound in unknown {
        assert_eq!(
            (&bound.lower, &bound.upper),
            (&Spread::Unknown, &Spread::Unknown)
        );
        assert_eq!((bound.lower(0.05), bound.upper(0.05)), (None, None));
        near(bound.p_above(0.0), 1.0, 0.0);
        near(bound.p_below(1e9), 1.0, 0.0);
    }
    // Most replicates of this have no candidate's amount above 0.
    let mut rare = [0.0; 20];
    rare[3] = 1.0;
    assert_eq!(ratio(&rare, &even(20)).lower, Spread::Unknown);

    let pairs: Vec<_> = (scored(&CANDIDATE).into_iter())
        .zip(scored(&[0.0; 8]))
        .collect();
    assert!(AmountBound::ratio(&pairs, PLAN).is_err());
    assert!(AmountBound::ratio(&[], PLAN).is_err());
    for (candidate, baseline) in [(-1.0, 1.0), (1.0, -1.0)] {
        let pair = (
            Observation::scored(candidate),
            Observation::scored(baseline),
        );
        assert!(AmountBound::ratio(&[pair], PLAN).is_err());
    }
}

#[test]
fn an_upper_bound_is_a_number() {
    // exp overflows.
    let bound = AmountBound {
        upper: Spread::student(800.0, 1.0, 8),
        ..ratio(&CANDIDATE, &BASELINE)
    };
    assert_eq!(bound.upper(0.05), None);
}

/// A resample's own means and influences, from sums of gaps to the sample's means.
#[test]
fn a_replicate_has_the_estimate_and_error_of_its_own_pairs() {
    let pairs: Vec<Pair> = CANDIDATE.into_iter().zip(BASELINE).collect();
    let center = Center::of(&pairs).unwrap();
    let drawn: Vec<Pair> = [0, 0, 3, 3, 3, 4, 6, 7]
        .map(|place: usize| pairs[place])
        .to_vec();
    let mut sums = [0.0; 5];
    for (above, below) in &drawn {
        let (a, b) = (above - center.above, below - center.below);
        for (sum, number) in sums.iter_mut().zip([a, b, a * a, a * b, b * b]) {
            *sum += number;
        }
    }
    let (estimate, se) = center.log_ratio(sums).unwrap();
    let own = Center::of(&drawn).unwrap();
    let influences = drawn.iter().map(|(a, b)| a / own.above - b / own.below);
    near(estimate, (own.above / own.below).ln(), 1e-12);
    near(se, mean_and_se(influences).unwrap().1, 1e-12);
}

#[test]
fn a_small_error_of_a_small_estimate_is_still_one() {
    assert!(varies(0.02, 1e-13) && !varies(0.02, 1e-15));
    assert!(!varies(2e4, 1e-9) && varies(2e4, 1e-6));
}

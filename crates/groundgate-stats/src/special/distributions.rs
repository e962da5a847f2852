//! Distribution functions and their inverses, accurate in both tails.
//!
//! A thin layer over `statrs` for the gamma functions and over `incomplete_beta` for what stands on
//! it: the binomial, Student's t and F. Arguments outside a distribution's support are taken as the
//! nearest end of it.

use statrs::function::gamma::{gamma_lr, gamma_ur};

use crate::{
    count::count_to_f64,
    special::{
        incomplete_beta::{Tails, beta_inverse, beta_tails, saddle_point_mass},
        normal::erfc,
    },
};

/// P(X ≤ k) for k successes in `n` independent trials of probability `p`.
pub fn binomial_cdf(k: usize, n: usize, p: f64) -> f64 {
    binomial_tails(k, n, p).lower
}

/// P(X ≥ k) for k successes in `n` independent trials of probability `p`.
pub fn binomial_at_least(k: usize, n: usize, p: f64) -> f64 {
    match k.checked_sub(1) {
        None => 1.0,
        Some(below) => binomial_tails(below, n, p).upper,
    }
}

/// P(X ≤ k) and P(X > k).
fn binomial_tails(k: usize, n: usize, p: f64) -> Tails {
    if k >= n {
        return Tails::from_upper(0.0);
    }
    // P(X > k) = P(Beta(k + 1, n − k) ≤ p).
    beta_tails(p, 1.0 - p, count_to_f64(k) + 1.0, count_to_f64(n - k)).swapped()
}

/// P(X = k) for k successes in `n` independent trials of probability `p`.
pub fn binomial_pmf(k: usize, n: usize, p: f64) -> f64 {
    if k > n {
        return 0.0;
    }
    let (successes, failures) = (count_to_f64(k), count_to_f64(n - k));
    if p <= 0.0 {
        return if k == 0 { 1.0 } else { 0.0 };
    }
    if p >= 1.0 {
        return if k == n { 1.0 } else { 0.0 };
    }
    if k == 0 {
        return (failures * (-p).ln_1p()).exp();
    }
    if k == n {
        return (successes * p.ln()).exp();
    }
    saddle_point_mass(successes, failures, p, 1.0 - p)
}

/// P(X ≤ x) of the beta distribution; a parameter of 0 puts all mass on its side's end.
pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    beta_tails(x, 1.0 - x, a, b).lower
}

/// P(X > x) of the beta distribution.
pub fn beta_sf(x: f64, a: f64, b: f64) -> f64 {
    beta_tails(x, 1.0 - x, a, b).upper
}

/// The x with P(X ≤ x) = `p` of the beta distribution.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    beta_inverse(Tails::from_lower(p), a, b).0
}

/// The x with P(X > x) = `p` of the beta distribution.
pub fn beta_upper_quantile(p: f64, a: f64, b: f64) -> f64 {
    beta_inverse(Tails::from_upper(p), a, b).0
}

/// P(T > t) of Student's t distribution with `df` > 0 degrees of freedom.
pub fn student_t_sf(t: f64, df: f64) -> f64 {
    let square = t * t;
    if !square.is_finite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    let total = df + square;
    let beyond = 0.5 * beta_tails(square / total, df / total, 0.5, 0.5 * df).upper;
    if t > 0.0 { beyond } else { 1.0 - beyond }
}

/// P(T ≤ t) of Student's t distribution with `df` > 0 degrees of freedom.
pub fn student_t_cdf(t: f64, df: f64) -> f64 {
    student_t_sf(-t, df)
}

/// The t with P(T ≤ t) = `p` of Student's t distribution; infinite at 0 and 1.
pub fn student_t_quantile(p: f64, df: f64) -> f64 {
    if p > 0.5 {
        return -student_t_quantile(1.0 - p, df);
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let (x, rest) = beta_inverse(Tails::from_upper(2.0 * p), 0.5, 0.5 * df);
    -(df * x / rest).sqrt()
}

/// P(X > x) of the chi-squared distribution with `df` > 0 degrees of freedom.
pub fn chi_squared_sf(x: f64, df: f64) -> f64 {
    if x <= 0.0 {
        1.0
    } else if x.is_infinite() {
        0.0
    } else if df.total_cmp(&1.0).is_eq() {
        erfc((0.5 * x).sqrt())
    } else {
        gamma_ur(0.5 * df, 0.5 * x)
    }
}

/// P(X ≤ x) of the chi-squared distribution with `df` > 0 degrees of freedom.
pub fn chi_squared_cdf(x: f64, df: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if x.is_infinite() {
        1.0
    } else {
        gamma_lr(0.5 * df, 0.5 * x)
    }
}

/// The x with P(X ≤ x) = `p` of the chi-squared distribution; infinite at 1.
pub fn chi_squared_quantile(p: f64, df: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let mut high = df.max(1.0);
    while chi_squared_sf(high, df) > 1.0 - p {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        // The smaller tail decides, so that nothing cancels.
        let below = if p <= 0.5 {
            chi_squared_cdf(middle, df) < p
        } else {
            chi_squared_sf(middle, df) > 1.0 - p
        };
        *(if below { &mut low } else { &mut high }) = middle;
    }
    0.5 * (low + high)
}

/// P(X > x) of the F distribution with `df1` and `df2` degrees of freedom.
pub fn f_sf(x: f64, df1: f64, df2: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let total = df1 * x + df2;
    if !total.is_finite() {
        return 0.0;
    }
    beta_tails(df1 * x / total, df2 / total, 0.5 * df1, 0.5 * df2).upper
}

/// The x with P(X ≤ x) = `p` of the F distribution; infinite at 1.
pub fn f_quantile(p: f64, df1: f64, df2: f64) -> f64 {
    let (x, rest) = beta_inverse(Tails::from_lower(p), 0.5 * df1, 0.5 * df2);
    df2 * x / (df1 * rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::special::normal::{normal_cdf, normal_quantile, normal_upper_quantile};

    fn check(cases: &[(f64, f64)], relative: f64) {
        for (case, (actual, expected)) in cases.iter().enumerate() {
            let error = (actual - expected).abs() / expected.abs();
            assert!(
                error <= relative,
                "case {case}: {actual:e}, expected {expected:e}, relative error {error:e}"
            );
        }
    }

    /// mpmath 1.3.0 with 40 digits.
    #[test]
    fn distribution_functions_match_high_precision_values() {
        let beta = [
            (beta_cdf(1e-4, 2.5, 1000.5), 8.889_391_861_296_523e-4),
            (beta_cdf(0.5, 300.0, 5.0), 1.084_800_861_115_056_3e-83),
            (beta_cdf(0.9995, 99_990.0, 20.0), 4.754_439_634_251_564e-7),
            (beta_cdf(0.3, 0.5, 0.01), 0.012_120_287_407_853_187),
            (binomial_cdf(95, 100, 0.9), 0.976_288_917_336_523_2),
            (f_sf(22.25, 14.0, 30.0), 4.642_160_583_329_173e-12),
            (f_sf(3.2, 2.0, 7.0), 0.103_033_000_109_311_9),
            // Here the share of the beta distribution rounds to 1.
            (f_sf(1e20, 2.0, 1.0), 7.071_067_811_865_475e-11),
            (f_sf(1e18, 3.0, 0.5), 2.311_751_892_748_332e-5),
            (student_t_sf(5.0, 3.0), 0.007_696_219_036_651_15),
        ];
        check(&beta, 2e-13);
        let gamma = [
            (chi_squared_sf(14.0, 5.0), 0.015_609_416_100_266_915),
            (chi_squared_sf(60.0, 100.0), 0.999_481_108_537_452),
            (chi_squared_sf(120.0, 10.0), 5.060_046_065_842_574e-21),
            (chi_squared_sf(3.84, 1.0), 0.050_043_521_248_705_106),
            (normal_cdf(-8.0), 6.220_960_574_271_784e-16),
            (normal_cdf(-3.3), 4.834_241_423_837_772e-4),
            (normal_cdf(0.7), 0.758_036_347_776_927),
        ];
        check(&gamma, 2e-13);
    }

    /// mpmath 1.4.1 with 50 digits (cases special-003 to -020), and 1.3.0 with 40.
    #[test]
    fn quantiles_match_high_precision_values() {
        let beta = [
            (beta_quantile(0.95, 3.0, 298.0), 0.020_836_230_527_024_657),
            (beta_quantile(0.05, 0.5, 20.5), 9.707_775_858_233_174e-5),
            (beta_quantile(0.975, 1.5, 0.5), 0.999_614_419_019_244_1),
            (beta_quantile(0.05, 9999.0, 2.0), 0.999_525_702_340_834_6),
            (beta_quantile(0.05, 291.0, 10.0), 0.948_233_938_100_5),
            (beta_quantile(1e-10, 30.0, 0.7), 0.481_436_364_275_396_8),
            (beta_quantile(0.3, 0.2, 0.3), 0.021_446_585_037_983_22),
            (beta_quantile(0.3, 0.5, 3000.0), 2.474_706_628_258_032_5e-5),
            (beta_quantile(1e-12, 0.5, 3.0), 2.844_444_444_444_444_5e-25),
        ];
        check(&beta, 1e-12);
        let others = [
            (normal_quantile(0.975), 1.959_963_984_540_053_8),
            (normal_quantile(0.995), 2.575_829_303_548_900_4),
            (normal_quantile(0.999_999), 4.753_424_308_817_087),
            (normal_upper_quantile(1e-20), 9.262_340_089_798_407),
            (student_t_quantile(0.975, 9.0), 2.262_157_162_798_205),
            (student_t_quantile(0.995, 2.5), 7.163_728_138_948_783),
            (student_t_quantile(0.95, 999.0), 1.646_380_345_427_535_2),
        ];
        check(&others, 1e-12);
    }

    /// mpmath 1.3.0 with 40 digits.
    #[test]
    fn chi_squared_quantiles_keep_their_digits_in_either_tail() {
        let quantiles = [
            (chi_squared_quantile(1e-12, 5.0), 5.124_643_496_830_536e-5),
            (chi_squared_quantile(1e-12, 40.0), 4.660_083_155_185_233),
            (chi_squared_quantile(0.5, 0.7), 0.214_738_971_723_686_5),
            (chi_squared_quantile(0.3, 1.0), 0.148_471_861_832_545_44),
            (chi_squared_quantile(0.95, 1.0), 3.841_458_820_694_124_5),
            (chi_squared_quantile(0.999, 200.0), 267.540_527_822_757_2),
        ];
        check(&quantiles, 1e-12);
    }

    /// mpmath 1.3.0 with 40 digits, and the symmetry about 0.
    #[test]
    fn student_t_has_its_middle_and_its_ends() {
        let tails = [
            (student_t_sf(1e-8, 4.0), 0.499_999_996_25),
            (student_t_sf(0.0, 3.0), 0.5),
            (student_t_sf(3.0, 1.0), 0.102_416_382_349_566_73),
            (student_t_sf(1e10, 1.0), 3.183_098_861_837_907e-11),
            (student_t_sf(1e9, 0.5), 1.014_145_530_146_605_7e-5),
            (student_t_sf(50.0, 30.0), 9.357_708_829_611_356e-31),
            (student_t_sf(2.0, 0.5), 0.222_757_445_091_565_62),
        ];
        check(&tails, 2e-13);
        let exactly = |actual: f64, expected: f64| assert!(actual.total_cmp(&expected).is_eq());
        // Squares of the first two overflow.
        for far in [1e160, f64::MAX, f64::INFINITY] {
            exactly(student_t_sf(far, 3.0), 0.0);
            exactly(student_t_sf(-far, 3.0), 1.0);
            exactly(student_t_cdf(far, 3.0), 1.0);
        }
        let quantiles = [
            (student_t_quantile(1e-8, 1.0), -3.183_098_861_837_905_6e7),
            (student_t_quantile(1e-12, 1.0), -3.183_098_861_837_907e11),
            (student_t_quantile(1e-6, 0.5), -1.028_491_156_316_34e11),
            (student_t_quantile(0.25, 1.0), -1.0),
        ];
        check(&quantiles, 1e-12);
        exactly(student_t_quantile(0.5, 7.0).abs(), 0.0);
        exactly(student_t_quantile(0.0, 7.0), f64::NEG_INFINITY);
        exactly(student_t_quantile(1.0, 7.0), f64::INFINITY);
    }

    #[test]
    fn a_parameter_of_zero_puts_all_mass_on_one_end() {
        let exactly = |actual: f64, expected: f64| assert!(actual.total_cmp(&expected).is_eq());
        exactly(beta_quantile(0.05, 0.0, 5.0), 0.0);
        exactly(beta_quantile(0.95, 5.0, 0.0), 1.0);
        exactly(beta_quantile(0.05, 1.0, 1.0), 0.05);
    }

    #[test]
    fn binomial_probabilities_sum_to_one() {
        for (n, p) in [(1, 0.3), (20, 0.97), (300, 0.5)] {
            let sum: f64 = (0..=n).map(|k| binomial_pmf(k, n, p)).sum();
            let tail: f64 = (n / 2..=n).map(|k| binomial_pmf(k, n, p)).sum();
            check(&[(sum, 1.0), (binomial_at_least(n / 2, n, p), tail)], 1e-12);
        }
    }

    proptest! {
        #[test]
        fn quantiles_undo_distribution_functions(
            p in 1e-9..(1.0 - 1e-9),
            a in 0.05..2000.0_f64,
            b in 0.05..2000.0_f64,
        ) {
            let (x, y) = beta_inverse(Tails::from_lower(p), a, b);
            let tails = beta_tails(x, y, a, b);
            // x has 53 bits: where the distribution is steep at its end, p cannot come back better.
            if x > 1e-300 && y > 1e-300 {
                prop_assert!((tails.lower - p).abs() < 1e-11, "{} {}", tails.lower, p);
            }
            let t = student_t_quantile(p, a);
            prop_assert!((student_t_cdf(t, a) - p).abs() < 1e-12);
            prop_assert!((normal_cdf(normal_quantile(p)) - p).abs() < 1e-14);
            prop_assert!((1.0 - f_sf(f_quantile(p, a, b), a, b) - p).abs() < 1e-10);
            prop_assert!((chi_squared_cdf(chi_squared_quantile(p, a), a) - p).abs() < 1e-10);
        }
    }
}

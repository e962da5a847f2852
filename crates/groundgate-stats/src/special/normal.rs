//! The normal distribution, accurate in both tails.
//!
//! The complementary error function is computed here, since that of `statrs` 0.19 is right to 10
//! digits only.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI, SQRT_2};

use statrs::function::erf::erfc_inv;

/// The complementary error function: the series of Abramowitz and Stegun 7.1.6 near 0, the continued
/// fraction 7.1.14 beyond 2.
pub(super) fn erfc(x: f64) -> f64 {
    if x.abs() >= 2.0 {
        let tail = erfc_fraction(x.abs());
        return if x > 0.0 { tail } else { 2.0 - tail };
    }
    let square = x * x;
    let mut term = FRAC_2_SQRT_PI * x * (-square).exp();
    let mut sum = term;
    for k in 1..100_u32 {
        term *= 2.0 * square / f64::from(2 * k + 1);
        sum += term;
        if term.abs() < 1e-17 {
            break;
        }
    }
    1.0 - sum
}

/// erfc(x) for x ≥ 2, by Lentz's method.
fn erfc_fraction(x: f64) -> f64 {
    // Nothing is left beyond; of infinity the fraction is no number.
    let x = x.min(40.0);
    let mut c = f64::INFINITY;
    let mut d = 1.0 / x;
    let mut fraction = d;
    for k in 1..500_u32 {
        let numerator = 0.5 * f64::from(k);
        d = 1.0 / (x + numerator * d);
        c = x + numerator / c;
        let factor = c * d;
        fraction *= factor;
        if (factor - 1.0).abs() < 2e-16 {
            break;
        }
    }
    0.5 * FRAC_2_SQRT_PI * (-x * x).exp() * fraction
}

/// P(Z ≤ z) of the standard normal distribution.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z * FRAC_1_SQRT_2)
}

/// P(Z > z) of the standard normal distribution.
pub fn normal_sf(z: f64) -> f64 {
    normal_cdf(-z)
}

/// The density of the standard normal distribution.
pub fn normal_pdf(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// The z with P(Z ≤ z) = `p`; infinite at 0 and 1.
pub fn normal_quantile(p: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * p)
}

/// The z with P(Z > z) = `p`.
pub fn normal_upper_quantile(p: f64) -> f64 {
    -normal_quantile(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(f64, f64)], relative: f64) {
        for (case, (actual, expected)) in cases.iter().enumerate() {
            let error = (actual - expected).abs() / expected.abs();
            assert!(
                error <= relative,
                "case {case}: {actual:e}, expected {expected:e}, relative error {error:e}"
            );
        }
    }

    #[test]
    fn the_normal_distribution_ends_at_infinity() {
        for z in [40.0, 1e200, f64::INFINITY] {
            assert!(normal_cdf(-z) >= 0.0 && normal_cdf(-z) < 1e-300, "{z}");
            assert!((normal_cdf(z) - 1.0).abs() < 1e-15, "{z}");
        }
    }

    /// mpmath 1.3.0 with 40 digits: both sides of where `erfc` changes its method, and far tails.
    #[test]
    fn normal_values_are_right_to_the_last_digits() {
        let tails = [
            (normal_cdf(-2.83), 2.327_400_206_731_554e-3),
            (normal_cdf(-2.82), 2.401_182_474_189_253e-3),
            (normal_cdf(-37.0), 5.725_571_222_524_577e-300),
        ];
        check(&tails, 2e-13);
        let rest = [
            (normal_cdf(2.82), 0.997_598_817_525_810_8),
            (normal_cdf(5.0), 0.999_999_713_348_428_1),
            (normal_cdf(1e-10), 0.500_000_000_039_894_2),
            (normal_cdf(-1e-10), 0.499_999_999_960_105_8),
            (normal_quantile(1e-300), -37.047_096_299_361_2),
            (normal_quantile(0.001), -3.090_232_306_167_813_5),
            (normal_quantile(0.025), -1.959_963_984_540_054),
            (normal_quantile(0.3), -0.524_400_512_708_040_8),
            (normal_quantile(0.499_999), -2.506_628_274_566_559_4e-6),
            (normal_quantile(0.7), 0.524_400_512_708_040_7),
            (normal_quantile(0.9), 1.281_551_565_544_600_6),
            (normal_quantile(0.999), 3.090_232_306_167_813),
        ];
        check(&rest, 1e-15);
    }
}

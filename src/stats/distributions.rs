//! Distribution functions and their inverses, accurate in both tails.
//!
//! A thin layer over `statrs` for the gamma functions. Two functions are computed here. The
//! incomplete beta function, on which the binomial, Student's t and F stand: bounds at 300 of 300
//! passes live in its far tails, where differences of logarithms of gamma functions lose digits. And
//! the complementary error function: that of `statrs` 0.19 is right to 10 digits only.
//! Arguments outside a distribution's support are taken as the nearest end of it.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI, SQRT_2};

use statrs::function::{
    erf::erfc_inv,
    gamma::{gamma_lr, gamma_ur, ln_gamma},
};

use crate::unit::count_to_f64;

/// The two tails of a distribution at one point; each is computed without subtracting from 1 where
/// it is the smaller one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tails {
    /// P(X ≤ x).
    pub lower: f64,
    /// P(X > x).
    pub upper: f64,
}

impl Tails {
    const fn from_lower(lower: f64) -> Self {
        Self {
            lower,
            upper: 1.0 - lower,
        }
    }

    const fn from_upper(upper: f64) -> Self {
        Self {
            lower: 1.0 - upper,
            upper,
        }
    }

    const fn swapped(self) -> Self {
        Self {
            lower: self.upper,
            upper: self.lower,
        }
    }
}

/// The complementary error function: the series of Abramowitz and Stegun 7.1.6 near 0, the continued
/// fraction 7.1.14 beyond 2.
fn erfc(x: f64) -> f64 {
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
        if term.abs() < 1e-17 * sum.abs() {
            break;
        }
    }
    1.0 - sum
}

/// erfc(x) for x ≥ 2, by Lentz's method.
fn erfc_fraction(x: f64) -> f64 {
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
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let guess = -SQRT_2 * erfc_inv(2.0 * p);
    // One step of Newton's method, on the side where the tail is small.
    let step = if guess <= 0.0 {
        (normal_cdf(guess) - p) / normal_pdf(guess)
    } else {
        ((1.0 - p) - normal_sf(guess)) / normal_pdf(guess)
    };
    if step.is_finite() { guess - step } else { guess }
}

/// The z with P(Z > z) = `p`.
pub fn normal_upper_quantile(p: f64) -> f64 {
    -normal_quantile(p)
}

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

/// The density of the beta distribution; 0 outside (0, 1).
pub fn beta_pdf(x: f64, a: f64, b: f64) -> f64 {
    let inside = x > 0.0 && x < 1.0 && a > 0.0 && b > 0.0;
    if inside {
        beta_power_term(x, 1.0 - x, a, b) / (x * (1.0 - x))
    } else {
        0.0
    }
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

/// The tails of the beta distribution at `x`, with `y` = 1 − `x` given apart so that an `x` near 1
/// keeps its digits.
pub fn beta_tails(x: f64, y: f64, a: f64, b: f64) -> Tails {
    if a <= 0.0 || x >= 1.0 || y <= 0.0 {
        // All mass at 0, or all of the support below; mass at 1 counts as below 1 only there.
        return Tails::from_upper(0.0);
    }
    if b <= 0.0 || x <= 0.0 {
        return Tails::from_lower(0.0);
    }
    if b.total_cmp(&1.0).is_eq() {
        return one_power_tails(x, y, a);
    }
    if a.total_cmp(&1.0).is_eq() {
        return one_power_tails(y, x, b).swapped();
    }
    let front = beta_power_term(x, y, a, b);
    // How far the mean lies above x, in units of a + b.
    let above = if a > b {
        (a + b) * y - b
    } else {
        a - (a + b) * x
    };
    if a > 1.0 && b > 1.0 {
        return if above >= 0.0 {
            Tails::from_lower(front * beta_wide_fraction((x, y), a, b, above))
        } else {
            Tails::from_upper(front * beta_wide_fraction((y, x), b, a, -above))
        };
    }
    if x < (a + 1.0) / (a + b + 2.0) {
        Tails::from_lower(front * beta_fraction(x, a, b) / a)
    } else {
        Tails::from_upper(front * beta_fraction(y, b, a) / b)
    }
}

/// P(X ≤ x) = x^a of Beta(a, 1).
fn one_power_tails(x: f64, y: f64, a: f64) -> Tails {
    let logarithm = if x < 0.5 { x.ln() } else { (-y).ln_1p() };
    let lower = if a.total_cmp(&1.0).is_eq() {
        x
    } else {
        (a * logarithm).exp()
    };
    let upper = if lower < 0.5 {
        1.0 - lower
    } else {
        -(a * logarithm).exp_m1()
    };
    Tails { lower, upper }
}

/// x^a · y^b / B(a, b), by Loader's saddle-point form (C. Loader, "Fast and accurate computation of
/// binomial probabilities", 2000), which holds for parameters that are not whole numbers as well.
fn beta_power_term(x: f64, y: f64, a: f64, b: f64) -> f64 {
    saddle_point_mass(a, b, x, y) * (a * b / (a + b))
}

/// Γ(a+b+1) / (Γ(a+1) Γ(b+1)) · x^a · y^b for a, b > 0 and x + y = 1.
fn saddle_point_mass(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * x)
        - deviance(b, n * y);
    exponent.exp() * (n / (2.0 * PI * a * b)).sqrt()
}

/// ln Γ(n+1) minus Stirling's formula for it.
fn stirling_error(n: f64) -> f64 {
    const LN_SQRT_2_PI: f64 = 0.918_938_533_204_672_8;
    if n <= 15.0 {
        return ln_gamma(n + 1.0) - (n + 0.5) * n.ln() + n - LN_SQRT_2_PI;
    }
    let square = n * n;
    let series = 1.0 / 1188.0 - 691.0 / 360_360.0 / square;
    let series = 1.0 / 1680.0 - series / square;
    let series = 1.0 / 1260.0 - series / square;
    let series = 1.0 / 360.0 - series / square;
    (1.0 / 12.0 - series / square) / n
}

/// `x` ln(`x`/`mean`) + `mean` − `x`, without loss where both are close.
fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() - difference;
    }
    let ratio = difference / (x + mean);
    let square = ratio * ratio;
    let mut sum = difference * ratio;
    let mut power = 2.0 * x * ratio;
    for k in 1..1000_u32 {
        power *= square;
        let next = sum + power / f64::from(2 * k + 1);
        if next.total_cmp(&sum).is_eq() {
            break;
        }
        sum = next;
    }
    sum
}

/// The continued fraction of DiDonato and Morris (TOMS 708, 1992) for a, b > 1 and x at most the
/// mean: every term is positive, so that large parameters lose no digits.
fn beta_wide_fraction((x, y): (f64, f64), a: f64, b: f64, above: f64) -> f64 {
    let first = 1.0 + above;
    let (ratio, start) = (b / a, 1.0 + 1.0 / a);
    let (mut p, mut s) = (1.0, a + 1.0);
    let (mut numerator, mut denominator) = ((0.0, 1.0), (1.0, first / start));
    let mut fraction = start / first;
    for n in 1..100_000_u32 {
        let n = f64::from(n);
        let t = n / a;
        let w = n * (b - n) * x;
        let e = a / s;
        let alpha = p * (p + ratio) * e * e * w * x;
        let e = (t + 1.0) / (start + 2.0 * t);
        let beta = n + w / s + e * (first + n * (y + 1.0));
        p = t + 1.0;
        s += 2.0;
        let next = (
            alpha * numerator.0 + beta * numerator.1,
            alpha * denominator.0 + beta * denominator.1,
        );
        let previous = fraction;
        fraction = next.0 / next.1;
        if (fraction - previous).abs() <= 1e-16 * fraction {
            break;
        }
        numerator = (numerator.1 / next.1, fraction);
        denominator = (denominator.1 / next.1, 1.0);
    }
    fraction
}

/// The continued fraction of the incomplete beta function, by Lentz's method; fast for
/// x < (a + 1) / (a + b + 2).
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| {
        if value.abs() < TINY { TINY } else { value }
    };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..100_000_u32 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() < 2e-16 {
            break;
        }
    }
    fraction
}

/// The point x with the given tails, and 1 − x.
fn beta_inverse(target: Tails, a: f64, b: f64) -> (f64, f64) {
    if a <= 0.0 || (target.lower <= 0.0 && b > 0.0) {
        return (0.0, 1.0);
    }
    if b <= 0.0 || target.upper <= 0.0 {
        return (1.0, 0.0);
    }
    if b.total_cmp(&1.0).is_eq() {
        return one_power_inverse(target, a);
    }
    if a.total_cmp(&1.0).is_eq() {
        let (y, x) = one_power_inverse(target.swapped(), b);
        return (x, y);
    }
    if a > b {
        // Solve where the point is small: its logarithm then carries all digits.
        let (y, x) = beta_inverse_of_small(target.swapped(), b, a);
        return (x, y);
    }
    beta_inverse_of_small(target, a, b)
}

/// The point of Beta(a, 1), and 1 minus it: lower = x^a.
fn one_power_inverse(target: Tails, a: f64) -> (f64, f64) {
    if a.total_cmp(&1.0).is_eq() {
        return (target.lower, target.upper);
    }
    let logarithm = if target.lower < 0.5 {
        target.lower.ln()
    } else {
        (-target.upper).ln_1p()
    } / a;
    (logarithm.exp(), -logarithm.exp_m1())
}

/// Newton's method in ln x on the logarithm of the smaller tail, kept inside a bracket.
fn beta_inverse_of_small(target: Tails, a: f64, b: f64) -> (f64, f64) {
    let by_lower = target.lower <= 0.5;
    let (mut low, mut high) = (-745.0_f64, 0.0_f64);
    let mut u = beta_inverse_guess(target, a, b).clamp(-744.0, -1e-17);
    for _ in 0..200 {
        let (x, y) = (u.exp(), -u.exp_m1());
        let tails = beta_tails(x, y, a, b);
        let error = if by_lower {
            (tails.lower / target.lower).ln()
        } else {
            -(tails.upper / target.upper).ln()
        };
        *(if error < 0.0 { &mut low } else { &mut high }) = u;
        let density = beta_power_term(x, y, a, b) / y;
        let slope = density / if by_lower { tails.lower } else { tails.upper };
        let newton = u - error / slope;
        let next = if newton > low && newton < high {
            newton
        } else {
            0.5 * (low + high)
        };
        let step = (next - u).abs();
        u = next;
        if step <= 2e-16 * u.abs().max(1e-3) {
            break;
        }
    }
    (u.exp(), -u.exp_m1())
}

/// A first ln x: the normal approximation to logit X where that is sound, the power law near 0
/// otherwise.
fn beta_inverse_guess(target: Tails, a: f64, b: f64) -> f64 {
    let z = if target.lower <= 0.5 {
        normal_quantile(target.lower)
    } else {
        -normal_quantile(target.upper)
    };
    if a > 0.6 {
        // Abramowitz and Stegun 26.5.22.
        let (ra, rb) = (1.0 / (2.0 * a - 1.0), 1.0 / (2.0 * b - 1.0));
        let lambda = (z * z - 3.0) / 6.0;
        let h = 2.0 / (ra + rb);
        let root = (h + lambda).max(0.0).sqrt();
        let w = -z * root / h - (rb - ra) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
        -(b / a * (2.0 * w).exp()).ln_1p()
    } else {
        let ln_beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
        ((target.lower * a).ln() + ln_beta) / a
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(name: &str, actual: f64, expected: f64, relative: f64) {
        let error = (actual - expected).abs() / expected.abs();
        assert!(
            error <= relative,
            "{name}: {actual:e}, expected {expected:e}, relative error {error:e}"
        );
    }

    /// mpmath 1.3.0 with 40 digits.
    #[test]
    fn distribution_functions_match_high_precision_values() {
        let cases = [
            ("beta small x", beta_cdf(1e-4, 2.5, 1000.5), 8.889_391_861_296_523e-4),
            ("beta far tail", beta_cdf(0.5, 300.0, 5.0), 1.084_800_861_115_056_3e-83),
            ("beta large a", beta_cdf(0.9995, 99_990.0, 20.0), 4.754_439_634_251_564e-7),
            ("beta below one", beta_cdf(0.3, 0.5, 0.01), 0.012_120_287_407_853_187),
            ("binomial", binomial_cdf(95, 100, 0.9), 0.976_288_917_336_523_2),
            ("chi-squared", chi_squared_sf(14.0, 5.0), 0.015_609_416_100_266_915),
            ("chi-squared middle", chi_squared_sf(60.0, 100.0), 0.999_481_108_537_451_97),
            ("chi-squared tail", chi_squared_sf(120.0, 10.0), 5.060_046_065_842_574e-21),
            ("normal tail", normal_cdf(-8.0), 6.220_960_574_271_784e-16),
            ("normal", normal_cdf(-3.3), 4.834_241_423_837_772e-4),
            ("normal middle", normal_cdf(0.7), 0.758_036_347_776_927),
            ("F", f_sf(22.25, 14.0, 30.0), 4.642_160_583_329_173e-12),
            ("F middle", f_sf(3.2, 2.0, 7.0), 0.103_033_000_109_311_9),
            ("t", student_t_sf(5.0, 3.0), 0.007_696_219_036_651_15),
        ];
        for (name, actual, expected) in cases {
            check(name, actual, expected, 2e-13);
        }
    }

    /// mpmath 1.4.1 with 50 digits (cases `special-*`), and 1.3.0 with 40.
    #[test]
    fn quantiles_match_high_precision_values() {
        let cases = [
            ("special-003", beta_quantile(0.95, 3.0, 298.0), 0.020_836_230_527_024_657),
            ("special-005", beta_quantile(0.05, 0.5, 20.5), 9.707_775_858_233_174e-5),
            ("special-006", beta_quantile(0.975, 1.5, 0.5), 0.999_614_419_019_244_1),
            ("special-008", beta_quantile(0.05, 9999.0, 2.0), 0.999_525_702_340_834_6),
            ("beta", beta_quantile(0.05, 291.0, 10.0), 0.948_233_938_100_500_02),
            ("beta tail", beta_quantile(1e-10, 30.0, 0.7), 0.481_436_364_275_396_8),
            ("beta below one", beta_quantile(0.3, 0.2, 0.3), 0.021_446_585_037_983_22),
            ("beta steep", beta_quantile(0.3, 0.5, 3000.0), 2.474_706_628_258_032_5e-5),
            ("beta tiny", beta_quantile(1e-12, 0.5, 3.0), 2.844_444_444_444_444_5e-25),
            ("special-010", normal_quantile(0.975), 1.959_963_984_540_053_8),
            ("special-011", normal_quantile(0.995), 2.575_829_303_548_900_4),
            ("special-012", normal_quantile(0.999_999), 4.753_424_308_817_087),
            ("special-015", normal_upper_quantile(1e-20), 9.262_340_089_798_407),
            ("special-018", student_t_quantile(0.975, 9.0), 2.262_157_162_798_205),
            ("special-019", student_t_quantile(0.995, 2.5), 7.163_728_138_948_783),
            ("special-020", student_t_quantile(0.95, 999.0), 1.646_380_345_427_535_2),
        ];
        for (name, actual, expected) in cases {
            check(name, actual, expected, 1e-12);
        }
    }

    #[test]
    fn a_parameter_of_zero_puts_all_mass_on_one_end() {
        assert_eq!(beta_quantile(0.05, 0.0, 5.0), 0.0);
        assert_eq!(beta_quantile(0.95, 5.0, 0.0), 1.0);
        assert_eq!(beta_quantile(0.05, 1.0, 1.0), 0.05);
    }

    #[test]
    fn binomial_probabilities_sum_to_one() {
        for (n, p) in [(1, 0.3), (20, 0.97), (300, 0.5)] {
            let sum: f64 = (0..=n).map(|k| binomial_pmf(k, n, p)).sum();
            check("sum", sum, 1.0, 1e-13);
            let tail: f64 = (n / 2..=n).map(|k| binomial_pmf(k, n, p)).sum();
            check("tail", binomial_at_least(n / 2, n, p), tail, 1e-12);
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

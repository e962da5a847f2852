//! The incomplete beta function and its inverse: one tail, or the other, to full relative accuracy.
//!
//! Bounds at 300 of 300 passes live in its far tails, where differences of logarithms of gamma
//! functions lose digits; the power term is therefore Loader's, and the continued fraction that of
//! TOMS 708. `distributions` gives the results their everyday names.

#![expect(clippy::many_single_char_names, reason = "the formulas' own letters")]

use std::f64::consts::PI;

use statrs::function::gamma::ln_gamma;

use crate::special::normal::normal_quantile;

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
    pub(crate) const fn from_lower(lower: f64) -> Self {
        Self {
            lower,
            upper: 1.0 - lower,
        }
    }

    pub(crate) const fn from_upper(upper: f64) -> Self {
        Self {
            lower: 1.0 - upper,
            upper,
        }
    }

    pub(crate) const fn swapped(self) -> Self {
        Self {
            lower: self.upper,
            upper: self.lower,
        }
    }
}

/// The tails of the beta distribution at `x`, with `y` = 1 − `x` given apart so that an `x` near 1
/// keeps its digits.
pub fn beta_tails(x: f64, y: f64, a: f64, b: f64) -> Tails {
    // An x that only rounds to 1 has a y above 0, and mass beyond it.
    if a <= 0.0 || y <= 0.0 {
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
            Tails::from_lower(front * beta_wide_fraction(x, y, a, b, above))
        } else {
            Tails::from_upper(front * beta_wide_fraction(y, x, b, a, -above))
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
    Tails {
        lower,
        upper: -(a * logarithm).exp_m1(),
    }
}

/// x^a · y^b / B(a, b), by Loader's saddle-point form (C. Loader, "Fast and accurate computation of
/// binomial probabilities", 2000), which holds for parameters that are not whole numbers as well.
pub(crate) fn beta_power_term(x: f64, y: f64, a: f64, b: f64) -> f64 {
    saddle_point_mass(a, b, x, y) * (a * b / (a + b))
}

/// Γ(a+b+1) / (Γ(a+1) Γ(b+1)) · x^a · y^b for a, b > 0 and x + y = 1.
pub(crate) fn saddle_point_mass(a: f64, b: f64, x: f64, y: f64) -> f64 {
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

/// The continued fraction of Didonato and Morris (TOMS 708, 1992) for a, b > 1 and x at most the
/// mean: every term is positive, so that large parameters lose no digits.
fn beta_wide_fraction(x: f64, y: f64, a: f64, b: f64, above: f64) -> f64 {
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

/// The continued fraction of the incomplete beta function, by Lentz's method, for
/// x < (a + 1) / (a + b + 2): there it is fast, and its denominators stay above 2 / (a + b + 2).
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / (1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..100_000_u32 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / (1.0 + even * d);
        c = 1.0 + even / c;
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / (1.0 + odd * d);
        c = 1.0 + odd / c;
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() < 2e-16 {
            break;
        }
    }
    fraction
}

/// The point x with the given tails, and 1 − x.
pub(crate) fn beta_inverse(target: Tails, a: f64, b: f64) -> (f64, f64) {
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
    // Solve where the point is at most one half: its logarithm then carries all digits.
    if beta_tails(0.5, 0.5, a, b).lower >= target.lower {
        return beta_inverse_of_small(target, a, b);
    }
    let (y, x) = beta_inverse_of_small(target.swapped(), b, a);
    (x, y)
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

/// For a point up to one half: Newton's method in ln x on the logarithm of the smaller tail, kept
/// inside a bracket.
fn beta_inverse_of_small(target: Tails, a: f64, b: f64) -> (f64, f64) {
    let by_lower = target.lower <= 0.5;
    let (mut low, mut high) = (-745.0, -0.69);
    let mut u = beta_inverse_guess(target, a, b).clamp(-744.0, -0.7);
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
        if step <= 2e-16 * u.abs() {
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
    if a.min(b) > 0.6 {
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
#[path = "incomplete_beta_tests.rs"]
mod tests;

//! Roots and peaks of functions of one variable, and the one cast from a number to a count.

use std::ops::RangeInclusive;

/// Where `f`, which falls, crosses 0 between the ends of `bracket`; the end nearest to the root when
/// it does not cross. C. Ridders' method (1979): quadratic for smooth functions, and never worse than
/// bisection.
pub(crate) fn falling_root(bracket: RangeInclusive<f64>, f: impl Fn(f64) -> f64) -> f64 {
    let (low, high) = bracket.into_inner();
    let tolerance = 1e-15 * (high - low);
    let (mut low, mut high) = ((low, f(low)), (high, f(high)));
    if low.1 <= 0.0 {
        return low.0;
    }
    if high.1 >= 0.0 {
        return high.0;
    }
    let mut last_guess = f64::INFINITY;
    for _ in 0..100 {
        let x = 0.5 * (low.0 + high.0);
        if high.0 - low.0 <= tolerance || x <= low.0 || x >= high.0 {
            break;
        }
        let middle = (x, f(x));
        let guess = x + (x - low.0) * middle.1 / (middle.1 * middle.1 - low.1 * high.1).sqrt();
        *(if middle.1 > 0.0 { &mut low } else { &mut high }) = middle;
        if guess > low.0 && guess < high.0 {
            let point = (guess, f(guess));
            *(if point.1 > 0.0 { &mut low } else { &mut high }) = point;
            if (guess - last_guess).abs() <= tolerance || point.1.abs() <= 0.0 {
                return guess;
            }
            last_guess = guess;
        }
    }
    0.5 * (low.0 + high.0)
}

/// The largest value of `f`, which has one peak on the interval, by golden-section search.
pub(crate) fn peak(interval: RangeInclusive<f64>, steps: usize, f: impl Fn(f64) -> f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut low, mut high) = interval.into_inner();
    let inner = |from: f64, to: f64| to - GOLDEN * (to - from);
    let mut left = inner(low, high);
    let mut right = low + high - left;
    let (mut at_left, mut at_right) = (f(left), f(right));
    let mut best = at_left.max(at_right);
    for _ in 0..steps {
        if at_left > at_right {
            high = right;
            (right, at_right) = (left, at_left);
            left = inner(low, high);
            at_left = f(left);
        } else {
            low = left;
            (left, at_left) = (right, at_right);
            right = low + high - inner(low, high);
            at_right = f(right);
        }
        best = best.max(at_left).max(at_right);
    }
    best
}

/// The whole part of a number, 0 for negative ones.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, which is what is wanted"
)]
pub(crate) fn floor_to_count(value: f64) -> usize {
    value.max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_exact_and_ends_are_kept() {
        let root = falling_root(0.0..=10.0, |x| 2.0 - x * x);
        assert!((root - 2.0_f64.sqrt()).abs() < 1e-14);
        let steep = falling_root(-1.0..=1.0, |x| (-1e6 * (x - 0.3)).tanh());
        assert!((steep - 0.3).abs() < 1e-12);
        let jump = falling_root(0.0..=1.0, |x| if x < 0.25 { 1.0 } else { -1.0 });
        assert!((jump - 0.25).abs() < 1e-12);
        assert!(falling_root(0.0..=1.0, |x| -1.0 - x) <= 0.0);
        assert!(falling_root(0.0..=1.0, |x| 2.0 - x) >= 1.0);
    }

    #[test]
    fn a_root_at_an_end_is_that_end() {
        let exactly = |actual: f64, expected: f64| assert!(actual.total_cmp(&expected).is_eq());
        exactly(falling_root(0.0..=1.0, |x| -x), 0.0);
        exactly(falling_root(0.0..=1.0, |x| 1.0 - x), 1.0);
    }

    /// A jump leaves bisection only, down to 1e-15 of the bracket or the last bit of the root.
    #[test]
    fn a_bracket_is_narrowed_by_its_own_width() {
        for (low, high, jump, within) in [
            (1e6, 1e6 + 1.0, 1e6 + 0.3, 3e-10),
            (0.0, 1e-6, 2.5e-7, 1e-20),
        ] {
            let root = falling_root(low..=high, |x| if x < jump { 1.0 } else { -1.0 });
            assert!((root - jump).abs() < within, "{root}");
        }
    }

    /// Bisection would need 50 values.
    #[test]
    fn smooth_roots_take_few_values() {
        for (ends, root) in [(0.0..=10.0, 2.0_f64.ln()), (-3.0..=1.0, -0.3)] {
            let count = std::cell::Cell::new(0);
            let found = falling_root(ends, |x| {
                count.set(count.get() + 1);
                (root - x).exp() - 1.0
            });
            assert!((found - root).abs() < 1e-14, "{found}");
            assert!(count.get() <= 16, "{} values", count.get());
        }
    }

    /// Each step leaves 0.618 of the interval.
    #[test]
    fn a_peak_is_found() {
        for top in [0.0, 0.05, 0.37, 0.5, 0.81, 1.0] {
            let mut width = 1.0_f64;
            for steps in 0..40 {
                let height = peak(0.0..=1.0, steps, |x| 3.0 - (x - top).powi(2));
                let gap = 3.0 - height;
                assert!(
                    (0.0..=(0.618_1 * width).powi(2) + 1e-15).contains(&gap),
                    "{top} {steps}: {gap}"
                );
                width *= 0.618_1;
            }
        }
    }
}

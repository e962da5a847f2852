//! Exact power of "the pass rate is above τ" with Clopper and Pearson's bound.

use crate::{
    error::StatsError,
    parameter::{at_least, closed_unit, error_rate, open_unit},
    special::distributions::binomial_at_least,
};

/// Sample sizes beyond this are not searched.
const N_MAX: usize = 100_000;

/// A gate on a pass rate: from how many passes on it passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AbsoluteGate {
    /// Answers.
    pub n: usize,
    /// The fewest passes whose p-value is below α. `None`: not even all of them are enough.
    pub min_passes: Option<usize>,
    /// The probability to pass at a true rate of τ, the threshold; at most α.
    pub size: f64,
}

impl AbsoluteGate {
    /// The probability to pass when the true rate is `p`.
    pub fn power(&self, p: f64) -> f64 {
        (self.min_passes).map_or(0.0, |min_passes| binomial_at_least(min_passes, self.n, p))
    }
}

/// The gate "above `tau`" with `n` answers at one-sided error rate `alpha`.
pub fn absolute_gate(n: usize, tau: f64, alpha: f64) -> Result<AbsoluteGate, StatsError> {
    at_least(1, n)?;
    open_unit("tau", tau)?;
    error_rate(alpha)?;
    Ok(gate(n, tau, alpha))
}

/// Few failures are allowed when τ is high; the search is over passes, whose tail falls.
fn gate(n: usize, tau: f64, alpha: f64) -> AbsoluteGate {
    let (mut low, mut high) = (0, n + 1);
    while low < high {
        let middle = low.midpoint(high);
        if middle > n || binomial_at_least(middle, n, tau) < alpha {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    let min_passes = (low <= n).then_some(low);
    AbsoluteGate {
        n,
        min_passes,
        size: min_passes.map_or(0.0, |passes| binomial_at_least(passes, n, tau)),
    }
}

/// The smallest n with at least `power` when the true rate is `p`; some larger n can have a little
/// less, because passes are whole. `None`: none up to 100,000.
pub fn absolute_required_n(
    tau: f64,
    p: f64,
    alpha: f64,
    power: f64,
) -> Result<Option<usize>, StatsError> {
    open_unit("tau", tau)?;
    closed_unit("p", p)?;
    error_rate(alpha)?;
    open_unit("power", power)?;
    if p <= tau {
        return Ok(None);
    }
    // More answers with the same number of allowed failures only lower the power, so that the least n
    // is one that allows one failure more than n − 1.
    let mut failures = 0;
    for n in 1..=N_MAX {
        if binomial_at_least(n - failures, n, tau) < alpha {
            if binomial_at_least(n - failures, n, p) >= power {
                return Ok(Some(n));
            }
            failures += 1;
        }
    }
    Ok(None)
}

/// The smallest true rate that a gate on `n` answers passes with at least `power`. `None`: not even a
/// rate of 1 passes, n is too small for τ.
pub fn absolute_minimum_detectable(
    n: usize,
    tau: f64,
    alpha: f64,
    power: f64,
) -> Result<Option<f64>, StatsError> {
    open_unit("power", power)?;
    let gate = absolute_gate(n, tau, alpha)?;
    if gate.min_passes.is_none() {
        return Ok(None);
    }
    let (mut low, mut high) = (tau, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        *(if gate.power(middle) < power {
            &mut low
        } else {
            &mut high
        }) = middle;
    }
    Ok(Some(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_scipy() {
        // scipy 1.17.1, binom.sf.
        for (n, p, min_passes, power, size) in [
            (
                100,
                0.93,
                92,
                0.733_965_855_735_107,
                0.027_475_691_410_310_345,
            ),
            (
                300,
                0.9,
                266,
                0.808_647_221_769_232_6,
                0.041_055_905_848_968_316,
            ),
        ] {
            let gate = absolute_gate(n, 0.85, 0.05).unwrap();
            assert_eq!(gate.min_passes, Some(min_passes));
            assert!((gate.power(p) - power).abs() < 1e-12, "{gate:?}");
            assert!((gate.size - size).abs() < 1e-12, "{gate:?}");
        }
    }

    #[test]
    fn too_few_answers_can_never_pass() {
        // The rule of three: 0.95^58 is above 5 %, 0.95^59 below.
        let gate = absolute_gate(58, 0.95, 0.05).unwrap();
        assert_eq!((gate.min_passes, gate.size), (None, 0.0));
        assert_eq!(absolute_gate(59, 0.95, 0.05).unwrap().min_passes, Some(59));
        assert_eq!(absolute_minimum_detectable(58, 0.95, 0.05, 0.8), Ok(None));
    }

    #[test]
    fn a_p_value_of_alpha_is_not_below_it() {
        // P(1 of 1) = τ = α, without rounding.
        assert_eq!(absolute_gate(1, 0.25, 0.25).unwrap().min_passes, None);
        // P(2 of 2) = 1/16.
        let gate = absolute_gate(2, 0.25, 0.0625).unwrap();
        assert_eq!(gate.min_passes, None);
        let n = absolute_required_n(0.25, 1.0, 0.0625, 0.8).unwrap();
        assert_eq!(n, Some(3));
    }

    /// Powers zigzag between neighbors; the search must not step over one.
    #[test]
    fn the_required_n_is_the_first_that_has_the_power() {
        for (tau, p, power) in [(0.5, 0.6, 0.8), (0.85, 0.9, 0.85), (0.5, 0.54, 0.56)] {
            let n = absolute_required_n(tau, p, 0.05, power).unwrap().unwrap();
            let enough = |n: usize| absolute_gate(n, tau, 0.05).unwrap().power(p) >= power;
            assert!(enough(n) && !(1..n).any(enough), "{tau} {p}: {n}");
        }
        // scipy 1.17.1, binom.sf at every n.
        assert_eq!(absolute_required_n(0.5, 0.54, 0.05, 0.56), Ok(Some(506)));
        assert_eq!(absolute_required_n(0.6, 0.65, 0.05, 0.95), Ok(Some(1018)));
    }

    #[test]
    fn required_n_of_the_design() {
        for (tau, p, for_80, for_90) in [
            (0.80, 0.90, 82, 112),
            (0.85, 0.90, 281, 379),
            (0.85, 0.93, 102, 134),
            (0.90, 0.95, 179, 239),
            (0.95, 0.98, 234, 311),
            (0.95, 0.99, 124, 153),
        ] {
            let n = |power| absolute_required_n(tau, p, 0.05, power).unwrap();
            assert_eq!((n(0.8), n(0.9)), (Some(for_80), Some(for_90)), "{tau} {p}");
        }
        assert_eq!(absolute_required_n(0.9, 0.9, 0.05, 0.8), Ok(None));
        assert_eq!(absolute_required_n(0.9, 0.901, 0.05, 0.8), Ok(None));
    }

    #[test]
    fn the_minimum_detectable_rate_has_the_power() {
        let p = absolute_minimum_detectable(100, 0.85, 0.05, 0.8)
            .unwrap()
            .unwrap();
        let power = absolute_gate(100, 0.85, 0.05).unwrap().power(p);
        assert!((power - 0.8).abs() < 1e-9, "{p} {power}");
    }
}

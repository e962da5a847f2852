//! Intervals for what is known only up to missing values, for display.
//!
//! Gates need nothing of this: each of their bounds is one-sided and computed from the worst case
//! ([`crate::Observation`]).

use crate::{
    error::StatsError,
    interval::binomial::Interval,
    parameter::open_unit,
    special::{
        normal::{normal_cdf, normal_sf},
        root::falling_root,
    },
};

/// An end of what is known, estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EstimatedEnd {
    /// Where it is.
    pub value: f64,
    /// The standard error of that.
    pub se: f64,
}

/// Imbens and Manski's interval (Econometrica 72:1845, 2004): it covers the parameter, which lies
/// somewhere between two estimated ends, with probability 1 − `alpha`. Gives the interval and the number of standard errors it used.
pub fn imbens_manski(
    low: EstimatedEnd,
    high: EstimatedEnd,
    alpha: f64,
) -> Result<(Interval, f64), StatsError> {
    open_unit("alpha", alpha)?;
    let EstimatedEnd {
        value: low,
        se: low_se,
    } = low;
    let EstimatedEnd {
        value: high,
        se: high_se,
    } = high;
    let largest = low_se.max(high_se);
    let width = (high - low) / largest;
    let usable = low_se > 0.0 && high_se > 0.0 && largest.is_finite();
    if !usable || !width.is_finite() || width < 0.0 {
        return Err(StatsError::Parameter {
            name: "the standard error",
            value: largest,
        });
    }
    let errors = falling_root(0.0..=40.0, |c| {
        normal_sf(c + width) + normal_cdf(-c) - alpha
    });
    let interval = Interval {
        low: low - errors * low_se,
        high: high + errors * high_se,
    };
    Ok((interval, errors))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn end(value: f64, se: f64) -> EstimatedEnd {
        EstimatedEnd { value, se }
    }

    #[test]
    fn one_point_gets_the_normal_interval_and_a_wide_set_one_sided_arms() {
        // scipy 1.17.1, norm.isf(0.025) and norm.isf(0.05).
        for (high, errors) in [(0.4, 1.959_963_984_540_054), (0.9, 1.644_853_626_951_472_7)] {
            let (interval, found) = imbens_manski(end(0.4, 0.01), end(high, 0.02), 0.05).unwrap();
            assert!((found - errors).abs() < 1e-9, "{found}");
            assert!((interval.low - (0.4 - 0.01 * errors)).abs() < 1e-9);
            assert!((interval.high - (high + 0.02 * errors)).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_no_interval_is_an_error() {
        let (usual, infinite) = (end(0.4, 0.1), f64::INFINITY);
        for (low, high, alpha) in [
            (end(0.5, 0.1), usual, 0.05),
            (end(0.4, 0.0), usual, 0.05),
            (end(0.4, infinite), usual, 0.05),
            (end(-infinite, 0.1), usual, 0.05),
            (end(f64::NAN, 0.1), usual, 0.05),
            (usual, end(0.5, 0.0), 0.05),
            (usual, end(0.5, -0.1), 0.05),
            (usual, end(0.5, f64::NAN), 0.05),
            (usual, usual, 0.0),
            (usual, usual, f64::NAN),
        ] {
            let found = imbens_manski(low, high, alpha);
            assert!(found.is_err(), "{low:?} {high:?} {alpha}: {found:?}");
        }
    }
}

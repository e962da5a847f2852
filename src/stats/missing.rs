//! Intervals for what is known only up to missing values, for display.
//!
//! Gates need nothing of this: each of their bounds is one-sided and computed from the worst case
//! ([`crate::stats::Observation`]).

use crate::stats::{
    binomial::Interval,
    distributions::{normal_cdf, normal_sf},
    error::StatsError,
    root::falling_root,
};

/// Imbens and Manski's interval (Econometrica 72:1845, 2004): it covers the parameter, which lies
/// somewhere between two estimated ends, with probability 1 − `alpha`. Ends are (estimate, standard
/// error). Gives the interval and the number of standard errors it used.
pub fn imbens_manski(
    (low, low_se): (f64, f64),
    (high, high_se): (f64, f64),
    alpha: f64,
) -> Result<(Interval, f64), StatsError> {
    let largest = low_se.max(high_se);
    let usable = low <= high && low_se > 0.0 && high_se > 0.0 && largest.is_finite();
    if !usable {
        return Err(StatsError::Parameter {
            name: "the standard error",
            value: largest,
        });
    }
    let width = (high - low) / largest;
    let errors = falling_root((0.0, 40.0), |c| {
        normal_sf(c + width) + normal_cdf(-c) - alpha
    });
    let interval = Interval {
        low: low - errors * low_se,
        high: high + errors * high_se,
    };
    Ok((interval, errors))
}

//! Checks of a method's parameters, so that a wrong one is an error by name and never a NaN.

use crate::stats::error::StatsError;

/// `value`, if it is strictly between 0 and 1.
pub(crate) fn open_unit(name: &'static str, value: f64) -> Result<f64, StatsError> {
    keep(name, value, value > 0.0 && value < 1.0)
}

/// `value`, if it is from 0 to 1.
pub(crate) fn closed_unit(name: &'static str, value: f64) -> Result<f64, StatsError> {
    keep(name, value, (0.0..=1.0).contains(&value))
}

/// `value`, if it is finite and above 0.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, StatsError> {
    keep(name, value, value.is_finite() && value > 0.0)
}

/// `value`, if it is finite and not below 0.
pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<f64, StatsError> {
    keep(name, value, value.is_finite() && value >= 0.0)
}

/// `value`, if it is finite.
pub(crate) fn finite(name: &'static str, value: f64) -> Result<f64, StatsError> {
    keep(name, value, value.is_finite())
}

/// `alpha`, if it is a one-sided error rate: strictly between 0 and 1/2.
pub(crate) fn error_rate(alpha: f64) -> Result<f64, StatsError> {
    if alpha > 0.0 && alpha < 0.5 {
        Ok(alpha)
    } else {
        Err(StatsError::Alpha(alpha))
    }
}

/// At least `needed` observations.
pub(crate) fn at_least(needed: usize, got: usize) -> Result<usize, StatsError> {
    if got == 0 {
        Err(StatsError::NoData)
    } else if got < needed {
        Err(StatsError::TooFew { needed, got })
    } else {
        Ok(got)
    }
}

/// Every value finite.
pub(crate) fn all_finite(values: &[f64]) -> Result<(), StatsError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => {
            let value = values.get(index).copied().unwrap_or(f64::NAN);
            Err(StatsError::NotANumber {
                index,
                low: value,
                high: value,
            })
        }
    }
}

/// Every value on the scale from `low` to `high`.
pub(crate) fn all_within(values: &[f64], low: f64, high: f64) -> Result<(), StatsError> {
    all_finite(values)?;
    let outside = |value: &f64| *value < low || *value > high;
    match (values.iter().enumerate()).find(|(_, value)| outside(value)) {
        None => Ok(()),
        Some((index, value)) => Err(StatsError::OutOfScale {
            index,
            value: *value,
            low,
            high,
        }),
    }
}

fn keep(name: &'static str, value: f64, good: bool) -> Result<f64, StatsError> {
    if good {
        Ok(value)
    } else {
        Err(StatsError::Parameter { name, value })
    }
}

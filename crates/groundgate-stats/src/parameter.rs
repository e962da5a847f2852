//! Checks of a method's parameters, so that a wrong one is an error by name and never a NaN.

use crate::error::StatsError;

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

#[cfg(test)]
mod tests {
    use super::*;

    /// The values that `check` lets pass.
    fn kept(check: fn(&'static str, f64) -> Result<f64, StatsError>) -> Vec<f64> {
        let tiny = f64::MIN_POSITIVE;
        let values = [
            f64::NEG_INFINITY,
            -1.0,
            -tiny,
            0.0,
            tiny,
            1.0 - 1e-16,
            1.0,
            1.0 + 1e-15,
            f64::INFINITY,
            f64::NAN,
        ];
        (values.into_iter())
            .filter(|value| match check("x", *value) {
                Ok(same) => same.total_cmp(value).is_eq(),
                Err(StatsError::Parameter { name: "x", .. }) => false,
                Err(other) => panic!("{other}"),
            })
            .collect()
    }

    #[test]
    fn ranges_have_their_ends_or_do_not() {
        let tiny = f64::MIN_POSITIVE;
        let (below, above) = (1.0 - 1e-16, 1.0 + 1e-15);
        assert_eq!(kept(open_unit), [tiny, below]);
        assert_eq!(kept(closed_unit), [0.0, tiny, below, 1.0]);
        assert_eq!(kept(positive), [tiny, below, 1.0, above]);
        assert_eq!(kept(not_negative), [0.0, tiny, below, 1.0, above]);
        assert_eq!(kept(finite), [-1.0, -tiny, 0.0, tiny, below, 1.0, above]);
    }

    #[test]
    fn an_error_rate_is_between_nothing_and_one_half() {
        for good in [1e-300, 0.05, 0.5 - 1e-16] {
            assert_eq!(error_rate(good), Ok(good));
        }
        for bad in [0.0, -0.05, 0.5, 0.95] {
            assert_eq!(error_rate(bad), Err(StatsError::Alpha(bad)));
        }
        assert!(error_rate(f64::NAN).is_err());
    }

    #[test]
    fn too_few_is_not_nothing() {
        assert_eq!(at_least(2, 2), Ok(2));
        assert_eq!(at_least(2, 3), Ok(3));
        assert_eq!(
            at_least(2, 1),
            Err(StatsError::TooFew { needed: 2, got: 1 })
        );
        assert_eq!(at_least(2, 0), Err(StatsError::NoData));
    }

    #[test]
    fn the_first_wrong_value_is_named() {
        assert_eq!(all_within(&[0.0, 0.5, 1.0], 0.0, 1.0), Ok(()));
        for value in [-1e-300, 1.0 + 1e-15] {
            assert_eq!(
                all_within(&[0.0, value, 7.0], 0.0, 1.0),
                Err(StatsError::OutOfScale {
                    index: 1,
                    value,
                    low: 0.0,
                    high: 1.0
                })
            );
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = all_within(&[5.0, value], 0.0, 1.0).unwrap_err();
            assert!(
                matches!(error, StatsError::NotANumber { index: 1, .. }),
                "{error}"
            );
        }
    }
}

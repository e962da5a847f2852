//! What goes into an estimate: one value per unit, with what is missing counted both ways.

use std::borrow::Cow;

use crate::{count::count_to_f64, error::StatsError};

/// The value of one unit: a run, a question's mean, or a cluster's mean.
///
/// Where something is missing, `low` counts it as the worst and `high` as the best that it could have
/// been; lower bounds are computed from the lows and upper bounds from the highs, so that a missing
/// score can never move a verdict towards a pass or a fail (Manski's worst-case bounds).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    low: f64,
    high: f64,
    point: Option<f64>,
}

impl Observation {
    /// A unit that was scored completely.
    pub const fn scored(value: f64) -> Self {
        Self {
            low: value,
            high: value,
            point: Some(value),
        }
    }

    /// A unit of which nothing was scored: it could be anything from `low` to `high`. For an amount
    /// without a limit, `high` is infinite.
    pub const fn missing(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            point: None,
        }
    }

    /// A unit that was scored in part, with the mean of that part.
    pub const fn partly_scored(low: f64, point: f64, high: f64) -> Self {
        Self {
            low,
            high,
            point: Some(point),
        }
    }

    /// The lowest value it could have.
    pub const fn low(self) -> f64 {
        self.low
    }

    /// The highest value it could have.
    pub const fn high(self) -> f64 {
        self.high
    }

    /// What was scored of it.
    pub const fn point(self) -> Option<f64> {
        self.point
    }

    /// The difference to another observation of the same unit: `self` − `other`.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            low: self.low - other.high,
            high: self.high - other.low,
            point: self.point.zip(other.point).map(|(a, b)| a - b),
        }
    }

    /// The mean of several observations, every one counting the same: a question's mean from its
    /// runs, a cluster's from its questions. `None` when there is none.
    pub fn mean(parts: &[Self]) -> Option<Self> {
        if parts.is_empty() {
            return None;
        }
        let count = count_to_f64(parts.len());
        // A mean of equal values must be that value to the last bit: it may lie on the scale's end.
        let mean = |of: fn(Self) -> f64| {
            let (least, most) = parts
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |ends, p| {
                    (ends.0.min(of(*p)), ends.1.max(of(*p)))
                });
            (parts.iter().map(|part| of(*part)).sum::<f64>() / count).clamp(least, most)
        };
        let whole = |part: &Self| part.point.is_some() && part.is_complete();
        let point = if parts.iter().all(whole) {
            Some(mean(Self::low))
        } else {
            mean_of(parts.iter().filter_map(|part| part.point))
        };
        Some(Self {
            low: mean(Self::low),
            high: mean(Self::high),
            point,
        })
    }

    /// Whether nothing is missing.
    fn is_complete(self) -> bool {
        self.low.total_cmp(&self.high).is_eq()
    }
}

/// The range of a bounded score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// From 0 to 1.
    pub const UNIT: Self = Self {
        low: 0.0,
        high: 1.0,
    };

    /// Finite ends, one below the other.
    pub fn new(low: f64, high: f64) -> Result<Self, StatsError> {
        let width = high - low;
        if width.is_finite() && width > 0.0 {
            Ok(Self { low, high })
        } else {
            Err(StatsError::Scale { low, high })
        }
    }

    /// The worst score, where higher is better.
    pub const fn low(self) -> f64 {
        self.low
    }

    /// The best score, where higher is better.
    pub const fn high(self) -> f64 {
        self.high
    }

    /// From end to end.
    pub const fn width(self) -> f64 {
        self.high - self.low
    }

    /// The scale of a difference of two scores on this scale.
    #[must_use]
    pub const fn of_differences(self) -> Self {
        Self {
            low: -self.width(),
            high: self.width(),
        }
    }

    /// The scale of a score that is one end and, by a chance of 1 ÷ `weight`, differs from it by
    /// `weight` times as much as it should; `weight` is at least 1.
    pub fn reaching(self, weight: f64) -> Result<Self, StatsError> {
        if !(weight.is_finite() && weight >= 1.0) {
            return Err(StatsError::Parameter {
                name: "the weight",
                value: weight,
            });
        }
        let reach = weight * self.width();
        Self::new(self.high - reach, self.low + reach)
    }

    /// Where `value` lies between the ends, from 0 to 1.
    pub fn share(self, value: f64) -> f64 {
        (value - self.low) / self.width()
    }

    /// The value at a share of the way from low to high; the inverse of [`Self::share`].
    pub fn at(self, share: f64) -> f64 {
        self.low + share * self.width()
    }

    /// Checks every observation: on the scale, and low not above high. A value beyond an end by no
    /// more than rounding of a mean or a difference counts as that end.
    pub(crate) fn checked(
        self,
        observations: &[Observation],
    ) -> Result<Cow<'_, [Observation]>, StatsError> {
        if observations.iter().all(|one| one.point.is_none()) {
            return Err(StatsError::NoData);
        }
        let slack = 1e-12 * self.width();
        let inside = |index: usize, value: f64| {
            if value >= self.low - slack && value <= self.high + slack {
                Ok(value.clamp(self.low, self.high))
            } else {
                Err(StatsError::OutOfScale {
                    index,
                    value,
                    low: self.low,
                    high: self.high,
                })
            }
        };
        ordered(observations)?;
        let on_scale = |one: &Observation| {
            let point = one.point.unwrap_or(one.low);
            [one.low, one.high, point]
                .iter()
                .all(|value| *value >= self.low && *value <= self.high)
        };
        // A million observations are not copied for nothing.
        if observations.iter().all(on_scale) {
            return Ok(Cow::Borrowed(observations));
        }
        (observations.iter().enumerate())
            .map(|(index, one)| {
                Ok(Observation {
                    low: inside(index, one.low)?,
                    high: inside(index, one.high)?,
                    point: one.point.map(|point| inside(index, point)).transpose()?,
                })
            })
            .collect()
    }
}

/// Checks observations that have no scale: finite lows, and low ≤ point ≤ high, where high may be
/// infinite.
pub(crate) fn checked_amounts(observations: &[Observation]) -> Result<(), StatsError> {
    if observations.iter().all(|one| one.point.is_none()) {
        return Err(StatsError::NoData);
    }
    ordered(observations)
}

fn ordered(observations: &[Observation]) -> Result<(), StatsError> {
    let wrong = observations.iter().position(|one| {
        let point = one.point.unwrap_or(one.low);
        // The point of partly scored units is rounded apart from its ends.
        let slack = 1e-9 * (point.abs() + one.low.abs());
        let in_order = one.low <= one.high && one.low - slack <= point && point <= one.high + slack;
        !(one.low.is_finite() && point.is_finite() && in_order)
    });
    match wrong {
        None => Ok(()),
        Some(index) => {
            let one = observations.get(index).copied();
            let (low, high) = one.map_or((f64::NAN, f64::NAN), |one| (one.low, one.high));
            Err(StatsError::NotANumber { index, low, high })
        }
    }
}

/// The mean of what was scored.
pub(crate) fn point_of(observations: &[Observation]) -> Result<f64, StatsError> {
    mean_of(observations.iter().filter_map(|one| one.point)).ok_or(StatsError::NoData)
}

/// The arithmetic mean; `None` of nothing.
pub(crate) fn mean_of(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| {
        (sum + value, count + 1)
    });
    (count > 0).then(|| sum / count_to_f64(count))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_missing_score_widens_a_mean_and_leaves_its_point() {
        let parts = [
            Observation::scored(1.0),
            Observation::scored(0.5),
            Observation::missing(0.0, 1.0),
            Observation::scored(0.5),
        ];
        let mean = Observation::mean(&parts).unwrap();
        assert_eq!((mean.low(), mean.high()), (0.5, 0.75));
        assert!((mean.point().unwrap() - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(Observation::mean(&[]), None);
        assert_eq!(
            Observation::mean(&[Observation::missing(0.0, 1.0)])
                .unwrap()
                .point(),
            None
        );
    }

    #[test]
    fn a_difference_counts_what_is_missing_on_the_worse_side() {
        let (scored, missing) = (Observation::scored(0.75), Observation::missing(0.0, 1.0));
        assert_eq!(missing.minus(scored), Observation::missing(-0.75, 0.25));
        assert_eq!(scored.minus(missing), Observation::missing(-0.25, 0.75));
        assert_eq!(missing.minus(missing), Observation::missing(-1.0, 1.0));
        assert_eq!(scored.minus(scored), Observation::scored(0.0));
    }

    #[test]
    fn a_mean_of_parts_has_the_mean_of_what_was_scored_as_its_point() {
        let whole = Observation::scored(1.0);
        let part = Observation::partly_scored(0.0, 0.5, 1.0);
        let of = |parts: [Observation; 2]| Observation::mean(&parts).unwrap();
        assert_eq!(
            of([part, whole]),
            Observation::partly_scored(0.5, 0.75, 1.0)
        );
        // Missing, with one value that it could have.
        let known = Observation::missing(0.5, 0.5);
        assert_eq!(
            of([known, whole]),
            Observation::partly_scored(0.75, 1.0, 0.75)
        );
        assert_eq!(point_of(&[known, whole, part]), Ok(0.75));
        assert_eq!(point_of(&[known]), Err(StatsError::NoData));
    }

    #[test]
    fn a_scale_reaches_as_far_as_its_weight() {
        let stars = Scale::new(1.0, 5.0).unwrap();
        assert_eq!(stars.reaching(1.0), Ok(stars));
        assert_eq!(stars.reaching(2.5), Scale::new(-5.0, 11.0));
        assert_eq!(stars.of_differences(), Scale::new(-4.0, 4.0).unwrap());
        for weight in [0.999, -2.0, f64::NAN, f64::INFINITY] {
            assert!(stars.reaching(weight).is_err(), "{weight}");
        }
        assert_eq!((stars.share(2.0), stars.at(0.25)), (0.25, 2.0));
    }

    #[test]
    fn values_beyond_an_end_by_rounding_only_count_as_that_end() {
        let scale = Scale::new(0.0, 4.0).unwrap();
        let (below, above) = (-1e-12 * 4.0, 4.0 + 1e-12 * 4.0);
        let rounded = [
            Observation::scored(below),
            Observation::scored(above),
            Observation::partly_scored(below, above, above),
            Observation::missing(below, above),
        ];
        let ends = [
            Observation::scored(0.0),
            Observation::scored(4.0),
            Observation::partly_scored(0.0, 4.0, 4.0),
            Observation::missing(0.0, 4.0),
        ];
        assert_eq!(scale.checked(&rounded).unwrap().as_ref(), ends);
        assert!(matches!(scale.checked(&ends), Ok(Cow::Borrowed(_))));
        for (index, value) in [(0, 2.0 * below), (1, 4.0 + 1e-11)] {
            let mut wrong = ends;
            wrong[index] = Observation::scored(value);
            let error = scale.checked(&wrong).unwrap_err();
            assert!(
                matches!(error, StatsError::OutOfScale { index: at, .. } if at == index),
                "{error}"
            );
        }
    }

    #[test]
    fn a_point_lies_between_its_ends_but_for_rounding() {
        let one =
            |low, point, high| checked_amounts(&[Observation::partly_scored(low, point, high)]);
        assert_eq!(one(0.5, 0.5 - 8e-10, 0.7), Ok(()));
        assert_eq!(one(0.5, 0.7 + 1.1e-9, 0.7), Ok(()));
        assert_eq!(one(0.0, 3.0, f64::INFINITY), Ok(()));
        for (low, point, high) in [
            (0.5, 0.5 - 2e-9, 0.7),
            (0.5, 0.7 + 2e-9, 0.7),
            (0.7, 0.7, 0.5),
            (f64::NEG_INFINITY, 0.0, 1.0),
            (0.0, f64::INFINITY, f64::INFINITY),
            (0.0, f64::NAN, 1.0),
        ] {
            let error = one(low, point, high).unwrap_err();
            assert!(
                matches!(error, StatsError::NotANumber { index: 0, .. }),
                "{error}"
            );
        }
        assert_eq!(
            checked_amounts(&[Observation::missing(0.0, 1.0)]),
            Err(StatsError::NoData)
        );
    }

    proptest! {
        #[test]
        fn a_mean_of_equal_values_is_that_value(value in 0.0..=1.0_f64, count in 1_usize..50) {
            let mean = Observation::mean(&vec![Observation::scored(value); count]).unwrap();
            prop_assert_eq!(mean, Observation::scored(value));
        }
    }
}

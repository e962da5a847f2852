//! Means with both their ends, and a bound's p-value: what the bounds of this module are made from.

use crate::{
    error::StatsError,
    interval::bounded::BoundedMean,
    observation::{Observation, mean_of},
    special::root::falling_root,
};

/// p-values below are not told apart.
pub(super) const P_MIN: f64 = 1e-12;

/// p-values above are no evidence.
const P_MAX: f64 = 0.499;

/// The judge's mean with its bound.
#[derive(Debug, Clone)]
pub(crate) struct JudgedMean {
    bound: BoundedMean,
    ends: Ends,
}

/// A mean with what is missing at its worst and at its best.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    low: f64,
    high: f64,
}

impl Ends {
    pub(super) fn of(observations: &[Observation]) -> Result<Self, StatsError> {
        let low = mean_of(observations.iter().map(|one| one.low()));
        let high = mean_of(observations.iter().map(|one| one.high()));
        match (low, high) {
            (Some(low), Some(high)) => Ok(Self { low, high }),
            _ => Err(StatsError::NoData),
        }
    }

    pub(super) const fn at(self, side: Side) -> f64 {
        match side {
            Side::Low => self.low,
            Side::High => self.high,
        }
    }
}

impl JudgedMean {
    pub(super) fn new(
        bound: BoundedMean,
        observations: &[Observation],
    ) -> Result<Self, StatsError> {
        let ends = Ends::of(observations)?;
        Ok(Self { bound, ends })
    }

    pub(super) fn bound(&self, side: Side, alpha: f64) -> f64 {
        side.of_mean(&self.bound, alpha)
    }

    pub(super) const fn at(&self, side: Side) -> f64 {
        self.ends.at(side)
    }
}

/// Which of the two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Low,
    High,
}

impl Side {
    pub(super) fn of_mean(self, mean: &BoundedMean, alpha: f64) -> f64 {
        match self {
            Self::Low => mean.lower(alpha),
            Self::High => mean.upper(alpha),
        }
    }

    pub(super) const fn worst(self) -> f64 {
        match self {
            Self::Low => 0.0,
            Self::High => 1.0,
        }
    }

    pub(super) fn away(self, center: f64, distance: f64) -> f64 {
        match self {
            Self::Low => (center - distance).clamp(0.0, 1.0),
            Self::High => (center + distance).clamp(0.0, 1.0),
        }
    }

    /// How far `share` is out on this side of `center`; 0 where it is not.
    pub(super) fn out(self, center: f64, share: f64) -> f64 {
        match self {
            Self::Low => (center - share).max(0.0),
            Self::High => (share - center).max(0.0),
        }
    }
}

/// The smallest error rate at which a bound is beyond the threshold; 1 where none is.
pub(super) fn p_value(beyond: impl Fn(f64) -> f64) -> f64 {
    if beyond(P_MAX) <= 0.0 {
        return 1.0;
    }
    falling_root(P_MIN.ln()..=P_MAX.ln(), |log_alpha| {
        -beyond(log_alpha.exp())
    })
    .exp()
}

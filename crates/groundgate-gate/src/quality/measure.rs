//! Shares and measures with bounds on both sides.

use groundgate_stats::{
    Resampling, StatsError,
    agreement::{Ratings, bootstrap_interval},
    interval::Passes,
};
use serde::Serialize;

use super::ALPHA;

/// Resamples behind each interval of kappa and its like.
const RESAMPLING: Resampling = Resampling {
    replicates: 2000,
    seed: 20_261_125,
};

/// A share with its two one-sided bounds (Clopper and Pearson, 5 % each).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// So many.
    pub hits: usize,
    /// Of so many, at least 1.
    pub of: usize,
    /// Their ratio.
    pub value: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

impl Share {
    /// `None` of nothing.
    pub fn of(hits: usize, of: usize) -> Option<Self> {
        let passes = Passes::new(hits, of).ok()?;
        Some(Self {
            hits,
            of,
            value: passes.share(),
            lower: passes.clopper_pearson_lower(ALPHA),
            upper: passes.clopper_pearson_upper(ALPHA),
        })
    }
}

/// A measure of agreement with its two one-sided bounds (percentile bootstrap by answer, 5 % each).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measure {
    /// 1: full agreement; 0: as by chance. `None`: undefined, as kappa is when all are of one kind.
    pub value: Option<f64>,
    /// `None`: there is no bound.
    pub lower: Option<f64>,
    /// `None`: there is no bound.
    pub upper: Option<f64>,
}

impl Measure {
    pub(super) fn of(
        ratings: &Ratings,
        measure: impl Fn(&Ratings) -> Result<f64, StatsError> + Sync,
    ) -> Self {
        match bootstrap_interval(ratings, ALPHA, RESAMPLING, measure) {
            Ok(interval) => Self {
                value: Some(interval.value),
                lower: interval.lower,
                upper: interval.upper,
            },
            Err(_undefined) => Self {
                value: None,
                lower: None,
                upper: None,
            },
        }
    }
}

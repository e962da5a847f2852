//! Means of amounts without an upper end: dollars, tokens, milliseconds. Approximate, and said so.
//!
//! No method bounds the mean of an unbounded amount at every sample size. With 20 units or more the
//! studentized bootstrap follows the skewness of the data; with fewer, Student's t. A ratio of two
//! means is treated on the logarithmic scale with the delta method's standard error. Logarithms of the
//! amounts themselves are not taken: that would bound the geometric mean, which is smaller, and so
//! pass too often.

use crate::{
    stats::{
        bootstrap::{Resampling, Studentized, mean_and_se, replicates},
        distributions::{student_t_cdf, student_t_quantile, student_t_sf},
        error::StatsError,
        observation::{Observation, checked_amounts, mean_of, point_of},
    },
    unit::count_to_f64,
};

/// From this many units on, the bootstrap.
const BOOTSTRAP_FROM: usize = 20;

/// Bounds and p-values for the mean of an amount, or for a ratio of two means.
#[derive(Debug, Clone, PartialEq)]
pub struct AmountBound {
    point: f64,
    units: usize,
    logarithmic: bool,
    /// From the lows.
    lower: Spread,
    /// From the highs; [`Spread::Unknown`] where a missing amount could be anything.
    upper: Spread,
}

/// What is known of an estimate's distribution.
#[derive(Debug, Clone, PartialEq)]
enum Spread {
    /// Nothing: fewer than two units, no spread at all, or no finite worst case.
    Unknown,
    /// Student's t.
    Student { estimate: f64, se: f64, df: f64 },
    /// The bootstrap.
    Studentized(Studentized),
}

impl AmountBound {
    /// The mean of an amount that is never negative, from one observation per unit.
    pub fn mean(observations: &[Observation], plan: Resampling) -> Result<Self, StatsError> {
        checked_amounts(observations)?;
        let side = |of: fn(Observation) -> f64| -> Vec<Pair> {
            observations.iter().map(|one| (of(*one), 1.0)).collect()
        };
        Ok(Self {
            point: point_of(observations)?,
            units: observations.len(),
            logarithmic: false,
            lower: Spread::new(&side(Observation::low), mean, plan)?,
            upper: Spread::new(&side(Observation::high), mean, plan)?,
        })
    }

    /// The ratio of the candidate's mean amount to the baseline's, over pairs of (candidate, baseline)
    /// for the same unit. Amounts are never negative.
    pub fn ratio(
        pairs: &[(Observation, Observation)],
        plan: Resampling,
    ) -> Result<Self, StatsError> {
        let (candidate, baseline): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        checked_amounts(&candidate)?;
        checked_amounts(&baseline)?;
        let both = pairs.iter().filter_map(|(c, b)| c.point().zip(b.point()));
        let (above, below): (Vec<_>, Vec<_>) = both.unzip();
        let means = mean_of(above.into_iter()).zip(mean_of(below.into_iter()));
        let (above, below) = means.ok_or(StatsError::NoData)?;
        if !(below > 0.0 && above >= 0.0) {
            return Err(StatsError::Parameter {
                name: "the mean of the baseline",
                value: below,
            });
        }
        let lows: Vec<_> = pairs.iter().map(|(c, b)| (c.low(), b.high())).collect();
        let highs: Vec<_> = pairs.iter().map(|(c, b)| (c.high(), b.low())).collect();
        Ok(Self {
            point: above / below,
            units: pairs.len(),
            logarithmic: true,
            lower: Spread::new(&lows, log_ratio, plan)?,
            upper: Spread::new(&highs, log_ratio, plan)?,
        })
    }

    /// The mean, or the ratio of means, of what was scored.
    pub const fn point(&self) -> f64 {
        self.point
    }

    /// The method's name.
    pub const fn method(&self) -> &'static str {
        match (self.units >= BOOTSTRAP_FROM, self.logarithmic) {
            (true, false) => "studentized bootstrap",
            (true, true) => "studentized bootstrap of the log ratio",
            (false, false) => "student t",
            (false, true) => "student t of the log ratio",
        }
    }

    /// The p-value for "the mean, or the ratio, is at most `threshold`".
    pub fn p_above(&self, threshold: f64) -> f64 {
        let threshold = self.inward(threshold);
        match &self.lower {
            Spread::Unknown => 1.0,
            Spread::Student { estimate, se, df } => student_t_sf((estimate - threshold) / se, *df),
            Spread::Studentized(spread) => spread.p_above(threshold),
        }
    }

    /// The p-value for "the mean, or the ratio, is at least `threshold`".
    pub fn p_below(&self, threshold: f64) -> f64 {
        let threshold = self.inward(threshold);
        match &self.upper {
            Spread::Unknown => 1.0,
            Spread::Student { estimate, se, df } => student_t_cdf((estimate - threshold) / se, *df),
            Spread::Studentized(spread) => spread.p_below(threshold),
        }
    }

    /// The lower bound at one-sided `alpha`; `None` where there is no finite one.
    pub fn lower(&self, alpha: f64) -> Option<f64> {
        let bound = match &self.lower {
            Spread::Unknown => None,
            Spread::Student { estimate, se, df } => {
                Some(estimate + se * student_t_quantile(alpha, *df))
            }
            Spread::Studentized(spread) => spread.lower(alpha),
        };
        bound.map(|bound| self.outward(bound))
    }

    /// The upper bound at one-sided `alpha`; `None` where there is no finite one.
    pub fn upper(&self, alpha: f64) -> Option<f64> {
        let bound = match &self.upper {
            Spread::Unknown => None,
            Spread::Student { estimate, se, df } => {
                Some(estimate - se * student_t_quantile(alpha, *df))
            }
            Spread::Studentized(spread) => spread.upper(alpha),
        };
        bound
            .map(|bound| self.outward(bound))
            .filter(|bound| bound.is_finite())
    }

    fn inward(&self, threshold: f64) -> f64 {
        if self.logarithmic {
            threshold.max(0.0).ln()
        } else {
            threshold
        }
    }

    fn outward(&self, bound: f64) -> f64 {
        if self.logarithmic { bound.exp() } else { bound }
    }
}

/// An amount and what it is divided by: 1 for a mean, the baseline's amount for a ratio.
type Pair = (f64, f64);

impl Spread {
    /// `statistic` gives an estimate and its standard error, where it can.
    fn new(
        units: &[Pair],
        statistic: fn(&[Pair]) -> Option<(f64, f64)>,
        plan: Resampling,
    ) -> Result<Self, StatsError> {
        let observed = statistic(units).filter(|(estimate, se)| *se > 1e-12 * estimate.abs());
        let Some((estimate, se)) = observed else {
            return Ok(Self::Unknown);
        };
        if units.len() < BOOTSTRAP_FROM {
            let df = count_to_f64(units.len()) - 1.0;
            return Ok(Self::Student { estimate, se, df });
        }
        let replicated = replicates(units.len(), plan, |draws| {
            statistic(&draws.all(units).copied().collect::<Vec<_>>())
        });
        match replicated.into_iter().collect::<Option<Vec<_>>>() {
            Some(all) => Ok(Self::Studentized(Studentized::new((estimate, se), all)?)),
            // Some replicates have no estimate: the tails are anybody's guess.
            None => Ok(Self::Unknown),
        }
    }
}

/// The mean of the amounts.
fn mean(units: &[Pair]) -> Option<(f64, f64)> {
    mean_and_se(units.iter().map(|unit| unit.0)).filter(|found| found.0.is_finite())
}

/// The logarithm of the ratio of means, with the delta method's standard error.
fn log_ratio(units: &[Pair]) -> Option<(f64, f64)> {
    let above = mean_of(units.iter().map(|unit| unit.0))?;
    let below = mean_of(units.iter().map(|unit| unit.1))?;
    let usable = above > 0.0 && below > 0.0 && above.is_finite() && below.is_finite();
    if !usable {
        return None;
    }
    let influences = units.iter().map(|unit| unit.0 / above - unit.1 / below);
    let (_, se) = mean_and_se(influences)?;
    Some(((above / below).ln(), se))
}

//! Means of amounts without an upper end: dollars, tokens, milliseconds. Approximate, and said so.
//!
//! No method bounds the mean of an unbounded amount at every sample size. With 20 units or more the
//! studentized bootstrap follows the skewness of the data; with fewer, Student's t. A ratio of two
//! means is treated on the logarithmic scale with the delta method's standard error. Logarithms of the
//! amounts themselves are not taken: that would bound the geometric mean, which is smaller, and so
//! pass too often.

use crate::{
    count::count_to_f64,
    error::StatsError,
    observation::{Observation, checked_amounts, mean_of, point_of},
    resampling::bootstrap::{
        Resampling, Studentized, beyond_rounding, mean_and_se, replicated_sums, studentized_mean,
    },
    special::distributions::{student_t_cdf, student_t_quantile, student_t_sf},
};

/// From this many units on, the bootstrap.
const BOOTSTRAP_FROM: usize = 20;

/// From this many units on the sum is close to normal, and fewer replicates do: they still tell error
/// rates of a thousandth apart.
const MANY_UNITS: usize = 10_000;
const REPLICATES_OF_MANY: usize = 1_999;

fn enough(plan: Resampling, units: usize) -> Resampling {
    let replicates = if units >= MANY_UNITS {
        plan.replicates.min(REPLICATES_OF_MANY)
    } else {
        plan.replicates
    };
    Resampling { replicates, ..plan }
}

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
        let side = |of: fn(Observation) -> f64| -> Vec<f64> {
            observations.iter().map(|one| of(*one)).collect()
        };
        let (lows, highs) = (side(Observation::low), side(Observation::high));
        let lower = Spread::of_mean(&lows, plan)?;
        Ok(Self {
            point: point_of(observations)?,
            units: observations.len(),
            logarithmic: false,
            upper: match &lower {
                // Nothing is missing: one bootstrap serves both sides.
                lower if lows == highs => lower.clone(),
                _ => Spread::of_mean(&highs, plan)?,
            },
            lower,
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
        let lower = Spread::of_log_ratio(&lows, plan)?;
        Ok(Self {
            point: above / below,
            units: pairs.len(),
            logarithmic: true,
            upper: match &lower {
                lower if lows == highs => lower.clone(),
                _ => Spread::of_log_ratio(&highs, plan)?,
            },
            lower,
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

/// An amount of the candidate's and the baseline's for the same unit.
type Pair = (f64, f64);

impl Spread {
    fn of_mean(values: &[f64], plan: Resampling) -> Result<Self, StatsError> {
        let observed = mean_and_se(values.iter().copied());
        let Some((estimate, se)) = observed.filter(|(estimate, se)| varies(*estimate, *se)) else {
            return Ok(Self::Unknown);
        };
        if values.len() < BOOTSTRAP_FROM {
            return Ok(Self::student(estimate, se, values.len()));
        }
        let plan = enough(plan, values.len());
        Ok(Self::Studentized(studentized_mean(values, plan)?))
    }

    /// The logarithm of the ratio of means, with the delta method's standard error: that of the
    /// influences a/A − b/B.
    fn of_log_ratio(pairs: &[Pair], plan: Resampling) -> Result<Self, StatsError> {
        let Some(center) = Center::of(pairs) else {
            return Ok(Self::Unknown);
        };
        // The sums that one replicate needs, of gaps to the means.
        let parts: Vec<[f64; 5]> = (pairs.iter())
            .map(|pair| (pair.0 - center.above, pair.1 - center.below))
            .map(|(a, b)| [a, b, a * a, a * b, b * b])
            .collect();
        let mut all = [0.0; 5];
        for part in &parts {
            for (sum, number) in all.iter_mut().zip(part) {
                *sum += number;
            }
        }
        let observed = center.log_ratio(all);
        let Some((estimate, se)) = observed.filter(|(estimate, se)| varies(*estimate, *se)) else {
            return Ok(Self::Unknown);
        };
        if pairs.len() < BOOTSTRAP_FROM {
            return Ok(Self::student(estimate, se, pairs.len()));
        }
        let plan = enough(plan, pairs.len());
        let replicated = replicated_sums(&parts, plan, |sums| center.log_ratio(sums));
        match replicated.into_iter().collect::<Option<Vec<_>>>() {
            Some(all) => Ok(Self::Studentized(Studentized::new(estimate, se, all)?)),
            // Some replicates have no estimate: the tails are anybody's guess.
            None => Ok(Self::Unknown),
        }
    }

    fn student(estimate: f64, se: f64, units: usize) -> Self {
        let df = count_to_f64(units) - 1.0;
        Self::Student { estimate, se, df }
    }
}

/// Whether an estimate has a standard error beyond rounding.
fn varies(estimate: f64, se: f64) -> bool {
    estimate.is_finite() && se > 1e-12 * estimate.abs()
}

/// The two means that gaps are taken from.
#[derive(Debug, Clone, Copy)]
struct Center {
    above: f64,
    below: f64,
    units: f64,
}

impl Center {
    /// `None` where a mean is not a finite number or there are fewer than two pairs.
    fn of(pairs: &[Pair]) -> Option<Self> {
        let above = mean_of(pairs.iter().map(|pair| pair.0))?;
        let below = mean_of(pairs.iter().map(|pair| pair.1))?;
        let usable = pairs.len() >= 2 && above.is_finite() && below.is_finite();
        usable.then_some(Self {
            above,
            below,
            units: count_to_f64(pairs.len()),
        })
    }

    /// From the sums of gaps, their squares and products; `None` where a mean is not above 0.
    fn log_ratio(self, [a, b, aa, ab, bb]: [f64; 5]) -> Option<(f64, f64)> {
        let n = self.units;
        let (above, below) = (self.above + a / n, self.below + b / n);
        if !(above > 0.0 && below > 0.0) {
            return None;
        }
        // Of influences a/A − b/B: their squares less their mean's.
        let (aa, bb) = (aa / (above * above), bb / (below * below));
        let squares = aa - 2.0 * ab / (above * below) + bb;
        let mean = (a / above - b / below) / n;
        let variance = beyond_rounding(squares - n * mean * mean, aa + bb) / (n - 1.0);
        Some(((above / below).ln(), (variance / n).sqrt()))
    }
}

#[cfg(test)]
#[path = "amount_tests.rs"]
mod tests;

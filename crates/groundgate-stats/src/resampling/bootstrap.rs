//! Resampling: the same bytes for the same seed, whatever the number of threads.
//!
//! Replicates are made in blocks; each block has its own random stream, derived from the seed and the
//! block's number, so that it does not matter who computes it. Gates use resampling only for amounts
//! without a scale; scores on a scale have the Dirichlet bound.

use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
#[cfg(feature = "parallel")]
use rayon::prelude::*;

use crate::{
    count::count_to_f64,
    error::StatsError,
    interval::{binomial::Interval, quantile::SortedSample},
    observation::mean_of,
    resampling::sums::{Numbers, Resampler},
    special::normal::{normal_cdf, normal_quantile},
};

/// How many replicates, from which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// At least 1; 9,999 give one-sided rates of 5 % without rounding.
    pub replicates: usize,
    /// Any number.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            replicates: 9_999,
            seed: 20_240_701,
        }
    }
}

/// Replicates that share a random stream.
const BLOCK: usize = 128;

/// Draws units with replacement.
#[derive(Debug)]
pub struct Draws {
    stream: Xoshiro256PlusPlus,
    units: u64,
}

impl Draws {
    /// One unit's index, each as likely as the others (up to 2^-64 of their number).
    pub fn index(&mut self) -> usize {
        let wide = u128::from(self.stream.next_u64()) * u128::from(self.units);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// As many units as there are.
    pub fn all<'a, T>(&'a mut self, units: &'a [T]) -> impl Iterator<Item = &'a T> {
        (0..units.len()).filter_map(|_| {
            let index = self.index();
            units.get(index)
        })
    }
}

/// The statistic of every replicate, in an order that depends on the seed alone. For sums over units
/// `replicated_sums` is much faster.
pub fn replicates<T: Send>(
    units: usize,
    plan: Resampling,
    statistic: impl Fn(&mut Draws) -> T + Sync,
) -> Vec<T> {
    let units = u64::try_from(units).unwrap_or(u64::MAX);
    in_blocks(plan, |stream| {
        let mut draws = Draws {
            stream: stream.clone(),
            units,
        };
        let replicate = statistic(&mut draws);
        *stream = draws.stream;
        replicate
    })
}

/// A statistic of sums over the drawn units, for every replicate, in an order that depends on the
/// seed alone.
pub(crate) fn replicated_sums<const W: usize, T: Send>(
    units: &[Numbers<W>],
    plan: Resampling,
    statistic: impl Fn(Numbers<W>) -> T + Sync,
) -> Vec<T> {
    let resampler = Resampler::new(units);
    in_blocks(plan, |stream| statistic(resampler.sums(stream)))
}

/// Replicates in blocks, each with a stream of its own.
fn in_blocks<T: Send>(
    plan: Resampling,
    replicate: impl Fn(&mut Xoshiro256PlusPlus) -> T + Sync,
) -> Vec<T> {
    let replicate = &replicate;
    let of_block = |block| {
        let mut stream = stream(plan.seed, block);
        let size = BLOCK.min(plan.replicates - block * BLOCK);
        (0..size).map(move |_| replicate(&mut stream))
    };
    let blocks = 0..plan.replicates.div_ceil(BLOCK);
    #[cfg(feature = "parallel")]
    let replicated = blocks.into_par_iter().flat_map_iter(of_block).collect();
    #[cfg(not(feature = "parallel"))]
    let replicated = blocks.flat_map(of_block).collect();
    replicated
}

/// A stream for each block; an odd multiplier keeps the seeds of blocks apart.
fn stream(seed: u64, block: usize) -> Xoshiro256PlusPlus {
    let block = u64::try_from(block).unwrap_or(u64::MAX);
    let start = Xoshiro256PlusPlus::seed_from_u64(seed).next_u64();
    Xoshiro256PlusPlus::seed_from_u64(start ^ block.wrapping_mul(0xd134_2543_de82_ef95))
}

/// One unit of a ratio of sums: of a mean, the value and 1; of a cluster, its sum and its size.
pub type Part = (f64, f64);

fn ratio<'a>(parts: impl Iterator<Item = &'a Part>) -> f64 {
    let (above, below) = parts.fold((0.0, 0.0), |(above, below), part| {
        (above + part.0, below + part.1)
    });
    above / below
}

fn checked(parts: &[Part]) -> Result<(), StatsError> {
    if parts.is_empty() {
        return Err(StatsError::NoData);
    }
    match parts
        .iter()
        .position(|part| !(part.0.is_finite() && part.1.is_finite() && part.1 > 0.0))
    {
        None => Ok(()),
        Some(index) => Err(StatsError::NotANumber {
            index,
            low: f64::NAN,
            high: f64::NAN,
        }),
    }
}

/// The ratio of every replicate, in ascending order.
fn replicated_ratios(parts: &[Part], plan: Resampling) -> Result<SortedSample, StatsError> {
    checked(parts)?;
    let size = parts.first().map_or(1.0, |part| part.1);
    let is_mean = parts.iter().all(|part| part.1.total_cmp(&size).is_eq());
    if is_mean {
        // Units of one size: their number is always the same.
        let sizes = size * count_to_f64(parts.len());
        let values: Vec<Numbers<1>> = parts.iter().map(|part| [part.0]).collect();
        SortedSample::new(replicated_sums(&values, plan, |[sum]| sum / sizes))
    } else {
        let pairs: Vec<Numbers<2>> = parts.iter().map(|part| [part.0, part.1]).collect();
        SortedSample::new(replicated_sums(&pairs, plan, |[above, below]| {
            above / below
        }))
    }
}

/// The percentile interval of a ratio of sums at two-sided `alpha`.
pub fn percentile(parts: &[Part], alpha: f64, plan: Resampling) -> Result<Interval, StatsError> {
    let sample = replicated_ratios(parts, plan)?;
    Ok(Interval {
        low: sample.type_7(0.5 * alpha),
        high: sample.type_7(1.0 - 0.5 * alpha),
    })
}

/// The bias-corrected and accelerated interval, with the two corrections it used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bca {
    /// The interval.
    pub interval: Interval,
    /// The correction for bias: the normal score of the share of replicates below the estimate.
    pub z0: f64,
    /// The correction for skewness, from the jackknife.
    pub acceleration: f64,
}

/// Efron's interval, called `BCa`, of a ratio of sums at two-sided `alpha` (1987). Without any spread it is a
/// point, as the percentile interval is.
pub fn bca(parts: &[Part], alpha: f64, plan: Resampling) -> Result<Bca, StatsError> {
    let sample = replicated_ratios(parts, plan)?;
    let estimate = ratio(parts.iter());
    // Ties count half to either side; sums in another order differ by rounding.
    let slack = 1e-12 * estimate.abs();
    let below = (sample.values()).partition_point(|value| *value < estimate - slack);
    let at_most = sample.count_at_most(estimate + slack);
    let share = 0.5 * (count_to_f64(below) + count_to_f64(at_most)) / count_to_f64(sample.len());
    let z0 = normal_quantile(share);
    let acceleration = jackknife_acceleration(parts);
    let level = |p: f64| {
        let z = z0 + normal_quantile(p);
        normal_cdf(z0 + z / (1.0 - acceleration * z))
    };
    let at = |p: f64| {
        let level = level(p);
        if level.is_nan() {
            estimate
        } else {
            sample.type_7(level)
        }
    };
    Ok(Bca {
        interval: Interval {
            low: at(0.5 * alpha),
            high: at(1.0 - 0.5 * alpha),
        },
        z0,
        acceleration,
    })
}

/// Σ d³ / (6 (Σ d²)^1.5) of the jackknife's deviations d; 0 without spread.
fn jackknife_acceleration(parts: &[Part]) -> f64 {
    let (above, below) = parts.iter().fold((0.0, 0.0), |(above, below), part| {
        (above + part.0, below + part.1)
    });
    let left_out: Vec<f64> = (parts.iter())
        .map(|part| (above - part.0) / (below - part.1))
        .collect();
    let mean = mean_of(left_out.iter().copied()).unwrap_or(0.0);
    let (squares, cubes) = left_out.iter().fold((0.0, 0.0), |(squares, cubes), value| {
        let d = mean - value;
        (squares + d * d, cubes + d * d * d)
    });
    if squares > 0.0 {
        cubes / (6.0 * f64::powf(squares, 1.5))
    } else {
        0.0
    }
}

/// A studentized statistic: the estimate, its standard error, and the sorted t of the replicates.
#[derive(Debug, Clone, PartialEq)]
pub struct Studentized {
    estimate: f64,
    se: f64,
    t: SortedSample,
}

impl Studentized {
    /// From the estimate and standard error of the sample and of every replicate: `statistic` gets
    /// indices. `None` as the result of the sample means that there is no spread.
    pub fn new(
        estimate: f64,
        se: f64,
        replicated: impl IntoIterator<Item = (f64, f64)>,
    ) -> Result<Self, StatsError> {
        let t = replicated.into_iter().map(|(value, replicated_se)| {
            let gap = value - estimate;
            // A replicate without spread is infinitely far out, unless it hits the estimate.
            if gap.abs() <= 0.0 {
                0.0
            } else {
                gap / replicated_se
            }
        });
        Ok(Self {
            estimate,
            se,
            t: SortedSample::new(t)?,
        })
    }

    /// The p-value for "the parameter is at most `threshold`".
    pub fn p_above(&self, threshold: f64) -> f64 {
        let observed = (self.estimate - threshold) / self.se;
        let reached = self.t.len() - self.t.values().partition_point(|t| *t < observed);
        (1.0 + count_to_f64(reached)) / (1.0 + count_to_f64(self.t.len()))
    }

    /// The p-value for "the parameter is at least `threshold`".
    pub fn p_below(&self, threshold: f64) -> f64 {
        let observed = (self.estimate - threshold) / self.se;
        let reached = self.t.count_at_most(observed);
        (1.0 + count_to_f64(reached)) / (1.0 + count_to_f64(self.t.len()))
    }

    /// The lower bound at one-sided `alpha`: above a threshold exactly when its p-value is below
    /// `alpha`. `None` where there is no finite one.
    pub fn lower(&self, alpha: f64) -> Option<f64> {
        let beyond = self.allowed_beyond(alpha)?;
        let t = self.t.values().iter().rev().nth(beyond)?;
        let bound = self.estimate - self.se * t;
        bound.is_finite().then_some(bound)
    }

    /// The upper bound at one-sided `alpha`. `None` where there is no finite one.
    pub fn upper(&self, alpha: f64) -> Option<f64> {
        let beyond = self.allowed_beyond(alpha)?;
        let t = self.t.values().get(beyond)?;
        let bound = self.estimate - self.se * t;
        bound.is_finite().then_some(bound)
    }

    /// How many replicates may lie beyond the observed t while the p-value is below `alpha`.
    fn allowed_beyond(&self, alpha: f64) -> Option<usize> {
        let total = 1.0 + count_to_f64(self.t.len());
        (0..self.t.len())
            .take_while(|beyond| (1.0 + count_to_f64(*beyond)) / total < alpha)
            .last()
    }
}

/// A mean and its standard error; `None` of fewer than two values.
pub fn mean_and_se(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    // Shifted by the first value, so that squares do not cancel.
    let mut values = values;
    let shift = values.next()?;
    let (mut count, mut sum, mut squares) = (1.0, 0.0, 0.0);
    for value in values {
        let gap = value - shift;
        count += 1.0;
        sum += gap;
        squares += gap * gap;
    }
    let mean = sum / count;
    let variance = ((squares - sum * mean) / (count - 1.0)).max(0.0);
    (count >= 2.0).then(|| (shift + mean, (variance / count).sqrt()))
}

/// The studentized bootstrap of a mean. Needs two values that differ.
pub fn studentized_mean(values: &[f64], plan: Resampling) -> Result<Studentized, StatsError> {
    let (mean, se) = mean_and_se(values.iter().copied()).ok_or(StatsError::TooFew {
        needed: 2,
        got: values.len(),
    })?;
    let n = count_to_f64(values.len());
    // Shifted by the mean, so that squares do not cancel.
    let gaps: Vec<Numbers<2>> = (values.iter())
        .map(|value| value - mean)
        .map(|gap| [gap, gap * gap])
        .collect();
    let replicated = replicated_sums(&gaps, plan, |[sum, squares]| {
        let variance = beyond_rounding(squares - sum * sum / n, squares) / (n - 1.0);
        (mean + sum / n, (variance / n).sqrt())
    });
    Studentized::new(mean, se, replicated)
}

/// A difference of sums of squares of the size `of`; nothing where only rounding is left of it.
pub(crate) fn beyond_rounding(difference: f64, of: f64) -> f64 {
    if difference > 1e-12 * of {
        difference
    } else {
        0.0
    }
}

#[cfg(test)]
#[path = "bootstrap_tests.rs"]
mod tests;

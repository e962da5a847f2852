//! Resampling: the same bytes for the same seed, whatever the number of threads.
//!
//! Replicates are made in blocks; each block has its own random stream, derived from the seed and the
//! block's number, so that it does not matter who computes it. Gates use resampling only for amounts
//! without a scale; scores on a scale have the Dirichlet bound.

use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::{
    stats::{
        binomial::Interval,
        distributions::{normal_cdf, normal_quantile},
        error::StatsError,
        observation::mean_of,
        quantile::SortedSample,
        resample::{Numbers, Resampler},
    },
    unit::count_to_f64,
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
/// [`replicated_sums`] is much faster.
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
pub(super) fn replicated_sums<const W: usize, T: Send>(
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
    let blocks = plan.replicates.div_ceil(BLOCK);
    (0..blocks)
        .into_par_iter()
        .flat_map_iter(|block| {
            let mut stream = stream(plan.seed, block);
            let size = BLOCK.min(plan.replicates - block * BLOCK);
            let replicate = &replicate;
            (0..size).map(move |_| replicate(&mut stream))
        })
        .collect()
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
        (estimate, se): (f64, f64),
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
    let observed = mean_and_se(values.iter().copied()).ok_or(StatsError::TooFew {
        needed: 2,
        got: values.len(),
    })?;
    let n = count_to_f64(values.len());
    // Shifted by the mean, so that squares do not cancel.
    let gaps: Vec<Numbers<2>> = (values.iter())
        .map(|value| value - observed.0)
        .map(|gap| [gap, gap * gap])
        .collect();
    let replicated = replicated_sums(&gaps, plan, |[sum, squares]| {
        let variance = beyond_rounding(squares - sum * sum / n, squares) / (n - 1.0);
        (observed.0 + sum / n, (variance / n).sqrt())
    });
    Studentized::new(observed, replicated)
}

/// A difference of sums of squares of the size `of`; nothing where only rounding is left of it.
pub(super) fn beyond_rounding(difference: f64, of: f64) -> f64 {
    if difference > 1e-12 * of {
        difference
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Resampling = Resampling {
        replicates: 1999,
        seed: 7,
    };

    fn parts(values: &[f64]) -> Vec<Part> {
        values.iter().map(|value| (*value, 1.0)).collect()
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let values: Vec<f64> = (0..50).map(|i| f64::from(i * 37 % 101)).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| {
                replicates(values.len(), PLAN, |draws| {
                    draws.all(&values).sum::<f64>().to_bits()
                })
            })
        };
        let alone = run(1);
        assert_eq!(alone.len(), PLAN.replicates);
        assert_eq!(alone, run(2));
        assert_eq!(alone, run(16));
        let other = Resampling { seed: 8, ..PLAN };
        assert_ne!(
            alone,
            replicates(values.len(), other, |draws| draws
                .all(&values)
                .sum::<f64>()
                .to_bits())
        );
    }

    #[test]
    fn intervals_are_the_same_to_the_bit_on_1_thread_and_16() {
        let values: Vec<f64> = (0..700).map(|i| f64::from(i * 37 % 101)).collect();
        let clusters: Vec<Part> = (0..300)
            .map(|i| (f64::from(i % 7), f64::from(1 + i % 5)))
            .collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| {
                let bca = bca(&parts(&values), 0.1, PLAN).unwrap().interval;
                let percentile = percentile(&clusters, 0.1, PLAN).unwrap();
                let studentized = studentized_mean(&values, PLAN).unwrap();
                [
                    bca.low,
                    bca.high,
                    percentile.low,
                    percentile.high,
                    studentized.lower(0.05).unwrap(),
                ]
                .map(f64::to_bits)
            })
        };
        assert_eq!(run(1), run(16));
    }

    #[test]
    fn every_unit_is_drawn_equally_often() {
        let units: Vec<usize> = (0..10).collect();
        let drawn = replicates(units.len(), PLAN, |draws| {
            draws.all(&units).copied().collect::<Vec<_>>()
        });
        let mut counts = [0_u32; 10];
        for unit in drawn.into_iter().flatten() {
            counts[unit] += 1;
        }
        // 1999 on average, with a standard deviation of 42.
        assert!(
            counts.iter().all(|count| (1800..2200).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn intervals_without_spread_are_points_and_without_data_errors() {
        let same = parts(&[0.7; 12]);
        let percentile_of_same = percentile(&same, 0.1, PLAN).unwrap();
        assert!((percentile_of_same.high - percentile_of_same.low).abs() < 1e-12);
        let bca_of_same = bca(&same, 0.1, PLAN).unwrap();
        assert!((bca_of_same.interval.low - 0.7).abs() < 1e-12);
        assert!(bca_of_same.acceleration.abs() < 1e-6);
        assert_eq!(percentile(&[], 0.1, PLAN), Err(StatsError::NoData));
        assert!(bca(&[(f64::NAN, 1.0)], 0.1, PLAN).is_err());
        assert!(studentized_mean(&[1.0], PLAN).is_err());
        assert!(bca(&parts(&[1.0]), 0.1, PLAN).is_ok_and(|one| one.interval.low >= 1.0));
    }

    /// `scipy.stats.bootstrap` 1.17.1 with 400,000 replicates; z0 from 2,000,000; the acceleration is
    /// its own jackknife's. Ours are 20,000 replicates.
    #[test]
    fn intervals_are_scipy_s() {
        let skewed = parts(&[
            0.3, 1.1, 0.2, 2.7, 0.9, 0.4, 5.2, 1.6, 0.1, 0.8, 3.3, 0.6, 1.2, 0.7, 2.1,
        ]);
        let binary = parts(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
        let above = [3.0, 1.0, 4.0, 2.0, 7.0, 5.0, 2.0, 6.0, 1.0, 8.0];
        let below = [4.0, 2.0, 4.0, 5.0, 8.0, 6.0, 2.0, 9.0, 3.0, 8.0];
        let ratios: Vec<Part> = above.into_iter().zip(below).collect();
        let plan = Resampling {
            replicates: 20_000,
            seed: 3,
        };
        let near = |actual: f64, expected: f64, tolerance: f64| {
            let gap = (actual - expected).abs();
            assert!(gap <= tolerance, "{actual}, expected {expected}");
        };
        for (parts, z0, acceleration, [low, high], [plain_low, plain_high]) in [
            (
                &skewed,
                0.0647,
                0.064_444_592_763_389_96,
                [0.96, 2.1733],
                [0.88, 2.0267],
            ),
            (
                &binary,
                -0.0493,
                -0.055_555_555_555_555_65,
                [0.5, 0.9167],
                [0.5, 0.9167],
            ),
            (
                &ratios,
                -0.0026,
                0.001_475_024_685_824_95,
                [0.6429, 0.8684],
                [0.6444, 0.8689],
            ),
        ] {
            let found = bca(parts, 0.1, plan).unwrap();
            near(found.z0, z0, 0.03);
            near(found.acceleration, acceleration, 1e-12);
            let width = high - low;
            near(found.interval.low, low, 0.03 * width);
            near(found.interval.high, high, 0.03 * width);
            let found = percentile(parts, 0.1, plan).unwrap();
            near(found.low, plain_low, 0.03 * width);
            near(found.high, plain_high, 0.03 * width);
        }
    }

    #[test]
    fn the_unit_of_values_and_sizes_changes_nothing() {
        let tenths = [0.1, 0.7, 0.3, 0.3, 0.9, 0.2, 0.6, 0.4, 0.3, 0.2];
        let of = |value: f64, size: f64| -> Bca {
            let parts: Vec<Part> = tenths.iter().map(|tenth| (tenth * value, size)).collect();
            let percentile = percentile(&parts, 0.1, PLAN).unwrap();
            let bca = bca(&parts, 0.1, PLAN).unwrap();
            assert!(percentile.low < 0.4 * value / size && 0.4 * value / size < percentile.high);
            bca
        };
        let one = of(1.0, 1.0);
        for (value, size) in [(1e6, 1.0), (1e-6, 1.0), (1.0, 8.0)] {
            let other = of(value, size);
            assert!((one.z0 - other.z0).abs() < 1e-9, "{one:?} {other:?}");
            let scaled = other.interval.low * size / value;
            assert!(
                (one.interval.low - scaled).abs() < 1e-9,
                "{one:?} {other:?}"
            );
        }
    }

    #[test]
    fn parts_without_a_size_or_a_value_are_errors() {
        for wrong in [
            (1.0, 0.0),
            (1.0, -1.0),
            (f64::INFINITY, 1.0),
            (1.0, f64::INFINITY),
            (1.0, f64::NAN),
        ] {
            let found = percentile(&[(1.0, 1.0), wrong], 0.1, PLAN);
            assert!(matches!(
                found,
                Err(StatsError::NotANumber { index: 1, .. })
            ));
        }
    }

    #[test]
    fn the_first_replicates_differ_from_seed_to_seed() {
        let draw = |seed| {
            let plan = Resampling {
                replicates: 20,
                seed,
            };
            replicates(1000, plan, Draws::index)
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    /// Of two values half of the replicates have no spread, and lie infinitely far out.
    #[test]
    fn two_values_have_no_bounds() {
        let spread = studentized_mean(&[0.0, 1.0], PLAN).unwrap();
        assert_eq!((spread.lower(0.05), spread.upper(0.05)), (None, None));
        assert!(
            spread
                .lower(0.4)
                .is_some_and(|bound| (bound - 0.5).abs() < 1e-12)
        );
    }

    /// All 27 resamples of 0, 1 and 2: in 4 of them t is above 1.1, in 3 more it is 1.
    #[test]
    fn a_replicate_s_t_is_that_of_its_own_values() {
        let spread = studentized_mean(&[0.0, 1.0, 2.0], PLAN).unwrap();
        let at = |t: f64| spread.p_above(1.0 - t / 3.0_f64.sqrt());
        assert!((at(1.1) - 4.0 / 27.0).abs() < 0.03, "{}", at(1.1));
        assert!((at(0.9) - 7.0 / 27.0).abs() < 0.03, "{}", at(0.9));
    }

    /// By hand: the sorted t are -1, 0, 1, 2.
    #[test]
    fn p_values_and_bounds_count_replicates() {
        let four = [(1.0, 1.0), (0.0, 0.0), (-2.0, 2.0), (1.0, 0.5)];
        let spread = Studentized::new((0.0, 0.5), four).unwrap();
        let near = |actual: f64, expected: f64| assert!((actual - expected).abs() < 1e-12);
        near(spread.p_above(-0.5), 3.0 / 5.0);
        near(spread.p_above(-0.501), 2.0 / 5.0);
        near(spread.p_below(0.5), 2.0 / 5.0);
        near(spread.p_below(0.501), 1.0 / 5.0);
        near(spread.lower(0.5).unwrap(), -0.5);
        near(spread.lower(0.21).unwrap(), -1.0);
        assert_eq!(spread.lower(0.2), None);
        near(spread.upper(0.5).unwrap(), 0.0);
        near(spread.upper(0.21).unwrap(), 0.5);
    }

    #[test]
    fn what_rounding_leaves_is_nothing() {
        let left = |difference, of| beyond_rounding(difference, of);
        assert!(left(1e-6, 1e8) <= 0.0 && left(-1.0, 1e8) <= 0.0);
        assert!((left(1e-3, 1e8) - 1e-3).abs() < 1e-15);
        assert!((left(1e-13, 1e-6) - 1e-13).abs() < 1e-25);
    }

    #[test]
    fn a_bound_agrees_with_its_p_value() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
        let spread = studentized_mean(&values, PLAN).unwrap();
        for alpha in [0.01, 0.05, 0.2] {
            let (lower, upper) = (spread.lower(alpha).unwrap(), spread.upper(alpha).unwrap());
            assert!(lower < upper);
            assert!(spread.p_above(lower - 1e-9) < alpha && spread.p_above(lower + 1e-9) >= alpha);
            assert!(spread.p_below(upper + 1e-9) < alpha && spread.p_below(upper - 1e-9) >= alpha);
        }
        // Fewer than 1/α replicates cannot show anything at α.
        let few = Resampling {
            replicates: 9,
            seed: 1,
        };
        assert_eq!(studentized_mean(&values, few).unwrap().lower(0.05), None);
    }
}

//! Quantiles: of a latency, 95 % of answers within 4 seconds.
//!
//! "The 95th percentile is at most T" says that a share of at least 0.95 lies at or below T, which is
//! a claim about a proportion; the bounds are order statistics and proved for every distribution. With
//! fewer than 59 observations there is no upper bound for it at 95 % confidence. What is missing
//! counts as above every limit.

#![expect(clippy::many_single_char_names, reason = "the formulas' own letters")]

use crate::{
    count::count_to_f64,
    error::StatsError,
    observation::mean_of,
    special::{
        distributions::{binomial_at_least, binomial_cdf},
        incomplete_beta::beta_tails,
        root::floor_to_count,
    },
};

/// A sample in ascending order; infinite values are those known to be beyond every limit.
#[derive(Debug, Clone, PartialEq)]
pub struct SortedSample {
    values: Vec<f64>,
}

impl SortedSample {
    /// At least one value, none of them NaN.
    pub fn new(values: impl IntoIterator<Item = f64>) -> Result<Self, StatsError> {
        let mut values: Vec<f64> = values.into_iter().collect();
        if values.is_empty() {
            return Err(StatsError::NoData);
        }
        if let Some(index) = values.iter().position(|value| value.is_nan()) {
            return Err(StatsError::NotANumber {
                index,
                low: f64::NAN,
                high: f64::NAN,
            });
        }
        values.sort_unstable_by(f64::total_cmp);
        Ok(Self { values })
    }

    /// How many values there are.
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Never: a sample has at least one value.
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values in ascending order.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many values are at most `limit`.
    pub fn count_at_most(&self, limit: f64) -> usize {
        self.values.partition_point(|value| *value <= limit)
    }

    /// The quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan, R's
    /// default), for 0 ≤ `q` ≤ 1.
    pub fn type_7(&self, q: f64) -> f64 {
        let position = q.clamp(0.0, 1.0) * count_to_f64(self.len() - 1);
        let below = floor_to_count(position);
        let fraction = position - count_to_f64(below);
        let last = self.values.last();
        let low = self.values.get(below).or(last).copied().unwrap_or_default();
        match self.values.get(below + 1) {
            // What is infinite has nothing between it and the next.
            Some(high) if fraction > 0.0 && low.is_finite() => low + fraction * (high - low),
            _ => low,
        }
    }

    /// Harrell and Davis' estimate (Biometrika 69:635, 1982): a weighted mean of all order
    /// statistics, smoother than one or two of them. `None` where one of them is infinite.
    pub fn harrell_davis(&self, q: f64) -> Option<f64> {
        finite(weighted(
            &harrell_davis_weights(self.len(), q),
            &self.values,
        ))
    }

    /// The jackknife standard error of [`Self::harrell_davis`], as `scipy.stats.mstats` computes it.
    /// `None` for a single value, and where one of them is infinite.
    pub fn harrell_davis_se(&self, q: f64) -> Option<f64> {
        let n = self.len();
        if n < 2 {
            return None;
        }
        let weights = harrell_davis_weights(n - 1, q);
        let left_out: Vec<f64> = (0..n)
            .map(|skipped| {
                let rest = self.values.iter().enumerate();
                let rest = rest
                    .filter(|(index, _)| *index != skipped)
                    .map(|(_, value)| value);
                weights
                    .iter()
                    .zip(rest)
                    .map(|(weight, value)| weight * value)
                    .sum()
            })
            .collect();
        let mean = mean_of(left_out.iter().copied())?;
        let squares: f64 = left_out.iter().map(|value| (value - mean).powi(2)).sum();
        let n = count_to_f64(n);
        finite((squares * (n - 1.0) / n).sqrt())
    }

    /// The upper bound of the `q`-quantile at one-sided `alpha`; `None` where there is no finite one.
    pub fn upper_bound(&self, q: f64, alpha: f64) -> Option<f64> {
        let rank = upper_rank(self.len(), q, alpha)?;
        finite(self.values.get(rank - 1).copied()?)
    }

    /// The lower bound of the `q`-quantile at one-sided `alpha`; `None` where there is no finite one.
    pub fn lower_bound(&self, q: f64, alpha: f64) -> Option<f64> {
        let rank = lower_rank(self.len(), q, alpha)?;
        finite(self.values.get(rank - 1).copied()?)
    }

    /// The p-value for "the `q`-quantile is above `limit`": so many values at most `limit` by chance.
    pub fn p_below(&self, q: f64, limit: f64) -> f64 {
        binomial_at_least(self.count_at_most(limit), self.len(), q)
    }

    /// The p-value for "the `q`-quantile is at most `limit`".
    pub fn p_above(&self, q: f64, limit: f64) -> f64 {
        binomial_cdf(self.count_at_most(limit), self.len(), q)
    }
}

/// The smallest rank, from 1, whose order statistic is an upper bound of the `q`-quantile at
/// one-sided `alpha`; `None` when even the largest value is not.
pub fn upper_rank(n: usize, q: f64, alpha: f64) -> Option<usize> {
    let enough = |rank: usize| binomial_at_least(rank, n, q) <= alpha;
    let rank = first_true(1, n + 1, enough);
    (rank <= n).then_some(rank)
}

/// The largest rank, from 1, whose order statistic is a lower bound of the `q`-quantile at one-sided
/// `alpha`; `None` when even the smallest value is not.
pub fn lower_rank(n: usize, q: f64, alpha: f64) -> Option<usize> {
    let too_high = |rank: usize| binomial_cdf(rank - 1, n, q) > alpha;
    let rank = first_true(1, n + 1, too_high) - 1;
    (rank >= 1).then_some(rank)
}

/// The first number from `low` on that satisfies a condition which stays true; `high` if none below.
fn first_true(mut low: usize, mut high: usize, holds: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

fn harrell_davis_weights(n: usize, q: f64) -> Vec<f64> {
    let count = count_to_f64(n);
    let (a, b) = ((count + 1.0) * q, (count + 1.0) * (1.0 - q));
    let cumulative = |index: usize| {
        let x = count_to_f64(index) / count;
        beta_tails(x, 1.0 - x, a, b).lower
    };
    (0..n)
        .map(|index| cumulative(index + 1) - cumulative(index))
        .collect()
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn weighted(weights: &[f64], values: &[f64]) -> f64 {
    weights
        .iter()
        .zip(values)
        .map(|(weight, value)| weight * value)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_tightest_that_hold_the_rate() {
        for n in [1, 5, 58, 59, 93, 100, 1000] {
            for q in [0.05, 0.5, 0.95] {
                match upper_rank(n, q, 0.05) {
                    Some(rank) => {
                        assert!(binomial_at_least(rank, n, q) <= 0.05);
                        assert!(rank == 1 || binomial_at_least(rank - 1, n, q) > 0.05);
                    }
                    None => assert!(binomial_at_least(n, n, q) > 0.05),
                }
                match lower_rank(n, q, 0.05) {
                    Some(rank) => {
                        assert!(binomial_cdf(rank - 1, n, q) <= 0.05);
                        assert!(binomial_cdf(rank, n, q) > 0.05);
                    }
                    None => assert!(binomial_cdf(0, n, q) > 0.05),
                }
            }
        }
    }

    #[test]
    fn a_tail_of_alpha_is_small_enough() {
        // P(2 of 2 at 1/2) = 1/4 = α, without rounding.
        assert_eq!(upper_rank(2, 0.5, 0.25), Some(2));
        assert_eq!(lower_rank(2, 0.5, 0.25), Some(1));
        assert_eq!(upper_rank(2, 0.5, 0.24), None);
        assert_eq!(lower_rank(2, 0.5, 0.24), None);
        assert_eq!(upper_rank(1, 0.5, 0.5), Some(1));
        assert_eq!(lower_rank(1, 0.5, 0.5), Some(1));
    }

    #[test]
    fn bounds_and_p_values_are_those_of_the_binomial() {
        let sample = SortedSample::new([5.0, 1.0, 3.0, 2.0, 4.0, 6.0, 7.0, 8.0]).unwrap();
        assert_eq!((sample.len(), sample.is_empty()), (8, false));
        assert_eq!(sample.count_at_most(3.0), 3);
        assert_eq!(sample.count_at_most(0.5), 0);
        // P(at most 1 of 8 at 1/2) = 9/256, P(at most 2) = 37/256.
        assert_eq!(sample.lower_bound(0.5, 0.05), Some(2.0));
        assert_eq!(sample.upper_bound(0.5, 0.05), Some(7.0));
        assert!((sample.p_above(0.5, 2.5) - 37.0 / 256.0).abs() < 1e-14);
        assert!((sample.p_below(0.5, 7.5) - 9.0 / 256.0).abs() < 1e-14);
        let known = SortedSample::new([f64::NEG_INFINITY, 1.0]).unwrap();
        assert_eq!(known.lower_bound(0.5, 0.3), None);
    }

    #[test]
    fn an_infinite_order_statistic_is_no_bound() {
        let mut values = vec![1.0; 57];
        values.extend([f64::INFINITY; 2]);
        let sample = SortedSample::new(values).unwrap();
        assert_eq!(sample.upper_bound(0.95, 0.05), None);
        assert!(sample.p_below(0.95, 100.0) > 0.05);
        assert_eq!(SortedSample::new([]), Err(StatsError::NoData));
        assert!(SortedSample::new([1.0, f64::NAN]).is_err());
    }

    #[test]
    fn harrell_davis_of_equal_values_is_that_value() {
        let sample = SortedSample::new([2.5; 30]).unwrap();
        assert!((sample.harrell_davis(0.9).unwrap() - 2.5).abs() < 1e-12);
        assert!(sample.harrell_davis_se(0.9).unwrap() < 1e-9);
        assert_eq!(
            SortedSample::new([1.0]).unwrap().harrell_davis_se(0.5),
            None
        );
        // Leaving one of two out leaves the other: the root of (d/2)² · 2 · 1/2.
        let pair = SortedSample::new([1.0, 4.0]).unwrap();
        assert!((pair.harrell_davis_se(0.3).unwrap() - 1.5).abs() < 1e-12);
    }

    #[test]
    fn infinite_values_are_never_mixed_to_no_number() {
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        for (values, q, expected) in [
            ([1.0, high, high], 0.0, 1.0),
            ([1.0, high, high], 0.25, high),
            ([1.0, high, high], 0.75, high),
            ([low, low, 1.0], 0.25, low),
            ([low, low, 1.0], 0.75, low),
        ] {
            let sample = SortedSample::new(values).unwrap();
            assert!(sample.type_7(q).total_cmp(&expected).is_eq());
            assert_eq!(sample.harrell_davis(q), None);
            assert_eq!(sample.harrell_davis_se(q), None);
        }
    }
}

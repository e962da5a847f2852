//! Intervals and tests for a proportion of independent passes.
//!
//! Clopper–Pearson is the one that gates use. The others are kept beside it for comparison with
//! other tools: at 100 questions and a nominal 5 %, Wilson's false-fail rate reaches 12 %, Jeffreys'
//! false-pass rate 15 %, mid-P's 10 %.

use crate::{
    count::count_to_f64,
    error::StatsError,
    observation::{Observation, Scale},
    special::{
        distributions::{
            beta_quantile, beta_upper_quantile, binomial_at_least, binomial_cdf, binomial_pmf,
        },
        normal::normal_upper_quantile,
        root::falling_root,
    },
};

/// Passes out of trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passes {
    passes: usize,
    trials: usize,
}

/// The two ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The low end.
    pub low: f64,
    /// The high end.
    pub high: f64,
}

impl Interval {
    /// Cut to [`low`, `high`].
    #[must_use]
    pub(crate) const fn within(self, low: f64, high: f64) -> Self {
        Self {
            low: self.low.max(low),
            high: self.high.min(high),
        }
    }

    pub(crate) const fn around(middle: f64, half_width: f64) -> Self {
        Self {
            low: middle - half_width,
            high: middle + half_width,
        }
    }
}

impl Passes {
    /// At least one trial, and no more passes than trials.
    pub fn new(passes: usize, trials: usize) -> Result<Self, StatsError> {
        if trials == 0 {
            return Err(StatsError::NoData);
        }
        if passes > trials {
            return Err(StatsError::Parameter {
                name: "the number of passes",
                value: count_to_f64(passes),
            });
        }
        Ok(Self { passes, trials })
    }

    /// Passes counted from the lows and from the highs, if every score is at an end of the scale.
    pub(crate) fn of_observations(
        observations: &[Observation],
        scale: Scale,
    ) -> Result<Option<(Self, Self)>, StatsError> {
        let checked = scale.checked(observations)?;
        let is = |value: f64, end: f64| value.total_cmp(&end).is_eq();
        let at_end = |value: f64| is(value, scale.low()) || is(value, scale.high());
        if !(checked.iter()).all(|one| at_end(one.low()) && at_end(one.high())) {
            return Ok(None);
        }
        let count = |of: fn(Observation) -> f64| {
            let passes = checked.iter().filter(|one| is(of(**one), scale.high()));
            Self::new(passes.count(), checked.len())
        };
        Ok(Some((count(Observation::low)?, count(Observation::high)?)))
    }

    /// How many passed.
    pub const fn passes(self) -> usize {
        self.passes
    }

    /// Of how many.
    pub const fn trials(self) -> usize {
        self.trials
    }

    /// The share that passed.
    pub fn share(self) -> f64 {
        self.k() / self.n()
    }

    fn k(self) -> f64 {
        count_to_f64(self.passes)
    }

    fn n(self) -> f64 {
        count_to_f64(self.trials)
    }

    fn failures(self) -> f64 {
        count_to_f64(self.trials - self.passes)
    }

    /// The exact p-value for "the probability is at most `tau`".
    pub fn p_above(self, tau: f64) -> f64 {
        binomial_at_least(self.passes, self.trials, tau)
    }

    /// The exact p-value for "the probability is at least `tau`".
    pub fn p_below(self, tau: f64) -> f64 {
        binomial_cdf(self.passes, self.trials, tau)
    }

    /// The exact two-sided p-value for "the probability is `tau`": all counts that are no more
    /// likely than the observed one.
    pub fn p_two_sided(self, tau: f64) -> f64 {
        let observed = binomial_pmf(self.passes, self.trials, tau) * (1.0 + 1e-7);
        let sum: f64 = (0..=self.trials)
            .map(|k| binomial_pmf(k, self.trials, tau))
            .filter(|mass| *mass <= observed)
            .sum();
        sum.min(1.0)
    }

    /// Clopper–Pearson's lower bound at one-sided `alpha`.
    pub fn clopper_pearson_lower(self, alpha: f64) -> f64 {
        beta_quantile(alpha, self.k(), self.failures() + 1.0)
    }

    /// Clopper–Pearson's upper bound at one-sided `alpha`.
    pub fn clopper_pearson_upper(self, alpha: f64) -> f64 {
        beta_upper_quantile(alpha, self.k() + 1.0, self.failures())
    }

    /// Clopper–Pearson's interval at two-sided `alpha`.
    pub fn clopper_pearson(self, alpha: f64) -> Interval {
        Interval {
            low: self.clopper_pearson_lower(0.5 * alpha),
            high: self.clopper_pearson_upper(0.5 * alpha),
        }
    }

    /// Wilson's score interval at two-sided `alpha`.
    pub fn wilson(self, alpha: f64) -> Interval {
        let z = normal_upper_quantile(0.5 * alpha);
        let (n, p, square) = (self.n(), self.share(), z * z);
        let middle = (p + square / (2.0 * n)) / (1.0 + square / n);
        let half = z / (1.0 + square / n) * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
        self.pinned(Interval::around(middle, half))
    }

    /// Wilson's score interval with continuity correction, at two-sided `alpha` (Newcombe 1998).
    pub fn wilson_corrected(self, alpha: f64) -> Interval {
        let z = normal_upper_quantile(0.5 * alpha);
        let (n, p, square) = (self.n(), self.share(), z * z);
        let q = 1.0 - p;
        let below = square - 2.0 - 1.0 / n + 4.0 * p * (n * q + 1.0);
        let above = square + 2.0 - 1.0 / n + 4.0 * p * (n * q - 1.0);
        let divisor = 2.0 * (n + square);
        let middle = 2.0 * n * p + square;
        self.pinned(Interval {
            low: (middle - 1.0 - z * below.max(0.0).sqrt()) / divisor,
            high: (middle + 1.0 + z * above.max(0.0).sqrt()) / divisor,
        })
    }

    /// An end of the scale where all or none passed, cut to [0, 1].
    fn pinned(self, interval: Interval) -> Interval {
        Interval {
            low: if self.passes == 0 { 0.0 } else { interval.low },
            high: if self.passes == self.trials {
                1.0
            } else {
                interval.high
            },
        }
        .within(0.0, 1.0)
    }

    /// Jeffreys' interval (quantiles of Beta(k + 1/2, n − k + 1/2)) at two-sided `alpha`.
    pub fn jeffreys(self, alpha: f64) -> Interval {
        let (a, b) = (self.k() + 0.5, self.failures() + 0.5);
        Interval {
            low: beta_quantile(0.5 * alpha, a, b),
            high: beta_upper_quantile(0.5 * alpha, a, b),
        }
    }

    /// Agresti and Coull's interval at two-sided `alpha`.
    pub fn agresti_coull(self, alpha: f64) -> Interval {
        let z = normal_upper_quantile(0.5 * alpha);
        let n = self.n() + z * z;
        let p = (self.k() + 0.5 * z * z) / n;
        Interval::around(p, z * (p * (1.0 - p) / n).sqrt()).within(0.0, 1.0)
    }

    /// Wald's interval at two-sided `alpha`; of no width when all or none passed.
    pub fn wald(self, alpha: f64) -> Interval {
        let (n, p) = (self.n(), self.share());
        let z = normal_upper_quantile(0.5 * alpha);
        Interval::around(p, z * (p * (1.0 - p) / n).sqrt()).within(0.0, 1.0)
    }

    /// The mid-P lower bound at one-sided `alpha`: the observed count weighs half.
    pub fn mid_p_lower(self, alpha: f64) -> f64 {
        if self.passes == 0 {
            return 0.0;
        }
        falling_root(0.0..=1.0, |p| {
            alpha - self.p_above(p) + 0.5 * binomial_pmf(self.passes, self.trials, p)
        })
    }

    /// The mid-P upper bound at one-sided `alpha`.
    pub fn mid_p_upper(self, alpha: f64) -> f64 {
        if self.passes == self.trials {
            return 1.0;
        }
        falling_root(0.0..=1.0, |p| {
            self.p_below(p) - 0.5 * binomial_pmf(self.passes, self.trials, p) - alpha
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.binomtest(k, n, p).pvalue`, 1.17.1.
    #[test]
    fn two_sided_p_values_are_scipy_s() {
        for (k, n, p, expected) in [
            (3, 10, 0.5, 0.343_75),
            (8, 10, 0.5, 0.109_375),
            (5, 10, 0.5, 1.0),
            (2, 15, 0.3, 0.257_970_288_005_883_84),
            (9, 15, 0.3, 0.019_990_087_279_713_99),
            (0, 7, 0.4, 0.046_835_2),
            (7, 7, 0.4, 0.001_638_4),
        ] {
            let found = Passes::new(k, n).unwrap().p_two_sided(p);
            assert!((found - expected).abs() < 1e-12, "{k} of {n}: {found}");
        }
    }

    /// statsmodels 0.15 `proportion_confint(method="normal")`.
    #[test]
    fn walds_interval_is_statsmodels() {
        for (k, n, alpha, low, high) in [
            (18, 20, 0.1, 0.789_659_864_313_012_9, 1.0),
            (3, 40, 0.05, 0.0, 0.156_624_323_226_238),
            (7, 20, 0.1, 0.174_570_365_130_815_6, 0.525_429_634_869_184_4),
        ] {
            let found = Passes::new(k, n).unwrap().wald(alpha);
            assert!((found.low - low).abs() < 1e-12, "{found:?}");
            assert!((found.high - high).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn passes_are_counted_where_every_score_is_at_an_end() {
        let passes = |observations: &[Observation]| {
            let scale = Scale::new(1.0, 5.0).unwrap();
            Passes::of_observations(observations, scale).unwrap()
        };
        let [pass, fail] = [5.0, 1.0].map(Observation::scored);
        let (lows, highs) = passes(&[pass, fail, pass, Observation::missing(1.0, 5.0)]).unwrap();
        assert_eq!((lows.passes(), lows.trials()), (2, 4));
        assert_eq!((highs.passes(), highs.trials()), (3, 4));
        for between in [
            Observation::scored(3.0),
            Observation::missing(1.0, 3.0),
            Observation::missing(3.0, 5.0),
        ] {
            assert_eq!(passes(&[pass, between]), None);
        }
    }
}

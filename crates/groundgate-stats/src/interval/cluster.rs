//! Questions that share a document, a conversation or a template are not independent.
//!
//! The gate's bound for them is the Dirichlet bound on cluster means, one vote per cluster
//! ([`crate::Observation::mean`]). This file describes the clustering, and has the standard
//! errors that other tools report. They are for display: with whole documents breaking at once, their
//! false-pass rates reach 14 to 35 % at a nominal 5 %.

use std::collections::BTreeMap;

use crate::{
    count::count_to_f64,
    error::StatsError,
    interval::binomial::Interval,
    special::{
        distributions::{beta_quantile, beta_upper_quantile, student_t_quantile},
        root::falling_root,
    },
};

/// Scores summed by cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// Sums and sizes, in the order of the clusters' names.
    groups: Vec<Cluster>,
    /// Σ (y − cluster mean)².
    within: f64,
    members: f64,
    total: f64,
}

/// One cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cluster {
    /// The sum of its scores.
    pub sum: f64,
    /// How many members it has.
    pub size: f64,
}

/// Which correction of the cluster-robust variance, as numbered by Bell and `McCaffrey` (2002).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// None.
    Cr0,
    /// G/(G−1).
    Cr1,
    /// Residuals divided by √(1 − m/M): unbiased when members are in fact independent.
    Cr2,
    /// Residuals divided by 1 − m/M: about the jackknife.
    Cr3,
}

/// A mean with a cluster-robust standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RobustMean {
    /// The mean over all members.
    pub mean: f64,
    /// Its standard error.
    pub se: f64,
    /// Satterthwaite's degrees of freedom.
    pub df: f64,
}

impl RobustMean {
    /// Student's t interval at two-sided `alpha`.
    pub fn interval(self, alpha: f64) -> Interval {
        self.interval_with(alpha, self.df)
    }

    /// The same with other degrees of freedom: G − 1 is what most tools use.
    pub fn interval_with(self, alpha: f64, df: f64) -> Interval {
        Interval::around(self.mean, -student_t_quantile(0.5 * alpha, df) * self.se)
    }
}

impl Clusters {
    /// From scores with the name of each one's cluster; at least one, all finite.
    pub fn new<K: Ord>(scores: impl IntoIterator<Item = (K, f64)>) -> Result<Self, StatsError> {
        let mut groups: BTreeMap<K, Vec<f64>> = BTreeMap::new();
        for (index, (name, score)) in scores.into_iter().enumerate() {
            if !score.is_finite() {
                return Err(StatsError::NotANumber {
                    index,
                    low: score,
                    high: score,
                });
            }
            groups.entry(name).or_default().push(score);
        }
        if groups.is_empty() {
            return Err(StatsError::NoData);
        }
        let mut within = 0.0;
        let clusters: Vec<Cluster> = groups
            .values()
            .map(|scores| {
                let (sum, size) = (scores.iter().sum::<f64>(), count_to_f64(scores.len()));
                within += scores
                    .iter()
                    .map(|score| (score - sum / size).powi(2))
                    .sum::<f64>();
                Cluster { sum, size }
            })
            .collect();
        Ok(Self {
            within,
            members: clusters.iter().map(|cluster| cluster.size).sum(),
            total: clusters.iter().map(|cluster| cluster.sum).sum(),
            groups: clusters,
        })
    }

    /// G: how many clusters there are.
    pub fn count(&self) -> f64 {
        count_to_f64(self.groups.len())
    }

    /// The mean over all members.
    pub fn mean(&self) -> f64 {
        self.total / self.members
    }

    /// G* = M²/Σ m²: the number of clusters of equal size that would be worth as much. Below 20 a
    /// claim about the population of clusters stands on little.
    pub fn effective_count(&self) -> f64 {
        self.members.powi(2) / self.sum_of_squared_sizes()
    }

    /// The largest cluster's share of all members.
    pub fn largest_share(&self) -> f64 {
        self.groups
            .iter()
            .map(|cluster| cluster.size / self.members)
            .fold(0.0, f64::max)
    }

    fn sum_of_squared_sizes(&self) -> f64 {
        self.groups.iter().map(|cluster| cluster.size.powi(2)).sum()
    }

    /// The intraclass correlation by analysis of variance, not below 0. `None` with fewer than two
    /// clusters, with no cluster of two members, or without any spread.
    pub fn intraclass_correlation(&self) -> Option<f64> {
        let (groups, members) = (self.count(), self.members);
        if groups < 2.0 || members <= groups {
            return None;
        }
        let mean = self.mean();
        let between: f64 = (self.groups.iter())
            .map(|cluster| cluster.size * (cluster.sum / cluster.size - mean).powi(2))
            .sum();
        let between = between / (groups - 1.0);
        let within = self.within / (members - groups);
        let typical = (members - self.sum_of_squared_sizes() / members) / (groups - 1.0);
        let spread = between + (typical - 1.0) * within;
        (spread > 0.0).then(|| ((between - within) / spread).max(0.0))
    }

    /// How much larger the variance of the mean is than that of as many independent scores: the CR1
    /// variance over s²/M. `None` without spread or with one cluster.
    pub fn design_effect(&self) -> Option<f64> {
        let robust = self.robust(Correction::Cr1)?;
        let mean = self.mean();
        let between: f64 = (self.groups.iter())
            .map(|cluster| cluster.size * (cluster.sum / cluster.size - mean).powi(2))
            .sum();
        let variance = (between + self.within) / (self.members - 1.0) / self.members;
        (variance > 0.0).then(|| robust.se.powi(2) / variance)
    }

    /// The mean with a cluster-robust standard error and Satterthwaite's degrees of freedom, for a
    /// working model of independent members (Bell and `McCaffrey` 2002; Pustejovsky and Tipton 2018).
    /// `None` with one cluster.
    pub fn robust(&self, correction: Correction) -> Option<RobustMean> {
        let (groups, members) = (self.count(), self.members);
        if groups < 2.0 {
            return None;
        }
        let mean = self.mean();
        let factor = |cluster: &Cluster| {
            let rest = 1.0 - cluster.size / members;
            match correction {
                Correction::Cr0 => 1.0,
                Correction::Cr1 => (groups / (groups - 1.0)).sqrt(),
                Correction::Cr2 => 1.0 / rest.sqrt(),
                Correction::Cr3 => 1.0 / rest,
            }
        };
        let variance: f64 = (self.groups.iter())
            .map(|cluster| {
                (factor(cluster) * (cluster.sum - mean * cluster.size) / members).powi(2)
            })
            .sum();
        // Ω = D − v vᵀ/M with D = a² m and v = a m.
        let (mut trace, mut diagonal, mut outer) = (0.0, 0.0, 0.0);
        for cluster in &self.groups {
            let a = factor(cluster);
            let square = (a * cluster.size).powi(2);
            let own = a * a * cluster.size - square / members;
            trace += own;
            diagonal += own * own - (square / members).powi(2);
            outer += square;
        }
        Some(RobustMean {
            mean,
            se: variance.sqrt(),
            df: trace * trace / (diagonal + (outer / members).powi(2)),
        })
    }
}

/// Intervals for a proportion from a cluster sample, as R's `survey::svyciprop` computes them. The
/// variance is CR1's; degrees of freedom are G − 1. `None` with one cluster, or where all or none
/// passed, since the methods need a variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusteredProportion {
    share: f64,
    variance: f64,
    df: f64,
    members: f64,
}

impl ClusteredProportion {
    /// From scores of 0 and 1.
    pub fn new(clusters: &Clusters) -> Option<Self> {
        let robust = clusters.robust(Correction::Cr1)?;
        let inside = robust.mean > 0.0 && robust.mean < 1.0 && robust.se > 0.0;
        inside.then_some(Self {
            share: robust.mean,
            variance: robust.se.powi(2),
            df: clusters.count() - 1.0,
            members: clusters.members,
        })
    }

    /// The share that passed.
    pub const fn share(self) -> f64 {
        self.share
    }

    /// The variance of the share.
    pub const fn variance(self) -> f64 {
        self.variance
    }

    /// How many scores there are.
    pub const fn members(self) -> f64 {
        self.members
    }

    /// The degrees of freedom.
    pub const fn df(self) -> f64 {
        self.df
    }

    fn t(self, alpha: f64) -> f64 {
        -student_t_quantile(0.5 * alpha, self.df)
    }

    /// Student's t around the share, not cut to [0, 1].
    pub fn wald(self, alpha: f64) -> Interval {
        Interval::around(self.share, self.t(alpha) * self.variance.sqrt())
    }

    /// Student's t around the log odds.
    pub fn logit(self, alpha: f64) -> Interval {
        let odds = self.share * (1.0 - self.share);
        let half = self.t(alpha) * self.variance.sqrt() / odds;
        let middle = (self.share / (1.0 - self.share)).ln();
        let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
        Interval {
            low: back(middle - half),
            high: back(middle + half),
        }
    }

    /// Korn and Graubard's: Clopper–Pearson at the effective sample size (Survey Methodology 24:193,
    /// 1998).
    pub fn korn_graubard(self, alpha: f64) -> Interval {
        let ratio = student_t_quantile(0.5 * alpha, self.members - 1.0)
            / student_t_quantile(0.5 * alpha, self.df);
        let n = self.share * (1.0 - self.share) / self.variance * ratio * ratio;
        let (passes, failures) = (n * self.share, n * (1.0 - self.share));
        Interval {
            low: beta_quantile(0.5 * alpha, passes, failures + 1.0),
            high: beta_upper_quantile(0.5 * alpha, passes + 1.0, failures),
        }
    }

    /// Likelihood ratio with Rao and Scott's scaling: where the deviance reaches t² times the design
    /// effect.
    pub fn likelihood(self, alpha: f64) -> Interval {
        let share = self.share;
        let effect =
            self.variance * self.members.powi(2) / ((self.members - 1.0) * share * (1.0 - share));
        let limit = self.t(alpha).powi(2) * effect / (2.0 * self.members);
        let deviance =
            |p: f64| share * (share / p).ln() + (1.0 - share) * ((1.0 - share) / (1.0 - p)).ln();
        let margin = 1e-15;
        Interval {
            low: falling_root(margin..=share, |p| deviance(p) - limit),
            high: falling_root(share..=(1.0 - margin), |p| limit - deviance(p)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(scores: &[(u32, f64)]) -> Clusters {
        Clusters::new(scores.iter().copied()).unwrap()
    }

    #[test]
    fn one_cluster_has_no_standard_error() {
        let one = clusters(&[(1, 0.0), (1, 1.0), (1, 1.0)]);
        for correction in [
            Correction::Cr0,
            Correction::Cr1,
            Correction::Cr2,
            Correction::Cr3,
        ] {
            assert_eq!(one.robust(correction), None);
        }
        assert_eq!(one.intraclass_correlation(), None);
        assert_eq!(one.design_effect(), None);
        assert!((one.effective_count() - 1.0).abs() < 1e-12 && one.largest_share() >= 1.0);
    }

    #[test]
    fn clusters_of_one_are_independent_scores() {
        let scores: Vec<(u32, f64)> = (0..30).map(|i| (i, f64::from(i % 7))).collect();
        let single = clusters(&scores);
        assert!((single.effective_count() - 30.0).abs() < 1e-9);
        assert!((single.design_effect().unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(single.intraclass_correlation(), None);
        let df = single.robust(Correction::Cr2).unwrap().df;
        assert!((df - 29.0).abs() < 1e-9, "{df}");
    }

    #[test]
    fn clusters_that_answer_alike_are_worth_one_score_each() {
        let scores: Vec<(u32, f64)> = (0..40).map(|i| (i / 4, f64::from((i / 4) % 2))).collect();
        let alike = clusters(&scores);
        assert!((alike.intraclass_correlation().unwrap() - 1.0).abs() < 1e-12);
        assert!(alike.design_effect().unwrap() > 3.9);
        assert!((alike.effective_count() - 10.0).abs() < 1e-9);
    }

    /// Mean squares by `scipy.stats.f_oneway` 1.17.1 (F 2.534483), the CR1 variance by statsmodels' OLS
    /// with `cov_type="cluster"`.
    #[test]
    fn clusters_of_different_sizes_are_described_as_by_an_analysis_of_variance() {
        let mixed = clusters(&[
            (1, 0.9),
            (1, 0.7),
            (1, 0.8),
            (2, 0.2),
            (2, 0.5),
            (3, 1.0),
            (3, 0.6),
            (3, 0.9),
            (3, 0.7),
            (4, 0.4),
            (5, 0.3),
            (5, 0.8),
        ]);
        let close = |actual: f64, expected: f64| {
            assert!(
                (actual - expected).abs() < 1e-12,
                "{actual}, expected {expected}"
            );
        };
        close(mixed.mean(), 0.65);
        close(mixed.count(), 5.0);
        close(mixed.largest_share(), 1.0 / 3.0);
        close(mixed.effective_count(), 144.0 / 34.0);
        close(
            mixed.intraclass_correlation().unwrap(),
            0.401_051_445_737_889_76,
        );
        close(mixed.design_effect().unwrap(), 1.654_196_009_389_672_6);
    }

    #[test]
    fn without_spread_within_or_between_clusters_little_is_known() {
        // Members differ and clusters do not: less alike than by chance, which counts as 0.
        let across = clusters(&[(1, 0.1), (1, 0.9), (2, 0.2), (2, 0.8)]);
        assert_eq!(across.intraclass_correlation(), Some(0.0));
        let same = clusters(&[(1, 0.5), (1, 0.5), (2, 0.5), (2, 0.5)]);
        assert_eq!(same.intraclass_correlation(), None);
        assert_eq!(same.design_effect(), None);
        // Two clusters, one of two members: the least that has an answer.
        let three = clusters(&[(1, 0.1), (1, 0.2), (2, 0.9)]);
        assert!(three.intraclass_correlation().unwrap() > 0.9);
        assert!(
            three
                .robust(Correction::Cr1)
                .is_some_and(|two| two.se > 0.1)
        );
        let one = clusters(&[(1, 0.1), (1, 0.2), (1, 0.9)]);
        assert_eq!(one.intraclass_correlation(), None);
    }

    #[test]
    fn no_scores_and_scores_that_are_no_numbers_are_errors() {
        assert_eq!(
            Clusters::new(Vec::<(u32, f64)>::new()),
            Err(StatsError::NoData)
        );
        let bad = Clusters::new([(1, 0.5), (2, f64::NAN)]).unwrap_err();
        assert!(bad.to_string().contains("observation 1"));
    }

    #[test]
    fn proportions_need_both_passes_and_failures() {
        let all = clusters(&[(1, 1.0), (2, 1.0)]);
        assert_eq!(ClusteredProportion::new(&all), None);
    }

    /// R's ends for 6 clusters of 22 are 0.408145 and 0.935150 (case cluster-011), after interpolation.
    #[test]
    fn likelihood_ends_lie_where_the_deviance_says() {
        let proportion = ClusteredProportion {
            share: 16.0 / 22.0,
            variance: 0.011_966_395_737_996,
            df: 5.0,
            members: 22.0,
        };
        let interval = proportion.likelihood(0.05);
        assert!((interval.low - 0.408_145).abs() < 5e-5, "{interval:?}");
        assert!((interval.high - 0.935_150).abs() < 5e-5, "{interval:?}");
    }
}

//! Differences between two groups of different units: less sure than pairs, and said so.

use crate::{
    count::count_to_f64,
    error::StatsError,
    interval::{
        binomial::{Interval, Passes},
        dirichlet::{DirichletBound, PseudoWeight},
    },
    observation::{Observation, Scale, mean_of},
    special::{
        normal::{normal_cdf, normal_upper_quantile},
        root::falling_root,
    },
};

/// Two proportions: passes of the first group and of the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoProportions {
    /// The first group.
    pub first: Passes,
    /// The second group.
    pub second: Passes,
}

impl TwoProportions {
    /// First minus second.
    pub fn difference(self) -> f64 {
        self.first.share() - self.second.share()
    }

    /// The score statistic against a true difference of `threshold` (Miettinen and Nurminen,
    /// Statistics in Medicine 4:213, 1985; with their factor N/(N−1) if `corrected`).
    pub fn score_z(self, threshold: f64, corrected: bool) -> f64 {
        let excess = self.difference() - threshold;
        let second = self.restricted(threshold);
        let first = (second + threshold).clamp(0.0, 1.0);
        let (n1, n2) = self.sizes();
        let variance = first * (1.0 - first) / n1 + second * (1.0 - second) / n2;
        let total = n1 + n2;
        let factor = if corrected {
            total / (total - 1.0)
        } else {
            1.0
        };
        if excess.abs() <= 1e-15 {
            0.0
        } else if variance <= 0.0 {
            f64::INFINITY.copysign(excess)
        } else {
            excess / (variance * factor).sqrt()
        }
    }

    /// The score test's p-value for "the difference is at most `threshold`".
    pub fn score_p_above(self, threshold: f64, corrected: bool) -> f64 {
        normal_cdf(-self.score_z(threshold, corrected))
    }

    /// The score interval at two-sided `alpha`.
    pub fn score(self, alpha: f64, corrected: bool) -> Interval {
        let z = normal_upper_quantile(0.5 * alpha);
        let distance =
            |target: f64| move |c: f64| (self.score_z(c, corrected) - target).clamp(-1e3, 1e3);
        Interval {
            low: falling_root(-1.0..=self.difference(), distance(z)),
            high: falling_root(self.difference()..=1.0, distance(-z)),
        }
    }

    /// The second group's probability that is most likely when the first one's exceeds it by
    /// `threshold`: where the likelihood's slope, which falls, crosses 0.
    fn restricted(self, threshold: f64) -> f64 {
        let part = |count: usize, probability: f64| {
            if count == 0 {
                0.0
            } else {
                count_to_f64(count) / probability
            }
        };
        let slope = |second: f64| {
            let first = second + threshold;
            let (one, two) = (self.first, self.second);
            let rise = part(one.passes(), first) + part(two.passes(), second);
            let fall = part(one.trials() - one.passes(), 1.0 - first)
                + part(two.trials() - two.passes(), 1.0 - second);
            (rise - fall).clamp(-1e300, 1e300)
        };
        let (low, high) = ((-threshold).max(0.0), (1.0 - threshold).min(1.0));
        // Where a slope is infinite at an end, it says so with the right sign only inside.
        let inset = 1e-15 * (high - low);
        falling_root((low + inset)..=(high - inset), slope)
    }

    fn sizes(self) -> (f64, f64) {
        (
            count_to_f64(self.first.trials()),
            count_to_f64(self.second.trials()),
        )
    }

    /// Newcombe's method 10: Wilson intervals, squared and added, at two-sided `alpha`.
    pub fn newcombe(self, alpha: f64) -> Interval {
        let (one, two) = (self.first.wilson(alpha), self.second.wilson(alpha));
        let (p1, p2) = (self.first.share(), self.second.share());
        Interval {
            low: self.difference() - (p1 - one.low).hypot(two.high - p2),
            high: self.difference() + (one.high - p1).hypot(p2 - two.low),
        }
    }

    /// Agresti and Caffo's interval at two-sided `alpha`: one pass and one failure more in each group.
    pub fn agresti_caffo(self, alpha: f64) -> Interval {
        let (n1, n2) = self.sizes();
        let p1 = (count_to_f64(self.first.passes()) + 1.0) / (n1 + 2.0);
        let p2 = (count_to_f64(self.second.passes()) + 1.0) / (n2 + 2.0);
        wald([p1, p2], [n1 + 2.0, n2 + 2.0], alpha).within(-1.0, 1.0)
    }

    /// Wald's interval at two-sided `alpha`; of no width when all passed in both groups.
    pub fn wald(self, alpha: f64) -> Interval {
        let (n1, n2) = self.sizes();
        wald([self.first.share(), self.second.share()], [n1, n2], alpha).within(-1.0, 1.0)
    }
}

fn wald(p: [f64; 2], n: [f64; 2], alpha: f64) -> Interval {
    let ([p1, p2], [n1, n2]) = (p, n);
    let se = (p1 * (1.0 - p1) / n1 + p2 * (1.0 - p2) / n2).sqrt();
    Interval::around(p1 - p2, normal_upper_quantile(0.5 * alpha) * se)
}

/// The difference of two means of bounded scores over different units: Miettinen and Nurminen's score
/// test for binary scores, MOVER of two Dirichlet bounds otherwise (Zou and Donner 2008).
#[derive(Debug, Clone, PartialEq)]
pub enum UnpairedBound {
    /// Passes with what is missing counted against a high difference, and for it.
    Score {
        /// The size of a difference of 1.
        width: f64,
        /// For lower bounds.
        lows: TwoProportions,
        /// For upper bounds.
        highs: TwoProportions,
    },
    /// The two Dirichlet bounds with the means that they belong to.
    Mover {
        /// Of the candidate: bound, mean of lows, mean of highs.
        candidate: (DirichletBound, f64, f64),
        /// Of the baseline.
        baseline: (DirichletBound, f64, f64),
        /// The scale of differences.
        scale: Scale,
    },
}

impl UnpairedBound {
    /// From one observation per unit of either group, at least one each.
    pub fn new(
        candidate: &[Observation],
        baseline: &[Observation],
        scale: Scale,
        weight: PseudoWeight,
    ) -> Result<Self, StatsError> {
        let binary = (
            Passes::of_observations(candidate, scale)?,
            Passes::of_observations(baseline, scale)?,
        );
        if let (Some(one), Some(two)) = binary {
            return Ok(Self::Score {
                width: scale.width(),
                lows: TwoProportions {
                    first: one.0,
                    second: two.1,
                },
                highs: TwoProportions {
                    first: one.1,
                    second: two.0,
                },
            });
        }
        let side = |observations: &[Observation]| {
            let mean = |of: fn(Observation) -> f64| {
                mean_of(observations.iter().map(|one| of(*one))).ok_or(StatsError::NoData)
            };
            let bound = DirichletBound::new(observations, scale, weight)?;
            Ok::<_, StatsError>((bound, mean(Observation::low)?, mean(Observation::high)?))
        };
        Ok(Self::Mover {
            candidate: side(candidate)?,
            baseline: side(baseline)?,
            scale: scale.of_differences(),
        })
    }

    /// The method's name.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Score { .. } => "miettinen-nurminen score",
            Self::Mover { .. } => "mover of dirichlet bounds",
        }
    }

    /// The p-value for "the difference is at most `threshold`". For MOVER, 1/2 stands for everything
    /// from there on.
    pub fn p_above(&self, threshold: f64) -> f64 {
        match self {
            Self::Score { width, lows, .. } => lows.score_p_above(threshold / width, true),
            Self::Mover { .. } => mover_p(|alpha| self.lower(alpha) - threshold),
        }
    }

    /// The p-value for "the difference is at least `threshold`".
    pub fn p_below(&self, threshold: f64) -> f64 {
        match self {
            Self::Score { width, highs, .. } => normal_cdf(highs.score_z(threshold / width, true)),
            Self::Mover { .. } => mover_p(|alpha| threshold - self.upper(alpha)),
        }
    }

    /// The lower bound at one-sided `alpha`.
    pub fn lower(&self, alpha: f64) -> f64 {
        match self {
            Self::Score { width, lows, .. } => width * lows.score(2.0 * alpha, true).low,
            Self::Mover {
                candidate: (candidate, low, _),
                baseline: (baseline, _, high),
                scale,
            } => {
                let below = low - candidate.lower(alpha);
                let above = baseline.upper(alpha) - high;
                (low - high - below.hypot(above)).max(scale.low())
            }
        }
    }

    /// The upper bound at one-sided `alpha`.
    pub fn upper(&self, alpha: f64) -> f64 {
        match self {
            Self::Score { width, highs, .. } => width * highs.score(2.0 * alpha, true).high,
            Self::Mover {
                candidate: (candidate, _, high),
                baseline: (baseline, low, _),
                scale,
            } => {
                let above = candidate.upper(alpha) - high;
                let below = low - baseline.lower(alpha);
                (high - low + above.hypot(below)).min(scale.high())
            }
        }
    }
}

/// The error rate at which a bound, which rises with it, just reaches the threshold.
fn mover_p(excess: impl Fn(f64) -> f64) -> f64 {
    let ends = 1e-12_f64.ln()..=0.5_f64.ln();
    falling_root(ends, |logarithm| -excess(logarithm.exp())).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(k1: usize, n1: usize, k2: usize, n2: usize) -> TwoProportions {
        TwoProportions {
            first: Passes::new(k1, n1).unwrap(),
            second: Passes::new(k2, n2).unwrap(),
        }
    }

    /// The restricted estimate makes the likelihood's slope 0: checked against the cubic's root,
    /// mpmath 1.3.0, for 90 of 100 and 95 of 100 at a difference of −0.117739689.
    #[test]
    fn the_restricted_estimate_is_the_likeliest() {
        let second = groups(90, 100, 95, 100).restricted(-0.117_739_689_063_645_24);
        assert!((second - 0.964_212_703_302_805).abs() < 1e-12, "{second}");
    }

    /// mpmath 1.3.0, 40 digits: the likelihood's maximum by golden section, then the statistic.
    #[test]
    fn the_score_statistic_is_that_of_the_likeliest_probabilities() {
        let cases = [
            (
                groups(90, 100, 95, 100),
                -0.1,
                true,
                1.263_328_163_870_407_2,
            ),
            (
                groups(90, 100, 95, 100),
                -0.1,
                false,
                1.266_498_377_547_252_7,
            ),
            (groups(7, 10, 3, 12), 0.125, true, 1.499_122_072_980_534),
            (groups(0, 5, 5, 8), -0.25, true, -1.458_296_448_904_058),
            (groups(5, 5, 4, 4), -0.1, true, 0.702_728_368_926_306_5),
            (groups(3, 9, 0, 6), 0.5, true, -0.966_091_783_079_295_9),
        ];
        for (groups, threshold, corrected, expected) in cases {
            let z = groups.score_z(threshold, corrected);
            let error = (z - expected).abs();
            assert!(
                error < 1e-10 * expected.abs(),
                "{groups:?} {threshold}: {z}"
            );
        }
        // Hardly any room for either probability; 1 − 1e-9 itself is rounded.
        let narrow = groups(9, 10, 1, 10).score_z(1.0 - 1e-9, true);
        assert!(
            (narrow / -19_493.588_872_681_558 - 1.0).abs() < 1e-6,
            "{narrow}"
        );
        let certain = groups(5, 5, 0, 4);
        assert!(certain.score_z(1.0, true).abs() <= 0.0);
        assert!(certain.score_z(0.5, true).is_finite());
        assert!(groups(5, 5, 3, 4).score_z(1.0, true) < -1e300);
    }

    /// statsmodels 0.15.0: `confint_proportions_2indep`.
    #[test]
    fn other_intervals_match_statsmodels() {
        let groups = groups(7, 10, 3, 12);
        for (interval, low, high) in [
            (
                groups.newcombe(0.1),
                0.099_217_536_364_878_79,
                0.676_047_769_058_372_6,
            ),
            (
                groups.agresti_caffo(0.1),
                0.081_716_578_433_446_49,
                0.680_188_183_471_315_4,
            ),
            (
                groups.wald(0.1),
                0.135_213_518_387_074_57,
                0.764_786_481_612_925_3,
            ),
        ] {
            assert!((interval.low - low).abs() < 1e-12, "{interval:?}");
            assert!((interval.high - high).abs() < 1e-12, "{interval:?}");
        }
    }

    /// What is missing is a failure of the candidate and a pass of the baseline at worst.
    #[test]
    fn missing_passes_count_at_their_worst_and_at_their_best() {
        let stars = Scale::new(1.0, 5.0).unwrap();
        let of = |values: &[f64]| -> Vec<Observation> {
            (values.iter().copied().map(Observation::scored))
                .chain([Observation::missing(1.0, 5.0)])
                .collect()
        };
        let candidate = of(&[5.0, 5.0, 5.0, 1.0, 5.0]);
        let baseline = of(&[1.0, 5.0, 1.0, 5.0, 1.0, 1.0]);
        let bound = UnpairedBound::new(&candidate, &baseline, stars, PseudoWeight::One).unwrap();
        let (worst, best) = (groups(4, 6, 3, 7), groups(5, 6, 2, 7));
        let close = |actual: f64, expected: f64| {
            assert!(
                (actual - expected).abs() < 1e-14,
                "{actual}, expected {expected}"
            );
        };
        close(bound.p_above(1.0), normal_cdf(-worst.score_z(0.25, true)));
        close(bound.p_below(1.0), normal_cdf(best.score_z(0.25, true)));
        close(bound.lower(0.05), 4.0 * worst.score(0.1, true).low);
        close(bound.upper(0.05), 4.0 * best.score(0.1, true).high);
    }

    /// Candidate and baseline exchanged change the difference's sign; a side of which nothing is
    /// uncertain but the mean of its lows and of its highs moves the other's bounds along.
    #[test]
    fn mover_joins_the_bounds_of_both_sides() {
        let side = |values: &[f64]| -> Vec<Observation> {
            (values.iter().copied().map(Observation::scored))
                .chain([Observation::missing(0.0, 1.0)])
                .collect()
        };
        let candidate = side(&[0.9, 1.0, 0.5, 0.8, 0.7]);
        let baseline = side(&[0.4, 0.1, 0.9]);
        let new = |one: &[Observation], two: &[Observation]| {
            UnpairedBound::new(one, two, Scale::UNIT, PseudoWeight::One).unwrap()
        };
        let (bound, swapped) = (new(&candidate, &baseline), new(&baseline, &candidate));
        let of = |observations: &[Observation]| {
            DirichletBound::new(observations, Scale::UNIT, PseudoWeight::One).unwrap()
        };
        let (one, two) = (of(&candidate), of(&baseline));
        // Means of lows and highs: 3.9/6 and 4.9/6, 1.4/4 and 2.4/4.
        let low = 0.65 - 0.6 - (0.65 - one.lower(0.05)).hypot(two.upper(0.05) - 0.6);
        let high = 4.9 / 6.0 - 0.35 + (one.upper(0.05) - 4.9 / 6.0).hypot(0.35 - two.lower(0.05));
        for (actual, expected) in [
            (bound.lower(0.05), low),
            (bound.upper(0.05), high.min(1.0)),
            (swapped.lower(0.05), -high.min(1.0)),
            (swapped.upper(0.05), -low),
            (bound.p_above(0.1), swapped.p_below(-0.1)),
        ] {
            assert!(
                (actual - expected).abs() < 1e-12,
                "{actual}, expected {expected}"
            );
        }
        assert!(low > -1.0 && low < 0.0);
    }

    #[test]
    fn score_bounds_invert_the_score_test() {
        for (k1, n1, k2, n2) in [
            (90, 100, 95, 100),
            (0, 5, 5, 5),
            (5, 5, 5, 5),
            (0, 3, 0, 9),
            (1, 1, 0, 1),
        ] {
            let groups = groups(k1, n1, k2, n2);
            let interval = groups.score(0.1, true);
            let difference = groups.difference();
            assert!(interval.low <= difference && difference <= interval.high);
            assert!(interval.low < interval.high, "{groups:?}");
            if interval.low > -1.0 + 1e-9 {
                assert!(
                    (groups.score_p_above(interval.low, true) - 0.05).abs() < 1e-6,
                    "{groups:?}"
                );
            }
        }
    }

    #[test]
    fn mover_bounds_invert_mover_p_values_and_meet_the_ends() {
        let scored = |values: &[f64]| -> Vec<Observation> {
            values.iter().copied().map(Observation::scored).collect()
        };
        let candidate = scored(&[0.9, 1.0, 0.5, 1.0, 0.7, 1.0, 1.0, 0.2]);
        let baseline = scored(&[0.4, 0.1, 0.9, 0.3, 0.0, 0.6]);
        let bound =
            UnpairedBound::new(&candidate, &baseline, Scale::UNIT, PseudoWeight::One).unwrap();
        let (lower, upper) = (bound.lower(0.05), bound.upper(0.05));
        assert!((-1.0..0.404).contains(&lower) && (0.405..=1.0).contains(&upper));
        assert!((bound.p_above(lower) - 0.05).abs() < 1e-9);
        assert!((bound.p_below(upper) - 0.05).abs() < 1e-9);
        assert!(bound.p_above(0.9) >= 0.5 && bound.p_below(-0.9) >= 0.5);
    }
}

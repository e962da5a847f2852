//! Power of a one-sided claim about a mean on a scale, by normal theory with the cost of the bound's
//! pseudo-observation, and the smallest drop that is seen.
//!
//! [`PlannedComparison`](super::PlannedComparison) is the special case of a paired difference whose
//! spread is all noise. Here the spread that a bound sees and the noise that moves its estimate are
//! apart: questions of a fixed suite widen the bound and do not move the mean.

use crate::{
    count::count_to_f64,
    error::StatsError,
    interval::bounded::Bound,
    observation::Scale,
    parameter::{at_least, error_rate, finite, not_negative, open_unit},
    special::{
        normal::{normal_cdf, normal_upper_quantile},
        root::floor_to_count,
    },
};

/// How much longer than those of the Dirichlet bound the arms of the betting bound are (1.39 to 1.52
/// in simulations).
const BETTING_ARM: f64 = 1.45;

/// A mean to be shown above or below a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedMean {
    /// Runs, questions or clusters.
    pub units: usize,
    /// The true mean.
    pub mean: f64,
    /// Standard deviation of one unit, as the bound sees it.
    pub sd: f64,
    /// The part of it that would differ if the same experiment was made again; the same as `sd` where
    /// units are drawn from a population.
    pub noise: f64,
    /// The ends that a unit can reach; of a difference, those of differences.
    pub scale: Scale,
    /// Which bound.
    pub bound: Bound,
}

impl PlannedMean {
    /// The chance that the mean is shown to be above `threshold`: with N units,
    /// `Φ(((μ − c − h (c − b) / N) √N − z_α s) / noise)`, where b is the scale's low end and h the
    /// weight of the pseudo-observation there.
    pub fn chance_above(&self, threshold: f64, alpha: f64) -> Result<f64, StatsError> {
        self.checked()?;
        finite("threshold", threshold)?;
        error_rate(alpha)?;
        let n = count_to_f64(self.units);
        let pseudo = self.weight() * (threshold - self.scale.low()) / n;
        if self.sd <= 0.0 {
            return Ok(if self.constant_is_above(threshold, alpha) {
                1.0
            } else {
                0.0
            });
        }
        let room = (self.mean - threshold - pseudo) * n.sqrt();
        let excess = room - normal_upper_quantile(alpha) * self.sd * self.arm_factor();
        Ok(if self.noise > 0.0 {
            normal_cdf(excess / self.noise)
        } else if excess > 0.0 {
            1.0
        } else {
            0.0
        })
    }

    /// The chance that the mean is shown to be below `threshold`.
    pub fn chance_below(&self, threshold: f64, alpha: f64) -> Result<f64, StatsError> {
        self.mirrored()?.chance_above(-threshold, alpha)
    }

    /// The same claim after the mean fell by `drop`, where a share of the units fell from the scale's
    /// high end to its low one: the way to fall that is hardest to see. It adds
    /// `drop (width − drop)` to the variance.
    #[must_use]
    pub fn after_drop(&self, drop: f64, width: f64) -> Self {
        let added = (drop * (width - drop)).max(0.0);
        let spread = |sd: f64| sd.mul_add(sd, added).sqrt();
        Self {
            mean: (self.mean - drop).max(self.scale.low()),
            sd: spread(self.sd),
            noise: spread(self.noise),
            ..*self
        }
    }

    /// The smallest drop of the mean after which it is shown to be below `threshold` with chance
    /// `power`, for scores of the given width. `None`: none that the scale has room for.
    pub fn drop_seen(
        &self,
        threshold: f64,
        width: f64,
        alpha: f64,
        power: f64,
    ) -> Result<Option<f64>, StatsError> {
        open_unit("power", power)?;
        let most = (self.mean - self.scale.low()).min(width);
        let is_seen = |drop: f64| {
            let chance = self.after_drop(drop, width).chance_below(threshold, alpha);
            Ok::<bool, StatsError>(chance? >= power)
        };
        if !is_seen(most)? {
            return Ok(None);
        }
        let (mut low, mut high) = (0.0, most);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if is_seen(middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(Some(high))
    }

    /// Of N equal values x the bound is above c exactly when `((c − b) / (x − b))^N < α` for h = 1, the
    /// pseudo-observation's weight being a beta variable; the others are held to no less.
    fn constant_is_above(&self, threshold: f64, alpha: f64) -> bool {
        let low = self.scale.low();
        let share = (threshold - low) / (self.mean - low);
        self.mean > threshold
            && share
                .max(0.0)
                .powf(count_to_f64(self.units) / self.arm_factor())
                < alpha
    }

    fn mirrored(&self) -> Result<Self, StatsError> {
        Ok(Self {
            mean: -self.mean,
            scale: Scale::new(-self.scale.high(), -self.scale.low())?,
            ..*self
        })
    }

    const fn weight(&self) -> f64 {
        match self.bound {
            Bound::Exact | Bound::Proven => 1.0,
            Bound::Calibrated => 0.5,
        }
    }

    const fn arm_factor(&self) -> f64 {
        match self.bound {
            Bound::Exact | Bound::Calibrated => 1.0,
            Bound::Proven => BETTING_ARM,
        }
    }

    fn checked(&self) -> Result<(), StatsError> {
        at_least(1, self.units)?;
        finite("mean", self.mean)?;
        not_negative("standard deviation", self.sd)?;
        not_negative("noise", self.noise)?;
        Ok(())
    }
}

/// P(X ≤ `most`) of a Poisson variable with mean `expected` ≥ 0: so many findings in a planned run.
pub fn poisson_at_most(most: usize, expected: f64) -> f64 {
    let mut term = (-expected).exp();
    let mut sum = term;
    for count in 1..=most.min(10_000) {
        term *= expected / count_to_f64(count);
        sum += term;
    }
    sum.min(1.0)
}

/// The nearest whole number of observations; 0 for what is negative or no number.
pub fn whole_units(units: f64) -> usize {
    floor_to_count((units + 0.5).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::PlannedComparison;

    fn difference(units: usize, sd: f64) -> PlannedMean {
        PlannedMean {
            units,
            mean: 0.0,
            sd,
            noise: sd,
            scale: Scale::UNIT.of_differences(),
            bound: Bound::Exact,
        }
    }

    #[test]
    fn of_noise_alone_it_is_the_planned_comparison() {
        for (units, sd, margin) in [(100, 0.3, 0.05), (300, 0.2, 0.03), (60, 0.4, 0.1)] {
            let ours = difference(units, sd).chance_above(-margin, 0.05).unwrap();
            let theirs = PlannedComparison { units, sd };
            let theirs = theirs.power(margin, 0.0, 0.05).unwrap();
            // The pseudo-observation at −1 is 1 − δ below the threshold −δ; there it counts as 1.
            assert!((ours - theirs).abs() < 0.02, "{ours} {theirs}");
        }
    }

    #[test]
    fn a_fixed_suite_can_tell_more_than_a_population() {
        let population = difference(100, 0.3);
        let suite = PlannedMean {
            noise: 0.1,
            ..population
        };
        let power = |plan: &PlannedMean| plan.chance_above(-0.08, 0.05).unwrap();
        assert!(power(&suite) > power(&population));
    }

    #[test]
    fn the_drop_seen_is_seen_with_the_power_asked_for() {
        for plan in [
            difference(200, 0.0),
            difference(200, 0.3),
            difference(40, 0.5),
        ] {
            let drop = plan.drop_seen(0.0, 1.0, 0.05, 0.8).unwrap().unwrap();
            let fallen = plan.after_drop(drop, 1.0);
            let chance = fallen.chance_below(0.0, 0.05).unwrap();
            assert!((chance - 0.8).abs() < 1e-6, "{plan:?}: {drop} {chance}");
        }
        assert_eq!(difference(1, 0.5).drop_seen(0.0, 1.0, 0.05, 0.8), Ok(None));
    }

    #[test]
    fn without_spread_it_takes_the_rule_of_three() {
        let perfect = |units| PlannedMean {
            units,
            mean: 1.0,
            sd: 0.0,
            noise: 0.0,
            scale: Scale::UNIT,
            bound: Bound::Exact,
        };
        let chance = |units| perfect(units).chance_above(0.95, 0.05).unwrap();
        assert!(chance(58) < 0.5 && chance(59) > 0.5);
    }

    #[test]
    fn power_grows_with_units_and_falls_with_spread() {
        let power = |units, sd| difference(units, sd).chance_above(-0.05, 0.05).unwrap();
        assert!(power(200, 0.3) > power(100, 0.3));
        assert!(power(200, 0.3) < power(200, 0.2));
        assert!(power(10, 0.3) < 0.05);
    }

    fn share(mean: f64, sd: f64, noise: f64) -> PlannedMean {
        PlannedMean {
            units: 80,
            mean,
            sd,
            noise,
            scale: Scale::UNIT,
            bound: Bound::Exact,
        }
    }

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-12, "{value} {expected}");
    }

    #[test]
    fn chances_follow_the_formula() {
        // The formula in numpy, with scipy 1.17.1's norm: h = 1, 1/2, and arms 1.45 times as long.
        for (mean, bound, expected) in [
            (0.9, Bound::Exact, 0.940_340_922_096_379_3),
            (0.9, Bound::Calibrated, 0.962_564_085_871_235_2),
            (0.95, Bound::Proven, 0.996_356_478_871_941_3),
        ] {
            let plan = PlannedMean {
                bound,
                ..share(mean, 0.3, 0.2)
            };
            near(plan.chance_above(0.8, 0.05).unwrap(), expected);
        }
        // Mirrored, with the pseudo-observation as far from the threshold.
        let low = share(0.1, 0.3, 0.2);
        near(
            low.chance_below(0.2, 0.05).unwrap(),
            0.940_340_922_096_379_3,
        );
    }

    #[test]
    fn without_noise_the_outcome_is_certain() {
        let plan = |mean| share(mean, 0.3, 0.0);
        near(plan(0.9).chance_above(0.8, 0.05).unwrap(), 1.0);
        near(plan(0.81).chance_above(0.8, 0.05).unwrap(), 0.0);
        // A bound that only touches the threshold is not above it.
        let touching = PlannedMean {
            units: 1,
            ..share(0.25 * normal_upper_quantile(0.05), 0.25, 0.0)
        };
        near(touching.chance_above(0.0, 0.05).unwrap(), 0.0);
    }

    #[test]
    fn a_fall_adds_the_spread_of_what_fell() {
        let fallen = share(0.9, 0.3, 0.0).after_drop(0.2, 1.0);
        near(fallen.mean, 0.7);
        near(fallen.sd, 0.5);
        near(fallen.noise, 0.4);
        let wide = share(0.9, 0.0, 0.0).after_drop(0.5, 2.5);
        near(wide.sd, 1.0);
        let beyond = share(0.3, 0.1, 0.0).after_drop(1.5, 1.0);
        near(beyond.mean, 0.0);
        near(beyond.sd, 0.1);
    }

    #[test]
    fn equal_values_take_the_rule_of_their_room() {
        let passes = |plan: PlannedMean, threshold, alpha| {
            plan.chance_above(threshold, alpha).unwrap() > 0.5
        };
        // Differences of 0 above −0.1: (0.9 / 1)^28 > 0.05 > 0.9^29.
        assert!(!passes(difference(28, 0.0), -0.1, 0.05));
        assert!(passes(difference(29, 0.0), -0.1, 0.05));
        // Arms 1.45 times as long: 0.95^(84 / 1.45) > 0.05 > 0.95^(85 / 1.45).
        let proven = |units| PlannedMean {
            units,
            bound: Bound::Proven,
            ..share(1.0, 0.0, 0.0)
        };
        assert!(!passes(proven(84), 0.95, 0.05) && passes(proven(85), 0.95, 0.05));
        // Below 0.05 on a scale that does not mirror into itself.
        let none = |units| PlannedMean {
            units,
            ..share(0.0, 0.0, 0.0)
        };
        assert!(none(58).chance_below(0.05, 0.05).unwrap() < 0.5);
        assert!(none(59).chance_below(0.05, 0.05).unwrap() > 0.5);
        // (1/4)^1 is not below 1/4, and what lies at the threshold is not above it.
        let one = PlannedMean {
            units: 1,
            ..share(1.0, 0.0, 0.0)
        };
        assert!(!passes(one, 0.25, 0.25) && passes(one, 0.24, 0.25));
        assert!(!passes(none(1000), 0.0, 0.05));
    }

    #[test]
    fn impossible_plans_are_errors() {
        let good = share(0.9, 0.3, 0.2);
        for bad in [
            PlannedMean { units: 0, ..good },
            share(f64::NAN, 0.3, 0.2),
            share(0.9, -0.3, 0.2),
            share(0.9, 0.3, f64::NAN),
        ] {
            assert!(bad.chance_above(0.8, 0.05).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn poisson_tails_agree_with_scipy() {
        // scipy 1.17.1, poisson.cdf.
        for (most, expected, tail) in [
            (0, 0.7, 0.496_585_303_791_409_5),
            (3, 2.5, 0.757_576_133_133_066_2),
            (7, 2.5, 0.995_753_304_510_565_5),
            (12, 20.0, 0.039_011_992_854_992_82),
        ] {
            near(poisson_at_most(most, expected), tail);
        }
    }

    #[test]
    fn units_are_rounded_to_the_nearest() {
        for (units, whole) in [(2.4, 2), (2.5, 3), (0.4, 0), (-3.0, 0), (f64::NAN, 0)] {
            assert_eq!(whole_units(units), whole, "{units}");
        }
    }
}

//! Means and ratios of amounts with a known limit: dollars, tokens, milliseconds of calls that cannot cost
//! more, or last longer, than a stated cap. The scale has two ends, so that the bound of a mean of scores
//! holds for them.
//!
//! 'The candidate's mean is at most r times the baseline's' is 'the mean of c − r·b is at most 0', a mean
//! on the scale from −r·cap to cap. A bound of the ratio is where that test turns.

use crate::{
    alphas::Alphas,
    error::StatsError,
    estimate::Guarantee,
    interval::bounded::{Bound, BoundedMean},
    observation::{Observation, Scale, point_of},
    special::root::falling_root,
};

/// Ratios from a millionth to a million.
const LOG_RANGE: std::ops::RangeInclusive<f64> = -13.8..=13.8;

/// The ratio of two mean amounts with a cap.
#[derive(Debug, Clone)]
pub(crate) struct CappedRatio {
    /// (candidate, baseline) of the same unit.
    pairs: Vec<(Observation, Observation)>,
    cap: f64,
    bound: Bound,
    alphas: Alphas,
}

impl CappedRatio {
    pub(crate) fn new(
        pairs: &[(Observation, Observation)],
        cap: f64,
        bound: Bound,
        alphas: Alphas,
    ) -> Result<Self, StatsError> {
        let (ours, theirs): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        let scale = Scale::new(0.0, cap)?;
        scale.checked(&ours)?;
        scale.checked(&theirs)?;
        let this = Self {
            pairs: pairs.to_vec(),
            cap,
            bound,
            alphas,
        };
        this.point()?;
        this.differences(1.0)?;
        Ok(this)
    }

    /// The ratio of what was scored on both sides.
    pub(crate) fn point(&self) -> Result<f64, StatsError> {
        let both = self
            .pairs
            .iter()
            .filter(|(c, b)| c.point().is_some() && b.point().is_some());
        let (ours, theirs): (Vec<_>, Vec<_>) = both.copied().unzip();
        let below = point_of(&theirs)?;
        if below > 0.0 {
            Ok(point_of(&ours)? / below)
        } else {
            Err(StatsError::Parameter {
                name: "the mean of the baseline",
                value: below,
            })
        }
    }

    pub(crate) fn name(&self) -> (&'static str, Guarantee) {
        let guarantee = self
            .differences(1.0)
            .map_or(Guarantee::Approximate, |mean| mean.name(self.bound).1);
        let name = match self.bound {
            Bound::Exact => "dirichlet h=1 of candidate − ratio · baseline",
            Bound::Calibrated => "dirichlet h=1/2 of candidate − ratio · baseline",
            Bound::Proven => "betting on candidate − ratio · baseline",
        };
        (name, guarantee)
    }

    /// The p-value for "the ratio is at most `ratio`".
    pub(crate) fn p_above(&self, ratio: f64) -> f64 {
        self.differences(ratio)
            .map_or(1.0, |mean| mean.p_above(0.0))
    }

    /// The p-value for "the ratio is at least `ratio`".
    pub(crate) fn p_below(&self, ratio: f64) -> f64 {
        self.differences(ratio)
            .map_or(1.0, |mean| mean.p_below(0.0))
    }

    pub(crate) fn lower(&self, alpha: f64) -> f64 {
        let log = falling_root(LOG_RANGE, |log| alpha - self.p_above(log.exp()));
        if log <= *LOG_RANGE.start() {
            0.0
        } else {
            log.exp()
        }
    }

    /// None where no ratio is shown not to be reached.
    pub(crate) fn upper(&self, alpha: f64) -> Option<f64> {
        let log = falling_root(LOG_RANGE, |log| self.p_below(log.exp()) - alpha);
        (log < *LOG_RANGE.end()).then(|| log.exp())
    }

    /// The mean of candidate − ratio · baseline.
    fn differences(&self, ratio: f64) -> Result<BoundedMean, StatsError> {
        if !(ratio.is_finite() && ratio > 0.0) {
            return Err(StatsError::Parameter {
                name: "the ratio",
                value: ratio,
            });
        }
        let scale = Scale::new(-ratio * self.cap, self.cap)?;
        let of = |(ours, theirs): &(Observation, Observation)| {
            let (low, high) = (
                ours.low() - ratio * theirs.high(),
                ours.high() - ratio * theirs.low(),
            );
            match ours.point().zip(theirs.point()) {
                Some((c, b)) => Observation::partly_scored(low, c - ratio * b, high),
                None => Observation::missing(low, high),
            }
        };
        let all: Vec<Observation> = self.pairs.iter().map(of).collect();
        BoundedMean::new(&all, scale, self.bound, self.alphas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, Unit, bounded_mean, capped_mean, capped_ratio};

    const PLAN: Plan = Plan {
        bound: Bound::Exact,
        unit: Unit::Question,
        repeats: 1,
        alphas: Alphas::DEFAULT,
    };

    fn pairs(n: u32) -> Vec<(Observation, Observation)> {
        let pair = |i: u32| {
            let baseline = 1.0 + f64::from(i % 7) / 7.0;
            let candidate = 1.1 * baseline + f64::from(i % 3) / 10.0;
            (
                Observation::scored(candidate),
                Observation::scored(baseline),
            )
        };
        (0..n).map(pair).collect()
    }

    #[test]
    fn bounds_of_a_ratio_are_where_its_test_turns() {
        let ratio = capped_ratio(&pairs(200), 5.0, PLAN).unwrap();
        let estimate = ratio.estimate();
        let (lower, upper) = (estimate.lower.unwrap(), estimate.upper.unwrap());
        assert!(
            lower < estimate.point && estimate.point < upper,
            "{estimate:?}"
        );
        assert!((ratio.p_values(lower).0 - 0.05).abs() < 1e-6);
        assert!((ratio.p_values(upper).1 - 0.05).abs() < 1e-6);
        let held = ratio.against(2.0).unwrap();
        assert!(held.is_below() && !held.is_above());
        assert!(ratio.against(1.0).unwrap().is_above());
        assert!(estimate.method.starts_with("dirichlet h=1 of candidate"));
        assert_eq!(estimate.guarantee, Guarantee::Conjectured);
        // Of no use: a ratio that cannot be.
        assert!((ratio.p_values(-1.0).0 - 1.0).abs() < 1e-12);
        assert!((ratio.p_values(0.0).1 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_larger_cap_and_a_missing_amount_widen() {
        let width = |cap: f64, missing: bool| {
            let mut pairs = pairs(200);
            if missing {
                pairs[0].0 = Observation::missing(0.0, cap);
            }
            let estimate = capped_ratio(&pairs, cap, PLAN).unwrap().estimate();
            (estimate.lower.unwrap(), estimate.upper.unwrap())
        };
        let (narrow, wide, open) = (width(5.0, false), width(50.0, false), width(5.0, true));
        assert!(wide.1 > narrow.1 && open.1 > narrow.1 && open.0 < narrow.0);
        assert!(
            capped_ratio(&pairs(200), 1.0, PLAN).is_err(),
            "beyond the cap"
        );
        let nothing = vec![(Observation::scored(1.0), Observation::scored(0.0)); 20];
        assert!(capped_ratio(&nothing, 5.0, PLAN).is_err());
    }

    #[test]
    fn few_pairs_and_rare_costs_have_no_narrow_bounds() {
        let estimate = capped_ratio(&pairs(2), 1e9, PLAN).unwrap().estimate();
        assert_eq!(estimate.upper, None, "{estimate:?}");
        let free: Vec<_> = (pairs(40).into_iter())
            .map(|(_, theirs)| (Observation::scored(0.0), theirs))
            .collect();
        let estimate = capped_ratio(&free, 5.0, PLAN).unwrap().estimate();
        assert!(estimate.lower.unwrap() <= 0.0 && estimate.point.abs() < 1e-12);
    }

    #[test]
    fn the_bound_is_named_by_the_plan() {
        for (bound, name) in [
            (Bound::Calibrated, "dirichlet h=1/2 of"),
            (Bound::Proven, "betting on"),
        ] {
            let plan = Plan { bound, ..PLAN };
            let ratio = capped_ratio(&pairs(60), 5.0, plan).unwrap();
            assert!(ratio.estimate().method.starts_with(name));
        }
    }

    /// A capped mean is a mean on the scale up to the cap: no call among 100 was dear, and 2 % may be.
    #[test]
    fn what_was_not_drawn_may_still_cost_up_to_the_cap() {
        let cheap = vec![Observation::scored(0.01); 100];
        let mean = capped_mean(&cheap, 0.5, PLAN).unwrap();
        let upper = mean.estimate().upper.unwrap();
        assert!(upper > 0.02, "{upper}");
        let scale = Scale::new(0.0, 0.5).unwrap();
        let same = bounded_mean(&cheap, scale, PLAN).unwrap().estimate();
        assert_eq!(mean.estimate(), same);
        assert!(capped_mean(&[Observation::scored(0.6)], 0.5, PLAN).is_err());
        assert!(mean.holds_its_rate());
    }
}

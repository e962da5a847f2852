//! Bounds of a mean on the scale of people's labels, where an imperfect judge gave the scores.
//!
//! Two ways: by the judge's known rates (Rogan and Gladen), where labels come from other answers; by
//! labels of some of these very answers, which assumes nothing of the judge (`labelled`). Both join exact bounds of their parts by the method of variance estimates recovery (MOVER, Zou and
//! Donner 2008): each part's distance to its bound, taken through the formula alone, squared and
//! summed. `assess` makes assessments of them.

use crate::{
    alphas::Alphas,
    correction::{
        labelled::{LabelledBound, LabelledSample},
        rogan_gladen::JudgeRates,
    },
    error::StatsError,
    estimate::Guarantee,
    interval::bounded::{Bound, BoundedMean},
    observation::{Observation, mean_of},
    special::root::falling_root,
};

/// p-values below are not told apart.
const P_MIN: f64 = 1e-12;

/// p-values above are no evidence.
const P_MAX: f64 = 0.499;

/// Bounds on the scale of people's labels.
#[derive(Debug, Clone)]
pub(crate) enum CorrectedBound {
    Rates {
        judged: JudgedMean,
        rates: JudgeRates,
    },
    Labels(LabelledBound),
}

/// The judge's mean with its bound.
#[derive(Debug, Clone)]
pub(crate) struct JudgedMean {
    bound: BoundedMean,
    ends: Ends,
}

/// A mean with what is missing at its worst and at its best.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    low: f64,
    high: f64,
}

impl Ends {
    pub(super) fn of(observations: &[Observation]) -> Result<Self, StatsError> {
        let low = mean_of(observations.iter().map(|one| one.low()));
        let high = mean_of(observations.iter().map(|one| one.high()));
        match (low, high) {
            (Some(low), Some(high)) => Ok(Self { low, high }),
            _ => Err(StatsError::NoData),
        }
    }

    pub(super) const fn at(self, side: Side) -> f64 {
        match side {
            Side::Low => self.low,
            Side::High => self.high,
        }
    }
}

impl JudgedMean {
    pub(super) fn new(
        bound: BoundedMean,
        observations: &[Observation],
    ) -> Result<Self, StatsError> {
        let ends = Ends::of(observations)?;
        Ok(Self { bound, ends })
    }

    pub(super) fn bound(&self, side: Side, alpha: f64) -> f64 {
        side.of_mean(&self.bound, alpha)
    }

    pub(super) const fn at(&self, side: Side) -> f64 {
        self.ends.at(side)
    }
}

/// The true share of good answers: passed = sensitivity · share + (1 − specificity) · (1 − share).
fn true_share(passed: f64, sensitivity: f64, specificity: f64) -> Option<f64> {
    let j = sensitivity + specificity - 1.0;
    (j > 0.0).then(|| (passed + specificity - 1.0) / j)
}

impl CorrectedBound {
    pub(crate) fn by_rates(
        judged: BoundedMean,
        observations: &[Observation],
        rates: JudgeRates,
    ) -> Result<Self, StatsError> {
        if true_share(0.5, rates.good.share(), rates.bad.share()).is_none() {
            return Err(StatsError::Undefined {
                what: "the true share",
                because: "the judge is no better than a coin",
            });
        }
        let judged = JudgedMean::new(judged, observations)?;
        Ok(Self::Rates { judged, rates })
    }

    pub(crate) fn by_labels(
        sample: &LabelledSample,
        bound: Bound,
        alphas: Alphas,
    ) -> Result<Self, StatsError> {
        Ok(Self::Labels(LabelledBound::new(sample, bound, alphas)?))
    }

    pub(crate) const fn name(&self) -> (&'static str, Guarantee) {
        match self {
            Self::Rates { .. } => ("rogan-gladen, mover", Guarantee::Approximate),
            Self::Labels(labels) => labels.name(),
        }
    }

    /// The estimate, what is missing halfway.
    pub(crate) fn point(&self) -> f64 {
        match self {
            Self::Rates { judged, rates } => {
                let center = |side| rates_center(judged, *rates, side).clamp(0.0, 1.0);
                0.5 * (center(Side::Low) + center(Side::High))
            }
            Self::Labels(labels) => labels.point(),
        }
    }

    pub(crate) fn lower(&self, alpha: f64) -> f64 {
        match self {
            Self::Rates { judged, rates } => rates_bound(judged, *rates, Side::Low, alpha),
            Self::Labels(labels) => labels.lower(alpha),
        }
    }

    pub(crate) fn upper(&self, alpha: f64) -> f64 {
        match self {
            Self::Rates { judged, rates } => rates_bound(judged, *rates, Side::High, alpha),
            Self::Labels(labels) => labels.upper(alpha),
        }
    }

    /// The error rate at which the lower bound reaches the threshold.
    pub(crate) fn p_above(&self, threshold: f64) -> f64 {
        match self {
            Self::Rates { .. } => p_value(|alpha| self.lower(alpha) - threshold),
            Self::Labels(labels) => labels.p_above(threshold),
        }
    }

    /// The error rate at which the upper bound reaches the threshold.
    pub(crate) fn p_below(&self, threshold: f64) -> f64 {
        match self {
            Self::Rates { .. } => p_value(|alpha| threshold - self.upper(alpha)),
            Self::Labels(labels) => labels.p_below(threshold),
        }
    }
}

/// Which of the two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Low,
    High,
}

impl Side {
    pub(super) fn of_mean(self, mean: &BoundedMean, alpha: f64) -> f64 {
        match self {
            Self::Low => mean.lower(alpha),
            Self::High => mean.upper(alpha),
        }
    }

    const fn worst(self) -> f64 {
        match self {
            Self::Low => 0.0,
            Self::High => 1.0,
        }
    }

    pub(super) fn away(self, center: f64, distance: f64) -> f64 {
        match self {
            Self::Low => (center - distance).clamp(0.0, 1.0),
            Self::High => (center + distance).clamp(0.0, 1.0),
        }
    }

    /// How far `share` is out on this side of `center`; 0 where it is not.
    fn out(self, center: f64, share: f64) -> f64 {
        match self {
            Self::Low => (center - share).max(0.0),
            Self::High => (share - center).max(0.0),
        }
    }
}

/// Where the true share would be, were all three shares as counted; it may lie beyond 0 and 1, and is cut
/// only after the distance to its bound is taken: a share beyond 1 is more evidence, not the same.
fn rates_center(judged: &JudgedMean, rates: JudgeRates, side: Side) -> f64 {
    true_share(judged.ends.at(side), rates.good.share(), rates.bad.share())
        .unwrap_or_else(|| side.worst())
}

fn rates_bound(judged: &JudgedMean, rates: JudgeRates, side: Side, alpha: f64) -> f64 {
    rates_distance(judged, rates, side, alpha).map_or_else(
        || side.worst(),
        |distance| side.away(rates_center(judged, rates, side), distance),
    )
}

/// MOVER over the three shares; `None` where the judge may be no better than a coin.
fn rates_distance(judged: &JudgedMean, rates: JudgeRates, side: Side, alpha: f64) -> Option<f64> {
    let JudgeRates { good, bad } = rates;
    let passed = judged.ends.at(side);
    let (sensitivity, specificity) = (good.share(), bad.share());
    let center = true_share(passed, sensitivity, specificity)?;
    let at_judged = true_share(judged.bound(side, alpha), sensitivity, specificity)?;
    let mut square = side.out(center, at_judged).powi(2);
    // The share may rise or fall with either rate, so both of its bounds are tried.
    let worst = |shares: [Option<f64>; 2]| -> Option<f64> {
        let [one, other] = shares;
        Some(side.out(center, one?).max(side.out(center, other?)))
    };
    let of_good = worst([
        true_share(passed, good.lower(alpha), specificity),
        true_share(passed, good.upper(alpha), specificity),
    ])?;
    let of_bad = worst([
        true_share(passed, sensitivity, bad.lower(alpha)),
        true_share(passed, sensitivity, bad.upper(alpha)),
    ])?;
    square += of_good.powi(2) + of_bad.powi(2);
    Some(square.sqrt())
}

/// The smallest error rate at which a bound is beyond the threshold; 1 where none is.
pub(super) fn p_value(beyond: impl Fn(f64) -> f64) -> f64 {
    if beyond(P_MAX) <= 0.0 {
        return 1.0;
    }
    falling_root(P_MIN.ln()..=P_MAX.ln(), |log_alpha| {
        -beyond(log_alpha.exp())
    })
    .exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, Scale, Unit, correction::rogan_gladen::Recognized, rogan_gladen_mean};

    const PLAN: Plan = Plan {
        bound: Bound::Exact,
        unit: Unit::Question,
        repeats: 1,
        alphas: Alphas::DEFAULT,
    };

    fn scores(good: usize, bad: usize) -> Vec<Observation> {
        let mut scores = vec![Observation::scored(1.0); good];
        scores.extend(vec![Observation::scored(0.0); bad]);
        scores
    }

    fn rate(right: usize, of: usize) -> Recognized {
        Recognized::new(right, of).unwrap()
    }

    const fn rates(good: Recognized, bad: Recognized) -> JudgeRates {
        JudgeRates { good, bad }
    }

    #[test]
    fn a_perfect_judge_known_exactly_needs_no_correction() {
        let judged = scores(270, 30);
        let known = rates(rate(100_000, 100_000), rate(100_000, 100_000));
        let corrected = rogan_gladen_mean(&judged, known, PLAN).unwrap().estimate();
        let plain = crate::bounded_mean(&judged, Scale::UNIT, PLAN)
            .unwrap()
            .estimate();
        assert!((corrected.point - 0.9).abs() < 1e-12);
        assert!((corrected.lower.unwrap() - plain.lower.unwrap()).abs() < 1e-3);
        assert!((corrected.upper.unwrap() - plain.upper.unwrap()).abs() < 1e-3);
    }

    #[test]
    fn the_point_is_rogan_and_gladens_and_bounds_widen_with_fewer_labels() {
        let judged = scores(279, 21);
        let width = |n: usize| {
            let known = rates(rate(97 * n, 100 * n), rate(80 * n, 100 * n));
            let estimate = rogan_gladen_mean(&judged, known, PLAN).unwrap().estimate();
            assert!((estimate.point - 0.73 / 0.77).abs() < 1e-12, "{estimate:?}");
            estimate.upper.unwrap() - estimate.lower.unwrap()
        };
        assert!(width(1) > width(4) && width(4) > width(100));
    }

    #[test]
    fn bounds_and_p_values_come_from_one_procedure() {
        let judged = scores(240, 60);
        let assessed =
            rogan_gladen_mean(&judged, rates(rate(95, 100), rate(85, 100)), PLAN).unwrap();
        let lower = assessed.estimate().lower.unwrap();
        let (above, _) = assessed.p_values(lower);
        assert!((above - 0.05).abs() < 1e-6, "{above}");
        let upper = assessed.estimate().upper.unwrap();
        assert!(upper < 1.0, "{upper}");
        let (_, below) = assessed.p_values(upper);
        assert!((below - 0.05).abs() < 1e-6, "{below}");
    }

    #[test]
    fn labels_of_either_kind_narrow_the_bounds() {
        let judged = scores(250, 50);
        let width = |good: usize, bad: usize| {
            let known = rates(rate(9 * good, 10 * good), rate(8 * bad, 10 * bad));
            let estimate = rogan_gladen_mean(&judged, known, PLAN).unwrap().estimate();
            (
                estimate.upper.unwrap() - estimate.lower.unwrap(),
                estimate.lower.unwrap(),
            )
        };
        // Whatever is known of the other kind: next to nothing, or all.
        for other in [10, 100_000] {
            assert!(width(10, other).1 + 0.01 < width(1_000, other).1);
            assert!(width(other, 10).0 > width(other, 1_000).0);
        }
    }

    #[test]
    fn a_judge_no_better_than_a_coin_says_nothing() {
        assert_eq!(true_share(0.5, 0.5, 0.5), None);
        assert_eq!(true_share(0.5, 0.3, 0.5), None);
        assert!((true_share(0.5, 0.75, 0.75).unwrap() - 0.5).abs() < 1e-15);
    }

    #[test]
    fn p_values_have_a_least_and_a_largest() {
        assert!((p_value(|_| 1.0) / P_MIN - 1.0).abs() < 1e-9);
        assert!(p_value(|_| -1.0) >= 1.0);
        assert!(p_value(|_| 0.0) >= 1.0);
        assert!((p_value(|alpha| alpha - 0.03) - 0.03).abs() < 1e-12);
    }

    #[test]
    fn a_missing_score_counts_both_ways() {
        let known = rates(rate(95, 100), rate(95, 100));
        let mut judged = scores(290, 9);
        judged.push(Observation::scored(1.0));
        let all = rogan_gladen_mean(&judged, known, PLAN).unwrap().estimate();
        judged.pop();
        judged.push(Observation::missing(0.0, 1.0));
        let one_missing = rogan_gladen_mean(&judged, known, PLAN).unwrap().estimate();
        assert!(one_missing.lower < all.lower && one_missing.upper >= all.upper);
    }

    /// The more answers the judge passes, the higher the bound: a share beyond 1 is not cut before its
    /// distance is taken.
    #[test]
    fn more_passes_never_lower_the_bound() {
        let known = rates(rate(80, 100), rate(90, 100));
        let lower = |passed: usize| {
            let judged = scores(passed, 300 - passed);
            let estimate = rogan_gladen_mean(&judged, known, PLAN).unwrap().estimate();
            assert!(estimate.point <= 1.0);
            estimate.lower.unwrap()
        };
        let lowers = [210, 230, 240, 255, 270, 285].map(lower);
        assert!(lowers.is_sorted(), "{lowers:?}");
        assert!(lowers[5] > 0.95, "{lowers:?}");
    }
}

//! Bounds of a mean on the scale of people's labels, where an imperfect judge gave the scores.
//!
//! Two ways: by the judge's known rates (Rogan and Gladen), where labels come from other answers; by
//! labels of some of these very answers (prediction-powered), which assumes nothing of the judge. Both
//! join exact bounds of their parts by the method of variance estimates recovery (MOVER, Zou and
//! Donner 2008): each part's distance to its bound, taken through the formula alone, squared and
//! summed. `assess` makes assessments of them.

use crate::{
    correction::rogan_gladen::JudgeRates,
    error::StatsError,
    interval::{
        binomial::Passes,
        bounded::BoundedMean,
        dirichlet::{DirichletBound, PseudoWeight},
    },
    observation::{Observation, Scale, mean_of},
    parameter::{at_least, closed_unit},
    special::root::falling_root,
};

/// p-values below are not told apart.
const P_MIN: f64 = 1e-12;

/// p-values above are no evidence.
const P_MAX: f64 = 0.499;

/// Labels of some units with the judge's scores of all, both from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledSample {
    /// The weight of the judge, from 0 to 1, fixed before these labels were seen.
    pub lambda: f64,
    /// For each labelled unit, people's score minus `lambda` times the judge's; at least 1.
    pub rectifiers: Vec<Observation>,
    /// The judge's score of each unit without a label; at least 1.
    pub judge_unlabelled: Vec<Observation>,
    /// Units with an answer, of all: those without one are 0 to everybody and need no label.
    pub answered: Passes,
}

/// Bounds on the scale of people's labels.
#[derive(Debug, Clone)]
pub(crate) enum CorrectedBound {
    Rates {
        judged: JudgedMean,
        rates: JudgeRates,
    },
    Labels {
        lambda: f64,
        judged: JudgedMean,
        rectifier: DirichletBound,
        rectifier_ends: Ends,
        answered: Passes,
    },
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
    fn of(observations: &[Observation]) -> Result<Self, StatsError> {
        let low = mean_of(observations.iter().map(|one| one.low()));
        let high = mean_of(observations.iter().map(|one| one.high()));
        match (low, high) {
            (Some(low), Some(high)) => Ok(Self { low, high }),
            _ => Err(StatsError::NoData),
        }
    }

    const fn at(self, side: Side) -> f64 {
        match side {
            Side::Low => self.low,
            Side::High => self.high,
        }
    }
}

impl JudgedMean {
    fn new(bound: BoundedMean, observations: &[Observation]) -> Result<Self, StatsError> {
        let ends = Ends::of(observations)?;
        Ok(Self { bound, ends })
    }

    fn bound(&self, side: Side, alpha: f64) -> f64 {
        match side {
            Side::Low => self.bound.lower(alpha),
            Side::High => self.bound.upper(alpha),
        }
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
        judged: BoundedMean,
        sample: &LabelledSample,
    ) -> Result<Self, StatsError> {
        let lambda = closed_unit("lambda", sample.lambda)?;
        at_least(1, sample.rectifiers.len())?;
        let scale = Scale::new(-lambda, 1.0)?;
        Ok(Self::Labels {
            lambda,
            judged: JudgedMean::new(judged, &sample.judge_unlabelled)?,
            rectifier: DirichletBound::new(&sample.rectifiers, scale, PseudoWeight::Half)?,
            rectifier_ends: Ends::of(&sample.rectifiers)?,
            answered: sample.answered,
        })
    }

    pub(crate) const fn method(&self) -> &'static str {
        match self {
            Self::Rates { .. } => "rogan-gladen, mover",
            Self::Labels { .. } => "prediction-powered, mover",
        }
    }

    /// The estimate, what is missing halfway.
    pub(crate) fn point(&self) -> f64 {
        0.5 * (self.center(Side::Low) + self.center(Side::High))
    }

    fn center(&self, side: Side) -> f64 {
        match self {
            Self::Rates { judged, rates } => {
                true_share(judged.ends.at(side), rates.good.share(), rates.bad.share())
                    .map_or_else(|| side.worst(), |share| share.clamp(0.0, 1.0))
            }
            Self::Labels {
                lambda,
                judged,
                rectifier_ends,
                answered,
                ..
            } => {
                let mean = lambda * judged.ends.at(side) + rectifier_ends.at(side);
                mean.clamp(0.0, 1.0) * answered.share()
            }
        }
    }

    pub(crate) fn lower(&self, alpha: f64) -> f64 {
        self.bound(Side::Low, alpha)
    }

    pub(crate) fn upper(&self, alpha: f64) -> f64 {
        self.bound(Side::High, alpha)
    }

    fn bound(&self, side: Side, alpha: f64) -> f64 {
        match self {
            Self::Rates { judged, rates } => {
                let center = self.center(side);
                rates_distance(judged, *rates, side, alpha)
                    .map_or_else(|| side.worst(), |distance| side.away(center, distance))
            }
            Self::Labels {
                lambda,
                judged,
                rectifier,
                rectifier_ends,
                answered,
            } => {
                let (judge, extra) = (judged.ends.at(side), rectifier_ends.at(side));
                let judge_bound = judged.bound(side, alpha);
                let extra_bound = match side {
                    Side::Low => rectifier.lower(alpha),
                    Side::High => rectifier.upper(alpha),
                };
                let distance = (lambda * (judge - judge_bound)).hypot(extra - extra_bound);
                let of_answered = side.away(lambda * judge + extra, distance);
                let answered = match side {
                    // All answered is known, not estimated, where nothing failed.
                    _ if answered.passes() == answered.trials() => 1.0,
                    Side::Low => answered.clopper_pearson_lower(alpha),
                    Side::High => answered.clopper_pearson_upper(alpha),
                };
                of_answered * answered
            }
        }
    }

    /// The error rate at which the lower bound reaches the threshold.
    pub(crate) fn p_above(&self, threshold: f64) -> f64 {
        p_value(|alpha| self.lower(alpha) - threshold)
    }

    /// The error rate at which the upper bound reaches the threshold.
    pub(crate) fn p_below(&self, threshold: f64) -> f64 {
        p_value(|alpha| threshold - self.upper(alpha))
    }
}

/// Which of the two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Low,
    High,
}

impl Side {
    const fn worst(self) -> f64 {
        match self {
            Self::Low => 0.0,
            Self::High => 1.0,
        }
    }

    fn away(self, center: f64, distance: f64) -> f64 {
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
fn p_value(beyond: impl Fn(f64) -> f64) -> f64 {
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
    use crate::{
        Alphas, Bound, Plan, Unit,
        correction::{
            prediction_powered::{JudgedSample, prediction_powered_bounds},
            rogan_gladen::Recognized,
        },
        prediction_powered_mean, rogan_gladen_mean,
    };

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
        let judged = scores(279, 21);
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

    #[test]
    fn labels_give_the_bounds_of_prediction_powered_inference() {
        let spread = |groups: &[(usize, f64)]| -> Vec<f64> {
            groups
                .iter()
                .flat_map(|(n, value)| vec![*value; *n])
                .collect()
        };
        let human = spread(&[(60, 1.0), (12, 0.0), (5, 0.0), (3, 1.0)]);
        let judge = spread(&[(60, 1.0), (12, 0.0), (5, 1.0), (3, 0.0)]);
        let unlabelled = spread(&[(330, 1.0), (70, 0.0)]);
        let expected = prediction_powered_bounds(
            &JudgedSample {
                human: &human,
                judge: &judge,
                judge_unlabelled: &unlabelled,
            },
            0.5,
            PseudoWeight::Half,
            0.05,
        )
        .unwrap();
        let sample = |answered: Passes| LabelledSample {
            lambda: 0.5,
            rectifiers: (human.iter().zip(&judge))
                .map(|(y, j)| Observation::scored(y - 0.5 * j))
                .collect(),
            judge_unlabelled: unlabelled
                .iter()
                .copied()
                .map(Observation::scored)
                .collect(),
            answered,
        };
        let all = prediction_powered_mean(&sample(Passes::new(480, 480).unwrap()), PLAN).unwrap();
        let estimate = all.estimate();
        for (found, expected) in [
            (estimate.point, expected.point),
            (estimate.lower.unwrap(), expected.lower),
            (estimate.upper.unwrap(), expected.upper),
        ] {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        // Answers that never came are bad, and never help.
        let failed =
            prediction_powered_mean(&sample(Passes::new(480, 500).unwrap()), PLAN).unwrap();
        assert!(failed.estimate().lower < estimate.lower);
        assert!((failed.estimate().point - 0.96 * estimate.point).abs() < 1e-12);
    }
}

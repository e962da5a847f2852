//! Human labels and judge scores together: prediction-powered estimates of a mean.
//!
//! The labelled items must be a random sample of the judged ones. `prediction_powered_bounds`
//! (PPI-MOVER) is for gates; `prediction_powered_z` is the interval of the literature, for
//! comparison only: with PPI++ tuning on 20 to 100 labels its false passes reach 21 to 55 % at a
//! nominal 5 %.

use crate::{
    count::count_to_f64,
    error::StatsError,
    interval::dirichlet::{DirichletBound, PseudoWeight},
    observation::{Observation, Scale, mean_of},
    parameter::{all_finite, all_within, at_least, closed_unit, error_rate, finite},
    special::normal::{normal_sf, normal_upper_quantile},
};

/// The weight of the judge, fixed before the run, never tuned on the same labels.
pub const DEFAULT_LAMBDA: f64 = 0.5;

/// Fewer labels than this are better used alone, by Clopper–Pearson or the Dirichlet bound.
pub const LABELS_MIN: usize = 30;

/// Scores from 0 to 1 of labelled items, and the judge's of all others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedSample<'a> {
    /// The human's score of each labelled item.
    pub human: &'a [f64],
    /// The judge's score of the same items, in the same order.
    pub judge: &'a [f64],
    /// The judge's scores of items without a label.
    pub judge_unlabelled: &'a [f64],
}

impl JudgedSample<'_> {
    fn checked(&self) -> Result<(), StatsError> {
        if self.human.len() != self.judge.len() {
            return Err(StatsError::Lengths {
                left: self.human.len(),
                right: self.judge.len(),
            });
        }
        at_least(1, self.human.len())?;
        at_least(1, self.judge_unlabelled.len())?;
        [self.human, self.judge, self.judge_unlabelled]
            .into_iter()
            .try_for_each(all_finite)
    }

    /// What the labels add to λ times the judge, per labelled item.
    fn rectifiers(&self, lambda: f64) -> Vec<f64> {
        (self.human.iter().zip(self.judge))
            .map(|(human, judge)| human - lambda * judge)
            .collect()
    }
}

/// An estimate on the human scale with two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PpiEstimate {
    /// λ times the judge's mean plus the mean of what the labels add.
    pub point: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// The weight of the judge that was used.
    pub lambda: f64,
}

/// PPI-MOVER: each bound is at one-sided error rate `alpha`. The judge's mean has the bounds of
/// Clopper and Pearson (the Dirichlet bound with h = 1, for fractions), what the labels add has the
/// Dirichlet bound with `weight` on [−λ, 1]; the two are combined by the method of variance estimates
/// recovery (Zou and Donner 2008). With λ = 1/2 and h = 1/2 the error stays at or below 5 % in
/// simulations from 30 labels on.
pub fn prediction_powered_bounds(
    sample: &JudgedSample<'_>,
    lambda: f64,
    weight: PseudoWeight,
    alpha: f64,
) -> Result<PpiEstimate, StatsError> {
    sample.checked()?;
    closed_unit("lambda", lambda)?;
    error_rate(alpha)?;
    all_within(sample.human, 0.0, 1.0)?;
    all_within(sample.judge, 0.0, 1.0)?;
    let rectifiers = sample.rectifiers(lambda);
    let judge = mean(sample.judge_unlabelled)?;
    let rectifier = mean(&rectifiers)?;
    let judge_bound = bound(sample.judge_unlabelled, Scale::UNIT, PseudoWeight::One)?;
    let rectifier_bound = bound(&rectifiers, Scale::new(-lambda, 1.0)?, weight)?;
    let point = lambda * judge + rectifier;
    let below = (lambda * (judge - judge_bound.lower(alpha)))
        .hypot(rectifier - rectifier_bound.lower(alpha));
    let above = (lambda * (judge_bound.upper(alpha) - judge))
        .hypot(rectifier_bound.upper(alpha) - rectifier);
    Ok(PpiEstimate {
        point,
        lower: (point - below).clamp(0.0, 1.0),
        upper: (point + above).clamp(0.0, 1.0),
        lambda,
    })
}

/// How [`prediction_powered_z`] weighs the judge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum JudgeWeight {
    /// By this λ: 1 is plain prediction-powered inference.
    Fixed(f64),
    /// By the λ that makes this very sample's interval shortest, from 0 to 1 (PPI++). Its error rate
    /// is far above the nominal one with few labels.
    Tuned,
}

/// The large-sample interval of PPI (Angelopoulos et al. 2023) and PPI++ (2024), with an error of
/// `alpha` at each end. For comparison with other tools; a gate uses [`prediction_powered_bounds`].
pub fn prediction_powered_z(
    sample: &JudgedSample<'_>,
    weight: JudgeWeight,
    alpha: f64,
) -> Result<PpiEstimate, StatsError> {
    error_rate(alpha)?;
    let normal = NormalPpi::new(sample, weight)?;
    let arm = normal_upper_quantile(alpha) * normal.se;
    Ok(PpiEstimate {
        point: normal.point,
        lower: normal.point - arm,
        upper: normal.point + arm,
        lambda: normal.lambda,
    })
}

/// The large-sample one-sided p-value for "the mean is at most `threshold`", of the same methods.
pub fn prediction_powered_p_above(
    sample: &JudgedSample<'_>,
    weight: JudgeWeight,
    threshold: f64,
) -> Result<f64, StatsError> {
    finite("threshold", threshold)?;
    let normal = NormalPpi::new(sample, weight)?;
    if normal.se > 0.0 {
        Ok(normal_sf((normal.point - threshold) / normal.se))
    } else {
        Err(StatsError::Undefined {
            what: "the p-value",
            because: "neither the judge nor the labels vary",
        })
    }
}

struct NormalPpi {
    point: f64,
    se: f64,
    lambda: f64,
}

impl NormalPpi {
    fn new(sample: &JudgedSample<'_>, weight: JudgeWeight) -> Result<Self, StatsError> {
        sample.checked()?;
        let lambda = match weight {
            JudgeWeight::Fixed(lambda) => finite("lambda", lambda)?,
            JudgeWeight::Tuned => tuned_lambda(sample)?,
        };
        let rectifiers = sample.rectifiers(lambda);
        let n_labelled = count_to_f64(rectifiers.len());
        let n_unlabelled = count_to_f64(sample.judge_unlabelled.len());
        let judge_variance = mean_square_deviation(sample.judge_unlabelled)? / n_unlabelled;
        let rectifier_variance = mean_square_deviation(&rectifiers)? / n_labelled;
        Ok(Self {
            point: lambda * mean(sample.judge_unlabelled)? + mean(&rectifiers)?,
            se: (lambda * lambda * judge_variance + rectifier_variance).sqrt(),
            lambda,
        })
    }
}

/// λ = Cov(Y, J) / ((1 + n/N) Var(J)), from 0 to 1; 0 when the judge does not vary.
fn tuned_lambda(sample: &JudgedSample<'_>) -> Result<f64, StatsError> {
    let judge = mean(sample.judge)?;
    let n_labelled = count_to_f64(sample.human.len());
    let n_unlabelled = count_to_f64(sample.judge_unlabelled.len());
    let covariance = (sample.human.iter().zip(sample.judge))
        .map(|(y, j)| y * (j - judge))
        .sum::<f64>()
        / n_labelled;
    let all: Vec<f64> = [sample.judge, sample.judge_unlabelled].concat();
    let n_all = n_labelled + n_unlabelled;
    let variance = mean_square_deviation(&all)? * n_all / (n_all - 1.0);
    if variance > 0.0 {
        Ok((covariance / ((1.0 + n_labelled / n_unlabelled) * variance)).clamp(0.0, 1.0))
    } else {
        Ok(0.0)
    }
}

fn bound(values: &[f64], scale: Scale, weight: PseudoWeight) -> Result<DirichletBound, StatsError> {
    let observations: Vec<Observation> = values.iter().copied().map(Observation::scored).collect();
    DirichletBound::new(&observations, scale, weight)
}

fn mean(values: &[f64]) -> Result<f64, StatsError> {
    mean_of(values.iter().copied()).ok_or(StatsError::NoData)
}

fn mean_square_deviation(values: &[f64]) -> Result<f64, StatsError> {
    let middle = mean(values)?;
    mean(
        &values
            .iter()
            .map(|value| (value - middle).powi(2))
            .collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use rand_core::{Rng as _, SeedableRng as _};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::special::distributions::{beta_quantile, beta_upper_quantile};

    /// 80 labelled items: 60 both pass, 12 both fail, 5 the judge alone passes, 3 the human alone;
    /// 400 others, of which the judge passes 330.
    struct Scores {
        human: Vec<f64>,
        judge: Vec<f64>,
        unlabelled: Vec<f64>,
    }

    impl Scores {
        fn new() -> Self {
            let spread = |groups: &[(usize, f64)]| {
                (groups.iter())
                    .flat_map(|(count, value)| vec![*value; *count])
                    .collect()
            };
            Self {
                human: spread(&[(60, 1.0), (12, 0.0), (5, 0.0), (3, 1.0)]),
                judge: spread(&[(60, 1.0), (12, 0.0), (5, 1.0), (3, 0.0)]),
                unlabelled: spread(&[(330, 1.0), (70, 0.0)]),
            }
        }

        fn sample(&self) -> JudgedSample<'_> {
            JudgedSample {
                human: &self.human,
                judge: &self.judge,
                judge_unlabelled: &self.unlabelled,
            }
        }
    }

    #[test]
    fn without_weight_the_judge_does_not_count() {
        // λ = 0 and h = 1: Clopper–Pearson on the labels, 63 of 80.
        let scores = Scores::new();
        let bounds = prediction_powered_bounds(&scores.sample(), 0.0, PseudoWeight::One, 0.05);
        let bounds = bounds.unwrap();
        assert!(
            (bounds.lower - beta_quantile(0.05, 63.0, 18.0)).abs() < 1e-10,
            "{bounds:?}"
        );
        assert!((bounds.upper - beta_upper_quantile(0.05, 64.0, 17.0)).abs() < 1e-10);
    }

    #[test]
    fn a_useful_judge_narrows_the_bounds() {
        let scores = Scores::new();
        let width = |lambda| {
            let bounds =
                prediction_powered_bounds(&scores.sample(), lambda, PseudoWeight::Half, 0.05);
            bounds.map(|bounds| bounds.upper - bounds.lower).unwrap()
        };
        assert!(width(DEFAULT_LAMBDA) < 0.9 * width(0.0));
    }

    #[test]
    fn a_judge_that_is_always_right_leaves_a_width() {
        // The z interval of the literature is NaN or a point here.
        let all = vec![1.0; 40];
        let sample = JudgedSample {
            human: &all,
            judge: &all,
            judge_unlabelled: &all,
        };
        let bounds = prediction_powered_bounds(&sample, 0.5, PseudoWeight::Half, 0.05).unwrap();
        assert!(bounds.lower > 0.9 && bounds.lower < 0.99 && (bounds.upper - 1.0).abs() < 1e-12);
        let p = prediction_powered_p_above(&sample, JudgeWeight::Tuned, 0.9);
        assert!(matches!(p, Err(StatsError::Undefined { .. })), "{p:?}");
    }

    #[test]
    fn the_z_interval_follows_its_formula() {
        let scores = Scores::new();
        let plain = prediction_powered_z(&scores.sample(), JudgeWeight::Fixed(1.0), 0.05).unwrap();
        // Differences: 3 of +1, 5 of −1 among 80; judge 330 of 400.
        let point = 0.825 - 2.0 / 80.0;
        let variance: f64 = 0.825 * 0.175 / 400.0 + (8.0 / 80.0 - (2.0_f64 / 80.0).powi(2)) / 80.0;
        assert!((plain.point - point).abs() < 1e-12);
        assert!((plain.upper - point - 1.644_853_626_951_472_7 * variance.sqrt()).abs() < 1e-12);
        let tuned = prediction_powered_z(&scores.sample(), JudgeWeight::Tuned, 0.05).unwrap();
        assert!(tuned.lambda > 0.5 && tuned.lambda < 0.7, "{tuned:?}");
        assert!(tuned.upper - tuned.lower < plain.upper - plain.lower);
    }

    #[test]
    fn a_judge_that_never_varies_gets_no_weight() {
        let human = [1.0, 0.0, 1.0, 1.0];
        let sample = JudgedSample {
            human: &human,
            judge: &[0.5; 4],
            judge_unlabelled: &[0.5; 9],
        };
        let tuned = prediction_powered_z(&sample, JudgeWeight::Tuned, 0.05).unwrap();
        assert!(tuned.lambda.abs() < 1e-15, "{tuned:?}");
        // The labels alone: 3/4, with variance 3/16 over 4.
        let arm = 1.644_853_626_951_472_7 * (3.0_f64 / 64.0).sqrt();
        assert!((tuned.lower - (0.75 - arm)).abs() < 1e-12, "{tuned:?}");
    }

    /// With 30 labels, 300 judged answers, and a judge of sensitivity 0.95 and specificity 0.85.
    #[test]
    fn bounds_err_no_more_than_their_rate_in_a_simulation() {
        const RUNS: u32 = 2000;
        const TRUTH: f64 = 0.9;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(20_240_701);
        let mut happens = |p: f64| {
            let draw = f64::from(u32::try_from(random.next_u64() >> 32).unwrap()) / 2_f64.powi(32);
            draw < p
        };
        let mut answer = || {
            let good = happens(TRUTH);
            let passed = happens(if good { 0.95 } else { 0.15 });
            (f64::from(u8::from(good)), f64::from(u8::from(passed)))
        };
        let (mut too_high, mut too_low) = (0, 0);
        for _ in 0..RUNS {
            let (human, judge): (Vec<f64>, Vec<f64>) = (0..30).map(|_| answer()).unzip();
            let unlabelled: Vec<f64> = (0..300).map(|_| answer().1).collect();
            let sample = JudgedSample {
                human: &human,
                judge: &judge,
                judge_unlabelled: &unlabelled,
            };
            let bounds =
                prediction_powered_bounds(&sample, DEFAULT_LAMBDA, PseudoWeight::Half, 0.05)
                    .unwrap();
            too_high += u32::from(bounds.lower > TRUTH);
            too_low += u32::from(bounds.upper < TRUTH);
        }
        // 5 % and three standard errors of the simulation.
        let most = 0.065 * f64::from(RUNS);
        assert!(f64::from(too_high) < most, "{too_high} of {RUNS}");
        assert!(f64::from(too_low) < most, "{too_low} of {RUNS}");
    }

    #[test]
    fn wrong_input_is_an_error() {
        let scores = Scores::new();
        let sample = scores.sample();
        let bounds = |sample: &JudgedSample<'_>, lambda| {
            prediction_powered_bounds(sample, lambda, PseudoWeight::Half, 0.05).unwrap_err()
        };
        let short = JudgedSample {
            judge: &scores.judge[1..],
            ..sample
        };
        assert_eq!(
            bounds(&short, 0.5),
            StatsError::Lengths {
                left: 80,
                right: 79
            }
        );
        let none = JudgedSample {
            judge_unlabelled: &[],
            ..sample
        };
        assert_eq!(bounds(&none, 0.5), StatsError::NoData);
        let beyond = JudgedSample {
            judge_unlabelled: &[1.5],
            ..sample
        };
        assert!(matches!(
            bounds(&beyond, 0.5),
            StatsError::OutOfScale { .. }
        ));
        assert!(matches!(bounds(&sample, 1.5), StatsError::Parameter { .. }));
    }
}

//! The decision table: which bound for which scores and design, under which promise.
//!
//! This is what a gate calls. An [`Assessment`] is made once from the observations; [`Assessment::against`]
//! gives bounds and p-values against a threshold from one procedure, so that an interval and a verdict
//! cannot disagree.

use crate::{
    amount::AmountBound,
    betting::BettingBound,
    binomial::Passes,
    bootstrap::Resampling,
    corrected::{CorrectedBound, LabelledSample},
    dirichlet::{DirichletBound, PseudoWeight},
    error::StatsError,
    estimate::{Estimate, Unit},
    observation::{Observation, Scale, checked_amounts, point_of},
    paired::PairedCounts,
    procedure::{Audited, EXACT_UNITS, Procedure, Ternary},
    quantile::SortedSample,
    rogan_gladen::Recognized,
    unpaired::UnpairedBound,
};

/// Which bound for bounded scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The Dirichlet bound with one pseudo-observation; Clopper–Pearson for binary scores.
    Exact,
    /// The Dirichlet bound with half a pseudo-observation: more power, up to 6 % error at 5 %.
    Calibrated,
    /// Proved for every bounded score: betting, wider.
    Proven,
}

/// The one-sided error rates of the two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alphas {
    /// Of the lower bound: the chance that it lies above the truth.
    pub lower: f64,
    /// Of the upper bound: the chance that it lies below the truth.
    pub upper: f64,
}

impl Alphas {
    /// 5 % on either side.
    pub const DEFAULT: Self = Self {
        lower: 0.05,
        upper: 0.05,
    };

    fn checked(self) -> Result<Self, StatsError> {
        for alpha in [self.lower, self.upper] {
            if !(alpha > 0.0 && alpha < 0.5) {
                return Err(StatsError::Alpha(alpha));
            }
        }
        Ok(self)
    }
}

/// How a claim is to be shown; fixed before the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Which bound.
    pub bound: Bound,
    /// What one observation is.
    pub unit: Unit,
    /// Attempts at each question.
    pub repeats: u32,
    /// The error rates it is designed for.
    pub alphas: Alphas,
}

/// What the data say of a threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The estimate with its bounds.
    pub estimate: Estimate,
    /// The p-value for "the truth is at most the threshold"; small is evidence that it is above.
    pub p_above: f64,
    /// The p-value for "the truth is at least the threshold"; small is evidence that it is below.
    pub p_below: f64,
}

impl Comparison {
    /// Whether the truth is shown to be above the threshold, at the lower bound's error rate.
    pub fn is_above(&self) -> bool {
        self.p_above < self.estimate.alpha_lower
    }

    /// Whether the truth is shown to be below the threshold, at the upper bound's error rate.
    pub fn is_below(&self) -> bool {
        self.p_below < self.estimate.alpha_upper
    }
}

/// Observations with the procedure that the decision table gives them.
#[derive(Debug, Clone)]
pub struct Assessment {
    point: f64,
    n: usize,
    plan: Plan,
    procedure: Procedure,
}

/// The mean of a score on a scale: one observation per unit, at least one.
pub fn bounded_mean(
    observations: &[Observation],
    scale: Scale,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let procedure = bounded(observations, scale, plan)?;
    Assessment::new(point_of(observations)?, observations.len(), plan, procedure)
}

/// The mean of a score on `scale` that is known of some units only: an observation is then a guess at
/// either end of the scale, or, of those that were drawn by chance, the guess plus `weight` times what
/// the score differs from it, where `weight` is 1 ÷ that chance, at least 1 (Horvitz and Thompson 1952;
/// the difference estimator). Its expectation is the unit's score, so that the bounds of a mean hold on
/// the wider scale that such observations have. For differences, both of whose sides are such.
pub fn audited_mean(
    observations: &[Observation],
    (scale, weight): (Scale, f64),
    is_difference: bool,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let wide = scale.reaching(weight)?;
    let (wide, truth) = if is_difference {
        (wide.of_differences(), scale.of_differences())
    } else {
        (wide, scale)
    };
    let wide = bounded(observations, wide, plan)?;
    let point = point_of(observations)?.clamp(truth.low(), truth.high());
    let procedure = Procedure::Audited(Box::new(Audited { wide, truth }));
    Assessment::new(point, observations.len(), plan, procedure)
}

/// The share of truly good answers, from a judge's passes and what is known of the judge: of good
/// answers it passes a share like `good`, of bad ones it fails a share like `bad` (Rogan and Gladen
/// 1978). Each of the three shares contributes its own exact bound, joined by the method of variance
/// estimates recovery (Zou and Donner 2008). Assumes that the two rates hold for these answers, too.
pub fn rogan_gladen_mean(
    judged: &[Observation],
    (good, bad): (Recognized, Recognized),
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let procedure = bounded(judged, Scale::UNIT, plan)?;
    let corrected = CorrectedBound::by_rates(procedure, judged, (good, bad))?;
    Assessment::new(
        corrected.point(),
        judged.len(),
        plan,
        Procedure::Corrected(Box::new(corrected)),
    )
}

/// The mean that people would give, from their labels of some answers and a judge's scores of all
/// (PPI-MOVER, as [`super::ppi::prediction_powered_bounds`]).
pub fn prediction_powered_mean(
    sample: &LabelledSample,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let exact = Plan {
        bound: Bound::Exact,
        ..plan
    };
    let judged = bounded(&sample.judge_unlabelled, Scale::UNIT, exact)?;
    let corrected = CorrectedBound::by_labels(judged, sample)?;
    let n = sample.judge_unlabelled.len() + sample.rectifiers.len();
    Assessment::new(
        corrected.point(),
        n,
        plan,
        Procedure::Corrected(Box::new(corrected)),
    )
}

/// The mean difference of two scores on `scale`, candidate minus baseline, over units that have both:
/// one difference per unit, at least one.
pub fn paired_difference(
    differences: &[Observation],
    scale: Scale,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let general = bounded(differences, scale.of_differences(), plan)?;
    let independent = plan.unit != Unit::Run || plan.repeats <= 1;
    let counts = ternary_counts(differences, scale.width())?;
    let small = differences.len() <= EXACT_UNITS;
    let procedure = match counts {
        Some((lows, highs)) if independent && (small || plan.bound != Bound::Proven) => {
            Procedure::Ternary(Box::new(Ternary {
                width: scale.width(),
                lows,
                highs,
                at_zero: general,
            }))
        }
        _ => general,
    };
    Assessment::new(point_of(differences)?, differences.len(), plan, procedure)
}

/// The mean difference of two scores on `scale`, candidate minus baseline, over different units.
pub fn unpaired_difference(
    candidate: &[Observation],
    baseline: &[Observation],
    scale: Scale,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let bound = UnpairedBound::new(candidate, baseline, scale, pseudo_weight(plan.bound))?;
    let n = candidate.len() + baseline.len();
    let point = point_of(candidate)? - point_of(baseline)?;
    Assessment::new(point, n, plan, Procedure::Unpaired(Box::new(bound)))
}

/// The mean of an amount that has no upper end and is never negative. A missing amount that could be
/// anything has an infinite high: then there is no upper bound.
pub fn amount_mean(
    observations: &[Observation],
    plan: Plan,
    resampling: Resampling,
) -> Result<Assessment, StatsError> {
    let bound = AmountBound::mean(observations, resampling)?;
    Assessment::new(
        bound.point(),
        observations.len(),
        plan,
        Procedure::Amount(bound),
    )
}

/// The ratio of the candidate's mean amount to the baseline's, over pairs (candidate, baseline).
pub fn amount_ratio(
    pairs: &[(Observation, Observation)],
    plan: Plan,
    resampling: Resampling,
) -> Result<Assessment, StatsError> {
    let bound = AmountBound::ratio(pairs, resampling)?;
    Assessment::new(bound.point(), pairs.len(), plan, Procedure::Amount(bound))
}

/// The `q`-quantile of an amount, for 0 < `q` < 1. What is missing has an infinite high: it counts as
/// above every limit.
pub fn quantile_bound(
    observations: &[Observation],
    q: f64,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    if !(q > 0.0 && q < 1.0) {
        return Err(StatsError::Parameter {
            name: "the quantile",
            value: q,
        });
    }
    checked_amounts(observations)?;
    let scored = SortedSample::new(observations.iter().filter_map(|one| one.point()))?;
    let procedure = Procedure::Quantile {
        q,
        lows: SortedSample::new(observations.iter().map(|one| one.low()))?,
        highs: SortedSample::new(observations.iter().map(|one| one.high()))?,
    };
    Assessment::new(scored.type_7(q), observations.len(), plan, procedure)
}

fn bounded(
    observations: &[Observation],
    scale: Scale,
    plan: Plan,
) -> Result<Procedure, StatsError> {
    let binary = Passes::of_observations(observations, scale)?;
    Ok(match (binary, plan.bound) {
        (Some((lows, highs)), Bound::Exact | Bound::Proven) => {
            Procedure::Binary { scale, lows, highs }
        }
        (_, Bound::Proven) => {
            let alphas = (plan.alphas.lower, plan.alphas.upper);
            Procedure::Betting(BettingBound::new(observations, scale, alphas)?)
        }
        (_, bound) => {
            let weight = pseudo_weight(bound);
            Procedure::Dirichlet(DirichletBound::new(observations, scale, weight)?)
        }
    })
}

const fn pseudo_weight(bound: Bound) -> PseudoWeight {
    match bound {
        Bound::Calibrated => PseudoWeight::Half,
        Bound::Exact | Bound::Proven => PseudoWeight::One,
    }
}

/// Wins and losses counted from the lows and from the highs, if every difference is −`width`, 0 or
/// `width`.
fn ternary_counts(
    differences: &[Observation],
    width: f64,
) -> Result<Option<(PairedCounts, PairedCounts)>, StatsError> {
    let is_ternary = |value: f64| value.abs() <= 0.0 || same(value.abs(), width);
    if !differences
        .iter()
        .all(|one| is_ternary(one.low()) && is_ternary(one.high()))
    {
        return Ok(None);
    }
    let count = |of: fn(Observation) -> f64| {
        let wins = differences.iter().filter(|one| of(**one) > 0.0).count();
        let losses = differences.iter().filter(|one| of(**one) < 0.0).count();
        PairedCounts::new(wins, losses, differences.len())
    };
    Ok(Some((count(Observation::low)?, count(Observation::high)?)))
}

fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}

impl Assessment {
    fn new(point: f64, n: usize, plan: Plan, procedure: Procedure) -> Result<Self, StatsError> {
        plan.alphas.checked()?;
        Ok(Self {
            point,
            n,
            plan,
            procedure,
        })
    }

    /// The estimate with bounds at the plan's error rates, where there is no threshold.
    pub fn estimate(&self) -> Estimate {
        self.estimate_by(&self.procedure, self.plan.alphas)
    }

    /// Bounds and p-values against a finite `threshold`, at the plan's error rates.
    pub fn against(&self, threshold: f64) -> Result<Comparison, StatsError> {
        self.against_at(threshold, self.plan.alphas)
    }

    /// The same at other error rates: those that Holm's procedure leaves to one rule.
    pub fn against_at(&self, threshold: f64, alphas: Alphas) -> Result<Comparison, StatsError> {
        alphas.checked()?;
        if !threshold.is_finite() {
            return Err(StatsError::Parameter {
                name: "the threshold",
                value: threshold,
            });
        }
        let procedure = self.procedure.against(threshold);
        let comparison = Comparison {
            estimate: self.estimate_by(procedure, alphas),
            p_above: procedure.p_above(threshold),
            p_below: procedure.p_below(threshold),
        };
        Ok(comparison.reconciled(threshold, procedure.attains()))
    }

    /// The error rates that it was planned for.
    pub const fn alphas(&self) -> Alphas {
        self.plan.alphas
    }

    /// The p-values of [`Self::against_at`], above and below, without its bounds: these are searched
    /// for only where a p-value is so near its error rate that they could disagree with it. For
    /// simulations, which need verdicts by the thousand.
    pub fn p_values_at(&self, threshold: f64, alphas: Alphas) -> Result<(f64, f64), StatsError> {
        alphas.checked()?;
        let (above, below) = self.p_values(threshold);
        let is_near = |p: f64, alpha: f64| p > 0.5 * alpha && p < 2.0 * alpha;
        if is_near(above, alphas.lower) || is_near(below, alphas.upper) {
            let comparison = self.against_at(threshold, alphas)?;
            return Ok((comparison.p_above, comparison.p_below));
        }
        Ok((above, below))
    }

    /// The p-values of [`Self::against`] alone, above and below. At a bound itself, where rounding
    /// decides, `against` is the careful reading of both.
    pub fn p_values(&self, threshold: f64) -> (f64, f64) {
        let procedure = self.procedure.against(threshold);
        (procedure.p_above(threshold), procedure.p_below(threshold))
    }

    fn estimate_by(&self, procedure: &Procedure, alphas: Alphas) -> Estimate {
        let (method, guarantee) = procedure.name(self.plan.bound);
        Estimate {
            point: self.point,
            lower: procedure.lower(alphas.lower),
            upper: procedure.upper(alphas.upper),
            alpha_lower: alphas.lower,
            alpha_upper: alphas.upper,
            n: self.n,
            unit: self.plan.unit,
            method: method.to_owned(),
            guarantee,
        }
    }
}

impl Comparison {
    /// Bounds and p-values agree but for rounding, and for the exact unconditional test near its
    /// bound, whose p-value does not rise quite steadily. There, the careful reading of either wins.
    fn reconciled(mut self, threshold: f64, attains: bool) -> Self {
        let estimate = &mut self.estimate;
        let is_above = |lower: f64| lower > threshold || (attains && lower >= threshold);
        let is_below = |upper: f64| upper < threshold || (attains && upper <= threshold);
        let bound_above = estimate.lower.is_some_and(is_above);
        if self.p_above < estimate.alpha_lower && !bound_above {
            self.p_above = estimate.alpha_lower;
        } else if self.p_above >= estimate.alpha_lower && bound_above {
            estimate.lower = Some(threshold);
        }
        let bound_below = estimate.upper.is_some_and(is_below);
        if self.p_below < estimate.alpha_upper && !bound_below {
            self.p_below = estimate.alpha_upper;
        } else if self.p_below >= estimate.alpha_upper && bound_below {
            estimate.upper = Some(threshold);
        }
        self
    }
}

#[cfg(test)]
#[path = "method_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "error_rate_tests.rs"]
mod error_rates;

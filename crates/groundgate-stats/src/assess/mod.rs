//! The decision table: which bound for which scores and design, under which promise.
//!
//! This is what a gate calls. An [`Assessment`] is made once from the observations; [`Assessment::against`]
//! gives bounds and p-values against a threshold from one procedure, so that an interval and a verdict
//! cannot disagree.

mod assessment;
mod comparison;
mod plan;
mod procedure;

use self::procedure::{Audited, Corrected, EXACT_UNITS, Procedure, Ternary};
pub use self::{assessment::Assessment, comparison::Comparison, plan::Plan};
use crate::{
    correction::{bound::CorrectedBound, labelled::LabelledSample, rogan_gladen::JudgeRates},
    error::StatsError,
    estimate::Unit,
    interval::{
        amount::AmountBound,
        bounded::{Bound, BoundedMean},
        capped::CappedRatio,
        paired::PairedCounts,
        quantile::SortedSample,
        unpaired::UnpairedBound,
    },
    observation::{Observation, Scale, checked_amounts, point_of},
    resampling::bootstrap::Resampling,
};

/// The mean of a score on a scale: one observation per unit, at least one.
pub fn bounded_mean(
    observations: &[Observation],
    scale: Scale,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let procedure = bounded(observations, scale, plan)?;
    let procedure = Procedure::Bounded(procedure);
    Assessment::new(point_of(observations)?, observations.len(), plan, procedure)
}

/// How a score came about that is known of some units only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Audit {
    /// The score's own scale.
    pub scale: Scale,
    /// 1 ÷ the chance with which a unit's score was looked up, at least 1.
    pub weight: f64,
    /// Whether observations are differences, both of whose sides are such scores.
    pub is_difference: bool,
}

/// The mean of a score that is known of some units only: an observation is then a guess at either end
/// of the scale, or, of those that were drawn by chance, the guess plus `weight` times what the score
/// differs from it (Horvitz and Thompson 1952; the difference estimator). Its expectation is the unit's
/// score, so that the bounds of a mean hold on the wider scale that such observations have.
pub fn audited_mean(
    observations: &[Observation],
    audit: Audit,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let scale = audit.scale;
    let wide = scale.reaching(audit.weight)?;
    let (wide, truth) = if audit.is_difference {
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
/// answers it passes a share like `rates.good`, of bad ones it fails a share like `rates.bad` (Rogan and Gladen
/// 1978). Each of the three shares contributes its own exact bound, joined by the method of variance
/// estimates recovery (Zou and Donner 2008). Assumes that the two rates hold for these answers, too.
pub fn rogan_gladen_mean(
    judged: &[Observation],
    rates: JudgeRates,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let procedure = bounded(judged, Scale::UNIT, plan)?;
    let bound = CorrectedBound::by_rates(procedure, judged, rates)?;
    corrected(bound, Scale::UNIT, judged.len(), plan)
}

/// The mean that people would give, from their labels of some answers and a judge's scores of the others:
/// by the labels alone, or prediction-powered (PPI-MOVER with h = 1, as
/// [`prediction_powered_bounds`](crate::correction::prediction_powered_bounds)), whichever is narrower.
/// The sample holds shares of `scale`.
pub fn prediction_powered_mean(
    sample: &LabelledSample,
    scale: Scale,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let bound = CorrectedBound::by_labels(sample, plan.bound, plan.alphas)?;
    let n = sample.judge_unlabelled.len() + sample.human.len();
    corrected(bound, scale, n, plan)
}

fn corrected(
    bound: CorrectedBound,
    scale: Scale,
    n: usize,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let point = scale.at(bound.point());
    let corrected = Corrected { bound, scale };
    Assessment::new(point, n, plan, Procedure::Corrected(Box::new(corrected)))
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
                at_zero: Procedure::Bounded(general),
            }))
        }
        _ => Procedure::Bounded(general),
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
    let bound = UnpairedBound::new(candidate, baseline, scale, plan.bound.pseudo_weight())?;
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

/// The mean of an amount of which no unit can have more than `cap`.
pub fn capped_mean(
    observations: &[Observation],
    cap: f64,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    bounded_mean(observations, Scale::new(0.0, cap)?, plan)
}

/// The ratio of the candidate's mean amount to the baseline's, over pairs (candidate, baseline), of which no
/// unit can have more than `cap`.
pub fn capped_ratio(
    pairs: &[(Observation, Observation)],
    cap: f64,
    plan: Plan,
) -> Result<Assessment, StatsError> {
    let ratio = CappedRatio::new(pairs, cap, plan.bound, plan.alphas)?;
    let point = ratio.point()?;
    Assessment::new(point, pairs.len(), plan, Procedure::Ratio(Box::new(ratio)))
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
) -> Result<BoundedMean, StatsError> {
    BoundedMean::new(observations, scale, plan.bound, plan.alphas)
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

#[cfg(test)]
mod tests;

#[cfg(test)]
#[path = "error_rate_tests.rs"]
mod error_rates;

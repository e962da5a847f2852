//! From a sample to the statistics that its data type and design call for.

use groundgate_model::trial::DataType;
use groundgate_stats::{
    Alphas, Assessment, Audit, Bound, Observation, Plan, Resampling, Scale, StatsError, Unit,
    amount_mean, amount_ratio, audited_mean, bounded_mean, capped_mean, capped_ratio,
    paired_difference, quantile_bound, unpaired_difference,
};

use super::{
    policy::{BoundChoice, Statistics},
    summary::Sample,
};

/// The mean of a metric, or of its paired difference.
pub(super) fn of_mean(
    sample: &Sample<'_>,
    data_type: DataType,
    is_difference: bool,
    statistics: &Statistics,
) -> Result<Assessment, StatsError> {
    let plan = plan(sample.unit, sample.repeats, statistics);
    match (data_type.range(), sample.drawn) {
        ((low, Some(high)), Some(drawn)) => {
            let audit = Audit {
                scale: Scale::new(low, high)?,
                weight: drawn.weight,
                is_difference,
            };
            audited_mean(&sample.observations, audit, plan)
        }
        ((low, Some(high)), None) if is_difference => {
            paired_difference(&sample.observations, Scale::new(low, high)?, plan)
        }
        ((low, Some(high)), None) => {
            bounded_mean(&sample.observations, Scale::new(low, high)?, plan)
        }
        ((_, None), _) => amount_mean(&sample.observations, plan, Resampling::default()),
    }
}

/// The difference of a score's means over different questions, candidate minus baseline.
pub(super) fn of_unpaired(
    candidate: &Sample<'_>,
    baseline: &Sample<'_>,
    data_type: DataType,
    statistics: &Statistics,
) -> Result<Assessment, StatsError> {
    let (low, high) = data_type.range();
    let scale = Scale::new(low, high.unwrap_or(f64::INFINITY))?;
    let drawn = [candidate.drawn, baseline.drawn].into_iter().flatten();
    let scale = match drawn.map(|drawn| drawn.weight).reduce(f64::max) {
        Some(farthest) => scale.reaching(farthest)?,
        None => scale,
    };
    unpaired_difference(
        &candidate.observations,
        &baseline.observations,
        scale,
        plan(candidate.unit, candidate.repeats, statistics),
    )
}

/// A quantile of an amount, over runs.
pub(super) fn of_quantile(
    sample: &Sample<'_>,
    quantile: f64,
    statistics: &Statistics,
) -> Result<Assessment, StatsError> {
    quantile_bound(
        &sample.observations,
        quantile,
        plan(sample.unit, sample.repeats, statistics),
    )
}

/// The mean of an amount of which no answer can have more than `cap`.
pub(super) fn of_capped(
    sample: &Sample<'_>,
    cap: f64,
    statistics: &Statistics,
) -> Result<Assessment, StatsError> {
    let up_to_cap = |one: &Observation| match one.point() {
        _ if one.high() <= cap => *one,
        None => Observation::missing(one.low(), cap),
        Some(point) => Observation::partly_scored(one.low(), point, cap),
    };
    let observations: Vec<Observation> = sample.observations.iter().map(up_to_cap).collect();
    capped_mean(
        &observations,
        cap,
        plan(sample.unit, sample.repeats, statistics),
    )
}

/// The ratio of two amounts' means, over pairs (candidate, baseline) of questions or clusters of them.
pub(super) fn of_ratio(
    pairs: &[(Observation, Observation)],
    cap: Option<f64>,
    unit: Unit,
    statistics: &Statistics,
) -> Result<Assessment, StatsError> {
    let plan = plan(unit, 1, statistics);
    match cap {
        Some(cap) => capped_ratio(pairs, cap, plan),
        None => amount_ratio(pairs, plan, Resampling::default()),
    }
}

pub(super) fn plan(unit: Unit, repeats: u32, statistics: &Statistics) -> Plan {
    Plan {
        bound: match statistics.bound {
            BoundChoice::Exact => Bound::Exact,
            BoundChoice::Calibrated => Bound::Calibrated,
            BoundChoice::Proven => Bound::Proven,
        },
        unit,
        repeats,
        alphas: Alphas {
            lower: statistics.alpha_pass,
            upper: statistics.alpha_pass,
        },
    }
}

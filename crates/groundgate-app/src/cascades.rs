//! Judges behind cheaper ones, as the configuration says: who stands where, and what is recorded apart.

use std::{borrow::Cow, collections::BTreeSet};

use crate::config::{CascadeConfig, Config, JudgeConfig};
use groundgate_model::trial::{Cascade, DataType, MetricSpec, meant};
use groundgate_run::{Behind, Seat};

use super::{error::AppError, judge_spec};

/// The metrics of a judge that one behind it yields, too: that one's are the run's.
pub fn apart(config: &Config, judge: &JudgeConfig) -> Result<BTreeSet<String>, AppError> {
    let is_behind = |other: &&JudgeConfig| {
        let cascade = other.cascade.as_ref();
        cascade.is_some_and(|cascade| cascade.after == judge.name)
    };
    let mut apart = BTreeSet::new();
    for other in config.judges.iter().filter(is_behind) {
        apart.extend(
            judge_spec::metrics(other)?
                .into_iter()
                .map(|metric| metric.name),
        );
    }
    Ok(apart)
}

/// Where a judge stands; `None` where it is asked about every answer.
pub fn behind(
    config: &Config,
    judge: &JudgeConfig,
    seats: &[Seat],
) -> Result<Option<Behind>, AppError> {
    let cascade = judge
        .cascade
        .as_ref()
        .filter(|cascade| !cascade.asks_always);
    let Some(cascade) = cascade else {
        return Ok(None);
    };
    let cheaper = config
        .judges
        .iter()
        .position(|other| other.name == cascade.after);
    let Some(cheaper) = cheaper.and_then(|place| seats.get(place)) else {
        let message = format!("judge `{}` stands behind `{}`", judge.name, cascade.after);
        return Err(AppError::invalid(message).with_help("name both with --judge"));
    };
    let judged = cheaper.judged();
    check(judge, cascade, &judged)?;
    let by = sure_by(cascade, &judged);
    Ok(Some(Behind {
        after: cascade.after.clone(),
        cheaper: cheaper.manifest(),
        cascade: Cascade {
            by: cheaper.recorded(&by),
            unsure: cascade.unsure,
            audit: cascade.audit,
        },
    }))
}

/// The cheaper judge's metric that says how sure it is.
fn sure_by<'a>(cascade: &'a CascadeConfig, cheaper: &[MetricSpec]) -> Cow<'a, str> {
    let has = |name: &str| cheaper.iter().any(|metric| metric.name == name);
    meant(&cascade.by, has)
}

/// Whether the cheaper judge has the score that is to say how sure it is.
pub fn check(
    judge: &JudgeConfig,
    cascade: &CascadeConfig,
    cheaper: &[MetricSpec],
) -> Result<(), AppError> {
    let by = sure_by(cascade, cheaper);
    let is_share = |metric: &&MetricSpec| {
        metric.name == by && matches!(metric.data_type, DataType::Binary | DataType::Fraction)
    };
    if cheaper.iter().any(|metric| is_share(&metric)) {
        return Ok(());
    }
    let known: Vec<&str> = cheaper.iter().map(|metric| metric.name.as_str()).collect();
    let message = format!(
        "judge `{}` stands behind `{}`, which has no score from 0 to 1 called `{}`",
        judge.name, cascade.after, cascade.by
    );
    Err(AppError::invalid(message).with_help(format!("by = one of {}", known.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_may_name_the_cheaper_judges_metric_as_it_was_called_before() {
        let cascade = CascadeConfig {
            after: "embedded".to_owned(),
            by: "contradiction".to_owned(),
            unsure: (0.2, 0.8),
            audit: 0.1,
            asks_always: false,
        };
        let measures = |name: &str| [MetricSpec::score(name, DataType::Fraction)];
        for (measured, by) in [
            ("no_contradiction", "no_contradiction"),
            ("contradiction", "contradiction"),
        ] {
            assert_eq!(sure_by(&cascade, &measures(measured)), by);
        }
    }
}

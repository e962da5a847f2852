//! The smallest drop against the baseline that a plan sees, overall and in each required slice.

use std::collections::BTreeSet;

use groundgate_stats::Unit;

use super::{
    difference::Compared,
    planned::{POWER_WANTED, Planned},
    spread::Source,
};
use crate::{
    policy::{Policy, Slice},
    rules::{Claim, RuleKind},
    verdict::AllowedSide,
};

/// What a comparison of one metric in one slice will see.
#[derive(Debug, Clone, PartialEq)]
pub struct MinimumDetectableEffect {
    /// Of which metric.
    pub metric: String,
    /// `None`: overall.
    pub slice: Option<Slice>,
    /// How many observations there will be.
    pub units: usize,
    /// What one observation is.
    pub unit: Unit,
    /// The smallest drop that is shown to be one with a chance of 80 %, on the metric's scale. `None`:
    /// none that the scale has room for.
    pub drop: Option<f64>,
    /// Where the spread comes from.
    pub source: Source,
}

/// What will be seen of every metric that the policy compares with the baseline (of those with a
/// floor, where it compares none), overall and in each slice that the policy requires.
pub fn minimum_detectable_effects(
    policy: &Policy,
    planned: &Planned<'_>,
) -> Vec<MinimumDetectableEffect> {
    let metrics = compared(policy);
    let slices = [None]
        .into_iter()
        .chain(required(policy).into_iter().map(Some));
    let all = slices.flat_map(|slice| metrics.iter().map(move |metric| (metric, slice.clone())));
    all.filter_map(|(metric, slice)| effect(policy, planned, metric, slice))
        .collect()
}

fn effect(
    policy: &Policy,
    planned: &Planned<'_>,
    metric: &str,
    slice: Option<Slice>,
) -> Option<MinimumDetectableEffect> {
    let statistics = &policy.statistics;
    let of = Compared {
        metric,
        estimand: statistics.versus_baseline,
    };
    let difference = planned.difference(statistics, of, slice.as_ref())?;
    let alpha = statistics.alpha_fail;
    Some(MinimumDetectableEffect {
        metric: metric.to_owned(),
        slice,
        units: difference.mean.units,
        unit: difference.unit,
        drop: difference
            .mean
            .drop_seen(0.0, difference.width, alpha, POWER_WANTED)
            .ok()?,
        source: difference.source,
    })
}

/// The metrics that the policy compares with the baseline; those with a floor, where it compares none.
pub(super) fn compared(policy: &Policy) -> BTreeSet<String> {
    let named = |is_wanted: fn(&RuleKind) -> bool| -> BTreeSet<String> {
        let kinds = policy.rules.iter().map(|rule| &rule.kind);
        kinds
            .filter(|kind| is_wanted(kind))
            .filter_map(|kind| kind.metric().map(str::to_owned))
            .collect()
    };
    let compared = named(|kind| kind.claim() == Claim::Difference);
    if compared.is_empty() {
        named(|kind| kind.claim() == Claim::Mean && is_floor(kind))
    } else {
        compared
    }
}

fn is_floor(kind: &RuleKind) -> bool {
    let threshold = kind.threshold();
    threshold.is_some_and(|threshold| threshold.side == AllowedSide::AtLeast)
}

pub(super) fn required(policy: &Policy) -> BTreeSet<Slice> {
    let rules = policy.rules.iter();
    rules
        .flat_map(|rule| rule.kind.slices().required)
        .cloned()
        .collect()
}

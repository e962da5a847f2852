//! Metric by metric: the candidate, the baseline, and their paired difference. For reports and for
//! `compare`; it decides nothing.

use super::{
    bounds,
    decide::Evidence,
    policy::{Estimand, Slice, Statistics},
    summary::{self, NoSample, Sample},
    verdict::Counts,
};
use crate::{
    stats::{Assessment, Estimate},
    trial::{CaseInfo, Column, Direction, MetricSpec, ScoreTable},
};

/// One metric of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricComparison {
    /// Which metric.
    pub metric: MetricSpec,
    /// Who measured it.
    pub instrument_name: String,
    /// The candidate's mean.
    pub candidate: Option<Estimate>,
    /// The baseline's mean.
    pub baseline: Option<Estimate>,
    /// Candidate − baseline, paired by case.
    pub difference: Option<Estimate>,
    /// Two-sided, for "there is no difference".
    pub p_value: Option<f64>,
    /// The candidate's trials.
    pub counts: Counts,
    /// Cases in which the candidate is better, as good, worse.
    pub wins_ties_losses: (usize, usize, usize),
}

/// Compares metric by metric, in one slice or overall. Numbers that cannot be had are `None`.
pub fn compare(
    statistics: &Statistics,
    evidence: Evidence<'_>,
    slice: Option<&Slice>,
) -> Vec<MetricComparison> {
    let keep =
        |case: &CaseInfo| slice.is_none_or(|slice| case.tags.get(&slice.tag) == Some(&slice.value));
    let columns = evidence.candidate.columns.values();
    columns
        .map(|column| one(statistics, evidence, column, &keep))
        .collect()
}

fn one(
    statistics: &Statistics,
    evidence: Evidence<'_>,
    column: &Column,
    keep: &dyn Fn(&CaseInfo) -> bool,
) -> MetricComparison {
    let spec = &column.metric;
    let mean = |table: &ScoreTable, estimand: Estimand| {
        let sample = summary::absolute(table, &spec.name, estimand, keep);
        Some(assess(statistics, spec, &sample, false)?.estimate())
    };
    let paired = evidence.baseline.map(|baseline| {
        let estimand = statistics.versus_baseline;
        summary::paired(evidence.candidate, baseline, &spec.name, estimand, keep)
    });
    let counts = summary::absolute(evidence.candidate, &spec.name, Estimand::Suite, keep)
        .map(|sample| sample.counts)
        .unwrap_or_default();
    let difference = paired
        .as_ref()
        .and_then(|sample| assess(statistics, spec, sample, true));
    MetricComparison {
        metric: spec.clone(),
        instrument_name: column.instrument_name.clone(),
        candidate: mean(evidence.candidate, statistics.absolute),
        baseline: evidence
            .baseline
            .and_then(|baseline| mean(baseline, statistics.absolute)),
        p_value: difference.as_ref().and_then(|difference| {
            let (above, below) = difference.p_values_at(0.0, difference.alphas()).ok()?;
            Some((2.0 * above.min(below)).min(1.0))
        }),
        difference: difference.map(|difference| difference.estimate()),
        counts,
        wins_ties_losses: match &paired {
            Some(Ok(sample)) => wins(sample, spec.direction),
            Some(Err(_)) | None => (0, 0, 0),
        },
    }
}

fn assess(
    statistics: &Statistics,
    spec: &MetricSpec,
    sample: &Result<Sample<'_>, NoSample>,
    is_difference: bool,
) -> Option<Assessment> {
    let sample = sample
        .as_ref()
        .ok()
        .filter(|sample| sample.n_cases_scored > 0)?;
    bounds::of_mean(sample, spec.data_type, is_difference, statistics).ok()
}

fn wins(sample: &Sample<'_>, direction: Direction) -> (usize, usize, usize) {
    let count = |test: fn(f64) -> bool| sample.by_case.iter().filter(|(_, d)| test(*d)).count();
    let (higher, lower) = (count(|d| d > 0.0), count(|d| d < 0.0));
    let ties = sample.by_case.len() - higher - lower;
    match direction {
        Direction::HigherIsBetter => (higher, ties, lower),
        Direction::LowerIsBetter => (lower, ties, higher),
    }
}

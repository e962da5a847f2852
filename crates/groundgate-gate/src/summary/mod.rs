//! From score tables to observations: who counts, once or how often, and what a missing score
//! stands for. Nothing is dropped on the way.
//!
//! | the trial has | absolute rule | candidate's side of a pair | baseline's side of a pair |
//! |---|---|---|---|
//! | a score | itself | itself | itself |
//! | a score, drawn though the cheaper judge is sure | what that one stands for, and the difference weighed with the draw | the same | the same |
//! | none: the cheaper judge is sure | what that one stands for | the same | the same |
//! | a score, votes of it failed | from its worst to its best | the same | the same |
//! | no answer | the worst score | the worst score | anything from worst to best |
//! | no measurement | anything from worst to best | the same | the same |
//! | nothing to measure | left out, counted | left out if both sides have nothing, else anything | the same |
//!
//! 'Anything' is an observation with two ends: bounds take the end that is worse for the claim.

mod builder;
mod trial;

use std::{cmp::Ordering, collections::BTreeMap};

use groundgate_model::{
    trial::{CaseInfo, Cell, Column, ScoreTable},
    unit::count_to_f64,
};
use groundgate_stats::{Observation, Unit};

use self::{
    builder::Builder,
    trial::{Missing, Side, anything, difference, observe, side},
};
use super::{policy::Estimand, verdict::Counts};

/// The observations behind one rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample<'a> {
    /// What the candidate was measured with.
    pub(super) column: &'a Column,
    /// One per unit.
    pub(super) observations: Vec<Observation>,
    /// What an observation is.
    pub(super) unit: Unit,
    /// Attempts at each question.
    pub(super) repeats: u32,
    /// The candidate's trials.
    pub(super) counts: Counts,
    /// Cases with at least one score (on both sides, where there are two).
    pub(super) n_cases_scored: usize,
    /// Planned trials without a measurement, on either side.
    pub(super) n_missing: usize,
    /// Planned trials, both sides together.
    pub(super) n_planned: usize,
    /// Case ids with their mean, in the order of the plan.
    pub(super) by_case: Vec<(&'a str, f64)>,
    /// Where a judge is the expensive one of a cascade.
    pub(super) drawn: Option<Drawn>,
}

/// What was drawn of the answers of which a cheaper judge is sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Drawn {
    /// The weight of what a drawn answer differs by: 1 ÷ the chance to be drawn.
    pub(super) weight: f64,
    /// How many were, on the side on which it were fewer.
    pub(super) n: usize,
}

impl<'a> Sample<'a> {
    /// Up to `n` cases with the lowest means, lowest first; equal ones by id.
    pub(super) fn lowest(&self, n: usize) -> Vec<(&'a str, f64)> {
        first(self.by_case.clone(), n, ascending)
    }

    /// Up to `n` cases with the highest means, highest first; equal ones by id, backwards.
    pub(super) fn highest(&self, n: usize) -> Vec<(&'a str, f64)> {
        first(self.by_case.clone(), n, |one, other| ascending(other, one))
    }
}

fn ascending(one: &(&str, f64), other: &(&str, f64)) -> Ordering {
    one.1.total_cmp(&other.1).then_with(|| one.0.cmp(other.0))
}

/// The first `n`, without sorting the others.
fn first(
    mut cases: Vec<(&str, f64)>,
    n: usize,
    order: impl Fn(&(&str, f64), &(&str, f64)) -> Ordering,
) -> Vec<(&str, f64)> {
    if n < cases.len() {
        cases.select_nth_unstable_by(n, &order);
        cases.truncate(n);
    }
    cases.sort_unstable_by(order);
    cases
}

/// Why there is no sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoSample {
    /// The record does not measure the metric.
    MetricAbsent,
    /// Candidate and baseline were measured by different instruments.
    InstrumentsDiffer,
    /// A cascade without the scores of its cheaper judge.
    CheaperAbsent,
}

/// A table's own trials, for rules against a fixed threshold.
pub(super) fn absolute<'a>(
    table: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
    keep: &dyn Fn(&CaseInfo) -> bool,
) -> Result<Sample<'a>, NoSample> {
    let cases = table.cases.iter().enumerate();
    let kept = cases.filter(|(_, case)| keep(case));
    absolute_at(table, metric, estimand, kept.map(|(place, _)| place))
}

/// The same of the cases at some places of the plan.
pub(super) fn absolute_at<'a>(
    table: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
    places: impl Iterator<Item = usize>,
) -> Result<Sample<'a>, NoSample> {
    let side = side(table, metric)?;
    let spec = &side.column.metric;
    let mut builder = Builder::new(side.column, estimand, table.attempts);
    let mut runs: Vec<Observation> = Vec::new();
    for (index, case) in places.filter_map(|place| Some((place, table.cases.get(place)?))) {
        runs.clear();
        runs.extend((0..side.attempts).filter_map(|attempt| {
            let trial = side.trial(case, index, attempt);
            builder.count(trial);
            observe(trial, spec, Missing::Candidate)
        }));
        builder.add_case(case, &runs);
    }
    Ok(builder.finish())
}

/// Candidate − baseline, case by case and attempt by attempt.
pub(super) fn paired<'a>(
    candidate: &'a ScoreTable,
    baseline: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
    keep: &dyn Fn(&CaseInfo) -> bool,
) -> Result<Sample<'a>, NoSample> {
    let (ours, theirs) = (side(candidate, metric)?, side(baseline, metric)?);
    if ours.column.instrument != theirs.column.instrument {
        return Err(NoSample::InstrumentsDiffer);
    }
    let spec = &ours.column.metric;
    let places: BTreeMap<&str, usize> = baseline
        .cases
        .iter()
        .enumerate()
        .map(|(place, case)| (case.id.as_str(), place))
        .collect();
    let repeats = candidate.attempts.min(baseline.attempts);
    let mut builder = Builder::new(ours.column, estimand, repeats);
    let pairs = ours.attempts.min(theirs.attempts).max(1);
    let mut matched = vec![false; baseline.cases.len()];
    for (index, case) in candidate
        .cases
        .iter()
        .enumerate()
        .filter(|(_, case)| keep(case))
    {
        let twin = places.get(case.id.as_str()).copied().filter(|&place| {
            baseline
                .cases
                .get(place)
                .is_some_and(|other| other.digest == case.digest)
        });
        let mut runs = Vec::new();
        for attempt in 0..pairs {
            let trial = ours.trial(case, index, attempt);
            let other = twin.map(|place| theirs.trial(case, place, attempt));
            builder.count(trial);
            builder.count_baseline(other);
            runs.extend(difference(trial, other, spec));
        }
        if let Some(flag) = twin.and_then(|place| matched.get_mut(place)) {
            *flag = true;
        }
        builder.add_case(case, &runs);
    }
    for (case, _) in baseline
        .cases
        .iter()
        .zip(matched)
        .filter(|(case, seen)| !seen && keep(case))
    {
        // Nothing to pair it with, and on the candidate's side not even planned: strict on purpose.
        builder.count_baseline(None);
        builder.n_missing += 1;
        builder.add_case(case, &vec![anything(spec).minus(anything(spec)); pairs]);
    }
    Ok(builder.finish())
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = values.len();
    (n > 0).then(|| values.sum::<f64>() / count_to_f64(n))
}

/// Pairs of means (candidate, baseline) of an amount, one per question that both sides scored.
pub(super) fn ratio_pairs(
    candidate: &ScoreTable,
    baseline: &ScoreTable,
    metric: &str,
) -> Result<Vec<(f64, f64)>, NoSample> {
    let (ours, theirs) = (side(candidate, metric)?, side(baseline, metric)?);
    if ours.column.instrument != theirs.column.instrument {
        return Err(NoSample::InstrumentsDiffer);
    }
    let places: BTreeMap<&str, usize> = baseline
        .cases
        .iter()
        .enumerate()
        .map(|(place, case)| (case.id.as_str(), place))
        .collect();
    let scored_mean = |side: Side<'_>, case: usize| {
        let values: Vec<f64> = side
            .cells(case)
            .filter_map(|cell| {
                if let Cell::Scored(value) = cell {
                    Some(*value)
                } else {
                    None
                }
            })
            .collect();
        mean(values.into_iter())
    };
    let pairs = candidate
        .cases
        .iter()
        .enumerate()
        .filter_map(|(index, case)| {
            let place = *places.get(case.id.as_str())?;
            let is_same = baseline
                .cases
                .get(place)
                .is_some_and(|other| other.digest == case.digest);
            if !is_same {
                return None;
            }
            Some((scored_mean(ours, index)?, scored_mean(theirs, place)?))
        });
    Ok(pairs.collect())
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::Cell;

    use super::*;
    use crate::tests::table;

    #[test]
    fn cases_that_only_the_baseline_has_are_missing() {
        let run = |n| table("run", n, |_| Cell::Scored(1.0));
        let (candidate, baseline) = (run(50), run(60));
        let sample = paired(
            &candidate,
            &baseline,
            "groundedness",
            Estimand::Suite,
            &|_| true,
        );
        let sample = sample.ok().unwrap();
        assert_eq!((sample.n_missing, sample.n_cases_scored), (20, 50));
        assert_eq!((sample.observations.len(), sample.n_planned), (60, 110));
    }

    #[test]
    fn cases_of_one_cluster_are_one_unit_wherever_they_stand() {
        let mut clustered = table("run", 40, |_| Cell::Scored(1.0));
        let unit = |table: &ScoreTable| {
            let sample = absolute(table, "groundedness", Estimand::Population, &|_| true);
            let sample = sample.ok().unwrap();
            (sample.observations.len(), sample.unit)
        };
        assert_eq!(unit(&clustered), (40, Unit::Question));
        for (place, case) in clustered.cases.iter_mut().enumerate() {
            case.cluster = (place % 8).to_string();
        }
        assert_eq!(unit(&clustered), (8, Unit::Cluster));
    }

    #[test]
    fn a_ratio_pairs_the_means_of_all_attempts() {
        let run = |factor: f64| {
            let mut table = table("run", 3, |_| Cell::Scored(1.0));
            table.attempts = 2;
            let column = table.columns.get_mut("latency_ms").unwrap();
            let cells = [1.0, 3.0, 5.0, 5.0, 7.0, 11.0];
            column.cells = cells.map(|value| Cell::Scored(factor * value)).to_vec();
            table
        };
        let pairs = ratio_pairs(&run(1.0), &run(10.0), "latency_ms")
            .ok()
            .unwrap();
        assert_eq!(pairs, [(2.0, 20.0), (5.0, 50.0), (9.0, 90.0)]);
    }

    #[test]
    fn nothing_has_no_mean() {
        assert_eq!(mean([].into_iter()), None);
        assert_eq!(mean([1.0, 2.0, 6.0].into_iter()), Some(3.0));
    }
}

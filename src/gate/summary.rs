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

use std::{
    cmp::Ordering,
    collections::{BTreeMap, btree_map::Entry},
};

use super::{policy::Estimand, verdict::Counts};
use crate::{
    stats::{Observation, Unit},
    trial::{Cascade, CaseInfo, Cell, Column, MetricSpec, ScoreTable, Sure},
    unit::count_to_f64,
};

/// The observations behind one rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample<'a> {
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
    /// Where a judge stands behind a cheaper one.
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

/// One side of a pair, or the only one.
#[derive(Debug, Clone, Copy)]
struct Side<'a> {
    column: &'a Column,
    attempts: usize,
    /// If the judge stands behind a cheaper one: when it is asked, and what that one says.
    cascade: Option<(&'a Cascade, &'a Column)>,
}

/// Why there is no sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoSample {
    /// The record does not measure the metric.
    MetricAbsent,
    /// Candidate and baseline were measured by different instruments.
    InstrumentsDiffer,
    /// A judge stands behind another whose scores are not there.
    CheaperAbsent,
}

/// A table's own trials, for rules against a fixed bar.
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
    let mut builder = Builder::new(estimand, table.attempts);
    let mut runs: Vec<Observation> = Vec::new();
    for (index, case) in places.filter_map(|place| Some((place, table.cases.get(place)?))) {
        runs.clear();
        runs.extend((0..side.attempts).filter_map(|attempt| {
            let trial = side.trial(case, (index, attempt))?;
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
    let mut builder = Builder::new(estimand, repeats);
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
            let trial = ours.trial(case, (index, attempt));
            let other = twin.and_then(|place| theirs.trial(case, (place, attempt)));
            if let Some(trial) = trial {
                builder.count(trial);
            }
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
        builder.count_baseline(None);
        builder.n_missing += 1;
        builder.add_case(case, &vec![anything(spec).minus(anything(spec)); pairs]);
    }
    Ok(builder.finish())
}

fn side<'a>(table: &'a ScoreTable, metric: &str) -> Result<Side<'a>, NoSample> {
    let column = table.columns.get(metric).ok_or(NoSample::MetricAbsent)?;
    let cascade = match &column.cascade {
        None => None,
        Some(cascade) => {
            let cheaper = table.columns.get(&cascade.by);
            Some((cascade, cheaper.ok_or(NoSample::CheaperAbsent)?))
        }
    };
    Ok(Side {
        column,
        attempts: usize::try_from(table.attempts).unwrap_or(usize::MAX),
        cascade,
    })
}

/// One trial on one side.
#[derive(Debug, Clone, Copy)]
struct Trial<'a> {
    cell: &'a Cell,
    /// The score if the votes that failed had been the best possible ones.
    up_to: Option<f64>,
    /// What a cheaper judge that is sure stands for, and the weight of what the score differs by.
    sure: Option<(f64, f64)>,
}

impl<'a> Side<'a> {
    fn trial(self, case: &CaseInfo, (place, attempt): (usize, usize)) -> Option<Trial<'a>> {
        let trial = place * self.attempts + attempt;
        let sure = self.cascade.and_then(|(cascade, cheaper)| {
            let spec = &self.column.metric;
            let stands_for = match cascade.sure_of(cheaper.cells.get(trial), case) {
                Sure::No => return None,
                Sure::Good => spec.best()?,
                Sure::Bad => spec.worst()?,
            };
            Some((stands_for, 1.0 / cascade.audit))
        });
        Some(Trial {
            cell: self.column.cells.get(trial)?,
            up_to: self.column.up_to.get(&trial).copied(),
            sure,
        })
    }

    fn cells(self, case: usize) -> impl Iterator<Item = &'a Cell> {
        let from = case * self.attempts;
        let cells = self.column.cells.get(from..from + self.attempts);
        cells.unwrap_or_default().iter()
    }
}

impl Trial<'_> {
    fn is_spared(self) -> bool {
        self.sure.is_some() && matches!(self.cell, Cell::Unscored(reason) if reason.is_planned())
    }

    /// Whether there is nothing to measure, and that is known.
    fn is_nothing(self) -> bool {
        self.sure.is_none() && *self.cell == Cell::NotApplicable
    }
}

/// Whose failure to answer it is: the candidate's is a worst score, the baseline's must not help.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Candidate,
    Baseline,
}

/// Anything from worst to best.
fn anything(spec: &MetricSpec) -> Observation {
    let (low, high) = spec.data_type.range();
    Observation::missing(low, high.unwrap_or(f64::INFINITY))
}

fn observe(trial: Trial<'_>, spec: &MetricSpec, whose: Missing) -> Option<Observation> {
    let Some((stands_for, weight)) = trial.sure else {
        return measured(trial, spec, whose);
    };
    if trial.is_spared() {
        return Some(Observation::scored(stands_for));
    }
    // Of a drawn answer with nothing to measure, the mean of the others may be anything.
    let drawn = measured(trial, spec, whose).unwrap_or_else(|| anything(spec));
    let weighed = |value: f64| stands_for + weight * (value - stands_for);
    let (low, high) = (weighed(drawn.low()), weighed(drawn.high()));
    Some(match drawn.point() {
        None => Observation::missing(low, high),
        Some(point) => Observation::partly_scored(low, weighed(point), high),
    })
}

fn measured(trial: Trial<'_>, spec: &MetricSpec, whose: Missing) -> Option<Observation> {
    match trial.cell {
        Cell::Scored(value) => Some(match trial.up_to {
            None => Observation::scored(*value),
            Some(best) => Observation::partly_scored(value.min(best), *value, value.max(best)),
        }),
        Cell::NotApplicable => None,
        Cell::Unscored(reason) if reason.is_product_failure() && whose == Missing::Candidate => {
            let worst = spec.worst().map(|worst| Observation::missing(worst, worst));
            Some(worst.unwrap_or_else(|| anything(spec)))
        }
        Cell::Unscored(_) => Some(anything(spec)),
    }
}

fn difference(
    trial: Option<Trial<'_>>,
    other: Option<Trial<'_>>,
    spec: &MetricSpec,
) -> Option<Observation> {
    let is_nothing = |trial: Option<Trial<'_>>| trial.is_some_and(Trial::is_nothing);
    if is_nothing(trial) && is_nothing(other) {
        return None;
    }
    let side = |trial: Option<Trial<'_>>, whose| {
        trial
            .and_then(|trial| observe(trial, spec, whose))
            .unwrap_or_else(|| anything(spec))
    };
    Some(side(trial, Missing::Candidate).minus(side(other, Missing::Baseline)))
}

/// Collects units.
struct Builder<'a> {
    estimand: Estimand,
    repeats: u32,
    runs: Vec<Observation>,
    /// The questions' means with their cluster, in the order of the plan; neighbors of one cluster
    /// together.
    clusters: Vec<(&'a str, Vec<Observation>)>,
    counts: Counts,
    n_cases_scored: usize,
    n_missing: usize,
    n_planned: usize,
    by_case: Vec<(&'a str, f64)>,
    /// Whether the dear judge scored anything of the case at hand.
    is_scored: bool,
    /// The weight of a drawn answer, once there is one of which a cheaper judge is sure.
    weight: Option<f64>,
    /// Answers drawn on the candidate's and on the baseline's side, where there is one.
    drawn: [Option<usize>; 2],
}

impl<'a> Builder<'a> {
    fn new(estimand: Estimand, repeats: u32) -> Self {
        Self {
            estimand,
            repeats,
            runs: Vec::new(),
            clusters: Vec::new(),
            counts: Counts::default(),
            n_cases_scored: 0,
            n_missing: 0,
            n_planned: 0,
            by_case: Vec::new(),
            is_scored: false,
            weight: None,
            drawn: [Some(0), None],
        }
    }

    fn count(&mut self, trial: Trial<'_>) {
        self.counts.planned += 1;
        self.n_planned += 1;
        match trial.cell {
            Cell::Scored(_) => {
                self.counts.scored += 1;
                self.is_scored = true;
            }
            Cell::NotApplicable => self.counts.not_applicable += 1,
            Cell::Unscored(reason) => {
                *self.counts.unscored.entry(reason.name()).or_insert(0) += 1;
                let is_missing = !reason.is_product_failure() && !trial.is_spared();
                self.n_missing += usize::from(is_missing);
            }
        }
        self.count_drawn(trial, 0);
    }

    fn count_baseline(&mut self, trial: Option<Trial<'_>>) {
        self.n_planned += 1;
        let is_missing =
            trial.is_none_or(|trial| matches!(trial.cell, Cell::Unscored(_)) && !trial.is_spared());
        self.n_missing += usize::from(is_missing);
        if let Some(trial) = trial {
            self.count_drawn(trial, 1);
        }
    }

    fn count_drawn(&mut self, trial: Trial<'_>, side: usize) {
        let Some((_, weight)) = trial.sure else {
            return;
        };
        self.weight = Some(weight);
        if let Some(n) = self.drawn.get_mut(side) {
            let is_scored = matches!(trial.cell, Cell::Scored(_));
            *n = Some(n.unwrap_or(0) + usize::from(is_scored));
        }
    }

    fn add_case(&mut self, case: &'a CaseInfo, runs: &[Observation]) {
        let is_scored = std::mem::take(&mut self.is_scored);
        let Some(question) = Observation::mean(runs) else {
            return;
        };
        if let (true, Some(mean)) = (is_scored, question.point()) {
            self.n_cases_scored += 1;
            self.by_case.push((&case.id, mean));
        }
        match self.estimand {
            Estimand::Suite => self.runs.extend(runs),
            Estimand::Population => match self.clusters.last_mut() {
                Some((name, questions)) if *name == case.cluster => questions.push(question),
                _ => self.clusters.push((&case.cluster, vec![question])),
            },
        }
    }

    fn finish(self) -> Sample<'a> {
        let mut clusters: BTreeMap<&str, Vec<Observation>> = BTreeMap::new();
        for (name, questions) in self.clusters {
            match clusters.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(questions);
                }
                Entry::Occupied(mut place) => place.get_mut().extend(questions),
            }
        }
        let has_clusters = clusters.values().any(|questions| questions.len() > 1);
        let (observations, unit) = match self.estimand {
            Estimand::Suite => (self.runs, Unit::Run),
            Estimand::Population => {
                let means = clusters
                    .values()
                    .filter_map(|questions| Observation::mean(questions));
                (
                    means.collect(),
                    if has_clusters {
                        Unit::Cluster
                    } else {
                        Unit::Question
                    },
                )
            }
        };
        Sample {
            observations,
            unit,
            repeats: self.repeats,
            counts: self.counts,
            n_cases_scored: self.n_cases_scored,
            n_missing: self.n_missing,
            n_planned: self.n_planned,
            by_case: self.by_case,
            drawn: self.weight.map(|weight| Drawn {
                weight,
                n: self.drawn.into_iter().flatten().min().unwrap_or(0),
            }),
        }
    }
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

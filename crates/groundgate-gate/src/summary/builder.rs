//! From observations of trials to those of units: runs, questions, or clusters.

use std::collections::{BTreeMap, btree_map::Entry};

use groundgate_model::trial::{CaseInfo, Cell, Column};
use groundgate_stats::{Observation, Unit};

use super::{Answerable, Clusters, Drawn, Sample, trial::Trial};
use crate::{policy::Estimand, verdict::Counts};

/// Collects units.
pub(super) struct Builder<'a> {
    column: &'a Column,
    estimand: Estimand,
    repeats: u32,
    runs: Vec<Observation>,
    /// The questions' means with their cluster, in the order of the plan; neighbors of one cluster
    /// together.
    clusters: Vec<(&'a str, Vec<Observation>)>,
    counts: Counts,
    n_cases_scored: usize,
    pub(super) n_missing: usize,
    n_planned: usize,
    answerable: Answerable,
    /// Of the case at hand.
    of_case: Answerable,
    by_case: Vec<(&'a str, f64)>,
    /// Whether the dear judge scored anything of the case at hand.
    is_scored: bool,
    /// Whether the copilot failed to answer the case at hand: that stands for the worst score.
    is_failed: bool,
    /// The weight of a drawn answer, once there is one of which a cheaper judge is sure.
    weight: Option<f64>,
    /// Answers drawn on the candidate's side.
    drawn: usize,
    /// And on the baseline's, once a cheaper judge is sure of one there.
    drawn_of_baseline: Option<usize>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(column: &'a Column, estimand: Estimand, repeats: u32) -> Self {
        Self {
            column,
            estimand,
            repeats,
            runs: Vec::new(),
            clusters: Vec::new(),
            counts: Counts::default(),
            n_cases_scored: 0,
            n_missing: 0,
            n_planned: 0,
            answerable: Answerable::default(),
            of_case: Answerable::default(),
            by_case: Vec::new(),
            is_scored: false,
            is_failed: false,
            weight: None,
            drawn: 0,
            drawn_of_baseline: None,
        }
    }

    pub(super) fn count(&mut self, trial: Trial<'_>) {
        self.counts.add(trial.cell);
        self.n_planned += 1;
        self.of_case.n += 1;
        self.of_case.n_not_applicable += usize::from(*trial.cell == Cell::NotApplicable);
        match trial.cell {
            Cell::Scored(_) => self.is_scored = true,
            Cell::NotApplicable => {}
            Cell::Unscored(reason) => {
                self.is_failed |= reason.is_product_failure();
                let is_missing = !reason.is_product_failure() && !trial.is_spared();
                self.n_missing += usize::from(is_missing);
            }
        }
        if let Some(drawn) = self.drawn(trial) {
            self.drawn += drawn;
        }
    }

    /// A trial on the other side, or that it has none.
    pub(super) fn count_baseline(&mut self, trial: Option<Trial<'_>>) {
        self.n_planned += 1;
        let is_missing =
            trial.is_none_or(|trial| matches!(trial.cell, Cell::Unscored(_)) && !trial.is_spared());
        self.n_missing += usize::from(is_missing);
        if let Some(drawn) = trial.and_then(|trial| self.drawn(trial)) {
            *self.drawn_of_baseline.get_or_insert(0) += drawn;
        }
    }

    /// How many answers of which a cheaper judge is sure were drawn here; `None` where it is not sure.
    fn drawn(&mut self, trial: Trial<'_>) -> Option<usize> {
        let (_, weight) = trial.sure?;
        self.weight = Some(self.weight.map_or(weight, |known| known.max(weight)));
        Some(usize::from(matches!(trial.cell, Cell::Scored(_))))
    }

    pub(super) fn add_case(&mut self, case: &'a CaseInfo, runs: &[Observation]) {
        let is_scored = std::mem::take(&mut self.is_scored);
        let is_failed = std::mem::take(&mut self.is_failed);
        let of_case = std::mem::take(&mut self.of_case);
        if case.answerable != Some(false) {
            self.answerable.n += of_case.n;
            self.answerable.n_not_applicable += of_case.n_not_applicable;
        }
        let Some(question) = Observation::mean(runs) else {
            return;
        };
        if let (true, Some(mean)) = (is_scored || is_failed, question.point()) {
            self.n_cases_scored += usize::from(is_scored);
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

    pub(super) fn finish(self) -> Sample<'a> {
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
        let shape = has_clusters.then(|| shape(&clusters));
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
            column: self.column,
            observations,
            unit,
            repeats: self.repeats,
            counts: self.counts,
            n_cases_scored: self.n_cases_scored,
            n_missing: self.n_missing,
            n_planned: self.n_planned,
            answerable: self.answerable,
            by_case: self.by_case,
            clusters: shape.flatten(),
            drawn: self.weight.map(|weight| Drawn {
                weight,
                n: self
                    .drawn_of_baseline
                    .map_or(self.drawn, |n| n.min(self.drawn)),
            }),
        }
    }
}

/// How unequal clusters are, and the mean of all questions.
fn shape(clusters: &BTreeMap<&str, Vec<Observation>>) -> Option<Clusters> {
    let all: Vec<Observation> = clusters.values().flatten().copied().collect();
    let mean = Observation::mean(&all)?;
    Some(Clusters {
        largest: clusters.values().map(Vec::len).max()?,
        questions: all.len(),
        plain: (mean.low(), mean.high()),
    })
}

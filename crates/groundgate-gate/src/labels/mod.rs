//! What people said of a run's own answers: an estimate of what they would say of all of them.
//!
//! The labelled answers must be a random sample of the run's; whoever reads the labels sees to that, and
//! to it that each label is about the very answer that was given. Nothing is assumed of the judge: it
//! only makes labels go further (docs/statistics.md). Labels that were given and cannot be used leave
//! the rule open; the judge's scores never stand in for them in silence.

mod sample;

use std::collections::BTreeMap;

use groundgate_model::{
    number::plural,
    trial::{Cell, Column},
};
use groundgate_stats::{Observation, correction::Recognized};

pub(super) use self::sample::{Labelled, Place};

/// What people said, by metric and planned trial.
#[derive(Debug, Clone, PartialEq)]
pub struct HumanScores {
    /// Where the labels come from, for notes.
    source: String,
    by_metric: BTreeMap<String, Said>,
}

/// What people said of one metric.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    /// By planned trial: one value, or from the least to the most that it may be where people are split.
    Values(Vec<Option<Observation>>),
    /// They said something that nobody can use here, and why.
    Unusable(String),
}

impl HumanScores {
    /// Nothing said yet.
    pub const fn new(source: String) -> Self {
        Self {
            source,
            by_metric: BTreeMap::new(),
        }
    }

    /// Adds what people said of a metric: planned trials with a value the metric can take, or with the
    /// ends of what it may be where they are split.
    pub fn add(
        &mut self,
        metric: &str,
        planned: usize,
        given: impl IntoIterator<Item = (usize, Observation)>,
    ) {
        let mut scores = vec![None; planned];
        for (trial, value) in given {
            if let Some(place) = scores.get_mut(trial) {
                *place = Some(value);
            }
        }
        self.by_metric
            .insert(metric.to_owned(), Said::Values(scores));
    }

    /// Labels of the metric were given, and cannot be used.
    pub fn refuse(&mut self, metric: &str, why: String) {
        self.by_metric
            .insert(metric.to_owned(), Said::Unusable(why));
    }

    /// Whether nobody said anything.
    pub fn is_empty(&self) -> bool {
        self.by_metric.is_empty()
    }

    /// The same of a run of which only a part may be looked at.
    pub(super) fn of_sequential_run(&self) -> Self {
        let mut refused = Self::new(self.source.clone());
        for metric in self.by_metric.keys() {
            let why = "labels cannot be used for a sequential run, which is looked at in parts";
            refused.refuse(metric, why.to_owned());
        }
        refused
    }

    /// Whether people said anything of the metric.
    pub fn has(&self, metric: &str) -> bool {
        self.by_metric.contains_key(metric)
    }

    fn values(&self, metric: &str) -> &[Option<Observation>] {
        match self.by_metric.get(metric) {
            Some(Said::Values(values)) => values,
            Some(Said::Unusable(_)) | None => &[],
        }
    }

    fn n(&self, metric: &str) -> usize {
        self.values(metric).iter().flatten().count()
    }

    /// How many of the good and of the bad answers the judge recognizes, by these labels; an answer that it
    /// did not score counts against it, and one on which people are split counts for neither. `None` where
    /// people called nothing good, or nothing bad.
    pub(super) fn recognized(&self, column: &Column) -> Option<[Recognized; 2]> {
        let (_, best) = column.metric.data_type.range();
        let (best, said) = (best?, self.values(&column.metric.name));
        let (mut good, mut bad) = ((0, 0), (0, 0));
        let pairs = said.iter().zip(&column.cells);
        for (said, cell) in pairs.filter_map(|(said, cell)| Some(((*said)?.point()?, cell))) {
            let is_good = said >= best;
            let is_right = matches!(cell, Cell::Scored(value) if (*value >= best) == is_good);
            let (right, labelled) = if is_good { &mut good } else { &mut bad };
            *labelled += 1;
            *right += usize::from(is_right);
        }
        let recognized = |(right, labelled)| Recognized::new(right, labelled).ok();
        Some([recognized(good)?, recognized(bad)?])
    }

    /// What people must know of a metric with labels.
    pub(super) fn note(&self, metric: &str) -> Option<String> {
        Some(match self.by_metric.get(metric)? {
            Said::Unusable(why) => format!("labels of {metric} were given and not used: {why}"),
            Said::Values(_) => format!(
                "floors, ceilings and slices of {metric} are what people would say of all answers, by {} of this run ({}), and by the judge's scores of the others where these make the interval narrower; this assumes that the labelled answers were drawn at random. Rules of other kinds are on the judge's scale",
                plural(self.n(metric), "label"),
                self.source
            ),
        })
    }

    /// Whether somebody called an answer worse than `min`, all who said something of it together.
    pub(super) fn is_below(&self, metric: &str, trial: usize, min: f64) -> bool {
        self.said(metric, trial)
            .is_some_and(|said| said.high() < min)
    }

    /// The same where some of them may be right.
    pub(super) fn may_be_below(&self, metric: &str, trial: usize, min: f64) -> bool {
        self.said(metric, trial)
            .is_some_and(|said| said.low() < min)
    }

    fn said(&self, metric: &str, trial: usize) -> Option<Observation> {
        self.values(metric).get(trial).copied().flatten()
    }
}

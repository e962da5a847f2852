//! From labels and scores to a sample whose units are those of the rule.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::{
    trial::{CaseInfo, Cell, Column, Direction, ScoreTable},
    unit::{Digest, count_to_f64},
};
use groundgate_stats::{
    LabelledSample, Observation, Scale,
    correction::{DEFAULT_LAMBDA, LABELS_MIN},
    interval::Passes,
};

use super::{HumanScores, Said};
use crate::policy::{Estimand, JudgeCalibration, Statistics};

/// What labels make of a rule about a metric's mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Labelled {
    /// Nobody said anything of the metric: the rule is on the judge's scale.
    Nothing,
    /// Labels were given and cannot be used: nothing can be told.
    Unusable(String),
    /// A sample in shares of the scale, with how many answers were labelled.
    Sample(Box<LabelledSample>, Scale, usize),
}

/// Which answers of a run the rule is about, in which units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'a ScoreTable,
    pub(crate) column: &'a Column,
    pub(crate) estimand: Estimand,
    /// The places of the cases of a slice; all cases where there is none.
    pub(crate) slice: Option<&'a [usize]>,
}

impl Place<'_> {
    fn cases(&self) -> Vec<usize> {
        match self.slice {
            Some(places) => places.to_vec(),
            None => (0..self.table.cases.len()).collect(),
        }
    }
}

impl HumanScores {
    /// What the labels of the metric make of a rule about its mean.
    pub(crate) fn labelled(
        &self,
        place: Place<'_>,
        known: Option<&JudgeCalibration>,
        statistics: &Statistics,
    ) -> Labelled {
        let metric = &place.column.metric;
        match self.by_metric.get(&metric.name) {
            None => return Labelled::Nothing,
            Some(Said::Unusable(why)) => return Labelled::Unusable(why.clone()),
            Some(Said::Values(_)) => {}
        }
        let (low, high) = metric.data_type.range();
        let Some(scale) = high.and_then(|high| Scale::new(low, high).ok()) else {
            return Labelled::Unusable(format!("{} is an amount", metric.name));
        };
        let answers = Answers::new(place, self.values(&metric.name), scale);
        if answers.n_labelled == 0 {
            return Labelled::Unusable(format!(
                "people labelled {}, and none of the answers that this rule is about",
                metric.name
            ));
        }
        // What people found to be something, where the judge found nothing, is not known of the others.
        let n_open = count_to_f64(answers.n_nothing);
        if n_open > statistics.missing_max.value() * count_to_f64(answers.all.len()) {
            return Labelled::Unusable(format!(
                "people judged {} of {} although its judge finds nothing to judge in them: who is right must be settled first",
                groundgate_model::number::plural(answers.n_nothing, "answer"),
                metric.name
            ));
        }
        let n = answers.n_labelled;
        // The weight of an earlier calibration of this very judge; never one of these labels' own.
        let weight = known
            .filter(|one| place.column.instrument.to_string().starts_with(&one.judge))
            .and_then(|one| one.origin.weight);
        match answers.sample(weight.unwrap_or(DEFAULT_LAMBDA)) {
            Some(sample) => Labelled::Sample(Box::new(sample), scale, n),
            None => Labelled::Unusable(format!(
                "no labelled answer of {} has an answer to label",
                metric.name
            )),
        }
    }
}

/// One answer: what the judge and people make of it, in shares of the scale.
struct Answer<'a> {
    unit: &'a str,
    judge: Observation,
    human: Option<Observation>,
}

/// The answers that a rule is about.
struct Answers<'a> {
    place: Place<'a>,
    all: Vec<Answer<'a>>,
    n_failed: usize,
    n_labelled: usize,
    /// Labelled, though the judge finds nothing to judge.
    n_nothing: usize,
    /// What a failed answer counts, as a share of the scale.
    failed: f64,
}

impl<'a> Answers<'a> {
    fn new(place: Place<'a>, said: &[Option<Observation>], scale: Scale) -> Self {
        let less_is_better = place.column.metric.direction == Direction::LowerIsBetter;
        let mut answers = Self {
            place,
            all: Vec::new(),
            n_failed: 0,
            n_labelled: 0,
            n_nothing: 0,
            failed: f64::from(u8::from(less_is_better)),
        };
        let attempts = usize::try_from(place.table.attempts)
            .unwrap_or(usize::MAX)
            .max(1);
        for index in place.cases() {
            let Some(case) = place.table.cases.get(index) else {
                continue;
            };
            for trial in index * attempts..(index + 1) * attempts {
                let human = said.get(trial).copied().flatten();
                answers.add(case, trial, human, scale);
            }
        }
        answers
    }

    fn add(&mut self, case: &'a CaseInfo, trial: usize, human: Option<Observation>, scale: Scale) {
        let column = self.place.column;
        let unknown = Observation::missing(0.0, 1.0);
        let judge = match column.cells.get(trial) {
            Some(Cell::NotApplicable) if human.is_none() => return,
            Some(Cell::NotApplicable) => {
                self.n_nothing += 1;
                unknown
            }
            Some(Cell::Unscored(reason)) if reason.is_product_failure() => {
                self.n_failed += 1;
                return;
            }
            Some(Cell::Unscored(_)) | None => unknown,
            Some(Cell::Scored(value)) => {
                let best = column.up_to.get(&trial).copied().unwrap_or(*value);
                ends(scale.share(value.min(best)), scale.share(value.max(best)))
            }
        };
        let human = human.map(|said| ends(scale.share(said.low()), scale.share(said.high())));
        self.n_labelled += usize::from(human.is_some());
        self.all.push(Answer {
            unit: &case.cluster,
            judge,
            human,
        });
    }

    fn sample(self, lambda: f64) -> Option<LabelledSample> {
        match self.place.estimand {
            Estimand::Suite => self.by_run(lambda),
            Estimand::Population => self.by_cluster(lambda),
        }
    }

    /// One unit each.
    fn by_run(&self, lambda: f64) -> Option<LabelledSample> {
        let labelled = self
            .all
            .iter()
            .filter_map(|one| Some((one.judge, one.human?)));
        let others = self.all.iter().filter(|one| one.human.is_none());
        let judged: Vec<Observation> = others.map(|one| one.judge).collect();
        self.of_units(labelled.collect(), judged, lambda)
    }

    /// The questions of one cluster are one unit. Of labels that were drawn answer by answer, large
    /// clusters get more; so that each cluster still has one vote, those that would be there too often are
    /// left out by lot.
    fn by_cluster(&self, lambda: f64) -> Option<LabelledSample> {
        let mut clusters: BTreeMap<&str, Vec<&Answer<'_>>> = BTreeMap::new();
        for one in &self.all {
            clusters.entry(one.unit).or_default().push(one);
        }
        let kept = self.kept(&clusters);
        let mean = |parts: Vec<Observation>| Observation::mean(&parts);
        let labelled = clusters.iter().filter(|(name, _)| kept.contains(*name));
        let labelled = labelled.filter_map(|(_, answers)| {
            let both = answers
                .iter()
                .filter_map(|one| Some((one.judge, one.human?)));
            let (judge, human): (Vec<_>, Vec<_>) = both.unzip();
            Some((mean(judge)?, mean(human)?))
        });
        let is_open = self.all.iter().any(|one| one.human.is_none());
        let has_clusters = clusters.values().any(|answers| answers.len() > 1);
        let judged = clusters.values().filter_map(|answers| {
            // Of clusters the judge's mean is over all answers: labels may be anywhere in them.
            let others = answers
                .iter()
                .filter(|one| has_clusters || one.human.is_none());
            mean(others.map(|one| one.judge).collect())
        });
        let judged = if is_open {
            judged.collect()
        } else {
            Vec::new()
        };
        self.of_units(labelled.collect(), judged, lambda)
    }

    /// The clusters with labels that count.
    fn kept<'n>(&self, clusters: &BTreeMap<&'n str, Vec<&Answer<'_>>>) -> BTreeSet<&'n str> {
        let n_labelled =
            |answers: &[&Answer<'_>]| answers.iter().filter(|one| one.human.is_some()).count();
        let with_labels = clusters
            .iter()
            .filter(|(_, answers)| n_labelled(answers) > 0);
        let whole = with_labels
            .clone()
            .all(|(_, answers)| n_labelled(answers) == answers.len());
        let open = 1.0 - count_to_f64(self.n_labelled) / count_to_f64(self.all.len().max(1));
        // How probable it is that a cluster has a label, if labels were drawn answer by answer.
        let chance = |answers: &[&Answer<'_>]| 1.0 - open.powf(count_to_f64(answers.len()));
        let least = clusters.values().map(|answers| chance(answers));
        let least = least.fold(1.0, f64::min);
        let lot = |name: &str| {
            Digest::of_parts([self.place.table.run_id.as_bytes(), name.as_bytes()]).fraction()
        };
        with_labels
            .filter(|(name, answers)| whole || lot(name) * chance(answers) <= least)
            .map(|(name, _)| *name)
            .collect()
    }

    fn of_units(
        &self,
        labelled: Vec<(Observation, Observation)>,
        judged: Vec<Observation>,
        lambda: f64,
    ) -> Option<LabelledSample> {
        // The more is labelled, the less the judge has to say of it.
        let share = count_to_f64(labelled.len()) / count_to_f64(judged.len().max(1));
        let lambda = lambda / (1.0 + share);
        let rectified = |(judge, human): &(Observation, Observation)| {
            ends(
                human.low() - lambda * judge.high(),
                human.high() - lambda * judge.low(),
            )
        };
        let mut sample = LabelledSample {
            lambda,
            rectifiers: labelled.iter().map(rectified).collect(),
            human: labelled.into_iter().map(|(_, human)| human).collect(),
            judge_unlabelled: judged,
            answered: Passes::new(self.all.len(), self.all.len() + self.n_failed).ok()?,
            failed: self.failed,
        };
        if sample.human.len() < LABELS_MIN {
            sample.judge_unlabelled.clear();
        }
        (!sample.human.is_empty()).then_some(sample)
    }
}

fn ends(low: f64, high: f64) -> Observation {
    if low.total_cmp(&high).is_eq() {
        Observation::scored(low)
    } else {
        Observation::missing(low, high)
    }
}

#[cfg(test)]
#[path = "sample_tests.rs"]
mod tests;

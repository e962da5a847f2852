//! From the scores behind one rule to a draft of what it finds: what the kinds about a metric's mean
//! share.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{Direction, MetricRole, MetricSpec},
    unit::count_to_f64,
};
use groundgate_stats::{Assessment, Observation, StatsError, Unit, prediction_powered_mean};

use super::{setting::written, threshold::Threshold};
use crate::{
    bounds,
    calibration::{self, Correction},
    draft::{Draft, State},
    interim::View,
    labels::{Labelled, Place},
    policy::{Estimand, JudgeCalibration, Slice, Statistics},
    sentence,
    summary::{self, Answerable, NoSample, Sample},
    verdict::{AllowedSide, Counts, Verdict},
};

/// Fewer drawn answers say too little of the others of which a cheaper judge is sure.
const DRAWN_MIN: usize = 20;

/// So many cases are named with a finding.
pub(crate) const WORST_CASES: usize = 5;

/// One rule before the scores of a run.
pub(crate) struct Evaluation<'a> {
    /// The rule's id.
    pub(crate) id: &'a str,
    /// What the rule speaks of; `None`: as the policy's statistics say.
    pub(crate) estimand: Option<Estimand>,
    /// The policy's.
    pub(crate) statistics: &'a Statistics,
    /// The policy's, by metric.
    pub(crate) calibrations: &'a BTreeMap<String, JudgeCalibration>,
    /// What of the run may be looked at.
    pub(crate) view: &'a View<'a>,
}

/// A slice and where its cases stand in the plan.
#[derive(Clone, Copy)]
pub(crate) struct SlicePlaces<'a> {
    pub(crate) slice: &'a Slice,
    pub(crate) places: &'a [usize],
}

impl Evaluation<'_> {
    fn spec(&self, metric: &str) -> Option<&MetricSpec> {
        self.view
            .candidate
            .columns
            .get(metric)
            .map(|column| &column.metric)
    }

    /// A draft of a rule whose metric the run does not measure.
    pub(crate) fn blank(&self, metric: &str, threshold: Threshold) -> Draft {
        let spec = self.spec(metric);
        Draft {
            id: self.id.to_owned(),
            metric: metric.to_owned(),
            unit: spec.map(MetricSpec::shown_unit).unwrap_or_default(),
            slice: None,
            threshold: threshold.value,
            side: threshold.side,
            is_difference: false,
            scaled: None,
            refuted_at: None,
            cap: None,
            n_labels: None,
            counts: Counts::default(),
            worst_cases: Vec::new(),
            state: no_data(sentence::not_measured(metric)),
        }
    }

    /// The same of one slice.
    pub(crate) fn blank_of(&self, metric: &str, threshold: Threshold, slice: &Slice) -> Draft {
        let slice = written(slice);
        Draft {
            id: format!("{}/{slice}", self.id),
            slice: Some(slice),
            ..self.blank(metric, threshold)
        }
    }

    /// The metric's mean against a fixed threshold, overall or in one slice.
    pub(crate) fn absolute(
        &self,
        metric: &str,
        threshold: Threshold,
        of: Option<SlicePlaces<'_>>,
    ) -> Draft {
        let estimand = self.estimand.unwrap_or(self.statistics.absolute);
        let table = self.view.candidate.as_ref();
        let within = of.map(|part| part.places);
        let (draft, sample) = match of {
            Some(SlicePlaces { slice, places }) => (
                self.blank_of(metric, threshold, slice),
                summary::absolute_at(table, metric, estimand, places.iter().copied()),
            ),
            None => (
                self.blank(metric, threshold),
                summary::absolute(table, metric, estimand, &|_| true),
            ),
        };
        self.test(draft, sample, within)
    }

    /// A mean that must not be too high; of an amount with what no answer can exceed, if the policy says so.
    pub(crate) fn ceiling(&self, metric: &str, threshold: Threshold, cap: Option<f64>) -> Draft {
        let estimand = self.estimand.unwrap_or(self.statistics.absolute);
        let sample = summary::absolute(&self.view.candidate, metric, estimand, &|_| true);
        let draft = Draft {
            cap,
            ..self.blank(metric, threshold)
        };
        self.test(draft, sample, None)
    }

    /// Candidate − baseline, better than it by more than `by` (which may be below 0), whichever side of
    /// the metric is better.
    pub(crate) fn paired(&self, metric: &str, by: f64) -> Draft {
        let more_is_better = self
            .spec(metric)
            .is_none_or(|spec| spec.direction == Direction::HigherIsBetter);
        let threshold = if more_is_better {
            Threshold::at_least(by)
        } else {
            Threshold::at_most(-by)
        };
        let mut draft = self.blank(metric, threshold);
        draft.is_difference = true;
        let Some(baseline) = self.view.baseline.as_deref() else {
            draft.state = no_data(sentence::no_baseline());
            return draft;
        };
        let estimand = self.estimand.unwrap_or(self.statistics.versus_baseline);
        let sample = summary::paired(&self.view.candidate, baseline, metric, estimand, &|_| true);
        self.test(draft, sample, None)
    }

    /// Puts a sample under the draft: counts, worst cases, and bounds where there is enough.
    fn test(
        &self,
        mut draft: Draft,
        sample: Result<Sample<'_>, NoSample>,
        within: Option<&[usize]>,
    ) -> Draft {
        let sample = match sample {
            Ok(sample) => sample,
            Err(NoSample::MetricAbsent) => {
                draft.state = no_data(sentence::not_measured(&draft.metric));
                return draft;
            }
            Err(NoSample::InstrumentsDiffer) => {
                draft.state = no_data(sentence::instruments_differ(&draft.metric));
                return draft;
            }
            Err(NoSample::ScalesDiffer) => {
                draft.state = no_data(sentence::scales_differ(&draft.metric));
                return draft;
            }
            Err(NoSample::CheaperAbsent) => {
                draft.state = no_data(sentence::cheaper_absent(&draft.metric));
                return draft;
            }
        };
        draft.counts = sample.counts.clone();
        draft.worst_cases = worst(&sample, draft.side, draft.is_difference);
        if let Some(cap) = draft.cap
            && let Some(above) = sample.column.highest().filter(|value| *value > cap)
        {
            draft.state = no_data(sentence::above_the_cap(&draft.metric, above, cap));
            return draft;
        }
        let labelled = self.labelled(&draft, &sample, within);
        if let Labelled::Sample(_, _, n) = &labelled {
            draft.n_labels = Some(*n);
        }
        draft.state = self.state(&draft, &sample, &labelled);
        draft
    }

    fn state(&self, draft: &Draft, sample: &Sample<'_>, labelled: &Labelled) -> State {
        let statistics = self.statistics;
        if let Some(why) = &self.view.refusal {
            return no_data(why.clone());
        }
        if sample.n_cases_scored == 0 {
            return no_data(sentence::no_scores(&draft.metric, draft.slice.as_deref()));
        }
        if sample.n_cases_scored < statistics.min_cases && draft.slice.is_none() {
            return no_data(sentence::too_few(
                sample.n_cases_scored,
                statistics.min_cases,
            ));
        }
        if count_to_f64(sample.n_missing)
            > statistics.missing_max.value() * count_to_f64(sample.n_planned)
        {
            return no_data(sentence::too_many_missing(
                sample.n_missing,
                sample.n_planned,
                statistics.missing_max,
            ));
        }
        let min = statistics.applicable_min;
        let is_of_claims = matches!(sample.column.metric.role, MetricRole::Claims(_));
        if is_of_claims && sample.answerable.are_too_few(min) {
            let Answerable {
                n,
                n_not_applicable,
            } = sample.answerable;
            return no_data(sentence::too_few_applicable(n_not_applicable, n, min));
        }
        if let Some(why) = self.too_little_drawn(draft, sample) {
            return no_data(why);
        }
        if let Some(why) = one_cluster_decides(draft, sample) {
            return no_data(why);
        }
        match self.corrected(draft, sample, labelled) {
            Correction::Done(assessment) => return assessed(assessment),
            Correction::Unusable(why) => return no_data(sentence::labels_unusable(&why)),
            Correction::Unfit(unfit) => return no_data(unfit.to_string()),
            Correction::None => {}
        }
        if let Some(cap) = draft.cap {
            return assessed(bounds::of_capped(sample, cap, statistics));
        }
        assessed(bounds::of_mean(
            sample,
            sample.column.metric.data_type,
            draft.is_difference,
            statistics,
        ))
    }

    /// Why a judge behind a cheaper one says too little of the metric's mean.
    fn too_little_drawn(&self, draft: &Draft, sample: &Sample<'_>) -> Option<String> {
        let drawn = sample.drawn?;
        let metric = draft.metric.as_str();
        let is_labelled = (self.view.labels.as_deref()).is_some_and(|labels| labels.has(metric));
        if !draft.is_difference && (is_labelled || self.calibrations.contains_key(metric)) {
            return Some(sentence::not_corrected(metric));
        }
        (drawn.n < DRAWN_MIN).then(|| sentence::too_few_drawn(metric, drawn.n, DRAWN_MIN))
    }

    /// What people's labels make of the rule: nothing, for a difference.
    fn labelled(&self, draft: &Draft, sample: &Sample<'_>, slice: Option<&[usize]>) -> Labelled {
        let Some(labels) = self.view.labels.as_deref().filter(|_| !draft.is_difference) else {
            return Labelled::Nothing;
        };
        let place = Place {
            table: self.view.candidate.as_ref(),
            column: sample.column,
            estimand: self.estimand.unwrap_or(self.statistics.absolute),
            slice,
        };
        labels.labelled(place, self.calibrations.get(&draft.metric), self.statistics)
    }

    /// The mean on the scale of people's labels, where the policy or labels say how to get there.
    fn corrected(&self, draft: &Draft, sample: &Sample<'_>, labelled: &Labelled) -> Correction {
        if draft.is_difference {
            return Correction::None;
        }
        let plan = bounds::plan(sample.unit, sample.repeats, self.statistics);
        match labelled {
            Labelled::Nothing => {}
            Labelled::Unusable(why) => return Correction::Unusable(why.clone()),
            Labelled::Sample(labelled, scale, _) => {
                return Correction::Done(prediction_powered_mean(labelled, *scale, plan));
            }
        }
        let known = self.calibrations.get(&draft.metric);
        known.map_or(Correction::None, |known| {
            calibration::corrected(known, sample.column, &sample.observations, plan)
        })
    }
}

/// With so many of the questions in one cluster, its single vote hides them.
const CLUSTER_MAX: f64 = 0.2;

/// Why the means of clusters say nothing: one holds a large part of the questions, and the mean of all
/// questions lies on the other side of the threshold than that of the clusters.
fn one_cluster_decides(draft: &Draft, sample: &Sample<'_>) -> Option<String> {
    let clusters = sample.clusters?;
    let share = count_to_f64(clusters.largest) / count_to_f64(clusters.questions.max(1));
    if sample.unit != Unit::Cluster || share <= CLUSTER_MAX {
        return None;
    }
    let by_cluster = Observation::mean(&sample.observations)?;
    let holds = |worst: f64| match draft.side {
        AllowedSide::AtLeast => worst > draft.threshold,
        AllowedSide::AtMost => worst < draft.threshold,
    };
    let worst = |low: f64, high: f64| match draft.side {
        AllowedSide::AtLeast => low,
        AllowedSide::AtMost => high,
    };
    let plain = worst(clusters.plain.0, clusters.plain.1);
    let is_hidden = holds(worst(by_cluster.low(), by_cluster.high())) && !holds(plain);
    is_hidden.then(|| {
        let spec = &sample.column.metric;
        sentence::one_cluster_decides(&spec.name, &spec.shown_unit(), clusters, plain)
    })
}

pub(crate) const fn decided(verdict: Verdict, why: String) -> State {
    State::Decided(verdict, why)
}

pub(crate) fn assessed(assessment: Result<Assessment, StatsError>) -> State {
    match assessment {
        Ok(assessment) => State::Tested(Box::new(assessment)),
        Err(error @ (StatsError::NoData | StatsError::TooFew { .. })) => no_data(error.to_string()),
        Err(error) => decided(Verdict::Error, error.to_string()),
    }
}

/// What cannot be measured is inconclusive, whatever the policy says of the undecided.
pub(crate) const fn no_data(why: String) -> State {
    decided(Verdict::Inconclusive, why)
}

/// The cases that cost most, and only such as cost something: what is as good as can be, or as good as the
/// baseline, is no worst case.
pub(crate) fn worst(sample: &Sample<'_>, side: AllowedSide, is_difference: bool) -> Vec<String> {
    let (low, high) = sample.column.metric.data_type.range();
    let (ids, perfect) = match side {
        AllowedSide::AtLeast => (sample.lowest(WORST_CASES), high.unwrap_or(f64::INFINITY)),
        AllowedSide::AtMost => (sample.highest(WORST_CASES), low),
    };
    let perfect = if is_difference { 0.0 } else { perfect };
    let costs = |value: f64| match side {
        AllowedSide::AtLeast => value < perfect,
        AllowedSide::AtMost => value > perfect,
    };
    let ids = ids.into_iter().filter(|(_, value)| costs(*value));
    ids.map(|(id, _)| id.to_owned()).collect()
}

//! Rules about a metric's mean: against a fixed bar, or against the baseline.

use groundgate_model::{trial::Direction, unit::count_to_f64};
use groundgate_stats::{Assessment, StatsError, prediction_powered_mean};

use super::{Context, assessed, no_data, worst};
use crate::{
    bounds,
    calibration::{self, Unfit},
    decide::{Draft, State},
    policy::Slice,
    sentence,
    summary::{self, NoSample, Sample},
    verdict::Bar,
};

/// Fewer drawn answers say too little of the others of which a cheaper judge is sure.
const DRAWN_MIN: usize = 20;

impl Context<'_> {
    /// The metric's mean against a fixed bar, overall or in one slice with the places of its cases.
    pub(super) fn absolute(
        &self,
        metric: &str,
        bar: Bar,
        threshold: f64,
        slice: Option<(&Slice, &[usize])>,
    ) -> Draft {
        let mut draft = self.blank(metric, bar, threshold);
        if let Some((slice, _)) = slice {
            draft.id = format!("{}/{}={}", self.rule.id, slice.tag, slice.value);
            draft.slice = Some(format!("{}={}", slice.tag, slice.value));
        }
        let estimand = self
            .rule
            .estimand
            .unwrap_or(self.policy.statistics.absolute);
        let table = self.view.candidate.as_ref();
        let sample = match slice {
            Some((_, places)) => {
                summary::absolute_at(table, metric, estimand, places.iter().copied())
            }
            None => summary::absolute(table, metric, estimand, &|_| true),
        };
        self.test(draft, sample, false)
    }

    /// Not worse than the baseline by more than the margin, which shrinks to the judge's scale where
    /// the policy knows how well the judge judges.
    pub(super) fn not_worse(&self, metric: &str, margin: f64) -> Draft {
        let alpha = self.policy.statistics.alpha_pass;
        let column = self.view.candidate.columns.get(metric);
        let calibration = self.policy.calibrations.get(metric).zip(column);
        let Some((calibration, column)) = calibration else {
            return self.paired(metric, -margin, margin);
        };
        match calibration::scaled(calibration, Some(column.instrument), margin, alpha) {
            Ok(scaled) => {
                let margin = scaled.on_judges_scale;
                let mut draft = self.paired(metric, -margin, margin);
                draft.scaled = Some(scaled);
                draft
            }
            Err(unfit) => {
                let mut draft = self.paired(metric, -margin, margin);
                draft.state = no_data(unfit.to_string());
                draft
            }
        }
    }

    /// Candidate − baseline. `bar_if_higher` is the bar where more is better.
    pub(super) fn paired(&self, metric: &str, bar_if_higher: f64, bar_if_lower: f64) -> Draft {
        let more_is_better = self
            .spec(metric)
            .is_none_or(|spec| spec.direction == Direction::HigherIsBetter);
        let (bar, threshold) = if more_is_better {
            (Bar::AtLeast, bar_if_higher)
        } else {
            (Bar::AtMost, bar_if_lower)
        };
        let mut draft = self.blank(metric, bar, threshold);
        draft.is_difference = true;
        let Some(baseline) = self.view.baseline.as_deref() else {
            draft.state = no_data("there is no baseline to compare with".to_owned());
            return draft;
        };
        let estimand = self
            .rule
            .estimand
            .unwrap_or(self.policy.statistics.versus_baseline);
        let sample = summary::paired(&self.view.candidate, baseline, metric, estimand, &|_| true);
        self.test(draft, sample, true)
    }

    /// Puts a sample under the draft: counts, worst cases, and bounds where there is enough.
    fn test(
        &self,
        mut draft: Draft,
        sample: Result<Sample<'_>, NoSample>,
        is_difference: bool,
    ) -> Draft {
        let sample = match sample {
            Ok(sample) => sample,
            Err(NoSample::MetricAbsent) => {
                draft.state = no_data(sentence::not_measured(&draft.metric));
                return draft;
            }
            Err(NoSample::InstrumentsDiffer) => {
                draft.state = no_data(format!(
                    "candidate and baseline were measured by different judges of `{}`; judge the baseline again",
                    draft.metric
                ));
                return draft;
            }
            Err(NoSample::CheaperAbsent) => {
                draft.state = no_data(sentence::cheaper_absent(&draft.metric));
                return draft;
            }
        };
        draft.counts = sample.counts.clone();
        draft.worst_cases = worst(&sample, draft.bar);
        draft.state = self.state(&draft, &sample, is_difference);
        draft
    }

    fn state(&self, draft: &Draft, sample: &Sample<'_>, is_difference: bool) -> State {
        let statistics = &self.policy.statistics;
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
        if let Some(why) = self.too_little_drawn(draft, sample, is_difference) {
            return no_data(why);
        }
        if !is_difference && let Some(corrected) = self.corrected(draft, sample) {
            return match corrected {
                Ok(assessment) => assessed(assessment),
                Err(unfit) => no_data(unfit.to_string()),
            };
        }
        assessed(bounds::of_mean(
            sample,
            sample.column.metric.data_type,
            is_difference,
            statistics,
        ))
    }

    /// Why a judge behind a cheaper one says too little of the metric's mean.
    fn too_little_drawn(
        &self,
        draft: &Draft,
        sample: &Sample<'_>,
        is_difference: bool,
    ) -> Option<String> {
        let drawn = sample.drawn?;
        let metric = draft.metric.as_str();
        let is_labelled = self.view.labels.is_some_and(|labels| labels.has(metric));
        if !is_difference && (is_labelled || self.policy.calibrations.contains_key(metric)) {
            return Some(sentence::not_corrected(metric));
        }
        (drawn.n < DRAWN_MIN).then(|| sentence::too_few_drawn(metric, drawn.n, DRAWN_MIN))
    }

    /// The mean on the scale of people's labels, where the policy or labels say how to get there.
    fn corrected(
        &self,
        draft: &Draft,
        sample: &Sample<'_>,
    ) -> Option<Result<Result<Assessment, StatsError>, Unfit>> {
        let table = self.view.candidate.as_ref();
        let statistics = &self.policy.statistics;
        let known = self.policy.calibrations.get(&draft.metric);
        let estimand = self.rule.estimand.unwrap_or(statistics.absolute);
        let plan = bounds::plan(sample.unit, sample.repeats, statistics);
        if draft.slice.is_none()
            && let Some(labels) = self.view.labels
            && let Some(labelled) = labels.sample(table, sample.column, (estimand, known))
        {
            return Some(Ok(prediction_powered_mean(&labelled, plan)));
        }
        calibration::corrected(known?, sample.column, &sample.observations, plan)
    }
}

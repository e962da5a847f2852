//! Rules about amounts: a quantile, and the ratio to the baseline.

use groundgate_model::{number::RATIO_UNIT, trial::CaseInfo};

use super::{Context, assessed, no_data, worst};
use crate::{bounds, decide::Draft, policy::Estimand, sentence, summary, verdict::Bar};

impl Context<'_> {
    pub(super) fn percentile(&self, metric: &str, quantile: f64, max: f64) -> Draft {
        let mut draft = self.blank(metric, Bar::AtMost, max);
        let sample =
            match summary::absolute(&self.view.candidate, metric, Estimand::Suite, &|_| true) {
                Ok(sample) => sample,
                Err(_absent) => return draft,
            };
        draft.counts = sample.counts.clone();
        draft.worst_cases = worst(&sample, Bar::AtMost);
        let statistics = &self.policy.statistics;
        draft.state = if let Some(why) = &self.view.refusal {
            no_data(why.clone())
        } else if sample.n_cases_scored == 0 {
            no_data(sentence::no_scores(metric, None))
        } else if sample.n_cases_scored < statistics.min_cases {
            no_data(sentence::too_few(
                sample.n_cases_scored,
                statistics.min_cases,
            ))
        } else if sample.drawn.is_some() {
            no_data(sentence::no_quantile_of_drawn(metric))
        } else {
            assessed(bounds::of_quantile(&sample, quantile, statistics))
        };
        draft
    }

    /// 'The candidate's mean is at most r times the baseline's' is 'the mean of c − r·b is at most 0'.
    pub(super) fn ratio(&self, metric: &str, max: f64) -> Draft {
        let mut draft = self.blank(metric, Bar::AtMost, max);
        RATIO_UNIT.clone_into(&mut draft.unit);
        let Some(baseline) = self.view.baseline.as_deref() else {
            draft.state = no_data("there is no baseline to compare with".to_owned());
            return draft;
        };
        let keep = |_: &CaseInfo| true;
        let ours = summary::absolute(&self.view.candidate, metric, Estimand::Population, &keep);
        let theirs = summary::absolute(baseline, metric, Estimand::Population, &keep);
        let pairs = summary::ratio_pairs(&self.view.candidate, baseline, metric);
        let (Ok(ours), Ok(theirs), Ok(pairs)) = (ours, theirs, pairs) else {
            return draft;
        };
        draft.counts = ours.counts.clone();
        draft.worst_cases = worst(&ours, Bar::AtMost);
        let statistics = &self.policy.statistics;
        draft.state = if let Some(why) = &self.view.refusal {
            no_data(why.clone())
        } else if ours.n_cases_scored == 0 || theirs.n_cases_scored == 0 {
            no_data(sentence::no_scores(metric, None))
        } else if pairs.len() < statistics.min_cases {
            no_data(sentence::too_few(pairs.len(), statistics.min_cases))
        } else if ours.counts.n_unscored() + theirs.counts.n_unscored() > 0 {
            no_data(format!(
                "{} trials have no {metric}, and an amount has no worst value to count them at",
                ours.counts.n_unscored() + theirs.counts.n_unscored()
            ))
        } else {
            assessed(bounds::of_ratio(&pairs, statistics))
        };
        draft
    }
}

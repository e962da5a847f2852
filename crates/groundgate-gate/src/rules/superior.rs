//! `superior`: the mean of a score is better than the baseline's by more than `by`.

use groundgate_model::toml_reader::Table;

use super::base::{
    AsksScores, Claim, Evaluation, Holds, Key, Kind, SCORE, Setting, Settings, Threshold,
};
use crate::{
    draft::Draft,
    policy::Slice,
    power::{PlannedRule, RulePower},
    truth::Truth,
};

/// The mean is better than the baseline's by more than `by`.
#[derive(Debug, Clone, PartialEq)]
pub struct Superior {
    /// Of which metric.
    pub metric: String,
    /// 0 or more.
    pub by: f64,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "superior",
    passes: "the paired difference to the baseline is shown to be above `by`",
    claim: Claim::Difference,
    keys: &[
        Key::METRIC,
        Key::optional(
            "by",
            Holds::Number,
            "the mean is better than the baseline's by more than this; 0 where it is not said",
        )
        .tightened(),
    ],
    read: |reader| {
        let spec = reader.metric(&SCORE);
        let read = |_: &Table<'_, '_>, _: &str| reader.number("by").map(Some);
        let by = reader.layers.read("by", None, read)?;
        let spec = spec?;
        let by = by.map_or(Some(0.0), |by| by.below_range(&spec))?;
        let metric = spec.name;
        Some(Superior { metric, by }.into())
    },
};

impl AsksScores for Superior {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn threshold(&self) -> Option<Threshold> {
        Some(Threshold::at_least(self.by))
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        self.by = value;
        true
    }

    fn settings(&self) -> Settings {
        vec![("by", Setting::MoreIsStricter(self.by))]
    }

    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        vec![of.paired(&self.metric, self.by)]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let note = "asks for an improvement: without one it does not pass";
        vec![plan.difference(&self.metric, self.by, note)]
    }

    fn is_met_unchanged(&self, _truth: &dyn Truth, _slice: Option<&Slice>) -> Option<bool> {
        Some(false)
    }
}

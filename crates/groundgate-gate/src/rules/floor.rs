//! `floor`: the mean of a score is at least `min`.

use super::base::{
    AsksScores, Claim, Evaluation, Holds, Key, Kind, MORE_IS_BETTER, Setting, Settings, Threshold,
};
use crate::{
    draft::Draft,
    policy::Slice,
    power::{PlannedRule, RulePower},
    truth::Truth,
};

/// The mean is at least `min`.
#[derive(Debug, Clone, PartialEq)]
pub struct Floor {
    /// Of which metric.
    pub metric: String,
    /// The threshold.
    pub min: f64,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "floor",
    passes: "the mean of a score is shown to be above `min`",
    claim: Claim::Mean,
    keys: &[
        Key::METRIC,
        Key::needed("min", Holds::Number, "the mean is at least this").tightened(),
    ],
    read: |reader| {
        let spec = reader.metric(&MORE_IS_BETTER);
        let min = reader.number("min");
        let spec = spec?;
        let min = min?.inside(&spec)?;
        let metric = spec.name;
        Some(Floor { metric, min }.into())
    },
};

impl AsksScores for Floor {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn threshold(&self) -> Option<Threshold> {
        Some(Threshold::at_least(self.min))
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        self.min = value;
        true
    }

    fn settings(&self) -> Settings {
        vec![("min", Setting::MoreIsStricter(self.min))]
    }

    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        vec![of.absolute(&self.metric, Threshold::at_least(self.min), None)]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        vec![plan.absolute(&self.metric, Threshold::at_least(self.min), None)]
    }

    fn is_met_unchanged(&self, truth: &dyn Truth, _slice: Option<&Slice>) -> Option<bool> {
        Some(truth.mean(&self.metric, None)? > self.min)
    }

    fn loss_to_threshold(&self, truth: &dyn Truth) -> Option<f64> {
        // With a calibration the threshold is on the scale of people, the record on that of the judge.
        let threshold = truth.threshold_on_judges_scale(&self.metric, self.min);
        Some(truth.mean(&self.metric, None)? - threshold)
    }
}

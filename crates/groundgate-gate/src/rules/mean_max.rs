//! `mean-max`: the mean of an amount is at most `max`.

use super::base::{
    AMOUNT, AsksScores, Claim, Evaluation, Holds, Key, Kind, Setting, Settings, Threshold,
};
use crate::{
    draft::Draft,
    policy::Slice,
    power::{PlannedRule, RulePower},
    truth::Truth,
};

/// The mean of an amount is at most `max`.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanMax {
    /// Of which metric.
    pub metric: String,
    /// The threshold.
    pub max: f64,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "mean-max",
    passes: "the mean of an amount is shown to be below `max`",
    claim: Claim::Mean,
    keys: &[
        Key::METRIC,
        Key::needed("max", Holds::Number, "the mean is at most this").tightened(),
    ],
    read: |reader| {
        let spec = reader.metric(&AMOUNT);
        let max = reader.above_zero("max");
        let metric = spec?.name;
        Some(MeanMax { metric, max: max? }.into())
    },
};

impl AsksScores for MeanMax {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn quantity(&self, metric: &str) -> String {
        format!("the mean of {metric}")
    }

    fn threshold(&self) -> Option<Threshold> {
        Some(Threshold::at_most(self.max))
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        self.max = value;
        true
    }

    fn settings(&self) -> Settings {
        vec![("max", Setting::LessIsStricter(self.max))]
    }

    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        vec![of.absolute(&self.metric, Threshold::at_most(self.max), None)]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        vec![plan.amount(&self.metric, self.max)]
    }

    fn is_met_unchanged(&self, truth: &dyn Truth, _slice: Option<&Slice>) -> Option<bool> {
        Some(truth.mean(&self.metric, None)? < self.max)
    }
}

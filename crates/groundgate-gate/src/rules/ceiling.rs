//! `ceiling`: the mean of a score of which less is better is at most `max`.

use super::base::{
    AsksScores, Claim, Evaluation, Holds, Key, Kind, LESS_IS_BETTER, Setting, Settings, Threshold,
};
use crate::{
    draft::Draft,
    policy::Slice,
    power::{PlannedRule, RulePower},
    truth::Truth,
};

/// The mean of a score of which less is better is at most `max`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ceiling {
    /// Of which metric.
    pub metric: String,
    /// The threshold.
    pub max: f64,
    /// Of an amount: no answer can have more, as whoever wrote the policy knows.
    pub cap: Option<f64>,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "ceiling",
    passes: "the mean of a score of which less is better is shown to be below `max`",
    claim: Claim::Mean,
    keys: &[
        Key::METRIC,
        Key::needed("max", Holds::Number, "the mean is at most this").tightened(),
        Key::optional(
            "cap",
            Holds::Number,
            "of an amount: no answer can have more than this; without it the bound is approximate, and the rule alone passes nothing",
        ),
    ],
    read: |reader| {
        let spec = reader.metric(&LESS_IS_BETTER);
        let max = reader.number("max");
        let spec = spec?;
        let max = max?.inside(&spec)?;
        let cap = reader.cap(max, &spec).ok()?;
        let metric = spec.name;
        Some(Ceiling { metric, max, cap }.into())
    },
};

impl AsksScores for Ceiling {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn threshold(&self) -> Option<Threshold> {
        Some(Threshold::at_most(self.max))
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        self.max = value;
        true
    }

    fn settings(&self) -> Settings {
        let cap = self.cap.map(|cap| ("cap", Setting::Number(cap)));
        let max = ("max", Setting::LessIsStricter(self.max));
        cap.into_iter().chain([max]).collect()
    }

    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        vec![of.ceiling(&self.metric, Threshold::at_most(self.max), self.cap)]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let power = plan.absolute(&self.metric, Threshold::at_most(self.max), None);
        vec![if plan.is_amount(&self.metric) {
            PlannedRule::only_with_cap(self.cap, power)
        } else {
            power
        }]
    }

    fn is_met_unchanged(&self, truth: &dyn Truth, _slice: Option<&Slice>) -> Option<bool> {
        Some(truth.mean(&self.metric, None)? < self.max)
    }
}

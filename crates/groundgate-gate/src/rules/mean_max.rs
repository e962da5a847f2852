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
    /// No answer can have more, as whoever wrote the policy knows: a limit of the endpoint or a timeout.
    pub cap: Option<f64>,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "mean-max",
    passes: "the mean of an amount is shown to be below `max`",
    claim: Claim::Mean,
    keys: &[
        Key::METRIC,
        Key::needed("max", Holds::Number, "the mean is at most this").tightened(),
        Key::optional(
            "cap",
            Holds::Number,
            "no answer can have more than this; without it the bound is approximate, and the rule alone passes nothing",
        ),
    ],
    read: |reader| {
        let spec = reader.metric(&AMOUNT);
        let max = reader.above_zero("max");
        let spec = spec?;
        let max = max?;
        let cap = reader.cap(max, &spec).ok()?;
        let metric = spec.name;
        Some(MeanMax { metric, max, cap }.into())
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
        let cap = self.cap.map(|cap| ("cap", Setting::Number(cap)));
        let max = ("max", Setting::LessIsStricter(self.max));
        cap.into_iter().chain([max]).collect()
    }

    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        vec![of.ceiling(&self.metric, Threshold::at_most(self.max), self.cap)]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        vec![PlannedRule::only_with_cap(
            self.cap,
            plan.amount(&self.metric, self.max),
        )]
    }

    fn is_met_unchanged(&self, truth: &dyn Truth, _slice: Option<&Slice>) -> Option<bool> {
        Some(truth.mean(&self.metric, None)? < self.max)
    }
}

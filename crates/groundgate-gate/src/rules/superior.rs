//! `superior`: the mean of a score is better than the baseline's by more than `by`.

use groundgate_model::toml_reader::Table;

use super::base::{
    AsksScores, Claim, Evaluation, Holds, Key, Kind, SCORE, Setting, Settings, Threshold, no_data,
};
use crate::{
    calibration,
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

    /// A judge that errs shows less of a gain than there is: with its calibration, only what is shown to be
    /// below the least that it would show of `by` fails. A pass asks for all of `by`.
    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        let draft = of.paired(&self.metric, self.by);
        let column = of.view.candidate.columns.get(&self.metric);
        let calibration = of.calibrations.get(&self.metric).zip(column);
        let calibration = calibration.filter(|_| self.by > 0.0);
        let alphas = [of.statistics.alpha_fail; 2];
        let scaled = calibration.map(|(calibration, column)| {
            calibration::scaled(calibration, Some(column.instrument), self.by, alphas)
        });
        vec![match scaled {
            Some(Ok(scaled)) => Draft {
                refuted_at: Some(draft.signed(scaled.on_judges_scale)),
                ..draft
            },
            Some(Err(unfit)) => Draft {
                state: no_data(unfit.to_string()),
                ..draft
            },
            None => draft,
        }]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let note = "asks for an improvement: without one it does not pass";
        vec![plan.difference(&self.metric, self.by, note)]
    }

    fn is_met_unchanged(&self, _truth: &dyn Truth, _slice: Option<&Slice>) -> Option<bool> {
        Some(false)
    }
}

//! `non-inferior`: the mean of a score is not worse than the baseline's by more than `margin`.

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

/// The mean is not worse than the baseline's by more than `margin` (on the metric's own scale).
#[derive(Debug, Clone, PartialEq)]
pub struct NonInferior {
    /// Of which metric.
    pub metric: String,
    /// 0 or more; 0 asks for more than an equal candidate can show.
    pub margin: f64,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "non-inferior",
    passes: "the paired difference to the baseline is shown to be above −`margin`",
    claim: Claim::Difference,
    keys: &[
        Key::METRIC,
        Key::needed(
            "margin",
            Holds::Number,
            "the mean may be worse than the baseline's by less than this",
        )
        .tightened(),
    ],
    read: |reader| {
        let spec = reader.metric(&SCORE);
        let margin = reader.number("margin");
        let spec = spec?;
        let margin = margin?.below_range(&spec)?;
        let metric = spec.name;
        Some(NonInferior { metric, margin }.into())
    },
};

impl AsksScores for NonInferior {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn threshold(&self) -> Option<Threshold> {
        Some(Threshold::at_most(self.margin))
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        self.margin = value;
        true
    }

    fn settings(&self) -> Settings {
        vec![("margin", Setting::LessIsStricter(self.margin))]
    }

    /// The margin shrinks to the judge's scale where the policy knows how well the judge judges: by as much
    /// as it may for a pass, by as little as it may for a fail.
    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        let column = of.view.candidate.columns.get(&self.metric);
        let calibration = of.calibrations.get(&self.metric).zip(column);
        let Some((calibration, column)) = calibration else {
            return vec![of.paired(&self.metric, -self.margin)];
        };
        let alphas = [of.statistics.alpha_pass, of.statistics.alpha_fail];
        let scaled = calibration::scaled(calibration, Some(column.instrument), self.margin, alphas);
        vec![match scaled {
            Ok(scaled) => {
                let draft = of.paired(&self.metric, -scaled.on_judges_scale);
                Draft {
                    scaled: Some(scaled),
                    refuted_at: Some(draft.signed(-scaled.fails_beyond)),
                    ..draft
                }
            }
            Err(unfit) => Draft {
                state: no_data(unfit.to_string()),
                ..of.paired(&self.metric, -self.margin)
            },
        }]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let note = "margin 0: an equal candidate would almost never pass";
        vec![plan.difference(&self.metric, -self.margin, note)]
    }

    fn is_met_unchanged(&self, _truth: &dyn Truth, _slice: Option<&Slice>) -> Option<bool> {
        Some(true)
    }

    fn loss_to_threshold(&self, truth: &dyn Truth) -> Option<f64> {
        Some(truth.margin_on_judges_scale(&self.metric, self.margin))
    }

    fn warning(&self) -> Option<&'static str> {
        (self.margin <= 0.0)
            .then_some("has a margin of 0: an equal candidate would almost never pass")
    }
}

//! `percentile`: a quantile of an amount is at most `max`.

use groundgate_model::{trial::Cell, unit::count_to_f64};
use groundgate_stats::power::absolute_gate;

use super::base::{
    AMOUNT, AsksScores, Claim, Evaluation, Holds, Key, Kind, Setting, Settings, Threshold,
    assessed, no_data, worst,
};
use crate::{
    bounds,
    draft::{Draft, State},
    policy::Estimand,
    power::{PlannedRule, RulePower, scored},
    sentence,
    summary::{self, Sample},
    verdict::AllowedSide,
};

/// The quantile is at most `max`.
#[derive(Debug, Clone, PartialEq)]
pub struct Percentile {
    /// Of which metric.
    pub metric: String,
    /// Between 0 and 1, both excluded.
    pub quantile: f64,
    /// The threshold.
    pub max: f64,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "percentile",
    passes: "the quantile of an amount is shown to be below `max`",
    claim: Claim::Quantile,
    keys: &[
        Key::METRIC,
        Key::needed(
            "quantile",
            Holds::Number,
            "which quantile, between 0 and 1: 0.95",
        ),
        Key::needed("max", Holds::Number, "the quantile is at most this").tightened(),
    ],
    read: |reader| {
        let spec = reader.metric(&AMOUNT);
        let quantile = reader.quantile();
        let max = reader.above_zero("max");
        let rule = Percentile {
            metric: spec?.name,
            quantile: quantile?,
            max: max?,
        };
        Some(rule.into())
    },
};

impl AsksScores for Percentile {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn quantity(&self, metric: &str) -> String {
        format!(
            "the {} percentile of {metric}",
            ordinal(100.0 * self.quantile)
        )
    }

    fn threshold(&self) -> Option<Threshold> {
        Some(Threshold::at_most(self.max))
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        self.max = value;
        true
    }

    fn settings(&self) -> Settings {
        vec![
            ("quantile", Setting::Number(self.quantile)),
            ("max", Setting::LessIsStricter(self.max)),
        ]
    }

    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        let mut draft = of.blank(&self.metric, Threshold::at_most(self.max));
        let table = &of.view.candidate;
        if let Ok(sample) = summary::absolute(table, &self.metric, Estimand::Suite, &|_| true) {
            draft.counts = sample.counts.clone();
            draft.worst_cases = worst(&sample, AllowedSide::AtMost, false);
            draft.state = self.state(of, &sample);
        }
        vec![draft]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let Some(column) = plan.column(&self.metric) else {
            return vec![plan.needs_pilot()];
        };
        let all = column
            .cells
            .iter()
            .filter(|cell| !matches!(cell, Cell::NotApplicable));
        let within = scored(column).filter(|value| *value <= self.max).count();
        let n = all.count();
        let share = count_to_f64(within) / count_to_f64(n.max(1));
        let runs = plan.runs();
        let gate = absolute_gate(runs, self.quantile, plan.statistics.alpha_pass);
        vec![match gate {
            Ok(gate) => RulePower {
                units: runs,
                ..plan.says(
                    Some(gate.power(share)),
                    format!("{within} of {n} within the threshold in the pilot"),
                )
            },
            Err(error) => plan.says(None, error.to_string()),
        }]
    }
}

impl Percentile {
    fn state(&self, of: &Evaluation<'_>, sample: &Sample<'_>) -> State {
        let (n, min_cases) = (sample.n_cases_scored, of.statistics.min_cases);
        if let Some(why) = &of.view.refusal {
            no_data(why.clone())
        } else if n == 0 {
            no_data(sentence::no_scores(&self.metric, None))
        } else if n < min_cases {
            no_data(sentence::too_few(n, min_cases))
        } else if sample.drawn.is_some() {
            no_data(no_quantile_of_drawn(&self.metric))
        } else {
            assessed(bounds::of_quantile(sample, self.quantile, of.statistics))
        }
    }
}

/// `95th`, `99.9th`, `1st`.
fn ordinal(percent: f64) -> String {
    // Without the noise of the last digits of 100 × 0.57.
    let text = format!("{percent:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let is_teen = ["11", "12", "13"].contains(&text);
    let ending = match text.chars().last() {
        _ if is_teen || text.contains('.') => "th",
        Some('1') => "st",
        Some('2') => "nd",
        Some('3') => "rd",
        _ => "th",
    };
    format!("{text}{ending}")
}

/// A guess at either end is no value to take a quantile of.
fn no_quantile_of_drawn(metric: &str) -> String {
    format!(
        "the judge of {metric} is asked where a cheaper one is unsure, not about every answer: there is no percentile"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_called_as_people_call_it() {
        for (quantile, called) in [
            (0.95, "95th"),
            (0.999, "99.9th"),
            (0.57, "57th"),
            (0.01, "1st"),
            (0.21, "21st"),
            (0.32, "32nd"),
            (0.63, "63rd"),
            (0.11, "11th"),
            (0.12, "12th"),
            (0.13, "13th"),
            (0.5, "50th"),
        ] {
            assert_eq!(ordinal(100.0 * quantile), called);
        }
    }
}

//! `ratio-max`: the mean of an amount is at most `max` times the baseline's.

use groundgate_model::{
    number::{RATIO_UNIT, plural},
    trial::CaseInfo,
    unit::count_to_f64,
};
use groundgate_stats::Unit;

use super::base::{
    AMOUNT, AsksScores, Claim, Evaluation, Holds, Key, Kind, Setting, Settings, Threshold,
    assessed, no_data, worst,
};
use crate::{
    bounds,
    draft::{Draft, State},
    policy::{Estimand, Slice},
    power::{PlannedRule, RulePower},
    sentence,
    summary::{self, NoSample, RatioPairs, Sample},
    truth::Truth,
    verdict::AllowedSide,
};

/// The mean of an amount is at most `max` times the baseline's.
#[derive(Debug, Clone, PartialEq)]
pub struct RatioMax {
    /// Of which metric.
    pub metric: String,
    /// More than 0.
    pub max: f64,
    /// No answer can have more, as whoever wrote the policy knows: a limit of the endpoint or a timeout.
    pub cap: Option<f64>,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "ratio-max",
    passes: "the mean of an amount is shown to be below `max` times the baseline's",
    claim: Claim::Ratio,
    keys: &[
        Key::METRIC,
        Key::needed(
            "max",
            Holds::Number,
            "the mean is at most so many times the baseline's",
        )
        .tightened(),
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
        let cap = reader.cap(0.0, &spec).ok()?;
        let metric = spec.name;
        Some(RatioMax { metric, max, cap }.into())
    },
};

impl AsksScores for RatioMax {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn quantity(&self, metric: &str) -> String {
        format!("the mean of {metric}, candidate divided by baseline,")
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

    /// 'The candidate's mean is at most r times the baseline's' is 'the mean of c − r·b is at most 0'.
    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        let metric = self.metric.as_str();
        let mut draft = of.blank(metric, Threshold::at_most(self.max));
        RATIO_UNIT.clone_into(&mut draft.unit);
        let Some(baseline) = of.view.baseline.as_deref() else {
            draft.state = no_data(sentence::no_baseline());
            return vec![draft];
        };
        let keep = |_: &CaseInfo| true;
        let ours = summary::absolute(&of.view.candidate, metric, Estimand::Population, &keep);
        let theirs = summary::absolute(baseline, metric, Estimand::Population, &keep);
        let pairs = summary::ratio_pairs(&of.view.candidate, baseline, metric, self.cap);
        if let Err(NoSample::ScalesDiffer) = pairs {
            draft.state = no_data(sentence::scales_differ(metric));
            return vec![draft];
        }
        if let (Ok(ours), Ok(theirs), Ok(pairs)) = (ours, theirs, pairs) {
            draft.cap = self.cap;
            draft.counts = ours.counts.clone();
            draft.worst_cases = worst(&ours, AllowedSide::AtMost, false);
            draft.state = self.state(of, [&ours, &theirs], &pairs);
        }
        vec![draft]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let Some(spread) = plan.amount_spread(&self.metric) else {
            return vec![plan.needs_pilot()];
        };
        let attempts = f64::from(plan.planned.attempts);
        let units = plan.size().questions * spread.applicable;
        let between = (spread.total - spread.run).max(0.0);
        let variance = (1.0 - self.max).powi(2) * between
            + self.max.mul_add(self.max, 1.0) * spread.run / attempts;
        let power = RulePower {
            unit: Unit::Question,
            source: Some(spread.source),
            ..plan.normal(units, (self.max - 1.0) * spread.mean, variance)
        };
        vec![PlannedRule::only_with_cap(self.cap, power)]
    }

    fn is_met_unchanged(&self, _truth: &dyn Truth, _slice: Option<&Slice>) -> Option<bool> {
        Some(self.max >= 1.0)
    }
}

impl RatioMax {
    fn state(&self, of: &Evaluation<'_>, sides: [&Sample<'_>; 2], pairs: &RatioPairs) -> State {
        let statistics = of.statistics;
        let n_missing = count_to_f64(pairs.n_missing);
        let most = statistics.missing_max.value() * count_to_f64(pairs.n_planned);
        let above = sides.iter().filter_map(|side| side.column.highest());
        let above = above.reduce(f64::max).zip(self.cap);
        if let Some(why) = &of.view.refusal {
            no_data(why.clone())
        } else if sides.iter().any(|side| side.n_cases_scored == 0) {
            no_data(sentence::no_scores(&self.metric, None))
        } else if let Some((above, cap)) = above.filter(|(above, cap)| above > cap) {
            no_data(sentence::above_the_cap(&self.metric, above, cap))
        } else if pairs.n_scored < statistics.min_cases {
            no_data(sentence::too_few(pairs.n_scored, statistics.min_cases))
        } else if pairs.n_missing > 0 && (self.cap.is_none() || n_missing > most) {
            no_data(amounts_missing(&self.metric, pairs.n_missing))
        } else {
            let unit = pairs.unit;
            assessed(bounds::of_ratio(&pairs.pairs, self.cap, unit, statistics))
        }
    }
}

fn amounts_missing(metric: &str, n: usize) -> String {
    let have = if n == 1 { "has" } else { "have" };
    format!(
        "{} {have} no {metric} on one side: the runs cannot be compared without what these cost",
        plural(n, "trial")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_without_an_amount_are_counted_in_words_that_agree() {
        let why = |n| amounts_missing("latency_ms", n);
        assert!(why(1).starts_with("1 trial has no latency_ms"));
        assert!(why(2).starts_with("2 trials have no latency_ms"));
    }
}

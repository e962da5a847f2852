//! `max-count`: the sum of an amount over all trials is at most `max`.

use groundgate_model::{
    number::{Toward, format_score, plural},
    trial::Cell,
    unit::{count_to_f64, whole_number},
};
use groundgate_stats::power::poisson_at_most;

use super::base::{
    AMOUNT, AsksScores, Claim, Evaluation, Holds, Key, Kind, Setting, Settings, Threshold,
    WORST_CASES, decided, no_data,
};
use crate::{
    draft::{Draft, State},
    policy::Estimand,
    power::{PlannedRule, RulePower, scored},
    sentence,
    summary::{self, Sample},
    verdict::Verdict,
};

/// The sum over all trials is at most `max`.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxCount {
    /// Of which metric.
    pub metric: String,
    /// The threshold.
    pub max: u64,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "max-count",
    passes: "the sum of an amount over all answers is at most `max`: no leak at all",
    claim: Claim::Count,
    keys: &[
        Key::METRIC,
        Key::needed(
            "max",
            Holds::Whole(0),
            "the sum over all answers is at most this",
        )
        .tightened(),
    ],
    read: |reader| {
        let spec = reader.metric(&AMOUNT);
        let max = reader.count("max", 0);
        let rule = MaxCount {
            metric: spec?.name,
            max: u64::from(max?),
        };
        Some(rule.into())
    },
};

impl AsksScores for MaxCount {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn threshold(&self) -> Option<Threshold> {
        Some(Threshold::at_most(count_to_f64(self.most())))
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        let whole = whole_number(value);
        self.max = whole.unwrap_or(self.max);
        whole.is_some()
    }

    fn settings(&self) -> Settings {
        vec![("max", Setting::LessIsStricter(count_to_f64(self.most())))]
    }

    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        let most = count_to_f64(self.most());
        let mut draft = of.blank(&self.metric, Threshold::at_most(most));
        let table = &of.view.candidate;
        if let Ok(sample) = summary::absolute(table, &self.metric, Estimand::Suite, &|_| true) {
            draft.counts = sample.counts.clone();
            draft.worst_cases = worst_positive(&sample);
            draft.state = state(of, &sample, most);
        }
        vec![draft]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let Some(column) = plan.column(&self.metric) else {
            return vec![plan.needs_pilot()];
        };
        let (found, n) = (scored(column).sum::<f64>(), scored(column).count());
        let runs = plan.runs();
        let expected = found * count_to_f64(runs) / count_to_f64(n.max(1));
        vec![RulePower {
            units: runs,
            ..plan.says(
                Some(poisson_at_most(self.most(), expected)),
                format!("{found} found in {n} answers of the pilot"),
            )
        }]
    }
}

impl MaxCount {
    fn most(&self) -> usize {
        usize::try_from(self.max).unwrap_or(usize::MAX)
    }
}

fn state(of: &Evaluation<'_>, sample: &Sample<'_>, most: f64) -> State {
    let column = sample.column;
    let scores = column.cells.iter().filter_map(|cell| match cell {
        Cell::Scored(value) => Some(*value),
        Cell::NotApplicable | Cell::Unscored(_) => None,
    });
    let found: f64 = scores.sum();
    let (n, min_cases) = (sample.counts.scored, of.statistics.min_cases);
    let n_unchecked = sample.counts.n_unscored() + column.up_to.len();
    let (seen, whole) = (of.view.candidate.planned(), of.view.whole.planned());
    if found > most {
        decided(Verdict::Fail, count_failed(found, n, most))
    } else if let Some(why) = &of.view.refusal {
        no_data(why.clone())
    } else if n == 0 {
        no_data(sentence::no_scores(&column.metric.name, None))
    } else if sample.n_cases_scored < min_cases {
        no_data(sentence::too_few(sample.n_cases_scored, min_cases))
    } else if found * count_to_f64(whole) > most * count_to_f64(seen) {
        no_data(count_on_the_way(found, n, most))
    } else if n_unchecked > 0 {
        no_data(count_unchecked(found, n, n_unchecked))
    } else {
        decided(
            Verdict::Pass,
            count_passed(found, n, of.statistics.alpha_pass),
        )
    }
}

fn worst_positive(sample: &Sample<'_>) -> Vec<String> {
    let highest = sample.highest(WORST_CASES).into_iter();
    let positive = highest.filter(|(_, value)| *value > 0.0);
    positive.map(|(id, _)| id.to_owned()).collect()
}

fn count_failed(found: f64, n: usize, most: f64) -> String {
    format!(
        "{found} found in {}; at most {most} are allowed",
        plural(n, "answer")
    )
}

fn count_on_the_way(found: f64, n: usize, most: f64) -> String {
    format!("{found} found in the first {n} answers; the rest might bring more than {most}")
}

fn count_unchecked(found: f64, n: usize, unchecked: usize) -> String {
    let (answers, trials) = (plural(n, "answer"), plural(unchecked, "trial"));
    format!("{found} found in {answers}, but {trials} could not be checked")
}

/// Nothing found is not never: with n trials and none found, the rate is below 1 − α^(1/n) at
/// confidence 1 − α (the rule of three).
fn count_passed(found: f64, n: usize, alpha: f64) -> String {
    let answers = plural(n, "answer");
    if found > 0.0 {
        return format!("{found} found in {answers}, as allowed");
    }
    let rate = 1.0 - (alpha.ln() / count_to_f64(n)).exp();
    format!(
        "none found in {answers}: {} fewer than {} of all answers have any",
        sentence::confident(alpha),
        format_score(rate, Toward::Up)
    )
}

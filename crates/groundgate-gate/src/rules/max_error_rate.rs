//! `max-error-rate`: the share of trials without an answer or a measurement is at most `max`.

use std::collections::BTreeMap;

use groundgate_model::{
    number::{Toward, format_count, format_score, plural},
    trial::{Cell, ScoreTable, Unscored},
    unit::{UnitInterval, count_to_f64},
};
use groundgate_stats::special::binomial_cdf;

use super::base::{
    AsksScores, Claim, Evaluation, Holds, Key, Kind, Setting, Settings, Threshold, decided,
    no_data, share,
};
use crate::{
    draft::Draft,
    power::{PlannedRule, RulePower, whole},
    verdict::Verdict,
};

/// The share of trials without an answer or a measurement is at most `max`.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxErrorRate {
    /// The threshold.
    pub max: UnitInterval,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "max-error-rate",
    passes: "the share of trials that failed (no answer, or a score is missing) is at most `max`",
    claim: Claim::Count,
    keys: &[Key::needed(
        "max",
        Holds::Number,
        "the share of failed trials is at most this",
    )
    .tightened()],
    read: |reader| {
        let max = share(reader.layers.holder("max")?, "max")?;
        Some(MaxErrorRate { max }.into())
    },
};

/// A trial with any hole in it, and why.
type Holes = BTreeMap<usize, String>;

impl AsksScores for MaxErrorRate {
    fn metric(&self) -> Option<&str> {
        None
    }

    fn threshold(&self) -> Option<Threshold> {
        None
    }

    fn set_threshold(&mut self, _value: f64) -> bool {
        false
    }

    fn settings(&self) -> Settings {
        vec![("max", Setting::LessIsStricter(self.max.value()))]
    }

    /// Trials with any hole in them, over all planned trials.
    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        let mut draft = of.blank(super::ERRORS, Threshold::at_most(self.max.value()));
        let table = of.view.candidate.as_ref();
        let mut not_run = 0;
        let mut holes = Holes::new();
        for (trial, reason) in holes_of(table) {
            not_run += usize::from(*reason == Unscored::NotRun && !holes.contains_key(&trial));
            holes.entry(trial).or_insert_with(|| reason.name());
        }
        let planned = table.planned();
        draft.counts.planned = planned;
        draft.counts.scored = planned.saturating_sub(holes.len());
        for reason in holes.values() {
            *draft.counts.unscored.entry(reason.clone()).or_insert(0) += 1;
        }
        let says = error_rate(holes.len(), planned, self.max);
        draft.state = if let Some(why) = &of.view.refusal {
            no_data(why.clone())
        } else if planned == 0 || table.columns.is_empty() {
            no_data(nothing_planned())
        } else if count_to_f64(holes.len()) <= self.max.value() * count_to_f64(planned) {
            decided(Verdict::Pass, says)
        } else if not_run > 0 {
            no_data(never_run(&says, not_run))
        } else {
            decided(Verdict::Fail, says)
        };
        vec![draft]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let Some(pilot) = plan.planned.pilot else {
            return vec![plan.needs_pilot()];
        };
        let planned = pilot.candidate.planned();
        let holes: BTreeMap<usize, &Unscored> = holes_of(pilot.candidate).collect();
        let share = count_to_f64(holes.len()) / count_to_f64(planned.max(1));
        let runs = plan.runs();
        let most = whole((self.max.value() * count_to_f64(runs)).floor());
        vec![RulePower {
            units: runs,
            ..plan.says(
                Some(binomial_cdf(most, runs, share)),
                format!("{} of {planned} trials failed in the pilot", holes.len()),
            )
        }]
    }
}

/// The trials that lack something, and what; one of them for each metric that it lacks.
fn holes_of(table: &ScoreTable) -> impl Iterator<Item = (usize, &Unscored)> {
    let columns = table.columns.values();
    let cells = columns.flat_map(|column| column.cells.iter().enumerate());
    cells.filter_map(|(trial, cell)| match cell {
        Cell::Unscored(reason) if !reason.is_planned() => Some((trial, reason)),
        Cell::Scored(_) | Cell::NotApplicable | Cell::Unscored(_) => None,
    })
}

fn nothing_planned() -> String {
    "the run planned no trial".to_owned()
}

fn never_run(says: &str, n: usize) -> String {
    format!("{says}; {} never ran", plural(n, "trial"))
}

fn error_rate(n: usize, planned: usize, max: UnitInterval) -> String {
    format!(
        "{} of {} trials have no answer or a missing score; at most {} is allowed",
        format_count(n),
        format_count(planned),
        format_score(max.value(), Toward::Nearest)
    )
}

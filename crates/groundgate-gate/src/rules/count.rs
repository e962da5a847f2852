//! Rules that count instead of estimating.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{CaseInfo, Cell, Unscored},
    unit::{UnitInterval, count_to_f64},
};

use super::{Context, WORST_CASES, no_data, settled};
use crate::{
    decide::Draft,
    policy::{CaseFilter, Estimand},
    sentence,
    summary::{self, Sample},
    verdict::{Bar, Verdict},
};

impl Context<'_> {
    pub(super) fn must_pass(
        &self,
        metric: &str,
        cases: &CaseFilter,
        min: f64,
        (min_cases, repeats): (usize, u32),
    ) -> Draft {
        let mut draft = self.blank(metric, Bar::AtLeast, min);
        let table = self.view.whole;
        let Some(column) = table.columns.get(metric) else {
            return draft;
        };
        let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX);
        let places = table.cases.iter().enumerate();
        let chosen: Vec<(usize, &CaseInfo)> =
            places.filter(|(_, case)| cases.holds(case)).collect();
        let cells_at = |place: usize| {
            let trials = place * attempts..(place + 1) * attempts;
            trials.filter_map(|trial| Some((trial, column.cells.get(trial)?)))
        };
        for (_, cell) in chosen.iter().flat_map(|(place, _)| cells_at(*place)) {
            draft.counts.add(cell);
        }
        // A score of which votes failed is a failure only if it were one at the best.
        let failed = |trial: usize, cell: &Cell| match cell {
            Cell::Scored(value) => column.up_to.get(&trial).unwrap_or(value) < &min,
            Cell::Unscored(reason) => reason.is_product_failure(),
            Cell::NotApplicable => false,
        };
        let ids_where = |test: &dyn Fn(usize, &Cell) -> bool| -> Vec<String> {
            let has_one = |place| cells_at(place).any(|(trial, cell)| test(trial, cell));
            let ids = chosen.iter().filter(|(place, _)| has_one(*place));
            ids.map(|(_, case)| case.id.clone()).collect()
        };
        let failures = ids_where(&failed);
        let open = ids_where(&|_, cell| !matches!(cell, Cell::Scored(value) if *value >= min));
        draft.state = if !failures.is_empty() {
            draft.worst_cases = failures.iter().take(WORST_CASES).cloned().collect();
            settled(
                Verdict::Fail,
                format!(
                    "{} of {} must-pass cases did not reach {min} on {metric}",
                    failures.len(),
                    chosen.len()
                ),
            )
        } else if chosen.len() < min_cases.max(1) {
            no_data(sentence::too_few(chosen.len(), min_cases.max(1)))
        } else if table.attempts < repeats {
            no_data(format!(
                "each case was to be asked {repeats} times and was asked {}",
                table.attempts
            ))
        } else if !open.is_empty() {
            draft.worst_cases = open.iter().take(WORST_CASES).cloned().collect();
            no_data(format!(
                "{} of {} must-pass cases have no score of {metric}",
                open.len(),
                chosen.len()
            ))
        } else {
            settled(
                Verdict::Pass,
                format!(
                    "all {} must-pass cases reached {min} on {metric}, every time",
                    chosen.len()
                ),
            )
        };
        draft
    }

    pub(super) fn max_count(&self, metric: &str, max: u64) -> Draft {
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "counts in policies are small"
        )]
        let bar = max as f64;
        let mut draft = self.blank(metric, Bar::AtMost, bar);
        let sample =
            match summary::absolute(&self.view.candidate, metric, Estimand::Suite, &|_| true) {
                Ok(sample) => sample,
                Err(_absent) => return draft,
            };
        draft.counts = sample.counts.clone();
        draft.worst_cases = worst_positive(&sample);
        let column = sample.column;
        let found: f64 = column
            .cells
            .iter()
            .filter_map(|cell| {
                if let Cell::Scored(value) = cell {
                    Some(*value)
                } else {
                    None
                }
            })
            .sum();
        let (n, min_cases) = (draft.counts.scored, self.policy.statistics.min_cases);
        draft.state = if found > bar {
            settled(
                Verdict::Fail,
                format!("{found} found in {n} answers; at most {max} allowed"),
            )
        } else if let Some(why) = &self.view.refusal {
            no_data(why.clone())
        } else if n == 0 {
            no_data(sentence::no_scores(metric, None))
        } else if sample.n_cases_scored < min_cases {
            no_data(sentence::too_few(sample.n_cases_scored, min_cases))
        } else if found * count_to_f64(self.view.whole.planned())
            > bar * count_to_f64(self.view.candidate.planned())
        {
            no_data(format!(
                "{found} found in the first {n} answers; more of them might take it over {max}"
            ))
        } else if draft.counts.n_unscored() + column.up_to.len() > 0 {
            no_data(format!(
                "{found} found in {n} answers, but {} trials were not checked",
                draft.counts.n_unscored() + column.up_to.len()
            ))
        } else {
            settled(
                Verdict::Pass,
                sentence::count_passed(found, n, self.policy.statistics.alpha_pass),
            )
        };
        draft
    }

    /// Trials with any hole in them, over all planned trials.
    pub(super) fn max_error_rate(&self, max: UnitInterval) -> Draft {
        let mut draft = self.blank("errors", Bar::AtMost, max.value());
        let table = self.view.candidate.as_ref();
        let mut holes: BTreeMap<usize, String> = BTreeMap::new();
        let mut not_run = 0;
        for cell in table
            .columns
            .values()
            .flat_map(|column| column.cells.iter().enumerate())
        {
            if let (trial, Cell::Unscored(reason)) = cell
                && !reason.is_planned()
            {
                not_run += usize::from(*reason == Unscored::NotRun && !holes.contains_key(&trial));
                holes.entry(trial).or_insert_with(|| reason.name());
            }
        }
        let planned = table.planned();
        draft.counts.planned = planned;
        draft.counts.scored = planned.saturating_sub(holes.len());
        for reason in holes.values() {
            *draft.counts.unscored.entry(reason.clone()).or_insert(0) += 1;
        }
        let says = sentence::error_rate(holes.len(), planned, max);
        draft.state = if let Some(why) = &self.view.refusal {
            no_data(why.clone())
        } else if planned == 0 || table.columns.is_empty() {
            no_data("the run planned no trial".to_owned())
        } else if count_to_f64(holes.len()) <= max.value() * count_to_f64(planned) {
            settled(Verdict::Pass, says)
        } else if not_run > 0 {
            no_data(format!("{says}; {not_run} were never run"))
        } else {
            settled(Verdict::Fail, says)
        };
        draft
    }
}

fn worst_positive(sample: &Sample<'_>) -> Vec<String> {
    let highest = sample.highest(WORST_CASES).into_iter();
    let positive = highest.filter(|(_, value)| *value > 0.0);
    positive.map(|(id, _)| id.to_owned()).collect()
}

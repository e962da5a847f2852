//! Rules that count, and rules about amounts: binomial, Poisson and normal theory.

use groundgate_model::{
    trial::{CaseInfo, Cell, Column},
    unit::count_to_f64,
};
use groundgate_stats::{
    Unit,
    power::{absolute_gate, poisson_at_most},
    special::{binomial_cdf, normal_cdf, normal_upper_quantile},
};

use super::{
    RulePower, Size, is_in,
    rule::Context,
    spread::{self, Spread},
    whole,
};
use crate::policy::{CaseFilter, Estimand};

impl Context<'_> {
    pub(super) fn must_pass(
        &self,
        metric: &str,
        cases: &CaseFilter,
        min: f64,
        (min_cases, repeats): (usize, u32),
    ) -> RulePower {
        let is_chosen = |case: &CaseInfo| match cases {
            CaseFilter::Critical => case.critical,
            CaseFilter::Slice(slice) => is_in(case, Some(slice)),
        };
        let chosen = self
            .planned
            .cases
            .iter()
            .filter(|case| is_chosen(case))
            .count();
        let runs = count_to_f64(chosen) * f64::from(self.planned.attempts);
        let (Some(pilot), Some(column)) = (self.planned.pilot, self.column(metric)) else {
            return self.needs_pilot();
        };
        let attempts = usize::try_from(pilot.candidate.attempts)
            .unwrap_or(1)
            .max(1);
        let rows = pilot
            .candidate
            .cases
            .iter()
            .zip(column.cells.chunks(attempts));
        let cells = rows
            .filter(|(case, _)| is_chosen(case))
            .flat_map(|(_, cells)| cells);
        let is_bad = |cell: &&Cell| !matches!(cell, Cell::Scored(value) if *value >= min);
        let (n, bad) = (cells.clone().count(), cells.filter(is_bad).count());
        let bad_share = count_to_f64(bad) / count_to_f64(n.max(1));
        let (pass, note) = if chosen < min_cases.max(1) {
            (
                0.0,
                format!("{chosen} such cases, the policy wants {min_cases}: never passes"),
            )
        } else if self.planned.attempts < repeats {
            (
                0.0,
                format!(
                    "asked {} times, the policy wants {repeats}: never passes",
                    self.planned.attempts
                ),
            )
        } else {
            (
                (1.0 - bad_share).powf(runs),
                format!("{bad} of {n} such answers failed in the pilot"),
            )
        };
        RulePower {
            units: whole(runs),
            ..self.says(None, Some(pass), note)
        }
    }

    pub(super) fn max_count(&self, metric: &str, max: u64) -> RulePower {
        let Some(column) = self.column(metric) else {
            return self.needs_pilot();
        };
        let scored: Vec<f64> = scored(column).collect();
        let found: f64 = scored.iter().sum();
        let runs = self.runs();
        let expected = found * runs / count_to_f64(scored.len().max(1));
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        RulePower {
            units: whole(runs),
            ..self.says(
                None,
                Some(poisson_at_most(max, expected)),
                format!("{found} found in {} answers of the pilot", scored.len()),
            )
        }
    }

    pub(super) fn max_error_rate(&self, max: f64) -> RulePower {
        let Some(pilot) = self.planned.pilot else {
            return self.needs_pilot();
        };
        let planned = pilot.candidate.planned();
        let is_hole = |trial: usize| {
            let columns = pilot.candidate.columns.values();
            columns.into_iter().any(|column| {
                matches!(column.cells.get(trial), Some(Cell::Unscored(reason)) if !reason.is_planned())
            })
        };
        let holes = (0..planned).filter(|trial| is_hole(*trial)).count();
        let share = count_to_f64(holes) / count_to_f64(planned.max(1));
        let runs = whole(self.runs());
        let most = whole((max * count_to_f64(runs)).floor());
        RulePower {
            units: runs,
            ..self.says(
                None,
                Some(binomial_cdf(most, runs, share)),
                format!("{holes} of {planned} trials failed in the pilot"),
            )
        }
    }

    pub(super) fn percentile(&self, metric: &str, quantile: f64, max: f64) -> RulePower {
        let Some(column) = self.column(metric) else {
            return self.needs_pilot();
        };
        let all = column
            .cells
            .iter()
            .filter(|cell| !matches!(cell, Cell::NotApplicable));
        let within = scored(column).filter(|value| *value <= max).count();
        let n = all.count();
        let share = count_to_f64(within) / count_to_f64(n.max(1));
        let runs = whole(self.runs());
        let gate = absolute_gate(runs, quantile, self.policy.statistics.alpha_pass);
        match gate {
            Ok(gate) => RulePower {
                units: runs,
                ..self.says(
                    None,
                    Some(gate.power(share)),
                    format!("{within} of {n} within the bar in the pilot"),
                )
            },
            Err(error) => self.says(None, None, error.to_string()),
        }
    }

    /// The mean of an amount, by normal theory.
    pub(super) fn amount(&self, metric: &str, max: f64) -> RulePower {
        let Some(spread) = self.amount_spread(metric) else {
            return self.needs_pilot();
        };
        let estimand = self
            .rule
            .estimand
            .unwrap_or(self.policy.statistics.absolute);
        let attempts = f64::from(self.planned.attempts);
        let size = Size::of(self.planned.cases, None);
        let (units, unit) = size.units(estimand, attempts, spread.applicable);
        let variance = match estimand {
            Estimand::Suite => spread.total,
            Estimand::Population => spread.of_unit(spread.run, attempts),
        };
        RulePower {
            unit,
            source: Some(spread.source),
            ..self.normal(units, max - spread.mean, variance)
        }
    }

    /// The candidate's mean at most `max` times the baseline's, as the gate tests it: the mean of
    /// c − max · b at most 0.
    pub(super) fn ratio(&self, metric: &str, max: f64) -> RulePower {
        let Some(spread) = self.amount_spread(metric) else {
            return self.needs_pilot();
        };
        let attempts = f64::from(self.planned.attempts);
        let units = Size::of(self.planned.cases, None).questions * spread.applicable;
        let between = (spread.total - spread.run).max(0.0);
        let variance =
            (1.0 - max).powi(2) * between + max.mul_add(max, 1.0) * spread.run / attempts;
        RulePower {
            unit: Unit::Question,
            source: Some(spread.source),
            ..self.normal(units, (max - 1.0) * spread.mean, variance)
        }
    }

    fn amount_spread(&self, metric: &str) -> Option<Spread> {
        let column = self.column(metric)?;
        let pilot = self.planned.pilot?;
        spread::of_scores(
            pilot.candidate,
            column,
            &|_| true,
            &self.planned.assumptions,
        )
    }

    fn normal(&self, units: f64, room: f64, variance: f64) -> RulePower {
        let z = normal_upper_quantile(self.policy.statistics.alpha_pass);
        let pass = if variance > 0.0 {
            normal_cdf(room * (units / variance).sqrt() - z)
        } else if room > 0.0 {
            1.0
        } else {
            0.0
        };
        RulePower {
            units: whole(units),
            pass: Some(pass),
            note: Some("by normal theory".to_owned()),
            ..self.blank(None)
        }
    }

    /// Planned answers.
    fn runs(&self) -> f64 {
        count_to_f64(self.planned.cases.len()) * f64::from(self.planned.attempts)
    }
}

fn scored(column: &Column) -> impl Iterator<Item = f64> {
    column.cells.iter().filter_map(|cell| match cell {
        Cell::Scored(value) => Some(*value),
        Cell::NotApplicable | Cell::Unscored(_) => None,
    })
}

//! A canary in production: keep it, hold it, or roll it back, window by window.
//!
//! A window is the traffic of the new version and, of the same hours, that of the old one. The same
//! intervals as at the gate are read the other way around: roll back on certain harm, hold while
//! unsure, keep what is shown to be harmless. Questions of customers differ between the two sides, so
//! nothing is paired here.
//!
//! | the window | decision |
//! |---|---|
//! | a rollback rule certainly broken, `consecutive` times, never shown harmless between | roll back |
//! | fewer than `min-answers`, `thin-windows` windows in a row | roll back |
//! | anything unsure, thin, or without the old version's traffic | hold |
//! | everything shown to be harmless | keep |
//!
//! A decision depends on the windows up to it and on nothing else, so that asking again gives the same
//! answer; after a rollback every later window says roll back too.

use groundgate_model::{
    number::{NumberFormat, Scale, Toward, plural},
    trial::{CaseInfo, Cell, Column, Direction, ScoreTable},
    unit::{UnitInterval, count_to_f64},
};
use groundgate_stats::interval::Passes;

use super::{
    bounds,
    facts::Age,
    policy::{Estimand, Statistics},
    run_scores::RunScores,
    summary::{self, NoSample, Sample},
};

/// When a canary is rolled back.
#[derive(Debug, Clone, PartialEq)]
pub struct Canary {
    /// A window with fewer answers of the new version is thin.
    pub min_answers: usize,
    /// So many thin windows in a row: roll back. At least 1.
    pub thin_windows: usize,
    /// Never empty.
    pub rules: Vec<RollbackRule>,
}

/// One reason to roll back.
#[derive(Debug, Clone, PartialEq)]
pub struct RollbackRule {
    /// Unique in the canary.
    pub id: String,
    /// So many windows in a row. At least 1.
    pub consecutive: usize,
    /// What must not be.
    pub kind: RollbackKind,
}

/// What must not be.
#[derive(Debug, Clone, PartialEq)]
pub enum RollbackKind {
    /// The mean is worse than the old version's by more than `margin`.
    NonInferior {
        /// Of which metric, with a scale that has two ends.
        metric: String,
        /// On the metric's own scale.
        margin: f64,
    },
    /// The sum over all answers is more than `max`.
    MaxCount {
        /// Of which metric.
        metric: String,
        /// The threshold.
        max: u64,
    },
    /// The sum over all answers of a window, per hour, is more than `max`.
    RateMax {
        /// Of which metric; an amount.
        metric: String,
        /// The threshold, in the metric's unit per hour.
        max: f64,
        /// How long a window is.
        window: Age,
    },
    /// The share of answers that never came is more than `max`.
    MaxErrorRate {
        /// The threshold.
        max: UnitInterval,
    },
}

/// What is to be done with the canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It may take more traffic.
    Keep,
    /// It stays as it is.
    Hold,
    /// The old version takes its traffic again.
    RollBack,
}

impl Action {
    /// The word in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Hold => "hold",
            Self::RollBack => "roll-back",
        }
    }
}

/// What one window says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowDecision {
    /// What is to be done after it.
    pub action: Action,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
}

/// What one rule says of one window.
enum Signal {
    Harmless(String),
    Unsure(String),
    Harm(String),
}

/// Decides window by window, oldest first; one decision for each.
pub fn watch(
    canary: &Canary,
    statistics: &Statistics,
    windows: &[RunScores<'_>],
) -> Vec<WindowDecision> {
    let mut streaks = vec![0_usize; canary.rules.len()];
    let (mut thin, mut rolled_back) = (0_usize, false);
    let mut decisions = Vec::with_capacity(windows.len());
    for window in windows {
        let n_answers = answers(window.candidate);
        let mut reasons = Vec::new();
        let mut action = Action::Keep;
        if n_answers < canary.min_answers {
            thin += 1;
            action = Action::Hold;
            let from = plural(n_answers, "answer");
            reasons.push(format!(
                "thin: {from} of the {} wanted, {thin} of at most {} such windows in a row",
                canary.min_answers, canary.thin_windows
            ));
        } else {
            thin = 0;
        }
        for (rule, streak) in canary.rules.iter().zip(&mut streaks) {
            let (seen, reason) = match signal(rule, statistics, *window) {
                Signal::Harmless(reason) => (Action::Keep, reason),
                Signal::Unsure(reason) => (Action::Hold, reason),
                Signal::Harm(reason) => (Action::RollBack, reason),
            };
            // What cannot be told takes nothing back: an outage must not end a row of harm.
            *streak = match seen {
                Action::RollBack => *streak + 1,
                Action::Hold => *streak,
                Action::Keep => 0,
            };
            let seen = match seen {
                Action::RollBack if *streak < rule.consecutive => Action::Hold,
                Action::Keep | Action::Hold | Action::RollBack => seen,
            };
            action = action.max(seen);
            let row = if *streak > 0 {
                format!(" ({streak} of {} such windows)", rule.consecutive)
            } else {
                String::new()
            };
            reasons.push(format!("{}: {reason}{row}", rule.id));
        }
        if thin >= canary.thin_windows {
            action = Action::RollBack;
        }
        if rolled_back {
            action = Action::RollBack;
            reasons.push("an earlier window has said roll back".to_owned());
        }
        rolled_back |= action == Action::RollBack;
        decisions.push(WindowDecision { action, reasons });
    }
    decisions
}

/// Trials that got an answer: those that lack no metric for want of one.
fn answers(table: &ScoreTable) -> usize {
    table.planned().saturating_sub(unanswered(table))
}

fn unanswered(table: &ScoreTable) -> usize {
    let failed = |trial: usize| {
        table.columns.values().any(|column| {
            matches!(column.cells.get(trial), Some(Cell::Unscored(reason)) if reason.is_product_failure())
        })
    };
    if table.columns.is_empty() {
        return table.planned();
    }
    (0..table.planned()).filter(|trial| failed(*trial)).count()
}

fn signal(rule: &RollbackRule, statistics: &Statistics, window: RunScores<'_>) -> Signal {
    match &rule.kind {
        RollbackKind::NonInferior { metric, margin } => {
            not_worse(metric, *margin, statistics, window)
        }
        RollbackKind::MaxCount { metric, max } => count(metric, *max, window.candidate),
        RollbackKind::RateMax {
            metric,
            max,
            window: length,
        } => rate(metric, *max, *length, window.candidate),
        RollbackKind::MaxErrorRate { max } => errors(*max, statistics, window.candidate),
    }
}

fn not_worse(metric: &str, margin: f64, statistics: &Statistics, window: RunScores<'_>) -> Signal {
    let Some(baseline) = window.baseline else {
        return Signal::Unsure("there is no traffic of the old version to compare with".to_owned());
    };
    let keep = |_: &CaseInfo| true;
    let (Ok(ours), Ok(theirs)) = (
        summary::absolute(window.candidate, metric, Estimand::Population, &keep),
        summary::of_baseline(baseline, metric, Estimand::Population),
    ) else {
        return Signal::Unsure(format!("no data: {metric} is not measured"));
    };
    match summary::comparable(ours.column, theirs.column) {
        Ok(()) => {}
        Err(NoSample::ScalesDiffer) => {
            return Signal::Unsure("the two sides have scores of different scales".to_owned());
        }
        Err(_) => {
            return Signal::Unsure("the two sides were measured by different judges".to_owned());
        }
    }
    let is_silent = |sample: &Sample<'_>| {
        let mut all = sample.observations.iter();
        all.all(|one| one.point().is_none())
    };
    // Answers that never came are the new version's worst ones, and no answers of the old one.
    if is_silent(&ours) || is_silent(&theirs) {
        return Signal::Unsure(format!("no data: nothing has a score of {metric}"));
    }
    compared(&ours, &theirs, margin, statistics)
        .unwrap_or_else(|why| Signal::Unsure(format!("no data: {why}")))
}

fn compared(
    ours: &Sample<'_>,
    theirs: &Sample<'_>,
    margin: f64,
    statistics: &Statistics,
) -> Result<Signal, String> {
    let spec = &ours.column.metric;
    let difference = bounds::of_unpaired(ours, theirs, spec.data_type, statistics);
    let difference = difference.map_err(|error| error.to_string())?;
    let threshold = match spec.direction {
        Direction::HigherIsBetter => -margin,
        Direction::LowerIsBetter => margin,
    };
    let held = difference
        .against(threshold)
        .map_err(|error| error.to_string())?;
    let (is_harm, is_harmless) = match spec.direction {
        Direction::HigherIsBetter => (held.is_below(), held.is_above()),
        Direction::LowerIsBetter => (held.is_above(), held.is_below()),
    };
    let estimate = &held.estimate;
    let unit = spec.shown_unit();
    let format = NumberFormat::new(
        Scale::of_unit(&unit),
        true,
        &[estimate.point],
        Some(threshold),
    );
    let shown = format!(
        "{} is {} {} against the old version; {} is allowed",
        spec.name,
        format.with_unit(estimate.point, Toward::Nearest),
        format.interval(estimate.lower, estimate.upper),
        format.bar(threshold)
    );
    Ok(match (is_harm, is_harmless) {
        (true, _) => Signal::Harm(shown),
        (false, true) => Signal::Harmless(shown),
        (false, false) => Signal::Unsure(format!("cannot tell yet: {shown}")),
    })
}

/// The sum over a window's answers, with how many had a score and how many had none.
struct Total {
    sum: f64,
    n_scored: usize,
    n_unscored: usize,
}

fn total(column: &Column) -> Total {
    let mut total = Total {
        sum: 0.0,
        n_scored: 0,
        n_unscored: 0,
    };
    for cell in &column.cells {
        match cell {
            Cell::Scored(value) => {
                total.sum += value;
                total.n_scored += 1;
            }
            Cell::Unscored(_) => total.n_unscored += 1,
            Cell::NotApplicable => {}
        }
    }
    total
}

impl Total {
    /// What is missing can only add to a sum: one that is over the threshold without it is harm for certain.
    fn signal(&self, is_over: bool, shown: String) -> Signal {
        if is_over {
            Signal::Harm(shown)
        } else if self.n_unscored > 0 || self.n_scored == 0 {
            Signal::Unsure(format!("{shown}; {} were not checked", self.n_unscored))
        } else {
            Signal::Harmless(shown)
        }
    }
}

fn count(metric: &str, max: u64, table: &ScoreTable) -> Signal {
    let Some(total) = table.columns.get(metric).map(total) else {
        return Signal::Unsure(format!("no data: {metric} is not measured"));
    };
    let shown = format!(
        "{} of {metric} in {}; {max} are allowed",
        total.sum,
        plural(total.n_scored, "answer")
    );
    let most = usize::try_from(max).unwrap_or(usize::MAX);
    let is_over = total.sum > count_to_f64(most);
    total.signal(is_over, shown)
}

fn rate(metric: &str, max: f64, window: Age, table: &ScoreTable) -> Signal {
    let Some(column) = table.columns.get(metric) else {
        return Signal::Unsure(format!("no data: {metric} is not measured"));
    };
    let total = total(column);
    let per_hour = total.sum / window.hours();
    let unit = column.metric.shown_unit();
    let format = NumberFormat::new(Scale::of_unit(&unit), false, &[per_hour], Some(max));
    let shown = format!(
        "{metric} is {} an hour in {} of {window}; {} is allowed",
        format.with_unit(per_hour, Toward::Up),
        plural(total.n_scored, "answer"),
        format.bar(max)
    );
    total.signal(per_hour > max, shown)
}

fn errors(max: UnitInterval, statistics: &Statistics, table: &ScoreTable) -> Signal {
    if table.columns.is_empty() {
        return Signal::Unsure("no data: nothing was measured".to_owned());
    }
    let failed = unanswered(table);
    let Ok(share) = Passes::new(failed, table.planned()) else {
        return Signal::Unsure("no data: nobody asked anything".to_owned());
    };
    let alpha = statistics.alpha_pass;
    let (lower, upper) = (
        share.clopper_pearson_lower(alpha),
        share.clopper_pearson_upper(alpha),
    );
    let shown = format!(
        "{failed} of {} never answered: from {lower:.4} to {upper:.4}; {} is allowed",
        table.planned(),
        max.value()
    );
    if lower > max.value() {
        Signal::Harm(shown)
    } else if upper <= max.value() {
        Signal::Harmless(shown)
    } else {
        Signal::Unsure(format!("cannot tell yet: {shown}"))
    }
}

#[cfg(test)]
#[path = "canary_tests.rs"]
mod tests;

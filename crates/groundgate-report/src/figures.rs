//! The numbers of the reports as text; `wording` makes sentences around them.
//!
//! Rounding is that of `groundgate_model::number`: a bound is rounded outwards, and nothing is shown as the bar
//! that is not.

use groundgate_gate::{AllowedSide, Counts, Finding};
use groundgate_model::number::{
    NumberFormat, Scale, Toward, format_amount, format_count, format_score, plural,
};
use groundgate_stats::Estimate;

use super::model::RunSummary;

/// The numbers of one rule as they are shown in tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FindingNumbers {
    /// `90.5%`; without an estimate `192 scored` or `not measured`.
    pub(super) estimate: String,
    /// `[88.8, 92.1]`; empty where there is no estimate.
    pub(super) interval: String,
    /// `≥ 93%`.
    pub(super) bar: String,
    /// `1,238 questions`.
    pub(super) basis: String,
    /// `1,238`.
    pub(super) n: String,
}

/// Formats a rule's numbers so that none of them looks better than it is.
pub(super) fn finding_numbers(finding: &Finding) -> FindingNumbers {
    let scale = Scale::of_unit(&finding.unit);
    let values: Vec<f64> = finding
        .estimate
        .iter()
        .flat_map(|estimate| [Some(estimate.point), estimate.lower, estimate.upper])
        .flatten()
        .chain(finding.observed)
        .collect();
    let format = NumberFormat::new(
        scale,
        finding.is_difference,
        &values,
        Some(finding.threshold),
    );
    let side = match finding.side {
        AllowedSide::AtLeast => "≥",
        AllowedSide::AtMost => "≤",
    };
    FindingNumbers {
        estimate: finding.estimate.as_ref().map_or_else(
            || match finding.observed {
                Some(observed) => format.with_unit(observed, Toward::Nearest),
                None => without_estimate(&finding.counts),
            },
            |estimate| format.with_unit(estimate.point, Toward::Nearest),
        ),
        interval: finding
            .estimate
            .as_ref()
            .map_or_else(String::new, |estimate| {
                format.interval(estimate.lower, estimate.upper)
            }),
        bar: format!("{side} {}", format.bar(finding.threshold)),
        basis: finding
            .estimate
            .as_ref()
            .map_or_else(|| without_observations(finding), basis)
            + &beside(&finding.counts),
        n: format_count(
            finding
                .estimate
                .as_ref()
                .map_or(finding.counts.scored, |estimate| estimate.n),
        ) + &beside(&finding.counts),
    }
}

/// `, 60 n/a`: the trials with nothing to measure stand beside those that a number stands on.
pub(super) fn beside(counts: &Counts) -> String {
    match counts.not_applicable {
        0 => String::new(),
        n => format!(", {} n/a", format_count(n)),
    }
}

/// What a number that was read, or a count, stands on.
fn without_observations(finding: &Finding) -> String {
    if finding.counts.planned == 0 && finding.observed.is_some() {
        "evidence".to_owned()
    } else {
        plural(finding.counts.scored, "trial")
    }
}

fn without_estimate(counts: &Counts) -> String {
    if counts.scored == 0 {
        "not measured".to_owned()
    } else {
        format!("{} scored", format_count(counts.scored))
    }
}

/// `1,238 questions`: what an estimate stands on.
pub(super) fn basis(estimate: &Estimate) -> String {
    let noun = estimate.unit.plural();
    let noun = if estimate.n == 1 {
        noun.trim_end_matches('s')
    } else {
        noun
    };
    format!("{} {noun}", format_count(estimate.n))
}

/// `each end at 95.0%`: how sure each bound is.
pub(super) fn confidence(estimate: &Estimate) -> String {
    let lower = format_score(1.0 - estimate.alpha_lower, Toward::Down);
    let upper = format_score(1.0 - estimate.alpha_upper, Toward::Down);
    if lower == upper {
        format!("each end at {lower}")
    } else {
        format!("lower end at {lower}, upper end at {upper}")
    }
}

/// `90.5% [88.8, 92.1]`: an estimate held against nothing.
pub(super) fn estimate_text(estimate: &Estimate, unit: &str, is_difference: bool) -> String {
    let values: Vec<f64> = [Some(estimate.point), estimate.lower, estimate.upper]
        .into_iter()
        .flatten()
        .collect();
    let format = NumberFormat::new(Scale::of_unit(unit), is_difference, &values, None);
    format!(
        "{} {}",
        format.with_unit(estimate.point, Toward::Nearest),
        format.interval(estimate.lower, estimate.upper)
    )
}

/// `1,240 planned = 1,236 scored + 2 not applicable + 2 unscored`.
pub(super) fn counts_sentence(counts: &Counts) -> String {
    format!(
        "{} planned = {} scored + {} not applicable + {} unscored",
        format_count(counts.planned),
        format_count(counts.scored),
        format_count(counts.not_applicable),
        format_count(counts.n_unscored())
    )
}

/// Whether the counts add up; a report says so where they do not.
pub(super) fn counts_add_up(counts: &Counts) -> bool {
    counts.planned == counts.scored + counts.not_applicable + counts.n_unscored()
}

/// `2 × timeout, 1 × cut`, or `none`.
pub(super) fn reasons<'a>(reasons: impl IntoIterator<Item = (&'a String, &'a usize)>) -> String {
    let listed: Vec<String> = reasons
        .into_iter()
        .map(|(reason, count)| format!("{} × {reason}", format_count(*count)))
        .collect();
    if listed.is_empty() {
        "none".to_owned()
    } else {
        listed.join(", ")
    }
}

/// `1,240 cases × 2 attempts, 2,478 answered`.
pub(super) fn run_size(run: &RunSummary) -> String {
    format!(
        "{} × {}, {} answered",
        plural(run.n_cases, "case"),
        plural(
            usize::try_from(run.attempts).unwrap_or(usize::MAX),
            "attempt"
        ),
        format_count(run.n_answered)
    )
}

/// Milliseconds, or the word for nothing.
pub(super) fn latency(latency_ms: Option<f64>) -> String {
    latency_ms.map_or_else(
        || "not measured".to_owned(),
        |latency_ms| format_amount(latency_ms, "ms", Toward::Up),
    )
}

/// Dollars, or the word for nothing.
pub(super) fn cost(cost_usd: Option<f64>) -> String {
    cost_usd.map_or_else(
        || "not known".to_owned(),
        |cost_usd| format_amount(cost_usd, "USD", Toward::Up),
    )
}

/// `+4%` against the baseline's value; nothing where there is none.
pub(super) fn relative_change(candidate: Option<f64>, baseline: Option<f64>) -> Option<String> {
    let (candidate, baseline) = (candidate?, baseline.filter(|value| *value > 0.0)?);
    let relative = candidate / baseline - 1.0;
    let text = format_score(relative, Toward::Nearest);
    Some(if relative > 0.0 {
        format!("+{text}")
    } else {
        text
    })
}

//! The plain sentence of each finding. All wording of the gate is here.

use std::collections::BTreeSet;

use groundgate_model::{
    number::{NumberFormat, Scale, Toward, format_count, format_score, plural},
    trial::Asked,
    unit::{UnitInterval, count_to_f64},
};
use groundgate_stats::Estimate;

use super::verdict::{Bar, Finding, Verdict};

/// A judge stands behind another whose scores the record does not have.
pub(super) fn cheaper_absent(metric: &str) -> String {
    format!("the judge of {metric} stands behind another, whose scores are not in the record")
}

/// Labels and calibrations are for scores of all answers.
pub(super) fn not_corrected(metric: &str) -> String {
    format!(
        "the judge of {metric} stands behind another, and labels or a calibration cannot be joined with its audits; leave one of the two out"
    )
}

/// So few audits show nothing.
pub(super) fn too_few_drawn(metric: &str, n: usize, min: usize) -> String {
    format!(
        "of the answers of which the cheaper judge is sure {n} were audited for {metric}, and at least {min} are needed; ask more questions, or raise `audit`"
    )
}

/// A guess at either end is no value to take a quantile of.
pub(super) fn no_quantile_of_drawn(metric: &str) -> String {
    format!(
        "the judge of {metric} stands behind another and was not asked about every answer: there is no quantile"
    )
}

/// How much a judge behind another was asked.
pub(super) fn asked(metric: &str, asked: Asked) -> String {
    format!(
        "the judge of {metric} stands behind a cheaper one and was asked about {asked}; what that one is sure of counts as the best or the worst value, corrected by the audits"
    )
}

/// The sentence of a tested finding.
pub(super) fn of(finding: &Finding, estimate: &Estimate) -> String {
    let values: Vec<f64> = [Some(estimate.point), estimate.lower, estimate.upper]
        .into_iter()
        .flatten()
        .collect();
    let format = NumberFormat::new(
        Scale::of_unit(&finding.unit),
        finding.is_difference,
        &values,
        Some(finding.threshold),
    );
    let subject = subject(finding);
    let (shown, bar) = (range(&format, estimate), format.bar(finding.threshold));
    let allowed = match finding.bar {
        Bar::AtLeast => format!("at least {bar} is required{}", scale(finding)),
        Bar::AtMost => format!("at most {bar} is allowed{}", scale(finding)),
    };
    match (finding.verdict, finding.bar) {
        (Verdict::Pass, Bar::AtLeast) | (Verdict::Fail, Bar::AtMost) => {
            format!("{subject} is {}; {allowed}", at_least(&format, estimate))
        }
        (Verdict::Pass, Bar::AtMost) | (Verdict::Fail, Bar::AtLeast) => {
            format!("{subject} is {}; {allowed}", at_most(&format, estimate))
        }
        (Verdict::Waived | Verdict::Hold | Verdict::Inconclusive | Verdict::Error, _) => {
            format!(
                "cannot tell yet: {subject} is {shown}; {allowed}{}",
                more(finding, estimate)
            )
        }
    }
}

/// Where the bar comes from, when it is not the policy's own number.
fn scale(finding: &Finding) -> String {
    let Some(scaled) = finding.scaled else {
        return String::new();
    };
    let share = NumberFormat::plain(Scale::Share, &[]);
    format!(
        " (the margin of {} points that people mean, as this judge sees it: J is surely at least {})",
        share.bar(scaled.margin).trim_end_matches('%'),
        NumberFormat::plain(Scale::Amount(""), &[scaled.judge_j_lower])
            .bare(scaled.judge_j_lower, Toward::Down),
    )
}

fn subject(finding: &Finding) -> String {
    let place = finding
        .slice
        .as_ref()
        .map(|slice| format!(" in {slice}"))
        .unwrap_or_default();
    let versus = if finding.is_difference {
        ", candidate minus baseline,"
    } else {
        ""
    };
    format!("{}{place}{versus}", finding.metric)
}

fn at_least(format: &NumberFormat<'_>, estimate: &Estimate) -> String {
    let point = format.with_unit(estimate.point, Toward::Nearest);
    match estimate.lower {
        Some(lower) => format!(
            "{point}, surely at least {}",
            format.with_unit(lower, Toward::Down)
        ),
        None => point,
    }
}

fn at_most(format: &NumberFormat<'_>, estimate: &Estimate) -> String {
    let point = format.with_unit(estimate.point, Toward::Nearest);
    match estimate.upper {
        Some(upper) => format!(
            "{point}, surely at most {}",
            format.with_unit(upper, Toward::Up)
        ),
        None => point,
    }
}

fn range(format: &NumberFormat<'_>, estimate: &Estimate) -> String {
    format!(
        "{} {}",
        format.with_unit(estimate.point, Toward::Nearest),
        format.interval(estimate.lower, estimate.upper)
    )
}

/// How many more observations would settle it, if the point estimate is right: the width of an
/// interval shrinks with the root of their number.
fn more(finding: &Finding, estimate: &Estimate) -> String {
    let distance = match finding.bar {
        Bar::AtLeast => estimate.point - finding.threshold,
        Bar::AtMost => finding.threshold - estimate.point,
    };
    let arm = match finding.bar {
        Bar::AtLeast => estimate.lower.map(|lower| estimate.point - lower),
        Bar::AtMost => estimate.upper.map(|upper| upper - estimate.point),
    };
    let Some(arm) = arm.filter(|arm| distance > 0.0 && *arm > distance) else {
        return String::new();
    };
    let factor = (arm / distance).powi(2);
    let needed = count_to_f64(estimate.n) * (factor - 1.0);
    if needed > 20_000.0 {
        return String::new();
    }
    let rounded = format!("{:.0}", (needed / 10.0).ceil() * 10.0)
        .parse()
        .unwrap_or(0);
    format!(
        "; about {} more {} would settle it",
        format_count(rounded),
        estimate.unit.plural()
    )
}

pub(super) fn not_measured(metric: &str) -> String {
    format!("no data: the run does not measure {metric}")
}

pub(super) fn impossible(metric: &str, value: f64) -> String {
    format!("a record holds {value} as a score of {metric}, which cannot be")
}

pub(super) fn no_scores(metric: &str, slice: Option<&str>) -> String {
    let place = slice
        .map(|slice| format!(" in {slice}"))
        .unwrap_or_default();
    format!("no data: no trial has a score of {metric}{place}")
}

pub(super) fn too_few(n: usize, min: usize) -> String {
    format!(
        "too few to tell: {} scored, the policy wants {}",
        plural(n, "case"),
        format_count(min)
    )
}

pub(super) fn thin(n: usize, min: usize) -> String {
    format!(
        "thin slice: {} scored, the policy wants {}",
        plural(n, "case"),
        format_count(min)
    )
}

pub(super) fn too_many_missing(n: usize, planned: usize, max: UnitInterval) -> String {
    format!(
        "run invalid for this rule: {} of {} trials have no measurement, more than {} allowed",
        format_count(n),
        format_count(planned),
        format_score(max.value(), Toward::Nearest)
    )
}

pub(super) fn error_rate(n: usize, planned: usize, max: UnitInterval) -> String {
    format!(
        "{} of {} trials have no answer or a missing score; at most {} allowed",
        format_count(n),
        format_count(planned),
        format_score(max.value(), Toward::Nearest)
    )
}

/// Nothing found is not never: with n trials and none found, the rate is below 1 − α^(1/n) at
/// confidence 1 − α (the rule of three).
pub(super) fn count_passed(found: f64, n: usize, alpha: f64) -> String {
    let answers = plural(n, "answer");
    if found > 0.0 {
        return format!("{found} found in {answers}, as allowed");
    }
    let rate = 1.0 - (alpha.ln() / count_to_f64(n)).exp();
    format!(
        "none found in {answers}: surely fewer than {} of answers",
        format_score(rate, Toward::Up)
    )
}

pub(super) fn no_baseline() -> String {
    "there is no baseline to compare with".to_owned()
}

pub(super) fn instruments_differ(metric: &str) -> String {
    format!(
        "candidate and baseline were measured by different judges of `{metric}`; judge the baseline again"
    )
}

pub(super) fn amounts_missing(metric: &str, n: usize) -> String {
    format!("{n} trials have no {metric}, and an amount has no worst value to count them at")
}

pub(super) fn slice_absent(slice: &str) -> String {
    format!("the policy requires the slice {slice}, and the run has no case of it")
}

pub(super) fn no_such_tag(tags: &[String]) -> String {
    format!("no case has a tag of {}", tags.join(", "))
}

/// A rule about cases that have to pass each time.
pub(super) struct MustPass<'a> {
    pub(super) metric: &'a str,
    pub(super) min: f64,
    /// The chosen cases.
    pub(super) n: usize,
}

impl MustPass<'_> {
    pub(super) fn failed(&self, failed: usize) -> String {
        let Self { metric, min, n } = self;
        format!("{failed} of {n} must-pass cases did not reach {min} on {metric}")
    }

    pub(super) fn open(&self, open: usize) -> String {
        let Self { metric, n, .. } = self;
        format!("{open} of {n} must-pass cases have no score of {metric}")
    }

    pub(super) fn passed(&self) -> String {
        let Self { metric, min, n } = self;
        format!("all {n} must-pass cases reached {min} on {metric}, every time")
    }
}

pub(super) fn asked_too_seldom(wanted: u32, asked: u32) -> String {
    format!("each case was to be asked {wanted} times and was asked {asked}")
}

pub(super) fn count_failed(found: f64, n: usize, most: f64) -> String {
    format!("{found} found in {n} answers; at most {most} allowed")
}

pub(super) fn count_on_the_way(found: f64, n: usize, most: f64) -> String {
    format!("{found} found in the first {n} answers; more of them might take it over {most}")
}

pub(super) fn count_unchecked(found: f64, n: usize, unchecked: usize) -> String {
    format!("{found} found in {n} answers, but {unchecked} trials were not checked")
}

pub(super) fn nothing_planned() -> String {
    "the run planned no trial".to_owned()
}

pub(super) fn never_run(says: &str, n: usize) -> String {
    format!("{says}; {n} were never run")
}

/// The scale of the embedded judge is its own.
pub(super) fn embedded(metrics: BTreeSet<&str>) -> String {
    let metrics: Vec<&str> = metrics.into_iter().collect();
    format!(
        "{} measured by the embedded judge (lexical evidence, not an LLM, not calibrated on your labels): these verdicts are on that judge's own scale",
        metrics.join(", ")
    )
}

pub(super) fn eval_sets_differ() -> String {
    "candidate and baseline answered different eval sets; cases that only one of them has count as missing"
        .to_owned()
}

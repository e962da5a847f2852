//! All sentences of the reports, in one place, so that they can be reviewed together.
//!
//! Word, sign and style class of a verdict come from [`mark`] alone: color, sign and sentence cannot
//! disagree. Nothing here is escaped; each format does that for itself.

use std::cmp::Reverse;

use groundgate_gate::{Finding, Verdict};
use groundgate_model::{
    number::{NumberFormat, Scale, Toward, format_count, plural},
    trial::Label,
};

use super::{
    figures::{basis, estimate_text},
    model::{Bucket, CaseReport, MetricRow, Report},
};

/// Rules by verdict, the worst first, then in the policy's order.
pub(super) fn worst_first(findings: &[Finding]) -> Vec<&Finding> {
    let mut ordered: Vec<&Finding> = findings.iter().collect();
    ordered.sort_by_key(|finding| Reverse(finding.verdict));
    ordered
}

/// The rules that did not pass, the worst first.
pub(super) fn open(findings: &[Finding]) -> Vec<&Finding> {
    let mut open = worst_first(findings);
    open.retain(|finding| finding.verdict != Verdict::Pass);
    open
}

/// How a verdict looks, everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Of a whole gate: `GO`, `NO-GO`.
    pub gate_word: &'static str,
    /// Of one rule: `pass`, `fail`.
    pub word: &'static str,
    /// The sign beside the word.
    pub glyph: &'static str,
    /// The sign where only ASCII can be shown.
    pub ascii: &'static str,
    /// The style class in HTML and SVG.
    pub class: &'static str,
    /// The color on a terminal, as an ANSI code.
    pub ansi: &'static str,
}

/// The one place that turns a verdict into something to look at.
pub const fn mark(verdict: Verdict) -> Mark {
    let (gate_word, ascii, ansi) = match verdict {
        Verdict::Pass => ("GO", "+", "34"),
        Verdict::Waived => ("GO, WAIVED", "~", "36"),
        Verdict::Hold => ("HOLD", "=", "33"),
        Verdict::Inconclusive => ("CANNOT TELL YET", "?", "90"),
        Verdict::Fail => ("NO-GO", "x", "31"),
        Verdict::Error => ("ERROR", "!", "35"),
    };
    Mark {
        gate_word,
        word: verdict.name(),
        glyph: verdict.glyph(),
        ascii,
        class: verdict.name(),
        ansi,
    }
}

/// `support-copilot v42`.
pub(super) fn subject(report: &Report) -> String {
    format!("{} {}", report.title, report.candidate.variant)
        .trim()
        .to_owned()
}

/// `support-copilot v42 → prod`.
pub(super) fn subject_and_environment(report: &Report) -> String {
    if report.environment.is_empty() {
        subject(report)
    } else {
        format!("{} → {}", subject(report), report.environment)
    }
}

/// `2026-04-09 14:02:11 UTC`; anything that is not such a time stays as it is.
pub(super) fn time(rfc3339: &str) -> String {
    match rfc3339
        .strip_suffix('Z')
        .and_then(|time| time.split_once('T'))
    {
        Some((date, time)) => format!("{date} {time} UTC"),
        None => rfc3339.to_owned(),
    }
}

/// What the rule says that decided, for people who read one sentence more.
pub(super) fn because(findings: &[Finding]) -> Option<&str> {
    open(findings)
        .first()
        .map(|finding| finding.sentence.as_str())
}

/// The answer in one sentence, for people who read no further.
pub fn headline(report: &Report) -> String {
    let subject = subject(report);
    let place = if report.environment.is_empty() {
        String::new()
    } else {
        format!(" to {}", report.environment)
    };
    match report.decision.verdict {
        Verdict::Pass => format!("{subject} may be released{place}."),
        Verdict::Waived => format!(
            "{subject} may be released{place}: some rules pass a waiver's bar only, not their own."
        ),
        Verdict::Hold => format!(
            "{subject} must wait: every measured rule passed, but something is open before it may \
             be released{place}."
        ),
        Verdict::Inconclusive => {
            format!("We cannot tell yet whether {subject} may be released{place}.")
        }
        Verdict::Fail => format!("{subject} must not be released{place}."),
        Verdict::Error => {
            format!("The gate could not be evaluated, so {subject} must not be released{place}.")
        }
    }
}

/// `3 of 13 rules failed, 1 cannot tell yet`; worst first.
pub fn tally(findings: &[Finding]) -> String {
    let count = |verdict| {
        findings
            .iter()
            .filter(|finding| finding.verdict == verdict)
            .count()
    };
    let of_all = |n: usize| format!("{} of {}", format_count(n), plural(findings.len(), "rule"));
    if count(Verdict::Pass) == findings.len() {
        return format!("{} passed", of_all(findings.len()));
    }
    [
        (
            Verdict::Error,
            "could not be evaluated",
            "could not be evaluated",
        ),
        (Verdict::Fail, "failed", "failed"),
        (Verdict::Inconclusive, "cannot tell yet", "cannot tell yet"),
        (Verdict::Hold, "is on hold", "are on hold"),
        (Verdict::Waived, "is waived", "are waived"),
    ]
    .into_iter()
    .map(|(verdict, one, many)| (count(verdict), one, many))
    .filter(|&(n, ..)| n > 0)
    .enumerate()
    .map(|(place, (n, one, many))| {
        let what = if n == 1 { one } else { many };
        if place == 0 {
            format!("{} {what}", of_all(n))
        } else {
            format!("{} {what}", format_count(n))
        }
    })
    .collect::<Vec<_>>()
    .join(", ")
}

/// Which way a metric moved against the baseline, as far as the interval can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Movement {
    /// Surely worse.
    Worse,
    /// Surely better.
    Better,
    /// The interval holds zero.
    Unclear,
}

impl Movement {
    /// The style class.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Unclear => "unclear",
        }
    }

    /// The sign beside the sentence.
    pub(super) const fn glyph(self) -> &'static str {
        match self {
            Self::Better => "▲",
            Self::Worse => "▼",
            Self::Unclear => "◦",
        }
    }
}

/// What became of one metric against the baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Which way.
    pub(super) movement: Movement,
    /// `groundedness: worse, 94.6% → 90.5%`.
    pub(super) sentence: String,
    /// `−4.1 points [−6.0, −2.2]`.
    pub(super) by: String,
}

/// Compares one metric with the baseline's; nothing without a baseline.
pub(super) fn change(row: &MetricRow) -> Option<Change> {
    let (candidate, baseline, difference) = (
        row.candidate.as_ref()?,
        row.baseline.as_ref()?,
        row.difference.as_ref()?,
    );
    let scale = Scale::of_unit(&row.unit);
    let level = NumberFormat::plain(scale, &[candidate.point, baseline.point]);
    let from = level.with_unit(baseline.point, Toward::Nearest);
    let to = level.with_unit(candidate.point, Toward::Nearest);
    let is_up = difference.lower.is_some_and(|lower| lower > 0.0);
    let is_down = difference.upper.is_some_and(|upper| upper < 0.0);
    let movement = match (is_up, is_down, row.higher_is_better) {
        (true, _, true) | (_, true, false) => Movement::Better,
        (true, _, false) | (_, true, true) => Movement::Worse,
        (false, false, _) => Movement::Unclear,
    };
    let word = match movement {
        Movement::Better => "better",
        Movement::Worse => "worse",
        Movement::Unclear => "no clear change",
    };
    Some(Change {
        movement,
        sentence: format!("{}: {word}, {from} → {to}", row.metric),
        by: estimate_text(difference, &row.unit, true),
    })
}

/// What moved against the baseline: the worse first, then the better; scores before amounts, which are
/// no question of quality, and among scores those that moved most.
pub(super) fn changes(rows: &[MetricRow]) -> Vec<Change> {
    let size = |row: &MetricRow| match &row.difference {
        Some(difference) if row.unit.is_empty() => difference.point.abs(),
        _ => 0.0,
    };
    let mut changes: Vec<(&MetricRow, Change)> = rows
        .iter()
        .filter_map(|row| Some((row, change(row)?)))
        .collect();
    changes.sort_by(|(one, first), (other, second)| {
        let kind = |row: &MetricRow| !row.unit.is_empty();
        (first.movement, kind(one))
            .cmp(&(second.movement, kind(other)))
            .then(size(other).total_cmp(&size(one)))
    });
    changes.into_iter().map(|(_, change)| change).collect()
}

/// `12 regressed, 4 still failing, …` in the order of the buckets.
pub(super) fn buckets(counts: &[(Bucket, usize)]) -> String {
    counts
        .iter()
        .map(|(bucket, count)| format!("{} {}", format_count(*count), bucket.name()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A claim's label: style class, sign, and the word for people.
pub(super) const fn label(label: Label) -> (&'static str, &'static str, &'static str) {
    match label {
        Label::Supported => ("supported", "✔", "supported"),
        Label::Contradicted => ("contradicted", "✖", "contradicted"),
        Label::NotFound => ("not-found", "◐", "not found"),
        Label::NotAClaim => ("not-a-claim", "·", "not a claim"),
    }
}

/// What stands under "Why" where nobody named a cause.
pub(super) const fn without_cause(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Every rule passed; there is nothing to explain.",
        Verdict::Waived
        | Verdict::Hold
        | Verdict::Inconclusive
        | Verdict::Fail
        | Verdict::Error => "No single cause stands out.",
    }
}

/// The style class of a bucket.
pub const fn bucket_class(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Regressed => "regressed",
        Bucket::StillFailing => "still-failing",
        Bucket::Fixed => "fixed",
        Bucket::Unchanged => "unchanged",
    }
}

/// `refund-0193: lost 100.0% (product=refunds)`.
pub(super) fn worst_case(case: &CaseReport) -> String {
    let tags = case.tags.join(", ");
    let scores: Vec<String> = case
        .scores
        .iter()
        .filter(|score| score.candidate != score.baseline)
        .map(|score| format!("{} {} → {}", score.metric, score.baseline, score.candidate))
        .collect();
    let scores = if scores.is_empty() {
        case.bucket.name().to_owned()
    } else {
        scores.join(", ")
    };
    format!("{}: {scores} ({tags})", case.id)
}

/// The rule that stands on the fewest observations: `Thinnest evidence: language=pt, 31 questions.`
pub(super) fn thinnest(findings: &[Finding]) -> Option<String> {
    let (finding, estimate) = findings
        .iter()
        .filter_map(|finding| Some((finding, finding.estimate.as_ref()?)))
        .min_by_key(|(_, estimate)| estimate.n)?;
    let about = finding.slice.as_deref().unwrap_or(&finding.id);
    Some(format!("Thinnest evidence: {about}, {}.", basis(estimate)))
}

/// What texts of customers and documents the file holds.
pub(super) fn embedded(report: &Report) -> String {
    if report.cases.is_empty() {
        return "This file holds no questions, answers or passages.".to_owned();
    }
    format!(
        "This file holds the questions, answers and passages of {}: share it as you would share them.",
        plural(report.cases.len(), "case")
    )
}

/// What a quoted span is for a claim with this label.
pub(super) const fn evidence_word(label: Label) -> &'static str {
    match label {
        Label::Supported | Label::Contradicted => "evidence",
        Label::NotFound | Label::NotAClaim => "nearest text",
    }
}

/// The evidence table's lead: what the intervals mean.
pub(super) const INTERVAL_NOTE: &str = "Square brackets hold what the true value may be; a rule passes or \
     fails only when the whole interval lies on one side of its bar.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_tally_names_the_worst_first() {
        let report = fixture::report();
        assert_eq!(
            tally(&report.decision.findings),
            "3 of 10 rules failed, 1 cannot tell yet, 1 is on hold"
        );
        let passed: Vec<Finding> = report
            .decision
            .findings
            .into_iter()
            .filter(|finding| finding.verdict == Verdict::Pass)
            .collect();
        assert_eq!(tally(&passed), "5 of 5 rules passed");
    }

    #[test]
    fn word_sign_and_class_of_verdicts_are_all_different() {
        let all = [
            Verdict::Pass,
            Verdict::Waived,
            Verdict::Hold,
            Verdict::Inconclusive,
            Verdict::Fail,
            Verdict::Error,
        ]
        .map(mark);
        for (index, one) in all.iter().enumerate() {
            assert_eq!(one.word, one.class);
            for other in all.iter().skip(index + 1) {
                assert_ne!(one.gate_word, other.gate_word);
                assert_ne!(one.glyph, other.glyph);
                assert_ne!(one.ascii, other.ascii);
                assert_ne!(one.class, other.class);
            }
        }
    }

    #[test]
    fn a_change_is_better_or_worse_only_when_the_interval_says_so() {
        let report = fixture::report();
        let movements: Vec<(&str, Movement)> = report
            .metrics
            .iter()
            .filter_map(|row| change(row).map(|change| (row.metric.as_str(), change.movement)))
            .collect();
        assert_eq!(
            movements,
            [
                ("groundedness", Movement::Worse),
                ("faithfulness", Movement::Unclear),
                ("context_recall", Movement::Worse),
                ("latency_ms", Movement::Better),
                ("cost_usd", Movement::Worse),
            ]
        );
    }
}

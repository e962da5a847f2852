//! The four panels of page one: judges, cost, latency, safety. One for each person who must agree.

use groundgate_gate::{AllowedSide, Finding};
use groundgate_model::{
    number::{Toward, format_amount, format_count, plural},
    unit::count_to_f64,
};
use serde::Serialize;

use super::{
    figures,
    model::{Named, Report, RunSummary},
    visible::visible_line,
    wording::mark,
};

/// A few lines on one matter, with one figure that stands out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Panel {
    pub(super) title: &'static str,
    /// The figure: `$0.0213`.
    pub(super) figure: String,
    /// What the figure is: `per answer, +4% to the baseline`.
    pub(super) caption: String,
    /// More on it, and the rules that guard it.
    pub(super) lines: Vec<PanelLine>,
}

/// One line of a panel; a rule's line carries its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct PanelLine {
    /// Empty where the line is not about a rule.
    class: &'static str,
    glyph: &'static str,
    text: String,
}

/// Lines that a panel can hold on page one.
const N_LINES: usize = 4;

/// All four, in the order of the page.
pub(super) fn panels(report: &Report) -> Vec<Panel> {
    vec![judge(report), cost(report), latency(report), safety(report)]
        .into_iter()
        .map(Panel::visible)
        .collect()
}

fn judge(report: &Report) -> Panel {
    let mut facts = report.judge_facts.iter();
    let (figure, caption) = match facts.next() {
        Some(Named { name, value }) => {
            let (figure, rest) = value.split_once(' ').unwrap_or((value, ""));
            (
                figure.to_owned(),
                format!("{name} {rest}").trim().to_owned(),
            )
        }
        None => (
            report.candidate.judges.len().to_string(),
            "judges; nothing in this report says how well they agree with people".to_owned(),
        ),
    };
    let facts = facts.map(|fact| plain(format!("{}: {}", fact.name, fact.value)));
    let names = report
        .candidate
        .judges
        .iter()
        .map(|judge| plain(judge.clone()));
    Panel {
        title: "Judges",
        figure,
        caption,
        lines: judge_rules(report)
            .chain(facts)
            .chain(names)
            .take(N_LINES)
            .collect(),
    }
}

fn cost(report: &Report) -> Panel {
    let per_answer = cost_per_answer(&report.candidate);
    let before = report.baseline.as_ref().and_then(cost_per_answer);
    let change = figures::relative_change(per_answer, before)
        .map_or_else(String::new, |change| format!(", {change} to the baseline"));
    let mut lines = Vec::new();
    if let Some(per_answer) = per_answer {
        let per_thousand = format_amount(per_answer * 1000.0, "USD", Toward::Up);
        lines.push(plain(format!("{per_thousand} per 1,000 answers")));
    }
    lines.push(plain(format!(
        "this run: copilot {}, judges {}",
        figures::cost(report.candidate.copilot_cost_usd),
        figures::cost(report.candidate.judge_cost_usd)
    )));
    lines.extend(guards(report, |finding| {
        finding.metric == "cost_usd" || finding.unit == "USD"
    }));
    lines.truncate(N_LINES);
    Panel {
        title: "Cost",
        figure: figures::cost(per_answer),
        caption: format!("per answer{change}"),
        lines,
    }
}

fn latency(report: &Report) -> Panel {
    let before = report.baseline.as_ref().and_then(|run| run.latency_p95_ms);
    let change = figures::relative_change(report.candidate.latency_p95_ms, before)
        .map_or_else(String::new, |change| format!(", {change} to the baseline"));
    let mut lines = vec![plain(format!(
        "half of the answers within {}",
        figures::latency(report.candidate.latency_p50_ms)
    ))];
    if before.is_some() {
        lines.push(plain(format!(
            "baseline: 95% within {}",
            figures::latency(before)
        )));
    }
    lines.extend(guards(report, |finding| finding.unit == "ms"));
    lines.truncate(N_LINES);
    Panel {
        title: "Latency",
        figure: figures::latency(report.candidate.latency_p95_ms),
        caption: format!("95% of the answers within{change}"),
        lines,
    }
}

fn safety(report: &Report) -> Panel {
    let planned = report
        .candidate
        .n_cases
        .saturating_mul(usize::try_from(report.candidate.attempts).unwrap_or(usize::MAX));
    let silent = planned.saturating_sub(report.candidate.n_answered);
    let mut lines: Vec<PanelLine> = guards(report, |finding| {
        matches!(finding.kind, "must-pass" | "max-count" | "max-error-rate")
    })
    .collect();
    lines.extend(
        report
            .metrics
            .iter()
            .filter(|row| !figures::counts_add_up(&row.counts))
            .map(|row| plain(format!("{}: the counts do not add up", row.metric))),
    );
    let leaks = report.metrics.iter().find(|row| row.metric == "pii_leak");
    if let Some(upper) = leaks.and_then(|row| row.candidate.as_ref()?.upper) {
        lines.push(plain(format!(
            "personal data: at most {} an answer",
            format_amount(upper, "findings", Toward::Up)
        )));
    }
    lines.truncate(N_LINES);
    Panel {
        title: "Safety and integrity",
        figure: format_count(silent),
        caption: format!("of {} without an answer", plural(planned, "trial")),
        lines,
    }
}

/// The rules about one matter, one line each.
fn guards(report: &Report, is_about: impl Fn(&Finding) -> bool) -> impl Iterator<Item = PanelLine> {
    report
        .decision
        .findings
        .iter()
        .filter(move |finding| is_about(finding))
        .map(|finding| {
            let numbers = figures::finding_numbers(finding);
            let mark = mark(finding.verdict);
            PanelLine {
                class: mark.class,
                glyph: mark.glyph,
                text: format!("{}: {} {}", finding.id, numbers.estimate, numbers.bar),
            }
        })
}

/// Rules about the judges; their numbers are no shares of anything, so they are shown as they are.
fn judge_rules(report: &Report) -> impl Iterator<Item = PanelLine> {
    let findings = report.decision.findings.iter();
    let rules = findings.filter(|finding| finding.kind == "judge-health");
    rules.map(|finding| {
        let mark = mark(finding.verdict);
        let measured = match finding.observed {
            Some(observed) => format!("{observed:.3}"),
            None => "not shown".to_owned(),
        };
        let side = match finding.side {
            AllowedSide::AtLeast => "≥",
            AllowedSide::AtMost => "≤",
        };
        PanelLine {
            class: mark.class,
            glyph: mark.glyph,
            text: format!(
                "{}: {measured}, {side} {} wanted",
                finding.id, finding.threshold
            ),
        }
    })
}

fn cost_per_answer(run: &RunSummary) -> Option<f64> {
    let cost = run.copilot_cost_usd?;
    (run.n_answered > 0).then(|| cost / count_to_f64(run.n_answered))
}

const fn plain(text: String) -> PanelLine {
    PanelLine {
        class: "",
        glyph: "",
        text,
    }
}

impl Panel {
    fn visible(self) -> Self {
        Self {
            title: self.title,
            figure: visible_line(&self.figure),
            caption: visible_line(&self.caption),
            lines: self
                .lines
                .into_iter()
                .map(|line| PanelLine {
                    text: visible_line(&line.text),
                    ..line
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use groundgate_gate::Verdict;

    use super::*;
    use crate::fixture;

    #[test]
    fn the_figures_are_those_of_the_run() {
        let figures: Vec<(String, String)> = panels(&fixture::report())
            .into_iter()
            .map(|panel| (panel.figure, panel.caption))
            .collect();
        let shown: Vec<(&str, &str)> = figures
            .iter()
            .map(|(figure, caption)| (figure.as_str(), caption.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (
                    "0.78",
                    "agrees with people [0.71, 0.84], 150 labeled answers"
                ),
                ("$0.0214", "per answer, +3.9% to the baseline"),
                (
                    "3,120 ms",
                    "95% of the answers within, −6.7% to the baseline"
                ),
                ("2", "of 1,240 trials without an answer"),
            ]
        );
    }

    #[test]
    fn rules_about_the_judges_come_first_in_their_panel() {
        let mut report = fixture::report();
        let mut rule = report.decision.findings[0].clone();
        (rule.id, rule.kind) = ("judge-agrees".to_owned(), "judge-health");
        (rule.observed, rule.threshold) = (Some(0.7182), 0.6);
        (rule.verdict, rule.estimate) = (Verdict::Inconclusive, None);
        report.decision.findings.push(rule);
        let panels = panels(&report);
        let line = &panels[0].lines[0];
        assert_eq!(line.text, "judge-agrees: 0.718, ≥ 0.6 wanted");
        assert_eq!(line.class, "inconclusive");
    }

    #[test]
    fn what_was_not_measured_is_said() {
        let mut report = fixture::smallest();
        report.candidate.copilot_cost_usd = None;
        report.candidate.latency_p95_ms = None;
        let panels = panels(&report);
        assert_eq!(panels[1].figure, "not known");
        assert_eq!(panels[2].figure, "not measured");
    }
}

//! The report for step summaries and pull-request comments, always under 60 kB.
//!
//! Text of others stands in code spans only, whose fences are longer than any inside: no mention
//! notifies, no link leads away, no image loads. Questions and answers are left out on purpose: such
//! comments are read widely.

use std::fmt::Write as _;

use groundgate_gate::Finding;

use super::{
    figures,
    model::Report,
    visible::visible_line,
    wording::{self, mark},
};

/// Rules in the table.
const N_RULES: usize = 40;
/// Findings told in words.
const N_SENTENCES: usize = 10;
/// Causes, notes and worst cases each.
const N_LINES: usize = 3;
/// Characters of a short text: an id, a number.
const SHORT: usize = 60;
/// Characters of a sentence.
const LONG: usize = 300;

/// Renders the report as GitHub-flavored Markdown; ends with a line break.
pub fn render_markdown(report: &Report) -> String {
    let verdict = mark(report.decision.verdict);
    let mut page = format!(
        "## {} {}\n\n{}\n\n{}.\n\n",
        verdict.glyph,
        verdict.gate_word,
        code(&wording::headline(report), LONG),
        wording::tally(&report.decision.findings)
    );
    page.push_str(&table(&report.decision.findings));
    page.push_str(&sentences(&report.decision.findings));
    let causes = report.causes.iter().map(|cause| {
        let example = cause
            .example_case
            .as_ref()
            .map_or_else(String::new, |case| {
                format!(", for example {}", code(case, SHORT))
            });
        format!("{}{example}", code(&cause.sentence, LONG))
    });
    page.push_str(&list("Why", causes));
    let worst = report
        .cases
        .iter()
        .filter(|case| case.loss > 0.0)
        .map(|case| code(&wording::worst_case(case), LONG));
    page.push_str(&list("Worst cases", worst));
    if !report.bucket_counts.is_empty() {
        let _infallible = write!(
            page,
            "Cases: {}.\n\n",
            wording::buckets(&report.bucket_counts)
        );
    }
    page.push_str(&list(
        "Keep in mind",
        report.decision.notes.iter().map(|note| code(note, LONG)),
    ));
    let _infallible = write!(
        page,
        "Cost of this run: copilot {}, judges {}.\n\nRun {}, policy {}.\n\nNext: {}\n",
        figures::cost(report.candidate.copilot_cost_usd),
        figures::cost(report.candidate.judge_cost_usd),
        code(&report.candidate.run_id, SHORT),
        code(&report.policy_digest.short(), SHORT),
        code(&report.next, LONG)
    );
    page
}

/// The worst come first, as many as there is room for.
fn table(findings: &[Finding]) -> String {
    let mut table = "| | rule | estimate | bar | from |\n|---|---|--:|--:|--:|\n".to_owned();
    for finding in wording::worst_first(findings).into_iter().take(N_RULES) {
        let numbers = figures::finding_numbers(finding);
        let mark = mark(finding.verdict);
        let estimate = format!("{} {}", numbers.estimate, numbers.interval);
        let _infallible = writeln!(
            table,
            "| {} {} | {} | {} | {} | {} |",
            mark.glyph,
            mark.word,
            code(&finding.id, SHORT),
            code(estimate.trim(), SHORT),
            code(&numbers.bar, SHORT),
            numbers.basis
        );
    }
    table.push('\n');
    if findings.len() > N_RULES {
        let _infallible = write!(table, "{} more rules.\n\n", findings.len() - N_RULES);
    }
    table
}

fn sentences(findings: &[Finding]) -> String {
    let open = wording::open(findings);
    let mut lines: String =
        open.iter()
            .take(N_SENTENCES)
            .fold(String::new(), |mut lines, finding| {
                let _infallible = writeln!(
                    lines,
                    "- {} {}",
                    mark(finding.verdict).glyph,
                    code(&finding.sentence, LONG)
                );
                lines
            });
    if open.len() > N_SENTENCES {
        let _infallible = writeln!(lines, "- {} more", open.len() - N_SENTENCES);
    }
    if !lines.is_empty() {
        lines.push('\n');
    }
    lines
}

/// A heading with a few items; nothing without items.
fn list(heading: &str, items: impl Iterator<Item = String>) -> String {
    let lines: String = items.take(N_LINES).fold(String::new(), |mut lines, item| {
        let _infallible = writeln!(lines, "- {item}");
        lines
    });
    if lines.is_empty() {
        lines
    } else {
        format!("**{heading}**\n\n{lines}\n")
    }
}

/// A code span that nothing in `text` can end; also inside a table, where a pipe would end the cell.
fn code(text: &str, n_most: usize) -> String {
    let visible = visible_line(text).replace('|', "\\u{7c}");
    let mut shown: String = visible.chars().take(n_most).collect();
    if shown.len() < visible.len() {
        shown.push('…');
    }
    let longest = shown
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    match shown.trim() {
        "" => "–".to_owned(),
        _ if shown.starts_with('`') || shown.ends_with('`') => format!("{fence} {shown} {fence}"),
        _ => format!("{fence}{shown}{fence}"),
    }
}

#[cfg(test)]
pub(super) use tests::check_is_harmless;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture;

    /// What is left of a line when its code spans are taken out, read as `CommonMark` does: a span ends
    /// at the next run of exactly as many backticks.
    fn outside_code(line: &str) -> String {
        let mut outside = String::new();
        let mut rest = line;
        while let Some(start) = rest.find('`') {
            outside.push_str(&rest[..start]);
            let length = rest[start..].len() - rest[start..].trim_start_matches('`').len();
            let body = &rest[start + length..];
            let mut place = 0;
            let end = loop {
                let Some(next) = body[place..].find('`').map(|next| next + place) else {
                    break None;
                };
                let run = body[next..].len() - body[next..].trim_start_matches('`').len();
                if run == length {
                    break Some(next);
                }
                place = next + run;
            };
            if let Some(end) = end {
                rest = &body[end + length..];
            } else {
                outside.push_str(&rest[start..start + length]);
                rest = body;
            }
        }
        outside + rest
    }

    pub(crate) fn check_is_harmless(page: &str) {
        assert!(page.len() < 60_000, "{} bytes", page.len());
        for line in page.lines() {
            let outside = outside_code(line);
            for sign in ["@", "](", "<", "`", "http", "![", "{{"] {
                assert!(!outside.contains(sign), "{sign} in {outside}");
            }
            assert!(
                !line.starts_with('|') || line.matches('|').count() == 6,
                "{line}"
            );
        }
    }

    #[test]
    fn a_failed_gate_reads_well() {
        insta::assert_snapshot!("markdown", render_markdown(&fixture::report()));
        insta::assert_snapshot!("markdown_smallest", render_markdown(&fixture::smallest()));
    }

    #[test]
    fn hostile_text_stays_in_code_and_the_page_stays_small() {
        let mut report = fixture::hostile();
        check_is_harmless(&render_markdown(&report));
        let wide = "𝕏`".repeat(5_000);
        let mut finding = report.decision.findings[0].clone();
        finding.id.clone_from(&wide);
        finding.sentence.clone_from(&wide);
        finding.unit.clone_from(&wide);
        report.decision.findings = vec![finding; 500];
        report.decision.notes = vec![wide.clone(); 500];
        report.causes[0].sentence = wide;
        check_is_harmless(&render_markdown(&report));
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_code_span(text in "[`@<|\\]\\(a \\\\\n]{0,30}") {
            let span = code(&text, 20);
            prop_assert!(matches!(outside_code(&span).as_str(), "" | "–"), "{}", span);
        }
    }
}

//! The report for a terminal or a log: at most 80 columns, the verdict in the last line.

use std::fmt::Write as _;

use groundgate_gate::{Finding, Verdict};
use groundgate_model::number::{format_count, plural};

use super::{
    figures,
    model::Report,
    plot::{self, Axis, PlotRow},
    terminal::{Style, pad},
    visible::{columns, cut_to_width, visible_line, wrap},
    wording::{self, Mark, mark},
};

/// So many rules that did not pass are spelled out, the worst first.
const OPEN_FINDINGS: usize = 8;
const WIDTH: usize = 80;
const ID_WIDTH: usize = 19;
const PLOT_WIDTH: usize = 18;
const NUMBERS_WIDTH: usize = WIDTH - ID_WIDTH - PLOT_WIDTH - 6;

/// Renders the report as text; ends with a line break.
pub fn render_text(report: &Report, style: Style) -> String {
    let mut page = Page {
        style,
        lines: Vec::new(),
    };
    page.head(report);
    page.table(&report.decision.findings);
    page.open_findings(&report.decision.findings);
    page.list(
        "why",
        report.causes.iter().map(|cause| match &cause.example_case {
            Some(case) => format!("{} (see {case})", cause.sentence),
            None => cause.sentence.clone(),
        }),
    );
    if !report.bucket_counts.is_empty() {
        let counts = wording::buckets(&report.bucket_counts);
        page.list("cases", [counts].into_iter());
    }
    page.list("n/a", not_applicable(report));
    page.list("note", report.decision.notes.iter().cloned());
    page.verdict(report);
    page.into_text()
}

/// How many trials had nothing to measure, by metric, since that is no way past a rule.
fn not_applicable(report: &Report) -> impl Iterator<Item = String> {
    let rows = report.metrics.iter();
    let rows: Vec<_> = rows.filter(|row| row.counts.not_applicable > 0).collect();
    let planned = rows.iter().map(|row| row.counts.planned).max();
    planned.into_iter().map(move |planned| {
        let by_metric = rows.iter().map(|row| {
            let n = format_count(row.counts.not_applicable);
            format!("{} {n}", row.metric)
        });
        let by_metric: Vec<String> = by_metric.collect();
        format!(
            "nothing to judge, of {} trials: {}",
            format_count(planned),
            by_metric.join(", ")
        )
    })
}

struct Page {
    style: Style,
    lines: Vec<String>,
}

impl Page {
    fn head(&mut self, report: &Report) {
        let title = self.shown(&wording::subject_and_environment(report));
        self.push(cut_to_width(&title, WIDTH));
        let mut runs = format!("run {}", report.candidate.run_id);
        if let Some(baseline) = &report.baseline {
            let _infallible = write!(runs, " against {} ({})", baseline.run_id, baseline.variant);
        }
        let _infallible = write!(runs, ", {}", wording::time(&report.evaluated_at));
        let runs = self.shown(&runs);
        self.wrapped("", &runs);
        self.push(String::new());
    }

    fn table(&mut self, findings: &[Finding]) {
        let findings = wording::worst_first(findings);
        let groups = plot::groups(&findings);
        for finding in findings {
            let plot = groups.iter().find_map(|group| {
                let row = group
                    .rows
                    .iter()
                    .find(|row| std::ptr::eq(row.finding, finding))?;
                Some(self.plot(row, &group.axis))
            });
            self.row(finding, &plot.unwrap_or_default());
        }
    }

    fn row(&mut self, finding: &Finding, plot: &str) {
        let numbers = figures::finding_numbers(finding);
        let text = format!("{} {}", numbers.estimate, numbers.interval);
        let text = self.shown(text.trim());
        let bar = self.shown(&numbers.bar);
        let gap = NUMBERS_WIDTH.saturating_sub(columns(&text) + columns(&bar));
        let (plot_width, gap) = if gap == 0 {
            // Numbers that need the room get it; they are not cut while the plot can go.
            (
                0,
                (NUMBERS_WIDTH + PLOT_WIDTH + 1).saturating_sub(columns(&text) + columns(&bar)),
            )
        } else {
            (PLOT_WIDTH, gap)
        };
        let plot = if plot_width == 0 {
            String::new()
        } else {
            format!("{} ", pad(plot, plot_width))
        };
        let id = cut_to_width(&self.shown(short_id(finding)), ID_WIDTH);
        let line = format!(
            "{} {plot}{text}{}{bar}",
            pad(&id, ID_WIDTH),
            " ".repeat(gap.max(1))
        );
        let sign = self.sign(finding.verdict);
        self.push(format!(" {sign} {}", cut_to_width(&line, WIDTH - 3)));
    }

    fn plot(&self, row: &PlotRow<'_>, axis: &Axis) -> String {
        let signs = if self.style.unicode {
            ['─', '├', '┤', '●', '┊', '◄', '►']
        } else {
            ['-', '[', ']', 'o', '|', '<', '>']
        };
        let [line, left, right, point, bar, open_left, open_right] = signs;
        let column = |value: f64| column_of(axis.place(value));
        let lower = row.lower.map_or(0, column);
        let upper = row.upper.map_or(PLOT_WIDTH - 1, column);
        (0..PLOT_WIDTH)
            .map(|place| match place {
                _ if place == column(row.point) => point,
                _ if place == column(row.threshold) => bar,
                _ if place == lower => row.lower.map_or(open_left, |_| left),
                _ if place == upper => row.upper.map_or(open_right, |_| right),
                _ if lower < place && place < upper => line,
                _ => ' ',
            })
            .collect()
    }

    fn open_findings(&mut self, findings: &[Finding]) {
        let open = wording::open(findings);
        for (index, finding) in open.iter().take(OPEN_FINDINGS).enumerate() {
            if index == 0 {
                self.push(String::new());
            }
            let sign = self.sign(finding.verdict);
            let text = self.shown(&format!("{}: {}", finding.id, finding.sentence));
            let first = self.lines.len();
            self.wrapped("   ", &text);
            if let Some(line) = self.lines.get_mut(first) {
                *line = format!(" {sign} {}", line.trim_start());
            }
            if !finding.worst_cases.is_empty() {
                let worst = self.shown(&format!("worst: {}", finding.worst_cases.join(", ")));
                self.wrapped("   ", &worst);
            }
        }
        let left = open.len().saturating_sub(OPEN_FINDINGS);
        if left > 0 {
            self.push(format!(
                "   and {} more that did not pass",
                plural(left, "rule")
            ));
        }
    }

    fn list(&mut self, name: &str, items: impl Iterator<Item = String>) {
        for (index, item) in items.enumerate() {
            if index == 0 {
                self.push(String::new());
            }
            let text = self.shown(&item);
            let first = self.lines.len();
            self.wrapped("        ", &text);
            if let Some(line) = self.lines.get_mut(first) {
                *line = format!(" {} {}", pad(name, 6), line.trim_start());
            }
        }
    }

    /// The last line is the verdict; what to do next stands in it where it fits, else just above.
    fn verdict(&mut self, report: &Report) {
        let mark = mark(report.decision.verdict);
        let sentence = format!(
            "{}: {}",
            mark.gate_word,
            wording::tally(&report.decision.findings)
        );
        let sentence = self.shown(&sentence);
        let next = self.shown(&report.next);
        let whole = format!("{sentence}. next: {next}");
        self.push(String::new());
        let line = if next.is_empty() {
            sentence
        } else if columns(&whole) + 2 <= WIDTH {
            whole
        } else {
            self.wrapped("  ", &format!("next: {next}"));
            sentence
        };
        let (open, close) = self.paint(mark, true);
        let sign = self.plain_sign(mark);
        self.push(format!(
            "{open}{sign} {}{close}",
            cut_to_width(&line, WIDTH - 2)
        ));
    }

    fn wrapped(&mut self, indent: &str, text: &str) {
        for line in wrap(text, WIDTH - columns(indent)) {
            self.push(format!("{indent}{line}"));
        }
    }

    fn push(&mut self, line: String) {
        let line = if self.style.workflow_log {
            without_commands(&line)
        } else {
            line
        };
        self.lines.push(line.trim_end().to_owned());
    }

    fn sign(&self, verdict: Verdict) -> String {
        let mark = mark(verdict);
        let (open, close) = self.paint(mark, false);
        format!("{open}{}{close}", self.plain_sign(mark))
    }

    const fn plain_sign(&self, mark: Mark) -> &'static str {
        if self.style.unicode {
            mark.glyph
        } else {
            mark.ascii
        }
    }

    fn paint(&self, mark: Mark, is_bold: bool) -> (String, &'static str) {
        if !self.style.color {
            return (String::new(), "");
        }
        let weight = if is_bold { "1;" } else { "" };
        (format!("\u{1b}[{weight}{}m", mark.ansi), "\u{1b}[0m")
    }

    /// Untrusted text, made visible; without Unicode, everything else becomes an escape.
    fn shown(&self, text: &str) -> String {
        let visible = visible_line(text);
        if self.style.unicode {
            return visible;
        }
        visible.chars().fold(String::new(), |mut ascii, character| {
            match character {
                '→' => ascii.push_str("->"),
                '≥' => ascii.push_str(">="),
                '≤' => ascii.push_str("<="),
                '−' | '–' => ascii.push('-'),
                '×' => ascii.push('x'),
                '“' | '”' => ascii.push('"'),
                '’' => ascii.push('\''),
                '…' => ascii.push_str("..."),
                _ if character.is_ascii() => ascii.push(character),
                _ => ascii.extend(character.escape_unicode()),
            }
            ascii
        })
    }

    fn into_text(self) -> String {
        let text = self.lines.join("\n") + "\n";
        if self.style.unicode {
            text
        } else {
            // Only cuts are left that are not ASCII; their sign must not grow.
            text.replace('…', "~")
        }
    }
}

/// Breaks up what a CI runner would obey: `::` (commands of today) and `##[` (older ones).
pub fn without_commands(line: &str) -> String {
    let mut safe = line.replace("##[", "# #[");
    while safe.contains("::") {
        safe = safe.replace("::", ": :");
    }
    safe
}

/// The rule's id, or its slice alone where both do not fit.
fn short_id(finding: &Finding) -> &str {
    match &finding.slice {
        Some(slice) if columns(&finding.id) > ID_WIDTH => slice,
        _ => &finding.id,
    }
}

/// The column for a place between 0 and 1.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place is held between 0 and 1, so that the product fits"
)]
fn column_of(place: f64) -> usize {
    ((place * (PLOT_WIDTH - 1) as f64).round() as usize).min(PLOT_WIDTH - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    const PLAIN: Style = Style {
        color: false,
        unicode: true,
        workflow_log: false,
    };
    const ASCII: Style = Style {
        unicode: false,
        ..PLAIN
    };

    #[test]
    fn a_failed_gate_reads_well() {
        insta::assert_snapshot!("text", render_text(&fixture::report(), PLAIN));
        insta::assert_snapshot!("text_ascii", render_text(&fixture::report(), ASCII));
        insta::assert_snapshot!("text_smallest", render_text(&fixture::smallest(), PLAIN));
    }

    #[test]
    fn no_line_is_wider_than_80_columns_and_the_last_is_the_verdict() {
        for report in [fixture::report(), fixture::smallest(), fixture::hostile()] {
            for style in [PLAIN, ASCII] {
                let text = render_text(&report, style);
                for line in text.lines() {
                    assert!(columns(line) <= WIDTH, "{line}");
                }
                let word = mark(report.decision.verdict).gate_word;
                assert!(text.lines().last().unwrap().contains(word), "{text}");
            }
        }
    }

    #[test]
    fn color_appears_only_when_asked_for_and_adds_nothing_else() {
        let color = Style {
            color: true,
            ..PLAIN
        };
        let plain = render_text(&fixture::report(), PLAIN);
        let colored = render_text(&fixture::report(), color);
        assert!(!plain.contains('\u{1b}'));
        let mut stripped = colored.clone();
        for code in ["1;31", "31", "33", "34", "35", "90", "0"] {
            stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_ne!(plain, colored);
        assert_eq!(plain, stripped);
    }

    #[test]
    fn hostile_text_is_shown_not_obeyed() {
        let log = Style {
            workflow_log: true,
            ..PLAIN
        };
        for style in [PLAIN, ASCII, log] {
            let text = render_text(&fixture::hostile(), style);
            assert!(
                !text.chars().any(|c| c.is_control() && c != '\n'),
                "{text:?}"
            );
            for hidden in ['\u{202e}', '\u{200b}', '\u{e0041}'] {
                assert!(!text.contains(hidden));
            }
            assert!(style.unicode || text.is_ascii(), "{text}");
            assert!(!style.workflow_log || !(text.contains("::") || text.contains("##[")));
        }
    }

    #[test]
    fn runner_commands_are_broken_up_however_they_are_nested() {
        for (line, safe) in [
            ("::error::x", ": :error: :x"),
            (":::x", ": : :x"),
            ("a ##[group]", "a # #[group]"),
        ] {
            assert_eq!(without_commands(line), safe);
        }
        assert!(!without_commands("###[x]").contains("##["));
    }
}

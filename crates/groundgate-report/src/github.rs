//! A verdict for GitHub Actions: annotations on the policy's lines, and step outputs.
//!
//! A runner obeys lines of a log that begin with `::`, and `##[` anywhere in a line. These are the only
//! lines of ours that are meant to be obeyed, so everything in them that others wrote is escaped as the
//! runner's own toolkit does, after hidden characters were made visible.

use std::fmt::Write as _;

use groundgate_gate::{Finding, Verdict};
use groundgate_model::unit::Digest;

use super::{
    model::Report,
    text::without_commands,
    visible::visible_line,
    wording::{self, mark},
};

/// The runner shows so many annotations of a step and drops the rest.
const ANNOTATIONS: usize = 10;
/// Characters of a message; the runner cuts at 4,096.
const MESSAGE: usize = 1_000;

/// Annotations of what did not pass, worst first, each on its line of `policy_file`: workflow commands,
/// a line each; what does not fit is counted.
pub fn render_annotations(report: &Report, policy_file: &str) -> String {
    let mut open: Vec<&Finding> = report
        .decision
        .findings
        .iter()
        .filter(|finding| finding.verdict > Verdict::Pass)
        .collect();
    open.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    let room = if open.len() > ANNOTATIONS {
        ANNOTATIONS - 1
    } else {
        ANNOTATIONS
    };
    let mut lines = String::new();
    for finding in open.iter().take(room) {
        let level = match finding.verdict {
            Verdict::Fail | Verdict::Error => "error",
            Verdict::Hold | Verdict::Inconclusive => "warning",
            Verdict::Pass | Verdict::Waived => "notice",
        };
        let title = format!("{}: {}", mark(finding.verdict).word, finding.id);
        let place = finding
            .policy_line
            .map(|line| format!(",file={},line={line}", property(policy_file)))
            .unwrap_or_default();
        let _infallible = writeln!(
            lines,
            "::{level} title={}{place}::{}",
            property(&title),
            data(&finding.sentence)
        );
    }
    if open.len() > room {
        let _infallible = writeln!(
            lines,
            "::notice::{} more rules did not pass; the report has them",
            open.len() - room
        );
    }
    lines
}

/// Step outputs for the file that `GITHUB_OUTPUT` names: `verdict`, `exit-code`, `run-id`, `headline`.
pub fn render_outputs(report: &Report) -> String {
    [
        ("verdict", report.decision.verdict.name().to_owned()),
        ("exit-code", report.exit_code.to_string()),
        ("run-id", visible_line(&report.candidate.run_id)),
        ("headline", visible_line(&wording::headline(report))),
    ]
    .into_iter()
    .fold(String::new(), |mut text, (name, value)| {
        // Nobody can write a value that holds its own digest, so that nobody can end it early.
        let end = Digest::of(value.as_bytes());
        let _infallible = writeln!(text, "{name}<<{end}\n{value}\n{end}");
        text
    })
}

/// A command's message.
fn data(text: &str) -> String {
    let shown: String = without_commands(&visible_line(text))
        .chars()
        .take(MESSAGE)
        .collect();
    shown
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture,
        runner::{Command, commands, outputs},
    };

    #[test]
    fn what_did_not_pass_is_annotated_on_its_line_worst_first() {
        let found = commands(&render_annotations(&fixture::report(), "gate.toml"));
        let heads: Vec<(&str, &str, &str)> = found
            .iter()
            .map(|command| {
                let property = |key: &str| command.properties[key].as_str();
                (command.name.as_str(), property("title"), property("line"))
            })
            .collect();
        assert_eq!(
            heads,
            [
                ("error", "fail: groundedness", "12"),
                ("error", "fail: groundedness-vs-baseline", "20"),
                ("error", "fail: products: product=refunds", "36"),
                ("warning", "inconclusive: faithfulness", "28"),
                ("warning", "hold: languages: language=pt", "52"),
            ]
        );
        assert!(
            found[0].data.starts_with("At most 92.1% of"),
            "{}",
            found[0].data
        );
    }

    #[test]
    fn hostile_text_forms_no_command_and_no_output_of_its_own() {
        let mut report = fixture::hostile();
        let finding = report.decision.findings[0].clone();
        report.decision.findings = vec![finding; 40];
        let text = render_annotations(&report, fixture::HOSTILE);
        let found: Vec<Command> = commands(&text);
        assert_eq!(text.lines().count(), ANNOTATIONS);
        assert_eq!(found.len(), ANNOTATIONS);
        for command in &found {
            assert!(["error", "warning", "notice"].contains(&command.name.as_str()));
            assert!(
                command
                    .properties
                    .keys()
                    .all(|key| ["title", "file", "line"].contains(&key.as_str()))
            );
        }
        report.candidate.run_id = format!("x\nverdict=pass\n{}", fixture::HOSTILE);
        let read = outputs(&render_outputs(&report)).unwrap();
        let names: Vec<&str> = read.keys().map(String::as_str).collect();
        assert_eq!(names, ["exit-code", "headline", "run-id", "verdict"]);
        assert_eq!(read["verdict"], report.decision.verdict.name());
    }

    #[test]
    fn a_pass_says_nothing() {
        let mut report = fixture::report();
        report
            .decision
            .findings
            .retain(|finding| finding.verdict == Verdict::Pass);
        assert_eq!(render_annotations(&report, "gate.toml"), "");
    }
}

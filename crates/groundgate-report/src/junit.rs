//! The report as `JUnit` XML, for CI systems that list tests: every rule is a test,
//! and so is the gate.
//!
//! A rule that did not pass is a failure, with its verdict as the type: a CI system must not show what
//! nobody knows as green.

use std::fmt::Write as _;

use groundgate_gate::{Finding, Verdict};

use super::{
    chart::escape,
    figures,
    model::Report,
    wording::{self, mark},
};

/// Renders the report as `JUnit` XML; ends with a line break.
pub fn render_junit(report: &Report) -> String {
    let findings = &report.decision.findings;
    let n_failed = findings
        .iter()
        .map(|finding| finding.verdict)
        .chain([report.decision.verdict])
        .filter(|verdict| *verdict > Verdict::Waived)
        .count();
    let n_waived = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Waived)
        .count();
    let n_tests = findings.len().saturating_add(1);
    let name = escape(&wording::subject_and_environment(report));
    let totals = format!("tests=\"{n_tests}\" failures=\"{n_failed}\" errors=\"0\"");
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\" {totals}>\n  \
         <testsuite name=\"{name}\" timestamp=\"{}\" {totals} skipped=\"{n_waived}\">\n    <properties>\n",
        escape(&report.evaluated_at)
    );
    for (name, value) in [
        ("verdict", mark(report.decision.verdict).gate_word),
        ("run", &report.candidate.run_id),
        ("policy", &report.policy_digest.to_string()),
        ("next", &report.next),
    ] {
        let _infallible = writeln!(
            xml,
            "      <property name=\"{name}\" value=\"{}\"/>",
            escape(value)
        );
    }
    xml.push_str("    </properties>\n");
    xml.push_str(&gate(report));
    for finding in findings {
        xml.push_str(&test_case(finding));
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// The gate itself, so that a verdict that no rule explains is not all green.
fn gate(report: &Report) -> String {
    let sentence = escape(&wording::headline(report));
    let tally = wording::tally(&report.decision.findings);
    let body = if report.decision.verdict <= Verdict::Waived {
        format!("<system-out>{sentence} {tally}</system-out>")
    } else {
        format!(
            "<failure type=\"{}\" message=\"{sentence}\">{tally}</failure>",
            mark(report.decision.verdict).word
        )
    };
    format!("    <testcase name=\"verdict\" classname=\"gate\">\n      {body}\n    </testcase>\n")
}

fn test_case(finding: &Finding) -> String {
    let numbers = figures::finding_numbers(finding);
    let mark = mark(finding.verdict);
    let details = format!(
        "{} {}; the bar is {}; {}; {}",
        numbers.estimate,
        numbers.interval,
        numbers.bar,
        numbers.basis,
        figures::counts_sentence(&finding.counts)
    );
    let head = format!(
        "    <testcase name=\"{}\" classname=\"{}\">\n",
        escape(&finding.id),
        escape(finding.kind)
    );
    let sentence = escape(&finding.sentence);
    let body = if finding.verdict == Verdict::Pass {
        format!(
            "      <system-out>{sentence} {}</system-out>\n",
            escape(&details)
        )
    } else if finding.verdict == Verdict::Waived {
        format!("      <skipped message=\"{sentence}\"/>\n")
    } else {
        format!(
            "      <failure type=\"{}\" message=\"{sentence}\">{} Worst cases: {}</failure>\n",
            mark.word,
            escape(&details),
            escape(&if finding.worst_cases.is_empty() {
                "none".to_owned()
            } else {
                finding.worst_cases.join(", ")
            })
        )
    };
    format!("{head}{body}    </testcase>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn rules_are_tests_and_all_that_did_not_pass_are_failures() {
        let xml = render_junit(&fixture::report());
        insta::assert_snapshot!(xml);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let failures: Vec<&str> = document
            .descendants()
            .filter(|node| node.has_tag_name("failure"))
            .filter_map(|node| node.attribute("type"))
            .collect();
        assert_eq!(
            failures,
            ["fail", "fail", "fail", "inconclusive", "fail", "hold"]
        );
        let suite = document
            .descendants()
            .find(|node| node.has_tag_name("testsuite"))
            .unwrap();
        assert_eq!(suite.attribute("tests"), Some("11"));
        assert_eq!(suite.attribute("failures"), Some("6"));
    }

    #[test]
    fn hostile_text_stays_text() {
        let report = fixture::hostile();
        let xml = render_junit(&report);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let names: std::collections::BTreeSet<&str> = document
            .descendants()
            .filter(roxmltree::Node::is_element)
            .map(|node| node.tag_name().name())
            .collect();
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            [
                "failure",
                "properties",
                "property",
                "system-out",
                "testcase",
                "testsuite",
                "testsuites"
            ]
        );
        assert!(!xml.contains("]]>"));
    }
}

//! Rules that did not pass, for places that show code findings: SARIF 2.1.0 and GitLab's code quality
//! report. Both point at the rule's line in the policy.

use groundgate_gate::{Finding, Verdict};
use groundgate_model::unit::Digest;
use serde_json::{Value, json};

use super::{
    model::Report,
    visible::visible_line,
    wording::{self, mark},
};

/// Where rules are that nobody can point at.
const USUAL_POLICY: &str = "gate.toml";

/// The report as SARIF 2.1.0 (OASIS 2020); ends with a line break.
pub fn render_sarif(report: &Report) -> String {
    let findings = &report.decision.findings;
    let rules = findings.iter().map(|finding| {
        let why = finding.why.as_deref().unwrap_or(finding.kind);
        json!({
            "id": visible_line(&finding.id),
            "shortDescription": {"text": visible_line(why)},
        })
    });
    let results = open(findings).map(|finding| {
        let shown = mark(finding.verdict);
        json!({
            "ruleId": visible_line(&finding.id),
            "level": level(finding.verdict),
            "message": {"text": format!("{}: {}", shown.word, visible_line(&finding.sentence))},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": policy_path(report)},
                "region": {"startLine": finding.policy_line.unwrap_or(1)},
            }}],
            "partialFingerprints": {"rule/v1": fingerprint(finding)},
        })
    });
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "groundgate",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<Value>>(),
            }},
            "invocations": [{
                "executionSuccessful": report.decision.verdict != Verdict::Error,
                "exitCode": report.exit_code,
                "exitCodeDescription": visible_line(&wording::headline(report)),
            }],
            "automationDetails": {"id": visible_line(&format!("groundgate/{}/", report.title))},
            "results": results.collect::<Vec<Value>>(),
        }],
    });
    format!("{document:#}\n")
}

/// The report as GitLab's code quality artifact: one entry for each rule that did not pass.
pub fn render_code_quality(report: &Report) -> String {
    let entries = open(&report.decision.findings).map(|finding| {
        let shown = mark(finding.verdict);
        let text = format!("{} {}: {}", finding.id, shown.word, finding.sentence);
        json!({
            "description": visible_line(&text),
            "check_name": visible_line(&finding.id),
            "fingerprint": fingerprint(finding),
            "severity": severity(finding.verdict),
            "location": {
                "path": policy_path(report),
                "lines": {"begin": finding.policy_line.unwrap_or(1)},
            },
        })
    });
    format!("{:#}\n", Value::from(entries.collect::<Vec<Value>>()))
}

fn open(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Pass)
}

/// The same rule is the same finding in the next pipeline.
fn fingerprint(finding: &Finding) -> String {
    Digest::of_parts([finding.id.as_bytes(), finding.metric.as_bytes()]).to_string()
}

const fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "none",
        Verdict::Waived => "note",
        Verdict::Hold | Verdict::Inconclusive => "warning",
        Verdict::Fail | Verdict::Error => "error",
    }
}

const fn severity(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass | Verdict::Waived => "info",
        Verdict::Hold => "minor",
        Verdict::Inconclusive => "major",
        Verdict::Fail => "critical",
        Verdict::Error => "blocker",
    }
}

/// The policy's file, relative and without a way out of the repository.
fn policy_path(report: &Report) -> String {
    let origin = report
        .settings
        .first()
        .map_or(USUAL_POLICY, |setting| &setting.origin);
    let is_inside = !origin.is_empty()
        && !origin.starts_with(['/', '\\'])
        && !origin.contains(':')
        && !origin.split(['/', '\\']).any(|part| part == "..");
    if is_inside {
        visible_line(origin)
    } else {
        USUAL_POLICY.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Setting, fixture};

    #[test]
    fn what_did_not_pass_is_found_at_its_line_of_the_policy() {
        let report = fixture::report();
        let sarif: Value = serde_json::from_str(&render_sarif(&report)).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        let quality: Value = serde_json::from_str(&render_code_quality(&report)).unwrap();
        let n_open = open(&report.decision.findings).count();
        assert!(n_open > 0);
        assert_eq!(results.len(), n_open);
        assert_eq!(quality.as_array().unwrap().len(), n_open);
        let rules = sarif["runs"][0]["tool"]["driver"]["rules"]
            .as_array()
            .unwrap();
        assert_eq!(rules.len(), report.decision.findings.len());
        for (result, entry) in results.iter().zip(quality.as_array().unwrap()) {
            let line = &result["locations"][0]["physicalLocation"]["region"]["startLine"];
            assert_eq!(*line, entry["location"]["lines"]["begin"]);
            assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]));
            assert_ne!(result["level"], "none");
        }
        let fingerprints: std::collections::BTreeSet<String> =
            open(&report.decision.findings).map(fingerprint).collect();
        assert_eq!(fingerprints.len(), n_open);
    }

    /// What nobody knows is no remark: it stands in the way of a release.
    #[test]
    fn every_verdict_has_its_weight() {
        for (verdict, level, severity) in [
            (Verdict::Waived, "note", "info"),
            (Verdict::Hold, "warning", "minor"),
            (Verdict::Inconclusive, "warning", "major"),
            (Verdict::Fail, "error", "critical"),
            (Verdict::Error, "error", "blocker"),
        ] {
            let mut report = fixture::report();
            report.decision.findings.truncate(1);
            report.decision.findings[0].verdict = verdict;
            let sarif: Value = serde_json::from_str(&render_sarif(&report)).unwrap();
            assert_eq!(
                sarif["runs"][0]["results"][0]["level"], level,
                "{verdict:?}"
            );
            let quality: Value = serde_json::from_str(&render_code_quality(&report)).unwrap();
            assert_eq!(quality[0]["severity"], severity, "{verdict:?}");
        }
    }

    #[test]
    fn a_path_leads_nowhere_else() {
        let mut report = fixture::report();
        for (origin, shown) in [
            ("policies/gate.toml", "policies/gate.toml"),
            ("../../etc/passwd", USUAL_POLICY),
            ("/etc/passwd", USUAL_POLICY),
            ("https://t.example/x", USUAL_POLICY),
        ] {
            report.settings = vec![Setting {
                name: String::new(),
                value: String::new(),
                origin: origin.to_owned(),
            }];
            assert_eq!(policy_path(&report), shown);
        }
    }
}

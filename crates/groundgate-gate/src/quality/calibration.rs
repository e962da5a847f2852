//! What is known of a judge, written as the tables that a policy reads.

use std::fmt::Write as _;

use super::agreement::Agreement;

/// One `[judge-calibration.<metric>]` table, bound to the judge and to the labels.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationText {
    metric: String,
    toml: String,
}

impl CalibrationText {
    /// `None` where people called nothing good, or nothing bad: then one of the two rates is unknown.
    /// `labels_digest` names the labels, `on` the day (RFC 3339) on which they were counted.
    pub fn new(agreement: &Agreement, labels_digest: &str, on: &str) -> Option<Self> {
        let (good, bad) = (agreement.sensitivity?, agreement.specificity?);
        let mut toml = format!("[judge-calibration.{}]\n", agreement.metric);
        let judge = toml_comment(&agreement.judge);
        let digest = |digest: &str| -> String { digest.chars().take(32).collect() };
        let _written = write!(
            toml,
            "judge         = \"{}\"   # {judge}\n\
             good-labelled = {}\ngood-right    = {}\nbad-labelled  = {}\nbad-right     = {}\n\
             labels        = \"{}\"\nlabelled-on   = \"{on}\"\n",
            digest(&agreement.judge_digest),
            good.of,
            good.hits,
            bad.of,
            bad.hits,
            digest(labels_digest),
        );
        for (key, value) in [
            ("kappa", agreement.kappa.value),
            ("kappa-lower", agreement.kappa.lower),
            ("judge-weight", agreement.judge_weight),
        ] {
            if let Some(value) = value {
                // Rounded down: agreement is never shown better than it is.
                let _written =
                    writeln!(toml, "{key:<13} = {:.3}", (value * 1000.0).floor() / 1000.0);
            }
        }
        Some(Self {
            metric: agreement.metric.clone(),
            toml,
        })
    }

    /// The table as text.
    pub fn toml(&self) -> &str {
        &self.toml
    }

    fn header(&self) -> String {
        format!("[judge-calibration.{}]", self.metric)
    }
}

/// A name in a comment: on one line, without anything that could end it.
fn toml_comment(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// A policy's text with these calibrations in it, in place of older ones of the same metrics; all else
/// stays as it is, comments too.
pub fn into_policy(policy: &str, calibrations: &[CalibrationText]) -> String {
    let mut text = String::new();
    let mut inside_old = false;
    for line in policy.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            inside_old = (calibrations.iter()).any(|one| {
                let rest = trimmed.strip_prefix(one.header().as_str());
                rest.is_some_and(|rest| rest.trim().is_empty() || rest.trim().starts_with('#'))
            });
        }
        // Comments and blank lines before the next table belong to that table.
        if !inside_old || trimmed.starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    let mut text = text.trim_end().to_owned();
    for one in calibrations {
        text.push_str("\n\n");
        text.push_str(one.toml.trim_end());
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::{
        join,
        join::tests::{labels, table},
    };

    fn calibration(right: usize) -> CalibrationText {
        let human: Vec<Option<f64>> = (0..40).map(|i| Some(f64::from(u8::from(i < 20)))).collect();
        let judge: Vec<Option<f64>> = (human.iter().enumerate())
            .map(|(i, value)| value.map(|value| if i < right { value } else { 1.0 - value }))
            .collect();
        let (table, labels) = (table(&judge), labels(&human));
        let joined = join(&table, "groundedness", &labels).unwrap();
        let agreement = Agreement::of(&joined, 1.0);
        CalibrationText::new(&agreement, "abc", "2026-11-25").unwrap()
    }

    #[test]
    fn a_table_holds_the_counts_and_what_they_are_bound_to() {
        let text = calibration(38).toml().to_owned();
        let table: toml::Table = toml::from_str(&text).unwrap();
        let read = &table["judge-calibration"]["groundedness"];
        assert_eq!(read["good-right"].as_integer(), Some(20));
        assert_eq!(read["bad-right"].as_integer(), Some(18));
        assert_eq!(read["labels"].as_str(), Some("abc"));
        assert_eq!(read["labelled-on"].as_str(), Some("2026-11-25"));
        assert!(read["kappa"].as_float().unwrap() <= 0.9);
    }

    #[test]
    fn a_policy_keeps_everything_but_the_older_calibration() {
        let policy = "schema = \"x\"\n\n[judge-calibration.groundedness]\njudge = \"old\"\nbad-right = 1\n\n# why\n[[rule]]\nid = \"a\"\n[judge-calibration.other]\njudge = \"kept\"\n";
        let new = into_policy(policy, &[calibration(38)]);
        assert!(!new.contains("old"), "{new}");
        assert!(new.contains("# why\n[[rule]]\nid = \"a\"\n"), "{new}");
        assert!(new.contains("judge = \"kept\""), "{new}");
        assert_eq!(new.matches("[judge-calibration.groundedness]").count(), 1);
        assert_eq!(into_policy(&new, &[calibration(38)]), new);
    }
}

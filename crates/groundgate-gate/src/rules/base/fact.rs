//! What kinds of rules about facts share: what they are asked with, and what they find.

use std::fmt;

use groundgate_model::trial::ScoreTable;
use jiff::Timestamp;
use serde_json::Value;

use super::{setting::Settings, threshold::Threshold};
use crate::{
    facts::{Age, AgeFault, Facts},
    verdict::{Counts, Finding, Verdict},
};

/// What a rule about a fact can be asked; a file of `rules` for each kind.
pub(crate) trait AsksFacts: fmt::Debug {
    /// Its threshold; `None` for rules that are never waived.
    fn threshold(&self) -> Option<Threshold>;

    /// The same rule at another threshold; whether it has one.
    fn set_threshold(&mut self, value: f64) -> bool;

    /// The files that it reads.
    fn files(&self) -> &[String];

    /// Every setting but the kind.
    fn settings(&self) -> Settings;

    /// What it finds.
    fn finding(&self, asked: &AskedFact<'_>) -> Finding;

    /// Whether its files are what a copilot was given (text of any form), and whether it reads the run's
    /// questions.
    fn is_about_prompts(&self) -> bool {
        false
    }

    /// Whether nothing that the judge of its metric measured can be told unless it passes.
    fn is_about_a_judge(&self) -> bool {
        false
    }
}

/// One rule about a fact, and what it may look at.
pub(crate) struct AskedFact<'a> {
    /// The rule's id.
    pub(crate) id: &'a str,
    /// The rule's kind.
    pub(crate) kind: &'static str,
    /// Why it is there.
    pub(crate) why: Option<&'a str>,
    /// Where it stands in the file, from 1.
    pub(crate) line: Option<usize>,
    /// What the gate is given.
    pub(crate) facts: &'a Facts,
    /// The run under test.
    pub(crate) candidate: &'a ScoreTable,
    /// The error rate of bounds.
    pub(crate) alpha: f64,
}

impl<'a> AskedFact<'a> {
    /// What its finding says besides verdict and sentence.
    pub(crate) const fn shape(
        &self,
        metric: &'a str,
        unit: &'a str,
        threshold: Threshold,
    ) -> Shape<'a> {
        Shape {
            id: self.id,
            kind: self.kind,
            metric,
            unit,
            why: self.why,
            line: self.line,
            threshold,
        }
    }

    /// A file that the rule reads.
    pub(crate) fn document(&self, file: &str) -> Result<&'a Value, String> {
        match self.facts.documents.get(file) {
            None => Err(no_data_in(file, "nobody gave it to the gate")),
            Some(document) => (document.as_ref()).map_err(|why: &String| no_data_in(file, why)),
        }
    }

    /// How old a measurement is; one that is too old is none.
    pub(crate) fn age(&self, date: Timestamp, max_age: Age) -> Result<Age, String> {
        max_age.check(date, self.facts.at).map_err(|odd| match odd {
            AgeFault::Future => format!("it is from the future: {date}"),
            AgeFault::Stale(age) => {
                format!("it is {age} old, and more than {max_age} says nothing of today")
            }
        })
    }
}

/// A file that does not say what a rule asks.
pub(crate) fn no_data_in(file: &str, why: &str) -> String {
    format!("no data: `{file}`: {why}")
}

/// What a rule found before it becomes a [`Finding`].
pub(crate) struct Found {
    pub(crate) verdict: Verdict,
    pub(crate) sentence: String,
    pub(crate) observed: Option<f64>,
}

impl Found {
    pub(crate) const fn open(sentence: String) -> Self {
        Self {
            verdict: Verdict::Inconclusive,
            sentence,
            observed: None,
        }
    }
}

/// What a finding says besides verdict and sentence.
pub(crate) struct Shape<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: &'static str,
    pub(crate) metric: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) why: Option<&'a str>,
    pub(crate) line: Option<usize>,
    pub(crate) threshold: Threshold,
}

impl Shape<'_> {
    pub(crate) fn finding(&self, found: Found) -> Finding {
        Finding {
            id: self.id.to_owned(),
            kind: self.kind,
            metric: self.metric.to_owned(),
            unit: self.unit.to_owned(),
            slice: None,
            why: self.why.map(str::to_owned),
            verdict: found.verdict,
            sentence: found.sentence,
            estimate: None,
            observed: found.observed,
            threshold: self.threshold.value,
            side: self.threshold.side,
            is_difference: false,
            scaled: None,
            waived: None,
            counts: Counts::default(),
            worst_cases: Vec::new(),
            policy_line: self.line,
        }
    }
}

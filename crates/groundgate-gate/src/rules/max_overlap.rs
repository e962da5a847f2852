//! `max-overlap`: few of the run's questions stand in files that the copilot has been given: an eval set
//! that stands in a prompt or among its examples measures memory, not answers.
//!
//! A question counts as given if its words stand in a file one after the other, whatever the case,
//! punctuation and space between them.

use groundgate_model::{
    number::{NumberFormat, Scale, Toward, plural},
    unit::count_to_f64,
};
use serde_json::Value;

use super::base::{
    AskedFact, AsksFacts, Claim, Found, Holds, Key, Kind, Reader, Setting, Settings, Threshold,
    no_data_in, texts,
};
use crate::verdict::{AllowedSide, Finding, Verdict};

/// So many of the questions are named.
const NAMED: usize = 5;

/// At most a share of the run's questions stand in files that the copilot has been given.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxOverlap {
    /// Prompts and examples, as the policy names them; never empty.
    pub files: Vec<String>,
    /// The threshold, from 0 to below 1.
    pub max: f64,
}

pub(super) const KIND: Kind<super::FactKind> = Kind {
    name: "max-overlap",
    passes: "at most the share `max` of the questions stands in prompts and examples of the copilot",
    claim: Claim::Fact,
    keys: &[
        Key::needed(
            "files",
            Holds::Texts,
            "prompts and examples that the copilot is given: JSON, lines of JSON, or text",
        ),
        Key::needed(
            "max",
            Holds::Number,
            "at most this share of the questions stands in them",
        )
        .tightened(),
    ],
    read,
};

fn read(reader: &Reader<'_, '_, '_>) -> Option<super::FactKind> {
    let files = texts(reader.table, "files");
    let max = reader.number("max");
    if files.as_ref().is_some_and(Vec::is_empty) {
        reader.table.report("files", "`files` names no file");
        return None;
    }
    let max = max?;
    let inside = (0.0..1.0).contains(&max.number);
    let rule = MaxOverlap {
        max: max.allow(inside, "from 0 to just below 1")?,
        files: files?,
    };
    Some(rule.into())
}

impl AsksFacts for MaxOverlap {
    fn threshold(&self) -> Option<Threshold> {
        Some(Threshold::at_most(self.max))
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        self.max = value;
        true
    }

    fn files(&self) -> &[String] {
        &self.files
    }

    fn settings(&self) -> Settings {
        vec![
            ("files", Setting::Words(self.files.clone())),
            Setting::threshold(AllowedSide::AtMost, self.max),
        ]
    }

    fn finding(&self, asked: &AskedFact<'_>) -> Finding {
        let shape = asked.shape(asked.id, "", Threshold::at_most(self.max));
        match given(&self.files, asked) {
            Err(why) => shape.finding(Found::open(why)),
            Ok(given) => {
                let found = against(&given, asked.facts.questions.len(), self.max);
                Finding {
                    worst_cases: given.into_iter().take(NAMED).map(str::to_owned).collect(),
                    ..shape.finding(found)
                }
            }
        }
    }

    fn is_about_prompts(&self) -> bool {
        true
    }
}

fn against(given: &[&str], n: usize, max: f64) -> Found {
    let share = count_to_f64(given.len()) / count_to_f64(n);
    let format = NumberFormat::new(Scale::of_unit(""), false, &[share], Some(max));
    Found {
        verdict: if share <= max {
            Verdict::Pass
        } else {
            Verdict::Fail
        },
        sentence: format!(
            "{} of {} stand in the files ({}); at most {} is allowed",
            given.len(),
            plural(n, "question"),
            format.with_unit(share, Toward::Up),
            format.bar(max)
        ),
        observed: Some(share),
    }
}

/// The ids of questions that stand in one of the files.
fn given<'a>(files: &[String], asked: &AskedFact<'a>) -> Result<Vec<&'a str>, String> {
    let facts = asked.facts;
    if facts.questions.is_empty() {
        return Err("no data: nobody gave the run's questions to the gate".to_owned());
    }
    let mut texts = Vec::new();
    for file in files {
        let n_before = texts.len();
        collect(asked.document(file)?, &mut texts);
        if texts.len() == n_before {
            return Err(no_data_in(file, "there is no text in it"));
        }
    }
    let is_given = |question: &str| {
        words(question).is_some_and(|words| texts.iter().any(|text| text.contains(&words)))
    };
    let questions = facts.questions.iter();
    Ok(questions
        .filter(|(_, question)| is_given(question))
        .map(|(id, _)| id.as_str())
        .collect())
}

/// The words of every text in a document.
fn collect(document: &Value, texts: &mut Vec<String>) {
    match document {
        Value::String(text) => texts.extend(words(text)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The words in lower case, one space before and behind each; `None` where there is none.
fn words(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let words = lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let all = words.fold(" ".to_owned(), |all, word| all + word + " ");
    (all != " ").then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_and_not_how_they_are_set() {
        let expected = Some(" how long is a card ".to_owned());
        assert_eq!(words("How  long,\nis a Card?"), expected);
        assert_eq!(words(" ?! "), None);
        let (text, part) = (words("it cannot be").unwrap(), words("Not be?").unwrap());
        assert!(!text.contains(&part));
    }
}

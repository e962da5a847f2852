//! Rules about questions that the copilot has been given: an eval set that stands in a prompt or among
//! its examples measures memory, not answers.
//!
//! A question counts as given if its words stand in a file one after the other, whatever the case,
//! punctuation and space between them.

use groundgate_model::{
    number::{NumberFormat, Scale, Toward, plural},
    unit::count_to_f64,
};
use serde_json::Value;

use super::{
    FactRule, Facts,
    evidence::{self, Found, Shape},
};
use crate::verdict::{Bar, Finding, Verdict};

/// So many of the questions are named.
const NAMED: usize = 5;

/// What the rule finds; `max` is its bar or a waiver's.
pub(super) fn finding(rule: &FactRule, files: &[String], max: f64, facts: &Facts) -> Finding {
    let shape = Shape {
        id: &rule.id,
        kind: rule.kind.name(),
        metric: &rule.id,
        unit: "",
        why: rule.why.as_deref(),
        line: rule.line,
        bar: Bar::AtMost,
        threshold: max,
    };
    match given(files, facts) {
        Err(why) => shape.finding(Found::open(why)),
        Ok(given) => {
            let found = against(&given, facts.questions.len(), max);
            Finding {
                worst_cases: given.into_iter().take(NAMED).map(str::to_owned).collect(),
                ..shape.finding(found)
            }
        }
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
fn given<'a>(files: &[String], facts: &'a Facts) -> Result<Vec<&'a str>, String> {
    if facts.questions.is_empty() {
        return Err("no data: nobody gave the run's questions to the gate".to_owned());
    }
    let mut texts = Vec::new();
    for file in files {
        let n_before = texts.len();
        collect(evidence::document(facts, file)?, &mut texts);
        if texts.len() == n_before {
            return Err(evidence::no_data(file, "there is no text in it"));
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

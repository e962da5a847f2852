//! Inspect's eval logs: samples with epochs, targets and scores as letters.

use serde_json::{Map, Value, json};

use super::{answer, at, each, question, set};
use crate::table::Record;

/// Samples with our names.
pub(crate) fn samples(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    each(records, |fields| {
        let mut made = Map::new();
        set(&mut made, "id", fields.get("id"));
        if let Some(epoch) = fields.get("epoch").and_then(Value::as_u64) {
            made.insert("attempt".to_owned(), epoch.saturating_sub(1).into());
        }
        if let Some((history, asked)) = fields.get("input").and_then(question) {
            made.insert("question".to_owned(), asked.into());
            made.insert("history".to_owned(), Value::Array(history));
        }
        let target = match fields.get("target") {
            Some(Value::Array(items)) if items.len() == 1 => items.first(),
            other => other,
        };
        set(
            &mut made,
            "reference_answer",
            target.filter(|target| target.is_string()),
        );
        let failed = at(&fields, "error.message").or_else(|| fields.get("error"));
        if let Some(message) = failed.and_then(Value::as_str) {
            made.insert("error".to_owned(), message.into());
        } else if let Some(said) = fields.get("output").and_then(answer) {
            made.insert("answer".to_owned(), said.into());
        }
        set(&mut made, "model", at(&fields, "output.model"));
        set(
            &mut made,
            "input_tokens",
            at(&fields, "output.usage.input_tokens"),
        );
        set(
            &mut made,
            "output_tokens",
            at(&fields, "output.usage.output_tokens"),
        );
        set(&mut made, "latency_s", fields.get("total_time"));
        for name in ["contexts", "passages", "retrieved_contexts", "context"] {
            if let Some(found) = at(&fields, &format!("metadata.{name}")) {
                made.insert("passages".to_owned(), found.clone());
                break;
            }
        }
        made.insert("scores".to_owned(), scores(fields.get("scores")));
        made
    })
}

/// Letters as Inspect counts them: correct, incorrect, partly, no answer.
fn scores(given: Option<&Value>) -> Value {
    let mut scores = Map::new();
    for (name, score) in given.and_then(Value::as_object).into_iter().flatten() {
        match score.get("value").unwrap_or(&Value::Null) {
            Value::String(letter) => {
                let value = match letter.as_str() {
                    "C" => json!(1),
                    "I" | "N" => json!(0),
                    "P" => json!(0.5),
                    other => json!(other),
                };
                scores.insert(name.clone(), value);
            }
            Value::Object(parts) => {
                for (part, value) in parts {
                    scores.insert(format!("{name}_{part}"), value.clone());
                }
            }
            other => {
                scores.insert(name.clone(), other.clone());
            }
        }
    }
    Value::Object(scores)
}

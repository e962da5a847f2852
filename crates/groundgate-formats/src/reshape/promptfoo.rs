//! promptfoo: tests with variables and assertions, and results.

use serde_json::{Map, Value};

use super::{answer, at, set};
use crate::table::Record;

/// Assertions whose value is a right answer.
const ANSWERS: [&str; 6] = [
    "equals",
    "similar",
    "factuality",
    "model-graded-factuality",
    "answer-relevance",
    "iequals",
];

/// Assertions whose value stands in a right answer.
const FACTS: [&str; 2] = ["contains", "icontains"];

/// Tests: variables at the top, assertions as what is known of a right answer.
pub(crate) fn tests(notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    let mut unlike = Unlike::default();
    let made = records.into_iter().map(|record| {
        let mut made = variables(record.fields.get("vars"));
        let asserts = record.fields.get("assert").and_then(Value::as_array);
        for one in asserts.into_iter().flatten() {
            let kind = one.get("type").and_then(Value::as_str).unwrap_or_default();
            unlike.add(&mut made, kind, one.get("value"));
        }
        metadata(&mut made, record.fields.get("metadata"));
        Record {
            line: record.line,
            fields: made,
        }
    });
    let made = made.collect();
    unlike.note(notes);
    made
}

/// `__expected` columns: `contains: rain`, `similar(0.8): …`, or the answer itself.
pub(crate) fn csv_tests(notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    let mut unlike = Unlike::default();
    let made = records.into_iter().map(|record| {
        let mut made = Map::new();
        for (name, value) in record.fields {
            let text = value.as_str().unwrap_or_default().trim();
            if name.starts_with("__expected") {
                let (kind, value) = assertion(text);
                unlike.add(&mut made, kind, Some(&Value::from(value)));
            } else if let Some(tag) = name.strip_prefix("__metadata:") {
                made.insert(format!("tag:{tag}"), value);
            } else if !name.starts_with("__") {
                made.insert(name, value);
            }
        }
        Record {
            line: record.line,
            fields: made,
        }
    });
    let made = made.collect();
    unlike.note(notes);
    made
}

/// `type(threshold): value`; a text without a type is the answer.
fn assertion(text: &str) -> (&str, &str) {
    let Some((kind, value)) = text.split_once(':') else {
        return ("equals", text);
    };
    let bare = kind.split('(').next().unwrap_or(kind).trim();
    let is_type = !bare.is_empty()
        && bare
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if is_type {
        (bare, value.trim())
    } else {
        ("equals", text)
    }
}

/// Assertions that have no like here, counted by type.
#[derive(Default)]
struct Unlike(std::collections::BTreeMap<String, usize>);

impl Unlike {
    fn add(&mut self, made: &mut Map<String, Value>, kind: &str, value: Option<&Value>) {
        let texts: Vec<Value> = match value {
            Some(Value::Array(items)) => items
                .iter()
                .filter(|item| item.is_string())
                .cloned()
                .collect(),
            Some(value @ Value::String(text)) if !text.is_empty() => vec![value.clone()],
            _ => Vec::new(),
        };
        if ANSWERS.contains(&kind) && texts.len() == 1 && !made.contains_key("reference_answer") {
            set(made, "reference_answer", texts.first());
        } else if FACTS.contains(&kind) || kind == "contains-all" || kind == "icontains-all" {
            let facts = made
                .entry("expected_facts")
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(facts) = facts {
                facts.extend(texts);
            }
        } else if !(kind.is_empty() || kind == "equals" && texts.is_empty()) {
            *self.0.entry(kind.to_owned()).or_default() += 1;
        }
    }

    fn note(self, notes: &mut Vec<String>) {
        for (kind, n) in self.0 {
            notes.push(format!(
                "{n} assertions `{kind}` have no like here and are left out"
            ));
        }
    }
}

fn variables(vars: Option<&Value>) -> Map<String, Value> {
    vars.and_then(Value::as_object).cloned().unwrap_or_default()
}

fn metadata(made: &mut Map<String, Value>, given: Option<&Value>) {
    for (name, value) in given.and_then(Value::as_object).into_iter().flatten() {
        if value.is_string() || value.is_number() || value.is_boolean() {
            made.insert(format!("tag:{name}"), value.clone());
        }
    }
}

/// Results: one row for every test, prompt and provider.
pub(crate) fn results(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    let made = records.into_iter().map(|record| {
        let fields = &record.fields;
        let mut made = variables(fields.get("vars"));
        for name in ["answer", "output", "response", "outputs", "score", "scores"] {
            // A variable of such a name is none of the provider's.
            made.remove(name);
        }
        let failed = fields.get("error").filter(|error| error.is_string());
        let said = at(fields, "response.output").and_then(answer);
        let no_reply = at(fields, "response.error")
            .or(failed)
            .filter(|_| said.is_none());
        match (no_reply, said) {
            (Some(error), _) => set(&mut made, "error", Some(error)),
            (None, Some(said)) => {
                made.insert("answer".to_owned(), said.into());
            }
            (None, None) => {
                made.insert("error".to_owned(), "no output".into());
            }
        }
        for path in [
            "response.metadata.context",
            "response.metadata.contexts",
            "metadata.context",
        ] {
            if !made.contains_key("context") && !made.contains_key("contexts") {
                set(&mut made, "context", at(fields, path));
            }
        }
        set(&mut made, "latency_ms", fields.get("latencyMs"));
        set(&mut made, "cost_usd", fields.get("cost"));
        set(
            &mut made,
            "input_tokens",
            at(fields, "response.tokenUsage.prompt"),
        );
        set(
            &mut made,
            "output_tokens",
            at(fields, "response.tokenUsage.completion"),
        );
        let mut scores = Map::new();
        if let Some(Value::Object(named)) = fields.get("namedScores") {
            scores.extend(named.clone());
        }
        set(&mut scores, "pass", fields.get("success"));
        made.insert("scores".to_owned(), Value::Object(scores));
        if let Some(variant) = variant(fields) {
            made.insert("variant".to_owned(), variant.into());
        }
        Record {
            line: record.line,
            fields: made,
        }
    });
    made.collect()
}

fn variant(fields: &Map<String, Value>) -> Option<String> {
    let provider = ["provider.label", "provider.id", "provider"]
        .iter()
        .filter_map(|path| at(fields, path)?.as_str())
        .find(|text| !text.is_empty());
    let prompt = at(fields, "prompt.label").and_then(Value::as_str);
    let shown = prompt.map(|text| {
        text.lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(60)
            .collect::<String>()
    });
    match (provider, shown) {
        (Some(provider), Some(prompt)) => Some(format!("{provider} / {prompt}")),
        (Some(one), None) => Some(one.to_owned()),
        (None, prompt) => prompt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertions_of_cells_are_told_from_answers() {
        for (text, expected) in [
            ("contains: rain", ("contains", "rain")),
            ("similar(0.8): It rains.", ("similar", "It rains.")),
            ("It rains.", ("equals", "It rains.")),
            ("Answer: it rains", ("equals", "Answer: it rains")),
            ("llm-rubric: is polite", ("llm-rubric", "is polite")),
        ] {
            assert_eq!(assertion(text), expected, "{text}");
        }
    }
}

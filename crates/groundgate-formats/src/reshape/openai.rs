//! OpenAI's evals: the log of a run, and output items of the hosted service.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{answer, at, each, question, scores::by_name, set};
use crate::table::Record;

/// Events of a log, gathered by sample.
pub(crate) fn events(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    let mut samples: BTreeMap<String, (usize, Map<String, Value>)> = BTreeMap::new();
    let mut order = Vec::new();
    for record in records {
        let Some(id) = record.fields.get("sample_id").and_then(Value::as_str) else {
            continue;
        };
        let (_, made) = samples.entry(id.to_owned()).or_insert_with(|| {
            order.push(id.to_owned());
            (record.line, Map::new())
        });
        made.insert("id".to_owned(), id.into());
        event(&record.fields, made);
    }
    let sorted = order.into_iter().filter_map(|id| samples.remove(&id));
    sorted
        .map(|(line, fields)| Record { line, fields })
        .collect()
}

fn event(fields: &Map<String, Value>, made: &mut Map<String, Value>) {
    let kind = fields
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match kind {
        "sampling" => {
            if let Some((history, asked)) = at(fields, "data.prompt").and_then(question) {
                made.insert("question".to_owned(), asked.into());
                made.insert("history".to_owned(), Value::Array(history));
            }
            if let Some(said) = at(fields, "data.sampled").and_then(answer) {
                made.insert("answer".to_owned(), said.into());
            }
            set(made, "model", at(fields, "data.model"));
        }
        "match" => {
            set(made, "score:match", at(fields, "data.correct"));
            let expected = at(fields, "data.expected").filter(|one| one.is_string());
            set(made, "reference_answer", expected);
        }
        "metrics" => {
            let metrics = at(fields, "data").and_then(Value::as_object);
            for (name, value) in metrics.into_iter().flatten() {
                if value.is_number() || value.is_boolean() {
                    made.insert(format!("score:{name}"), value.clone());
                }
            }
        }
        "error" => set(made, "error", at(fields, "data.message")),
        _ => {}
    }
}

/// `{"item": …, "sample": …, "results": […]}`.
pub(crate) fn items(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    each(records, |fields| {
        let mut made = Map::new();
        set(
            &mut made,
            "id",
            fields
                .get("id")
                .or_else(|| fields.get("datasource_item_id")),
        );
        let item = fields.get("datasource_item").or_else(|| fields.get("item"));
        if let Some((history, asked)) = item.and_then(question) {
            made.insert("question".to_owned(), asked.into());
            made.insert("history".to_owned(), Value::Array(history));
        }
        for name in [
            "ideal",
            "expected",
            "reference",
            "ground_truth",
            "answer",
            "correct_label",
        ] {
            if let Some(reference) = item.and_then(|item| item.get(name)) {
                made.insert("reference_answer".to_owned(), reference.clone());
                break;
            }
        }
        let sample = fields.get("sample");
        let failed = sample.and_then(|sample| sample.get("error")?.get("message"));
        set(&mut made, "error", failed);
        if failed.is_none_or(Value::is_null)
            && let Some(said) = sample.and_then(answer)
        {
            made.insert("answer".to_owned(), said.into());
        }
        set(&mut made, "model", at(&fields, "sample.model"));
        if let Some(Value::Array(results)) = fields.get("results") {
            made.insert("scores".to_owned(), Value::Object(by_name(results)));
        }
        made
    })
}

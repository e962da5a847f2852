//! Spans of OpenTelemetry: GenAI's and OpenInference's names, as OTLP in JSON or as flat spans.
//!
//! All spans of one trace are one row: the question and the answer are those of the outermost span that
//! has them, passages those of its retrievals.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{answer, question};
use crate::table::Record;

const QUESTIONS: [&str; 6] = [
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "input.value",
    "gen_ai.prompt.0.content",
    "traceloop.entity.input",
    "gen_ai.retrieval.query.text",
];

const ANSWERS: [&str; 5] = [
    "gen_ai.output.messages",
    "gen_ai.completion",
    "output.value",
    "gen_ai.completion.0.content",
    "traceloop.entity.output",
];

const PASSAGES: [&str; 2] = ["gen_ai.retrieval.documents", "retrieval.documents"];

struct Span {
    parent: Option<String>,
    attributes: Map<String, Value>,
    nanos: Option<u64>,
    failed: Option<String>,
}

/// One row a trace.
pub(crate) fn spans(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    let mut traces: BTreeMap<String, (usize, Vec<Span>)> = BTreeMap::new();
    let mut order = Vec::new();
    for record in records {
        for (trace, span) in of(&record.fields) {
            let (_, spans) = traces.entry(trace.clone()).or_insert_with(|| {
                order.push(trace);
                (record.line, Vec::new())
            });
            spans.push(span);
        }
    }
    let sorted = order
        .into_iter()
        .filter_map(|id| Some((traces.remove(&id)?, id)));
    let rows = sorted.filter_map(|((line, spans), id)| {
        Some(Record {
            line,
            fields: row(id, spans)?,
        })
    });
    rows.collect()
}

fn of(fields: &Map<String, Value>) -> Vec<(String, Span)> {
    let lists = |value: &Value, names: [&str; 2]| -> Vec<Value> {
        let found = names.iter().find_map(|name| value.get(*name)?.as_array());
        found.cloned().unwrap_or_default()
    };
    let whole = Value::Object(fields.clone());
    let scopes: Vec<Value> = match fields.get("resourceSpans") {
        Some(Value::Array(resources)) => resources
            .iter()
            .flat_map(|one| lists(one, ["scopeSpans", "instrumentationLibrarySpans"]))
            .collect(),
        _ => lists(&whole, ["scopeSpans", "scope_spans"]),
    };
    let spans: Vec<Value> = scopes
        .iter()
        .flat_map(|one| lists(one, ["spans", "spans"]))
        .collect();
    let spans = if spans.is_empty() { vec![whole] } else { spans };
    spans.iter().filter_map(span).collect()
}

fn span(value: &Value) -> Option<(String, Span)> {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| value.pointer(name)?.as_str());
        found.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let trace = text(&["/traceId", "/trace_id", "/context/trace_id"])?;
    let nanos = |name: &str| {
        let value = value.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let (start, end) = (nanos("startTimeUnixNano"), nanos("endTimeUnixNano"));
    let code = value
        .pointer("/status/code")
        .or_else(|| value.pointer("/status/status_code"));
    let failed = code.is_some_and(|code| {
        code.as_u64() == Some(2) || matches!(code.as_str(), Some("ERROR" | "STATUS_CODE_ERROR"))
    });
    Some((
        trace,
        Span {
            parent: text(&["/parentSpanId", "/parent_span_id", "/parent_id"]),
            attributes: attributes(value.get("attributes")?),
            nanos: start
                .zip(end)
                .and_then(|(start, end)| end.checked_sub(start)),
            failed: failed.then(|| {
                text(&["/status/message", "/status/description"])
                    .unwrap_or_else(|| "the span failed".to_owned())
            }),
        },
    ))
}

/// `[{"key": …, "value": {"stringValue": …}}]` or an object, nested or flat; as flat names.
fn attributes(value: &Value) -> Map<String, Value> {
    let mut flat = Map::new();
    match value {
        Value::Array(items) => {
            for item in items {
                let (Some(key), Some(value)) =
                    (item.get("key").and_then(Value::as_str), item.get("value"))
                else {
                    continue;
                };
                flat.insert(key.to_owned(), any_value(value));
            }
        }
        Value::Object(fields) => flatten("", fields, &mut flat),
        _ => {}
    }
    flat
}

fn flatten(above: &str, fields: &Map<String, Value>, flat: &mut Map<String, Value>) {
    for (name, value) in fields {
        let path = format!("{above}{name}");
        if let Value::Object(inner) = value {
            flatten(&format!("{path}."), inner, flat);
        }
        flat.insert(path, value.clone());
    }
}

/// A value of OTLP.
fn any_value(value: &Value) -> Value {
    let Some(fields) = value.as_object() else {
        return value.clone();
    };
    let of = |name: &str| fields.get(name);
    if let Some(text) = of("stringValue") {
        return text.clone();
    }
    if let Some(number) = of("intValue") {
        let parsed = number.as_str().and_then(|text| text.parse::<i64>().ok());
        return parsed.map_or_else(|| number.clone(), Value::from);
    }
    if let Some(plain) = of("doubleValue").or_else(|| of("boolValue")) {
        return plain.clone();
    }
    if let Some(items) = value
        .pointer("/arrayValue/values")
        .and_then(Value::as_array)
    {
        return Value::Array(items.iter().map(any_value).collect());
    }
    if let Some(pairs) = value.pointer("/kvlistValue/values") {
        return Value::Object(attributes(pairs));
    }
    value.clone()
}

fn row(id: String, mut spans: Vec<Span>) -> Option<Map<String, Value>> {
    // The outermost first: it asked what the person asked.
    spans.sort_by_key(|span| span.parent.is_some());
    let find = |names: &[&str]| {
        let all = spans
            .iter()
            .flat_map(|span| names.iter().map(move |name| (span, name)));
        all.into_iter()
            .find_map(|(span, name)| span.attributes.get(*name))
    };
    let mut made = Map::new();
    let (history, asked) = question(find(&QUESTIONS)?)?;
    made.insert("id".to_owned(), id.into());
    made.insert("question".to_owned(), asked.into());
    made.insert("history".to_owned(), Value::Array(history));
    let root = spans.first()?;
    match (&root.failed, find(&ANSWERS).and_then(answer)) {
        (Some(why), _) => made.insert("error".to_owned(), why.clone().into()),
        (None, Some(said)) => made.insert("answer".to_owned(), said.into()),
        (None, None) => made.insert("error".to_owned(), "the trace holds no answer".into()),
    };
    let passages: Vec<Value> = spans.iter().filter_map(retrieved).flatten().collect();
    if !passages.is_empty() {
        made.insert("passages".to_owned(), Value::Array(passages));
    }
    for (name, known) in [
        (
            "model",
            &[
                "gen_ai.response.model",
                "gen_ai.request.model",
                "llm.model_name",
            ][..],
        ),
        (
            "input_tokens",
            &["gen_ai.usage.input_tokens", "llm.token_count.prompt"],
        ),
        (
            "output_tokens",
            &["gen_ai.usage.output_tokens", "llm.token_count.completion"],
        ),
    ] {
        if let Some(value) = find(known) {
            made.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(nanos) = root.nanos {
        made.insert("latency_ms".to_owned(), (nanos / 1_000_000).into());
    }
    Some(made)
}

/// The documents of a retrieval: a list, JSON in a text, or OpenInference's numbered names.
fn retrieved(span: &Span) -> Option<Vec<Value>> {
    for name in PASSAGES {
        match span.attributes.get(name) {
            Some(Value::Array(items)) => return Some(items.clone()),
            Some(Value::String(text)) => return serde_json::from_str(text).ok(),
            _ => {}
        }
    }
    let mut documents = Vec::new();
    for index in 0.. {
        let of = |end: &str| {
            let name = format!("retrieval.documents.{index}.document.{end}");
            span.attributes.get(&name).cloned()
        };
        let Some(content) = of("content") else { break };
        let id = of("id").unwrap_or(Value::Null);
        documents.push(serde_json::json!({"text": content, "id": id}));
    }
    (!documents.is_empty()).then_some(documents)
}

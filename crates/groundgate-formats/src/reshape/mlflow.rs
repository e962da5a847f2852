//! MLflow's traces: the passages stand in spans of retrievers.

use serde_json::{Map, Value};

use super::{answer, at, each, question, set};
use crate::table::Record;

/// Traces with our names.
pub(crate) fn traces(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    each(records, |fields| {
        let mut made = Map::new();
        let first = |paths: &[&str]| paths.iter().find_map(|path| at(&fields, path));
        set(
            &mut made,
            "id",
            first(&[
                "tags.groundgate.case",
                "info.trace_id",
                "info.request_id",
                "trace_id",
                "request_id",
            ]),
        );
        let spans = spans(&fields);
        let root = spans.iter().find(|span| {
            span.get("parent_id").is_none_or(Value::is_null)
                && span.get("parent_span_id").is_none_or(Value::is_null)
        });
        let asked = first(&["data.request", "request", "info.request_preview"])
            .cloned()
            .or_else(|| inputs(root?, "mlflow.spanInputs", "inputs"));
        if let Some((history, asked)) = asked.as_ref().and_then(question) {
            made.insert("question".to_owned(), asked.into());
            made.insert("history".to_owned(), Value::Array(history));
        }
        let said = first(&["data.response", "response", "info.response_preview"])
            .cloned()
            .or_else(|| inputs(root?, "mlflow.spanOutputs", "outputs"));
        let state =
            first(&["info.state", "info.status", "state", "status"]).and_then(Value::as_str);
        if state == Some("ERROR") {
            made.insert("error".to_owned(), "the trace ended in an error".into());
        } else if let Some(said) = said.as_ref().and_then(answer) {
            made.insert("answer".to_owned(), said.into());
        }
        set(
            &mut made,
            "latency_ms",
            first(&["info.execution_time_ms", "execution_time_ms"]),
        );
        if let Some(passages) = retrieved(&spans) {
            made.insert("passages".to_owned(), Value::Array(passages));
        }
        made
    })
}

fn spans(fields: &Map<String, Value>) -> Vec<Value> {
    let listed = at(fields, "data.spans").or_else(|| fields.get("spans"));
    match listed {
        Some(Value::Array(spans)) => spans.clone(),
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// An attribute, opened where it is JSON in a text; or the span's field of that name.
fn inputs(span: &Value, attribute: &str, field: &str) -> Option<Value> {
    let value = span
        .get("attributes")
        .and_then(|all| all.get(attribute))
        .or_else(|| span.get(field))?;
    Some(open(value))
}

fn open(value: &Value) -> Value {
    let inner = value
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    inner.unwrap_or_else(|| value.clone())
}

/// What all retrievers returned, in order; `None` where no span is one.
fn retrieved(spans: &[Value]) -> Option<Vec<Value>> {
    let kind = |span: &Value| {
        let kind = inputs(span, "mlflow.spanType", "span_type")?;
        Some(kind.as_str()?.trim_matches('"').to_owned())
    };
    let retrievers: Vec<&Value> = spans
        .iter()
        .filter(|span| kind(span).as_deref() == Some("RETRIEVER"))
        .collect();
    if retrievers.is_empty() {
        return None;
    }
    let found = retrievers
        .into_iter()
        .filter_map(|span| inputs(span, "mlflow.spanOutputs", "outputs"));
    let lists = found.filter_map(|value| match value {
        Value::Array(items) => Some(items),
        _ => None,
    });
    Some(lists.flatten().collect())
}

//! MLflow's traces: the passages stand in spans of retrievers.

use groundgate_model::mlflow::{State, Trace};
use serde_json::{Map, Value, json};

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
        let trace = Trace::read(&Value::Object(fields.clone()));
        let root = trace.root();
        let asked = first(&["data.request", "request"])
            .or_else(|| root?.inputs())
            .or_else(|| at(&fields, "info.request_preview"));
        if let Some((history, asked)) = asked.and_then(question) {
            made.insert("question".to_owned(), asked.into());
            made.insert("history".to_owned(), Value::Array(history));
        }
        // A preview may be cut: it is the last that is believed.
        let said = first(&["data.response", "response"])
            .or_else(|| root?.outputs())
            .or_else(|| at(&fields, "info.response_preview"));
        if trace.info.state == State::Error {
            let why = trace.failure().map(|why| format!(": {why}"));
            let why = format!("the trace ended in an error{}", why.unwrap_or_default());
            made.insert("error".to_owned(), why.into());
        } else if let Some(said) = said.and_then(answer) {
            made.insert("answer".to_owned(), said.into());
        }
        set(
            &mut made,
            "latency_ms",
            trace.info.duration_ms.map(Value::from).as_ref(),
        );
        if let Some(passages) = trace.passages() {
            made.insert("passages".to_owned(), json!(passages));
        }
        made
    })
}

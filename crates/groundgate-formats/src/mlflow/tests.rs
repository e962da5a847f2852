//! Traces as trials.

use groundgate_model::mlflow::Trace;
use serde_json::{Value, json};

use super::*;
use crate::row::Given;

fn span(id: &str, parent: Option<&str>, kind: &str, outputs: &Value) -> Value {
    json!({"span_id": id, "parent_span_id": parent, "name": kind.to_lowercase(),
        "attributes": {"mlflow.spanType": json!(kind).to_string(),
            "mlflow.spanInputs": json!({"question": "How much?"}).to_string(),
            "mlflow.spanOutputs": outputs.to_string()}})
}

fn whole() -> Value {
    json!({"info": {"trace_id": "tr-1", "state": "OK", "execution_duration": "0.5s",
        "trace_metadata": {"mlflow.trace.session": "s",
            "mlflow.trace.tokenUsage": "{\"input_tokens\": 5, \"output_tokens\": 2}"},
        "tags": {"area": "fees"}},
    "data": {"spans": [
        span("a", None, "AGENT", &json!("7 EUR.")),
        span("b", Some("a"), "RETRIEVER", &json!([{"page_content": "It is 7 EUR.", "id": "d"}])),
    ]}})
}

/// A change of a whole trace, what it then lacks, and whether it has an answer and passages.
type Changed = (fn(&mut Value), &'static str, bool, bool);

fn read(trace: &Value) -> TraceRow {
    trace_row(&Trace::read(trace), None, &Reading::default())
}

#[test]
fn a_whole_trace_is_a_whole_trial() {
    let reading = Reading {
        tags: vec!["area".to_owned()],
        ..Reading::default()
    };
    let found = trace_row(&Trace::read(&whole()), None, &reading);
    assert_eq!(found.lacks, []);
    let row = found.row;
    assert_eq!(
        (row.question.as_str(), row.answer.as_deref()),
        ("How much?", Some("7 EUR."))
    );
    assert_eq!(row.passages.unwrap()[0].text, "It is 7 EUR.");
    assert_eq!(
        (row.latency_ms, row.input_tokens, row.output_tokens),
        (Some(500), Some(5), Some(2))
    );
    assert_eq!(row.cluster.as_deref(), Some("session s"));
    assert_eq!(row.tags.get("area").map(String::as_str), Some("fees"));
}

#[test]
fn what_a_trace_lacks_is_named_and_it_stays_a_trial() {
    let names =
        |trace: &Value| -> Vec<&'static str> { read(trace).lacks.iter().map(Lack::name).collect() };
    let changed = |change: fn(&mut Value)| {
        let mut trace = whole();
        change(&mut trace);
        let row = read(&trace).row;
        (names(&trace), row.answer.is_some(), row.passages.is_some())
    };
    let cases: [Changed; 7] = [
        (
            |t| t["info"]["state"] = json!("ERROR"),
            "failed",
            false,
            true,
        ),
        (
            |t| t["info"]["state"] = json!("IN_PROGRESS"),
            "unfinished",
            false,
            true,
        ),
        (
            |t| t["data"]["spans"][0]["parent_span_id"] = json!("z"),
            "cut",
            false,
            true,
        ),
        (
            |t| t["data"]["spans"][0]["attributes"]["mlflow.spanOutputs"] = json!("\" \""),
            "no-answer",
            false,
            true,
        ),
        (
            |t| t["data"]["spans"][1]["attributes"]["mlflow.spanType"] = json!("\"TOOL\""),
            "no-retriever",
            true,
            false,
        ),
        (
            |t| t["data"]["spans"][1]["attributes"]["mlflow.spanOutputs"] = json!("{\"x\": 1}"),
            "no-documents",
            true,
            false,
        ),
        (
            |t| t["data"]["spans"][0]["attributes"]["mlflow.spanInputs"] = json!("{}"),
            "no-question",
            true,
            true,
        ),
    ];
    for (change, name, answered, retrieved) in cases {
        let (names, has_answer, has_passages) = changed(change);
        assert!(names.contains(&name), "{name}: {names:?}");
        assert_eq!((has_answer, has_passages), (answered, retrieved), "{name}");
    }
}

#[test]
fn a_trace_without_spans_has_no_answer_although_its_head_shows_one() {
    let head = json!({"trace_id": "tr-1", "state": "OK", "request_preview": "{\"question\": \"How?\"}",
        "response_preview": "So."});
    let found = trace_row(
        &Trace::read(&head),
        Some(Lack::Deleted),
        &Reading::default(),
    );
    assert_eq!(found.row.question, "How?");
    assert_eq!(found.row.answer, None);
    assert!(found.row.error.unwrap().contains("deleted"));
}

#[test]
fn a_judge_that_failed_has_not_scored() {
    let mut trace = whole();
    let one = |name: &str, kind: &str, feedback: Value| {
        json!({"assessment_name": name, "feedback": feedback,
        "source": {"source_type": kind, "source_id": "j"}})
    };
    trace["info"]["assessments"] = json!([
        one("g", "LLM_JUDGE", json!({"value": "yes"})),
        one("spans", "CODE", json!({"value": 1.0})),
        one("spans", "CODE", json!({"value": 0.5})),
        one("half", "CODE", json!({"value": "yes"})),
        one("half", "CODE", json!({"error": {"error_code": "E"}})),
        one("g", "HUMAN", json!({"value": false})),
    ]);
    let found = read(&trace);
    let value = |name: &str| found.row.scores.get(name).copied();
    assert_eq!(value("g"), Some(Given::Number(1.0)));
    assert_eq!(value("spans"), Some(Given::Number(0.75)));
    assert_eq!(value("half"), Some(Given::Missing));
    assert_eq!(found.human.len(), 1);
    assert_eq!(
        (found.human[0].value, found.human[0].rater.as_str()),
        (Some(0.0), "j")
    );
}

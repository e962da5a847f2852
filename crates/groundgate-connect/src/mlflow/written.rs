//! Traces and assessments that we write: under ids of our own, so that writing them again changes nothing.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Map, Value, json};

use super::{
    error::TrackingError,
    runs::RunHead,
    search::id,
    server::{Experiment, TrackingServer},
};

/// Traces in one upload of spans.
const BATCH: usize = 20;
/// Calls at a time.
const AT_ONCE: usize = 8;

/// One step of a trace that we write.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// 16 hexadecimal digits.
    pub id: String,
    /// The step around it.
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
    /// `AGENT`, `RETRIEVER`.
    pub kind: &'static str,
    /// What went in.
    pub inputs: Value,
    /// What came out.
    pub outputs: Value,
    /// Why it failed, where it did.
    pub failure: Option<String>,
}

/// What is wrong with a score that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Its name.
    pub code: String,
    /// In a sentence.
    pub message: String,
}

/// One assessment that we write.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenAssessment {
    /// Its id: `a-` and 32 hexadecimal digits.
    pub id: String,
    /// What was judged.
    pub name: String,
    /// What was found, or why nothing was.
    pub value: Result<Value, Wrong>,
    /// Whether a language model judged, and not code.
    pub by_model: bool,
    /// Who judged.
    pub source: String,
    /// Why.
    pub rationale: String,
    /// What else there is to say.
    pub metadata: Vec<(String, String)>,
}

/// A trace that is to be there, with what is said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenTrace {
    /// `tr-` and 32 hexadecimal digits.
    pub id: String,
    /// Its steps; empty where it is the copilot's own, which is not written again.
    pub steps: Vec<Step>,
    /// What the caller named it.
    pub client_request_id: String,
    /// When it began and how long it took, in milliseconds.
    pub began_ms: i64,
    /// How long it took.
    pub took_ms: i64,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// What was asked, for lists.
    pub request: String,
    /// What was answered, for lists.
    pub response: String,
    /// What is said of it.
    pub assessments: Vec<WrittenAssessment>,
}

impl WrittenTrace {
    /// Whether it is ours, and no trace of the copilot's.
    pub const fn is_ours(&self) -> bool {
        !self.steps.is_empty()
    }
}

impl TrackingServer {
    /// Writes traces of ours with what is said of them, and says what is said of others. `there` names the
    /// assessments that are there already.
    pub async fn write_traces(
        &self,
        experiment: &Experiment,
        run: &RunHead,
        traces: &[WrittenTrace],
    ) -> Result<(), TrackingError> {
        let headers = [
            ("x-mlflow-experiment-id", experiment.id.as_str()),
            ("x-mlflow-run-id", run.id.as_str()),
        ];
        let uploads = self.with_headers(&headers)?;
        let batches = traces.chunks(BATCH).map(|batch| {
            let uploads = &uploads;
            async move {
                uploads.tell("v1/traces", &spans(batch)).await?;
                for trace in batch {
                    let body = json!({"trace": {"trace_info": info(experiment, run, trace)}});
                    self.post("api/3.0/mlflow/traces", &body).await?;
                }
                Ok::<(), TrackingError>(())
            }
        });
        stream::iter(batches)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Says one by one what is said of traces.
    pub async fn assess(
        &self,
        run: &RunHead,
        missing: &[(&str, &WrittenAssessment)],
    ) -> Result<(), TrackingError> {
        let calls = missing.iter().map(|(trace, one)| async move {
            let path = format!("api/3.0/mlflow/traces/{trace}/assessments");
            let body = json!({"assessment": assessment(trace, run, one)});
            match self.post(&path, &body).await {
                Ok(_) => Ok(()),
                // Its id is taken: it is there.
                Err(unanswered) if matches!(unanswered.status, Some(400 | 409 | 500)) => {
                    let path = format!("{path}/{}", one.id);
                    self.get(&path, &[])
                        .await
                        .map(drop)
                        .map_err(|_not_there| unanswered.into())
                }
                Err(unanswered) => Err(TrackingError::from(unanswered)),
            }
        });
        stream::iter(calls)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Ids of a run's traces, each with the ids of what is said of it.
    pub async fn written(
        &self,
        experiment: &Experiment,
        run: &RunHead,
    ) -> Result<Vec<(String, Vec<String>)>, TrackingError> {
        let search = super::search::Search {
            experiment,
            filter: &format!("attributes.run_id = '{}'", run.id),
            at_most: usize::MAX,
        };
        let page = self.search(&search).await?;
        let said = |head: &Value| {
            let all = head.get("assessments").and_then(Value::as_array);
            let ids = all
                .into_iter()
                .flatten()
                .filter_map(|one| one.get("assessment_id")?.as_str());
            ids.map(str::to_owned).collect()
        };
        let heads = page.heads.iter();
        Ok(heads
            .map(|head| (id(head).to_owned(), said(head)))
            .collect())
    }
}

fn spans(traces: &[WrittenTrace]) -> Value {
    let spans: Vec<Value> = traces
        .iter()
        .flat_map(|trace| trace.steps.iter().map(|step| span(trace, step)))
        .collect();
    let scope = json!({"scope": {"name": "groundgate"}, "spans": spans});
    json!({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [scope]}]})
}

fn span(trace: &WrittenTrace, step: &Step) -> Value {
    let nanos = |ms: i64| (i128::from(ms) * 1_000_000).to_string();
    let attribute = |key: &str, value: &Value| json!({"key": key, "value": typed(value)});
    let mut span = json!({
        "traceId": trace.id.trim_start_matches("tr-"),
        "spanId": step.id,
        "name": step.name,
        "kind": 1,
        "startTimeUnixNano": nanos(trace.began_ms),
        "endTimeUnixNano": nanos(trace.began_ms.saturating_add(trace.took_ms)),
        "status": match &step.failure {
            Some(why) => json!({"code": 2, "message": why}),
            None => json!({"code": 1}),
        },
        "attributes": [
            attribute("mlflow.spanType", &json!(step.kind)),
            attribute("mlflow.spanInputs", &step.inputs),
            attribute("mlflow.spanOutputs", &step.outputs),
        ],
    });
    if let (Some(parent), Some(fields)) = (&step.parent, span.as_object_mut()) {
        fields.insert("parentSpanId".to_owned(), json!(parent));
    }
    span
}

/// A plain value as OpenTelemetry types it.
fn typed(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(yes) => json!({"boolValue": yes}),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => json!({"intValue": whole.to_string()}),
            None => json!({"doubleValue": number}),
        },
        Value::String(text) => json!({"stringValue": text}),
        Value::Array(items) => {
            let values: Vec<Value> = items.iter().map(typed).collect();
            json!({"arrayValue": {"values": values}})
        }
        Value::Object(fields) => {
            let pairs = fields.iter();
            let values: Vec<Value> = pairs
                .map(|(key, value)| json!({"key": key, "value": typed(value)}))
                .collect();
            json!({"kvlistValue": {"values": values}})
        }
    }
}

fn info(experiment: &Experiment, run: &RunHead, trace: &WrittenTrace) -> Value {
    let failed = trace.steps.iter().any(|step| step.failure.is_some());
    let said: Vec<Value> = trace
        .assessments
        .iter()
        .map(|one| assessment(&trace.id, run, one))
        .collect();
    json!({
        "trace_id": trace.id,
        "client_request_id": trace.client_request_id,
        "trace_location": {
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": {"experiment_id": experiment.id},
        },
        "request_time": time(trace.began_ms),
        "execution_duration": format!("{}.{:03}s", trace.took_ms / 1000, trace.took_ms % 1000),
        "state": if failed { "ERROR" } else { "OK" },
        "trace_metadata": {"mlflow.sourceRun": run.id, "mlflow.trace_schema.version": "3"},
        "tags": object(&trace.tags),
        "request_preview": trace.request,
        "response_preview": trace.response,
        "assessments": said,
    })
}

/// RFC 3339, as the server's JSON has times.
fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

fn object(pairs: &[(String, String)]) -> Value {
    let pairs = pairs.iter();
    let fields: Map<String, Value> = pairs
        .map(|(key, value)| (key.clone(), json!(value)))
        .collect();
    Value::Object(fields)
}

fn assessment(trace: &str, run: &RunHead, one: &WrittenAssessment) -> Value {
    let feedback = match &one.value {
        Ok(value) => json!({"value": value}),
        Err(wrong) => json!({"error": {"error_code": wrong.code, "error_message": wrong.message}}),
    };
    let mut metadata = one.metadata.clone();
    metadata.push(("mlflow.assessment.sourceRunId".to_owned(), run.id.clone()));
    json!({
        "assessment_id": one.id,
        "assessment_name": one.name,
        "trace_id": trace,
        "source": {
            "source_type": if one.by_model { "LLM_JUDGE" } else { "CODE" },
            "source_id": one.source,
        },
        "feedback": feedback,
        "rationale": one.rationale,
        "metadata": object(&metadata),
        "valid": true,
    })
}

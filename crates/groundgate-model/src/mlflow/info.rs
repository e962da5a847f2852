//! What a trace says of itself: its head.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    assessment::Assessment,
    span::{opened, word},
};

/// How a trace ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// With an answer.
    Ok,
    /// In an error.
    Error,
    /// Not yet.
    InProgress,
    /// Nobody says.
    Unstated,
}

/// The head of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// The trace's id; empty where it has none.
    pub id: String,
    /// What its caller named it.
    pub client_request_id: Option<String>,
    /// How it ended.
    pub state: State,
    /// How long it took.
    pub duration_ms: Option<u64>,
    /// What may change.
    pub tags: BTreeMap<String, String>,
    /// What is written once.
    pub metadata: BTreeMap<String, String>,
    /// What was asked, perhaps cut.
    pub request_preview: Option<String>,
    /// What was answered, perhaps cut.
    pub response_preview: Option<String>,
    /// What was said of it.
    pub assessments: Vec<Assessment>,
}

impl Info {
    /// Reads a head, in whichever layout.
    pub(super) fn read(head: &Value) -> Self {
        let text = |names: &[&str]| {
            let mut found = names.iter().filter_map(|name| word(head.get(*name)?));
            found.find(|text| !text.is_empty())
        };
        let state = text(&["state", "status"]).unwrap_or_default();
        let assessments = head.get("assessments").map(listed).unwrap_or_default();
        Self {
            id: text(&["trace_id", "request_id"]).unwrap_or_default(),
            client_request_id: text(&["client_request_id"]),
            state: match state.rsplit('.').next().unwrap_or_default() {
                "OK" => State::Ok,
                "ERROR" => State::Error,
                "IN_PROGRESS" => State::InProgress,
                _ => State::Unstated,
            },
            duration_ms: duration(head),
            tags: pairs(head.get("tags")),
            metadata: pairs(
                head.get("trace_metadata")
                    .or_else(|| head.get("request_metadata")),
            ),
            request_preview: text(&["request_preview"]),
            response_preview: text(&["response_preview"]),
            assessments: assessments.iter().filter_map(Assessment::read).collect(),
        }
    }

    /// The conversation that it is a turn of, where it says so.
    pub fn session(&self) -> Option<&str> {
        let session = self.metadata.get("mlflow.trace.session")?;
        (!session.is_empty()).then_some(session)
    }
}

/// A list, perhaps written as JSON in a text.
pub(super) fn listed(value: &Value) -> Vec<Value> {
    match opened(value) {
        Value::Array(items) => items,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Vec::new()
        }
    }
}

/// An object of words, or a list of keys and values; what is no word is written as JSON.
fn pairs(value: Option<&Value>) -> BTreeMap<String, String> {
    let said = |value: &Value| word(value).unwrap_or_else(|| value.to_string());
    match value.map(opened) {
        Some(Value::Object(fields)) => {
            let pairs = fields.iter();
            pairs
                .map(|(key, value)| (key.clone(), said(value)))
                .collect()
        }
        Some(Value::Array(items)) => {
            let pairs = items.iter();
            pairs
                .filter_map(|pair| Some((word(pair.get("key")?)?, said(pair.get("value")?))))
                .collect()
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            BTreeMap::new()
        }
    }
}

/// Milliseconds as a number, or seconds as a text: `0.500s`.
fn duration(head: &Value) -> Option<u64> {
    let names = [
        "execution_duration_ms",
        "execution_time_ms",
        "execution_duration",
    ];
    let said = names.iter().find_map(|name| word(head.get(*name)?))?;
    let (digits, unit) = match said.strip_suffix('s') {
        Some(seconds) => (seconds, 1000.0),
        None => (said.as_str(), 1.0),
    };
    let value: f64 = digits.parse().ok()?;
    let whole = (value * unit).round();
    format!("{whole:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn heads_of_both_versions_are_read() {
        let new = Info::read(
            &json!({"trace_id": "tr-1", "client_request_id": "c", "state": "OK",
            "execution_duration": "0.5s", "tags": {"a": "b"},
            "trace_metadata": {"mlflow.trace.session": "s", "is_truncated": false}}),
        );
        let old = Info::read(
            &json!({"request_id": "tr-1", "status": "OK", "execution_time_ms": 500,
            "tags": [{"key": "a", "value": "b"}],
            "request_metadata": [{"key": "mlflow.trace.session", "value": "s"}]}),
        );
        for info in [&new, &old] {
            assert_eq!((info.id.as_str(), info.state), ("tr-1", State::Ok));
            assert_eq!((info.duration_ms, info.session()), (Some(500), Some("s")));
            assert_eq!(info.tags.get("a").map(String::as_str), Some("b"));
        }
        assert_eq!(new.metadata.get("is_truncated").unwrap(), "false");
        assert_eq!(Info::read(&json!({})).state, State::Unstated);
    }
}

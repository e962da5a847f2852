//! One span of a trace, with its attributes as plain values.

use serde_json::{Map, Value};

/// One step of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its id; empty where it has none.
    pub id: String,
    /// The span around it.
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
    /// Why it failed, where it did.
    pub failure: Option<String>,
    attributes: Map<String, Value>,
}

impl Span {
    /// Reads a span, in whichever layout.
    pub(super) fn read(span: &Value) -> Self {
        let text = |pointer: &str| span.pointer(pointer).and_then(Value::as_str);
        let parent = text("/parent_span_id").or_else(|| text("/parent_id"));
        let mut attributes = attributes(span.get("attributes"));
        // Rows of `search_traces` name them beside the attributes.
        for (field, attribute) in [
            ("span_type", "mlflow.spanType"),
            ("inputs", "mlflow.spanInputs"),
            ("outputs", "mlflow.spanOutputs"),
        ] {
            if let (false, Some(value)) = (attributes.contains_key(attribute), span.get(field)) {
                attributes.insert(attribute.to_owned(), opened(value));
            }
        }
        let id = text("/span_id").or_else(|| text("/context/span_id"));
        Self {
            id: id.unwrap_or_default().to_owned(),
            parent: parent.filter(|id| !id.is_empty()).map(str::to_owned),
            name: text("/name").unwrap_or_default().to_owned(),
            failure: failure(span),
            attributes,
        }
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
    }

    /// `RETRIEVER`, `AGENT`, `TOOL`; empty where nobody says.
    pub fn kind(&self) -> &str {
        let kind = self.attribute("mlflow.spanType").and_then(Value::as_str);
        kind.unwrap_or_default()
    }

    /// What went in.
    pub fn inputs(&self) -> Option<&Value> {
        self.attribute("mlflow.spanInputs")
            .filter(|value| !value.is_null())
    }

    /// What came out.
    pub fn outputs(&self) -> Option<&Value> {
        self.attribute("mlflow.spanOutputs")
            .filter(|value| !value.is_null())
    }
}

/// Why a span failed: its status, and what its exception said.
fn failure(span: &Value) -> Option<String> {
    let text = |pointer: &str| span.pointer(pointer).and_then(Value::as_str);
    let code = text("/status/code").or_else(|| text("/status_code"))?;
    if !code.ends_with("ERROR") {
        return None;
    }
    let said = text("/status/message").or_else(|| text("/status_message"));
    let events = span.get("events").and_then(Value::as_array);
    let mut thrown = events.into_iter().flatten().filter_map(|event| {
        let attributes = attributes(event.get("attributes"));
        attributes
            .get("exception.message")
            .and_then(Value::as_str)
            .map(str::to_owned)
    });
    let said = said.filter(|said| !said.is_empty()).map(str::to_owned);
    Some(said.or_else(|| thrown.next()).unwrap_or_default())
}

/// Attributes as an object of JSON in texts, or as the server's list of keys and typed values.
fn attributes(value: Option<&Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(fields)) => {
            let pairs = fields.iter();
            pairs
                .map(|(key, value)| (key.clone(), opened(value)))
                .collect()
        }
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| {
                let key = item.get("key")?.as_str()?.to_owned();
                Some((key, typed(item.get("value").unwrap_or(&Value::Null))))
            })
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            Map::new()
        }
    }
}

/// A value of OpenTelemetry in JSON, as the plain value that it is.
fn typed(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|fields| fields.iter().next()) else {
        return Value::Null;
    };
    let values = || {
        inner
            .get("values")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    match kind.as_str() {
        "string_value" | "stringValue" => structured(inner),
        "array_value" | "arrayValue" => values().map(typed).collect(),
        "kvlist_value" | "kvlistValue" => {
            let pairs = values().filter_map(|pair| {
                let key = pair.get("key")?.as_str()?.to_owned();
                Some((key, typed(pair.get("value").unwrap_or(&Value::Null))))
            });
            Value::Object(pairs.collect())
        }
        _ => inner.clone(),
    }
}

/// A text that holds an object or a list is that; every other text is itself.
fn structured(value: &Value) -> Value {
    let begins = value
        .as_str()
        .is_some_and(|text| text.starts_with(['{', '[']));
    if begins { opened(value) } else { value.clone() }
}

/// JSON in a text, sometimes twice; a text that is no JSON is itself.
pub(super) fn opened(value: &Value) -> Value {
    let mut value = value.clone();
    for _ in 0..2 {
        let inner = value
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok());
        let Some(inner) = inner else { break };
        value = inner;
    }
    value
}

/// A text or a number as a word.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_span_is_the_same_in_every_layout() {
        let documents = json!([{"page_content": "a", "id": "1"}]);
        let file = Span::read(&json!({"span_id": "s", "parent_span_id": null, "name": "n",
            "status": {"code": "STATUS_CODE_OK", "message": ""},
            "attributes": {"mlflow.spanType": "\"RETRIEVER\"", "mlflow.spanOutputs": documents.to_string()}}));
        let old = Span::read(
            &json!({"context": {"span_id": "s"}, "parent_id": null, "name": "n",
            "status_code": "OK",
            "attributes": {"mlflow.spanType": "\"RETRIEVER\"", "mlflow.spanOutputs": documents.to_string()}}),
        );
        let of_text = |key: &str, text: &str| json!({"key": key, "value": {"string_value": text}});
        let server = Span::read(&json!({"span_id": "s", "name": "n",
        "status": {"code": "STATUS_CODE_OK"},
        "attributes": [
            of_text("mlflow.spanType", "RETRIEVER"),
            {"key": "mlflow.spanOutputs", "value": {"array_value": {"values": [{"kvlist_value": {"values": [
                of_text("page_content", "a"), of_text("id", "1")]}}]}}}]}));
        for span in [&old, &server] {
            assert_eq!(span, &file);
        }
        assert_eq!(file.outputs(), Some(&documents));
    }

    #[test]
    fn why_a_span_failed_is_what_its_exception_said() {
        let event = json!({"name": "exception", "attributes": [
            {"key": "exception.message", "value": {"string_value": "index is gone"}}]});
        for (span, expected) in [
            (
                json!({"status": {"code": "STATUS_CODE_ERROR", "message": "late"}}),
                Some("late"),
            ),
            (
                json!({"status": {"code": "STATUS_CODE_ERROR"}, "events": [event]}),
                Some("index is gone"),
            ),
            (json!({"status_code": "ERROR"}), Some("")),
            (json!({"status": {"code": "STATUS_CODE_OK"}}), None),
        ] {
            assert_eq!(Span::read(&span).failure.as_deref(), expected, "{span}");
        }
    }
}

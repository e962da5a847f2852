//! What the body of an error reply says, in the forms that providers use.

use serde_json::Value;

use super::json::{self, excerpt};

/// An error as a body states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    /// `insufficient_quota`, `REQUEST_LIMIT_EXCEEDED`, `overloaded_error`.
    pub(crate) code: Option<String>,
    /// For people; cut and escaped.
    pub(crate) message: String,
}

/// Kinds of errors that a gateway names in its message.
const GATEWAY_KINDS: [&str; 1] = ["ContentPolicyViolationError"];

/// Reads a body: OpenAI's and Anthropic's `error` object, Databricks' `error_code` and `message`,
/// plain `error`, `detail` or `message` texts; anything else is quoted as it is.
pub(crate) fn read(body: &[u8]) -> ErrorBody {
    json::parse(body)
        .ok()
        .and_then(|value| from_json(&value))
        .unwrap_or_else(|| ErrorBody {
            code: None,
            message: excerpt(body),
        })
}

/// The error that a JSON value states; nothing where it states none.
pub(crate) fn from_json(value: &Value) -> Option<ErrorBody> {
    let text = |value: &Value, name: &str| {
        let text = value.get(name)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let first = |value: &Value, names: &[&str]| names.iter().find_map(|name| text(value, name));
    let (code, message) = match value.get("error") {
        Some(error @ Value::Object(_)) => (
            first(error, &["code", "type", "status"]),
            first(error, &["message"]).unwrap_or_else(|| error.to_string()),
        ),
        Some(Value::String(error)) if !error.is_empty() => (
            Some(error.clone()),
            first(value, &["error_description", "message"]).unwrap_or_else(|| error.clone()),
        ),
        Some(_) | None => (
            first(value, &["error_code", "errorCode", "code"]),
            first(value, &["message", "errorSummary", "detail"])?,
        ),
    };
    // LiteLLM names the kind of its error in the message alone.
    let named = GATEWAY_KINDS.iter().find(|kind| message.contains(**kind));
    Some(ErrorBody {
        code: named.map(|kind| (*kind).to_owned()).or(code),
        message: excerpt(message.as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_providers_form_is_read() {
        for (body, code, message) in [
            (
                r#"{"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}"#,
                Some("rate_limit_exceeded"),
                "Slow down",
            ),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                Some("overloaded_error"),
                "Overloaded",
            ),
            (
                r#"{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"too many"}"#,
                Some("REQUEST_LIMIT_EXCEEDED"),
                "too many",
            ),
            (
                r#"{"error":"invalid_client","error_description":"no such client"}"#,
                Some("invalid_client"),
                "no such client",
            ),
            (
                r#"{"error":"model not found"}"#,
                Some("model not found"),
                "model not found",
            ),
            (r#"{"detail":"Not Found"}"#, None, "Not Found"),
            ("ERROR_CODE: text\n", None, "ERROR_CODE: text"),
            ("", None, ""),
            (r#"{"unknown":1}"#, None, r#"{"unknown":1}"#),
        ] {
            let expected = ErrorBody {
                code: code.map(str::to_owned),
                message: message.to_owned(),
            };
            assert_eq!(read(body.as_bytes()), expected, "{body}");
        }
    }
}

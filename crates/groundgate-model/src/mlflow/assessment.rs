//! What somebody said of a trace: people, judges and code.

use serde_json::Value;

use super::span::word;

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// A person.
    Human,
    /// A language model.
    LlmJudge,
    /// A function.
    Code,
    /// The server does not say, or says it in a word of another version.
    Unstated,
}

impl SourceKind {
    fn named(name: &str) -> Self {
        match name {
            "HUMAN" => Self::Human,
            "LLM_JUDGE" | "AI_JUDGE" => Self::LlmJudge,
            "CODE" => Self::Code,
            _ => Self::Unstated,
        }
    }

    /// As MLflow writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "HUMAN",
            Self::LlmJudge => "LLM_JUDGE",
            Self::Code => "CODE",
            Self::Unstated => "SOURCE_TYPE_UNSPECIFIED",
        }
    }
}

/// What was said.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A score, a word, a list.
    Feedback(Value),
    /// Whoever should have said something failed.
    Failed(String),
    /// What a right answer would be: nothing about this one.
    Expectation(Value),
}

/// One assessment.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Its id at the server; empty where there is none.
    pub id: String,
    /// What was judged.
    pub name: String,
    /// Who.
    pub kind: SourceKind,
    /// Their name; empty where nobody says.
    pub source: String,
    /// Of which span alone, where not of the whole trace.
    pub span: Option<String>,
    /// Which evaluation run made it, where one did.
    pub run: Option<String>,
    /// What.
    pub said: Said,
    /// Why.
    pub rationale: Option<String>,
}

impl Assessment {
    /// Reads one; nothing where it has no name, says nothing, or was replaced by a later one.
    pub(super) fn read(value: &Value) -> Option<Self> {
        if value.get("valid") == Some(&Value::Bool(false)) {
            return None;
        }
        let text = |pointer: &str| value.pointer(pointer).and_then(word);
        Some(Self {
            id: text("/assessment_id").unwrap_or_default(),
            name: text("/assessment_name").or_else(|| text("/name"))?,
            kind: SourceKind::named(&text("/source/source_type").unwrap_or_default()),
            source: text("/source/source_id").unwrap_or_default(),
            span: text("/span_id").filter(|id| !id.is_empty()),
            run: text("/metadata/mlflow.assessment.sourceRunId"),
            said: said(value)?,
            rationale: text("/rationale"),
        })
    }
}

fn said(value: &Value) -> Option<Said> {
    if let Some(feedback) = value.get("feedback") {
        let failed = |name: &str| feedback.pointer(&format!("/error/{name}")).and_then(word);
        if let Some(code) = failed("error_code") {
            let message = failed("error_message").unwrap_or_default();
            return Some(Said::Failed(format!("{code}: {message}")));
        }
        return Some(Said::Feedback(
            feedback.get("value").cloned().unwrap_or(Value::Null),
        ));
    }
    let expectation = value.get("expectation")?;
    let serialized = expectation.pointer("/serialized_value/value");
    let serialized = serialized.and_then(Value::as_str);
    let opened = serialized.and_then(|text| serde_json::from_str(text).ok());
    let plain = || expectation.get("value").cloned().unwrap_or(Value::Null);
    Some(Said::Expectation(opened.unwrap_or_else(plain)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_failures_and_expectations_are_told_apart() {
        let said = |more: Value| {
            let mut value = json!({"assessment_name": "g",
                "source": {"source_type": "LLM_JUDGE", "source_id": "j"}});
            value
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            Assessment::read(&value).map(|one| one.said)
        };
        assert_eq!(
            said(json!({"feedback": {"value": "yes"}})),
            Some(Said::Feedback(json!("yes")))
        );
        assert_eq!(
            said(
                json!({"feedback": {"value": null, "error": {"error_code": "E", "error_message": "late"}}})
            ),
            Some(Said::Failed("E: late".to_owned()))
        );
        assert_eq!(
            said(json!({"expectation": {"serialized_value": {"value": "[\"a\"]"}}})),
            Some(Said::Expectation(json!(["a"])))
        );
        assert_eq!(
            said(json!({"feedback": {"value": 1}, "valid": false})),
            None
        );
        assert_eq!(said(json!({})), None);
    }
}

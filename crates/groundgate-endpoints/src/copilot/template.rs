//! A request body as a JSON value with places for what differs between calls.
//!
//! Places are filled in the parsed value, never in its text: whatever a question holds, it stays
//! inside the string that it was put into, and what it brings is not looked at for more places.

use groundgate_model::eval_set::Case;
use serde_json::{Value, json};

/// A body with places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Template(Value);

/// A template that cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is no JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// A name in double braces that means nothing.
    #[error("the body has the unknown place `{{{{{0}}}}}`")]
    Unknown(String),
    /// A list cannot be a part of a string.
    #[error("the place `{{{{{0}}}}}` is a list and must be the whole string")]
    ListInText(&'static str),
    /// Every call would be the same.
    #[error("the body has no place for the question: `{{{{question}}}}` or `{{{{messages}}}}`")]
    NoQuestion,
}

/// What a place stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Question,
    History,
    Messages,
    CaseId,
    Attempt,
}

impl Place {
    const ALL: [Self; 5] = [
        Self::Question,
        Self::History,
        Self::Messages,
        Self::CaseId,
        Self::Attempt,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::History => "history",
            Self::Messages => "messages",
            Self::CaseId => "case_id",
            Self::Attempt => "attempt",
        }
    }

    fn value(self, case: &Case, attempt: u32) -> Value {
        let history = || {
            case.history
                .iter()
                .map(|turn| json!({"role": turn.role.name(), "content": turn.text}))
        };
        match self {
            Self::Question => json!(case.question),
            Self::History => history().collect(),
            Self::Messages => history()
                .chain([json!({"role": "user", "content": case.question})])
                .collect(),
            Self::CaseId => json!(case.id),
            Self::Attempt => json!(attempt),
        }
    }
}

/// A piece of a string of the template.
enum Piece<'a> {
    Text(&'a str),
    Place(Result<Place, &'a str>),
}

impl Template {
    /// Parses the body and checks every place in it.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| TemplateError::NotJson(error.to_string()))?;
        let mut places = Vec::new();
        check(&value, &mut places)?;
        if !places
            .iter()
            .any(|place| matches!(place, Place::Question | Place::Messages))
        {
            return Err(TemplateError::NoQuestion);
        }
        Ok(Self(value))
    }

    /// The body with its places, as JSON without white space.
    pub(super) fn written(&self) -> String {
        let Self(body) = self;
        body.to_string()
    }

    /// The body for one attempt at one case.
    pub(super) fn fill(&self, case: &Case, attempt: u32) -> Value {
        filled(&self.0, case, attempt)
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, (name, after))) = rest
        .split_once("{{")
        .and_then(|(before, tail)| Some((before, tail.split_once("}}")?)))
    {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let name = name.trim();
        let place = Place::ALL.into_iter().find(|place| place.name() == name);
        pieces.push(Piece::Place(place.ok_or(name)));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn check(value: &Value, places: &mut Vec<Place>) -> Result<(), TemplateError> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::Array(values) => values.iter().try_for_each(|value| check(value, places)),
        Value::Object(fields) => fields.values().try_for_each(|value| check(value, places)),
        Value::String(text) => {
            let pieces = pieces(text);
            let alone = pieces.len() == 1;
            for piece in pieces {
                let Piece::Place(place) = piece else {
                    continue;
                };
                let place = place.map_err(|name| TemplateError::Unknown(name.to_owned()))?;
                if !alone && matches!(place, Place::History | Place::Messages) {
                    return Err(TemplateError::ListInText(place.name()));
                }
                places.push(place);
            }
            Ok(())
        }
    }
}

fn filled(value: &Value, case: &Case, attempt: u32) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::Array(values) => values
            .iter()
            .map(|value| filled(value, case, attempt))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), filled(value, case, attempt)))
            .collect(),
        Value::String(text) => filled_text(text, case, attempt),
    }
}

fn filled_text(text: &str, case: &Case, attempt: u32) -> Value {
    let pieces = pieces(text);
    if let [Piece::Place(Ok(place))] = pieces.as_slice() {
        return place.value(case, attempt);
    }
    let text: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Place(Ok(place)) => {
                let value = place.value(case, attempt);
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            }
            // Checked when the template was parsed.
            Piece::Place(Err(name)) => format!("{{{{{name}}}}}"),
        })
        .collect();
    Value::String(text)
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use groundgate_model::eval_set::{Role, Turn};
    use proptest::prelude::*;

    use super::*;

    pub(in super::super) fn case(id: &str, question: &str) -> Case {
        Case {
            id: id.to_owned(),
            history: vec![Turn {
                role: Role::Assistant,
                text: "Hello".to_owned(),
            }],
            question: question.to_owned(),
            reference_answer: None,
            expected_facts: Vec::new(),
            expected_documents: Vec::new(),
            answerable: None,
            tags: BTreeMap::new(),
            cluster: None,
            critical: false,
        }
    }

    #[test]
    fn places_are_filled_with_values() {
        let template = Template::parse(
            r#"{"q": "{{question}}", "h": "{{ history }}", "m": ["{{messages}}"],
                "id": "run-{{case_id}}-{{attempt}}", "n": "{{attempt}}", "top_k": 5, "x": "{{"}"#,
        )
        .unwrap();
        let body = template.fill(&case("c1", "Why \"not\"?"), 2);
        let turn = json!({"role": "assistant", "content": "Hello"});
        let asked = json!({"role": "user", "content": "Why \"not\"?"});
        assert_eq!(
            body,
            json!({
                "q": "Why \"not\"?", "h": [turn], "m": [[turn, asked]],
                "id": "run-c1-2", "n": 2, "top_k": 5, "x": "{{",
            })
        );
    }

    #[test]
    fn a_template_that_cannot_be_filled_says_why() {
        let fault = |text: &str| Template::parse(text).unwrap_err().to_string();
        assert!(fault("{").starts_with("the body is not JSON: "));
        assert_eq!(
            fault(r#"["{{quest}}"]"#),
            "the body has the unknown place `{{quest}}`"
        );
        assert!(fault(r#"["{{question}} {{history}}"]"#).contains("`{{history}}` is a list"));
        assert!(fault(r#"["{{history}}"]"#).contains("no place for the question"));
    }

    proptest! {
        #[test]
        fn no_question_breaks_out_of_its_place(
            question in r#"(\PC|[{}"\\\x00-\x1f]|\{\{history\}\}|"\}){0,30}"#,
        ) {
            let template = Template::parse(r#"{"a": "{{question}}", "b": "<{{question}}>"}"#).unwrap();
            let body = template.fill(&case("c", &question), 0);
            let read: Value = serde_json::from_str(&body.to_string()).unwrap();
            prop_assert_eq!(read, json!({"a": question, "b": format!("<{question}>")}));
        }
    }
}

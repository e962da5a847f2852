//! Finding things in a reply by JSONPath (RFC 9535), as settings say where they are.

use groundgate_model::{exchange::Passage, manifest::Manifest};
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::transport::Fault;

/// A path that is no JSONPath.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a JSONPath: {cause}")]
pub struct PathError {
    /// The path as it was written.
    pub path: String,
    /// What is wrong with it, and where.
    pub cause: String,
}

/// Parses one path.
pub(super) fn path(text: &str) -> Result<JsonPath, PathError> {
    JsonPath::parse(text).map_err(|error| PathError {
        path: text.to_owned(),
        cause: error.to_string(),
    })
}

/// Parses a path that may be left out.
pub(super) fn optional_path(text: Option<&str>) -> Result<Option<JsonPath>, PathError> {
    text.map(path).transpose()
}

/// Where the passages of a reply are and what they are made of.
#[derive(Debug, Clone)]
pub struct PassagePaths {
    passages: JsonPath,
    text: JsonPath,
    id: Option<JsonPath>,
    source: Option<JsonPath>,
}

impl PassagePaths {
    /// `passages` leads from the reply to the list of passages, or to each of them. Leading to the
    /// list is better: an empty list then means that nothing was retrieved, whereas no list means
    /// that the reply does not show it. `text`, `id` and `source` lead on from one passage; a
    /// passage that is a string is its own text.
    pub fn new(
        passages: &str,
        text: &str,
        id: Option<&str>,
        source: Option<&str>,
    ) -> Result<Self, PathError> {
        Ok(Self {
            passages: path(passages)?,
            text: path(text)?,
            id: optional_path(id)?,
            source: optional_path(source)?,
        })
    }

    /// The paths as they were understood.
    pub(super) fn manifest(&self) -> Manifest {
        Manifest::default()
            .with("passages", self.passages.to_string())
            .with("text", self.text.to_string())
            .with_some("id", self.id.as_ref().map(JsonPath::to_string))
            .with_some("source", self.source.as_ref().map(JsonPath::to_string))
    }

    /// All passages of a reply, in its order; `None` where the path leads nowhere. A passage
    /// without a text is an error: leaving it out would judge the answer by less than was read.
    pub(super) fn find(&self, replies: &[Value]) -> Result<Option<Vec<Passage>>, Fault> {
        let mut nodes = replies
            .iter()
            .flat_map(|reply| self.passages.query(reply).all())
            .filter(|node| !node.is_null())
            .peekable();
        if nodes.peek().is_none() {
            return Ok(None);
        }
        let elements = nodes.flat_map(|node| match node {
            Value::Array(elements) => elements.iter().collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => vec![node],
        });
        let passages: Result<Vec<_>, _> = elements
            .enumerate()
            .map(|(index, element)| self.passage(index, element))
            .collect();
        passages.map(Some)
    }

    fn passage(&self, index: usize, element: &Value) -> Result<Passage, Fault> {
        if let Value::String(text) = element {
            return Ok(Passage {
                id: None,
                text: text.clone(),
                source: None,
            });
        }
        let text = match self.text.query(element).first() {
            // Nothing was read there, and that is said.
            Some(Value::Null) => Some(""),
            found => found.and_then(Value::as_str),
        };
        let text = text.ok_or_else(|| {
            Fault::malformed(format!(
                "passage {} has no text at `{}`",
                index + 1,
                self.text
            ))
        })?;
        Ok(Passage {
            id: first_word(self.id.as_ref(), element),
            text: text.to_owned(),
            source: first_word(self.source.as_ref(), element),
        })
    }
}

/// The first string or number at a path, as text.
pub(super) fn first_word(path: Option<&JsonPath>, value: &Value) -> Option<String> {
    path?.query(value).iter().find_map(|node| match node {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// The last count at a path in a list of replies: streams repeat and correct their usage.
pub(super) fn last_count(path: Option<&JsonPath>, replies: &[Value]) -> Option<u64> {
    let path = path?;
    replies
        .iter()
        .rev()
        .find_map(|reply| path.query(reply).iter().find_map(|node| node.as_u64()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(reply: Value) -> Result<Option<Vec<Passage>>, Fault> {
        PassagePaths::new(
            "$.docs",
            "$.body",
            Some("$.meta.id"),
            Some("$.meta['doc uri']"),
        )
        .unwrap()
        .find(&[reply])
    }

    fn passage(id: Option<&str>, text: &str, source: Option<&str>) -> Passage {
        Passage {
            id: id.map(str::to_owned),
            text: text.to_owned(),
            source: source.map(str::to_owned),
        }
    }

    #[test]
    fn passages_are_found_with_their_parts() {
        let reply = json!({"docs": [
            {"body": "a", "meta": {"id": 7, "doc uri": "kb/a.md"}},
            {"body": "", "meta": {"id": null}},
            "plain",
        ]});
        let expected = vec![
            passage(Some("7"), "a", Some("kb/a.md")),
            passage(None, "", None),
            passage(None, "plain", None),
        ];
        assert_eq!(find(reply), Ok(Some(expected)));
    }

    #[test]
    fn nothing_retrieved_is_not_nothing_shown() {
        assert_eq!(find(json!({"docs": []})), Ok(Some(Vec::new())));
        assert_eq!(find(json!({"docs": null})), Ok(None));
        assert_eq!(find(json!({})), Ok(None));
    }

    #[test]
    fn a_passage_without_text_is_an_error() {
        for element in [
            json!({"body": 7}),
            json!({}),
            json!(1),
            json!(null),
            json!([]),
        ] {
            let fault = find(json!({"docs": ["a", element]})).unwrap_err();
            assert_eq!(fault.message, "passage 2 has no text at `$.body`");
        }
    }

    #[test]
    fn a_passage_whose_text_is_null_is_an_empty_one() {
        let found = find(json!({"docs": ["a", {"body": null}]}))
            .unwrap()
            .unwrap();
        let texts: Vec<&str> = found.iter().map(|passage| passage.text.as_str()).collect();
        assert_eq!(texts, ["a", ""]);
    }

    #[test]
    fn a_path_that_is_none_is_named() {
        let error = path("$.a[").unwrap_err();
        assert!(
            error.to_string().starts_with("`$.a[` is not a JSONPath: "),
            "{error}"
        );
    }
}

//! Passages in the forms in which retrievers write them.

use groundgate_model::exchange::Passage;
use serde_json::{Map, Value};

/// Names of a passage's text, the surest first.
const TEXTS: [&str; 12] = [
    "text",
    "content",
    "page_content",
    "page_snippet",
    "snippet",
    "chunk",
    "passage",
    "document_content",
    "document.content",
    "paragraph_text",
    "body",
    "value",
];

const IDS: [&str; 9] = [
    "id",
    "doc_id",
    "document_id",
    "document.id",
    "doc_uri",
    "chunk_id",
    "document_name",
    "name",
    "idx",
];

const SOURCES: [&str; 8] = [
    "source",
    "url",
    "page_url",
    "uri",
    "title",
    "page_name",
    "doc_uri",
    "path",
];

/// Objects in which the passage itself lies.
const INNER: [&str; 4] = ["document", "node", "metadata", "chunk"];

/// The passages of a value that is a list, an object or a text of one; how many were blank; or what is wrong.
pub(crate) fn passages(items: &[Value]) -> Result<(Vec<Passage>, usize), String> {
    let mut made = Vec::new();
    let mut n_blank = 0;
    for (index, item) in items.iter().enumerate() {
        let passage = passage(item).map_err(|why| format!("passage {}: {why}", index + 1))?;
        match passage {
            Some(passage) => made.push(passage),
            None => n_blank += 1,
        }
    }
    Ok((made, n_blank))
}

fn passage(item: &Value) -> Result<Option<Passage>, String> {
    let of_text = |id: Option<String>, text: &str, source: Option<String>| {
        (!text.trim().is_empty()).then(|| Passage {
            id,
            text: text.to_owned(),
            source,
        })
    };
    match item {
        Value::Null => Ok(None),
        Value::String(text) => Ok(of_text(None, text, None)),
        Value::Object(fields) => {
            let text = text_of(fields).ok_or_else(|| {
                let names: Vec<&str> = fields.keys().map(String::as_str).take(8).collect();
                format!("has no text; its fields are {}", names.join(", "))
            })?;
            let find = |names: &[&str]| names.iter().find_map(|name| label(fields, name));
            Ok(of_text(find(&IDS), &text, find(&SOURCES)))
        }
        // HotpotQA: a title and its sentences.
        Value::Array(pair) => match pair.as_slice() {
            [Value::String(title), Value::Array(sentences)] => {
                let texts: Vec<&str> = sentences.iter().filter_map(Value::as_str).collect();
                Ok(of_text(Some(title.clone()), texts.concat().trim(), None))
            }
            _ => Err("is a list, not a text".to_owned()),
        },
        Value::Bool(_) | Value::Number(_) => Err(format!("is {item}, not a text")),
    }
}

fn text_of(fields: &Map<String, Value>) -> Option<String> {
    let found = TEXTS.iter().find_map(|name| match fields.get(*name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Null) => Some(String::new()),
        _ => None,
    });
    found.or_else(|| {
        let inner = INNER
            .iter()
            .filter_map(|name| fields.get(*name)?.as_object());
        inner.into_iter().find_map(text_of)
    })
}

fn label(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let of = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    fields.get(name).and_then(of).or_else(|| {
        let inner = INNER
            .iter()
            .filter_map(|inner| fields.get(*inner)?.as_object());
        inner
            .into_iter()
            .find_map(|inner| inner.get(name).and_then(of))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_of_retrievers_are_read() {
        let (found, n_blank) = passages(&[
            json!("a"),
            json!({"text": "b", "id": 7, "url": "u"}),
            json!({"page_content": "c", "metadata": {"source": "s.pdf"}}),
            json!({"document": {"content": "d", "id": "x"}, "score": 0.5}),
            json!({"node": {"text": "e"}, "score": 1}),
            json!(["T", ["f1. ", "f2."]]),
            json!({"page_snippet": "", "page_name": "n"}),
            json!(null),
        ])
        .unwrap();
        let texts: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "c", "d", "e", "f1. f2."]);
        let ids: Vec<Option<&str>> = found.iter().map(|one| one.id.as_deref()).collect();
        assert_eq!(ids, [None, Some("7"), None, Some("x"), None, Some("T")]);
        assert_eq!(found[2].source.as_deref(), Some("s.pdf"));
        assert_eq!(n_blank, 2);
        assert!(passages(&[json!({"score": 1})]).is_err());
        assert!(passages(&[json!(3)]).is_err());
    }
}

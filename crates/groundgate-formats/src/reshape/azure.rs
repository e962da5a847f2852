//! Azure's RAG chat evaluator: all passages in one text, each behind its document's name.

use serde_json::{Value, json};

use super::each;
use crate::table::Record;

/// Cuts `context` where every paragraph begins with the name of a file.
pub(crate) fn rag(notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    let cuts = |record: &Record| {
        let text = record.fields.get("context").and_then(Value::as_str);
        text.and_then(cut).is_some()
    };
    if records.iter().any(cuts) {
        let note = "`context` is cut into passages where a document's name begins a paragraph";
        notes.push(note.to_owned());
    }
    each(records, |mut fields| {
        let passages = fields.get("context").and_then(Value::as_str).and_then(cut);
        if let Some(passages) = passages {
            fields.remove("context");
            fields.insert("passages".to_owned(), Value::Array(passages));
        }
        fields
    })
}

fn cut(text: &str) -> Option<Vec<Value>> {
    let mut passages: Vec<(String, String)> = Vec::new();
    for paragraph in text.split("\n\n") {
        if let Some((name, rest)) = named(paragraph) {
            passages.push((name.to_owned(), rest.trim().to_owned()));
        } else {
            let (_, last) = passages.last_mut()?;
            last.push_str("\n\n");
            last.push_str(paragraph);
        }
    }
    let made = passages
        .into_iter()
        .map(|(id, text)| json!({"id": id, "text": text}));
    Some(made.collect())
}

/// `Plan.pdf#page=4:  The fee …`
fn named(paragraph: &str) -> Option<(&str, &str)> {
    let (name, rest) = paragraph.split_once(": ")?;
    let bare = name.split('#').next().unwrap_or(name);
    let (stem, extension) = bare.rsplit_once('.')?;
    let is_name = !stem.is_empty()
        && (2..=5).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && name.len() <= 200
        && !name.contains('\n');
    is_name.then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_with_names_are_passages() {
        let found = cut("a.pdf#page=1:  One.\n\nb.md: Two.\n\nStill two.").unwrap();
        assert_eq!(
            found,
            [
                json!({"id": "a.pdf#page=1", "text": "One."}),
                json!({"id": "b.md", "text": "Two.\n\nStill two."}),
            ]
        );
        assert_eq!(cut("No name: here.\n\nb.md: Two."), None);
    }
}

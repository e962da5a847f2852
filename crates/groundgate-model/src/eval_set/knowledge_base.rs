//! The knowledge base: the documents that answers are to rest on.
//!
//! The linter holds the eval set against it, and the demo copilots search in it. Nothing here is
//! needed to gate.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{jsonl, load::unpacked, piece::Piece};
use crate::{
    diagnostic::{Mistake, MistakeList, Mistakes},
    unit::Digest,
};

/// The documents of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeBase {
    /// In the order of the file; never empty, ids unique.
    pub documents: Vec<Document>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Unique in its knowledge base; what `expected_documents` and passages name.
    pub id: String,
    /// For people; empty where the file has none.
    pub title: String,
    /// What it is about, as the eval set's `product` tag; empty where the file has none.
    pub product: String,
    /// The day of its last change, `2026-03-12`; empty where the file has none.
    pub updated: String,
    /// Paragraphs separated by empty lines; never empty.
    pub text: String,
}

/// As written in files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDocument {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    product: String,
    #[serde(default)]
    updated: String,
    text: String,
}

impl KnowledgeBase {
    /// Reads JSONL, one document a line, decompressed where `file_name` ends in `.gz`. On failure,
    /// every mistake of the file with its line.
    pub fn load(file_name: &str, bytes: &[u8]) -> Result<Self, Mistakes> {
        let bytes = unpacked(file_name, bytes)?;
        let mut mistakes = MistakeList::default();
        let mut documents = Vec::new();
        let mut line_of = BTreeMap::new();
        for piece in jsonl::lines(file_name, &bytes, &mut mistakes) {
            match read(file_name, &piece, &mut line_of) {
                Ok(document) => documents.push(document),
                Err(mistake) => mistakes.push(*mistake),
            }
        }
        if documents.is_empty() && mistakes.is_empty() {
            mistakes.push(Mistake::in_file(
                file_name,
                "knowledge base has no document",
            ));
        }
        mistakes.finish(Self { documents })
    }

    /// Over all documents.
    pub fn digest(&self) -> Digest {
        let fields = self.documents.iter().flat_map(|document| {
            let Document {
                id,
                title,
                product,
                updated,
                text,
            } = document;
            [id, title, product, updated, text]
        });
        Digest::of_parts(fields.map(String::as_bytes))
    }

    /// The document of that id.
    pub fn document(&self, id: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.id == id)
    }
}

fn read(
    file: &str,
    piece: &Piece<'_>,
    line_of: &mut BTreeMap<String, usize>,
) -> Result<Document, Box<Mistake>> {
    let written: WrittenDocument = piece
        .parse()
        .map_err(|error| Box::new(piece.explain(file, &error)))?;
    for (field, value) in [("id", &written.id), ("text", &written.text)] {
        if value.trim().is_empty() {
            return Err(Box::new(piece.mistake(file, format!("`{field}` is empty"))));
        }
    }
    if let Some(first) = line_of.insert(written.id.clone(), piece.line) {
        let message = format!("document id `{}` is already on line {first}", written.id);
        return Err(Box::new(piece.mistake(file, message)));
    }
    Ok(Document {
        id: written.id,
        title: written.title,
        product: written.product,
        updated: written.updated,
        text: written.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_needs_an_id_and_a_text() {
        let check = |text: &str, expected: Result<usize, &str>| {
            let found = KnowledgeBase::load("kb.jsonl", text.as_bytes());
            match expected {
                Ok(count) => assert_eq!(found.unwrap().documents.len(), count, "{text}"),
                Err(message) => assert_eq!(found.unwrap_err().to_string(), message, "{text}"),
            }
        };
        check(
            "{\"id\":\"a\",\"text\":\"t\"}\r\n\n{\"id\":\"b\",\"text\":\"t\"}",
            Ok(2),
        );
        check("", Err("kb.jsonl: knowledge base has no document"));
        check(
            "{\"id\":\"a\",\"text\":\" \"}",
            Err("kb.jsonl:1:1: `text` is empty"),
        );
        check(
            "{\"id\":\"a\",\"text\":\"t\"}\n\n{\"id\":\"a\",\"text\":\"u\"}",
            Err("kb.jsonl:3:1: document id `a` is already on line 1"),
        );
        check("{\"id\":\"a\"}", Err("kb.jsonl:1:10: missing field `text`"));
    }

    #[test]
    fn a_misspelt_field_is_named_with_the_nearest_one() {
        let mistakes =
            KnowledgeBase::load("kb.jsonl", b"{\"id\":\"a\",\"txt\":\"t\"}").unwrap_err();
        let mistake = mistakes.0.first().unwrap();
        assert!(
            mistake.message.starts_with("unknown field `txt`"),
            "{mistake}"
        );
        assert_eq!(mistake.help.as_deref(), Some("did you mean `text`?"));
    }
}

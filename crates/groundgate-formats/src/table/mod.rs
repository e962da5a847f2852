//! Records of a text, whatever its dialect.

mod csv;
mod json;
mod unique;
mod yaml;

use std::collections::BTreeMap;

use groundgate_model::diagnostic::{Mistake, MistakeList};
use serde_json::{Map, Value};

/// How a text's bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// What Windows calls ANSI in the West.
    Windows1252,
    /// ISO 8859-1.
    Latin1,
}

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Csv,
    Json,
    JsonLines,
    Yaml,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::JsonLines => "JSON Lines",
            Self::Yaml => "YAML",
        }
    }
}

/// One record with the line on which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) line: usize,
    pub(crate) fields: Map<String, Value>,
}

/// What a text holds.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) kind: Kind,
    pub(crate) records: Vec<Record>,
    /// What was guessed.
    pub(crate) notes: Vec<String>,
    /// Cells are text, and one with `,` may be a decimal number.
    pub(crate) separator: Option<char>,
}

impl Table {
    /// Names at the top of records, each once, with how many records have a value there.
    pub(crate) fn names(&self) -> Vec<(String, usize)> {
        let mut names = BTreeMap::<&str, usize>::new();
        for record in &self.records {
            for (name, value) in &record.fields {
                *names.entry(name).or_default() += usize::from(!is_blank(value));
            }
        }
        let owned = names.into_iter().map(|(name, n)| (name.to_owned(), n));
        owned.collect()
    }
}

/// Whether nothing is said.
pub(crate) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// What the caller says about the text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told {
    pub(crate) separator: Option<char>,
}

/// Reads a text. The name's extension decides where the text leaves a doubt.
pub(crate) fn read(file: &str, text: &str, told: Told, mistakes: &mut MistakeList) -> Table {
    let extension = extension(file);
    let begin = text.trim_start().chars().next();
    let table = match (begin, extension.as_str()) {
        (_, "yaml" | "yml") => yaml::read(file, text, mistakes),
        (Some('{' | '['), _) | (_, "jsonl" | "ndjson" | "json") => json::read(file, text, mistakes),
        _ => csv::read(file, text, told.separator, mistakes),
    };
    if table.records.is_empty() && mistakes.is_empty() {
        mistakes.push(Mistake::in_file(file, "the file has no row"));
    }
    table
}

/// Lower case, without `.gz`.
pub(crate) fn extension(file: &str) -> String {
    let lower = file.to_ascii_lowercase();
    let plain = lower.strip_suffix(".gz").unwrap_or(&lower);
    let name = plain.rsplit(['/', '\\']).next().unwrap_or(plain);
    let extension = name.rsplit_once('.').map_or("", |(_, end)| end);
    extension.to_owned()
}

//! Records of tools that put several rows into one record, or say things in an order of their own.
//!
//! A reshaped record has groundgate's own names at the top: `question`, `answer`, `passages`, `scores`.

pub(crate) mod azure;
pub(crate) mod deepeval;
pub(crate) mod hotpot;
pub(crate) mod inspect;
pub(crate) mod mlflow;
pub(crate) mod openai;
pub(crate) mod otel;
pub(crate) mod own;
pub(crate) mod promptfoo;
mod said;
pub(crate) mod scores;

use serde_json::{Map, Value};

use crate::table::Record;

pub(crate) use said::{answer, question, turns};

/// Turns the records of a format into such that have our names; adds notes.
pub(crate) type Reshape = fn(&mut Vec<String>, Vec<Record>) -> Vec<Record>;

/// Applies a function to the fields of every record.
fn each(
    records: Vec<Record>,
    change: impl Fn(Map<String, Value>) -> Map<String, Value>,
) -> Vec<Record> {
    let changed = records.into_iter().map(|record| Record {
        line: record.line,
        fields: change(record.fields),
    });
    changed.collect()
}

/// Sets a field unless there is nothing to say.
fn set(fields: &mut Map<String, Value>, name: &str, value: Option<&Value>) {
    if let Some(value) = value.filter(|value| !value.is_null()) {
        fields.insert(name.to_owned(), value.clone());
    }
}

/// The value at a path of plain names.
fn at<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let mut value = fields.get(parts.next()?)?;
    for part in parts {
        value = match part.parse::<usize>() {
            Ok(index) => value.get(index)?,
            Err(_) => value.get(part)?,
        };
    }
    Some(value)
}

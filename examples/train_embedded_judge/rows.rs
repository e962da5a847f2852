//! The labelled answers, as they lie on disk and as the recipe uses them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use serde::Deserialize;

/// The data sets with human labels, each with the family that is left out together.
pub(crate) const LABELLED: [(&str, &str); 9] = [
    ("ragtruth_train", "ragtruth"),
    ("begin", "dialogue"),
    ("faithdial_audit", "dialogue"),
    ("q2", "dialogue"),
    ("dialfact_small", "dialogue"),
    ("summeval", "news"),
    ("wice", "wice"),
    ("expertqa_claims", "expertqa"),
    ("factcheckgpt_stance", "factcheck"),
];

/// Answers of models to questions with retrieved passages; humans marked what is not grounded.
pub(crate) const RETRIEVED: &str = "ragtruth_train";

/// Measured, never trained on: edits made to mislead.
pub(crate) const MEASURED_ONLY: (&str, &str) = ("summedits", "summedits");

/// One line of a data file; fields that the recipe does not need are skipped.
#[derive(Debug, Deserialize)]
struct RowLine {
    group: String,
    subset: String,
    split: String,
    question: Option<String>,
    context: Vec<String>,
    model: String,
    answer: String,
    label: Option<u8>,
    spans: Vec<SpanLine>,
}

/// Offsets are in characters.
#[derive(Debug, Deserialize)]
struct SpanLine {
    start: usize,
    end: usize,
    r#type: Option<String>,
}

/// A labelled answer.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) dataset: &'static str,
    pub(crate) family: &'static str,
    pub(crate) subset: String,
    pub(crate) split: String,
    pub(crate) group: String,
    pub(crate) model: String,
    pub(crate) question: String,
    pub(crate) context: Vec<String>,
    pub(crate) answer: String,
    /// Whether something in it is not grounded.
    pub(crate) ungrounded: bool,
    /// What is not grounded, in bytes, with its type.
    pub(crate) spans: Vec<(Range<usize>, String)>,
}

/// Reads the rows of one data set that have a label.
pub(crate) fn read(data: &Path, dataset: &'static str, family: &'static str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for line in lines(&data.join(format!("{dataset}.jsonl.gz")))? {
        let line: RowLine =
            serde_json::from_str(&line?).with_context(|| format!("a row of {dataset}"))?;
        let Some(label) = line.label else { continue };
        let spans = line
            .spans
            .into_iter()
            .map(|span| {
                (
                    in_bytes(&line.answer, span.start, span.end),
                    span.r#type.unwrap_or_default(),
                )
            })
            .collect();
        rows.push(Row {
            dataset,
            family,
            subset: line.subset,
            split: line.split,
            group: line.group,
            model: line.model,
            question: line.question.unwrap_or_default(),
            context: line.context,
            answer: line.answer,
            ungrounded: label == 1,
            spans,
        });
    }
    Ok(rows)
}

/// Unlabelled text to count words in: nothing that any test is made of.
pub(crate) fn documents(data: &Path) -> Result<Vec<String>> {
    let mut documents: BTreeSet<String> = BTreeSet::new();
    for row in read(data, "ragtruth_train", "ragtruth")? {
        documents.extend(row.context);
    }
    for row in read(data, "wice_tokens", "wice")? {
        for text in row.context.iter().filter(|_| row.split == "train") {
            let lines: Vec<&str> = text.lines().collect();
            documents.extend(lines.chunks(8).map(|chunk| chunk.join("\n")));
        }
    }
    for name in ["clapnq_dev", "emanual_corpus", "azure_hr_benefits"] {
        for line in lines(&data.join(format!("questions/{name}.jsonl.gz")))? {
            let value: serde_json::Value = serde_json::from_str(&line?)?;
            let passages = value["passages"].as_array().cloned().unwrap_or_default();
            let texts = passages
                .iter()
                .chain([&value])
                .filter_map(|part| part["text"].as_str());
            documents.extend(texts.map(str::to_owned));
        }
    }
    Ok(documents.into_iter().collect())
}

fn lines(path: &Path) -> Result<impl Iterator<Item = std::io::Result<String>> + use<>> {
    let file = File::open(path).with_context(|| format!("failed to open {}", path.display()))?;
    Ok(BufReader::new(GzDecoder::new(file)).lines())
}

fn in_bytes(text: &str, start: usize, end: usize) -> Range<usize> {
    let byte = |at| {
        text.char_indices()
            .nth(at)
            .map_or(text.len(), |(byte, _)| byte)
    };
    byte(start)..byte(end)
}

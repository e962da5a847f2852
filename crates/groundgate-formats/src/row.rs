//! One row of a file, whatever file it was.

use std::collections::BTreeMap;

use groundgate_model::{eval_set::Turn, exchange::Passage};

/// A score as a file gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given {
    /// A number.
    Number(f64),
    /// Nothing: unscored.
    Missing,
    /// The file says `not-applicable`.
    NotApplicable,
}

/// What a file says in one row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The case; made from the question where the file names none.
    pub id: String,
    /// Which attempt, where the file says so.
    pub attempt: Option<u32>,
    /// The question.
    pub question: String,
    /// Earlier turns, oldest first.
    pub history: Vec<Turn>,
    /// The answer; `None` where there is none.
    pub answer: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
    /// What the copilot read; `None` where the file does not say.
    pub passages: Option<Vec<Passage>>,
    /// A right answer.
    pub reference: Option<String>,
    /// Facts that a right answer states.
    pub facts: Vec<String>,
    /// Documents that a right answer rests on.
    pub documents: Vec<String>,
    /// Whether the knowledge base holds the answer.
    pub answerable: Option<bool>,
    /// What depends on each other.
    pub cluster: Option<String>,
    /// Whether every attempt must succeed.
    pub critical: bool,
    /// Dimensions and values.
    pub tags: BTreeMap<String, String>,
    /// Metrics and values.
    pub scores: BTreeMap<String, Given>,
    /// Milliseconds until the answer was there.
    pub latency_ms: Option<u64>,
    /// The model's name.
    pub model: Option<String>,
    /// Tokens read.
    pub input_tokens: Option<u64>,
    /// Tokens written.
    pub output_tokens: Option<u64>,
    /// What the answer cost.
    pub cost_usd: Option<f64>,
    /// Who labelled.
    pub labeler: Option<String>,
    /// The prompt or model whose answer it is, where a file holds several.
    pub variant: Option<String>,
}

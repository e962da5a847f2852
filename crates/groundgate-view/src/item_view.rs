//! An item as the labeller sees it: the answer, its passages, and nothing of what a judge said.

use groundgate_judge::sentences;
use groundgate_model::trial::{ClaimFinding, Evidence};
use groundgate_report::{AnswerReport, visible_text};
use serde::Serialize;

use crate::label::Item;

/// What is labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One claim against the passages.
    Claims,
    /// Two answers side by side.
    Pairs,
}

/// An item as it is shown: nothing in it tells what the judge said, or whose answer it is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Ask {
    pub(super) task: Task,
    pub(super) item: Item,
    pub(super) question: String,
    pub(super) history: Vec<String>,
    /// The answer before, inside and behind the claim.
    pub(super) answer: [String; 3],
    pub(super) passages: Vec<Vec<Sentence>>,
    /// Of pairs: the two answers, each with its passages.
    pub(super) sides: Vec<Shown>,
    /// What people in disagreement said.
    pub(super) dispute: Vec<String>,
}

/// One answer of a pair.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Shown {
    text: String,
    passages: Vec<Vec<Sentence>>,
}

impl Shown {
    /// Of one side.
    pub(super) fn new(answer: &AnswerReport) -> Self {
        Self {
            text: visible_text(answer.text.as_deref().unwrap_or_default()),
            passages: passages(answer),
        }
    }
}

/// A piece of a passage that can be pointed at.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Sentence {
    text: String,
    evidence: Evidence,
}

/// The passages that an answer was given, in pieces.
pub(super) fn passages(answer: &AnswerReport) -> Vec<Vec<Sentence>> {
    let all = answer.passages.iter().enumerate();
    all.map(|(number, passage)| pieces(number, &passage.text))
        .collect()
}

/// One passage, in pieces that can be pointed at.
pub(super) fn pieces(passage: usize, text: &str) -> Vec<Sentence> {
    sentences::split(text)
        .into_iter()
        .filter_map(|range| {
            Some(Sentence {
                text: visible_text(text.get(range.clone())?),
                evidence: Evidence {
                    passage,
                    start: range.start,
                    end: range.end,
                },
            })
        })
        .collect()
}

/// The answer before, inside and behind a claim.
pub(super) fn around(text: &str, claim: &ClaimFinding) -> [String; 3] {
    let part = |start: usize, end: usize| text.get(start..end).map(visible_text);
    match (
        part(0, claim.start),
        part(claim.start, claim.end),
        part(claim.end, text.len()),
    ) {
        (Some(before), Some(inside), Some(after)) => [before, inside, after],
        _ => [String::new(), visible_text(&claim.text), String::new()],
    }
}

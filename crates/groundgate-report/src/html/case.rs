//! One opened case: both answers side by side, every claim with its label, and the evidence marked in
//! the passages.

use groundgate_model::{
    number::{Toward, format_score},
    trial::ClaimFinding,
};
use serde::Serialize;

use super::{
    diff::{self, Piece},
    highlight::{HighlightedText, Span, lies_in},
};
use crate::{
    model::{AnswerReport, CaseReport, CaseScore},
    visible::visible_line,
    wording,
};

/// A case as the templates show it: plain strings that hide nothing, to be escaped.
#[derive(Debug, Serialize)]
pub struct CaseView {
    anchor: String,
    id: String,
    bucket: &'static str,
    bucket_class: &'static str,
    loss: String,
    tags: Vec<String>,
    question_line: String,
    question: HighlightedText,
    reference: Option<HighlightedText>,
    scores: Vec<CaseScore>,
    sides: Vec<SideView>,
    /// From the baseline's answer to the candidate's; empty where they are equal.
    changes: Vec<Piece>,
}

/// One of the two answers.
#[derive(Debug, Serialize)]
struct SideView {
    title: String,
    answer: Option<HighlightedText>,
    /// Why there is no answer.
    failure: String,
    claims: Vec<ClaimView>,
    passages: Vec<PassageView>,
    explanations: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ClaimView {
    anchor: String,
    number: usize,
    class: &'static str,
    glyph: &'static str,
    word: &'static str,
    text: String,
    reasons: Vec<String>,
    /// `None`: no evidence; empty `target`: evidence that lies in no passage.
    evidence: Option<EvidenceView>,
}

#[derive(Debug, Serialize)]
struct EvidenceView {
    /// `evidence`, or `nearest text` where it supports nothing.
    word: &'static str,
    target: String,
    passage: usize,
}

#[derive(Debug, Serialize)]
struct PassageView {
    number: usize,
    id: String,
    source: String,
    text: HighlightedText,
}

impl CaseView {
    /// What a list shows of it: anchor, id, bucket, style class, question, tags.
    pub(super) fn index_line(&self) -> (&str, &str, &str, &str, &str, &[String]) {
        (
            &self.anchor,
            &self.id,
            self.bucket,
            self.bucket_class,
            &self.question_line,
            &self.tags,
        )
    }

    /// The view of the page's `index`th case; the answers stand under their variants' names.
    pub fn new(case: &CaseReport, index: usize, candidate: &str, baseline: &str) -> Self {
        let mut sides = vec![SideView::new(
            &format!("Candidate {candidate}"),
            &format!("case-{index}-c"),
            &case.candidate,
        )];
        if let Some(answer) = &case.baseline {
            sides.push(SideView::new(
                &format!("Baseline {baseline}"),
                &format!("case-{index}-b"),
                answer,
            ));
        }
        let texts = case.baseline.as_ref().map(|baseline| &baseline.text);
        let changes = match (texts, &case.candidate.text) {
            (Some(Ok(old)), Ok(new)) => diff::changes(old, new),
            _ => Vec::new(),
        };
        Self {
            anchor: format!("case-{index}"),
            id: visible_line(&case.id),
            bucket: case.bucket.name(),
            bucket_class: wording::bucket_class(case.bucket),
            loss: format_score(case.loss, Toward::Up),
            tags: case.tags.iter().map(|tag| visible_line(tag)).collect(),
            question_line: visible_line(&case.question).chars().take(160).collect(),
            question: HighlightedText::plain(&case.question),
            reference: case.reference_answer.as_deref().map(HighlightedText::plain),
            scores: case
                .scores
                .iter()
                .map(|score| CaseScore {
                    metric: visible_line(&score.metric),
                    candidate: visible_line(&score.candidate),
                    baseline: visible_line(&score.baseline),
                })
                .collect(),
            sides,
            changes,
        }
    }
}

impl SideView {
    fn new(title: &str, anchor: &str, answer: &AnswerReport) -> Self {
        let (text, failure) = match &answer.text {
            Ok(text) => (
                Some(marked_answer(text, anchor, &answer.claims)),
                String::new(),
            ),
            Err(failure) => (None, visible_line(failure)),
        };
        Self {
            title: visible_line(title),
            answer: text,
            failure,
            claims: answer
                .claims
                .iter()
                .enumerate()
                .map(|(index, claim)| ClaimView::new(anchor, index, claim, answer))
                .collect(),
            passages: answer
                .passages
                .iter()
                .enumerate()
                .map(|(index, passage)| PassageView {
                    number: index + 1,
                    id: visible_line(passage.id.as_deref().unwrap_or("")),
                    source: visible_line(passage.source.as_deref().unwrap_or("")),
                    text: marked_passage(&passage.text, anchor, index, &answer.claims),
                })
                .collect(),
            explanations: answer
                .explanations
                .iter()
                .map(|line| visible_line(line))
                .collect(),
        }
    }
}

impl ClaimView {
    fn new(anchor: &str, index: usize, claim: &ClaimFinding, answer: &AnswerReport) -> Self {
        let (class, glyph, word) = wording::label(claim.label);
        let evidence = claim.evidence.as_ref().map(|evidence| {
            let is_there = answer
                .passages
                .get(evidence.passage)
                .is_some_and(|passage| lies_in(&passage.text, evidence.start, evidence.end));
            EvidenceView {
                word: wording::evidence_word(claim.label),
                target: if is_there {
                    format!("{anchor}-e{index}")
                } else {
                    String::new()
                },
                passage: evidence.passage.saturating_add(1),
            }
        });
        Self {
            anchor: format!("{anchor}-s{index}"),
            number: index + 1,
            class,
            glyph,
            word,
            text: visible_line(&claim.text),
            reasons: claim
                .reasons
                .iter()
                .map(|reason| visible_line(&reason.to_string()))
                .collect(),
            evidence,
        }
    }
}

/// The answer with its claims marked by label: a sentence of several claims by the worst of them.
fn marked_answer(text: &str, anchor: &str, claims: &[ClaimFinding]) -> HighlightedText {
    let worst = |claim: &ClaimFinding| {
        let of_sentence = claims
            .iter()
            .filter(|other| (other.start, other.end) == (claim.start, claim.end));
        let labels = of_sentence.map(|other| other.label);
        labels
            .max_by_key(|label| label.badness())
            .unwrap_or(claim.label)
    };
    let spans: Vec<Span> = claims
        .iter()
        .enumerate()
        .map(|(index, claim)| Span {
            start: claim.start,
            end: claim.end,
            class: wording::label(worst(claim)).0,
            anchor: format!("{anchor}-a{index}"),
            target: format!("{anchor}-s{index}"),
            number: index + 1,
        })
        .collect();
    HighlightedText::new(text, &spans)
}

/// The `passage`th passage with the evidence of all claims that quote it.
fn marked_passage(
    text: &str,
    anchor: &str,
    passage: usize,
    claims: &[ClaimFinding],
) -> HighlightedText {
    let spans: Vec<Span> = claims
        .iter()
        .enumerate()
        .filter_map(|(index, claim)| {
            let evidence = claim.evidence.as_ref()?;
            (evidence.passage == passage).then(|| Span {
                start: evidence.start,
                end: evidence.end,
                class: wording::label(claim.label).0,
                anchor: format!("{anchor}-e{index}"),
                target: format!("{anchor}-s{index}"),
                number: index + 1,
            })
        })
        .collect();
    HighlightedText::new(text, &spans)
}

//! One answer read against its passages: sentences looked up, scored together, then labelled.

use std::ops::Range;

use groundgate_model::trial::{ClaimFinding, ClaimOf, Evidence, Label, Reason};

use super::{
    align::{Alignment, Answer, Scratch},
    answer_score::{self, Sentence, Shape},
    conflict::{self, Conflict},
    course::Course,
    extract::extract,
    features::Features,
    index::Index,
    lexicon::Lexicon,
    logistic::sigmoid,
    model::Model,
    reasons,
    sentence_kind::{SentenceKind, sentence_kind},
    surroundings::{Before, Surroundings},
    texts::Texts,
    words::words,
};
use crate::sentences;

/// What the judge says of a whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Its sentences, in order.
    pub sentences: Vec<SentenceReading>,
    /// The probability, 0 to 1, that something in it is not grounded in the passages. Calibrated on
    /// the training data; base rates elsewhere differ.
    pub ungrounded: f64,
}

/// What the judge says of one sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct SentenceReading {
    /// The label with its evidence and reasons.
    pub finding: ClaimFinding,
    /// The probability, 0 to 1, that the passages do not support it.
    pub unsupported: f64,
    /// What the model saw, and what the model for any text made of it.
    pub scored: Sentence,
}

/// A sentence that was looked up.
struct Draft {
    bytes: Range<usize>,
    alignment: Alignment,
    conflicts: Vec<Conflict>,
}

/// Reads `texts.answer`.
pub(crate) fn read(lexicon: &Lexicon, model: &Model, question: &str, texts: Texts<'_>) -> Reading {
    let index = Index::new(texts.passages, lexicon);
    let answer = Answer::new(words(texts.answer, lexicon), &index, &model.rarity);
    let shape = Shape::of(question, texts.passages.len());
    let asked = content_keys(question, lexicon);
    let cut = cut(texts.answer, &answer);
    let mut scratch = Scratch::new(&index);
    let mut drafts: Vec<Draft> = Vec::with_capacity(cut.len());
    let mut heading = None;
    let mut course = Course::default();
    let mut scored = Vec::with_capacity(cut.len());
    for (position, (bytes, own)) in cut.iter().enumerate() {
        let text = texts.answer.get(bytes.clone()).unwrap_or_default();
        let alignment = Alignment::new(&answer, own.clone(), &index, &mut scratch);
        let conflicts = conflict::find(text, &answer, &alignment, &index, lexicon);
        let kind = sentence_kind(text);
        let around = Surroundings {
            text,
            position,
            sentences: cut.len(),
            question: &asked,
            declines: kind == SentenceKind::Decline,
            before: Before {
                sentence: drafts.last().map(|draft| &draft.alignment),
                heading: heading.and_then(|at: usize| Some(&drafts.get(at)?.alignment)),
            },
        };
        let mut features = extract(&answer, &alignment, &index, &conflicts, around);
        course.go_on(&mut features, &answer, &alignment, &index);
        if features.ends_with_colon > 0.0 {
            heading = Some(position);
        }
        scored.push(Sentence {
            features,
            log_odds: 0.0,
            is_claim: is_claim(kind, text, &features),
        });
        drafts.push(Draft {
            bytes: bytes.clone(),
            alignment,
            conflicts,
        });
    }
    score_each(model, &mut scored);
    let (log_odds, ungrounded) = score(model, &scored, shape);
    let threshold = match shape {
        Shape::Plain => model.plain_threshold,
        Shape::Retrieved => model.retrieved_threshold,
    };
    let labeller = Labeller {
        threshold,
        answer: &answer,
        index: &index,
        texts,
    };
    let sentences = drafts
        .into_iter()
        .zip(scored)
        .zip(log_odds)
        .enumerate()
        .map(|(position, ((draft, scored), log_odds))| {
            labeller.label(position, &draft, scored, log_odds)
        })
        .collect();
    Reading {
        sentences,
        ungrounded: f64::from(ungrounded),
    }
}

/// Scores sentences by the model for any text.
fn score_each(model: &Model, scored: &mut [Sentence]) {
    let inputs: Vec<_> = scored.iter().map(|own| own.features.inputs()).collect();
    for (own, log_odds) in scored.iter_mut().zip(model.general(&inputs)) {
        own.log_odds = log_odds;
    }
}

/// Log odds of each sentence, and the probability of the answer.
fn score(model: &Model, scored: &[Sentence], shape: Shape) -> (Vec<f32>, f32) {
    let of_answer = answer_score::general(scored, shape);
    let general = scored.iter().map(|sentence| sentence.log_odds);
    match shape {
        Shape::Plain => (
            general.collect(),
            sigmoid(model.plain_scale.log_odds(&[of_answer])),
        ),
        Shape::Retrieved => {
            let own = model
                .retrieved_trees
                .sums(&answer_score::with_neighbors(scored));
            let head = model.head(&answer_score::head_inputs(scored, &own));
            let both = general
                .zip(&own)
                .map(|(general, own)| answer_score::blend_sentence(*own, general));
            let of_answer = model.retrieved_scale.log_odds(&[of_answer]);
            (
                both.collect(),
                sigmoid(answer_score::blend(head, of_answer)),
            )
        }
    }
}

/// The bytes and the words of each sentence.
fn cut(text: &str, answer: &Answer) -> Vec<(Range<usize>, Range<usize>)> {
    let mut first = 0;
    sentences::split(text)
        .into_iter()
        .map(|bytes| {
            let rest = answer.words.get(first..).unwrap_or_default();
            let last = first + rest.partition_point(|word| word.start < bytes.end);
            let own = first..last;
            first = last;
            (bytes, own)
        })
        .collect()
}

/// The stems of the content words, sorted.
fn content_keys(text: &str, lexicon: &Lexicon) -> Vec<u64> {
    let mut keys: Vec<u64> = words(text, lexicon)
        .iter()
        .filter(|word| word.is_content())
        .map(|word| word.key)
        .collect();
    keys.sort_unstable();
    keys
}

fn is_claim(kind: SentenceKind, text: &str, features: &Features) -> bool {
    match kind {
        SentenceKind::Decline | SentenceKind::Question | SentenceKind::Courtesy => false,
        SentenceKind::Referral | SentenceKind::Statement => {
            features.content_words > 0.0 && !announces(text, features)
        }
    }
}

/// Whether the sentence only announces what follows: a heading, or a line before a list that says
/// nothing that is not in the question or the passages.
fn announces(text: &str, features: &Features) -> bool {
    let heading = text.starts_with('#') && !text.contains('\n') && features.content_words <= 8.0;
    let lead_in = features.ends_with_colon > 0.0
        && features.missing_numbers == 0.0
        && features.missing_names == 0.0
        && (features.coverage_or_question >= 1.0 || features.meta_words > 0.0);
    heading || lead_in
}

/// Whether the sentence stands in a passage, nearly word by word.
fn is_copied(features: &Features) -> bool {
    features.missing_words == 0.0 && features.coverage_best > 0.95 && features.novel_triples <= 0.2
}

/// What labels are made from.
struct Labeller<'a> {
    /// From this probability on a sentence counts as unsupported.
    threshold: f32,
    answer: &'a Answer,
    index: &'a Index,
    texts: Texts<'a>,
}

impl Labeller<'_> {
    fn label(
        &self,
        position: usize,
        draft: &Draft,
        scored: Sentence,
        log_odds: f32,
    ) -> SentenceReading {
        let Draft {
            bytes,
            alignment,
            conflicts,
        } = draft;
        let threshold = self.threshold;
        let modeled = sigmoid(log_odds);
        // Rules go before weights: a conflict is never likely supported, a copy never likely not.
        let unsupported = if !conflicts.is_empty() {
            modeled.max(threshold.midpoint(1.0))
        } else if is_copied(&scored.features) {
            modeled.min(threshold * 0.5)
        } else {
            modeled
        };
        let label = if !scored.is_claim {
            Label::NotAClaim
        } else if !conflicts.is_empty() {
            Label::Contradicted
        } else if unsupported >= threshold {
            Label::NotFound
        } else {
            Label::Supported
        };
        let reasons = match label {
            Label::Contradicted => {
                reasons::of_conflicts(conflicts, self.answer, self.index, self.texts)
            }
            Label::NotFound => reasons::of_missing(alignment, self.answer, self.texts),
            Label::NotAClaim => vec![reasons::NOT_A_CLAIM.to_owned()],
            Label::Supported => Vec::new(),
        };
        let evidence = alignment
            .best()
            .filter(|_| matches!(label, Label::Supported | Label::Contradicted))
            .and_then(|best| self.index.sentences.get(best))
            .map(|place| Evidence {
                passage: place.passage,
                start: place.bytes.start,
                end: place.bytes.end,
            });
        let finding = ClaimFinding {
            of: ClaimOf::Answer,
            id: format!("s{}", position + 1),
            text: self
                .texts
                .answer
                .get(bytes.clone())
                .unwrap_or_default()
                .to_owned(),
            start: bytes.start,
            end: bytes.end,
            label,
            evidence,
            reasons: reasons.into_iter().map(Reason::Note).collect(),
        };
        SentenceReading {
            finding,
            unsupported: f64::from(unsupported),
            scored,
        }
    }
}

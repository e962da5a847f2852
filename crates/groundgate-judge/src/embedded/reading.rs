//! One answer read against its passages: sentences looked up, scored together, then labelled.

use std::ops::Range;

use groundgate_model::{
    text::{
        apparatus::{self, Plain},
        courtesy::is_courtesy,
        refusal::is_refusal,
    },
    trial::{ClaimFinding, ClaimOf, Evidence, Label, Reason},
};

use super::{
    align::{Alignment, Answer, Scratch},
    conflict::{self, Conflict, Sides},
    extract::extract,
    features::Features,
    index::Index,
    lexicon::{Kinds, Lexicon},
    logistic::sigmoid,
    model::Model,
    quantities::Quantities,
    quantity_features::count_quantities,
    reasons, relation,
    surroundings::{Before, Surroundings},
    texts::{Texts, shortened},
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
    /// Whether a rule speaks against it, whatever the model says: a conflict, or a number that nobody gave.
    pub is_ruled: bool,
    /// What the model saw and made of it; nothing for what is no claim.
    pub seen: Option<Seen>,
}

/// What the model saw of a claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// What was compared.
    pub features: Features,
    /// Log odds that it is unsupported, by itself.
    pub log_odds: f32,
}

/// A statement that was looked up.
struct Draft {
    /// Its place among the sentences.
    sentence: usize,
    alignment: Alignment,
    conflicts: Vec<Conflict>,
    features: Features,
    is_claim: bool,
    /// A number that nobody gave.
    unknown: Option<String>,
}

impl Draft {
    /// Whether a rule speaks against it.
    const fn is_ruled(&self) -> bool {
        !self.conflicts.is_empty() || self.unknown.is_some()
    }
}

/// A sentence of an answer without apparatus.
struct Piece {
    bytes: Range<usize>,
    words: Range<usize>,
    /// Whether it states something: it is neither a refusal nor a courtesy.
    states: bool,
}

/// Reads an answer.
pub(crate) fn read(
    lexicon: &Lexicon,
    model: &Model,
    question: &str,
    answer_text: &str,
    passages: &[&str],
) -> Reading {
    let plain = apparatus::plain(answer_text, &[]);
    let texts = Texts {
        answer: plain.text(),
        passages,
    };
    let index = Index::new(texts.passages, lexicon);
    let quantities = Quantities::new(question, texts, &index);
    let words = words(texts.answer, lexicon);
    let answer = Answer::new(words, &quantities, &index, &model.rarity);
    let pieces = cut(texts.answer, &answer);
    let asked = content_keys(question, lexicon);
    let sources = Sources {
        index: &index,
        quantities: &quantities,
        lexicon,
        texts,
    };
    let drafts = drafts(&answer, &sources, &pieces, &asked);
    let scored: Vec<&Features> = drafts.iter().map(|draft| &draft.features).collect();
    let log_odds = model.claims(&scored);
    let ungrounded = model.answer(&scored, &log_odds);
    let labeller = Labeller {
        model,
        of_answer: ungrounded,
        answer: &answer,
        index: &index,
        texts,
        plain: &plain,
        original: answer_text,
    };
    let mut found = drafts.into_iter().zip(log_odds).peekable();
    let sentences: Vec<SentenceReading> = (pieces.iter().enumerate())
        .map(|(position, piece)| {
            let own = found.next_if(|(draft, _)| draft.sentence == position);
            labeller.label(position, piece, own)
        })
        .collect();
    // An answer is never likelier grounded than one of its claims that a rule speaks against.
    let ruled = (sentences.iter())
        .filter(|own| own.is_ruled)
        .map(|own| own.unsupported)
        .fold(0.0, f64::max);
    Reading {
        sentences,
        ungrounded: f64::from(sigmoid(ungrounded)).max(ruled),
    }
}

/// What an answer is held against.
#[derive(Clone, Copy)]
struct Sources<'t> {
    index: &'t Index,
    quantities: &'t Quantities<'t>,
    lexicon: &'t Lexicon,
    texts: Texts<'t>,
}

/// Looks up each claim.
fn drafts(answer: &Answer, sources: &Sources<'_>, pieces: &[Piece], asked: &[u64]) -> Vec<Draft> {
    let Sources {
        index,
        quantities,
        lexicon,
        texts,
    } = *sources;
    let statements = || pieces.iter().enumerate().filter(|(_, piece)| piece.states);
    let n_statements = statements().count();
    let n_words = statements().map(|(_, piece)| piece.words.len()).sum();
    let mut scratch = Scratch::new(index);
    let mut drafts: Vec<Draft> = Vec::with_capacity(n_statements);
    let mut heading = None;
    let mut best = Vec::with_capacity(n_statements);
    for (position, (sentence, piece)) in statements().enumerate() {
        let text = texts.answer.get(piece.bytes.clone()).unwrap_or_default();
        let alignment = Alignment::new(answer, piece.words.clone(), index, &mut scratch);
        let sides = |sentence| Sides::new(text, answer, &alignment, (sentence, index), lexicon);
        let conflicts = conflicts(&alignment, sides);
        let around = Surroundings {
            text,
            position,
            statements: n_statements,
            words: n_words,
            question: asked,
            before: Before {
                statement: drafts.last().map(|draft| &draft.alignment),
                heading: heading.and_then(|at: usize| Some(&drafts.get(at)?.alignment)),
                best: &best,
            },
        };
        let mut features = extract(answer, &alignment, index, &conflicts, around);
        count_quantities(&mut features, quantities, &piece.bytes, &alignment, index);
        if features.ends_with_colon > 0.0 {
            heading = Some(position);
        }
        best.extend(alignment.best());
        drafts.push(Draft {
            is_claim: is_claim(&features, answer, &alignment, index, asked),
            unknown: quantities.unknown(&piece.bytes, index).map(shortened),
            sentence,
            alignment,
            conflicts,
            features,
        });
    }
    drafts.retain(|draft| draft.is_claim);
    drafts
}

/// Where a statement says something else than the passage sentence closest to it, or denies the next ones.
fn conflicts<'s>(
    alignment: &Alignment,
    sides: impl Fn(usize) -> Option<Sides<'s>>,
) -> Vec<Conflict> {
    let Some(closest) = alignment.best().and_then(&sides) else {
        return Vec::new();
    };
    let mut found = conflict::find(&closest);
    found.extend(relation::find(&closest));
    if found.is_empty() {
        let others = alignment.ranked.iter().skip(1).take(ALSO_DENIED);
        found.extend(
            others
                .filter_map(|(at, _)| sides(*at)?.denied_whole())
                .take(1),
        );
    }
    found
}

/// Passage sentences after the closest that a statement may deny.
const ALSO_DENIED: usize = 4;

/// The bytes and the words of each sentence.
fn cut(text: &str, answer: &Answer) -> Vec<Piece> {
    let mut first = 0;
    sentences::split(text)
        .into_iter()
        .map(|bytes| {
            let rest = answer.words.get(first..).unwrap_or_default();
            let last = first + rest.partition_point(|word| word.start < bytes.end);
            let words = first..last;
            first = last;
            let own = text.get(bytes.clone()).unwrap_or_default();
            Piece {
                states: !words.is_empty() && !is_courtesy(own) && !is_refusal(own),
                bytes,
                words,
            }
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

/// Whether a statement claims something. A question, or a line before a list, does not if all that it
/// speaks of stands in the question or the passages.
fn is_claim(
    features: &Features,
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    asked: &[u64],
) -> bool {
    let is_known = |at: &usize| {
        answer.is_supported(*at, index)
            || answer.word(*at).is_some_and(|word| {
                word.kinds.has(Kinds::META)
                    || word.kinds.has(Kinds::SAYING)
                    || asked.binary_search(&word.key).is_ok()
            })
    };
    let only_leads = features.is_question > 0.0 || features.ends_with_colon > 0.0;
    features.content_words > 0.0 && !(only_leads && alignment.content.iter().all(is_known))
}

/// Whether the sentence stands in a passage, nearly word by word.
fn is_copied(features: &Features) -> bool {
    features.missing_words == 0.0
        && features.coverage_best > 0.95
        && features.novel_triples <= 0.2
        && features.negation_mismatch == 0.0
        && features.limits_mismatch == 0.0
}

/// What labels are made from.
struct Labeller<'a> {
    model: &'a Model,
    /// Log odds that the answer is not grounded.
    of_answer: f32,
    answer: &'a Answer,
    index: &'a Index,
    texts: Texts<'a>,
    plain: &'a Plain,
    /// The answer with its apparatus.
    original: &'a str,
}

impl Labeller<'_> {
    fn label(&self, position: usize, piece: &Piece, own: Option<(Draft, f32)>) -> SentenceReading {
        let is_ruled = own.as_ref().is_some_and(|(draft, _)| draft.is_ruled());
        let (label, unsupported, evidence, reasons, seen) = match own {
            None => {
                let reasons = vec![reasons::NOT_A_CLAIM.to_owned()];
                (Label::NotAClaim, 0.0, None, reasons, None)
            }
            Some((draft, log_odds)) => {
                let unsupported = self.unsupported(&draft, log_odds);
                let label = if !draft.conflicts.is_empty() {
                    Label::Contradicted
                } else if unsupported >= self.model.threshold || draft.unknown.is_some() {
                    Label::NotFound
                } else {
                    Label::Supported
                };
                let seen = Seen {
                    features: draft.features,
                    log_odds,
                };
                let (evidence, reasons) =
                    (self.evidence(&draft, label), self.reasons(&draft, label));
                (label, unsupported, evidence, reasons, Some(seen))
            }
        };
        let bytes = self.plain.origin(piece.bytes.clone());
        let text = self.original.get(bytes.clone());
        SentenceReading {
            finding: ClaimFinding {
                of: ClaimOf::Answer,
                id: format!("s{}", position + 1),
                text: text.unwrap_or_default().to_owned(),
                start: bytes.start,
                end: bytes.end,
                label,
                evidence,
                reasons: reasons.into_iter().map(Reason::Note).collect(),
            },
            unsupported: f64::from(unsupported),
            is_ruled,
            seen,
        }
    }

    /// Rules go before weights: a conflict or a number that nobody gave is never likely supported, a copy
    /// never likely not.
    fn unsupported(&self, draft: &Draft, log_odds: f32) -> f32 {
        let modeled = self.model.unsupported(log_odds, self.of_answer);
        if draft.is_ruled() {
            modeled.max(self.model.threshold.midpoint(1.0))
        } else if is_copied(&draft.features) {
            modeled.min(self.model.threshold * 0.5)
        } else {
            modeled
        }
    }

    fn evidence(&self, draft: &Draft, label: Label) -> Option<Evidence> {
        let conflict = draft.conflicts.first().map(|conflict| conflict.sentence);
        let best = conflict.or_else(|| draft.alignment.best());
        best.filter(|_| matches!(label, Label::Supported | Label::Contradicted))
            .and_then(|best| self.index.sentences.get(best))
            .map(|place| Evidence {
                passage: place.passage,
                start: place.bytes.start,
                end: place.bytes.end,
            })
    }

    fn reasons(&self, draft: &Draft, label: Label) -> Vec<String> {
        let (answer, index, texts) = (self.answer, self.index, self.texts);
        match label {
            Label::Contradicted => reasons::of_conflicts(&draft.conflicts, answer, index, texts),
            Label::NotFound => {
                reasons::of_missing(&draft.alignment, draft.unknown.as_deref(), answer, texts)
            }
            Label::NotAClaim => vec![reasons::NOT_A_CLAIM.to_owned()],
            Label::Supported => Vec::new(),
        }
    }
}

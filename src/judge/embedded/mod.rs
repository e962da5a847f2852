//! The offline judge: finds the sentences of an answer that its passages do not support.
//!
//! No network, no key, no clock: word overlap weighted by rarity, sequences, numbers by value, rules
//! for contradictions, and a small trained model on top. It is for a first run, for CI's free first
//! line, and as the predictor that makes dearer labels go further. It is not a language model: it
//! sees missing support well and contradiction only where a rule fits. What it reaches is measured
//! in `docs/embedded-judge.md`, by `examples/train_embedded_judge.rs`, which also makes its weights.

mod align;
mod conflict;
mod features;
mod index;
mod lexicon;
mod model;
mod reasons;
mod stem;
mod table;
mod tokens;
mod words;

use std::ops::Range;

pub use features::Features;
pub use model::ModelError;

use self::align::{Alignment, Answer, Scratch};
use self::conflict::Conflict;
use self::features::Surroundings;
use self::index::Index;
use self::lexicon::Lexicon;
use self::model::{Logistic, Rarity, Sections, sigmoid};
use self::reasons::Texts;
use self::words::Word;
use super::refusal::{SentenceKind, sentence_kind};
use super::sentences;
use crate::trial::{ClaimFinding, Evidence, Label};
use crate::unit::Digest;

/// The weights that ship with this version.
const BUNDLED: &[u8] = include_bytes!("model.bin");

/// The offline judge, ready to read answers. Cheap to share, not to build: keep one.
#[derive(Debug, Clone)]
pub struct EmbeddedJudge {
    lexicon: Lexicon,
    rarity: Rarity,
    sentence: Logistic,
    response: Logistic,
    /// From this probability on a sentence counts as unsupported.
    threshold: f32,
    digest: Digest,
}

/// What the judge says of a whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Its sentences, in order.
    pub sentences: Vec<SentenceReading>,
    /// The probability, 0 to 1, that something in it is not grounded in the passages.
    pub ungrounded: f64,
}

/// What the judge says of one sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct SentenceReading {
    /// The label with its evidence and reasons.
    pub finding: ClaimFinding,
    /// The probability, 0 to 1, that the passages do not support it.
    pub unsupported: f64,
    /// What the model saw.
    pub features: Features,
    /// What the tagger saw of each word.
    pub tokens: Vec<[f32; tokens::TOKEN_INPUTS]>,
    /// Where the words are in the answer.
    pub token_bytes: Vec<Range<usize>>,
}

/// Whether a text says what a claim says.
#[derive(Debug, Clone, PartialEq)]
pub struct Support {
    /// The probability, 0 to 1, that it does.
    pub supported: f64,
    /// The label of the claim.
    pub label: Label,
    /// Why, in words for people.
    pub reasons: Vec<String>,
}

impl EmbeddedJudge {
    /// The name that every output carries.
    pub const NAME: &str = "embedded";
    /// Changes whenever a score may change for another reason than the weights.
    pub const VERSION: &str = "1";

    /// The judge with the weights that ship with this version.
    pub fn bundled() -> Result<Self, ModelError> {
        Self::from_bytes(BUNDLED)
    }

    /// The judge with the weights of a model file, as the training recipe writes it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let sections = Sections::read(bytes)?;
        let n_inputs = Features::NAMES.len();
        let threshold = Logistic::new("CUTS", sections.floats("CUTS")?, 0)?.log_odds(&[]);
        Ok(Self {
            lexicon: Lexicon::new(),
            rarity: Rarity::new(sections.bytes("IDF_")?.to_vec())?,
            sentence: Logistic::new("SENT", sections.floats("SENT")?, n_inputs)?,
            response: Logistic::new("RESP", sections.floats("RESP")?, RESPONSE_INPUTS)?,
            threshold,
            digest: Digest::of_parts([Self::VERSION.as_bytes(), bytes]),
        })
    }

    /// Identifies weights and rules: two readings with one digest are comparable.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Labels every sentence of `answer` by `passages`; `question` only helps to tell what was asked.
    pub fn check_claims(
        &self,
        question: &str,
        answer: &str,
        passages: &[&str],
    ) -> Vec<ClaimFinding> {
        let reading = self.read(question, answer, passages);
        reading
            .sentences
            .into_iter()
            .map(|sentence| sentence.finding)
            .collect()
    }

    /// The labels, with the probabilities behind them and one for the answer as a whole.
    pub fn read(&self, question: &str, answer: &str, passages: &[&str]) -> Reading {
        let index = Index::new(passages, &self.lexicon);
        let texts = Texts { answer, passages };
        let parts = Parts::new(self, question, answer, &index);
        let mut scratch = Scratch::new(&index);
        let sentences: Vec<SentenceReading> = parts
            .sentences
            .iter()
            .enumerate()
            .map(|(position, _)| self.read_sentence(&parts, position, &mut scratch, texts))
            .collect();
        let ungrounded = f64::from(sigmoid(
            self.response.log_odds(&response_inputs(&sentences)),
        ));
        Reading {
            sentences,
            ungrounded,
        }
    }

    /// Whether `text` says what `claim` says.
    pub fn support(&self, claim: &str, text: &str) -> Support {
        let reading = self.read("", claim, &[text]);
        let worst = reading
            .sentences
            .into_iter()
            .filter(|sentence| sentence.finding.label != Label::NotAClaim)
            .max_by(|one, other| one.unsupported.total_cmp(&other.unsupported));
        match worst {
            Some(worst) => Support {
                supported: 1.0 - worst.unsupported,
                label: worst.finding.label,
                reasons: worst.finding.reasons,
            },
            None => Support {
                supported: 0.0,
                label: Label::NotAClaim,
                reasons: vec!["there is nothing in it to look up".to_owned()],
            },
        }
    }

    fn read_sentence(
        &self,
        parts: &Parts<'_>,
        position: usize,
        scratch: &mut Scratch,
        texts: Texts<'_>,
    ) -> SentenceReading {
        let Parts { answer, index, .. } = parts;
        let (bytes, words) = parts.sentences.get(position).cloned().unwrap_or_default();
        let text = texts.answer.get(bytes.clone()).unwrap_or_default();
        let alignment = Alignment::new(answer, words, index, scratch);
        let conflicts = conflict::find(text, answer, &alignment, index, &self.lexicon);
        let kind = sentence_kind(text);
        let around = Surroundings {
            text,
            position,
            sentences: parts.sentences.len(),
            question: &parts.question,
            declines: kind == SentenceKind::Decline,
        };
        let features = features::extract(answer, &alignment, index, &conflicts, around);
        let unsupported = self.unsupported(&features, &conflicts);
        let is_claim = is_claim(kind, text, &features);
        let mut label = self.label(is_claim, &conflicts, unsupported);
        // The weights alone prove nothing: there must be a place to point at.
        if label == Label::Supported && alignment.best().is_none() {
            label = Label::NotFound;
        }
        let reasons = match label {
            Label::Contradicted => reasons::of_conflicts(&conflicts, answer, index, texts),
            Label::NotFound => reasons::of_missing(&alignment, answer, texts),
            Label::NotAClaim => vec!["there is nothing in it to look up".to_owned()],
            Label::Supported => Vec::new(),
        };
        let evidence = alignment
            .best()
            .filter(|_| matches!(label, Label::Supported | Label::Contradicted))
            .and_then(|best| index.sentences.get(best))
            .map(|place| Evidence {
                passage: place.passage,
                start: place.bytes.start,
                end: place.bytes.end,
            });
        SentenceReading {
            finding: ClaimFinding {
                id: format!("s{}", position + 1),
                text: text.to_owned(),
                start: bytes.start,
                end: bytes.end,
                label,
                evidence,
                reasons,
            },
            unsupported: f64::from(unsupported),
            features,
            tokens: tokens::inputs(answer, &alignment, index, &parts.question),
            token_bytes: answer
                .words
                .get(alignment.words.clone())
                .unwrap_or_default()
                .iter()
                .map(|w| w.start..w.end)
                .collect(),
        }
    }

    /// The model's probability, raised by conflicts and lowered for what is copied.
    fn unsupported(&self, features: &Features, conflicts: &[Conflict]) -> f32 {
        let modeled = sigmoid(self.sentence.log_odds(&features.inputs()));
        if !conflicts.is_empty() {
            modeled.max(self.threshold.midpoint(1.0))
        } else if is_copied(features) {
            modeled.min(self.threshold * 0.5)
        } else {
            modeled
        }
    }

    fn label(&self, is_claim: IsClaim, conflicts: &[Conflict], unsupported: f32) -> Label {
        if is_claim == IsClaim::No {
            Label::NotAClaim
        } else if !conflicts.is_empty() {
            Label::Contradicted
        } else if unsupported >= self.threshold {
            Label::NotFound
        } else {
            Label::Supported
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsClaim {
    Yes,
    No,
}

fn is_claim(kind: SentenceKind, text: &str, features: &Features) -> IsClaim {
    match kind {
        SentenceKind::Decline | SentenceKind::Question | SentenceKind::Courtesy => IsClaim::No,
        SentenceKind::Referral | SentenceKind::Statement => {
            if features.content_words > 0.0 && !announces(text, features) {
                IsClaim::Yes
            } else {
                IsClaim::No
            }
        }
    }
}

/// Whether the sentence stands in a passage, nearly word by word.
fn is_copied(features: &Features) -> bool {
    features.missing_words == 0.0 && features.coverage_best > 0.95 && features.novel_triples <= 0.2
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

/// An answer cut and looked up.
struct Parts<'i> {
    index: &'i Index,
    answer: Answer,
    /// The bytes and the words of each sentence.
    sentences: Vec<(Range<usize>, Range<usize>)>,
    /// The stems of the question's content words, sorted.
    question: Vec<u64>,
}

impl<'i> Parts<'i> {
    fn new(judge: &EmbeddedJudge, question: &str, text: &str, index: &'i Index) -> Self {
        let own = words::words(text, &judge.lexicon);
        let mut sentences = Vec::new();
        let mut first = 0;
        for bytes in sentences::split(text) {
            let rest = own.get(first..).unwrap_or_default();
            let last = first + rest.partition_point(|word| word.start < bytes.end);
            sentences.push((bytes, first..last));
            first = last;
        }
        let asked = words::words(question, &judge.lexicon);
        let mut question: Vec<u64> = asked
            .iter()
            .filter(|word| word.is_content())
            .map(|word| word.key)
            .collect();
        question.sort_unstable();
        Self {
            index,
            answer: Answer::new(own, index, &judge.rarity),
            sentences,
            question,
        }
    }
}

/// How many numbers [`response_inputs`] gives.
const RESPONSE_INPUTS: usize = 8;

/// What the answer's head sees: the sentences' probabilities from worst to best, and the length.
fn response_inputs(sentences: &[SentenceReading]) -> [f32; RESPONSE_INPUTS] {
    let mut log_odds: Vec<f32> = Vec::new();
    let mut all_supported = 0.0;
    let mut sum = 0.0;
    let mut rarity = 0.0;
    for sentence in sentences {
        let p = narrowed(sentence.unsupported).clamp(1e-3, 0.999);
        log_odds.push((p / (1.0 - p)).ln());
        all_supported -= (1.0 - p).ln();
        sum += p;
        rarity += sentence.features.missing_rarity_sum;
    }
    log_odds.sort_by(|one, other| other.total_cmp(one));
    let at = |rank: usize| log_odds.get(rank).copied().unwrap_or(-7.0);
    let n_sentences = log_odds.iter().map(|_| 1.0).sum::<f32>().max(1.0);
    [
        at(0),
        at(1),
        at(2),
        all_supported.ln_1p(),
        sum / n_sentences,
        n_sentences.ln(),
        rarity.ln_1p(),
        log_odds.iter().sum::<f32>() / n_sentences,
    ]
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "came from an f32"
)]
const fn narrowed(probability: f64) -> f32 {
    probability as f32
}

/// Where the words of `text` have their entries in the table of rarities, each once: for the recipe
/// that counts documents.
pub fn rarity_slots(text: &str) -> Vec<(usize, u64)> {
    let mut slots: Vec<(usize, u64)> = words::words(text, &Lexicon::new())
        .iter()
        .filter(|word| !Word::is_digits(word))
        .map(|word| (Rarity::slot(word.key), word.key))
        .collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}

#[cfg(test)]
mod tests;

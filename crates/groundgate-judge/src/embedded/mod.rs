//! The offline judge: finds the sentences of an answer that its passages do not support.
//!
//! No network, no key, no clock: word overlap weighted by rarity, sequences, numbers by value, rules
//! for contradictions, and a small trained model on top. It is for a first run, for CI's free first
//! line, and as the predictor that makes dearer labels go further. It is not a language model: it
//! sees missing support well and contradiction only where a rule fits. What it reaches is measured
//! in `docs/embedded-judge.md`, by `examples/train_embedded_judge.rs`, which also makes its weights.

mod align;
pub mod answer_score;
mod binding;
mod closeness;
mod conflict;
mod difference;
mod error;
mod extract;
mod features;
mod index;
mod lexicon;
mod logistic;
mod memo;
mod model;
mod quantities;
mod quantity_features;
mod rarity;
mod reading;
mod reasons;
mod relation;
mod stem;
mod surroundings;
mod table;
mod texts;
mod trees;
mod words;

pub use error::ModelError;
pub use features::Features;

pub use reading::{Reading, Seen, SentenceReading};

use groundgate_model::{
    manifest::{Manifest, Written},
    trial::{ClaimFinding, Label},
    unit::Digest,
};

use self::{lexicon::Lexicon, model::Model, rarity::Rarity, words::Word};

/// The weights that ship with this version.
const BUNDLED: &[u8] = include_bytes!("model.bin");

/// The offline judge, ready to read answers. Cheap to share, not to build: keep one.
#[derive(Debug, Clone)]
pub struct EmbeddedJudge {
    lexicon: Lexicon,
    model: Model,
    weights: Digest,
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
    pub const VERSION: &str = "4";

    /// The judge with the weights that ship with this version.
    pub fn bundled() -> Result<Self, ModelError> {
        Self::from_bytes(BUNDLED)
    }

    /// The judge with the weights of a model file, as the training recipe writes it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        Ok(Self {
            lexicon: Lexicon::new(),
            model: Model::read(bytes)?,
            weights: Digest::of(bytes),
        })
    }

    /// Rules and weights: two readings by one manifest are comparable.
    pub fn manifest(&self) -> Manifest {
        Manifest::of("embedded-judge")
            .with("version", Self::VERSION)
            .with("weights", Written::digest(self.weights))
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
        reading::read(&self.lexicon, &self.model, question, answer, passages)
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
                reasons: (worst.finding.reasons.iter())
                    .map(ToString::to_string)
                    .collect(),
            },
            None => Support {
                supported: 0.0,
                label: Label::NotAClaim,
                reasons: vec![reasons::NOT_A_CLAIM.to_owned()],
            },
        }
    }
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

//! From sentences to the answer as a whole.
//!
//! A claim, a summary or a reply is as grounded as its words on average. An answer to a question over
//! several passages is as grounded as its worst claims; for those there is a trained head as well,
//! made from answers that models gave to retrieved passages.

use super::features::Features;
use super::logistic::sigmoid;

/// One sentence, as the answer's score sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// What the model saw.
    pub features: Features,
    /// Log odds that it is unsupported, by the model for any text.
    pub log_odds: f32,
    /// Whether it claims something.
    pub is_claim: bool,
}

/// What an answer is scored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A claim, a summary, a reply on one text: by its mean.
    Plain,
    /// An answer to a question over several passages: by its worst claims, and by the head.
    Retrieved,
}

impl Shape {
    /// The shape of an answer to `question` over so many passages.
    pub fn of(question: &str, passages: usize) -> Self {
        if passages > 1 && !question.trim().is_empty() {
            Self::Retrieved
        } else {
            Self::Plain
        }
    }
}

/// The score of an answer by the model for any text; higher is worse. Its scale is its own.
pub fn general(sentences: &[Sentence], shape: Shape) -> f32 {
    match shape {
        Shape::Plain => mean(sentences),
        Shape::Retrieved => worst(sentences),
    }
}

/// Log odds of an answer over several passages, from those of the head and those of the model for any text, which knows
/// less of such answers but holds elsewhere.
pub fn blend(head: f32, general: f32) -> f32 {
    0.75 * head + 0.25 * general
}

/// Log odds of a sentence of such an answer, from those of the model for such answers and those of the
/// model for any text, which knows nothing of conflicts.
pub fn blend_sentence(retrieved: f32, general: f32) -> f32 {
    0.9 * retrieved + 0.1 * general
}

/// The mean log odds, by content words.
fn mean(sentences: &[Sentence]) -> f32 {
    let mut sum = 0.0;
    let mut weights = 0.0;
    for sentence in sentences {
        let weight = sentence.features.content_words.max(0.5);
        sum += weight * sentence.log_odds;
        weights += weight;
    }
    if weights > 0.0 { sum / weights } else { 0.0 }
}

/// The log of how often one of the claims is expected to fail (a noisy or). The shift of one keeps
/// many middling sentences from adding up to a bad answer.
fn worst(sentences: &[Sentence]) -> f32 {
    let failures: f32 = sentences
        .iter()
        .filter(|sentence| sentence.is_claim)
        .map(|sentence| -(1.0 - sigmoid(sentence.log_odds - 1.0).min(0.999)).ln())
        .sum();
    failures.max(1e-3).ln()
}

/// How many numbers [`head_inputs`] gives.
pub const HEAD_INPUTS: usize = 8 + 4 * Features::NAMES.len();

/// What the head sees: the sentences' log odds from worst to best, by the model for
/// such answers, and the largest, mean, least and summed features.
pub fn head_inputs(sentences: &[Sentence], log_odds: &[f32]) -> Vec<f32> {
    let mut sorted = log_odds.to_vec();
    sorted.sort_by(|one, other| other.total_cmp(one));
    let at = |rank: usize| sorted.get(rank).copied().unwrap_or(-6.0);
    let n_sentences = sorted.iter().map(|_| 1.0).sum::<f32>().max(1.0);
    let failures = |p: f32| -(1.0 - p.min(0.995)).ln();
    let odds = || sorted.iter().copied().map(sigmoid);
    let mut inputs = vec![
        at(0),
        at(1),
        at(2),
        odds().map(failures).sum::<f32>().ln_1p(),
        odds().sum::<f32>() / n_sentences,
        odds().take(3).sum::<f32>() / 3.0,
        sorted.iter().sum::<f32>() / n_sentences,
        n_sentences.ln(),
    ];
    let rows: Vec<[f32; Features::NAMES.len()]> = sentences
        .iter()
        .map(|sentence| sentence.features.inputs())
        .collect();
    for column in 0..Features::NAMES.len() {
        let values = || rows.iter().filter_map(|row| row.get(column).copied());
        let sum: f32 = values().sum();
        inputs.push(values().reduce(f32::max).unwrap_or(0.0));
        inputs.push(sum / n_sentences);
        inputs.push(values().reduce(f32::min).unwrap_or(0.0));
        inputs.push(sum.abs().ln_1p());
    }
    inputs
}

/// The features of each sentence, then those of the one before and of the one after (zeros at the
/// ends): what the model for answers over several passages sees.
pub fn with_neighbors(sentences: &[Sentence]) -> Vec<Vec<f32>> {
    let rows: Vec<[f32; Features::NAMES.len()]> = sentences
        .iter()
        .map(|sentence| sentence.features.inputs())
        .collect();
    let none = [0.0; Features::NAMES.len()];
    (0..rows.len())
        .map(|at| {
            let row = |at: Option<usize>| at.and_then(|at| rows.get(at)).unwrap_or(&none);
            let parts: [&[f32]; 3] = [row(Some(at)), row(at.checked_sub(1)), row(Some(at + 1))];
            parts.concat()
        })
        .collect()
}

//! From claims to the answer as a whole.
//!
//! One model for every answer, whatever it answers and however its context is cut. It sees how likely
//! each claim is unsupported, from the worst to the best, and how many claims there are.

use super::features::{Features, count};
use super::logistic::sigmoid;

/// How much an answer of so many claims is one of several: not at all with one, wholly from five on.
pub fn several(n_claims: usize) -> f32 {
    (count(n_claims.saturating_sub(1)) / 4.0).min(1.0)
}

/// How many numbers [`with_neighbors`] gives for each claim.
pub const CLAIM_INPUTS: usize = 3 * Features::NAMES.len();

/// The features of each claim, then those of the one before and of the one after (zeros at the
/// ends).
pub fn with_neighbors(claims: &[&Features]) -> Vec<Vec<f32>> {
    let rows: Vec<[f32; Features::NAMES.len()]> =
        claims.iter().map(|features| features.inputs()).collect();
    let none = [0.0; Features::NAMES.len()];
    (0..rows.len())
        .map(|at| {
            let row = |at: Option<usize>| at.and_then(|at| rows.get(at)).unwrap_or(&none);
            let parts: [&[f32]; 3] = [row(Some(at)), row(at.checked_sub(1)), row(Some(at + 1))];
            parts.concat()
        })
        .collect()
}

/// How many numbers of [`answer_inputs`] are made from log odds.
pub const ODDS_INPUTS: usize = 10;

/// How many numbers [`answer_inputs`] gives.
pub const ANSWER_INPUTS: usize = ODDS_INPUTS + 4 * Features::NAMES.len();

/// What the model for answers sees: the log odds of the claims from worst to best, their mean, by words
/// too, and how many of them are expected to fail; then the largest, mean, least and summed features.
pub fn answer_inputs(claims: &[&Features], log_odds: &[f32]) -> Vec<f32> {
    let mut sorted = log_odds.to_vec();
    sorted.sort_by(|one, other| other.total_cmp(one));
    let at = |rank: usize| sorted.get(rank).copied().unwrap_or(-6.0);
    let n_claims = count(sorted.len());
    let share = n_claims.max(1.0);
    let failures = |p: f32| -(1.0 - p.min(0.995)).ln();
    let odds = || sorted.iter().copied().map(sigmoid);
    let words: f32 = claims.iter().map(|own| own.content_words).sum();
    let by_words = claims
        .iter()
        .zip(log_odds)
        .map(|(own, odds)| own.content_words * odds);
    let mut inputs = vec![
        at(0),
        at(1),
        at(2),
        odds().map(failures).sum::<f32>().max(1e-3).ln(),
        odds().sum::<f32>() / share,
        odds().take(3).sum::<f32>() / share.min(3.0),
        sorted.iter().sum::<f32>() / share,
        share.ln(),
        by_words.sum::<f32>() / words.max(1.0),
        words.max(1.0).ln(),
    ];
    let rows: Vec<[f32; Features::NAMES.len()]> =
        claims.iter().map(|features| features.inputs()).collect();
    for column in 0..Features::NAMES.len() {
        let values = || rows.iter().filter_map(|row| row.get(column).copied());
        let sum: f32 = values().sum();
        inputs.push(values().reduce(f32::max).unwrap_or(0.0));
        inputs.push(sum / share);
        inputs.push(values().reduce(f32::min).unwrap_or(0.0));
        inputs.push(sum.abs().ln_1p());
    }
    inputs
}

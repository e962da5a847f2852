//! Confidence sequences for the mean of scores from 0 to 1, by weights that depend on earlier scores
//! only (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", 2024).
//!
//! Closed forms, wider than betting; for display while a run is under way.

use crate::{
    count::count_to_f64,
    error::StatsError,
    parameter::{all_within, at_least, open_unit},
};

/// Two-sided bounds after each score; all of them hold together with an error of `alpha`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfidenceSequence {
    /// Lower bounds, from 0 to 1.
    pub lower: Vec<f64>,
    /// Upper bounds, from 0 to 1.
    pub upper: Vec<f64>,
}

/// The predictable-mixture Hoeffding sequence.
pub fn hoeffding_sequence(scores: &[f64], alpha: f64) -> Result<ConfidenceSequence, StatsError> {
    two_sided(scores, alpha, hoeffding_lower)
}

/// The predictable-mixture empirical-Bernstein sequence, narrower when scores vary little. Weights are
/// cut at `weight_max`, above 0 and below 1; 1/2 is usual.
pub fn empirical_bernstein_sequence(
    scores: &[f64],
    alpha: f64,
    weight_max: f64,
) -> Result<ConfidenceSequence, StatsError> {
    open_unit("largest weight", weight_max)?;
    two_sided(scores, alpha, |scores, log| {
        bernstein_lower(scores, log, weight_max)
    })
}

/// Lower bounds at half the error rate, and the same of the mirrored scores.
fn two_sided(
    scores: &[f64],
    alpha: f64,
    lower: impl Fn(&[f64], f64) -> Vec<f64>,
) -> Result<ConfidenceSequence, StatsError> {
    at_least(1, scores.len())?;
    all_within(scores, 0.0, 1.0)?;
    let log = (2.0 / open_unit("alpha", alpha)?).ln();
    let mirrored: Vec<f64> = scores.iter().map(|score| 1.0 - score).collect();
    Ok(ConfidenceSequence {
        lower: lower(scores, log),
        upper: lower(&mirrored, log)
            .into_iter()
            .map(|bound| 1.0 - bound)
            .collect(),
    })
}

fn hoeffding_lower(scores: &[f64], log: f64) -> Vec<f64> {
    let mut bound = WeightedBound::new(log);
    (scores.iter().enumerate())
        .map(|(index, score)| {
            let t = count_to_f64(index + 1);
            let weight = (8.0 * log / (t * t.ln_1p())).sqrt().min(1.0);
            bound.add(*score, weight, weight * weight / 8.0)
        })
        .collect()
}

fn bernstein_lower(scores: &[f64], log: f64, weight_max: f64) -> Vec<f64> {
    let mut bound = WeightedBound::new(log);
    let mut sum = 0.0;
    // One pseudo-score of 1/2 with variance 1/4 steadies the weights' variance.
    let mut squares = 0.25;
    (scores.iter().enumerate())
        .map(|(index, score)| {
            let t = count_to_f64(index + 1);
            let variance = squares / t;
            let weight = (2.0 * log / (t * t.ln_1p() * variance))
                .sqrt()
                .min(weight_max);
            let mean_before = if index == 0 { 0.0 } else { sum / (t - 1.0) };
            let penalty = (score - mean_before).powi(2) * (-(-weight).ln_1p() - weight);
            sum += score;
            squares += (score - (0.5 + sum) / (t + 1.0)).powi(2);
            bound.add(*score, weight, penalty)
        })
        .collect()
}

/// (Σ λ x − ln(1/α) − Σ ψ) / Σ λ.
struct WeightedBound {
    above: f64,
    weights: f64,
}

impl WeightedBound {
    fn new(log: f64) -> Self {
        Self {
            above: -log,
            weights: 0.0,
        }
    }

    fn add(&mut self, score: f64, weight: f64, penalty: f64) -> f64 {
        self.above += weight * score - penalty;
        self.weights += weight;
        (self.above / self.weights).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eighty answers that pass but for the ones at these places.
    fn answers() -> Vec<f64> {
        const FAILED: [usize; 10] = [5, 7, 25, 26, 35, 36, 49, 59, 65, 76];
        (0..80)
            .map(|i| if FAILED.contains(&i) { 0.0 } else { 1.0 })
            .collect()
    }

    #[test]
    fn values_of_confseq() {
        // confseq 0.0.11, predmix; empirical Bernstein with truncation 1/2.
        let bounds = empirical_bernstein_sequence(&answers(), 0.05, 0.5).unwrap();
        for (value, expected) in [
            (bounds.lower[79], 0.731_786_421_513_626_3),
            (bounds.upper[79], 1.0),
            (bounds.lower[19], 0.471_430_803_779_695_15),
            (bounds.upper[19], 1.0),
        ] {
            assert!((value - expected).abs() < 1e-12, "{value} {expected}");
        }
    }

    #[test]
    fn the_first_bounds_of_hoeffding_by_hand() {
        // λ₁ = min(1, √(8 ln 40 / ln 2)) = 1: 1 − ln 40 − 1/8 is below 0.
        let bounds = hoeffding_sequence(&[1.0; 200], 0.05).unwrap();
        assert!(bounds.lower[0].abs() < 1e-15 && (bounds.upper[0] - 1.0).abs() < 1e-15);
        assert!(bounds.lower[199] > 0.85 && bounds.lower.is_sorted());
    }

    #[test]
    fn mirrored_scores_have_mirrored_bounds() {
        let scores = answers();
        let mirrored: Vec<f64> = scores.iter().map(|score| 1.0 - score).collect();
        let (a, b) = (
            empirical_bernstein_sequence(&scores, 0.05, 0.5).unwrap(),
            empirical_bernstein_sequence(&mirrored, 0.05, 0.5).unwrap(),
        );
        for (lower, upper) in a.lower.iter().zip(&b.upper) {
            assert!((lower - (1.0 - upper)).abs() < 1e-12);
        }
    }

    #[test]
    fn scores_off_the_scale_are_an_error() {
        assert_eq!(hoeffding_sequence(&[], 0.05), Err(StatsError::NoData));
        for bad in [1.5, -0.1, f64::NAN, f64::INFINITY] {
            assert!(hoeffding_sequence(&[0.5, bad], 0.05).is_err(), "{bad}");
        }
    }
}

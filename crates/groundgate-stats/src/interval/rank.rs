//! Tests by signs and ranks, for comparison with other tools.
//!
//! Not for gates. Wilcoxon's test is about the pseudomedian: with a margin on the mean it passes a
//! candidate at the margin almost always when losses are rare and large. The sign-flip test assumes
//! symmetric differences and passes up to ten times too often on scores near 1. Mann and Whitney's
//! test ignores the pairing. Use the Dirichlet bound.

use crate::{
    count::count_to_f64,
    error::StatsError,
    parameter::{all_finite, at_least},
    special::normal::normal_sf,
};

/// More differences than this are not enumerated.
const SIGN_FLIPS_MAX: usize = 40;

/// Which departures from "no difference" count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// Either way.
    TwoSided,
    /// Differences tend to be positive.
    Greater,
    /// Differences tend to be negative.
    Less,
}

impl Alternative {
    /// The p-value from the probabilities of at least and at most what was seen.
    fn p_value(self, at_least: f64, at_most: f64) -> f64 {
        match self {
            Self::TwoSided => (2.0 * at_least.min(at_most)).min(1.0),
            Self::Greater => at_least,
            Self::Less => at_most,
        }
    }
}

/// The exact p-value of the mean difference if every difference could have had either sign. At most 40
/// differences other than 0.
pub fn sign_flip_exact(differences: &[f64], alternative: Alternative) -> Result<f64, StatsError> {
    at_least(1, differences.len())?;
    all_finite(differences)?;
    let moving: Vec<f64> = differences
        .iter()
        .copied()
        .filter(|d| d.abs() > 0.0)
        .collect();
    few_enough(moving.len())?;
    let observed: f64 = moving.iter().sum();
    // Sums that are equal but for rounding are equal.
    let slack = 1e-12 * moving.iter().map(|d| d.abs()).sum::<f64>();
    let (first, second) = moving.split_at(moving.len() / 2);
    let (first, mut second) = (signed_sums(first), signed_sums(second));
    second.sort_by(f64::total_cmp);
    // P(sum ≥ observed): for each sum of one half, the sums of the other that are large enough.
    let share_at_least = |threshold: f64| {
        let counts = first.iter().map(|sum| {
            let too_small = second.partition_point(|other| sum + other < threshold - slack);
            count_to_f64(second.len() - too_small)
        });
        counts.sum::<f64>() / count_to_f64(first.len()) / count_to_f64(second.len())
    };
    // The distribution is symmetric about 0.
    Ok(alternative.p_value(share_at_least(observed), share_at_least(-observed)))
}

fn few_enough(differences: usize) -> Result<(), StatsError> {
    if differences > SIGN_FLIPS_MAX {
        return Err(StatsError::Parameter {
            name: "number of differences",
            value: count_to_f64(differences),
        });
    }
    Ok(())
}

/// Of every choice of signs.
fn signed_sums(values: &[f64]) -> Vec<f64> {
    values.iter().fold(vec![0.0], |sums, value| {
        sums.iter()
            .flat_map(|sum| [sum + value, sum - value])
            .collect()
    })
}

/// Wilcoxon's signed-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRank {
    /// The sum of the ranks of positive differences.
    pub positive_ranks: f64,
    /// The sum of the ranks of negative differences.
    pub negative_ranks: f64,
    /// The exact p-value, given the ties there are.
    pub p_value: f64,
}

/// The exact signed-rank test; differences of 0 are left out. Tied sizes share their mean rank, and the
/// distribution is that of these ranks.
pub fn wilcoxon_exact(
    differences: &[f64],
    alternative: Alternative,
) -> Result<SignedRank, StatsError> {
    at_least(1, differences.len())?;
    all_finite(differences)?;
    let moving: Vec<f64> = differences
        .iter()
        .copied()
        .filter(|d| d.abs() > 0.0)
        .collect();
    if moving.is_empty() {
        return Err(StatsError::Undefined {
            what: "the signed-rank test",
            because: "all differences are 0",
        });
    }
    let sizes: Vec<f64> = moving.iter().map(|d| d.abs()).collect();
    let doubled = doubled_ranks(&sizes);
    let positive: usize = (moving.iter().zip(&doubled))
        .filter(|(d, _)| **d > 0.0)
        .map(|(_, rank)| rank)
        .sum();
    let total: usize = doubled.iter().sum();
    // By dynamic programming over the sum of doubled ranks.
    let mut probabilities = vec![0.0; total + 1];
    if let Some(none) = probabilities.first_mut() {
        *none = 1.0;
    }
    for rank in doubled {
        let without = probabilities.clone();
        let shifted = std::iter::repeat_n(&0.0, rank).chain(&without);
        for ((mass, stays), comes) in probabilities.iter_mut().zip(&without).zip(shifted) {
            *mass = 0.5 * (stays + comes);
        }
    }
    let at_most: f64 = probabilities.iter().take(positive + 1).sum();
    let at_least: f64 = probabilities.iter().skip(positive).sum();
    Ok(SignedRank {
        positive_ranks: 0.5 * count_to_f64(positive),
        negative_ranks: 0.5 * count_to_f64(total - positive),
        p_value: alternative.p_value(at_least, at_most).min(1.0),
    })
}

/// Twice the mean rank of each value, from 2.
fn doubled_ranks(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = |value: &f64| {
        let below = sorted.partition_point(|other| other < value);
        let up_to = sorted.partition_point(|other| other <= value);
        below + up_to + 1
    };
    values.iter().map(rank).collect()
}

/// Mann and Whitney's test of two independent samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// Pairs in which the first sample's value is larger; ties count half.
    pub u: f64,
    /// P(first > second) + P(equal) / 2.
    pub auc: f64,
    /// Large-sample p-value, corrected for continuity and ties.
    pub p_value: f64,
}

/// The large-sample test with corrections for ties and continuity. When all values are equal the
/// p-value is 1.
pub fn mann_whitney(
    first: &[f64],
    second: &[f64],
    alternative: Alternative,
) -> Result<MannWhitney, StatsError> {
    at_least(1, first.len().min(second.len()))?;
    let all = [first, second].concat();
    all_finite(&all)?;
    let doubled = doubled_ranks(&all);
    let (n1, n2) = (count_to_f64(first.len()), count_to_f64(second.len()));
    let n = n1 + n2;
    let rank_sum: f64 = doubled
        .iter()
        .take(first.len())
        .map(|rank| count_to_f64(*rank))
        .sum();
    let u = 0.5 * rank_sum - 0.5 * n1 * (n1 + 1.0);
    let mean = 0.5 * n1 * n2;
    let variance = n1 * n2 / 12.0 * (n + 1.0 - tie_term(&all) / (n * (n - 1.0)));
    // Of equal values u is the mean and the spread 0, up to rounding: the tail is all.
    let spread = variance.max(0.0).sqrt();
    let tail = |u: f64| normal_sf((u - mean - 0.5) / spread);
    let p_value = match alternative {
        Alternative::TwoSided => (2.0 * tail(u.max(n1 * n2 - u))).min(1.0),
        Alternative::Greater => tail(u),
        Alternative::Less => tail(n1 * n2 - u),
    };
    Ok(MannWhitney {
        u,
        auc: u / (n1 * n2),
        p_value,
    })
}

/// Σ (t³ − t) over groups of t equal values.
fn tie_term(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .chunk_by(|a, b| a.total_cmp(b).is_eq())
        .map(|group| {
            let size = count_to_f64(group.len());
            size.powi(3) - size
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_flips_agree_with_scipy() {
        // scipy 1.17.1, permutation_test over all 2^10 signs.
        let d = [0.17, 0.0, 0.38, 0.05, 0.46, -0.17, 0.22, 0.1, 0.34, 0.16];
        let p = sign_flip_exact(&d, Alternative::TwoSided).unwrap();
        assert!((p - 0.027_343_75).abs() < 1e-15, "{p}");
    }

    #[test]
    fn zeros_do_not_count() {
        let mut d = vec![1.0; 12];
        d.extend([0.0; 60]);
        let p = sign_flip_exact(&d, Alternative::Greater).unwrap();
        assert!((p - 0.5_f64.powi(12)).abs() < 1e-15, "{p}");
    }

    #[test]
    fn forty_differences_are_the_most() {
        // Forty take a second to enumerate.
        assert!(few_enough(40).is_ok());
        assert!(sign_flip_exact(&[1.0; 41], Alternative::Greater).is_err());
        assert!(sign_flip_exact(&[], Alternative::Greater).is_err());
        assert!(sign_flip_exact(&[1.0, f64::NAN], Alternative::Greater).is_err());
    }

    #[test]
    fn all_of_one_sign_is_the_least_probable() {
        let d = vec![0.5; 30];
        let p = sign_flip_exact(&d, Alternative::Greater).unwrap();
        assert!((p - 0.5_f64.powi(30)).abs() < 1e-20, "{p}");
        assert!((sign_flip_exact(&d, Alternative::Less).unwrap() - 1.0).abs() < 1e-15);
        assert!((sign_flip_exact(&[0.0; 5], Alternative::TwoSided).unwrap() - 1.0).abs() < 1e-15);
        assert!(sign_flip_exact(&[1.0; 41], Alternative::Greater).is_err());
    }

    #[test]
    fn wilcoxon_agrees_with_scipy() {
        // scipy 1.17.1, wilcoxon(alternative='greater', method='exact').
        let d = [
            0.121, -0.049, 0.331, 0.001, 0.411, -0.219, 0.171, 0.051, 0.291, 0.111,
        ];
        let test = wilcoxon_exact(&d, Alternative::Greater).unwrap();
        assert!((test.positive_ranks - 46.0).abs() < 1e-15, "{test:?}");
        assert!((test.p_value - 0.032_226_562_5).abs() < 1e-14, "{test:?}");
    }

    #[test]
    fn with_all_sizes_tied_wilcoxon_is_the_sign_test() {
        let d = [1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 0.0];
        let test = wilcoxon_exact(&d, Alternative::Greater).unwrap();
        assert!((test.p_value - 7.0 / 64.0).abs() < 1e-15, "{test:?}");
        assert!(wilcoxon_exact(&[0.0, 0.0], Alternative::Less).is_err());
    }

    #[test]
    fn mann_whitney_by_hand() {
        // Every value of the first is larger: U = 6, mean 3, variance 2·3·6/12 = 3.
        let test = mann_whitney(&[4.0, 5.0], &[1.0, 2.0, 3.0], Alternative::Greater).unwrap();
        assert!((test.u - 6.0).abs() < 1e-15 && (test.auc - 1.0).abs() < 1e-15);
        assert!((test.p_value - normal_sf(2.5 / 3.0_f64.sqrt())).abs() < 1e-15);
        for side in [
            Alternative::TwoSided,
            Alternative::Greater,
            Alternative::Less,
        ] {
            let even = mann_whitney(&[1.0, 1.0], &[1.0; 3], side).unwrap();
            assert!((even.p_value - 1.0).abs() < 1e-15 && (even.auc - 0.5).abs() < 1e-15);
        }
        assert_eq!(
            mann_whitney(&[], &[1.0], Alternative::Less),
            Err(StatsError::NoData)
        );
    }
}

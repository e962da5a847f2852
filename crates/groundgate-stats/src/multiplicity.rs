//! Several claims at once.
//!
//! A release passes only if every rule passes: an intersection-union test, which needs no correction
//! (Berger 1982). It fails if any rule fails: Holm's procedure (1979) keeps the chance of a false
//! fail below α over all rules together. Lists that nobody fixed beforehand get Benjamini and
//! Hochberg's procedure, and are called exploratory.

use crate::count::count_to_f64;

/// What a step-down or step-up procedure says of one hypothesis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjusted {
    /// Comparable with α directly, where there is one analysis only.
    pub p: f64,
    /// Whether the hypothesis is rejected: `p` < α.
    pub rejected: bool,
    /// The error rate for this hypothesis alone that gives the same answer: its raw p-value is below
    /// `level` exactly when it is rejected, and so a bound printed at this level agrees with the
    /// decision.
    pub level: f64,
}

/// Holm's step-down procedure, in the order of `p_values`: the chance of any false rejection is at
/// most `alpha`.
pub fn holm(p_values: &[f64], alpha: f64) -> Vec<Adjusted> {
    holm_at(p_values, alpha, |share| share)
}

/// Holm's procedure at one of several planned interim analyses: `nominal` is the level of this look for a test
/// that may err with the probability given to it over all analyses.
pub fn holm_at(p_values: &[f64], alpha: f64, nominal: impl Fn(f64) -> f64) -> Vec<Adjusted> {
    let hypotheses = p_values.len();
    let mut results = vec![None; hypotheses];
    let (mut highest, mut going, mut level) = (0.0_f64, true, nominal(alpha));
    for (step, (index, p)) in ascending(p_values).into_iter().enumerate() {
        let left = count_to_f64(hypotheses - step);
        highest = highest.max((p * left).min(1.0));
        if going {
            level = nominal(alpha / left);
            going = p < level;
        }
        set(
            &mut results,
            index,
            Adjusted {
                p: highest,
                rejected: going,
                level,
            },
        );
    }
    results.into_iter().flatten().collect()
}

/// Benjamini and Hochberg's step-up procedure, in the order of `p_values`: the expected share of
/// false rejections among rejections is at most `alpha`, for independent or positively dependent
/// tests.
pub fn benjamini_hochberg(p_values: &[f64], alpha: f64) -> Vec<Adjusted> {
    let hypotheses = count_to_f64(p_values.len());
    let order = ascending(p_values);
    let rank = |step: usize| count_to_f64(step) + 1.0;
    let rejected = (order.iter().enumerate())
        .filter(|(step, (_, p))| *p < alpha * rank(*step) / hypotheses)
        .map(|(step, _)| step + 1)
        .next_back()
        .unwrap_or(0);
    let level = alpha * count_to_f64(rejected.max(1)) / hypotheses;
    let mut results = vec![None; p_values.len()];
    let mut lowest = 1.0_f64;
    for (step, (index, p)) in order.into_iter().enumerate().rev() {
        lowest = lowest.min(p * (hypotheses / rank(step)));
        set(
            &mut results,
            index,
            Adjusted {
                p: lowest,
                rejected: step < rejected,
                level,
            },
        );
    }
    results.into_iter().flatten().collect()
}

/// The p-value for "not all of these claims hold": the largest one. 1 when there are no claims.
pub fn intersection_union(p_values: &[f64]) -> f64 {
    ascending(p_values).last().map_or(1.0, |(_, p)| *p)
}

/// Indices and p-values, the smallest first; a NaN counts as 1, so that it never helps.
fn ascending(p_values: &[f64]) -> Vec<(usize, f64)> {
    let mut order: Vec<(usize, f64)> = (p_values.iter())
        .map(|p| if p.is_nan() { 1.0 } else { *p })
        .enumerate()
        .collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    order
}

fn set(results: &mut [Option<Adjusted>], index: usize, adjusted: Adjusted) {
    if let Some(place) = results.get_mut(index) {
        *place = Some(adjusted);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn holm_matches_statsmodels() {
        // Reference case multiplicity-007: statsmodels 0.15.0 multipletests(method='holm').
        let results = holm(&[0.01, 0.01, 0.03, 0.03], 0.05);
        let p: Vec<f64> = results.iter().map(|one| one.p).collect();
        assert_eq!(p, [0.04, 0.04, 0.06, 0.06]);
        let rejected: Vec<bool> = results.iter().map(|one| one.rejected).collect();
        assert_eq!(rejected, [true, true, false, false]);
    }

    #[test]
    fn a_p_value_of_alpha_is_not_below_it() {
        for results in [holm(&[0.05], 0.05), benjamini_hochberg(&[0.05], 0.05)] {
            assert!(!results[0].rejected, "{results:?}");
        }
        // The second of two is held to α by both; the first, to α / 2.
        let (both, none) = ([0.05, 0.01], [0.025, 0.9]);
        assert!(!holm(&both, 0.05)[0].rejected && holm(&both, 0.05)[1].rejected);
        assert!(!holm(&none, 0.05)[0].rejected && !benjamini_hochberg(&none, 0.05)[0].rejected);
    }

    #[test]
    fn at_a_look_only_the_level_changes() {
        let p = [0.04, 0.02, 0.001];
        let adjusted = holm_at(&p, 0.06, |share| share / 2.0);
        let found: Vec<(f64, bool, f64)> = (adjusted.iter())
            .map(|one| (one.p, one.rejected, one.level))
            .collect();
        // 0.001 < 0.06 / 3 / 2, but 0.02 > 0.06 / 2 / 2, where the procedure stops.
        for ((p, rejected, level), (expected, is_rejected, at)) in found.into_iter().zip([
            (0.04, false, 0.015),
            (0.04, false, 0.015),
            (0.003, true, 0.01),
        ]) {
            assert!((p - expected).abs() < 1e-15 && (level - at).abs() < 1e-15);
            assert_eq!(rejected, is_rejected);
        }
    }

    #[test]
    fn a_p_value_that_is_not_a_number_never_rejects() {
        assert!(!holm(&[f64::NAN], 0.05)[0].rejected);
        assert!(!benjamini_hochberg(&[f64::NAN], 0.05)[0].rejected);
        assert!((intersection_union(&[0.03, 0.01]) - 0.03).abs() < 1e-15);
        assert!(intersection_union(&[0.01, f64::NAN]) >= 1.0);
        assert!(intersection_union(&[]) >= 1.0);
    }

    proptest! {
        #[test]
        fn the_level_of_each_hypothesis_agrees_with_its_decision(
            p in proptest::collection::vec(prop_oneof![0.0..1.0, 0.0..0.02], 1..12),
        ) {
            for results in [holm(&p, 0.05), benjamini_hochberg(&p, 0.05)] {
                prop_assert_eq!(results.len(), p.len());
                for (raw, adjusted) in p.iter().zip(&results) {
                    prop_assert_eq!(*raw < adjusted.level, adjusted.rejected);
                    prop_assert!(adjusted.p >= *raw);
                    prop_assert!((adjusted.p < 0.05) == adjusted.rejected
                        || (adjusted.p - 0.05).abs() < 1e-12);
                }
            }
        }
    }
}

//! Boundaries for planned interim analyses at any statistic that is about normal.
//!
//! The nominal level of an analysis is what the one-sided p-value of that analysis is compared with.

use std::ops::RangeInclusive;

use crate::{
    count::count_to_f64,
    error::StatsError,
    parameter::{at_least, error_rate},
    sequential::spending::Spending,
    special::{
        normal::{normal_pdf, normal_sf, normal_upper_quantile},
        quadrature::GaussLegendre,
    },
};

/// Standard deviations from the mean that still count.
const REACH: f64 = 9.0;

/// One interim analysis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalAnalysis {
    /// Stop when the standardized statistic is at least this; infinite when nothing may be spent yet.
    pub z: f64,
    /// Stop when the one-sided p-value is below this.
    pub nominal_level: f64,
}

/// One-sided boundaries at shares `information` of the sample, ascending, the last at most 1. Each
/// analysis's boundary spends what `spending` allows by then, given that no earlier one was crossed: the
/// recursion of Armitage and others (1969) over the density of the running sum.
pub fn normal_boundaries(
    information: &[f64],
    spending: Spending,
    alpha: f64,
) -> Result<Vec<NormalAnalysis>, StatsError> {
    error_rate(alpha)?;
    at_least(1, information.len())?;
    check_information(information)?;
    let rule = GaussLegendre::new(16);
    // Points of the running sum with what is left of its probability there.
    let mut sum: Vec<(f64, f64)> = vec![(0.0, 1.0)];
    let mut analyses = Vec::with_capacity(information.len());
    let (mut before, mut spent) = (0.0, 0.0);
    for (analysis, now) in information.iter().copied().enumerate() {
        let step = (now - before).sqrt();
        let to_spend = (spending.spent(now, alpha) - spent).max(0.0);
        let crossing = |boundary: f64| -> f64 {
            (sum.iter())
                .map(|(x, weight)| weight * normal_sf((boundary - x) / step))
                .sum()
        };
        let scale = now.sqrt();
        let boundary = scale * boundary_of(to_spend, |z| crossing(scale * z));
        let z = boundary / scale;
        let nominal_level = if z.is_finite() { normal_sf(z) } else { 0.0 };
        analyses.push(NormalAnalysis { z, nominal_level });
        let ends = -REACH * scale..=boundary.min(REACH * scale);
        // Fine enough for the step that led here, and for the one that leads on.
        let next = (information.get(analysis + 1)).map_or(step, |next| (next - now).sqrt());
        let panels = panels(&ends, step.min(next));
        let points = rule.points(ends, panels);
        sum = (points.into_iter())
            .map(|(y, weight)| {
                let density: f64 = (sum.iter())
                    .map(|(x, mass)| ((y - x) / step, mass))
                    .filter(|(steps, _)| steps.abs() < REACH)
                    .map(|(steps, mass)| mass * normal_pdf(steps) / step)
                    .sum();
                (y, weight * density)
            })
            .collect();
        spent += to_spend;
        before = now;
    }
    Ok(analyses)
}

fn check_information(information: &[f64]) -> Result<(), StatsError> {
    let mut before = 0.0;
    for now in information.iter().copied() {
        if !(now > before && now <= 1.0 + 1e-12) {
            return Err(StatsError::Parameter {
                name: "information",
                value: now,
            });
        }
        before = now;
    }
    Ok(())
}

/// Where the falling `crossing` reaches `level`; infinite when the level is too small to place.
fn boundary_of(level: f64, crossing: impl Fn(f64) -> f64) -> f64 {
    if level < 1e-200 {
        return f64::INFINITY;
    }
    // Without earlier analyses the boundary would be there; with them it is lower.
    let (mut low, mut high) = (-REACH, normal_upper_quantile(level) + 1e-3);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        *(if crossing(middle) > level {
            &mut low
        } else {
            &mut high
        }) = middle;
        if high - low < 1e-13 {
            break;
        }
    }
    0.5 * (low + high)
}

/// Panels so narrow that a density with standard deviation `step` is smooth in each.
fn panels(ends: &RangeInclusive<f64>, step: f64) -> u32 {
    let (low, high) = (ends.start(), ends.end());
    let wanted = ((high - low) / (3.0 * step)).ceil();
    (4..=200)
        .find(|panels| f64::from(*panels) >= wanted)
        .unwrap_or(200)
}

/// Equally spaced interim analyses: 1/k, 2/k, …, 1.
pub(super) fn equal_information(n_analyses: usize) -> Vec<f64> {
    (1..=n_analyses)
        .map(|analysis| count_to_f64(analysis) / count_to_f64(n_analyses))
        .collect()
}

impl Spending {
    /// Boundaries for `n_analyses` equally spaced interim analyses.
    pub fn equally_spaced(
        self,
        n_analyses: usize,
        alpha: f64,
    ) -> Result<Vec<NormalAnalysis>, StatsError> {
        normal_boundaries(&equal_information(n_analyses), self, alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(information: &[f64], spending: Spending, alpha: f64, expected: &[f64]) {
        let analyses = normal_boundaries(information, spending, alpha).unwrap();
        assert_eq!(analyses.len(), expected.len());
        for (analysis, z) in analyses.iter().zip(expected) {
            assert!((analysis.z - z).abs() < 1e-9, "{spending:?}: {analyses:?}");
            assert!((analysis.nominal_level - normal_sf(*z)).abs() < 1e-10);
        }
    }

    #[test]
    fn values_of_an_independent_recursion() {
        // 600 Gauss–Legendre nodes in numpy; the total was checked with scipy's multivariate_normal.
        let fifths = [0.2, 0.4, 0.6, 0.8, 1.0];
        check(
            &fifths,
            Spending::OBrienFleming,
            0.05,
            &[
                4.229_195_059_301_449,
                2.888_136_548_298_562,
                2.298_090_283_924_374_4,
                1.961_821_465_556_750_5,
                1.739_704_499_440_031_2,
            ],
        );
        check(
            &fifths,
            Spending::Pocock,
            0.05,
            &[
                2.176_211_453_088_680_2,
                2.143_747_712_072_627_4,
                2.113_285_263_222_120_4,
                2.089_599_184_628_726_3,
                2.070_998_375_272_836,
            ],
        );
        check(
            &[0.25, 0.6, 1.0],
            Spending::OBrienFleming,
            0.025,
            &[
                4.332_633_646_049_566,
                2.668_868_751_729_523_3,
                1.980_976_335_332_385_5,
            ],
        );
        check(
            &[0.25, 0.6, 1.0],
            Spending::Pocock,
            0.025,
            &[
                2.368_327_703_523_905_6,
                2.292_087_125_856_373_8,
                2.267_042_409_546_430_5,
            ],
        );
    }

    /// Steps this small need many panels. 2000 nodes in numpy, and 3000 agree.
    #[test]
    fn close_looks_are_resolved() {
        check(
            &[0.5, 0.505, 0.51, 1.0],
            Spending::Pocock,
            0.05,
            &[
                1.866_213_860_135_111,
                2.004_288_061_939_26,
                2.057_721_480_252_25,
                1.891_274_072_384_82,
            ],
        );
    }

    #[test]
    fn equal_looks_are_shares_of_the_whole() {
        let equal = Spending::Pocock.equally_spaced(4, 0.05).unwrap();
        let shares = normal_boundaries(&[0.25, 0.5, 0.75, 1.0], Spending::Pocock, 0.05);
        assert_eq!(equal, shares.unwrap());
    }

    #[test]
    fn one_look_is_the_fixed_test() {
        let analyses = Spending::OBrienFleming.equally_spaced(1, 0.05).unwrap();
        assert!(
            (analyses[0].nominal_level - 0.05).abs() < 1e-12,
            "{analyses:?}"
        );
    }

    #[test]
    fn many_close_looks_come_near_the_continuous_boundary() {
        // Watched continuously, a Brownian motion may end no higher than at level α / 2.
        let last = |n_analyses| {
            let analyses = Spending::OBrienFleming
                .equally_spaced(n_analyses, 0.05)
                .unwrap();
            analyses.last().unwrap().nominal_level
        };
        let (five, thirty) = (last(5), last(30));
        assert!(thirty < 0.8 * five && thirty > 0.025, "{five} {thirty}");
    }

    #[test]
    fn a_look_too_early_to_stop_at_has_no_boundary_and_no_level() {
        let analyses = normal_boundaries(&[1e-3, 1.0], Spending::OBrienFleming, 0.05).unwrap();
        assert!(
            analyses[0].z.is_infinite() && analyses[0].nominal_level.abs() < 1e-300,
            "{analyses:?}"
        );
        assert!(
            (analyses[1].nominal_level - 0.05).abs() < 1e-9,
            "{analyses:?}"
        );
        // 10^-247 may be spent at the first analysis.
        let analyses = normal_boundaries(&[3.4e-3, 1.0], Spending::OBrienFleming, 0.05).unwrap();
        assert!(analyses[0].z.is_infinite(), "{analyses:?}");
    }

    #[test]
    fn unordered_looks_are_an_error() {
        for information in [&[0.5, 0.5][..], &[0.5, 1.5], &[0.0, 1.0], &[f64::NAN]] {
            let analyses = normal_boundaries(information, Spending::Pocock, 0.05);
            assert!(
                matches!(analyses, Err(StatsError::Parameter { .. })),
                "{information:?}"
            );
        }
    }
}

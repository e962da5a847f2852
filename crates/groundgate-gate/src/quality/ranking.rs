//! How well a graded score ranks: the chance that a good answer scores higher than a bad one, and what each
//! cut of the score would recognize.

use groundgate_model::unit::count_to_f64;
use groundgate_stats::special::normal_upper_quantile;
use serde::Serialize;

use super::{
    ALPHA,
    measure::{Measure, Share},
};

/// Cuts of the curve, at most.
const CUTS_MAX: usize = 20;

/// How well a judge's score ranks what people call good above what they call bad.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    /// The area under the receiver operating characteristic, 0.5 by chance; ties count half. Bounds by
    /// `DeLong`, `DeLong` and Clarke-Pearson (1988) on the logit scale; none where nothing varies.
    pub auroc: Measure,
    /// Cuts of the score, rising, at most 20.
    pub curve: Vec<Cut>,
}

/// What is recognized if the judge's score is good from a value on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cut {
    /// From this score on the judge says good.
    pub from: f64,
    /// Of what people call good, the share that it does, too.
    pub sensitivity: Share,
    /// Of what people call bad, the share that it does, too.
    pub specificity: Share,
}

impl Cut {
    /// Sensitivity + specificity − 1.
    pub const fn j(&self) -> f64 {
        self.sensitivity.value + self.specificity.value - 1.0
    }
}

impl Ranking {
    /// From pairs of people's word (whether it is good) and the judge's score; `None` where one kind is missing.
    pub fn of(pairs: &[(bool, f64)]) -> Option<Self> {
        let sorted = |kind: bool| {
            let own = pairs.iter().filter(|(good, _)| *good == kind);
            let mut scores: Vec<f64> = own.map(|(_, score)| *score).collect();
            scores.sort_by(f64::total_cmp);
            scores
        };
        let (good, bad) = (sorted(true), sorted(false));
        if good.is_empty() || bad.is_empty() {
            return None;
        }
        Some(Self {
            auroc: auroc(&good, &bad),
            curve: curve(&good, &bad)?,
        })
    }

    /// The cut with the greatest J, the lowest of equals. Chosen on these labels, it looks better than it is.
    pub fn best(&self) -> Option<&Cut> {
        let greater = |best: &&Cut, own: &&Cut| own.j() > best.j();
        self.curve
            .iter()
            .reduce(|best, own| if greater(&best, &own) { own } else { best })
    }

    /// Whether there is more than one way to cut.
    pub const fn is_graded(&self) -> bool {
        self.curve.len() > 1
    }
}

/// The share of sorted scores below one, equal ones counted half.
fn placement(sorted: &[f64], score: f64) -> f64 {
    let below = sorted.partition_point(|other| *other < score);
    let up_to = sorted.partition_point(|other| *other <= score);
    count_to_f64(below + up_to) / 2.0 / count_to_f64(sorted.len())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count_to_f64(values.len())
}

/// The variance of a mean; `None` of fewer than two.
fn variance_of_mean(values: &[f64]) -> Option<f64> {
    let degrees = values.len().checked_sub(1).filter(|degrees| *degrees > 0)?;
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(squares / count_to_f64(degrees) / count_to_f64(values.len()))
}

fn auroc(good: &[f64], bad: &[f64]) -> Measure {
    let of_good: Vec<f64> = good.iter().map(|score| placement(bad, *score)).collect();
    let of_bad: Vec<f64> = (bad.iter())
        .map(|score| 1.0 - placement(good, *score))
        .collect();
    let value = mean(&of_good);
    let variance = variance_of_mean(&of_good)
        .zip(variance_of_mean(&of_bad))
        .map(|(one, other)| one + other)
        .filter(|variance| *variance > 0.0 && value > 0.0 && value < 1.0);
    let bound = |side: f64| {
        variance.map(|variance| {
            let deviation = variance.sqrt() / (value * (1.0 - value));
            let logit = (value / (1.0 - value)).ln();
            let moved = side.mul_add(normal_upper_quantile(ALPHA) * deviation, logit);
            1.0 / (1.0 + (-moved).exp())
        })
    };
    Measure {
        value: Some(value),
        lower: bound(-1.0),
        upper: bound(1.0),
    }
}

/// Every score above the least as a cut, thinned evenly where there are too many.
fn curve(good: &[f64], bad: &[f64]) -> Option<Vec<Cut>> {
    let mut cuts: Vec<f64> = good.iter().chain(bad).copied().collect();
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    let cuts = cuts.get(1..).unwrap_or_default();
    let step = cuts.len().div_ceil(CUTS_MAX).max(1);
    let cut = |from: &f64| {
        let from_on = |sorted: &[f64]| sorted.len() - sorted.partition_point(|own| own < from);
        Some(Cut {
            from: *from,
            sensitivity: Share::of(from_on(good), good.len())?,
            specificity: Share::of(bad.len() - from_on(bad), bad.len())?,
        })
    };
    cuts.iter().step_by(step).map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(good: &[f64], bad: &[f64]) -> Ranking {
        let good = good.iter().map(|score| (true, *score));
        let pairs: Vec<(bool, f64)> = good
            .chain(bad.iter().map(|score| (false, *score)))
            .collect();
        Ranking::of(&pairs).unwrap()
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        // By hand: of 4 · 3 pairs 7 in order and 2 tied.
        let found = ranking(&[0.4, 0.6, 0.8, 1.0], &[0.2, 0.6, 0.8]);
        assert!((found.auroc.value.unwrap() - 8.0 / 12.0).abs() < 1e-12);
        let (lower, upper) = (found.auroc.lower.unwrap(), found.auroc.upper.unwrap());
        assert!(lower < 0.66 && 0.67 < upper && upper < 1.0);
        assert!(ranking(&[0.5; 3], &[0.5; 3]).auroc.lower.is_none());
        assert_eq!(Ranking::of(&[(true, 1.0)]), None);
    }

    #[test]
    fn a_cut_says_what_it_recognizes() {
        let found = ranking(&[0.4, 0.6, 0.8, 1.0], &[0.2, 0.6, 0.8]);
        let cuts: Vec<(f64, usize, usize)> = (found.curve.iter())
            .map(|cut| (cut.from, cut.sensitivity.hits, cut.specificity.hits))
            .collect();
        assert_eq!(cuts, [(0.4, 4, 1), (0.6, 3, 1), (0.8, 2, 2), (1.0, 1, 3)]);
        let best = found.best().unwrap();
        assert!((best.from - 0.4).abs() < 1e-12, "{best:?}");
    }

    #[test]
    fn a_yes_or_no_has_one_cut_and_many_scores_have_twenty() {
        assert!(!ranking(&[1.0, 0.0], &[0.0]).is_graded());
        let many: Vec<f64> = (0..500).map(|at| f64::from(at) / 500.0).collect();
        let found = ranking(&many, &many);
        assert!(found.is_graded() && found.curve.len() <= CUTS_MAX);
        assert!((found.auroc.value.unwrap() - 0.5).abs() < 1e-12);
    }

    /// One side errs in about one of twenty samples: normal scores, true area 0.76.
    #[test]
    fn bounds_hold_as_often_as_they_say() {
        let mut state = 7_u64;
        let mut uniform = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            f64::from(u32::try_from(state >> 32).unwrap()) / f64::from(u32::MAX)
        };
        let mut normal = move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let (rounds, shift, truth) = (2000, 1.0, 0.760_25);
        let (mut low, mut high) = (0, 0);
        for _ in 0..rounds {
            let good: Vec<f64> = (0..40).map(|_| normal() + shift).collect();
            let bad: Vec<f64> = (0..30).map(|_| normal()).collect();
            let auroc = ranking(&good, &bad).auroc;
            low += usize::from(auroc.lower.unwrap() > truth);
            high += usize::from(auroc.upper.unwrap() < truth);
        }
        let share = |count: usize| count_to_f64(count) / f64::from(rounds);
        assert!(share(low) < 0.07 && share(high) < 0.07, "{low} {high}");
        assert!(share(low + high) > 0.05, "{low} {high}");
    }
}

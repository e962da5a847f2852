//! Figures: AUROC with its interval, F1, calibration.

use std::collections::BTreeMap;

use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A score (higher is worse) with what is true of it.
#[derive(Debug, Clone)]
pub(crate) struct Judged<'r> {
    pub(crate) score: f64,
    pub(crate) positive: bool,
    pub(crate) group: &'r str,
}

/// The chance that a positive scores higher than a negative, ties counted half (Mann–Whitney).
pub(crate) fn auroc(judged: &[Judged<'_>]) -> f64 {
    let mut sorted: Vec<(f64, bool)> = judged.iter().map(|one| (one.score, one.positive)).collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let n_positive = sorted.iter().filter(|(_, positive)| *positive).count() as f64;
    let n_negative = sorted.len() as f64 - n_positive;
    let mut below = 0.0;
    let mut wins = 0.0;
    for tied in sorted.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
        let positives = tied.iter().filter(|(_, positive)| *positive).count() as f64;
        let negatives = tied.len() as f64 - positives;
        wins += positives * (below + negatives / 2.0);
        below += negatives;
    }
    wins / (n_positive * n_negative)
}

/// The 95 % percentile interval of the AUROC over 300 resamples of groups.
pub(crate) fn interval(judged: &[Judged<'_>]) -> (f64, f64) {
    let mut groups: BTreeMap<&str, Vec<&Judged<'_>>> = BTreeMap::new();
    for one in judged {
        groups.entry(one.group).or_default().push(one);
    }
    let groups: Vec<Vec<&Judged<'_>>> = groups.into_values().collect();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
    let mut resampled: Vec<f64> = (0..300)
        .map(|_| {
            let sample: Vec<Judged<'_>> = (0..groups.len())
                .flat_map(|_| &groups[(random.next_u64() % groups.len() as u64) as usize])
                .map(|one| (*one).clone())
                .collect();
            auroc(&sample)
        })
        .filter(|value| value.is_finite())
        .collect();
    resampled.sort_by(f64::total_cmp);
    let at = |share: f64| resampled[(share * (resampled.len() - 1) as f64).round() as usize];
    (at(0.025), at(0.975))
}

/// The mean AUROC within the classes that `class` tells apart and that have both labels.
pub(crate) fn within(judged: &[Judged<'_>], class: impl Fn(usize) -> String) -> f64 {
    let mut classes: BTreeMap<String, Vec<Judged<'_>>> = BTreeMap::new();
    for (at, one) in judged.iter().enumerate() {
        classes.entry(class(at)).or_default().push(one.clone());
    }
    let values: Vec<f64> = classes
        .values()
        .map(|own| auroc(own))
        .filter(|value| value.is_finite())
        .collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// The F1 of flagging from `cut` on.
pub(crate) fn f1(judged: &[Judged<'_>], cut: f64) -> f64 {
    let flagged = judged.iter().filter(|one| one.score >= cut);
    let hits = flagged.clone().filter(|one| one.positive).count() as f64;
    let n_positive = judged.iter().filter(|one| one.positive).count() as f64;
    2.0 * hits / (flagged.count() as f64 + n_positive)
}

/// Cohen's kappa between flagging from `cut` on and what is true.
pub(crate) fn kappa(judged: &[Judged<'_>], cut: f64) -> f64 {
    let n = judged.len() as f64;
    let share =
        |is: &dyn Fn(&Judged<'_>) -> bool| judged.iter().filter(|one| is(one)).count() as f64 / n;
    let agreed = share(&|one| (one.score >= cut) == one.positive);
    let (flagged, positive) = (share(&|one| one.score >= cut), share(&|one| one.positive));
    let by_chance = flagged * positive + (1.0 - flagged) * (1.0 - positive);
    (agreed - by_chance) / (1.0 - by_chance).max(1e-9)
}

/// The share of what is flagged from `cut` on that is positive, and the share of positives flagged.
pub(crate) fn precision_recall(judged: &[Judged<'_>], cut: f64) -> (f64, f64) {
    let n_flagged = judged.iter().filter(|one| one.score >= cut).count() as f64;
    let n_positive = judged.iter().filter(|one| one.positive).count() as f64;
    let hits = judged
        .iter()
        .filter(|one| one.score >= cut && one.positive)
        .count() as f64;
    (hits / n_flagged, hits / n_positive)
}

/// The expected calibration error of probabilities, in ten bins of equal width.
pub(crate) fn calibration_error(judged: &[Judged<'_>]) -> f64 {
    let mut bins = [(0.0, 0.0); 10];
    for one in judged {
        let bin = &mut bins[((one.score * 10.0) as usize).min(9)];
        bin.0 += one.score;
        bin.1 += f64::from(u8::from(one.positive));
    }
    bins.iter()
        .map(|(score, positive): &(f64, f64)| (score - positive).abs())
        .sum::<f64>()
        / judged.len() as f64
}

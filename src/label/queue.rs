//! Which claims people are asked about.
//!
//! The targeted queue takes its claims for certain (inclusion probability 1); from all others a
//! random sample is drawn, by strata of what the judge said, so that rare labels are seen. Every
//! claim's probability of being asked about is known and kept, so weighted estimates over all
//! claims stay unbiased (Horvitz and Thompson 1952). Half of the items come from each.

use std::collections::BTreeMap;

use super::entry::{Item, Queue};
use crate::{
    trial::Label,
    unit::{Digest, count_to_f64},
};

/// Of the items, so many percent are given to two people.
pub const OVERLAP_PERCENT: u8 = 20;

/// A claim that could be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What it is.
    pub item: Item,
    /// What the judge said: the stratum. Never shown before the person has answered.
    pub judged: Label,
    /// Whether instruments or repeats disagree about it.
    pub is_disputed: bool,
    /// Whether it alone keeps its answer from being grounded.
    pub is_pivotal: bool,
    /// Whether its case is critical.
    pub is_critical: bool,
}

/// A claim to be asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What it is.
    pub item: Item,
    /// Why it is asked.
    pub queue: Queue,
    /// In (0, 1].
    pub inclusion_probability: f64,
    /// How many people are to label it.
    pub n_people: usize,
}

/// Chooses at most `n` claims, in the order in which they are asked. The same seed chooses the same.
pub fn plan(claims: &[Claim], queue: Queue, n: usize, seed: u64) -> Vec<Planned> {
    let order = shuffled(claims, seed);
    let is_targeted = |claim: &Claim| match queue {
        Queue::Disagreement => claim.is_disputed,
        Queue::Uncertain => claim.is_pivotal,
        Queue::Critical => claim.is_critical,
        Queue::Calibration | Queue::Gold | Queue::Adjudication => false,
    };
    let wanted = order.iter().filter(|(_, claim)| is_targeted(claim));
    let n_targeted = wanted.clone().count().min(n / 2);
    // Where more qualify than are asked, those asked are a random part of them.
    let share = ratio(n_targeted, wanted.clone().count());
    let targeted: Vec<Planned> = wanted
        .take(n_targeted)
        .map(|(drawn, claim)| planned(claim, queue, share, *drawn))
        .collect();
    let rest: Vec<&(Digest, &Claim)> = order
        .iter()
        .filter(|(_, claim)| !is_targeted(claim))
        .collect();
    let random = stratified(&rest, n - n_targeted);
    mixed(targeted, random)
}

/// By a digest of seed and item: a random order that anyone can draw again.
fn shuffled(claims: &[Claim], seed: u64) -> Vec<(Digest, &Claim)> {
    let mut order: Vec<(Digest, &Claim)> = claims
        .iter()
        .map(|claim| (drawn(&claim.item, seed), claim))
        .collect();
    order.sort_by_key(|one| one.0);
    order
}

fn drawn(item: &Item, seed: u64) -> Digest {
    let attempt = item.attempt.to_be_bytes();
    Digest::of_parts([
        seed.to_be_bytes().as_slice(),
        item.run.as_bytes(),
        item.case.as_bytes(),
        &attempt,
        item.claim.as_deref().unwrap_or("").as_bytes(),
    ])
}

/// Half of the sample is shared out by size, half evenly, so that no stratum is missed; what a small
/// stratum cannot give, the larger ones do.
fn stratified(claims: &[&(Digest, &Claim)], n: usize) -> Vec<Planned> {
    let mut by_label: BTreeMap<Label, Vec<&(Digest, &Claim)>> = BTreeMap::new();
    for claim in claims {
        by_label.entry(claim.1.judged).or_default().push(claim);
    }
    let mut strata: Vec<Vec<&(Digest, &Claim)>> = by_label.into_values().collect();
    strata.sort_by_key(Vec::len);
    let (mut n_left, mut claims_left, mut strata_left) = (n, claims.len(), strata.len());
    let mut sample: Vec<(Digest, Planned)> = Vec::new();
    for stratum in &strata {
        let by_size = n_left * stratum.len() / claims_left.max(1);
        let evenly = n_left / strata_left.max(1);
        let wanted = by_size.midpoint(evenly).max(1);
        let size = wanted.min(stratum.len()).min(n_left);
        let share = ratio(size, stratum.len());
        let drawn = stratum.iter().take(size);
        sample.extend(
            drawn.map(|(drawn, claim)| (*drawn, planned(claim, Queue::Calibration, share, *drawn))),
        );
        (n_left, claims_left, strata_left) =
            (n_left - size, claims_left - stratum.len(), strata_left - 1);
    }
    sample.sort_by_key(|one| one.0);
    sample.into_iter().map(|(_, planned)| planned).collect()
}

fn planned(claim: &Claim, queue: Queue, inclusion_probability: f64, drawn: Digest) -> Planned {
    // Its last digits have not been used for the order.
    let text = drawn.to_string();
    let tail = text.get(text.len().saturating_sub(4)..).unwrap_or("");
    let percent = u32::from_str_radix(tail, 16).unwrap_or(0) % 100;
    Planned {
        item: claim.item.clone(),
        queue,
        inclusion_probability,
        n_people: if percent < u32::from(OVERLAP_PERCENT) {
            2
        } else {
            1
        },
    }
}

/// One from each in turn, so that stopping early leaves both.
fn mixed(targeted: Vec<Planned>, random: Vec<Planned>) -> Vec<Planned> {
    let (mut targeted, mut random) = (targeted.into_iter(), random.into_iter());
    let mut all = Vec::new();
    loop {
        let pair = (random.next(), targeted.next());
        if pair == (None, None) {
            return all;
        }
        all.extend(pair.0);
        all.extend(pair.1);
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    count_to_f64(part) / count_to_f64(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(n: usize) -> Vec<Claim> {
        (0..n)
            .map(|index| Claim {
                item: Item {
                    run: "R".to_owned(),
                    case: format!("c{index}"),
                    attempt: 0,
                    claim: Some("s1".to_owned()),
                    baseline: None,
                },
                judged: if index % 20 == 0 {
                    Label::Contradicted
                } else {
                    Label::Supported
                },
                is_disputed: index % 5 == 0,
                is_pivotal: false,
                is_critical: index == 3,
            })
            .collect()
    }

    #[test]
    fn half_is_targeted_and_half_random_and_no_claim_comes_twice() {
        let planned = plan(&claims(1000), Queue::Disagreement, 100, 7);
        let targeted = planned
            .iter()
            .filter(|one| one.queue == Queue::Disagreement)
            .count();
        assert_eq!(targeted, 50);
        assert_eq!(planned.len(), 100);
        let items: std::collections::BTreeSet<&Item> =
            planned.iter().map(|one| &one.item).collect();
        assert_eq!(items.len(), planned.len());
        assert_eq!(planned, plan(&claims(1000), Queue::Disagreement, 100, 7));
        assert_ne!(planned, plan(&claims(1000), Queue::Disagreement, 100, 8));
    }

    #[test]
    fn rare_labels_are_drawn_more_often_and_say_so() {
        let claims = claims(1000);
        let planned = plan(&claims, Queue::Calibration, 100, 7);
        let rare: Vec<&Planned> = planned
            .iter()
            .filter(|one| {
                let claim = claims.iter().find(|claim| claim.item == one.item).unwrap();
                claim.judged == Label::Contradicted
            })
            .collect();
        assert!(rare.len() > 20, "{}", rare.len());
        assert!(rare.iter().all(|one| one.inclusion_probability > 0.4));
    }

    #[test]
    fn inverse_probabilities_add_up_to_all_claims() {
        for queue in [Queue::Calibration, Queue::Disagreement, Queue::Critical] {
            for n in [20, 100, 900] {
                let planned = plan(&claims(1000), queue, n, 3);
                let total: f64 = planned
                    .iter()
                    .map(|one| 1.0 / one.inclusion_probability)
                    .sum();
                assert!((total - 1000.0).abs() < 1e-6, "{queue:?} {n}: {total}");
            }
        }
    }

    #[test]
    fn about_a_fifth_goes_to_two_people() {
        let planned = plan(&claims(5000), Queue::Calibration, 2000, 1);
        assert_eq!(planned.len(), 2000);
        let twice = planned.iter().filter(|one| one.n_people == 2).count();
        assert!((340..=460).contains(&twice), "{twice} of {}", planned.len());
    }
}

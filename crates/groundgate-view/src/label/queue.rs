//! Which claims people are asked about.
//!
//! Two draws, independent of each other. **Whole answers** at random, each with the same probability,
//! spread over what the judge said (systematic, so proportional to its strata): all claims of an
//! answer together say whether it is grounded, and such answers speak for all others. **Single
//! claims** of a queue, each with a probability proportional to how much it is worth asking about. A
//! claim's probability of being in either draw is known and kept, so that weighted estimates over all
//! claims stay unbiased (Horvitz and Thompson 1952).

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::{
    trial::Label,
    unit::{Digest, count_to_f64},
};

use super::{
    draw::{chances, systematic, uniform},
    entry::{Item, Queue},
    error_risk::{Sign, error_risk},
};

/// Of the answers, so many percent are given to two people.
pub const OVERLAP_PERCENT: u8 = 20;
/// Of the items, so many percent are always drawn at random where the formula of risk chooses.
pub const RANDOM_PERCENT: u8 = 20;

/// A claim that could be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What it is.
    pub item: Item,
    /// What the judge said. Never shown before the person has answered.
    pub judged: Label,
    /// What makes it worth asking about.
    pub signs: BTreeSet<Sign>,
    /// How many words it has.
    pub words: usize,
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

/// The claims of one answer.
struct Answer<'a> {
    drawn: Digest,
    claims: Vec<&'a Claim>,
}

/// Chooses about `n` claims, in the order in which they are asked. The same seed chooses the same.
pub fn plan(claims: &[Claim], queue: Queue, n: usize, seed: u64) -> Vec<Planned> {
    let mut singles: Vec<(Digest, &Claim)> = (claims.iter())
        .filter(|claim| worth(claim, queue) > 0.0)
        .map(|claim| (drawn(&claim.item, seed, "claim"), claim))
        .collect();
    singles.sort_by_key(|one| one.0);
    let n_random = match queue {
        Queue::Doubtful => n * usize::from(RANDOM_PERCENT) / 100,
        Queue::Calibration
        | Queue::Disagreement
        | Queue::Uncertain
        | Queue::Critical
        | Queue::Attack
        | Queue::Gold
        | Queue::Adjudication => n.div_ceil(2),
    };
    let n_singles = singles.len().min(n - n_random);
    let sizes: Vec<f64> = singles
        .iter()
        .map(|(_, claim)| worth(claim, queue))
        .collect();
    let by_worth = chances(&sizes, count_to_f64(n_singles));
    let worth_of: BTreeMap<&Item, f64> = (singles.iter().zip(&by_worth))
        .map(|((_, claim), chance)| (&claim.item, *chance))
        .collect();

    let answers = answers(claims, seed);
    let share = share_of_answers(&answers, claims.len(), n - n_singles);
    let in_either = |item: &Item| {
        let single = worth_of.get(item).copied().unwrap_or(0.0);
        1.0 - (1.0 - share) * (1.0 - single)
    };
    let mut whole: Vec<&Answer<'_>> =
        systematic(&vec![share; answers.len()], uniform(seed, "answers"))
            .into_iter()
            .filter_map(|place| answers.get(place))
            .collect();
    whole.sort_by_key(|answer| answer.drawn);
    let asked = |claim: &Claim, queue| Planned {
        item: claim.item.clone(),
        queue,
        inclusion_probability: in_either(&claim.item),
        n_people: 1,
    };
    let mut whole: Vec<Vec<Planned>> = (whole.iter())
        .map(|answer| {
            answer
                .claims
                .iter()
                .map(|claim| asked(claim, Queue::Calibration))
                .collect()
        })
        .collect();
    let is_there = |item: &Item| whole.iter().flatten().any(|planned| planned.item == *item);
    let mut singles: Vec<Vec<Planned>> = systematic(&by_worth, uniform(seed, "claims"))
        .into_iter()
        .filter_map(|place| singles.get(place))
        .filter(|(_, claim)| !is_there(&claim.item))
        .map(|(_, claim)| vec![asked(claim, queue)])
        .collect();
    for groups in [&mut whole, &mut singles] {
        overlap(groups, uniform(seed, "people"));
    }
    mixed(whole, singles)
}

/// How much a claim is worth asking about in a queue; 0: it is not of the queue.
fn worth(claim: &Claim, queue: Queue) -> f64 {
    let signs = &claim.signs;
    let is_of_it = match queue {
        Queue::Doubtful => return error_risk(signs, claim.words),
        Queue::Disagreement => signs.contains(&Sign::Split) || signs.contains(&Sign::Flips),
        Queue::Uncertain => signs.contains(&Sign::Pivotal),
        Queue::Critical => signs.contains(&Sign::Critical),
        Queue::Attack => signs.contains(&Sign::Flagged),
        Queue::Calibration | Queue::Gold | Queue::Adjudication => false,
    };
    f64::from(u8::from(is_of_it))
}

/// Claims come answer by answer; those that the judge calls bad stand together, at random within.
fn answers(claims: &[Claim], seed: u64) -> Vec<Answer<'_>> {
    let mut answers: Vec<Answer<'_>> = (claims
        .chunk_by(|one, next| whole(&one.item) == whole(&next.item)))
    .filter_map(|claims| {
        let first = claims.first()?;
        Some(Answer {
            drawn: drawn(&whole(&first.item), seed, "answer"),
            claims: claims.iter().collect(),
        })
    })
    .collect();
    let worst = |answer: &Answer<'_>| {
        let bad = |claim: &&Claim| matches!(claim.judged, Label::Contradicted | Label::NotFound);
        answer
            .claims
            .iter()
            .copied()
            .filter(bad)
            .map(|claim| claim.judged)
            .min()
    };
    answers.sort_by_key(|answer| (worst(answer), answer.drawn));
    answers
}

/// The share of answers that have about `n` claims together.
fn share_of_answers(answers: &[Answer<'_>], n_claims: usize, n: usize) -> f64 {
    let n_answers = (n * answers.len()).checked_div(n_claims).unwrap_or(0);
    let wanted = n_answers.max(usize::from(n > 0)).min(answers.len());
    count_to_f64(wanted) / count_to_f64(answers.len().max(1))
}

/// The answer that an item is of.
pub(super) fn whole(item: &Item) -> Item {
    Item {
        claim: None,
        ..item.clone()
    }
}

/// A random place in an order that anyone can draw again.
fn drawn(item: &Item, seed: u64, purpose: &str) -> Digest {
    let attempt = item.attempt.to_be_bytes();
    Digest::of_parts([
        seed.to_be_bytes().as_slice(),
        purpose.as_bytes(),
        item.run.as_bytes(),
        item.case.as_bytes(),
        &attempt,
        item.claim.as_deref().unwrap_or("").as_bytes(),
    ])
}

/// Gives a share of the groups to two people: all claims of an answer, so that people can be compared on
/// answers.
fn overlap(groups: &mut [Vec<Planned>], start: f64) {
    let chance = f64::from(OVERLAP_PERCENT) / 100.0;
    for place in systematic(&vec![chance; groups.len()], start) {
        for planned in groups.get_mut(place).into_iter().flatten() {
            planned.n_people = 2;
        }
    }
}

/// Both evenly over the whole, so that stopping early leaves some of each.
fn mixed(whole: Vec<Vec<Planned>>, singles: Vec<Vec<Planned>>) -> Vec<Planned> {
    let placed = |groups: Vec<Vec<Planned>>| {
        let n = count_to_f64(groups.len());
        let places = groups.into_iter().enumerate();
        places.map(move |(place, group)| ((count_to_f64(place) + 0.5) / n, group))
    };
    let mut all: Vec<(f64, Vec<Planned>)> = placed(whole).chain(placed(singles)).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    all.into_iter().flat_map(|(_, group)| group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of `per` claims each; every twentieth claim is contradicted, every fifth is split.
    fn claims(n: usize, per: usize) -> Vec<Claim> {
        (0..n)
            .map(|index| Claim {
                item: Item {
                    run: "R".to_owned(),
                    case: format!("c{}", index / per),
                    attempt: 0,
                    claim: Some(format!("s{}", index % per + 1)),
                    baseline: None,
                },
                judged: if index % 20 == 0 {
                    Label::Contradicted
                } else {
                    Label::Supported
                },
                signs: [
                    (index % 5 == 0, Sign::Split),
                    (index == 3, Sign::Critical),
                    (index % 50 < 2, Sign::Flagged),
                ]
                .into_iter()
                .filter_map(|(there, sign)| there.then_some(sign))
                .collect(),
                words: index % 7,
            })
            .collect()
    }

    const QUEUES: [Queue; 6] = [
        Queue::Calibration,
        Queue::Disagreement,
        Queue::Uncertain,
        Queue::Critical,
        Queue::Attack,
        Queue::Doubtful,
    ];

    #[test]
    fn answers_are_drawn_whole_and_no_claim_comes_twice() {
        let claims = claims(999, 3);
        for queue in QUEUES {
            let planned = plan(&claims, queue, 100, 7);
            let items: BTreeSet<&Item> = planned.iter().map(|one| &one.item).collect();
            assert_eq!(items.len(), planned.len());
            let whole_answers = planned.iter().filter(|one| one.queue == Queue::Calibration);
            let mut by_case: BTreeMap<&str, usize> = BTreeMap::new();
            for one in whole_answers {
                *by_case.entry(&one.item.case).or_default() += 1;
            }
            assert!(by_case.values().all(|n| *n == 3), "{queue:?}");
            assert_eq!(planned, plan(&claims, queue, 100, 7));
            assert_ne!(planned, plan(&claims, queue, 100, 8));
        }
    }

    #[test]
    fn so_many_are_random_and_the_rest_is_of_the_queue() {
        for (queue, random, of_it) in [
            (Queue::Calibration, 99, 0..=0),
            (Queue::Disagreement, 48, 45..=50),
            (Queue::Doubtful, 18, 75..=80),
            (Queue::Attack, 60, 35..=40),
        ] {
            let planned = plan(&claims(999, 3), queue, 100, 7);
            let n = |queue| planned.iter().filter(|one| one.queue == queue).count();
            assert_eq!(n(Queue::Calibration), random, "{queue:?}");
            if queue != Queue::Calibration {
                assert!(of_it.contains(&n(queue)), "{queue:?}: {}", n(queue));
            }
        }
    }

    #[test]
    fn each_claim_is_drawn_as_often_as_its_probability_says() {
        const DRAWS: u32 = 1000;
        let claims = claims(60, 2);
        for queue in QUEUES {
            let mut seen: BTreeMap<Item, (f64, u32)> = BTreeMap::new();
            for seed in 0..DRAWS {
                for one in plan(&claims, queue, 20, u64::from(seed)) {
                    let count = seen
                        .entry(one.item)
                        .or_insert((one.inclusion_probability, 0));
                    assert!((count.0 - one.inclusion_probability).abs() < 1e-12);
                    count.1 += 1;
                }
            }
            assert_eq!(seen.len(), claims.len());
            for (item, (probability, count)) in seen {
                let share = f64::from(count) / f64::from(DRAWS);
                let error = (probability * (1.0 - probability) / f64::from(DRAWS)).sqrt();
                assert!(
                    (share - probability).abs() <= 5.0 * error,
                    "{queue:?} {item:?}: {share} {probability}"
                );
            }
        }
    }

    #[test]
    fn what_the_judge_said_is_there_as_often_as_among_all() {
        let planned = plan(&claims(6000, 3), Queue::Calibration, 600, 1);
        assert_eq!(planned.len(), 600);
        let all = claims(6000, 3);
        let bad = |case: &str| {
            let of_case = all.iter().filter(|claim| claim.item.case == case);
            of_case
                .clone()
                .any(|claim| claim.judged == Label::Contradicted)
        };
        let drawn = planned.iter().filter(|one| bad(&one.item.case)).count() / 3;
        // 300 of 2,000 answers have a contradicted claim.
        assert!((29..=31).contains(&drawn), "{drawn}");
    }

    #[test]
    fn a_fifth_of_answers_goes_to_two_people_whole() {
        for (claims, n, n_twice) in [(claims(6000, 3), 3000, 600), (claims(30, 3), 30, 6)] {
            let planned = plan(&claims, Queue::Calibration, n, 1);
            let twice: Vec<&Planned> = planned.iter().filter(|one| one.n_people == 2).collect();
            assert_eq!(twice.len(), n_twice);
            assert!(
                twice
                    .chunks(3)
                    .all(|three| three[0].item.case == three[2].item.case)
            );
        }
    }
}

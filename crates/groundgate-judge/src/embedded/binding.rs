//! What belongs together: numbers and names with the words around them, list items with their heading.
//!
//! All words of a sentence may stand in the passages and it still says something else. These numbers
//! count such signs for the model; unlike the rules of [`super::conflict`] none of them decides alone.

use super::align::{Alignment, Answer};
use super::features::{Features, flag, share};
use super::index::Index;
use super::surroundings::Before;

/// Words on either side that count as near in a passage.
const NEAR: usize = 10;
/// Words of a sentence whose order is looked at: each is held against each.
const IN_ORDER: usize = 64;

/// Counts what there is to count.
pub(crate) fn count_signs(
    features: &mut Features,
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    before: Before<'_>,
) {
    nearness(features, answer, alignment, index);
    pairs(features, answer, alignment, index);
    order(features, answer, alignment, index);
    flow(features, answer, alignment, index, before);
}

/// Whether numbers and names stand near the same words in a passage.
fn nearness(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
    let mut of_numbers: f32 = 1.0;
    let mut of_names: f32 = 1.0;
    for (place, at) in alignment.content.iter().enumerate() {
        let Some(word) = answer.word(*at) else {
            continue;
        };
        let is_first = *at == alignment.words.start;
        if is_first {
            continue;
        }
        if word.is_digits() {
            of_numbers = of_numbers.min(near_share(answer, alignment, index, place));
        } else if word.capitalized {
            of_names = of_names.min(near_share(answer, alignment, index, place));
        }
    }
    features.number_near = of_numbers;
    features.name_near = of_names;
}

/// The largest share of the two content words on either side that stands near one place of the word.
fn near_share(answer: &Answer, alignment: &Alignment, index: &Index, place: usize) -> f32 {
    let content = &alignment.content;
    let id = |place: usize| {
        content
            .get(place)
            .and_then(|at| answer.ids.get(*at).copied().flatten())
    };
    let Some(own) = id(place) else { return 0.0 };
    let from = place.saturating_sub(2);
    let others: Vec<Option<u32>> = (from..(place + 3).min(content.len()))
        .filter(|other| *other != place)
        .map(id)
        .collect();
    if others.is_empty() {
        return 1.0;
    }
    let near = |position: &usize| {
        others
            .iter()
            .flatten()
            .filter(|id| stands_near(index.spread(**id), *position))
            .count()
    };
    let most = index.spread(own).iter().take(40).map(near).max();
    share(most.unwrap_or(0), others.len())
}

/// Whether one of the sorted positions is near `position`.
fn stands_near(positions: &[usize], position: usize) -> bool {
    let first = positions.partition_point(|other| other + NEAR < position);
    positions
        .get(first)
        .is_some_and(|other| *other <= position + NEAR)
}

/// Content words next to each other that no passage has together, or only the other way around.
fn pairs(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
    let known: Vec<(u32, f32)> = alignment
        .content
        .iter()
        .filter_map(|at| Some((answer.ids.get(*at).copied().flatten()?, answer.rarity(*at))))
        .collect();
    let mut all = 0.0;
    let mut apart = 0.0;
    let mut n_together = 0;
    let mut n_swapped = 0;
    for step in [1, 2] {
        for ((left, one), (right, other)) in known.iter().zip(known.iter().skip(step)) {
            if left == right {
                continue;
            }
            let weight = one.min(*other);
            all += weight;
            let (lefts, rights) = (index.spread(*left), index.spread(*right));
            if !together(lefts, rights) {
                apart += weight;
            } else if step == 1 {
                n_together += 1;
                n_swapped += usize::from(!follows(lefts, rights));
            }
        }
    }
    features.apart_pairs = if all > 0.0 { apart / all } else { 0.0 };
    features.swapped_pairs = share(n_swapped, n_together);
}

/// Whether a position of one list is near one of the other.
fn together(lefts: &[usize], rights: &[usize]) -> bool {
    lefts.iter().any(|left| stands_near(rights, *left))
}

/// Whether some right position is near after a left one.
fn follows(lefts: &[usize], rights: &[usize]) -> bool {
    lefts.iter().any(|left| {
        let next = rights.partition_point(|right| right <= left);
        rights.get(next).is_some_and(|right| *right <= left + NEAR)
    })
}

/// Words of both that the best sentence has in another order: who does what to whom.
fn order(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
    let Some(best) = alignment.best() else { return };
    let theirs = index.words_of(best);
    let once = |key: u64| {
        let mut places = (0..).zip(theirs).filter(|(_, word)| word.key == key);
        let first = places.next().map(|(at, _): (usize, _)| at);
        first.filter(|_| places.next().is_none())
    };
    let own = alignment.content.iter().filter_map(|at| answer.word(*at));
    let places: Vec<usize> = own
        .filter_map(|word| once(word.key))
        .take(IN_ORDER)
        .collect();
    let pairs = || {
        let rest = |at: usize| places.get(at + 1..).unwrap_or_default();
        let each = places.iter().enumerate();
        each.flat_map(move |(at, one)| rest(at).iter().map(move |other| (one, other)))
    };
    let turned = pairs().filter(|(one, other)| one > other).count();
    features.inversions = share(turned, pairs().count());
}

/// Whether the supporting sentences have to do with what stands before in the answer.
fn flow(
    features: &mut Features,
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    before: Before<'_>,
) {
    let repeated = alignment.content.iter().filter(|at| {
        answer
            .first_seen
            .get(**at)
            .is_some_and(|first| *first < alignment.words.start)
    });
    features.repeated = share(repeated.count(), alignment.content.len());
    features.used_before = flag(
        alignment
            .best()
            .is_some_and(|best| before.best.contains(&best)),
    );
    let supported = |other: &Alignment| {
        let known = other.content.iter().filter(|at| {
            let id = answer.ids.get(**at).copied().flatten();
            index.stands_in_any(id, &alignment.support)
        });
        share(known.count(), other.content.len())
    };
    features.heading_support = before.heading.map_or(1.0, supported);
    features.previous_support = before.statement.map_or(1.0, supported);
}

#[cfg(test)]
mod tests {
    use super::super::EmbeddedJudge;
    use super::*;

    const PASSAGES: &[&str] = &[
        "Bake the bread for 40 minutes in a hot oven. Let the dough rest in the fridge for 12 hours.",
        "Refunds reach the customer by bank transfer. Alice Jones signs the letters of the council.",
    ];

    fn signs(answer: &str) -> Vec<Features> {
        let judge = EmbeddedJudge::bundled().unwrap();
        let reading = judge.read("How is bread baked?", answer, PASSAGES);
        let features = reading
            .sentences
            .iter()
            .filter_map(|own| own.seen)
            .map(|own| own.features);
        features.collect()
    }

    fn is(found: f32, expected: f32) -> bool {
        (found - expected).abs() < 1e-6
    }

    #[test]
    fn numbers_and_names_keep_their_neighbors() {
        let number = |answer: &str| signs(answer)[0].number_near;
        assert!(is(number("Bake the bread for 40 minutes."), 1.0));
        assert!(number("Let the dough rest for 40 hours in the fridge.") < 1.0);
        assert!(is(number("Bake the bread for 99 minutes."), 0.0));
        let name = |answer: &str| signs(answer)[0].name_near;
        assert!(is(name("The letters are signed by Alice Jones."), 1.0));
        assert!(name("The dough is in the oven of Jones.") < 1.0);
    }

    #[test]
    fn pairs_have_an_order_and_a_distance() {
        assert!(is(
            signs("Bake the bread in a hot oven.")[0].swapped_pairs,
            0.0
        ));
        assert!(signs("The bread is to bake, the oven is hot.")[0].swapped_pairs > 0.0);
        assert!(signs("The council gets refunds in the fridge.")[0].apart_pairs > 0.5);
    }
}

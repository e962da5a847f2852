//! What belongs together: numbers and names with the words around them, claims with the passage they
//! cite, list items with their heading.
//!
//! All words of a sentence may stand in the passages and it still says something else. These numbers
//! count such signs for the model; unlike the rules of [`super::conflict`] none of them decides alone.

use super::align::{Alignment, Answer};
use super::features::{Features, count, flag, share, stands_in};
use super::index::Index;
use super::lexicon::Kinds;
use super::surroundings::Before;
use super::words::Word;

/// Words on either side that count as near in a passage.
const NEAR: usize = 10;

/// Counts what there is to count.
pub(crate) fn count_signs(
    features: &mut Features,
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    before: Before<'_>,
) {
    let citations = Citations::of(answer, alignment);
    if !citations.passages.is_empty() {
        let claim = Claim::of(answer, alignment, before, &citations);
        cited(features, answer, index, &claim, &citations);
    }
    nearness(features, answer, alignment, index, &citations);
    pairs(features, answer, alignment, index);
    flow(features, answer, alignment, index, before);
}

/// The passages that a sentence names by number.
struct Citations {
    /// From 0.
    passages: Vec<usize>,
    /// The words that name them.
    words: Vec<usize>,
}

impl Citations {
    /// Reads `passage 2`, `passages 1, 2 and 4`, `passages 1-3`.
    fn of(answer: &Answer, alignment: &Alignment) -> Self {
        let mut found = Self {
            passages: Vec::new(),
            words: Vec::new(),
        };
        let end = alignment.words.end;
        for at in alignment.words.clone() {
            let is_meta = answer
                .word(at)
                .is_some_and(|word| word.kinds.has(Kinds::META));
            if !is_meta || !found.add(answer, at + 1, at, 2) {
                continue;
            }
            found.words.push(at);
            let mut last = at + 1;
            while last + 1 < end {
                let joins = answer
                    .word(last + 1)
                    .is_some_and(|word| word.kinds.has(Kinds::FUNCTION));
                let next = if joins { last + 2 } else { last + 1 };
                if next >= end || !found.add(answer, next, last, 5) {
                    break;
                }
                last = next;
            }
        }
        found
    }

    /// Whether the word at `at` is a small number at most so many bytes after that at `after`.
    fn add(&mut self, answer: &Answer, at: usize, after: usize, bytes_max: usize) -> bool {
        let near = |word: &&Word| {
            answer
                .word(after)
                .is_some_and(|before| word.start.saturating_sub(before.end) <= bytes_max)
        };
        let number = answer
            .word(at)
            .filter(near)
            .and_then(|word| word.number?.amount);
        let Some(amount) = number else { return false };
        let whole = (1..=50u8).find(|whole| (f64::from(*whole) - amount).abs() < 0.01);
        let Some(whole) = whole else { return false };
        self.passages.push(usize::from(whole) - 1);
        self.words.push(at);
        true
    }

    /// The content words that neither cite nor speak of sources.
    fn others(&self, answer: &Answer, alignment: &Alignment) -> Vec<usize> {
        let claims = |at: &usize| {
            let is_meta = answer
                .word(*at)
                .is_some_and(|word| word.kinds.has(Kinds::META));
            !is_meta && !self.words.contains(at)
        };
        let content = alignment.content.iter().copied();
        content.filter(claims).collect()
    }
}

/// The passages that a sentence cites, from 0.
pub(crate) fn cited_passages(answer: &Answer, alignment: &Alignment) -> Vec<usize> {
    Citations::of(answer, alignment).passages
}

/// What a citation is given for.
struct Claim<'t> {
    alignment: &'t Alignment,
    content: Vec<usize>,
    /// Whether it is the sentence before.
    is_before: bool,
}

impl<'t> Claim<'t> {
    /// What the sentence says itself or, where it only cites, what the sentence before says.
    fn of(
        answer: &Answer,
        alignment: &'t Alignment,
        before: Before<'t>,
        citations: &Citations,
    ) -> Self {
        let own = citations.others(answer, alignment);
        match before.sentence {
            Some(before) if own.is_empty() => Self {
                alignment: before,
                content: Citations::of(answer, before).others(answer, before),
                is_before: true,
            },
            Some(_) | None => Self {
                alignment,
                content: own,
                is_before: false,
            },
        }
    }
}

/// How much the cited passages have of what they are cited for.
fn cited(
    features: &mut Features,
    answer: &Answer,
    index: &Index,
    claim: &Claim<'_>,
    citations: &Citations,
) {
    let Claim {
        alignment,
        content,
        is_before,
    } = claim;
    features.cites_only = flag(*is_before);
    let total: f32 = content.iter().map(|at| answer.rarity(*at)).sum();
    let total = total.max(1e-6);
    let covered = by_passage(answer, content, index);
    let best = covered.iter().copied().fold(0.0, f32::max) / total;
    let shares = citations
        .passages
        .iter()
        .filter_map(|passage| covered.get(*passage))
        .map(|own| own / total);
    let most = shares.clone().fold(0.0, f32::max);
    features.cites = 1.0;
    features.cited = count(citations.passages.len());
    features.coverage_cited = most;
    features.coverage_cited_least = shares.fold(1.0, f32::min);
    features.cited_elsewhere = best - most;
    let in_one = alignment.best_in(index, &citations.passages);
    let best_one = alignment
        .ranked
        .first()
        .map_or(0.0, |(_, covered)| *covered);
    features.cited_sentence_elsewhere = (best_one - in_one) / alignment.total.max(1e-6);
}

/// The rarity that each passage has of some words, each word once.
pub(crate) fn by_passage(answer: &Answer, content: &[usize], index: &Index) -> Vec<f32> {
    let n_passages = index.sentences.last().map_or(0, |place| place.passage + 1);
    let mut covered = vec![0.0; n_passages];
    let mut seen: Vec<u32> = Vec::with_capacity(content.len());
    for at in content {
        let Some(id) = answer.ids.get(*at).copied().flatten() else {
            continue;
        };
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let mut last = None;
        for place in index
            .sentences_with(id)
            .filter_map(|at| index.sentences.get(at))
        {
            if last != Some(place.passage)
                && let Some(own) = covered.get_mut(place.passage)
            {
                *own += answer.rarity(*at);
            }
            last = Some(place.passage);
        }
    }
    covered
}

/// Whether numbers and names stand near the same words in a passage.
fn nearness(
    features: &mut Features,
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    citations: &Citations,
) {
    let mut of_numbers: f32 = 1.0;
    let mut of_names: f32 = 1.0;
    for (place, at) in alignment.content.iter().enumerate() {
        let Some(word) = answer.word(*at) else {
            continue;
        };
        let is_first = *at == alignment.words.start;
        if is_first || citations.words.contains(at) {
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
            .filter(|id| stands_near(index.positions(**id), *position))
            .count()
    };
    let most = index.positions(own).iter().take(40).map(near).max();
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
            let (lefts, rights) = (index.positions(*left), index.positions(*right));
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

/// Where the best passage sentence stands, seen from that of the sentence before, and whether it
/// stands near what the heading says.
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
    let Some(best) = alignment.best() else { return };
    let passage = |sentence: usize| index.sentences.get(sentence).map(|place| place.passage);
    if let Some(previous) = before.sentence.and_then(Alignment::best) {
        features.other_passage = flag(passage(previous) != passage(best));
    }
    if let Some(heading) = before.heading {
        let around = index.sentences.get(best.saturating_sub(3)..best);
        let inside = around.unwrap_or_default();
        let from = best
            - inside
                .iter()
                .filter(|place| Some(place.passage) == passage(best))
                .count();
        let known = heading.content.iter().filter(|at| {
            let id = answer.ids.get(**at).copied().flatten();
            id.is_some_and(|id| stands_in(index, id, from..best + 2))
        });
        features.heading_near = share(known.count(), heading.content.len());
    }
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
        let features = reading.sentences.iter().map(|own| own.scored.features);
        features.collect()
    }

    fn is(found: f32, expected: f32) -> bool {
        (found - expected).abs() < 1e-6
    }

    #[test]
    fn a_citation_is_held_against_what_it_is_for() {
        for (answer, cited, covers) in [
            ("Bake the bread in a hot oven (passage 1).", 1.0, true),
            ("Bake the bread in a hot oven (passage 2).", 1.0, false),
            ("Passages 1 and 2 say to bake the bread.", 2.0, false),
            ("Bake the bread in a hot oven (passage 7).", 1.0, false),
            ("Bake the bread in a hot oven.\n(Passage 1)", 1.0, true),
            ("Bake the bread in a hot oven.\n(Passage 2)", 1.0, false),
        ] {
            let features = signs(answer).pop().unwrap();
            assert!(is(features.cites, 1.0), "{answer}");
            assert!(is(features.cited, cited), "{answer}");
            assert_eq!(features.cites_only > 0.0, answer.contains('\n'), "{answer}");
            let is_covered = cited < 2.0 && features.coverage_cited_least > 0.99;
            assert_eq!(
                is_covered && features.cited_elsewhere < 0.01,
                covers,
                "{answer}"
            );
        }
        assert!(is(signs("Bake 2 loaves of bread.")[0].cites, 0.0));
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

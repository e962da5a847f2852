//! How near the words of a sentence stand to each other in the passages, and to the words of what
//! stands before it.
//!
//! All of them may be there and still tell of something else: the step of another recipe, the color
//! of another bird. What belongs together stands together.

use super::align::{Alignment, Answer, nearest};
use super::features::{Features, count};
use super::index::{APART, Index};
use super::lexicon::Kinds;
use super::surroundings::Surroundings;
use super::words::Word;

/// Content words on either side that a word is held against.
const BESIDE: usize = 3;
/// Words of a subject, a heading, a sentence before, a question that a sentence is held against.
const SUBJECT: usize = 2;
const OTHERS: usize = 4;
const ASKED: usize = 6;
/// Places of a word that are looked at, so that repeated text stays linear.
const PLACES: usize = 40;

/// Counts what there is to count.
pub(crate) fn count_closeness(
    features: &mut Features,
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    around: Surroundings<'_>,
) {
    let ids = ids_of(answer, &alignment.content);
    beside(features, answer, alignment, index, &ids);
    let (subject, rest) = ids.split_at(SUBJECT.min(ids.len()));
    features.subject_close = nearest_of(subject, rest, index);
    features.heading_close = around.before.heading.map_or(1.0, |heading| {
        let topic: Vec<usize> = heading
            .content
            .iter()
            .copied()
            .filter(|at| is_topic(answer, *at))
            .take(OTHERS)
            .collect();
        nearest_of(&ids_of(answer, &topic), &ids, index)
    });
    features.previous_close = around.before.statement.map_or(1.0, |previous| {
        let from = previous.content.len().saturating_sub(OTHERS);
        let last = previous.content.get(from..).unwrap_or_default();
        nearest_of(&ids_of(answer, last), &ids, index)
    });
    let known = around.question.iter().filter_map(|key| index.id(*key));
    let asked: Vec<u32> = known.take(ASKED).collect();
    let to_asked = ids
        .iter()
        .map(|own| mean(asked.iter().map(|other| close(index, *own, Some(*other)))));
    features.question_close = mean(to_asked);
}

/// Words of the answer as the passages number them.
fn ids_of(answer: &Answer, places: &[usize]) -> Vec<Option<u32>> {
    let id = |at: &usize| answer.ids.get(*at).copied().flatten();
    places.iter().map(id).collect()
}

/// Whether a word is about the matter, not about the sources.
fn is_topic(answer: &Answer, at: usize) -> bool {
    let kinds = answer.word(at).map(|word| word.kinds);
    kinds.is_some_and(|kinds| !kinds.has(Kinds::META) && !kinds.has(Kinds::SAYING))
}

/// How near each word stands to those beside it in the sentence.
fn beside(
    features: &mut Features,
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    ids: &[Option<u32>],
) {
    let mut sums = vec![(0.0, 0usize); ids.len()];
    let mut pairs = Vec::with_capacity(ids.len());
    for step in 1..=BESIDE {
        for (place, (one, other)) in ids.iter().zip(ids.iter().skip(step)).enumerate() {
            let near = close(index, *one, *other);
            for at in [place, place + step] {
                if let Some(own) = sums.get_mut(at) {
                    own.0 += near;
                    own.1 += 1;
                }
            }
            if step == 1 {
                pairs.push(near);
            }
        }
    }
    features.pair_close = mean(pairs.iter().copied());
    features.pair_close_least = least(pairs.into_iter());
    let means = sums
        .iter()
        .map(|(sum, n)| if *n > 0 { sum / count(*n) } else { 1.0 });
    features.word_close = least(means.clone());
    let of = |is: &dyn Fn(&Word) -> bool| {
        let inner = |at: usize| at != alignment.words.start && answer.word(at).is_some_and(is);
        let own = alignment.content.iter().zip(means.clone());
        least(own.filter(|(at, _)| inner(**at)).map(|(_, mean)| mean))
    };
    features.number_close = of(&Word::is_digits);
    features.name_close = of(&|word| word.capitalized && !word.is_digits());
}

/// The mean over words of how near the nearest of others is; 1 where there is nothing to compare.
fn nearest_of(others: &[Option<u32>], words: &[Option<u32>], index: &Index) -> f32 {
    if others.is_empty() {
        return 1.0;
    }
    let best = |own: &Option<u32>| {
        let near = others.iter().map(|other| close(index, *own, *other));
        near.fold(0.0, f32::max)
    };
    mean(words.iter().map(best))
}

/// How near two words come in the passages: 1 next to each other, 1/2 with ten words between, 0 if
/// one is not there.
fn close(index: &Index, one: Option<u32>, other: Option<u32>) -> f32 {
    let places = |id: u32| {
        let all = index.spread(id);
        all.get(..PLACES).unwrap_or(all)
    };
    match (one, other) {
        (Some(one), Some(other)) if one == other => 1.0,
        (Some(one), Some(other)) => nearest(places(one), places(other))
            .filter(|distance| *distance < APART)
            .map_or(0.0, |distance| 10.0 / (count(distance) + 9.0)),
        (Some(_) | None, None) | (None, Some(_)) => 0.0,
    }
}

/// The mean; 1 of nothing.
fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, n) = values.fold((0.0, 0usize), |(sum, n), value| (sum + value, n + 1));
    if n > 0 { sum / count(n) } else { 1.0 }
}

/// The least; 1 of nothing.
fn least(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(1.0, f32::min)
}

#[cfg(test)]
mod tests {
    use super::super::EmbeddedJudge;
    use super::*;

    const PASSAGES: &[&str] = &[
        "Gray doves bring peace. They nest near old churches in the north of the country, where people \
         feed them in winter. Brown hens stand for stability.",
        "Bake the bread for 40 minutes. Alice Jones signs the letters of the council every Monday.",
    ];

    fn signs(answer: &str) -> Features {
        let judge = EmbeddedJudge::bundled().unwrap();
        let reading = judge.read("What do doves bring?", answer, PASSAGES);
        reading.sentences.last().unwrap().seen.unwrap().features
    }

    #[test]
    fn what_stands_together_is_near() {
        let right = signs("Gray doves bring peace.");
        let wrong = signs("Gray doves bring stability.");
        assert!(right.pair_close > wrong.pair_close);
        assert!(right.word_close > wrong.word_close);
        assert!(right.pair_close_least > wrong.pair_close_least);
        assert!(right.subject_close > wrong.subject_close);
        let other = signs("The council signs letters.");
        assert!(right.question_close > other.question_close);
    }

    #[test]
    fn numbers_and_names_are_near_their_words() {
        let right = signs("Bake the bread for 40 minutes.").number_close;
        assert!(right > signs("Feed 40 doves for the council.").number_close);
        let right = signs("The letters are signed by Alice Jones.").name_close;
        assert!(right > signs("The doves nest near Alice Jones.").name_close);
    }

    #[test]
    fn a_line_belongs_to_what_stands_before_it() {
        let right = signs("Gray doves:\n- peace");
        let wrong = signs("Gray doves:\n- stability");
        assert!(right.heading_close > wrong.heading_close);
        assert!(right.previous_close > wrong.previous_close);
    }
}

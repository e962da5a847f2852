//! What the tagger sees of each word: whether it is supported, and how its place compares.

use super::align::{Alignment, Answer};
use super::index::Index;
use super::lexicon::Kinds;
use super::words::Word;

/// How many numbers there are for each word.
pub(crate) const TOKEN_INPUTS: usize = 24;

/// The numbers of each word of a sentence, in order.
#[expect(
    clippy::too_many_lines,
    reason = "one list of numbers, in the order of the weights"
)]
pub(crate) fn inputs(
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    question: &[u64],
) -> Vec<[f32; TOKEN_INPUTS]> {
    let window = alignment.best().map(|best| index.window(best));
    let n_words = alignment.words.len();
    let mut last_content: Option<usize> = None;
    let mut clauses = alignment.content.iter().zip(&alignment.clauses).peekable();
    let mut clause = alignment.clauses.first().copied().unwrap_or(1.0);
    alignment
        .words
        .clone()
        .enumerate()
        .filter_map(|(place, at)| {
            let word = answer.word(at)?;
            let id = answer.ids.get(at).copied().flatten();
            if let Some((_, own)) = clauses.next_if(|(content, _)| **content == at) {
                clause = *own;
            }
            let before = place.checked_sub(1).and_then(|_| answer.word(at - 1));
            let after = answer.word(at + 1).filter(|_| at + 1 < alignment.words.end);
            let joined = |left: Option<&Word>, right: Option<&Word>| {
                left.zip(right)
                    .is_some_and(|(left, right)| index.has_pair(left.key, right.key))
            };
            let in_triple = before
                .zip(after)
                .is_some_and(|(before, after)| index.has_triple(before.key, word.key, after.key));
            let positions = id.map_or(&[][..], |id| index.positions(id));
            let in_window = window.clone().is_some_and(|window| {
                positions
                    .iter()
                    .any(|at| index.sentence_at(*at).is_some_and(|s| window.contains(&s)))
            });
            let in_best = alignment.best().is_some_and(|best| {
                positions
                    .iter()
                    .any(|at| index.sentence_at(*at) == Some(best))
            });
            let distance = last_content.map_or(0.0, |last| answer.distance(last, at, index));
            if word.is_content() {
                last_content = Some(at);
            }
            let repeated = answer
                .words
                .get(..at)
                .unwrap_or_default()
                .iter()
                .rev()
                .take(60)
                .any(|other| other.key == word.key);
            let copied = answer.copied.get(at).copied().unwrap_or(0).min(12);
            let near_prefix = word.prefix.is_some_and(|prefix| index.has_prefix(prefix));
            Some([
                flag(id.is_some()),
                flag(answer.is_supported(at, index)),
                flag(near_prefix),
                flag(question.binary_search(&word.key).is_ok()),
                flag(word.is_digits()),
                flag(word.number.is_some()),
                flag(word.capitalized && place > 0),
                flag(!word.is_content()),
                small(word.end - word.start) / 8.0,
                answer.rarity(at) / 5.0,
                small(positions.len()).ln_1p(),
                flag(joined(before, Some(word))),
                flag(joined(Some(word), after)),
                flag(in_triple),
                small(copied) / 6.0,
                flag(in_window),
                flag(in_best),
                clause,
                distance / 4.0,
                flag(word.kinds.has(Kinds::HEDGE)),
                flag(word.kinds.has(Kinds::NEGATION)),
                flag(word.kinds.has(Kinds::META)),
                small(place) / small(n_words),
                flag(repeated),
            ])
        })
        .collect()
}

fn flag(holds: bool) -> f32 {
    f32::from(u8::from(holds))
}

/// A count, cut at 65,535.
fn small(n: usize) -> f32 {
    f32::from(u16::try_from(n).unwrap_or(u16::MAX))
}

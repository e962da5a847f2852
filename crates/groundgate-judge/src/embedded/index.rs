//! The passages of one answer, indexed once: where every word stands, which sequences occur.
//!
//! All passages are one bag of sentences: in an order of its own, each once. So nothing that is read
//! from it depends on how a text was cut into passages, or on their order. Distances and sequences
//! end with their sentence.

use std::cell::Cell;
use std::ops::Range;

use super::lexicon::{Kinds, Lexicon};
use super::table::{KeyTable, pair};
use super::words::{Word, add_words};
use crate::sentences;

/// All passages as one sequence of words, with the ways to look into it.
#[derive(Debug)]
pub(crate) struct Index {
    /// The words of all passages, in order.
    pub(crate) words: Vec<Word>,
    /// The sentences of all passages, in order.
    pub(crate) sentences: Vec<Place>,
    /// For each word, its sentence.
    sentence_of: Vec<usize>,
    /// For each word, the number of its stem.
    ids: Vec<u32>,
    lookup: KeyTable,
    /// `positions[offsets[id]..offsets[id + 1]]` is where the stem `id` stands.
    offsets: Vec<usize>,
    positions: Vec<usize>,
    /// The same, with room between sentences: see [`Self::spread`].
    spread: Vec<usize>,
    values: KeyTable,
    prefixes: KeyTable,
}

/// Most words that are kept room for.
const SPARE_MAX: usize = 1 << 16;

thread_local! {
    /// Room for the words of the next passages: asked of the system once, not for every answer.
    static SPARE: Cell<Vec<Word>> = const { Cell::new(Vec::new()) };
}

/// One sentence of a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which passage, from 0.
    pub(crate) passage: usize,
    /// Where in the passage, in bytes.
    pub(crate) bytes: Range<usize>,
    /// Its words.
    pub(crate) words: Range<usize>,
    /// How many of them deny.
    pub(crate) negations: usize,
}

/// How far a word is from any word of another sentence.
pub(crate) const APART: usize = 64;

impl Index {
    pub(crate) fn new(passages: &[&str], lexicon: &Lexicon) -> Self {
        let mut read = SPARE.take();
        let mut places = Vec::new();
        let n_bytes: usize = passages.iter().map(|text| text.len()).sum();
        read.reserve(n_bytes / 5);
        for (passage, text) in passages.iter().enumerate() {
            let mut first = read.len();
            add_words(text, lexicon, &mut read);
            for bytes in sentences::split(text)
                .into_iter()
                .flat_map(|bytes| run_on(text, bytes))
            {
                let rest = read.get(first..).unwrap_or_default();
                let last = first
                    + rest
                        .iter()
                        .take_while(|word| word.start < bytes.end)
                        .count();
                if last > first {
                    places.push(Place {
                        passage,
                        bytes,
                        words: first..last,
                        negations: 0,
                    });
                    first = last;
                }
            }
            read.truncate(first);
        }
        let index = Self::of_bag(&read, places);
        read.clear();
        if read.capacity() <= SPARE_MAX {
            SPARE.set(read);
        }
        index
    }

    /// From sentences as they were read: those that say the same word for word are one.
    fn of_bag(read: &[Word], places: Vec<Place>) -> Self {
        let own = |place: &Place| read.get(place.words.clone()).unwrap_or_default();
        let mut keyed: Vec<(u64, Place)> = (places.into_iter())
            .map(|place| {
                (
                    own(&place).iter().fold(0, |key, word| pair(key, word.key)),
                    place,
                )
            })
            .collect();
        keyed.sort_by_key(|(key, _)| *key);
        keyed.dedup_by_key(|(key, _)| *key);
        let mut words: Vec<Word> = Vec::with_capacity(read.len());
        let mut sentence_of = Vec::with_capacity(read.len());
        let mut sentences = Vec::with_capacity(keyed.len());
        for (at, (_, place)) in keyed.into_iter().enumerate() {
            let first = words.len();
            words.extend(own(&place).iter().cloned());
            sentence_of.resize(words.len(), at);
            let denying = words
                .iter()
                .skip(first)
                .filter(|word| word.kinds.has(Kinds::NEGATION));
            sentences.push(Place {
                negations: denying.count(),
                words: first..words.len(),
                ..place
            });
        }
        Self::of(words, sentences, sentence_of)
    }

    fn of(words: Vec<Word>, sentences: Vec<Place>, sentence_of: Vec<usize>) -> Self {
        let mut lookup = KeyTable::with_capacity(words.len());
        let mut ids = Vec::with_capacity(words.len());
        let mut counts: Vec<usize> = Vec::new();
        for word in &words {
            let fresh = u32::try_from(counts.len()).unwrap_or(u32::MAX);
            let id = lookup.get_or_insert(word.key, fresh);
            match counts.get_mut(index(id)) {
                Some(count) => *count += 1,
                None => counts.push(1),
            }
            ids.push(id);
        }
        let mut offsets = Vec::with_capacity(counts.len() + 1);
        let mut sum = 0;
        offsets.push(0);
        for count in counts {
            sum += count;
            offsets.push(sum);
        }
        let mut next = offsets.clone();
        let mut positions = vec![0; words.len()];
        let mut spread = vec![0; words.len()];
        for ((at, id), sentence) in ids.iter().enumerate().zip(&sentence_of) {
            if let Some(slot) = next.get_mut(index(*id)) {
                if let (Some(position), Some(place)) =
                    (positions.get_mut(*slot), spread.get_mut(*slot))
                {
                    *position = at;
                    *place = at + APART * sentence;
                }
                *slot += 1;
            }
        }
        let numbers = words.iter().filter_map(|word| word.number);
        let prefixes = words.iter().filter_map(|word| word.prefix);
        Self {
            values: KeyTable::of(numbers.map(|number| number.key)),
            prefixes: KeyTable::of(prefixes),
            words,
            sentences,
            sentence_of,
            ids,
            lookup,
            offsets,
            positions,
            spread,
        }
    }

    /// The number of a stem, if it occurs.
    pub(crate) fn id(&self, key: u64) -> Option<u32> {
        self.lookup.get(key)
    }

    /// The number of the stem at a position.
    pub(crate) fn id_at(&self, position: usize) -> Option<u32> {
        self.ids.get(position).copied()
    }

    /// Where a stem stands, in order.
    pub(crate) fn positions(&self, id: u32) -> &[usize] {
        let from = self.offsets.get(index(id)).copied().unwrap_or(0);
        let to = self.offsets.get(index(id) + 1).copied().unwrap_or(0);
        self.positions.get(from..to).unwrap_or_default()
    }

    /// Where a stem stands, in order, as a place to measure distances from: words of different sentences
    /// are at least [`APART`] from each other.
    pub(crate) fn spread(&self, id: u32) -> &[usize] {
        let from = self.offsets.get(index(id)).copied().unwrap_or(0);
        let to = self.offsets.get(index(id) + 1).copied().unwrap_or(0);
        self.spread.get(from..to).unwrap_or_default()
    }

    /// The sentences with a stem, in order, each once.
    pub(crate) fn sentences_with(&self, id: u32) -> impl Iterator<Item = usize> {
        let mut last = None;
        self.positions(id).iter().filter_map(move |position| {
            let sentence = self.sentence_of.get(*position).copied();
            (sentence != last).then(|| last = sentence)?;
            sentence
        })
    }

    /// Whether a stem stands in a sentence.
    pub(crate) fn stands_in(&self, id: u32, sentence: usize) -> bool {
        let Some(place) = self.sentences.get(sentence) else {
            return false;
        };
        let positions = self.positions(id);
        let first = positions.partition_point(|at| *at < place.words.start);
        positions.get(first).is_some_and(|at| *at < place.words.end)
    }

    /// Whether a stem stands in one of some sentences.
    pub(crate) fn stands_in_any(&self, id: Option<u32>, sentences: &[usize]) -> bool {
        id.is_some_and(|id| sentences.iter().any(|own| self.stands_in(id, *own)))
    }

    /// The sentence of a position.
    pub(crate) fn sentence_at(&self, position: usize) -> Option<usize> {
        self.sentence_of.get(position).copied()
    }

    /// Whether a number of that value occurs.
    pub(crate) fn has_value(&self, key: u64) -> bool {
        self.values.contains(key)
    }

    /// Whether a word with those first five letters occurs.
    pub(crate) fn has_prefix(&self, prefix: u64) -> bool {
        self.prefixes.contains(prefix)
    }

    /// Whether the stems stand in a row somewhere, in that order.
    pub(crate) fn has_row<const N: usize>(&self, ids: [Option<u32>; N]) -> bool {
        // From where the rarest of them stands.
        let counted = ids.iter().enumerate().map(|(at, id)| {
            let positions = id.map_or(&[][..], |id| self.positions(id));
            (positions, at)
        });
        let rarest = counted.min_by_key(|(positions, _)| positions.len());
        rarest.is_some_and(|(positions, at)| {
            positions.iter().any(|position| {
                position.checked_sub(at).is_some_and(|start| {
                    let row = self.ids.get(start..start + N);
                    row.is_some_and(|row| row.iter().zip(ids).all(|(own, id)| Some(*own) == id))
                        && self.sentence_at(start) == self.sentence_at(start + N - 1)
                })
            })
        })
    }

    /// The words of a sentence.
    pub(crate) fn words_of(&self, sentence: usize) -> &[Word] {
        self.sentences
            .get(sentence)
            .and_then(|place| self.words.get(place.words.clone()))
            .unwrap_or_default()
    }
}

/// Cuts a sentence where the space after a full stop was lost, as in text scraped from pages:
/// `… by mail.Refunds take …`. Words with another point or a slash (addresses, names of files) stay.
fn run_on(text: &str, bytes: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = bytes.start;
    let sentence = text.get(bytes.clone()).unwrap_or_default();
    for (at, _) in sentence.match_indices('.') {
        let (before, after) = (sentence.get(..at), sentence.get(at + 1..));
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        let mut next = after.chars();
        let opens = next.next().is_some_and(char::is_uppercase)
            && next
                .next()
                .is_some_and(|char| char.is_lowercase() || char == ' ');
        let closes = before.ends_with(|char: char| {
            char.is_lowercase() || ")%\"".contains(char) || char.is_ascii_digit()
        });
        if !(opens && closes) {
            continue;
        }
        let joined = |char: char| matches!(char, '.' | '/' | '@' | '_' | ':');
        let last = before
            .rsplit(char::is_whitespace)
            .next()
            .unwrap_or_default();
        let first = after.split(char::is_whitespace).next().unwrap_or_default();
        if !last.contains(joined) && !first.trim_end_matches(joined).contains(joined) {
            parts.push(start..bytes.start + at + 1);
            start = bytes.start + at + 1;
        }
    }
    parts.push(start..bytes.end);
    parts
}

fn index(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::{align::nearest, words::words};
    use super::*;

    #[test]
    fn every_word_is_found_where_it_stands() {
        let lexicon = Lexicon::new();
        let passages = [
            "The fee is 20. The fee rose.",
            "No fee. The fee rose. Refunds take 5 days.",
        ];
        let index = Index::new(&passages, &lexicon);
        assert_eq!(index.sentences.len(), 4);
        for (position, word) in index.words.iter().enumerate() {
            let id = index.id(word.key).unwrap();
            assert!(index.positions(id).contains(&position));
        }
        let read = words("fee no refunds", &lexicon);
        let id = |at: usize| index.id(read[at].key).unwrap();
        assert_eq!(index.sentences_with(id(0)).count(), 3);
        let denying: Vec<usize> = index.sentences_with(id(1)).collect();
        assert_eq!(index.sentences[denying[0]].negations, 1);
        assert!(index.stands_in(id(0), denying[0]) && !index.stands_in(id(2), denying[0]));
        let far = |one: u32, other: u32| nearest(index.spread(one), index.spread(other)).unwrap();
        assert!(far(id(0), id(1)) == 1 && far(id(0), id(2)) >= APART);
        let first = index.sentences_with(id(2)).next().unwrap();
        let row = index.sentences[first].words.clone();
        let ids: Vec<Option<u32>> = row.map(|at| index.id_at(at)).collect();
        assert!(index.has_row::<4>(ids.clone().try_into().unwrap()));
        assert!(!index.has_row([ids[1], ids[0]]));
        assert!(!index.has_row([ids[1], None]));
    }

    #[test]
    fn neither_the_cut_nor_the_order_of_passages_is_seen() {
        let lexicon = Lexicon::new();
        let seen = |passages: &[&str]| -> Vec<u64> {
            let index = Index::new(passages, &lexicon);
            index.words.iter().map(|word| word.key).collect()
        };
        let joined = seen(&["The fee is 20. It rose.\n\nRefunds take 5 days."]);
        assert_eq!(
            seen(&["The fee is 20. It rose.", "Refunds take 5 days."]),
            joined
        );
        assert_eq!(
            seen(&["Refunds take 5 days.", "It rose.", "The fee is 20."]),
            joined
        );
        assert_eq!(
            seen(&["It rose. The fee is 20.", "It rose. Refunds take 5 days."]),
            joined
        );
    }
}

//! Where a sentence says something else than the passage sentence it is closest to.
//!
//! Rules, not weights: a sentence must agree with a passage sentence in most of its words before a
//! difference counts, and the difference must stand between words that agree. Four kinds: another
//! number, a denial on one side only, an antonym, another name.

use super::align::{Alignment, Answer};
use super::features::has_value;
use super::index::Index;
use super::lexicon::{Kinds, Lexicon};
use super::words::{Number, Unit, Word};

/// One contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// Of which kind.
    pub(crate) kind: ConflictKind,
    /// The word of the answer.
    pub(crate) word: usize,
    /// The word of the passages.
    pub(crate) passage_word: usize,
    /// The passage sentence.
    pub(crate) sentence: usize,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConflictKind {
    Number,
    Negation,
    Antonym,
    Name,
}

/// Both sides of a comparison.
struct Sides<'a> {
    answer: &'a Answer,
    alignment: &'a Alignment,
    index: &'a Index,
    lexicon: &'a Lexicon,
    /// The passage sentence, and its words with their positions.
    sentence: usize,
    passage: Vec<(usize, &'a Word)>,
}

/// All conflicts of a sentence with the passage sentence closest to it.
pub(crate) fn find(
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    lexicon: &Lexicon,
) -> Vec<Conflict> {
    let Some(sentence) = alignment.best() else {
        return Vec::new();
    };
    let Some(place) = index.sentences.get(sentence) else {
        return Vec::new();
    };
    let sides = Sides {
        answer,
        alignment,
        index,
        lexicon,
        sentence,
        passage: place.words.clone().zip(index.words_of(sentence)).collect(),
    };
    let mut found = Vec::new();
    found.extend(sides.numbers());
    found.extend(sides.negation());
    found.extend(sides.words_in_place());
    found
}

impl Sides<'_> {
    fn has(&self, key: u64) -> bool {
        self.passage.iter().any(|(_, word)| word.key == key)
    }

    fn own(&self) -> &[Word] {
        self.answer
            .words
            .get(self.alignment.words.clone())
            .unwrap_or_default()
    }

    /// The share of the sentence's content, by rarity, that the passage sentence has, leaving out
    /// the words that `disputed` names.
    fn agreement(&self, disputed: impl Fn(&Word) -> bool) -> f32 {
        let mut all = 0.0;
        let mut shared = 0.0;
        for at in &self.alignment.content {
            if let Some(word) = self.answer.word(*at).filter(|word| !disputed(word)) {
                let rarity = self.answer.rarity(*at);
                all += rarity;
                if self.has(word.key) {
                    shared += rarity;
                }
            }
        }
        if all > 0.0 { shared / all } else { 0.0 }
    }

    fn numbers(&self) -> Vec<Conflict> {
        let agreement = self.agreement(|word| word.number.is_some());
        if agreement < 0.5 {
            return Vec::new();
        }
        let mut found = Vec::new();
        for at in self.alignment.words.clone() {
            let Some((word, number)) = self.answer.word(at).and_then(firm_number) else {
                continue;
            };
            let here = self
                .passage
                .iter()
                .any(|(_, other)| other.number.is_some_and(|n| n.key == number.key));
            if here || is_marker(self.alignment, at, word) {
                continue;
            }
            let elsewhere = self.index.has_value(number.key);
            if elsewhere && agreement < 0.75 {
                continue;
            }
            let rivals: Vec<(usize, u8)> = self
                .passage
                .iter()
                .filter_map(|(position, other)| {
                    let (_, rival) = firm_number(other)?;
                    let taken = has_value(self.own(), rival.key);
                    (!taken && comparable(number, rival)).then(|| {
                        (
                            *position,
                            self.same_place(at, *position, number.unit != Unit::None),
                        )
                    })
                })
                .collect();
            let best = rivals
                .iter()
                .max_by_key(|(position, places)| (*places, usize::MAX - position));
            if let Some((position, places)) = best
                && (*places > 0 || (!elsewhere && rivals.len() == 1 && agreement >= 0.7))
            {
                found.push(self.conflict(ConflictKind::Number, at, *position));
            }
        }
        found
    }

    fn conflict(&self, kind: ConflictKind, word: usize, passage_word: usize) -> Conflict {
        Conflict {
            kind,
            word,
            passage_word,
            sentence: self.sentence,
        }
    }

    /// How many of the content words next to `at` also stand next to `position`, plus one if a sign
    /// agrees.
    fn same_place(&self, at: usize, position: usize, sign: bool) -> u8 {
        let own = |at: Option<usize>| at.and_then(|at| self.answer.word(at)).map(|word| word.key);
        let content = &self.alignment.content;
        let place = content.partition_point(|other| *other < at);
        let is_content = usize::from(content.get(place) == Some(&at));
        let before = own(place
            .checked_sub(1)
            .and_then(|place| content.get(place).copied()));
        let after = own(content.get(place + is_content).copied());
        let stands = |(_, word): &&(usize, &Word)| word.is_content();
        let left = self
            .passage
            .iter()
            .rev()
            .filter(stands)
            .find(|(other, _)| *other < position);
        let right = self
            .passage
            .iter()
            .filter(stands)
            .find(|(other, _)| *other > position);
        let same = |own: Option<u64>, other: Option<&(usize, &Word)>| {
            u8::from(own.is_some() && own == other.map(|(_, word)| word.key))
        };
        same(before, left) + same(after, right) + u8::from(sign)
    }

    /// A denial that only one side has, of a word that both have.
    fn negation(&self) -> Option<Conflict> {
        let denies = |word: &Word| word.kinds.has(Kinds::NEGATION);
        let own = self.own().iter().filter(|word| denies(word)).count();
        let theirs = self.passage.iter().filter(|(_, word)| denies(word)).count();
        if own + theirs != 1 || self.agreement(denies) < 0.75 {
            return None;
        }
        let back = self
            .passage
            .iter()
            .filter(|(_, word)| word.is_content() && !denies(word));
        let n_theirs = back.clone().count();
        let n_shared = back
            .filter(|(_, other)| self.own().iter().any(|word| word.key == other.key))
            .count();
        if n_theirs == 0 || 5 * n_shared < 3 * n_theirs {
            return None;
        }
        let denied_after = |mut words: Vec<&Word>| -> Option<u64> {
            let at = words.iter().position(|word| denies(word))?;
            words.drain(..=at);
            words
                .into_iter()
                .find(|word| word.is_content())
                .map(|word| word.key)
        };
        let own_denied = denied_after(self.own().iter().collect());
        let passage_denied = denied_after(self.passage.iter().map(|(_, word)| *word).collect());
        let key = own_denied.filter(|key| self.has(*key)).or_else(|| {
            passage_denied.filter(|key| self.own().iter().any(|word| word.key == *key))
        })?;
        let at = self
            .alignment
            .words
            .clone()
            .find(|at| self.answer.word(*at).is_some_and(|word| word.key == key))?;
        let position = self.passage.iter().find(|(_, word)| word.key == key)?.0;
        Some(self.conflict(ConflictKind::Negation, at, position))
    }

    /// Antonyms and other names, each in the place of the passage's word.
    fn words_in_place(&self) -> Vec<Conflict> {
        let mut found = Vec::new();
        for at in self.alignment.words.clone() {
            let Some(word) = self.answer.word(at) else {
                continue;
            };
            if word.number.is_some() || self.has(word.key) {
                continue;
            }
            let opposites = self.lexicon.antonyms(word.key);
            let is_name = word.is_content()
                && word.capitalized
                && at != self.alignment.words.start
                && self.index.id(word.key).is_none();
            if opposites.is_empty() && !is_name {
                continue;
            }
            let needed = if is_name && opposites.is_empty() {
                0.75
            } else {
                0.6
            };
            if self.agreement(|other| other.key == word.key) < needed {
                continue;
            }
            let rival = self.passage.iter().find_map(|(position, other)| {
                if self.own().iter().any(|word| word.key == other.key) {
                    return None;
                }
                let places = self.same_place(at, *position, false);
                if opposites.contains(&other.key) && places > 0 {
                    Some((ConflictKind::Antonym, *position))
                } else if is_name && other.capitalized && other.is_content() && places > 0 {
                    Some((ConflictKind::Name, *position))
                } else {
                    None
                }
            });
            if let Some((kind, position)) = rival {
                found.push(self.conflict(kind, at, position));
            }
        }
        found
    }
}

/// A word that is surely a number: in digits, or a number word that is nothing else.
fn firm_number(word: &Word) -> Option<(&Word, Number)> {
    let number = word.number?;
    (number.amount.is_some() && !word.kinds.has(Kinds::LOOSE_NUMBER)).then_some((word, number))
}

/// Whether the number at the start of the sentence only counts list items.
fn is_marker(alignment: &Alignment, at: usize, word: &Word) -> bool {
    at == alignment.words.start && word.end - word.start <= 2 && alignment.words.len() > 2
}

/// Whether one of two numbers may stand for the other: not a price for a percentage, and not a year
/// for a small number.
fn comparable(one: Number, other: Number) -> bool {
    let units = match (one.unit, other.unit) {
        (Unit::Percent, Unit::Currency(_)) | (Unit::Currency(_), Unit::Percent) => false,
        (Unit::Percent | Unit::Currency(_) | Unit::None, _) => true,
    };
    let is_year = |number: Number| {
        number
            .amount
            .is_some_and(|amount| (1500.0..2100.0).contains(&amount))
    };
    units && is_year(one) == is_year(other)
}

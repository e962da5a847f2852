//! Where a sentence says something else than the passage sentence it is closest to.
//!
//! Rules, not weights: a sentence must agree with a passage sentence in most of its words before a
//! difference counts, and the difference must stand between words that agree. Four kinds: another
//! number, a denial on one side only, an antonym, another name.

use super::align::{Alignment, Answer};
use super::features::{has_value, share};
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
    /// Who does what to whom, which number belongs to whom.
    Relation,
    /// Some or all, may or must.
    Degree,
}

/// Both sides of a comparison.
pub(super) struct Sides<'a> {
    answer: &'a Answer,
    alignment: &'a Alignment,
    index: &'a Index,
    lexicon: &'a Lexicon,
    /// The passage sentence, and its words with their positions.
    sentence: usize,
    passage: Vec<(usize, &'a Word)>,
    /// The sentence as written.
    text: &'a str,
}

/// All conflicts of a sentence with the passage sentence closest to it.
pub(super) fn find(sides: &Sides<'_>) -> Vec<Conflict> {
    let mut found = Vec::new();
    found.extend(sides.numbers());
    found.extend(sides.negation());
    found.extend(sides.words_in_place());
    found
}

const CALCULATES: [&str; 7] = [
    "=",
    "Therefore",
    "therefore",
    "For example",
    "for example",
    "would be",
    "So, ",
];

impl<'a> Sides<'a> {
    /// A sentence, as written in `text`, and a passage sentence.
    pub(super) fn new(
        text: &'a str,
        answer: &'a Answer,
        alignment: &'a Alignment,
        (sentence, index): (usize, &'a Index),
        lexicon: &'a Lexicon,
    ) -> Option<Self> {
        let place = index.sentences.get(sentence)?;
        Some(Self {
            answer,
            alignment,
            index,
            lexicon,
            sentence,
            passage: place.words.clone().zip(index.words_of(sentence)).collect(),
            text,
        })
    }
}

impl Sides<'_> {
    /// The words of the sentence that fit, with their places.
    pub(super) fn own_places(&self, fits: impl Fn(&Word) -> bool) -> Vec<(usize, &Word)> {
        let words = self.alignment.words.clone().zip(self.own());
        words.filter(|(_, word)| fits(word)).collect()
    }

    /// The words of the passage sentence that fit, with their places.
    pub(super) fn their_places(&self, fits: impl Fn(&Word) -> bool) -> Vec<(usize, &Word)> {
        let words = self.passage.iter().copied();
        words.filter(|(_, word)| fits(word)).collect()
    }

    fn has(&self, key: u64) -> bool {
        self.passage.iter().any(|(_, word)| word.key == key)
    }

    pub(super) fn own(&self) -> &[Word] {
        self.answer
            .words
            .get(self.alignment.words.clone())
            .unwrap_or_default()
    }

    /// The share of the sentence's content, by rarity, that the passage sentence has, leaving out
    /// the words that `disputed` names.
    pub(super) fn agreement(&self, disputed: impl Fn(&Word) -> bool) -> f32 {
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
        if !self.own().iter().any(|word| firm_number(word).is_some()) {
            return Vec::new();
        }
        let agreement = self.agreement(|word| word.number.is_some());
        if agreement < 0.65 || self.calculates() {
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
                .any(|(_, other)| says_value(other, number));
            if here || is_marker(self.alignment, at, word) {
                continue;
            }
            let elsewhere = self.index.has_value(number.key);
            if (elsewhere && (agreement < 0.8 || self.said_in_same_place(at)))
                || self.lies_in_range(number)
                || self.counts_steps(at)
            {
                continue;
            }
            let rivals: Vec<(usize, u8)> = self
                .passage
                .iter()
                .filter_map(|(position, other)| {
                    let (_, rival) = firm_number(other)?;
                    let taken = has_value(self.own(), rival.key);
                    (!taken && comparable(number, rival))
                        .then(|| (*position, self.same_place(at, *position)))
                })
                .collect();
            let best = rivals
                .iter()
                .max_by_key(|(position, places)| (*places, usize::MAX - position));
            if let Some((position, places)) = best
                && (*places > 1
                    || (*places == 1 && agreement >= 0.75)
                    || (!elsewhere && rivals.len() == 1 && agreement >= 0.85))
            {
                found.push(self.conflict(ConflictKind::Number, at, *position));
            }
        }
        found
    }

    /// Whether the sentence works a number out; the passages need not have it then.
    fn calculates(&self) -> bool {
        CALCULATES.iter().any(|sign| self.text.contains(sign))
    }

    /// Whether some passage has the number between the same words: passages may differ.
    fn said_in_same_place(&self, at: usize) -> bool {
        let id = self.answer.ids.get(at).copied().flatten();
        let content = &self.alignment.content;
        let place = content.partition_point(|other| *other < at);
        let key = |place: Option<usize>| {
            place
                .and_then(|place| content.get(place))
                .and_then(|at| self.answer.word(*at))
                .map(|word| word.key)
        };
        let own = [key(place.checked_sub(1)), key(Some(place + 1))];
        id.is_some_and(|id| {
            self.index.positions(id).iter().any(|position| {
                let near = position.saturating_sub(4)..position + 5;
                let words = self
                    .index
                    .words
                    .get(near.start..near.end.min(self.index.words.len()));
                let same = self.index.sentence_at(*position);
                (near.start..)
                    .zip(words.unwrap_or_default())
                    .any(|(at, word)| {
                        self.index.sentence_at(at) == same && own.contains(&Some(word.key))
                    })
            })
        })
    }

    /// Whether the number lies between two numbers that stand together in the passage sentence, as
    /// 6 does in `5 to 7`.
    fn lies_in_range(&self, number: Number) -> bool {
        let amounts: Vec<(usize, f64)> = self
            .passage
            .iter()
            .filter_map(|(position, word)| Some((*position, word.number?.amount?)))
            .collect();
        amounts.windows(2).any(|both| match (both, number.amount) {
            ([(from, low), (to, high)], Some(amount)) => {
                to - from <= 2 && *low <= amount && amount <= *high
            }
            _ => false,
        })
    }

    /// Whether the number counts steps or passages, which an answer numbers anew.
    fn counts_steps(&self, at: usize) -> bool {
        at.checked_sub(1)
            .and_then(|before| self.answer.word(before))
            .is_some_and(|word| word.kinds.has(Kinds::META))
    }

    pub(super) fn conflict(
        &self,
        kind: ConflictKind,
        word: usize,
        passage_word: usize,
    ) -> Conflict {
        Conflict {
            kind,
            word,
            passage_word,
            sentence: self.sentence,
        }
    }

    /// How many of the content words next to `at` also stand next to `position`. A denial is no neighbor.
    fn same_place(&self, at: usize, position: usize) -> u8 {
        let own = |at: Option<usize>| at.and_then(|at| self.answer.word(at)).map(|word| word.key);
        let denies = |word: &Word| word.kinds.has(Kinds::NEGATION);
        let affirms = |at: &&usize| self.answer.word(**at).is_some_and(|word| !denies(word));
        let content = || self.alignment.content.iter().filter(affirms);
        let before = own(content().rev().find(|other| **other < at).copied());
        let after = own(content().find(|other| **other > at).copied());
        // A limit says nothing of what is limited: `insured up to 100,000 EUR by the state`.
        let limits = self
            .answer
            .word(at)
            .is_some_and(|word| word.number.is_none());
        let stands = |(_, word): &&(usize, &Word)| {
            word.is_content() && !denies(word) && !(limits && word.number.is_some())
        };
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
        same(before, left) + same(after, right)
    }

    /// A plain denial (not, no, never) on one side only, of a word that both have between the same
    /// words.
    fn negation(&self) -> Option<Conflict> {
        let denies = |word: &Word| word.kinds.has(Kinds::NEGATION);
        if self.agreement(denies) < 0.75 || self.agreement_back() < 0.6 {
            return None;
        }
        self.negation_of(2)
    }

    /// The same, if so many content words on either side of what is denied are the same; one fewer where it
    /// stands first or last.
    fn negation_of(&self, neighbors: u8) -> Option<Conflict> {
        let own: Vec<&Word> = self.own().iter().collect();
        let theirs: Vec<&Word> = self.passage.iter().map(|(_, word)| *word).collect();
        let key = match (denial(&own)?, denial(&theirs)?) {
            (Denial::Of(key), Denial::None) if self.has(key) => key,
            (Denial::None, Denial::Of(key)) if self.own_has(key) => key,
            _ => return None,
        };
        let once = |words: &[&Word]| words.iter().filter(|word| word.key == key).count() == 1;
        if !(once(&own) && once(&theirs)) {
            return None;
        }
        let at = self
            .alignment
            .words
            .clone()
            .find(|at| self.answer.word(*at).is_some_and(|word| word.key == key))?;
        let position = self.passage.iter().find(|(_, word)| word.key == key)?.0;
        let content = &self.alignment.content;
        let is_edge = content.first() == Some(&at) || content.last() == Some(&at);
        let needed = if is_edge { 1 } else { neighbors };
        let is_same = self.agreement(|_| false) > 0.99 && self.agreement_back() > 0.99;
        (is_same || self.same_place(at, position) >= needed)
            .then(|| self.conflict(ConflictKind::Negation, at, position))
    }

    /// A denial on one side only, where the sentence says all that the passage sentence says, of the same
    /// subject: `Gift cards can be refunded within 14 days` beside `Gift cards cannot be refunded`.
    pub(super) fn denied_whole(&self) -> Option<Conflict> {
        let subject = |words: Vec<(usize, &Word)>| words.first().map(|(_, word)| word.key);
        let own = subject(self.own_places(Word::is_content));
        let is_same = own.is_some() && own == subject(self.their_places(Word::is_content));
        (is_same && self.agreement_back() > 0.99).then(|| self.negation_of(1))?
    }

    /// The share of the passage sentence's content words that the sentence has too.
    pub(super) fn agreement_back(&self) -> f32 {
        let theirs = self.passage.iter().filter(|(_, word)| word.is_content());
        let shared = theirs.clone().filter(|(_, word)| self.own_has(word.key));
        share(shared.count(), theirs.count())
    }

    fn own_has(&self, key: u64) -> bool {
        self.own().iter().any(|word| word.key == key)
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
            if !opposites.is_empty()
                && self.agreement(|other| other.key == word.key) >= 0.7
                && self.agreement_back() >= 0.4
            {
                let rival = self.passage.iter().find(|(position, other)| {
                    opposites.contains(&other.key)
                        && !self.own_has(other.key)
                        && self.same_place(at, *position) > 0
                });
                found.extend(
                    rival.map(|(position, _)| self.conflict(ConflictKind::Antonym, at, *position)),
                );
            } else if self.is_name(at, word) && self.agreement(|other| other.key == word.key) >= 0.8
            {
                let rival = self.passage.iter().find(|(position, other)| {
                    other.capitalized
                        && self.stands_inside(*position)
                        && !self.own_has(other.key)
                        && other.is_content()
                        && self.same_place(at, *position) > 0
                        && !is_short_for(word, other)
                });
                found.extend(
                    rival.map(|(position, _)| self.conflict(ConflictKind::Name, at, *position)),
                );
            }
        }
        found
    }

    /// Whether a word of the answer is a name that the passages do not have: written with a capital
    /// between words that are not, and no word about the sources.
    fn is_name(&self, at: usize, word: &Word) -> bool {
        let small = |at: usize| self.answer.word(at).is_some_and(|word| !word.capitalized);
        word.capitalized
            && word.is_content()
            && !word.kinds.has(Kinds::META)
            && !word.kinds.has(Kinds::CALENDAR)
            && self.index.id(word.key).is_none()
            && at > self.alignment.words.start
            && (small(at - 1) || at == self.alignment.words.start + 1 || self.is_name_before(at))
            && !self.answer.word(at - 1).is_some_and(Word::is_digits)
            && (self.alignment.words.start + 1..self.alignment.words.end).any(small)
    }

    /// Whether the word before also begins with a capital and is not the first.
    fn is_name_before(&self, at: usize) -> bool {
        at >= 2
            && at - 1 > self.alignment.words.start
            && self
                .answer
                .word(at - 1)
                .is_some_and(|word| word.capitalized)
    }

    /// Whether a position is not the first word of the passage sentence.
    fn stands_inside(&self, position: usize) -> bool {
        self.passage
            .first()
            .is_some_and(|(first, _)| position > *first)
    }
}

/// What a sentence denies.
enum Denial {
    None,
    /// The first content word after the denial.
    Of(u64),
}

/// Nothing if the sentence denies more than once, not plainly, or under a condition: then it cannot
/// be compared.
fn denial(words: &[&Word]) -> Option<Denial> {
    let mut denials = words
        .iter()
        .enumerate()
        .filter(|(_, word)| word.kinds.has(Kinds::NEGATION));
    let Some((at, word)) = denials.next() else {
        return Some(Denial::None);
    };
    if denials.next().is_some() || !word.kinds.has(Kinds::PLAIN_DENIAL) {
        return None;
    }
    let denied = words.get(at + 1..)?.iter().find(|word| word.is_content())?;
    Some(Denial::Of(denied.key))
}

/// Whether two words may be one, cut short: `Prep` and `Prepare`, `F` and `Fahrenheit`.
fn is_short_for(one: &Word, other: &Word) -> bool {
    let shortest = (one.end - one.start).min(other.end - other.start);
    let same_start = one.prefix.is_some() && one.prefix == other.prefix;
    same_start || (shortest <= 4 && one.initial == other.initial)
}

/// Whether a passage word says the number, or a range or unit of it that is written together.
fn says_value(word: &Word, number: Number) -> bool {
    word.number.is_some_and(|other| other.key == number.key)
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
        (Unit::None, Unit::None) => true,
        (Unit::Percent | Unit::Currency(_) | Unit::None, _) => one.digits && other.digits,
    };
    let is_year = |number: Number| {
        number
            .amount
            .is_some_and(|amount| (1500.0..2100.0).contains(&amount))
    };
    units && is_year(one) == is_year(other)
}

//! Numbers as the whole program reads them: with their units, dates and codes, in every notation.
//!
//! Words are compared by value alone, which is quick and nearly always enough. Here is looked where it is
//! not: `2 weeks` is `14 days`, `401(k)` is `401k`, and `5 EUR` is not `5 %`. Only sentences with digits
//! or number words are read, each at most once.

use std::cell::OnceCell;
use std::ops::Range;

use groundgate_model::text::number::{Mention, mentions};

use super::index::Index;
use super::texts::Texts;
use super::words::Word;

/// The numbers of an answer, and those of the passages once they are asked for.
#[derive(Debug)]
pub(crate) struct Quantities<'t> {
    passages: &'t [&'t str],
    answer: &'t str,
    question: &'t str,
    own: OnceCell<Vec<Mention>>,
    asked: OnceCell<Vec<Mention>>,
    /// Of each passage sentence.
    theirs: Vec<OnceCell<Vec<Mention>>>,
}

impl<'t> Quantities<'t> {
    pub(crate) fn new(question: &'t str, texts: Texts<'t>, index: &Index) -> Self {
        Self {
            passages: texts.passages,
            answer: texts.answer,
            question,
            own: OnceCell::new(),
            asked: OnceCell::new(),
            theirs: vec![OnceCell::new(); index.sentences.len()],
        }
    }

    /// The numbers of the answer.
    fn own(&self) -> &[Mention] {
        self.own.get_or_init(|| mentions(self.answer))
    }

    /// The numbers of a passage sentence.
    pub(crate) fn of(&self, index: &Index, sentence: usize) -> &[Mention] {
        let Some(cell) = self.theirs.get(sentence) else {
            return &[];
        };
        cell.get_or_init(|| {
            let place = index.sentences.get(sentence);
            let text =
                place.and_then(|place| self.passages.get(place.passage)?.get(place.bytes.clone()));
            let has_number = index
                .words_of(sentence)
                .iter()
                .any(|word| word.number.is_some());
            text.filter(|_| has_number)
                .map(mentions)
                .unwrap_or_default()
        })
    }

    /// The numbers of the answer between two bytes.
    pub(crate) fn between(&self, start: usize, end: usize) -> impl Iterator<Item = &Mention> {
        let inside = move |own: &&Mention| start <= own.start && own.end <= end;
        self.own().iter().filter(inside)
    }

    /// For each word of the answer, whether it is part of a number that the passages do not have by its
    /// value, and have all the same.
    pub(crate) fn told(&self, words: &[Word], ids: &[Option<u32>], index: &Index) -> Vec<bool> {
        let mut told = vec![false; words.len()];
        let is_open = |(word, id): (&Word, &Option<u32>)| {
            let value = word.number.filter(|_| id.is_none());
            value.is_some_and(|value| !index.has_value(value.key))
        };
        if !words.iter().zip(ids).any(is_open) {
            return told;
        }
        for mention in self.own() {
            let inside = |word: &Word| mention.start <= word.start && word.end <= mention.end;
            let open = words.iter().zip(ids).filter(|(word, _)| inside(word));
            if open.clone().any(is_open) && self.is_somewhere(mention, index) {
                for (told, word) in told.iter_mut().zip(words) {
                    *told |= inside(word);
                }
            }
        }
        told
    }

    /// The first number in digits between two bytes that neither the passages nor the question have.
    pub(crate) fn unknown(&self, bytes: &Range<usize>, index: &Index) -> Option<&'t str> {
        let text = self.answer.get(bytes.clone())?;
        if !text.chars().any(char::is_numeric) {
            return None;
        }
        let written =
            |own: &Mention| -> &'t str { self.answer.get(own.start..own.end).unwrap_or_default() };
        let in_digits = |own: &&Mention| written(own).chars().any(char::is_numeric);
        let asked = |own: &Mention| {
            let numbers = self.asked.get_or_init(|| mentions(self.question));
            numbers.iter().any(|other| other.agrees(own))
        };
        let mut own = self.between(bytes.start, bytes.end).filter(in_digits);
        let unknown = own.find(|own| !self.is_somewhere(own, index) && !asked(own))?;
        Some(written(unknown).trim())
    }

    fn is_somewhere(&self, mention: &Mention, index: &Index) -> bool {
        (0..index.sentences.len()).any(|sentence| {
            self.of(index, sentence)
                .iter()
                .any(|other| other.agrees(mention))
        })
    }
}

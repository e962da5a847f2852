//! Numbers as the whole program reads them: with their units, dates and codes, in every notation.
//!
//! Words are compared by value alone, which is quick and nearly always enough. Here is looked where it is
//! not: `2 weeks` is `14 days`, `401(k)` is `401k`, and `5 EUR` is not `5 %`. Only sentences with digits
//! or number words are read, each at most once.

use std::cell::OnceCell;
use std::iter;
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
        let own = self.own();
        let first = own.partition_point(|own| own.start < start);
        let rest = own.get(first..).unwrap_or_default();
        rest.iter().take_while(move |own| own.end <= end)
    }

    /// The words of the answer, where a number that the passages write otherwise is written as they do:
    /// `14 days` as `2 weeks`.
    pub(crate) fn as_written(&self, words: Vec<Word>, index: &Index) -> Vec<Word> {
        let is_open = |word: &Word| index.id(word.key).is_none();
        if !words.iter().any(|word| word.number.is_some()) || !words.iter().any(is_open) {
            return words;
        }
        let mut written = Vec::with_capacity(words.len());
        let mut rest = words.as_slice();
        for mention in self.own() {
            let (before, from) =
                rest.split_at(rest.partition_point(|word| word.start < mention.start));
            let (own, after) = from.split_at(from.partition_point(|word| word.end <= mention.end));
            written.extend_from_slice(before);
            let theirs = (own.iter().any(is_open)).then(|| self.theirs(mention, index));
            match (theirs.flatten(), own) {
                (Some(theirs), [.., last]) => {
                    let places = own.iter().chain(iter::repeat(last));
                    written.extend(theirs.iter().zip(places).map(|(word, place)| Word {
                        start: place.start,
                        end: place.end,
                        ..word.clone()
                    }));
                }
                _ => written.extend_from_slice(own),
            }
            rest = after;
        }
        written.extend_from_slice(rest);
        written
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
        self.theirs(mention, index).is_some()
    }

    /// The words of the first number of the passages that agrees.
    fn theirs<'i>(&self, mention: &Mention, index: &'i Index) -> Option<&'i [Word]> {
        let place = |sentence| {
            let mut numbers = self.of(index, sentence).iter();
            let own = numbers.find(|other| other.agrees(mention))?;
            Some((sentence, own))
        };
        let (sentence, own) = (0..index.sentences.len()).find_map(place)?;
        let start = index.sentences.get(sentence)?.bytes.start;
        let words = index.words_of(sentence);
        let from = words.partition_point(|word| word.start < start + own.start);
        let rest = words.get(from..)?;
        rest.get(..rest.partition_point(|word| word.end <= start + own.end))
    }
}

//! A text with its tokens and sentences, each found once and only when asked for: the guards look at
//! the same passages for every claim of an answer.

use std::{cell::OnceCell, collections::BTreeSet, ops::Range};

use super::{
    claims::without_apparatus,
    sentences,
    token::{Token, content_stems, tokens},
};

/// A text that is read more than once.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// As it was written.
    pub(crate) text: &'a str,
    tokens: OnceCell<Vec<Token>>,
    sentences: OnceCell<Vec<Range<usize>>>,
    /// By sentence, without apparatus, with the stems of its content words.
    plain: OnceCell<Vec<(String, BTreeSet<String>)>>,
}

impl<'a> Source<'a> {
    pub(crate) const fn of(text: &'a str) -> Self {
        Self {
            text,
            tokens: OnceCell::new(),
            sentences: OnceCell::new(),
            plain: OnceCell::new(),
        }
    }

    /// Its words and numbers, in order.
    pub(crate) fn tokens(&self) -> &[Token] {
        self.tokens.get_or_init(|| tokens(self.text))
    }

    /// The sentences that `range` touches, as one range of the text that holds `range`.
    pub(crate) fn sentences_around(&self, range: &Range<usize>) -> Range<usize> {
        let touched = self
            .sentences()
            .iter()
            .filter(|sentence| touch(sentence, range));
        touched.fold(range.clone(), |around, sentence| {
            around.start.min(sentence.start)..around.end.max(sentence.end)
        })
    }

    /// The sentences that `range` touches, with their text without apparatus.
    pub(crate) fn sentences_of(&self, range: &Range<usize>) -> Vec<(Range<usize>, &str)> {
        let all = self.sentences().iter().zip(self.plain());
        let touched = all.filter(|(sentence, _)| touch(sentence, range));
        touched
            .map(|(sentence, (plain, _))| (sentence.clone(), plain.as_str()))
            .collect()
    }

    /// The other sentences, without apparatus, with the stems of their content words.
    pub(crate) fn sentences_beside(
        &self,
        range: &Range<usize>,
    ) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        let all = self.sentences().iter().zip(self.plain());
        let others = all.filter(move |(sentence, _)| !touch(sentence, range));
        others.map(|(_, (plain, stems))| (plain.as_str(), stems))
    }

    /// The sentences that `range` touches, without apparatus.
    pub(crate) fn plain_around(&self, range: &Range<usize>) -> String {
        let touched = self.sentences_of(range).into_iter();
        touched
            .map(|(_, plain)| plain)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Whether a sentence ends within `range`, and another begins.
    pub(crate) fn has_border_in(&self, range: &Range<usize>) -> bool {
        let ends =
            |sentence: &Range<usize>| range.start <= sentence.end && sentence.end < range.end;
        self.sentences().iter().any(ends)
    }

    fn sentences(&self) -> &[Range<usize>] {
        self.sentences.get_or_init(|| sentences::split(self.text))
    }

    fn plain(&self) -> &[(String, BTreeSet<String>)] {
        self.plain.get_or_init(|| {
            let all = self.sentences().iter();
            let texts = all.map(|sentence| self.text.get(sentence.clone()).unwrap_or_default());
            let plain = texts.map(without_apparatus);
            plain
                .map(|plain| {
                    let stems = content_stems(&plain);
                    (plain, stems)
                })
                .collect()
        })
    }
}

fn touch(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

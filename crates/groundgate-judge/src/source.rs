//! A text with its tokens and sentences, each found once and only when asked for: the guards look at
//! the same passages for every claim of an answer.

use std::{cell::OnceCell, ops::Range};

use super::{
    sentences,
    token::{Token, tokens},
};

/// A text that is read more than once.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// As it was written.
    pub(crate) text: &'a str,
    tokens: OnceCell<Vec<Token>>,
    sentences: OnceCell<Vec<Range<usize>>>,
}

impl<'a> Source<'a> {
    pub(crate) const fn of(text: &'a str) -> Self {
        Self {
            text,
            tokens: OnceCell::new(),
            sentences: OnceCell::new(),
        }
    }

    /// Its words and numbers, in order.
    pub(crate) fn tokens(&self) -> &[Token] {
        self.tokens.get_or_init(|| tokens(self.text))
    }

    /// The sentences that `range` touches, as one range of the text that holds `range`.
    pub(crate) fn sentences_around(&self, range: &Range<usize>) -> Range<usize> {
        let mut around = range.clone();
        for sentence in self.sentences.get_or_init(|| sentences::split(self.text)) {
            if sentence.start < range.end && range.start < sentence.end {
                around.start = around.start.min(sentence.start);
                around.end = around.end.max(sentence.end);
            }
        }
        around
    }
}

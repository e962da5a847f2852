//! The texts that a reading is of. What is quoted of them is untrusted, and cut to a few words.

use super::index::Index;
use super::words::Word;

/// What is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts<'t> {
    pub(crate) answer: &'t str,
    pub(crate) passages: &'t [&'t str],
}

impl Texts<'_> {
    /// A word of the answer, for people.
    pub(crate) fn own(&self, word: Option<&Word>) -> String {
        let word = word.and_then(|word| self.answer.get(word.start..word.end));
        shortened(word.unwrap_or_default())
    }

    /// A word of the passages, for people.
    pub(crate) fn theirs(&self, index: &Index, position: usize) -> String {
        let word = index.words.get(position).and_then(|word| {
            let place = index.sentences.get(index.sentence_at(position)?)?;
            self.passages.get(place.passage)?.get(word.start..word.end)
        });
        shortened(word.unwrap_or_default())
    }
}

/// A few words, for people.
pub(crate) fn shortened(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|char| if char == '`' { '\'' } else { char })
        .collect();
    match clean.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", clean.get(..at).unwrap_or_default()),
        None => clean,
    }
}

//! A name of a claim in whose place the sentence that is to prove it has another.

use crate::token::{Token, tokens};

/// Longer sentences are not laid beside each other.
const TOKENS_MAX: usize = 80;

/// A name has no more words.
const NAME_WORDS_MAX: usize = 3;

/// Two names in one place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OtherName {
    pub(super) claimed: String,
    pub(super) found: String,
}

/// Whether a sentence says a claim nearly word for word.
pub(super) fn runs_in_parallel(claim: &str, sentence: &str) -> bool {
    let (ours, theirs) = (tokens(claim), tokens(sentence));
    let is_bearable = ours.len() <= TOKENS_MAX && theirs.len() <= TOKENS_MAX;
    is_bearable && 10 * common(&ours, &theirs).len() >= 8 * ours.len().saturating_sub(1)
}

/// The first name of `claim` in whose place `sentence` has another, where most else is the same.
pub(super) fn other_name(claim: &str, sentence: &str) -> Option<OtherName> {
    let (ours, theirs) = (tokens(claim), tokens(sentence));
    if ours.len() > TOKENS_MAX || theirs.len() > TOKENS_MAX {
        return None;
    }
    let pairs = common(&ours, &theirs);
    // Seven of ten words stand in both, in the same order.
    if 10 * pairs.len() < 7 * ours.len().saturating_sub(1) {
        return None;
    }
    let (mut at, mut other_at) = (0, 0);
    let ends = pairs.iter().copied().chain([(ours.len(), theirs.len())]);
    for (next, other_next) in ends {
        let (own, other) = (ours.get(at..next)?, theirs.get(other_at..other_next)?);
        let is_inside = at > 0 || next < ours.len();
        if is_inside && is_name(claim, own) && is_name(sentence, other) {
            let written = |text: &str, words: &[Token]| -> Option<String> {
                let (first, last) = (words.first()?, words.last()?);
                text.get(first.start..last.end).map(str::to_owned)
            };
            return Some(OtherName {
                claimed: written(claim, own)?,
                found: written(sentence, other)?,
            });
        }
        (at, other_at) = (next + 1, other_next + 1);
    }
    None
}

/// Whether all words begin with a capital, and not only because a sentence begins with them.
fn is_name(text: &str, words: &[Token]) -> bool {
    let is_capital = |word: &Token| {
        let written = text.get(word.start..word.end).unwrap_or_default();
        let begins = word.start == 0
            || text
                .get(..word.start)
                .is_some_and(|before| before.trim_end().ends_with(['.', '!', '?', ':']));
        let capitals = written.chars().filter(|c| c.is_uppercase()).count();
        written.starts_with(char::is_uppercase) && (!begins || capitals > 1)
    };
    (1..=NAME_WORDS_MAX).contains(&words.len()) && words.iter().all(is_capital)
}

/// The places of a longest common sequence of tokens.
fn common(ours: &[Token], theirs: &[Token]) -> Vec<(usize, usize)> {
    let width = theirs.len() + 1;
    let mut lengths = vec![0_usize; (ours.len() + 1) * width];
    let at = |row: usize, column: usize| row * width + column;
    for (row, own) in ours.iter().enumerate().rev() {
        for (column, other) in theirs.iter().enumerate().rev() {
            let get = |place: usize| lengths.get(place).copied().unwrap_or_default();
            let length = if own.text == other.text {
                1 + get(at(row + 1, column + 1))
            } else {
                get(at(row + 1, column)).max(get(at(row, column + 1)))
            };
            if let Some(cell) = lengths.get_mut(at(row, column)) {
                *cell = length;
            }
        }
    }
    let get = |place: usize| lengths.get(place).copied().unwrap_or_default();
    let (mut row, mut column, mut pairs) = (0, 0, Vec::new());
    while let (Some(own), Some(other)) = (ours.get(row), theirs.get(column)) {
        if own.text == other.text {
            pairs.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if get(at(row + 1, column)) >= get(at(row, column + 1)) {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_place_of_another_is_found() {
        let found = other_name(
            "The card is issued by Harbor Bank in Berlin.",
            "The card is issued by Harbor Bank in Munich.",
        );
        assert_eq!(found.unwrap().found, "Munich");
        for (claim, sentence) in [
            (
                "The card is issued by Harbor Bank.",
                "The card is issued by Harbor Bank in Munich.",
            ),
            (
                "The card is issued in spring.",
                "The card is issued in autumn.",
            ),
            ("Berlin is large.", "Munich is large."),
            (
                "It is in Berlin.",
                "Customers may visit the branch that is nearest to Munich.",
            ),
        ] {
            assert_eq!(other_name(claim, sentence), None, "{claim}");
        }
    }
}

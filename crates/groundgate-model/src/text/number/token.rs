//! Words, digits and signs, for the reader of numbers.

use crate::text::fold::{Folded, GROUP_SPACE};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, with apostrophes inside.
    Word,
    /// Digits, with the separators inside a number.
    Digits,
    /// Anything else that is no space.
    Sign,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Folded.
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether nothing stands between it and the token before.
    pub(super) is_glued: bool,
}

impl Token {
    pub(super) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign && self.text.starts_with(sign)
    }

    pub(super) fn is_digits(&self) -> bool {
        self.kind == Kind::Digits
    }
}

/// The tokens of a folded text.
pub(super) fn tokens(text: &[Folded]) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = text;
    let mut is_glued = false;
    while let Some(first) = rest.first() {
        if first.c.is_whitespace() {
            is_glued = false;
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let (kind, length) = if first.c.is_ascii_digit() {
            (Kind::Digits, digits(rest))
        } else if first.c.is_alphabetic() {
            (Kind::Word, word(rest))
        } else {
            (Kind::Sign, 1)
        };
        let (taken, after) = rest.split_at(length.max(1));
        if let (Some(first), Some(last)) = (taken.first(), taken.last()) {
            found.push(Token {
                kind,
                text: taken.iter().map(|folded| folded.c).collect(),
                start: first.start,
                end: last.end,
                is_glued,
            });
        }
        is_glued = true;
        rest = after;
    }
    found
}

/// A character of a script that is written without spaces is a word of its own.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

fn word(text: &[Folded]) -> usize {
    if text.first().is_some_and(|first| stands_alone(first.c)) {
        return 1;
    }
    let letters = |c: char| (c.is_alphabetic() && !stands_alone(c)) || is_vowel_sign(c);
    let mut length = 0;
    while let Some(next) = text.get(length) {
        let is_apostrophe =
            next.c == '\'' && text.get(length + 1).is_some_and(|after| letters(after.c));
        if !letters(next.c) && !is_apostrophe {
            break;
        }
        length += 1;
    }
    length
}

/// Signs of Indic and other scripts that are no letters by themselves.
fn is_vowel_sign(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{dff}' | '\u{5b0}'..='\u{5c7}' | '\u{64b}'..='\u{65f}')
        && !c.is_ascii_digit()
}

/// Digits with points, commas, apostrophes and spaces where they belong to one number.
fn digits(text: &[Folded]) -> usize {
    let run = |from: usize| {
        text.get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|folded| folded.c.is_ascii_digit())
            .count()
    };
    let first = run(0);
    let (mut length, mut grouped_by) = (first, None);
    while let Some(separator) = text.get(length).map(|folded| folded.c) {
        let next = run(length + 1);
        let is_grouping = match separator {
            '.' | ',' => next > 0,
            ' ' | GROUP_SPACE | '\'' => {
                next == 3
                    && (1..=3).contains(&first)
                    && !starts_with_zero(text)
                    && grouped_by.is_none_or(|by| by == separator)
                    && !has_point(text, length)
            }
            _ => false,
        };
        if !is_grouping {
            break;
        }
        if !matches!(separator, '.' | ',') {
            grouped_by = Some(separator);
        }
        length += 1 + next;
    }
    length
}

fn starts_with_zero(text: &[Folded]) -> bool {
    text.first().is_some_and(|first| first.c == '0')
}

fn has_point(text: &[Folded], length: usize) -> bool {
    let taken = text.get(..length).unwrap_or_default();
    taken.iter().any(|folded| matches!(folded.c, '.' | ','))
}

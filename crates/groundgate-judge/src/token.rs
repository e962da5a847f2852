//! Words and numbers of a text, folded so that two ways of writing the same compare equal.
//!
//! For comparing texts in code: quotes with passages, claims with quotes, questions with answers.
//! Not for scoring support; that is the embedded judge's own, finer reading. Case, white space,
//! compatibility forms (Unicode NFKD), quotes, dashes, invisible characters and punctuation are
//! folded away; numbers, signs and currency are kept as they are.

use std::collections::BTreeSet;

use groundgate_model::text::fold::unmask;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// One word, number or sign, with its place in the text it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Folded.
    pub(crate) text: String,
    /// Where it starts in the original text, in bytes.
    pub(crate) start: usize,
    /// Where it ends in the original text, in bytes.
    pub(crate) end: usize,
}

impl Token {
    /// Whether it is written in digits.
    pub(crate) fn is_number(&self) -> bool {
        self.text
            .trim_start_matches('-')
            .starts_with(|c: char| c.is_ascii_digit())
    }
}

/// One folded character and the original bytes it stands for.
#[derive(Debug, Clone, Copy)]
struct Folded {
    c: char,
    start: usize,
    end: usize,
}

/// What a character is to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    Letter,
    /// A letter of a script that is written without spaces: a token of its own.
    Alone,
    /// A sign that changes the meaning of a number.
    Sign,
    Other,
}

/// The tokens of `text`, in order.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let folded = fold(text);
    let mut found: Vec<Token> = Vec::new();
    let mut rest: &[Folded] = &folded;
    let mut before: Option<char> = None;
    while let Some(first) = rest.first() {
        let length = token_length(before, rest).max(1);
        let (taken, after) = rest.split_at(length);
        let begins_token = class(first.c) != Class::Other || length > 1;
        if let (true, Some(last)) = (begins_token, taken.last()) {
            found.push(Token {
                text: taken.iter().map(|folded| folded.c).collect(),
                start: first.start,
                end: last.end,
            });
        }
        before = taken.last().map(|folded| folded.c);
        rest = after;
    }
    found
}

/// How many characters at the start of `rest` make one token; 0 or 1 for a single character.
fn token_length(before: Option<char>, rest: &[Folded]) -> usize {
    let Some(first) = rest.first() else {
        return 0;
    };
    match class(first.c) {
        Class::Digit => number_length(rest),
        Class::Letter => word_length(rest),
        Class::Alone | Class::Sign => 1,
        Class::Other => {
            let starts_number = first.c == '-'
                && before.is_none_or(|c| c.is_whitespace() || c == '(')
                && rest
                    .get(1)
                    .is_some_and(|next| class(next.c) == Class::Digit);
            if starts_number {
                1 + number_length(rest.get(1..).unwrap_or_default())
            } else {
                1
            }
        }
    }
}

/// Digits, with `.` and `,` where a digit follows.
fn number_length(rest: &[Folded]) -> usize {
    let is_digit = |at: usize| {
        rest.get(at)
            .is_some_and(|here| class(here.c) == Class::Digit)
    };
    let mut length = 0;
    loop {
        let separator = rest
            .get(length)
            .is_some_and(|here| matches!(here.c, '.' | ','));
        if is_digit(length) {
            length += 1;
        } else if length > 0 && separator && is_digit(length + 1) {
            length += 2;
        } else {
            return length;
        }
    }
}

/// Letters and their marks, with an apostrophe where a letter follows.
fn word_length(rest: &[Folded]) -> usize {
    let is_letter = |at: usize| {
        rest.get(at)
            .is_some_and(|here| class(here.c) == Class::Letter)
    };
    let mut length = 0;
    loop {
        let apostrophe = rest.get(length).is_some_and(|here| here.c == '\'');
        if is_letter(length) {
            length += 1;
        } else if length > 0 && apostrophe && is_letter(length + 1) {
            length += 2;
        } else {
            return length;
        }
    }
}

fn class(c: char) -> Class {
    if c.is_ascii_alphabetic() {
        Class::Letter
    } else if c.is_ascii_digit() {
        Class::Digit
    } else if matches!(
        c,
        '%' | '‰' | '$' | '€' | '£' | '¥' | '<' | '>' | '≤' | '≥' | '+' | '°'
    ) || keeps_form(c)
    {
        Class::Sign
    } else if c.is_ascii() {
        Class::Other
    } else if matches!(c, '\u{0e00}'..='\u{0e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
    {
        Class::Alone
    } else if c.is_alphanumeric() || is_combining_mark(c) {
        Class::Letter
    } else {
        Class::Other
    }
}

/// Superscripts, subscripts and fractions: folding them would make `10²` the number 102.
fn keeps_form(c: char) -> bool {
    matches!(c, '²' | '³' | '¹' | '¼'..='¾' | '\u{2070}'..='\u{209f}' | '\u{2150}'..='\u{218b}')
}

/// Characters that nobody sees: they neither part nor join words.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}'
    )
}

fn fold(text: &str) -> Vec<Folded> {
    let mut folded = Vec::with_capacity(text.len());
    for (start, original) in text.char_indices() {
        let end = start + original.len_utf8();
        // Nearly all text is ASCII, which has one form only.
        if original.is_ascii() {
            let c = match original {
                '`' => '\'',
                other => other.to_ascii_lowercase(),
            };
            folded.push(Folded { c, start, end });
            continue;
        }
        if is_invisible(original) {
            continue;
        }
        let mut push = |c: char| {
            let c = match c {
                '‘' | '’' | '‚' | '‛' | '′' | '´' => '\'',
                '\u{2010}'..='\u{2015}' | '−' => '-',
                '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' => ascii_digit(c),
                other => other,
            };
            folded.extend(c.to_lowercase().map(|c| Folded { c, start, end }));
        };
        if keeps_form(original) || original == '´' {
            push(original);
        } else {
            decompose_compatible(original, &mut push);
        }
    }
    unmask(&mut folded, |folded| &mut folded.c);
    folded
}

/// Arabic-Indic digits as ASCII ones.
fn ascii_digit(c: char) -> char {
    char::from_digit(u32::from(c) & 0xf, 10).unwrap_or(c)
}

/// Words that say nothing of the subject, in English, German, French and Spanish; in order.
const STOP_WORDS: &[&str] = &[
    "a",
    "aber",
    "about",
    "after",
    "al",
    "all",
    "als",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "au",
    "auch",
    "auf",
    "aus",
    "aux",
    "avec",
    "be",
    "been",
    "before",
    "bei",
    "being",
    "between",
    "bis",
    "both",
    "but",
    "by",
    "can",
    "can't",
    "ce",
    "ces",
    "cette",
    "como",
    "con",
    "could",
    "dann",
    "dans",
    "darf",
    "das",
    "dass",
    "de",
    "del",
    "dem",
    "den",
    "der",
    "des",
    "did",
    "die",
    "diese",
    "dieser",
    "dieses",
    "do",
    "does",
    "doesn't",
    "don't",
    "dort",
    "du",
    "during",
    "du\u{308}rfen",
    "each",
    "ein",
    "eine",
    "einem",
    "einen",
    "einer",
    "eines",
    "el",
    "elle",
    "elles",
    "en",
    "er",
    "es",
    "est",
    "esta",
    "este",
    "estos",
    "et",
    "for",
    "from",
    "fu\u{308}r",
    "haben",
    "had",
    "has",
    "hat",
    "have",
    "he",
    "her",
    "here",
    "hier",
    "him",
    "his",
    "how",
    "i",
    "i'm",
    "ich",
    "if",
    "ihnen",
    "ihr",
    "ihre",
    "ihren",
    "ihrer",
    "il",
    "ils",
    "im",
    "in",
    "ins",
    "into",
    "is",
    "isn't",
    "ist",
    "it",
    "it's",
    "its",
    "itself",
    "je",
    "just",
    "kann",
    "kein",
    "keine",
    "keinem",
    "keinen",
    "keiner",
    "ko\u{308}nnen",
    "la",
    "las",
    "le",
    "les",
    "leur",
    "lo",
    "los",
    "may",
    "ma\u{301}s",
    "me",
    "might",
    "mit",
    "more",
    "most",
    "muss",
    "must",
    "mu\u{308}ssen",
    "my",
    "nach",
    "ne",
    "nicht",
    "no",
    "noch",
    "not",
    "nous",
    "nur",
    "o",
    "ob",
    "oder",
    "of",
    "on",
    "once",
    "only",
    "or",
    "other",
    "ou",
    "our",
    "out",
    "over",
    "own",
    "para",
    "pas",
    "per",
    "por",
    "pour",
    "que",
    "qui",
    "sa",
    "same",
    "sans",
    "se",
    "sehr",
    "ses",
    "shall",
    "she",
    "should",
    "sich",
    "sie",
    "sind",
    "so",
    "soll",
    "sollen",
    "some",
    "sont",
    "su",
    "such",
    "sus",
    "than",
    "that",
    "that's",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "through",
    "to",
    "too",
    "un",
    "una",
    "unas",
    "und",
    "une",
    "unos",
    "uns",
    "unter",
    "until",
    "up",
    "upon",
    "us",
    "u\u{308}ber",
    "very",
    "von",
    "vor",
    "vous",
    "waren",
    "was",
    "we",
    "we're",
    "wenn",
    "werden",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "whom",
    "whose",
    "why",
    "wie",
    "will",
    "wir",
    "wird",
    "with",
    "within",
    "won't",
    "would",
    "wurde",
    "y",
    "yes",
    "you",
    "you're",
    "your",
    "yours",
    "zu",
    "zum",
    "zur",
];

/// Whether a folded word says something of the subject.
pub(crate) fn is_content(word: &Token) -> bool {
    !word.is_number()
        && word.text.chars().any(char::is_alphabetic)
        && STOP_WORDS.binary_search(&word.text.as_str()).is_err()
}

/// A folded word without its English ending, cut to six characters: enough to see that two words
/// are kin, too rough to say that they mean the same.
pub(crate) fn stem(word: &str) -> &str {
    let base = ["ing", "ed", "es", "s", "ly"]
        .iter()
        .find_map(|ending| {
            word.strip_suffix(ending)
                .filter(|base| base.chars().count() >= 3)
        })
        .unwrap_or(word);
    let base = base.trim_end_matches('e');
    base.char_indices()
        .nth(6)
        .and_then(|(end, _)| base.get(..end))
        .unwrap_or(base)
}

/// The stems of the content words of `text`.
pub(crate) fn content_stems(text: &str) -> BTreeSet<String> {
    tokens(text)
        .iter()
        .filter(|token| is_content(token))
        .map(|token| stem(&token.text).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = tokens(text).into_iter().map(|token| token.text).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn forms_that_look_alike_are_the_same_tokens() {
        check("“Don’t” — **pay**", &["don't", "pay"]);
        check("ﬁne\u{200b}print", &["fineprint"]);
        check("ＡＢＣ １２", &["abc", "12"]);
        check("e\u{301}te\u{301}", &["e\u{301}te\u{301}"]);
        check("été", &["e\u{301}te\u{301}"]);
        check("退款14天", &["退", "款", "14", "天"]);
    }

    #[test]
    fn numbers_keep_separators_signs_and_units_apart() {
        check("1,234.50 EUR.", &["1,234.50", "eur"]);
        check("€30 or 30%", &["€", "30", "or", "30", "%"]);
        check("24h", &["24", "h"]);
        check("-5 °C, 10-14", &["-5", "°", "c", "10", "14"]);
        check(
            "10² is not 102; 2½",
            &["10", "²", "is", "not", "102", "2", "½"],
        );
    }

    #[test]
    fn stop_words_are_found_because_they_are_in_order() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn kin_words_share_a_stem() {
        for (one, other) in [
            ("refund", "refunds"),
            ("cancel", "canceled"),
            ("fee", "fees"),
        ] {
            assert_eq!(stem(one), stem(other));
        }
        assert_ne!(stem("refund"), stem("return"));
    }

    proptest! {
        #[test]
        fn tokens_are_ordered_pieces_of_the_text(text in "\\PC{0,60}") {
            let mut at = 0;
            for token in tokens(&text) {
                prop_assert!(token.start < token.end);
                prop_assert!(text.get(token.start..token.end).is_some());
                prop_assert!(token.start >= at || token.end >= at);
                at = token.start;
            }
        }
    }
}

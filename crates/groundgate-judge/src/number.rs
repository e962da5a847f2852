//! Numbers by value: whether a number that a claim states was given by anybody.
//!
//! Reads digits with either decimal sign and English number words. For the guards of
//! [`super::guard`]; units and conversions are not understood.

use std::collections::BTreeSet;

use super::{
    source::Source,
    token::{Token, tokens},
};

/// The numbers that a text gives, by value, in digits or in (English) words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Numbers(BTreeSet<String>);

impl Numbers {
    /// All numbers in `texts`.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a Source<'a>>) -> Self {
        let tokens = texts.into_iter().flat_map(Source::tokens);
        Self(tokens.flat_map(readings).collect())
    }

    /// The first number written in digits in `claim` that is not among these. Numbers of list items
    /// and of citations (`[2]`, `passages 2 and 3`) state nothing.
    pub(crate) fn first_unknown(&self, claim: &str) -> Option<String> {
        let text = without_markers(claim);
        let mut citing = false;
        for token in tokens(text) {
            if !token.is_number() {
                citing = CITED.contains(&token.text.as_str())
                    || (citing && matches!(token.text.as_str(), "and" | "or" | "to"));
                continue;
            }
            let cited = citing || in_brackets(text, &token);
            if !cited && readings(&token).iter().all(|value| !self.0.contains(value)) {
                return Some(token.text);
            }
        }
        None
    }
}

/// What an answer may cite by number.
const CITED: &[&str] = &[
    "passage",
    "passages",
    "source",
    "sources",
    "document",
    "documents",
    "doc",
    "ref",
    "reference",
];

/// A sentence without the list number in front of it.
pub(crate) fn without_markers(sentence: &str) -> &str {
    let trimmed = sentence.trim_start();
    let digits = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = trimmed.len() - digits.len();
    let mut after = digits.chars();
    let marked =
        matches!(after.next(), Some('.' | ')')) && after.next().is_some_and(char::is_whitespace);
    if marked && (1..=2).contains(&count) {
        after.as_str()
    } else {
        sentence
    }
}

/// Whether a number stands in square brackets, as in `[2]`.
pub(super) fn in_brackets(text: &str, token: &Token) -> bool {
    let before = text.get(..token.start).unwrap_or("");
    let after = text.get(token.end..).unwrap_or("");
    let opens = before
        .rfind('[')
        .is_some_and(|open| !before.get(open..).unwrap_or("").contains(']'));
    opens && after.contains(']')
}

/// What a number token may mean: `1.234` is read with the point as a separator of thousands and as
/// a decimal point.
fn readings(token: &Token) -> Vec<String> {
    if let Some(value) = number_word(&token.text) {
        return vec![value.to_string()];
    }
    if !token.is_number() {
        return Vec::new();
    }
    let text = token.text.as_str();
    let Some(last) = text.rfind(['.', ',']) else {
        return vec![plain(text)];
    };
    let (whole, fraction) = (
        text.get(..last).unwrap_or(""),
        text.get(last + 1..).unwrap_or(""),
    );
    let mut found = Vec::new();
    if grouped(text) {
        found.push(plain(&text.replace(['.', ','], "")));
    }
    if !whole.contains(['.', ',']) || grouped(whole) {
        let whole = whole.replace(['.', ','], "");
        found.push(plain(&format!("{whole}.{fraction}")));
    }
    if found.is_empty() {
        // Neither: a date or a version, which is equal to itself only.
        found.push(text.to_owned());
    }
    found
}

/// Whether the digits are grouped by threes, with one and the same separator.
fn grouped(text: &str) -> bool {
    let mut groups = text.trim_start_matches('-').split(['.', ',']);
    let first = groups.next().map_or(0, str::len);
    let alike = !(text.contains('.') && text.contains(','));
    (1..=3).contains(&first) && alike && groups.all(|group| group.len() == 3)
}

/// A number without needless zeros.
fn plain(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        digits => format!("{whole}.{digits}"),
    }
}

/// English words for numbers, in order.
const WORDS: &[(&str, u32)] = &[
    ("eight", 8),
    ("eighteen", 18),
    ("eighty", 80),
    ("eleven", 11),
    ("fifteen", 15),
    ("fifty", 50),
    ("first", 1),
    ("five", 5),
    ("forty", 40),
    ("four", 4),
    ("fourteen", 14),
    ("hundred", 100),
    ("nine", 9),
    ("nineteen", 19),
    ("ninety", 90),
    ("once", 1),
    ("one", 1),
    ("second", 2),
    ("seven", 7),
    ("seventeen", 17),
    ("seventy", 70),
    ("six", 6),
    ("sixteen", 16),
    ("sixty", 60),
    ("ten", 10),
    ("third", 3),
    ("thirteen", 13),
    ("thirty", 30),
    ("thousand", 1000),
    ("three", 3),
    ("twelve", 12),
    ("twenty", 20),
    ("twice", 2),
    ("two", 2),
    ("zero", 0),
];

fn number_word(word: &str) -> Option<u32> {
    let at = WORDS.binary_search_by_key(&word, |(name, _)| name).ok()?;
    WORDS.get(at).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(claim: &str, text: &str, unknown: Option<&str>) {
        let found = Numbers::of([&Source::of(text)]).first_unknown(claim);
        assert_eq!(found.as_deref(), unknown, "{claim}");
    }

    #[test]
    fn numbers_are_compared_by_value() {
        check("within 2 weeks", "within two weeks", None);
        check("1,500 EUR", "1.500,00 EUR", None);
        check("1.5 percent", "15 percent", Some("1.5"));
        check("0.50 EUR", "0.5 EUR", None);
        check("1.234 EUR", "1,234 EUR", None);
        check("12,345.6", "12345.60", None);
        check("on 1.2.2026", "on 1.2.2026", None);
        check("on 1.2.2026", "on 2.1.2026", Some("1.2.2026"));
        check("1,5", "1.5", None);
        check("15 days", "14 days", Some("15"));
        check("minus -5 degrees", "5 degrees", Some("-5"));
    }

    #[test]
    fn number_words_are_found_because_they_are_in_order() {
        assert!(WORDS.is_sorted());
        for (word, value) in WORDS {
            assert_eq!(number_word(word), Some(*value));
        }
    }

    #[test]
    fn list_numbers_and_citations_are_no_claims() {
        check("3. Open the app [12].", "", None);
        check("10) Open the app", "", None);
        check("It is open (passages 2, 3 and 4).", "", None);
        check("The passage says 5", "", Some("5"));
        check("3.5 is the rate", "", Some("3.5"));
        check("[see] 12", "", Some("12"));
    }
}

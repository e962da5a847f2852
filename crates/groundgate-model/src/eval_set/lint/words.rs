//! Texts as words and numbers, so that they can be compared.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// The words of a text in lower case, without punctuation.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.unicode_words().map(str::to_owned).collect()
}

/// The words with one space around each: a word sequence is contained exactly where this is.
pub(super) fn joined(text: &str) -> String {
    format!(" {} ", words(text).join(" "))
}

/// The numbers of a text as digits: `1,500.00` and `1500.00` are the same, `15:30` is one number.
pub(super) fn numbers(text: &str) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    let is_part = |char: char| char.is_ascii_digit() || matches!(char, '.' | ',' | ':');
    for run in text.split(|char: char| !is_part(char)) {
        let run = run.trim_matches(|char: char| !char.is_ascii_digit());
        if !run.is_empty() {
            numbers.insert(without_thousands(run));
        }
    }
    numbers
}

/// A number without the commas that only group its digits.
fn without_thousands(number: &str) -> String {
    let mut parts = number.split(',');
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |before, part| {
        let leading_digits = part.bytes().take_while(u8::is_ascii_digit).count();
        if leading_digits == 3 {
            format!("{before}{part}")
        } else {
            format!("{before},{part}")
        }
    })
}

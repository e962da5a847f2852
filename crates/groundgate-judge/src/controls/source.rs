//! The sentences that controls are made of: plain statements of what is judged by.

use std::collections::BTreeSet;

use super::{Dice, Unit};
use crate::{claims::is_statement, sentences};

/// Fewer words say too little, more are seldom one statement.
const WORDS: std::ops::RangeInclusive<usize> = 5..=40;

/// Words that a sentence does not begin with that stands alone.
const ANAPHORS: [&str; 27] = [
    "it", "its", "they", "their", "them", "this", "these", "that", "those", "he", "she", "his",
    "her", "such", "also", "both", "then", "there", "er", "sie", "es", "diese", "dieser", "dieses",
    "dies", "das", "dann",
];

/// Short words that say little of what a text is about.
const LITTLE: usize = 3;

/// What controls are made of, and what they must not repeat.
pub(crate) struct Sentences {
    all: Vec<String>,
    /// What the texts are about.
    stems: BTreeSet<String>,
    /// How long the claims are, in characters: the shortest and the longest.
    lengths: (usize, usize),
}

impl Sentences {
    /// The statements of the texts that are none of the claims.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>, claims: &[Unit]) -> Self {
        let known: BTreeSet<String> = claims.iter().map(|unit| folded(&unit.plain)).collect();
        let (mut all, mut seen, mut stems) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for text in texts {
            stems.extend(words(text).filter_map(|word| stem(&word)));
            for range in sentences::split(text) {
                let sentence = text.get(range).unwrap_or_default().trim();
                let is_new = !known.contains(&folded(sentence)) && seen.insert(folded(sentence));
                if is_new && stands_alone(sentence) {
                    all.push(sentence.to_owned());
                }
            }
        }
        let lengths = claims.iter().map(|unit| unit.text.chars().count());
        let shortest = lengths.clone().min().unwrap_or(0);
        let longest = lengths.max().unwrap_or(usize::MAX);
        Self {
            all,
            stems,
            lengths: (shortest / 2, longest.saturating_mul(2)),
        }
    }

    /// All sentences, those about as long as the claims first, each part in an order that nobody foresees.
    pub(crate) fn in_order_of(&self, dice: &Dice) -> impl Iterator<Item = &str> {
        let order = dice.order(self.all.len(), "sentence");
        let (alike, others): (Vec<&str>, Vec<&str>) = order
            .into_iter()
            .filter_map(|place| self.all.get(place).map(String::as_str))
            .partition(|text| self.is_alike(text));
        alike.into_iter().chain(others)
    }

    /// Whether its length tells it from no claim.
    pub(crate) fn is_alike(&self, text: &str) -> bool {
        let length = text.chars().count();
        (self.lengths.0..=self.lengths.1).contains(&length)
    }

    /// Whether the texts have little to do with a sentence, which then no reader finds in them.
    pub(crate) fn say_nothing_of(&self, sentence: &str) -> bool {
        let own: BTreeSet<String> = words(sentence).filter_map(|word| stem(&word)).collect();
        let shared = own.iter().filter(|stem| self.stems.contains(*stem)).count();
        own.len() >= 3 && shared * 3 <= own.len()
    }

    /// Whether a word stands in the texts.
    pub(crate) fn have(&self, word: &str) -> bool {
        let folded = folded(word);
        stem(&folded).map_or_else(
            || self.all.iter().any(|text| text.contains(word)),
            |stem| self.stems.contains(&stem),
        )
    }
}

/// Whether a sentence says something without its neighbours: a heading, a table row or a question does not.
fn stands_alone(sentence: &str) -> bool {
    let ends = sentence.trim_end_matches(['"', '”', '’', ')']);
    let count = sentence.split_whitespace().count();
    let first = words(sentence).next().unwrap_or_default();
    ends.ends_with(['.', '!', '。'])
        && !sentence.contains(['|', '`', '\n', '<', '>', '[', '{'])
        && WORDS.contains(&count)
        && sentence.starts_with(char::is_uppercase)
        && !ANAPHORS.contains(&first.as_str())
        && is_statement(sentence)
}

/// Whether a claim speaks of what stands before it.
pub(crate) fn leans_on_others(claim: &str) -> bool {
    let first = words(claim).next().unwrap_or_default();
    ANAPHORS.contains(&first.as_str())
}

fn folded(text: &str) -> String {
    words(text).collect::<Vec<String>>().join(" ")
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// The beginning of a word that says what a text is about.
fn stem(word: &str) -> Option<String> {
    let is_number = word.chars().all(|c| c.is_ascii_digit());
    let says = word.chars().count() > LITTLE && !COMMON.contains(&word);
    (says || is_number).then(|| word.chars().take(5).collect())
}

/// Words that stand in every text.
const COMMON: [&str; 32] = [
    "that", "this", "with", "from", "have", "been", "will", "they", "their", "there", "which",
    "when", "your", "than", "into", "only", "each", "also", "more", "most", "must", "about",
    "after", "before", "within", "dass", "oder", "eine", "einer", "wird", "werden", "nicht",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_statements_become_controls() {
        for (sentence, expected) in [
            ("The standard card is posted within 7 days.", true),
            ("It is posted within 7 days.", false),
            ("Fees", false),
            ("Fees and charges of the card", false),
            ("Do you want a card within 7 days?", false),
            ("| Fee | 5 EUR | for a card each year. |", false),
            ("and cards are posted within seven days.", false),
            (
                "Die Karte wird innerhalb von sieben Tagen verschickt.",
                true,
            ),
        ] {
            assert_eq!(stands_alone(sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn what_is_about_something_else_shares_little() {
        let texts = ["Deposits are insured by the state up to 100,000 EUR."];
        let sentences = Sentences::of(texts, &[]);
        assert!(sentences.say_nothing_of("The museum closes its garden gate in winter."));
        assert!(!sentences.say_nothing_of("The state insures deposits."));
        assert!(!sentences.say_nothing_of("It is so."));
    }
}

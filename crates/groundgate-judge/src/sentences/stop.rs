//! Whether a full stop ends a sentence: abbreviations, initials, counters, dates, decimals.

use super::{needs_no_space, opens_sentence};

/// A full stop or another end mark, with what stands around it.
pub(super) struct Stop<'t> {
    /// From the start of the sentence.
    pub(super) before: &'t str,
    /// The end marks and the quotes and brackets that they close.
    pub(super) marks: &'t str,
    /// To the end of the block, without citations.
    pub(super) after: &'t str,
}

impl Stop<'_> {
    pub(super) fn ends_sentence(&self, caseless: bool) -> bool {
        if self.marks.contains(needs_no_space) {
            return !self.is_decimal_point() && !self.is_quoted();
        }
        let Some(next) = self.after.chars().next() else {
            return true;
        };
        if !next.is_whitespace() {
            return false;
        }
        // Tokenized corpora set their full stops apart; those are never part of a word.
        if self.before.ends_with(char::is_whitespace) {
            return true;
        }
        let next_word = self.after.trim_start().trim_start_matches(opens_sentence);
        if !caseless && next_word.starts_with(char::is_lowercase) {
            return false;
        }
        if self.is_pause(next_word) {
            return false;
        }
        self.marks.contains(['!', '?', '…', '؟']) || !self.is_part_of_word(next_word)
    }

    /// `３．１４`: a full stop of full width between digits.
    fn is_decimal_point(&self) -> bool {
        self.marks.chars().eq(['．'])
            && self.before.ends_with(char::is_numeric)
            && self.after.starts_with(char::is_numeric)
    }

    /// `「…。」と`: a quoted sentence within another.
    fn is_quoted(&self) -> bool {
        self.marks.ends_with(['」', '』']) && self.after.starts_with(char::is_alphanumeric)
    }

    /// An ellipsis with a number behind it: nothing begins with it.
    fn is_pause(&self, next_word: &str) -> bool {
        matches!(self.marks, "..." | "…") && next_word.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Whether the full stop belongs to an abbreviation, an initial or a counter.
    fn is_part_of_word(&self, next_word: &str) -> bool {
        if self.marks.starts_with("..") {
            return false;
        }
        let (lead, word) = last_word(self.before);
        let is_numbered = next_word.starts_with(|char: char| char.is_ascii_digit());
        if is_numbered && is_any(word, BEFORE_NUMBERS) {
            return true;
        }
        if is_any(word, NEVER_LAST) || is_spaced_abbreviation(lead, word, next_word) {
            return true;
        }
        let initial = is_one_letter(word) && word.chars().all(char::is_uppercase);
        let dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() == 1);
        if initial || dotted || is_paired(lead, word) || is_any(word, SOMETIMES_LAST) {
            return !starts_sentences(next_word);
        }
        is_counter(word) && self.counts(lead.trim_end(), word, next_word)
    }

    /// Whether a number with a full stop counts or names a day, and ends nothing.
    fn counts(&self, lead: &str, number: &str, next_word: &str) -> bool {
        let begins = !lead.contains(char::is_alphanumeric);
        if begins || lead.ends_with(':') || is_any(first_word(next_word), MONTHS) {
            return true;
        }
        let (_, before) = last_word(lead);
        is_any(before, BEFORE_ORDINALS) && !starts_sentences(next_word)
            || self.is_enumerated(lead, number)
    }

    /// `1. cash 2. card 3. transfer` within a sentence.
    fn is_enumerated(&self, lead: &str, number: &str) -> bool {
        let is = |number: u32| {
            move |word: &str| word.strip_suffix('.') == Some(number.to_string().as_str())
        };
        let ahead = || self.after.split_whitespace().take(ENUMERATED_WORDS);
        let behind = || lead.split_whitespace().rev().take(ENUMERATED_WORDS);
        match number.parse::<u32>() {
            Ok(1) => ahead().any(is(2)),
            Ok(number) => number > 1 && behind().any(is(number - 1)),
            Err(_) => false,
        }
    }
}

/// `z. B.`, `d. h.`, `u. a.`: single letters, each with a full stop.
fn is_spaced_abbreviation(lead: &str, word: &str, next_word: &str) -> bool {
    if !is_one_letter(word) {
        return false;
    }
    let mut next = next_word.chars();
    let goes_on = word.chars().all(char::is_lowercase)
        && next.next().is_some_and(char::is_alphabetic)
        && next.next() == Some('.');
    let (_, before) = last_word(lead.trim_end());
    let before = before.strip_suffix('.').unwrap_or_default();
    goes_on
        || matches!(
            (before, word),
            ("z" | "Z", "B") | ("d" | "D", "h") | ("i", "e") | ("e", "g")
        )
}

/// `u. a.`: a letter with a full stop after another one.
fn is_paired(lead: &str, word: &str) -> bool {
    let (_, before) = last_word(lead.trim_end());
    is_one_letter(word) && before.strip_suffix('.').is_some_and(is_one_letter)
}

fn is_one_letter(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(char::is_alphabetic) && characters.next().is_none()
}

fn is_counter(word: &str) -> bool {
    !word.is_empty() && word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands before the last word, and the word.
fn last_word(text: &str) -> (&str, &str) {
    let breaks = |char: char| char.is_whitespace() || opens_sentence(char);
    match text.rfind(breaks) {
        Some(at) => {
            let (lead, word) = text.split_at(at);
            (lead, word.trim_start_matches(breaks))
        }
        None => ("", text),
    }
}

fn first_word(rest: &str) -> &str {
    rest.split(|char: char| !char.is_alphabetic())
        .next()
        .unwrap_or_default()
}

/// Whether `rest` begins with a word that usually starts a sentence.
fn starts_sentences(rest: &str) -> bool {
    is_any(first_word(rest), STARTERS)
}

/// Whether the word is in a list of lower-case words.
fn is_any(word: &str, list: &[&str]) -> bool {
    word.len() <= LISTED_BYTES && list.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// An item of an enumeration within a sentence has no more words.
const ENUMERATED_WORDS: usize = 40;

/// The most bytes of a word in a list.
const LISTED_BYTES: usize = 9;

/// Abbreviations only where a number follows.
const BEFORE_NUMBERS: &[&str] = &[
    "no", "nos", "p", "pp", "art", "sec", "ch", "vol", "abs", "nr", "nrn", "ziff", "kap", "lit",
    "bd", "rn", "rdnr", "anl", "abb", "tab", "anm", "pos", "rd", "núm", "pág", "pag", "cap", "n",
];

/// Words of German after which a number with a full stop is an ordinal.
const BEFORE_ORDINALS: &[&str] = &[
    "am", "vom", "zum", "bis", "ab", "dem", "den", "der", "die", "das", "im", "des", "seit", "und",
    "jeden", "zur", "beim", "ihr", "ihre", "ein", "eine", "einen",
];

/// Months after a day with a full stop.
const MONTHS: &[&str] = &[
    "januar",
    "jänner",
    "februar",
    "märz",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "dezember",
    "jan",
    "feb",
    "mär",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "okt",
    "nov",
    "dez",
];

/// Abbreviations that stand before something.
const NEVER_LAST: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "vs", "e.g", "i.e", "eg", "ie", "fig", "figs", "approx",
    "gen", "sen", "rep", "gov", "capt", "col", "sgt", "lt", "mt", "rev", "hon", "cf", "al", "dept",
    "est", "incl", "esp", "viz", "resp", "eq", "ca", "st", "messrs", "mme", "mlle", "z.b", "d.h",
    "ex", "hr", "inkl", "zzgl", "exkl", "mind", "evtl", "ggf", "vgl", "bspw", "sog", "gem", "dipl",
    "ing", "sra", "srta", "sres", "dra", "dña", "sig", "sigg", "dott", "aprox", "circa", "env",
];

/// Abbreviations that may also be the last word.
const SOMETIMES_LAST: &[&str] = &[
    "etc", "inc", "ltd", "co", "corp", "llc", "plc", "bros", "jr", "sr", "ave", "blvd", "rd",
    "hrs", "min", "max", "oz", "lb", "lbs", "ft", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
    "sep", "sept", "oct", "nov", "dec", "okt", "dez", "ph.d", "usw", "bzw", "mio", "mrd", "tsd",
    "std", "str", "tel", "mwst", "ust", "ecc", "ud", "uds",
];

const STARTERS: &[&str] = &[
    "the", "a", "an", "this", "that", "these", "those", "it", "its", "he", "she", "they", "we",
    "you", "i", "if", "in", "on", "at", "for", "when", "while", "however", "but", "and", "so",
    "there", "here", "as", "after", "before", "to", "with", "then", "what", "how", "why", "please",
    "also", "his", "her", "their", "our", "your", "my", "no", "not", "is", "are", "can", "do",
    "der", "die", "das", "es", "sie", "er", "wir", "ich", "ein", "eine", "danach", "dann", "diese",
    "dieser", "dieses", "dies", "wenn", "bei", "für", "im", "ab", "nach", "auch", "hier", "wer",
    "bitte", "alle", "le", "la", "les", "il", "elle", "el", "los", "las", "se", "si",
];

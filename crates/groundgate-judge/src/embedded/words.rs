//! Words of a text, with what they are compared by: a stem, a value, a capital.
//!
//! Numbers are compared by value (`1,000`, `1000`, `1k` and `one thousand` are one), other words by
//! the hash of their stem. Punctuation is dropped, except that it tells the unit of a number.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::lexicon::{Kinds, Lexicon};
use super::memo::{Known, Memo, spelling};
use super::stem::stem;
use super::table::{WordHashes, hash, mix, pair};

/// One word of a text.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// Where it starts, in bytes.
    pub(crate) start: usize,
    /// Where it ends, in bytes.
    pub(crate) end: usize,
    /// What it is compared by: the hash of its stem, or the key of its value for numbers.
    pub(crate) key: u64,
    /// The hash of its first five letters, for words that long.
    pub(crate) prefix: Option<u64>,
    /// Its value, if it is a number or a number word.
    pub(crate) number: Option<Number>,
    /// What the lexicon knows of it.
    pub(crate) kinds: Kinds,
    /// Whether it begins with a capital.
    pub(crate) capitalized: bool,
    /// Its first character, in lower case.
    pub(crate) initial: char,
}

/// A number in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Number {
    /// Equal for equal values.
    pub(crate) key: u64,
    /// The value; nothing for what only looks like a number (`1.2.3`).
    pub(crate) amount: Option<f64>,
    /// The sign that it carries.
    pub(crate) unit: Unit,
    /// Whether it is a number and nothing else: in digits, or a word such as `twenty`; not `first`.
    pub(crate) digits: bool,
}

/// A unit that is written as a sign. Units that are words are words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// No sign.
    None,
    /// `%` or `percent`.
    Percent,
    /// A currency sign or its name.
    Currency(char),
}

impl Word {
    /// Whether it carries content.
    pub(crate) const fn is_content(&self) -> bool {
        !self.kinds.has(Kinds::FUNCTION)
    }

    /// Whether it is a number and nothing else: `20`, `twenty`.
    pub(crate) fn is_digits(&self) -> bool {
        self.number.is_some_and(|number| number.digits)
    }

    /// A number word, compared as if it were written in digits.
    fn in_digits(self, key: u64) -> Self {
        Self {
            key,
            prefix: None,
            capitalized: false,
            initial: '#',
            ..self
        }
    }
}

/// Cuts `text` into words.
pub(crate) fn words(text: &str, lexicon: &Lexicon) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 5);
    add_words(text, lexicon, &mut words);
    words
}

/// Cuts `text` into words and adds them to `words`.
pub(crate) fn add_words(text: &str, lexicon: &Lexicon, words: &mut Vec<Word>) {
    let mut reader = Reader {
        text,
        lexicon,
        first: words.len(),
        shouts: !text.chars().any(char::is_lowercase),
        words,
        buffer: String::new(),
        memo: Memo::of_thread(),
    };
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        let first = if byte.is_ascii() {
            char::from(*byte)
        } else {
            let rest = text.get(at..).unwrap_or_default();
            rest.chars().next().unwrap_or('\0')
        };
        at = if first.is_ascii_digit() {
            reader.number(at)
        } else if first.is_alphabetic() {
            reader.letters(at, first)
        } else if first.is_numeric() {
            reader.push_letters(at, at + first.len_utf8(), first)
        } else {
            reader.sign(at, first)
        };
    }
}

struct Reader<'t> {
    text: &'t str,
    lexicon: &'t Lexicon,
    words: &'t mut Vec<Word>,
    /// Where the words of this text begin.
    first: usize,
    /// Whether all of it is in capitals, which then say nothing.
    shouts: bool,
    /// The word at hand, in lower case; kept to save allocations.
    buffer: String,
    memo: Memo,
}

impl Reader<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The word before, if it is of this text.
    fn last(&mut self) -> Option<&mut Word> {
        self.words.get_mut(self.first..)?.last_mut()
    }

    fn digit_at(&self, at: usize) -> bool {
        self.byte(at).is_some_and(|byte| byte.is_ascii_digit())
    }

    /// Reads a run of digits with inner points and commas, and a suffix such as `th` or `k`.
    fn number(&mut self, start: usize) -> usize {
        let mut end = start;
        while self.digit_at(end)
            || (matches!(self.byte(end), Some(b'.' | b',')) && self.digit_at(end + 1))
        {
            end += 1;
        }
        let mut amount = amount(self.text.get(start..end).unwrap_or_default());
        let letters = self.text.get(end..).map_or(0, |rest| {
            rest.bytes().take_while(u8::is_ascii_alphabetic).count()
        });
        let suffix = self.text.get(end..end + letters).unwrap_or_default();
        let mut after = end + letters;
        // `401(k)` is `401k`.
        let in_brackets = self.text.get(end..end + 3).filter(|_| letters == 0);
        let suffix = match in_brackets {
            Some("(k)") => {
                after = end + 3;
                "k"
            }
            _ => suffix,
        };
        match (suffix, amount) {
            ("st" | "nd" | "rd" | "th", _) => {}
            ("k" | "K", Some(value)) => amount = Some(value * 1e3),
            ("bn", Some(value)) => amount = Some(value * 1e9),
            _ => after = end,
        }
        let unit = self.sign_before(start);
        // The minutes of a full hour say nothing.
        let full_hour = self.byte(start.wrapping_sub(1)) == Some(b':')
            && self.text.get(start..end) == Some("00");
        if !full_hour {
            let key = amount.map_or_else(
                || hash(self.text.get(start..end).unwrap_or_default().as_bytes()),
                value_key,
            );
            self.words.push(Word {
                start,
                end: after,
                key,
                prefix: None,
                number: Some(Number {
                    key,
                    amount,
                    unit,
                    digits: true,
                }),
                kinds: Kinds::default(),
                capitalized: false,
                initial: '#',
            });
        }
        after
    }

    fn sign_before(&self, start: usize) -> Unit {
        let before = self
            .text
            .get(..start)
            .unwrap_or_default()
            .trim_end_matches(' ');
        match before.chars().next_back() {
            Some(sign @ ('$' | '€' | '£' | '¥')) => Unit::Currency(sign),
            Some(_) | None => Unit::None,
        }
    }

    /// Reads a run of letters with inner apostrophes; ideographs are words of one letter.
    fn letters(&mut self, start: usize, first: char) -> usize {
        let mut end = start + first.len_utf8();
        let bytes = self.text.as_bytes().get(end..).unwrap_or_default();
        let plain = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic());
        let n_plain = plain.count();
        // Nearly every word is a run of ASCII letters.
        let ends_plainly = bytes
            .get(n_plain)
            .is_none_or(|byte| byte.is_ascii() && *byte != b'\'');
        if first.is_ascii() && ends_plainly {
            end += n_plain;
        } else if !is_ideographic(first) {
            let mut rest = self.text.get(end..).unwrap_or_default().chars();
            while let Some(char) = rest.next() {
                let inner = matches!(char, '\'' | '’')
                    && rest.clone().next().is_some_and(char::is_alphabetic);
                let letter = char.is_alphabetic() && !is_ideographic(char);
                let unseen = !char.is_ascii() && (is_combining_mark(char) || is_invisible(char));
                if !(inner || letter || unseen) {
                    break;
                }
                end += char.len_utf8();
            }
        }
        self.push_letters(start, end, first)
    }

    fn push_letters(&mut self, start: usize, end: usize, first: char) -> usize {
        let Known {
            key,
            prefix,
            mut kinds,
            amount,
        } = self.known(start, end);
        // `No. 5` counts, it does not deny.
        let may_count = kinds.has(Kinds::NEGATION) && self.byte(end) == Some(b'.');
        if may_count && self.folded(start, end) == "no" {
            kinds = kinds.without(Kinds::NEGATION);
        }
        if self.joins_number(start, end, kinds, amount) || self.is_plural_mark(start, end) {
            return end;
        }
        let number = amount.map(|value| Number {
            key: value_key(value),
            amount: Some(value),
            unit: Unit::None,
            digits: !kinds.has(Kinds::LOOSE_NUMBER),
        });
        let word = Word {
            start,
            end,
            key,
            prefix,
            number,
            kinds,
            capitalized: first.is_uppercase() && !self.shouts,
            initial: first.to_lowercase().next().unwrap_or(first),
        };
        self.words
            .push(match number.filter(|number| number.digits) {
                Some(number) => word.in_digits(number.key),
                None => word,
            });
        end
    }

    /// The `s` of `401(k)s` and `fee(s)`.
    fn is_plural_mark(&self, start: usize, end: usize) -> bool {
        let before = self.byte(start.wrapping_sub(1));
        self.text.get(start..end) == Some("s") && matches!(before, Some(b'(' | b')'))
    }

    /// What is known of a word by its letters alone.
    fn known(&mut self, start: usize, end: usize) -> Known {
        let spelling = spelling(self.text.get(start..end).unwrap_or_default());
        if let Some(known) = spelling.and_then(|spelling| self.memo.get(spelling)) {
            return known;
        }
        let known = self.looked_up(start, end);
        if let Some(spelling) = spelling {
            self.memo.put(spelling, known);
        }
        known
    }

    fn looked_up(&mut self, start: usize, end: usize) -> Known {
        let mut stemmed = self.folded(start, end).to_owned();
        stem(&mut stemmed);
        // A stem is nearly always a beginning of its word.
        let is_beginning = self.buffer.starts_with(&stemmed);
        let n_stem = if is_beginning { stemmed.len() } else { 0 };
        let hashes = WordHashes::of(&self.buffer, n_stem);
        let kinds = self.lexicon.kinds(hashes.word);
        let amount = if kinds.has(Kinds::NUMBER) {
            self.lexicon.number(hashes.word)
        } else {
            None
        };
        let key = if is_beginning {
            hashes.beginning
        } else {
            hash(stemmed.as_bytes())
        };
        Known {
            key,
            prefix: hashes.prefix,
            kinds,
            amount,
        }
    }

    /// The word in lower case without accents.
    fn folded(&mut self, start: usize, end: usize) -> &str {
        let shown = self.text.get(start..end).unwrap_or_default();
        self.buffer.clear();
        if shown.is_ascii() {
            self.buffer.push_str(shown);
            self.buffer.make_ascii_lowercase();
        } else {
            let seen = |char: &char| !is_combining_mark(*char) && !is_invisible(*char);
            let folded = shown.nfd().filter(seen);
            let lower = folded.flat_map(char::to_lowercase);
            self.buffer
                .extend(lower.map(|char| if char == '’' { '\'' } else { char }));
        }
        &self.buffer
    }

    /// Whether a word is part of the number before it, which then takes it in.
    fn joins_number(
        &mut self,
        start: usize,
        end: usize,
        kinds: Kinds,
        amount: Option<f64>,
    ) -> bool {
        let text = self.text;
        let Some(last) = self.last().filter(|last| last.number.is_some()) else {
            return false;
        };
        let gap = text.get(last.end..start).unwrap_or_default();
        if !(gap.is_empty() || gap == " " || gap == "-") {
            return false;
        }
        self.folded(start, end);
        let Some(last) = self.words.last_mut() else {
            return false;
        };
        let Some(number) = last.number.as_mut() else {
            return false;
        };
        match self.buffer.as_str() {
            "percent" | "pct" => number.unit = Unit::Percent,
            "dollar" | "dollars" | "usd" => number.unit = Unit::Currency('$'),
            "euro" | "euros" | "eur" => number.unit = Unit::Currency('€'),
            "pound" | "pounds" | "gbp" if gap == " " => number.unit = Unit::Currency('£'),
            _ => {
                let (Some(before), Some(value)) = (number.amount, amount) else {
                    return false;
                };
                let tens = (20.0..100.0).contains(&before) && before % 10.0 == 0.0;
                let joined = if kinds.has(Kinds::SCALE) {
                    before * value
                } else if last.kinds.has(Kinds::NUMBER) && tens && (1.0..10.0).contains(&value) {
                    before + value
                } else {
                    return false;
                };
                number.amount = Some(joined);
                number.key = value_key(joined);
                number.digits = true;
                last.key = number.key;
                last.kinds = Kinds::default();
            }
        }
        last.end = end;
        true
    }

    /// Reads what is neither a letter nor a digit.
    fn sign(&mut self, at: usize, sign: char) -> usize {
        let text = self.text;
        if sign == '%'
            && let Some(last) = self.last()
            && text
                .get(last.end..at)
                .is_some_and(|gap| gap.trim().is_empty())
            && let Some(number) = last.number.as_mut()
        {
            number.unit = Unit::Percent;
        }
        at + sign.len_utf8()
    }
}

/// Written and not seen: soft hyphens, joiners.
const fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

/// Letters that are words: Chinese and Japanese are written without spaces.
const fn is_ideographic(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The value of `1,000.5` or `3,5`; nothing for `1.2.3`.
fn amount(digits: &str) -> Option<f64> {
    let grouped = digits
        .split_once('.')
        .map_or(digits, |(whole, _)| whole)
        .split(',')
        .skip(1)
        .all(|group| group.len() == 3);
    let plain = if grouped {
        digits.replace(',', "")
    } else {
        digits.replacen(',', ".", 1)
    };
    plain.parse().ok()
}

fn value_key(amount: f64) -> u64 {
    // Adding zero makes one of both zeros.
    pair(0x006e_756d, mix((amount + 0.0).to_bits()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(text: &str) -> Vec<u64> {
        let lexicon = Lexicon::new();
        words(text, &lexicon)
            .iter()
            .map(|word| word.number.map_or(word.key, |number| number.key))
            .collect()
    }

    #[test]
    fn numbers_are_compared_by_value() {
        for (left, right) in [
            ("1,000", "1000"),
            ("1k", "1000"),
            ("one thousand", "1,000.0"),
            ("3 million", "3,000,000"),
            ("two", "2"),
            ("twenty-five", "25"),
            ("2nd", "second"),
            ("3,5", "3.5"),
            ("10:00", "10"),
            ("$5", "5 dollars"),
            ("20 %", "20 percent"),
        ] {
            assert_eq!(keys(left), keys(right), "{left} and {right}");
        }
        assert_ne!(keys("20"), keys("30"));
        assert_ne!(keys("1.2.3"), keys("1.2.4"));
    }

    #[test]
    fn words_fold_case_accents_and_apostrophes() {
        assert_eq!(keys("Café Don’t"), keys("cafe don't"));
        assert_eq!(keys("東京タワー").len(), 5);
        assert_eq!(keys("10mg").len(), 2);
    }

    #[test]
    fn signs_tell_the_unit() {
        let lexicon = Lexicon::new();
        let unit = |text: &str| words(text, &lexicon)[0].number.unwrap().unit;
        assert_eq!(unit("20%"), Unit::Percent);
        assert_eq!(unit("€ 20"), Unit::Currency('€'));
        assert_eq!(unit("20"), Unit::None);
    }

    proptest! {
        #[test]
        fn words_lie_in_order_on_character_boundaries(text in "(\\PC|[0-9.,:%$ ]|million|-){0,40}") {
            let lexicon = Lexicon::new();
            let mut end = 0;
            for word in words(&text, &lexicon) {
                prop_assert!(word.start >= end && word.end > word.start);
                prop_assert!(text.get(word.start..word.end).is_some());
                end = word.end;
            }
        }
    }
}

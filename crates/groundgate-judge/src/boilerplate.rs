//! Fixed lines that an answer's owner declares: an AI notice, a line that a regulator prescribes. They state
//! nothing of the answer's own, so no judge sees them and no score counts them.
//!
//! A pattern is a text in which `*` stands for anything. What would hide a claim is refused: a pattern of
//! hardly any letters, and, where it matches, a sentence with a number that neither the pattern nor a passage
//! has stays and is judged.

use std::fmt;

use groundgate_model::{exchange::Answer, text::apparatus, unit::count_to_f64};

use super::{claims::says_something, number::Numbers, sentences};

/// A pattern with fewer letters and digits of its own could match anything.
const LETTERS_MIN: usize = 8;

/// More than this share of all sentences is no boilerplate.
pub const SHARE_MAX: f64 = 0.3;

/// One declared line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    written: String,
    /// What stands between its stars, folded.
    parts: Vec<String>,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has fewer than {LETTERS_MIN} letters of its own, and would hide claims")]
pub struct TooOpen;

impl Pattern {
    /// Reads a pattern.
    pub fn parse(written: &str) -> Result<Self, TooOpen> {
        let n_own = written.chars().filter(|c| c.is_alphanumeric()).count();
        if n_own < LETTERS_MIN {
            return Err(TooOpen);
        }
        Ok(Self {
            written: written.to_owned(),
            parts: written.split('*').map(folded).collect(),
        })
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Whether it matches the whole of a text, folded.
    fn matches(&self, text: &str) -> bool {
        let Some((first, others)) = self.parts.split_first() else {
            return false;
        };
        let Some((last, inner)) = others.split_last() else {
            return text == first;
        };
        let Some(rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else {
            return false;
        };
        for part in inner {
            let Some((_, after)) = rest.split_once(part.as_str()) else {
                return false;
            };
            rest = after;
        }
        true
    }
}

/// Case, white space, emphasis and the signs at a line's end do not matter.
fn folded(text: &str) -> String {
    let plain: String = apparatus::plain(text, &[]).text().to_lowercase();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").trim_end_matches(['.', '!', ' ']).to_owned()
}

/// What of an answer was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TakenOut {
    /// Sentences of the answer that say something.
    pub n_sentences: usize,
    /// Those that a pattern matches, and that were taken out.
    pub n_matched: usize,
    /// Those that a pattern matches, and that have a number of their own: they are judged.
    pub n_with_numbers: usize,
}

impl TakenOut {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            n_sentences: self.n_sentences + other.n_sentences,
            n_matched: self.n_matched + other.n_matched,
            n_with_numbers: self.n_with_numbers + other.n_with_numbers,
        }
    }

    /// Whether more was taken out than boilerplate can be.
    pub fn is_too_much(self) -> bool {
        count_to_f64(self.n_matched) > SHARE_MAX * count_to_f64(self.n_sentences)
    }
}

impl fmt::Display for TakenOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (matched, all) = (self.n_matched, self.n_sentences);
        write!(
            f,
            "boilerplate took {matched} of {all} sentences from the judges"
        )?;
        if self.is_too_much() {
            f.write_str(": more than 30% hides claims")?;
        }
        if self.n_with_numbers > 0 {
            let n = self.n_with_numbers;
            write!(
                f,
                "; {n} that it matches have numbers that no passage has, and were judged"
            )?;
        }
        Ok(())
    }
}

/// The answer's text with every declared line blanked, so that all places stay what they are.
pub fn take_out(answer: &Answer, question: &str, patterns: &[Pattern]) -> (String, TakenOut) {
    let text = answer.text.as_str();
    let passages = answer.passages.iter().flatten();
    let given = passages.map(|passage| passage.text.as_str());
    let given = given
        .chain([question])
        .chain(patterns.iter().map(Pattern::written));
    let numbers = Numbers::of(given);
    let mut taken = TakenOut::default();
    let mut left = text.to_owned();
    for range in sentences::split(text) {
        let sentence = text.get(range.clone()).unwrap_or_default();
        if !says_something(sentence) {
            continue;
        }
        taken.n_sentences += 1;
        let plain = folded(sentence);
        if !patterns.iter().any(|pattern| pattern.matches(&plain)) {
            continue;
        }
        if numbers.first_unknown(&plain).is_some() {
            taken.n_with_numbers += 1;
            continue;
        }
        taken.n_matched += 1;
        let blank: String = sentence
            .chars()
            .flat_map(|c| {
                let is_break = matches!(c, '\n' | '\r');
                std::iter::repeat_n(if is_break { c } else { ' ' }, c.len_utf8())
            })
            .collect();
        left.replace_range(range, &blank);
    }
    (left, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_values::answer;

    fn patterns(written: &[&str]) -> Vec<Pattern> {
        written
            .iter()
            .map(|one| Pattern::parse(one).unwrap())
            .collect()
    }

    fn left(text: &str, written: &[&str]) -> (String, TakenOut) {
        let answer = answer(text, Some(&["The fee is 5 EUR."]));
        let (left, taken) = take_out(&answer, "What does it cost?", &patterns(written));
        assert_eq!(left.len(), text.len());
        (left.split_whitespace().collect::<Vec<_>>().join(" "), taken)
    }

    #[test]
    fn declared_lines_are_blanked_and_nothing_else_moves() {
        let notice = [
            "Harbor Bank is supervised by *.",
            "This answer was made by *",
        ];
        let text = "The fee is 5 EUR.\n\n*Harbor Bank is supervised by the ministry – of finance.*\n\
            THIS answer was  made by a machine!";
        let (kept, taken) = left(text, &notice);
        assert_eq!(kept, "The fee is 5 EUR.");
        assert_eq!((taken.n_sentences, taken.n_matched), (3, 2));
        let (kept, taken) = left("Harbor Bank was supervised once. It is free.", &notice);
        assert_eq!(
            (kept.as_str(), taken.n_matched),
            ("Harbor Bank was supervised once. It is free.", 0)
        );
    }

    #[test]
    fn a_line_with_a_number_of_its_own_is_judged() {
        let (kept, taken) = left(
            "Please note that the fee is 9 EUR.",
            &["Please note that *"],
        );
        assert_eq!(kept, "Please note that the fee is 9 EUR.");
        assert_eq!((taken.n_matched, taken.n_with_numbers), (0, 1));
        let (kept, _) = left(
            "Licence no. 12345 of the bank.",
            &["Licence no. 12345 of *"],
        );
        assert_eq!(kept, "");
    }

    #[test]
    fn too_much_is_said_with_the_count() {
        let taken = TakenOut {
            n_sentences: 10,
            n_matched: 4,
            n_with_numbers: 1,
        };
        assert!(taken.is_too_much() && !TakenOut::default().is_too_much());
        let text = taken.and(TakenOut::default()).to_string();
        assert!(
            text.starts_with("boilerplate took 4 of 10 sentences"),
            "{text}"
        );
        assert!(
            text.contains("more than 30%") && text.contains("; 1 that"),
            "{text}"
        );
    }

    #[test]
    fn a_pattern_that_could_match_anything_is_none() {
        for open in ["*", "", "The *", "* is *"] {
            assert_eq!(Pattern::parse(open), Err(TooOpen), "{open}");
        }
        let middle = &patterns(&["a one *two* three four"])[0];
        assert!(middle.matches("a one x two y three four"));
        assert!(!middle.matches("a one x three four"));
    }
}

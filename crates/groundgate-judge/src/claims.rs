//! Units of an answer, cut and numbered by us: s1, s2, …
//!
//! A judge labels exactly these; it cannot merge, skip or invent any. Expected facts are numbered
//! the same way: f1, f2, …

use std::ops::Range;

use groundgate_model::{
    eval_set::Case,
    exchange::Answer,
    text::{apparatus, courtesy::is_courtesy, heading::is_heading},
    trial::ClaimOf,
};

use crate::sentences;

/// One numbered statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Whose statement it is.
    pub of: ClaimOf,
    /// `s1`, `s2`, … for sentences of an answer, `f1`, … for expected facts.
    pub id: String,
    /// Its words.
    pub text: String,
    /// Its words without apparatus: citations, links, list marks, markup.
    pub plain: String,
    /// Whether it may say something: there is more to it than apparatus and courtesy.
    pub is_statement: bool,
    /// Where it starts in the answer, in bytes; 0 for facts.
    pub start: usize,
    /// Where it ends in the answer, in bytes; the length for facts.
    pub end: usize,
}

/// The sentences of a text; those without a letter or digit are left out, having nothing to say.
pub fn units(text: &str) -> Vec<Unit> {
    units_citing(text, &[])
}

/// The sentences of an answer, which may cite its passages by their ids.
pub(crate) fn units_of(answer: &Answer) -> Vec<Unit> {
    let passages = answer.passages.iter().flatten();
    let ids: Vec<&str> = passages
        .filter_map(|passage| passage.id.as_deref())
        .collect();
    units_citing(&answer.text, &ids)
}

fn units_citing(answer: &str, cited: &[&str]) -> Vec<Unit> {
    let plain = apparatus::plain(answer, cited);
    let mut units: Vec<Unit> = sentences::split(answer)
        .into_iter()
        .flat_map(|range| cut_again(answer, range))
        .filter_map(|range| Some((answer.get(range.clone())?, range)))
        .filter(|(text, _)| says_something(text))
        .zip(1_usize..)
        .map(|((text, range), number)| Unit {
            of: ClaimOf::Answer,
            id: format!("s{number}"),
            text: text.to_owned(),
            plain: plain.left_of(range.clone()).trim().to_owned(),
            is_statement: is_statement(plain.left_of(range.clone())),
            start: range.start,
            end: range.end,
        })
        .collect();
    take_out_headings(answer, &mut units);
    units
}

/// A heading states nothing, unless it is all that an answer says.
fn take_out_headings(answer: &str, units: &mut [Unit]) {
    let heads =
        |unit: &Unit| unit.is_statement && is_heading(answer, (unit.start, unit.end), &unit.plain);
    let headings: Vec<bool> = units.iter().map(heads).collect();
    let states = |(unit, heads): (&Unit, &bool)| unit.is_statement && !heads;
    if units.iter().zip(&headings).any(states) {
        for (unit, heads) in units.iter_mut().zip(headings) {
            unit.is_statement &= !heads;
        }
    }
}

/// The sentences inside a table row or a block of code. Splitting keeps those whole, so that an
/// answer could hide all its sentences in one unit, and one quote would support them all.
fn cut_again(answer: &str, range: Range<usize>) -> Vec<Range<usize>> {
    const MARKS: [char; 3] = ['|', '`', '\t'];
    let text = answer.get(range.clone()).unwrap_or("");
    if !text.contains(MARKS) {
        return vec![range];
    }
    // Marks and blanks are one byte each, so places stay the same.
    let plain = text.replace(MARKS, " ");
    sentences::split(&plain)
        .into_iter()
        .map(|inner| range.start + inner.start..range.start + inner.end)
        .collect()
}

/// What a right answer states: the case's expected facts, or else the sentences of its reference
/// answer; empty where it has neither.
pub fn facts(case: &Case) -> Vec<Unit> {
    let texts: Vec<String> = if case.expected_facts.is_empty() {
        let reference = case.reference_answer.as_deref().unwrap_or("");
        units(reference).into_iter().map(|unit| unit.text).collect()
    } else {
        case.expected_facts.clone()
    };
    texts
        .into_iter()
        .zip(1_usize..)
        .map(|(text, number)| Unit {
            of: ClaimOf::Fact,
            id: format!("f{number}"),
            start: 0,
            end: text.len(),
            plain: without_apparatus(&text),
            is_statement: true,
            text,
        })
        .collect()
}

/// A claim that stands alone, without apparatus.
pub(crate) fn without_apparatus(claim: &str) -> String {
    apparatus::plain(claim, &[]).text().trim().to_owned()
}

/// Whether a sentence, without apparatus, may say something about the world.
pub(crate) fn is_statement(plain: &str) -> bool {
    says_something(plain) && !is_courtesy(plain)
}

/// Whether there is a letter or a digit in it.
pub(crate) fn says_something(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_values::case;

    #[test]
    fn units_are_numbered_pieces_of_the_answer() {
        let answer = "Refunds take 14 days. --- Ask us!";
        let units = units(answer);
        assert_eq!(units[0].id, "s1");
        for unit in &units {
            assert_eq!(answer.get(unit.start..unit.end), Some(unit.text.as_str()));
            assert!(says_something(&unit.text));
        }
    }

    #[test]
    fn no_mark_up_hides_several_sentences_in_one_unit() {
        for answer in [
            "It is free. It is fast. <|x|>",
            "| It is free. It is fast. |",
            "```\nIt is free. It is fast.\n```",
            "`It is free. It is fast.`",
            "It is free.\tIt is fast.",
        ] {
            let texts: Vec<String> = units(answer).into_iter().map(|unit| unit.text).collect();
            assert!(texts.len() >= 2, "{texts:?}");
        }
        assert_eq!(units("| Fee | 5 EUR |").len(), 1);
    }

    #[test]
    fn facts_come_from_the_case_and_else_from_its_reference_answer() {
        let mut case = case("How long?");
        assert!(facts(&case).is_empty());
        case.reference_answer = Some("It takes 14 days. It is free.".to_owned());
        assert_eq!(facts(&case).len(), 2);
        case.expected_facts = vec!["It takes 14 days".to_owned()];
        assert_eq!(facts(&case).len(), 1);
        assert_eq!(facts(&case)[0].id, "f1");
    }
}

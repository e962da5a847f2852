//! Headings and header rows: lines that name what stands below them and say nothing of it.

use super::{
    clauses::{has_value, may_assert},
    number::mentions,
};

/// A longer line is no heading.
const WORDS_MAX: usize = 8;

/// How a line stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Marked as a heading, or the header row of a table.
    Marked,
    /// A line of its own, with nothing but blank lines around it.
    Alone,
    /// In a paragraph or a list.
    Within,
}

/// Whether the piece `start..end` of `text`, of which `plain` is left without apparatus, is a heading: a
/// line of its own without a verb, a number, a word of value or a full stop.
pub fn is_heading(text: &str, (start, end): (usize, usize), plain: &str) -> bool {
    match standing(text, start, end) {
        Standing::Within => false,
        Standing::Marked | Standing::Alone => names_only(plain),
    }
}

/// Whether a text has a word of value (`no`, `free`, `every`, `only`, …) or a sum: with one of them even a
/// line without a verb says something.
pub fn asserts(text: &str) -> bool {
    has_value(text)
}

fn names_only(plain: &str) -> bool {
    let plain = plain.trim();
    let n_words = plain.split_whitespace().count();
    let begins = plain.chars().find(|c| c.is_alphanumeric());
    (1..=WORDS_MAX).contains(&n_words)
        && begins.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
        && !plain
            .ends_with(|c: char| c.is_ascii_punctuation() && c != ')' || "。！？：".contains(c))
        && !plain.contains([':', '=', '→', '–', '—'])
        && !mentions(plain).iter().any(|mention| !mention.is_weak)
        && !may_assert(plain)
}

fn standing(text: &str, start: usize, end: usize) -> Standing {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let own = text.get(start..end).unwrap_or_default().trim();
    let line_starts =
        before.trim_end_matches([' ', '\t']).ends_with('\n') || before.trim().is_empty();
    let line_ends = after
        .trim_start_matches([' ', '\t', '\r'])
        .starts_with('\n')
        || after.trim().is_empty();
    if !line_starts || !line_ends {
        return Standing::Within;
    }
    if is_header_row(own, before, after) || is_marked(own) {
        return Standing::Marked;
    }
    let is_item = own.starts_with(|c: char| !c.is_alphabetic());
    let above = before.trim_end_matches([' ', '\t']);
    let is_free_above =
        above.trim().is_empty() || above.ends_with("\n\n") || above.ends_with("\n\r\n");
    let below = after.trim_start_matches([' ', '\t', '\r']);
    let mut below = below.strip_prefix('\n').unwrap_or(below).chars();
    let is_free_below = below.next().is_none_or(|c| c == '\n' || c == '\r');
    let is_listed = before.trim_end().ends_with([':', '：']);
    if own.contains('\n') || is_item || is_listed || !is_free_above || !is_free_below {
        Standing::Within
    } else {
        Standing::Alone
    }
}

/// `## Fees`, `**Fees**`, or a line with a rule below it.
fn is_marked(own: &str) -> bool {
    let is_bold = ["**", "__"].iter().any(|mark| {
        own.strip_prefix(mark)
            .and_then(|rest| rest.strip_suffix(mark))
            .is_some_and(|inner| !inner.contains(mark))
    });
    let is_html = own.starts_with("<h") && own.ends_with('>');
    (own.starts_with('#') || is_bold || is_html) && !own.contains('\n')
}

/// The row above a table's rule, or a first row without others.
fn is_header_row(own: &str, before: &str, after: &str) -> bool {
    let mut rows = own.lines();
    let is_row = rows.next().is_some_and(|row| row.starts_with('|'));
    let is_rule = |line: &str| {
        line.contains("--")
            && line
                .chars()
                .all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t' | '\r'))
    };
    let is_ruled = rows.next().is_some_and(is_rule);
    let is_row_above = before
        .lines()
        .next_back()
        .is_some_and(|line| line.trim_start().starts_with('|'));
    let is_row_below = after.trim_start().starts_with('|');
    let is_short = own
        .split('|')
        .all(|cell| cell.split_whitespace().count() <= 2);
    is_row && !is_row_above && (is_ruled || (!is_row_below && is_short))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, line: &str) -> bool {
        let start = text.find(line).unwrap();
        let plain = super::super::apparatus::plain(line, &[]);
        is_heading(text, (start, start + line.len()), plain.text())
    }

    #[test]
    fn lines_that_name_what_follows_are_headings() {
        for line in [
            "Fees and charges",
            "## Fees and charges",
            "**Opening an account**",
            "Gebühren und Entgelte",
            "| Product | Fee |\n|---|---|",
        ] {
            assert!(
                check(&format!("The fee is 5 EUR.\n\n{line}"), line),
                "{line}"
            );
            assert!(
                check(&format!("{line}\n\nThe fee is 5 EUR."), line),
                "{line}"
            );
        }
    }

    #[test]
    fn lines_that_say_something_are_not() {
        for line in [
            "Free travel insurance",
            "No fees",
            "Insured by the state",
            "Fee: 8 EUR",
            "Fees and charges.",
            "- Travel insurance",
            "## Every customer gets a house",
            "| Insurance | Free |\n|---|---|",
            "eight percent",
        ] {
            assert!(
                !check(&format!("The fee is 5 EUR.\n\n{line}"), line),
                "{line}"
            );
        }
        let listed = "The card includes:\n\nTravel insurance\n\nLounge access";
        assert!(!check(listed, "Travel insurance"));
        assert!(!check(
            "It includes\nTravel insurance\n",
            "Travel insurance"
        ));
        assert!(!check("Travel insurance and more.", "Travel insurance"));
    }
}

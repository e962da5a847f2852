//! Quotes, checked in code: whether a passage really holds what a judge says it holds.
//!
//! A judge's word is not enough for support. The quote must occur in the cited text, token by token
//! (words and numbers, folded): case, white space, quotes, dashes and punctuation do not matter, numbers do.
//! An ellipsis in the quote may skip a little of a sentence, but never a negation or the sentence's end.

use std::ops::Range;

use super::{
    source::Source,
    token::{Token, tokens},
};

/// The most tokens that one ellipsis may skip.
const GAP_MAX: usize = 40;

/// A quote of fewer tokens proves nothing.
const QUOTE_TOKENS_MIN: usize = 2;

/// Why a quote proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteFault {
    /// Empty, or a single word.
    #[error("the quote is too short to prove anything")]
    TooShort,
    /// The passage does not say this.
    #[error("the quote is not in the cited text")]
    NotThere,
    /// The words left out end one sentence and begin another.
    #[error("the quote joins words of several sentences")]
    SkipsSentence,
    /// The words left out reverse the meaning.
    #[error("the quote leaves out a negation")]
    SkipsNegation,
}

/// Where `passage` says `quote`, in bytes of the original passage.
pub(crate) fn locate(quote: &str, passage: &Source<'_>) -> Result<Range<usize>, QuoteFault> {
    let fragments = fragments(quote);
    if fragments.iter().map(Vec::len).sum::<usize>() < QUOTE_TOKENS_MIN {
        return Err(QuoteFault::TooShort);
    }
    let passage_tokens = passage.tokens();
    let Some((first, others)) = fragments.split_first() else {
        return Err(QuoteFault::TooShort);
    };
    let mut fault = QuoteFault::NotThere;
    let mut from = 0;
    while let Some(at) = find(passage_tokens, first, from, usize::MAX) {
        match follow(passage, others, at + first.len()) {
            Ok(end) => return span(passage_tokens, at, end).ok_or(QuoteFault::NotThere),
            Err(found) => fault = fault.max_severity(found),
        }
        from = at + 1;
    }
    Err(fault)
}

impl QuoteFault {
    /// The fault that says more: where words are skipped, the others were at least found.
    fn max_severity(self, other: Self) -> Self {
        if other == Self::NotThere || self == Self::SkipsNegation {
            self
        } else {
            other
        }
    }
}

/// The parts between ellipses, as tokens; empty ones left out.
fn fragments(quote: &str) -> Vec<Vec<Token>> {
    quote
        .replace('…', "...")
        .split("...")
        .map(tokens)
        .filter(|fragment| !fragment.is_empty())
        .collect()
}

/// Finds the other fragments in order, each at most a gap further and in the same sentence; gives the end of
/// the last.
fn follow(
    passage: &Source<'_>,
    fragments: &[Vec<Token>],
    from: usize,
) -> Result<usize, QuoteFault> {
    let tokens = passage.tokens();
    let mut end = from;
    for fragment in fragments {
        let at = find(tokens, fragment, end, GAP_MAX).ok_or(QuoteFault::NotThere)?;
        let gap = tokens.get(end..at).unwrap_or_default();
        if gap.iter().any(|token| is_negation(&token.text)) {
            return Err(QuoteFault::SkipsNegation);
        }
        if let Some(skipped) = span(tokens, end.saturating_sub(1), at + 1)
            && passage.has_border_in(&skipped)
        {
            return Err(QuoteFault::SkipsSentence);
        }
        end = at + fragment.len();
    }
    Ok(end)
}

/// The first place at or after `from`, skipping at most `gap` tokens, where `fragment` stands.
fn find(passage: &[Token], fragment: &[Token], from: usize, gap: usize) -> Option<usize> {
    passage
        .get(from..)?
        .windows(fragment.len().max(1))
        .take(gap.saturating_add(1))
        .position(|window| {
            window
                .iter()
                .map(|token| &token.text)
                .eq(fragment.iter().map(|token| &token.text))
        })
        .map(|index| from + index)
}

fn span(passage: &[Token], from: usize, end: usize) -> Option<Range<usize>> {
    let start = passage.get(from)?.start;
    let last = passage.get(end.checked_sub(1)?)?.end;
    Some(start..last)
}

/// Words that reverse a statement, in English.
pub(crate) fn is_negation(word: &str) -> bool {
    matches!(
        word,
        "not"
            | "no"
            | "never"
            | "none"
            | "neither"
            | "nor"
            | "without"
            | "cannot"
            | "except"
            | "unless"
            | "excluding"
    ) || word.ends_with("n't")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(quote: &str, passage: &str, expected: Result<&str, QuoteFault>) {
        let found = locate(quote, &Source::of(passage)).map(|range| passage[range].to_owned());
        assert_eq!(found, expected.map(str::to_owned), "{quote}");
    }

    #[test]
    fn a_quote_is_found_however_it_is_typed() {
        let passage = "Refunds are paid\n within **14 days** – see “Terms”.";
        check(
            "refunds are paid within 14 days",
            passage,
            Ok("Refunds are paid\n within **14 days"),
        );
        check(
            "14 days - see \"terms\"",
            passage,
            Ok("14 days** – see “Terms"),
        );
        check(
            "Refunds ... 14 days",
            passage,
            Ok("Refunds are paid\n within **14 days"),
        );
        check(
            "Refunds … see Terms",
            passage,
            Ok("Refunds are paid\n within **14 days** – see “Terms"),
        );
    }

    #[test]
    fn numbers_must_be_exact() {
        for (quote, passage) in [
            ("5 days", "within 15 days"),
            ("1.5 percent", "a fee of 11.5 percent"),
            ("a fee of 30", "a fee of 30.5"),
            ("5 degrees", "at -5 degrees"),
            ("within 14 days", "within 15 days"),
            ("costs 10 EUR", "costs 1,0 EUR"),
        ] {
            check(quote, passage, Err(QuoteFault::NotThere));
        }
    }

    #[test]
    fn an_ellipsis_never_skips_a_negation_or_a_page() {
        check(
            "Refunds are ... possible",
            "Refunds are not possible.",
            Err(QuoteFault::SkipsNegation),
        );
        check(
            "Refunds ... possible",
            "Refunds aren't possible.",
            Err(QuoteFault::SkipsNegation),
        );
        let page = format!("Refunds are {} possible", "very ".repeat(GAP_MAX + 1));
        check("Refunds are ... possible", &page, Err(QuoteFault::NotThere));
    }

    #[test]
    fn an_ellipsis_never_joins_two_sentences() {
        let passage = "The card is posted in a week. Express costs 5 EUR, by the way, in all.";
        check(
            "The card ... 5 EUR",
            passage,
            Err(QuoteFault::SkipsSentence),
        );
        check(
            "Express ... in all",
            passage,
            Ok("Express costs 5 EUR, by the way, in all"),
        );
        check(
            "in a week. Express costs ... in all",
            passage,
            Ok("in a week. Express costs 5 EUR, by the way, in all"),
        );
    }

    #[test]
    fn a_quote_of_nothing_proves_nothing() {
        for quote in ["", " ", "...", ".", "the", "…", "***"] {
            check(quote, "the terms", Err(QuoteFault::TooShort));
        }
        check("other words here", "the terms", Err(QuoteFault::NotThere));
        check("the terms", "", Err(QuoteFault::NotThere));
    }

    #[test]
    fn a_later_start_is_tried_when_the_first_leads_nowhere() {
        let passage = format!("Fees are low. {} Fees are due in May.", "x ".repeat(50));
        check("Fees are ... in May", &passage, Ok("Fees are due in May"));
    }

    proptest! {
        #[test]
        fn what_is_found_is_a_piece_of_the_passage(quote in "\\PC{0,30}", passage in "\\PC{0,80}") {
            if let Ok(range) = locate(&quote, &Source::of(&passage)) {
                prop_assert!(passage.get(range).is_some());
            }
        }

        #[test]
        fn every_stretch_of_words_is_found(words in proptest::collection::vec("[a-z]{1,6}", 3..20), from in 0usize..10) {
            let passage = words.join(" ");
            let from = from.min(words.len() - 3);
            let quote = words[from..from + 3].join("  ").to_uppercase();
            prop_assert!(locate(&quote, &Source::of(&passage)).is_ok());
        }
    }
}

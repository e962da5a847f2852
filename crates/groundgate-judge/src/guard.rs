//! Checks in code that a judge's label must survive before it may improve a score.
//!
//! A judge that obeys an instruction hidden in an answer or a passage says whatever it was told to
//! say. So every label that would help the answer needs proof that code can check: `supported` a
//! real quote that speaks of the same thing, with the same polarity, and numbers that somebody gave;
//! `not-a-claim` a sentence that indeed claims nothing. Labels that hurt the answer are taken as
//! they are. Word lists are English; in other languages the guards let more pass.

use std::{collections::BTreeSet, ops::Range, sync::LazyLock};

use groundgate_model::text::refusal::is_refusal;

use super::{
    claims::{is_statement, without_apparatus},
    evidence::{QuoteFault, is_negation, locate},
    number::{self, Conflict, Numbers, has_digits, share_a_number},
    source::Source,
    token::{Token, content_stems, is_content, stem, tokens},
};

/// Where a clause ends, as far as punctuation shows it.
const CLAUSE_ENDS: [char; 9] = ['.', ',', ';', ':', '!', '?', '(', ')', '\n'];

/// Where a quote comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// From a passage, which may say `not` in one sentence and the rest in the next.
    Passage,
    /// From the answer, which must state a fact in one place.
    Answer,
}

/// Why a label that helps the answer was not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Disbelief {
    /// No quote, or one that is not there.
    #[error("{0}")]
    Quote(#[from] QuoteFault),
    /// No passage or no quote was named.
    #[error("no quote was given")]
    NoQuote,
    /// The quote is about something else.
    #[error("the quote speaks of something else")]
    Unrelated,
    /// One of the two is negated.
    #[error("the quote does not agree with it about a negation")]
    Polarity,
    /// A number that nobody gave.
    #[error("the number {0} is in no passage and not in the question")]
    Number(String),
    /// The quote's sentence has another number in its place.
    #[error("the text says {found} where it says {claimed}")]
    OtherNumber {
        /// The claim's.
        claimed: String,
        /// The quote's.
        found: String,
    },
    /// Called no claim, and is one.
    #[error("called no claim, but it states something")]
    IsClaim,
}

/// Whether a claim is supported by a quote from `source`: gives its place there.
pub(crate) fn check_support(
    claim: &str,
    quote: Option<&str>,
    proof: Proof,
    source: &Source<'_>,
    numbers: &Numbers,
) -> Result<Range<usize>, Disbelief> {
    let range = locate(quote.ok_or(Disbelief::NoQuote)?, source)?;
    let text = source.text;
    let around = source.sentences_around(&range);
    let context = text.get(around.clone()).unwrap_or(text);
    if !related(claim, context) {
        return Err(Disbelief::Unrelated);
    }
    // A negation just before the quote belongs to it, however the judge cut.
    let before = text.get(around.start..range.start).unwrap_or("");
    let clause = before
        .rfind(CLAUSE_ENDS)
        .map_or(around.start, |at| around.start + at);
    let quoted = text.get(clause..range.end).unwrap_or("");
    let is_backed = match proof {
        Proof::Passage => negation_is_backed(claim, source),
        Proof::Answer => negation_is_backed(claim, &Source::of(context)),
    };
    if !is_backed || denies(claim, quoted) {
        return Err(Disbelief::Polarity);
    }
    if let Some(number) = numbers.first_unknown(claim) {
        return Err(Disbelief::Number(number));
    }
    match number::conflict(claim, &without_apparatus(context)) {
        Some(Conflict { claimed, found }) => Err(Disbelief::OtherNumber { claimed, found }),
        None => Ok(range),
    }
}

/// Whether a content word or a number of the claim stands in the text; a claim without any is
/// related to everything.
fn related(claim: &str, context: &str) -> bool {
    let wanted = content_stems(claim);
    wanted.is_empty()
        || !wanted.is_disjoint(&content_stems(context))
        || share_a_number(claim, context)
}

/// Whether a negated claim has a negating word in the text that is to prove it; other claims always
/// have. Words of price need none where something is free.
fn negation_is_backed(claim: &str, source: &Source<'_>) -> bool {
    let words = tokens(claim);
    if !words.iter().any(|word| is_negation(&word.text)) {
        return true;
    }
    let of_money = words.iter().any(|word| is_of_money(&word.text));
    source.tokens().iter().any(|word| {
        is_negation(&word.text) || implies_negation(&word.text) || (of_money && word.text == "free")
    })
}

/// Whether the quoted words deny what the claim says without denying it: a clause of the quote is
/// negated, holds most of the claim's words, and the claim has no negating word.
fn denies(claim: &str, quoted: &str) -> bool {
    let negating = |word: &Token| {
        is_negation(&word.text) || implies_negation(&word.text) || word.text == "free"
    };
    if tokens(claim).iter().any(negating) {
        return false;
    }
    let wanted = content_stems(claim);
    quoted.split(CLAUSE_ENDS).any(|clause| {
        let negated = tokens(clause).iter().any(|word| is_negation(&word.text));
        negated && {
            let found = wanted.intersection(&content_stems(clause)).count();
            found > 0 && 2 * found >= wanted.len()
        }
    })
}

/// Words of price: what is free of charge has no fee.
fn is_of_money(word: &str) -> bool {
    [
        "fee", "charge", "cost", "price", "pay", "payment", "interest",
    ]
    .iter()
    .any(|known| stem(word) == stem(known))
}

/// Words that deny without `not`.
const DENYING: &[&str] = &[
    "absent",
    "avoid",
    "bar",
    "beyond",
    "decline",
    "deni",
    "deny",
    "disable",
    "disallow",
    "exclud",
    "exclus",
    "exempt",
    "exceed",
    "except",
    "fail",
    "forbid",
    "forbidden",
    "impossible",
    "ineligible",
    "instead",
    "invalid",
    "lack",
    "limit",
    "miss",
    "non",
    "only",
    "outside",
    "prevent",
    "prohibit",
    "refus",
    "reject",
    "restrict",
    "stop",
    "unable",
    "unavailable",
    "unless",
    "until",
    "waiv",
    "wrong",
    "zero",
];

static DENYING_STEMS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| DENYING.iter().map(|word| stem(word)).collect());

/// Whether a word denies without `not`.
pub(super) fn implies_negation(word: &str) -> bool {
    DENYING_STEMS.contains(stem(word))
        || word.starts_with("non")
        || (word.starts_with("un") && word.len() > 5)
}

/// Whether `sentence`, without apparatus, may be called no claim: a question, a refusal, or words of
/// courtesy and of the answer itself with at most one word beside them.
pub(crate) fn check_not_a_claim(sentence: &str) -> Result<(), Disbelief> {
    if is_refusal(sentence) || !is_statement(sentence) {
        return Ok(());
    }
    let trimmed = sentence.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '"'));
    if trimmed.ends_with('?') || trimmed.ends_with('？') {
        return Ok(());
    }
    let words = tokens(sentence);
    let has_number = has_digits(sentence);
    let of_substance = words
        .iter()
        .filter(|word| is_content(word) && !COURTESY.contains(&word.text.as_str()))
        .count();
    let lead_in = trimmed.ends_with(':');
    if !has_number && (of_substance < 2 || lead_in) {
        Ok(())
    } else {
        Err(Disbelief::IsClaim)
    }
}

/// Words of greeting, thanks, help and of speaking about the answer, in English.
const COURTESY: &[&str] = &[
    "answer",
    "anything",
    "apologies",
    "apologize",
    "ask",
    "assist",
    "assistance",
    "based",
    "below",
    "certainly",
    "context",
    "course",
    "day",
    "dear",
    "details",
    "document",
    "documents",
    "else",
    "feel",
    "find",
    "following",
    "follows",
    "free",
    "further",
    "get",
    "give",
    "glad",
    "good",
    "great",
    "happy",
    "hello",
    "help",
    "helpful",
    "helps",
    "hesitate",
    "hi",
    "hope",
    "information",
    "know",
    "let",
    "like",
    "need",
    "nice",
    "note",
    "ok",
    "okay",
    "passage",
    "passages",
    "please",
    "provided",
    "question",
    "questions",
    "reach",
    "regards",
    "response",
    "sorry",
    "source",
    "sources",
    "steps",
    "summary",
    "sure",
    "thank",
    "thanks",
    "touch",
    "wait",
    "welcome",
    "hear",
    "assistant",
    "additional",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(claim: &str, quote: &str, passage: &str, believed: bool) {
        let passage = Source::of(passage);
        let claim = &without_apparatus(claim);
        let numbers = Numbers::of([passage.text]);
        let found = check_support(claim, Some(quote), Proof::Passage, &passage, &numbers);
        assert_eq!(found.is_ok(), believed, "{claim}: {found:?}");
    }

    #[test]
    fn support_needs_a_quote_about_the_same_thing_with_the_same_numbers() {
        let passage = "Refunds are paid within 14 days. A card costs 1.500,00 EUR.";
        check(
            "Refunds take 14 days [3].",
            "Refunds are paid within 14 days",
            passage,
            true,
        );
        check(
            "2. Refunds take fourteen days.",
            "Refunds are paid within 14 days",
            passage,
            true,
        );
        check(
            "Refunds take 15 days.",
            "Refunds are paid within 14 days",
            passage,
            false,
        );
        check("The card is 1,500 EUR.", "A card costs", passage, true);
        check(
            "Deposits are insured.",
            "Refunds are paid within 14 days",
            passage,
            false,
        );
        check(
            "Refunds take 14 days.",
            "Refunds take 14 days",
            passage,
            false,
        );
    }

    #[test]
    fn claim_and_quote_agree_about_negation() {
        let passage = "Gift cards cannot be refunded. Late requests are rejected. Vouchers are \
            possible, but gifts are not.";
        check(
            "Gift cards can be refunded.",
            "Gift cards cannot be refunded",
            passage,
            false,
        );
        check("Gift cards can be refunded.", "be refunded", passage, false);
        check(
            "Gift cards are not refunded.",
            "Gift cards cannot be refunded",
            passage,
            true,
        );
        check(
            "Late requests are not accepted.",
            "Late requests are rejected",
            passage,
            true,
        );
        check(
            "Vouchers are possible.",
            "Vouchers are possible, but gifts are not",
            passage,
            true,
        );
        let passage = "Card payments are refunded.";
        check(
            "Card payments are not refunded.",
            "Card payments are refunded",
            passage,
            false,
        );
    }

    #[test]
    fn a_number_may_come_in_words() {
        check(
            "You have 2 weeks.",
            "within two weeks",
            "Pay within two weeks.",
            true,
        );
        check(
            "You have 3 weeks.",
            "within two weeks",
            "Pay within two weeks.",
            false,
        );
    }

    #[test]
    fn only_courtesy_and_questions_claim_nothing() {
        for sentence in [
            "Hello!",
            "Is there anything else I can help you with?",
            "I hope this helps.",
            "Please let me know if you have further questions.",
            "Here are the steps:",
            "(Passages 1 and 2)",
            "I'm sorry, but I don't have information about closing an account.",
            "Based on the provided passages, here is how to reset your password:",
        ] {
            assert_eq!(
                check_not_a_claim(&without_apparatus(sentence)),
                Ok(()),
                "{sentence}"
            );
        }
        for sentence in [
            "Refunds are instant.",
            "It costs 5 EUR.",
            "Your deposit is insured by the bank.",
            "Please note 30 days apply:",
            "1. Open the settings page.",
        ] {
            assert_eq!(
                check_not_a_claim(&without_apparatus(sentence)),
                Err(Disbelief::IsClaim),
                "{sentence}"
            );
        }
    }
}

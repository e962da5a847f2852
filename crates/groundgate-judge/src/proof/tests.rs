//! Claims with the quotes that a judge gives for them.

use super::*;
use crate::claims::without_apparatus;

const QUESTION: &str = "Is it true that a card takes 30 days?";

fn proof(claim: &str, quote: &str, passage: &str) -> Proof {
    let source = Source::of(passage);
    let given = Numbers::of([passage, QUESTION]);
    assess(&without_apparatus(claim), Some(quote), &source, &given)
}

#[track_caller]
fn check(claim: &str, quote: &str, passage: &str, expected: Option<Weight>) {
    let found = proof(claim, quote, passage);
    let weight = found.doubt.as_ref().map(Doubt::weight);
    assert_eq!(weight, expected, "{claim} | {quote} | {passage}: {found:?}");
}

const P: &str = "Deposits are insured up to 100,000 EUR by the state. Fees are not refunded. The standard \
    card is posted within 7 days. Express cards cost 5 EUR and take 2 days. Gift cards cannot be refunded. \
    Refunds are possible for other purchases within 14 days. Late payment is allowed once a year.";

#[test]
fn a_quote_that_carries_the_claim_verifies_it() {
    for (claim, quote) in [
        (
            "The standard card is posted within 7 days.",
            "posted within 7 days",
        ),
        (
            "The standard card is posted within a week.",
            "The standard card is posted within 7 days",
        ),
        ("Express cards cost 5 EUR [2].", "Express cards cost 5 EUR"),
        (
            "Gift cards are not refunded.",
            "Gift cards cannot be refunded",
        ),
        (
            "Deposits are insured by the state.",
            "Deposits are insured up to 100,000 EUR by the state",
        ),
    ] {
        check(claim, quote, P, None);
    }
}

#[test]
fn a_quote_that_says_otherwise_is_in_conflict() {
    for (claim, quote) in [
        (
            "Express cards take 7 days.",
            "Express cards cost 5 EUR and take",
        ),
        (
            "Deposits are not insured by the state.",
            "Deposits are insured",
        ),
        (
            "Deposits aren’t insured by the state.",
            "Deposits are insured",
        ),
        (
            "Deposits are n\u{200b}ot insured by the state.",
            "Deposits are insured",
        ),
        (
            "Dep\u{43e}sits are n\u{43e}t insured by the state.",
            "Deposits are insured",
        ),
        ("Late payment is forbidden.", "Late payment is allowed"),
        (
            "Refunds are possible for gift cards.",
            "Refunds are possible",
        ),
        (
            "Gift cards are refunded within 14 days.",
            "Refunds are possible for other purchases within 14 days",
        ),
        (
            "Fees are refunded by the state.",
            "insured up to 100,000 EUR by the state",
        ),
        (
            "The standard card is posted within 30 days.",
            "The standard card is posted within",
        ),
        (
            "The standard card is posted within a fortnight.",
            "The standard card is posted within",
        ),
        (
            "The standard card is posted within 7 hours.",
            "The standard card is posted within 7",
        ),
        (
            "The standard card is posted after 7 days.",
            "The standard card is posted within 7 days",
        ),
        (
            "Deposits are insured up to a million EUR by the state.",
            "Deposits are insured up to",
        ),
        (
            "The express card costs 5 percent of the limit.",
            "Express cards cost 5",
        ),
        ("The express card costs 5 dollars.", "Express cards cost 5"),
        (
            "Houses are given away.",
            "Late payment is allowed once a year",
        ),
    ] {
        check(claim, quote, P, Some(Weight::InConflict));
    }
}

#[test]
fn a_quote_of_nothing_shows_nothing() {
    for (claim, quote) in [
        (
            "The card includes free worldwide travel insurance.",
            "is posted",
        ),
        ("Every card holder gets a house in Spain.", "the standard"),
        (
            "The standard card costs 5 EUR.",
            "The standard card ... cost 5 EUR",
        ),
        ("Fees are refunded.", "Fees ... refunded"),
        ("Fees are refunded.", "refunded"),
        ("The card is free.", "a"),
        ("The card is free.", "The card is free"),
    ] {
        check(claim, quote, P, Some(Weight::Nothing));
    }
    let nothing = assess("It is free.", None, &Source::of(P), &Numbers::default());
    assert_eq!(nothing.doubt, Some(Doubt::NoQuote));
}

#[test]
fn what_code_cannot_compare_is_unverified() {
    for (claim, quote, passage) in [
        (
            "Together they cost 12 EUR.",
            "One costs 5 EUR, the other 7 EUR together",
            "One costs 5 EUR, the other 7 EUR together with it.",
        ),
        (
            "It does so for all of them.",
            "the state pays them",
            "For them the state pays them all.",
        ),
        (
            "Late payment is punished by closing the account of the customer.",
            "Late payment is",
            P,
        ),
    ] {
        let found = proof(claim, quote, passage);
        assert!(found.doubt.is_some(), "{claim}: {found:?}");
        assert_ne!(
            found.doubt.as_ref().map(Doubt::weight),
            Some(Weight::Nothing),
            "{claim}: {found:?}"
        );
    }
}

/// Whole sentences as quotes: what says the same in other words must not be called nothing.
#[test]
fn paraphrases_of_negations_keep_their_label() {
    for (claim, passage) in [
        (
            "Refunds take no longer than 14 days.",
            "Refunds are paid within 14 days.",
        ),
        (
            "Refunds never exceed 50 EUR.",
            "Refunds are limited to 50 EUR.",
        ),
        ("There is no annual fee.", "The annual fee is 0 EUR."),
        (
            "Minors cannot open an account.",
            "Only adults may open an account.",
        ),
        (
            "The card works without internet.",
            "The card works offline.",
        ),
        ("No documents are needed.", "Documents are optional."),
        (
            "It is not possible after 30 days.",
            "It is possible within 30 days.",
        ),
        ("Don't share the code.", "Keep the code secret."),
        ("It is free.", "There is no charge."),
        ("The transfer is final.", "The transfer cannot be undone."),
        (
            "Interest-free for 30 days.",
            "No interest is charged for 30 days.",
        ),
        (
            "Opened goods are excluded.",
            "Opened goods cannot be returned.",
        ),
        ("PIN is hidden.", "The PIN isn't shown."),
        (
            "Sie müssen keine Gebühr zahlen.",
            "Es fällt keine Gebühr an.",
        ),
        (
            "Late requests are not accepted.",
            "Late requests are rejected.",
        ),
    ] {
        check(claim, passage, passage, None);
        let back = proof(passage, claim, claim);
        assert_ne!(
            back.doubt.as_ref().map(Doubt::weight),
            Some(Weight::Nothing),
            "{passage} | {claim}: {back:?}"
        );
    }
}

#[test]
fn the_opposite_in_other_words_is_in_conflict() {
    for (claim, passage) in [
        (
            "Refunds take longer than 14 days.",
            "Refunds are paid within 14 days.",
        ),
        (
            "Refunds take more than 14 days.",
            "Refunds never take longer than 14 days.",
        ),
        ("There is an annual fee.", "The annual fee is 0 EUR."),
        (
            "Minors can open an account.",
            "Only adults may open an account.",
        ),
        (
            "The card does not work without internet.",
            "The card works offline.",
        ),
        ("Documents are mandatory.", "Documents are optional."),
        ("You have to visit a branch.", "A branch visit is optional."),
        (
            "It is possible after 30 days.",
            "It is possible only within 30 days.",
        ),
        ("Share the code.", "Keep the code secret."),
        ("The transfer can be undone.", "The transfer is final."),
        (
            "Opened goods can be returned.",
            "Opened goods are excluded.",
        ),
        ("The PIN is shown.", "The PIN is hidden."),
        ("The fee is not waived.", "There is no fee."),
        ("Cash is accepted.", "Cash is refused."),
        (
            "The offer is available to business customers.",
            "The offer is for private customers only.",
        ),
        (
            "Others can see the PIN.",
            "The PIN is visible to the cardholder alone.",
        ),
        (
            "Sie müssen eine Gebühr zahlen.",
            "Es fällt keine Gebühr an.",
        ),
        (
            "You may pay more than 5 EUR.",
            "The fee is capped at 5 EUR.",
        ),
    ] {
        check(claim, passage, passage, Some(Weight::InConflict));
    }
}

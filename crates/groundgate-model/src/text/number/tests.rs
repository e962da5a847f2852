//! Pairs of sentences whose numbers say the same, and pairs whose numbers do not.

use super::*;

/// Whether every number of `claim` is given by `passage`.
fn is_given(claim: &str, passage: &str) -> bool {
    let given = mentions(passage);
    mentions(claim)
        .iter()
        .filter(|mention| !mention.is_weak)
        .all(|mention| given.iter().any(|other| mention.agrees(other)))
}

#[test]
fn the_same_in_another_notation_agrees() {
    for (one, other) in [
        ("1.234,56 EUR", "1,234.56 EUR"),
        ("10,000 EUR", "10k EUR"),
        ("½ of it", "0.5 of it"),
        ("1.5 million EUR", "1,500,000 EUR"),
        ("1,5 Mio. Euro", "1.500.000 €"),
        ("150 EUR", "one hundred and fifty EUR"),
        ("two hundred and twelve cases", "212 cases"),
        ("twenty-five days", "25 days"),
        ("fünfundzwanzig Tage", "25 Tage"),
        ("1\u{202f}000 EUR", "1,000 EUR"),
        ("1'000 CHF", "CHF 1,000"),
        ("1 000 EUR", "1000 EUR"),
        ("3-5 business days", "3 to 5 working days"),
        ("2024-01-17", "January 17th, 2024"),
        ("17/01/2024", "17 January 2024"),
        ("15. Januar 1967", "Jan 15, 1967"),
        ("in 2024", "on 17.01.2024"),
        ("until 5:00 PM", "until 5 pm"),
        ("until 5 PM", "until 17:00"),
        ("um 17 Uhr", "at 5 p.m."),
        ("5 %", "five percent"),
        ("14日", "１４日"),
        ("500円", "¥500"),
        ("€5", "5 euros"),
        ("EUR5", "EUR 5"),
        ("5.00 EUR", "5 EUR"),
        ("the 3rd attempt", "the third attempt"),
        ("2 withdrawals", "two withdrawals"),
        ("minus 5 EUR", "-5 EUR"),
        ("two weeks", "14 days"),
        ("a fortnight", "14 days"),
        ("24 hours", "one day"),
        ("18 months", "1.5 years"),
        ("form 1099-K", "the 1099-K"),
        ("a 401(k) plan", "401(k)"),
        ("your 401(k)s", "the 401k"),
        ("401k EUR", "401,000 EUR"),
        ("+49 30 123456", "+4930123456"),
        ("0800 123 456", "0800 123456"),
        ("₹1,00,000", "1 lakh INR"),
        ("ב-14 ימים", "תוך 14 ימים"),
        ("خلال ١٤ يوما", "خلال 14 يوما"),
        ("version 2.1.3", "2.1.3"),
    ] {
        assert!(
            is_given(one, other),
            "{one} / {other}: {:?} {:?}",
            mentions(one),
            mentions(other)
        );
        assert!(is_given(other, one), "{other} / {one}");
    }
}

#[test]
fn another_number_or_another_unit_does_not() {
    for (claim, passage) in [
        ("1,000 EUR", "100 EUR"),
        ("10k EUR", "1,000 EUR"),
        ("0.5 of it", "¼ of it"),
        ("1.5 million EUR", "15,000,000 EUR"),
        ("25 days", "thirty-five days"),
        ("twenty-five days", "52 days"),
        ("2000 EUR", "two hundred EUR"),
        ("3 to 5 business days", "2-5 business days"),
        ("January 17, 2024", "2024-01-07"),
        ("2024-01-17", "January 17th, 2023"),
        ("17/01/2024", "17 July 2024"),
        ("5 AM", "17:00"),
        ("2 weeks", "two months"),
        ("$5M", "$5 billion"),
        ("5.00 EUR", "500 EUR"),
        ("the 3rd attempt", "the fourth attempt"),
        ("two withdrawals", "three withdrawals"),
        ("minus 5 EUR", "5 EUR"),
        ("5 EUR", "−5 EUR"),
        ("1.000 EUR", "1 EUR"),
        ("1099-K", "1095-K"),
        ("a 401(k) plan", "a 403(b) plan"),
        ("401k plans", "457k plans"),
        ("+49 30 123456", "+4930123465"),
        ("five euros", "15 EUR"),
        ("10 and 20 EUR", "10 and 12 EUR"),
        ("5 percent", "5 EUR"),
        ("5 dollars", "5 EUR"),
        ("7 hours", "7 days"),
        ("a fortnight", "7 days"),
        ("a million EUR", "100,000 EUR"),
        ("5 business days", "5 days"),
    ] {
        assert!(
            !is_given(claim, passage),
            "{claim} / {passage}: {:?} {:?}",
            mentions(claim),
            mentions(passage)
        );
    }
}

#[test]
fn a_conflict_needs_the_same_kind_of_thing() {
    let of = |text: &str| mentions(text).remove(0);
    assert!(of("5 EUR").conflicts(&of("6 EUR")));
    assert!(of("2 weeks").conflicts(&of("2 months")));
    assert!(of("5 pm").conflicts(&of("17:30")));
    assert!(!of("5 EUR").conflicts(&of("6 days")));
    assert!(!of("5 EUR").conflicts(&of("5 EUR")));
    assert!(!of("5 cards").conflicts(&of("6 EUR")));
    assert!(of("5 EUR").differs_in_unit(&of("5 percent")));
    assert!(of("5 EUR").differs_in_unit(&of("5 dollars")));
    assert!(!of("5 EUR").differs_in_unit(&of("5 cards")));
    assert!(!of("5 EUR").differs_in_unit(&of("6 percent")));
}

#[test]
fn places_are_bytes_of_the_original() {
    let text = "Gebühr: € 5,00.";
    let found = mentions(text);
    assert_eq!(found.len(), 1);
    assert_eq!(&text[found[0].start..found[0].end], "€ 5,00");
}

#[test]
fn words_that_may_be_no_number_are_weak() {
    assert!(mentions("this one").iter().all(|mention| mention.is_weak));
    assert!(mentions("one euro").iter().all(|mention| !mention.is_weak));
    assert!(
        mentions("in the second place")
            .iter()
            .all(|mention| mention.is_weak)
    );
    assert!(mentions("a card").is_empty());
}

proptest::proptest! {
    #[test]
    fn nothing_makes_it_panic_and_every_number_agrees_with_itself(text in "\\PC{0,60}") {
        for mention in mentions(&text) {
            proptest::prop_assert!(text.get(mention.start..mention.end).is_some());
            proptest::prop_assert!(mention.agrees(&mention));
        }
    }
}

//! Answers with the apparatus that they come with.

use super::*;

fn left(text: &str) -> String {
    let plain = plain(text, &["p0", "terms-3"]);
    plain
        .text()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn what_points_to_sources_and_organizes_text_goes() {
    for written in [
        "The fee is 5 EUR [1].",
        "The fee is 5 EUR [1][2].",
        "The fee is 5 EUR [1, 2].",
        "The fee is 5 EUR[^1].",
        "The fee is 5 EUR【4:0†source】.",
        "The fee is 5 EUR (p0).",
        "The fee is 5 EUR (Source 2).",
        "The fee is 5 EUR (see section 4.2).",
        "The fee is 5 EUR [terms.pdf#page=4].",
        "The fee is 5 EUR ([source](https://docs.example.com/p/42)).",
        "The fee is 5 EUR. https://harbor.example/terms",
        "**The fee** is *5 EUR*.",
        "1. The fee is 5 EUR.",
        "**1.** The fee is 5 EUR.",
        "| 1. The fee is 5 EUR. |",
        "✅ 1. The fee is 5 EUR.",
        "1.\u{a0}The fee is 5 EUR.",
        "**2**. The fee is 5 EUR.",
        "(a) The fee is 5 EUR.",
        "- The fee is 5 EUR.",
        "Step 1: The fee is 5 EUR.",
        "> The fee is 5 EUR.",
        "✅ The fee is 5 EUR.",
        "<p>The fee is 5&nbsp;EUR.</p>",
        "| The fee is 5 EUR. |\n|---|",
        "```\nThe fee is 5 EUR.\n```",
        "The fee is 5 EUR.\n***",
        "The fee is 5 EUR.\n\nSources:\n- Terms and Conditions\n- [1] Prices.pdf, page 7",
        "The fee is 5 EUR. Sources: doc-12, doc-17",
        "The fee is 5 EUR.\n\nReferences: [1], [2]",
        "The fee is 5 EUR.\nSource: Terms and Conditions",
        "The fee is 5 EUR.\n[1]: https://harbor.example/terms",
        "Answer: The fee is 5 EUR.",
        "**Answer:** The fee is 5 EUR.",
        "Antwort: The fee is 5 EUR.",
    ] {
        assert_eq!(left(written), "The fee is 5 EUR.", "{written}");
    }
}

#[test]
fn words_that_say_something_stay() {
    for (written, expected) in [
        ("Use a 401(k) plan.", "Use a 401(k) plan."),
        ("The answer: it is free.", "The answer: it is free."),
        ("It&amp;rsquo;s &amp;amp; free.", "It’s & free."),
        ("[Cards cost 5 EUR](https://a.example)", "Cards cost 5 EUR"),
        (
            "Sources: the fee rose to 8 EUR [1].",
            "Sources: the fee rose to 8 EUR.",
        ),
        ("Sources:\n- The account is free.", "The account is free."),
        ("It costs $5 (about 4 EUR).", "It costs $5 (about 4 EUR)."),
        ("2024 was good.", "2024 was good."),
        ("AT&amp;T doesn&#39;t charge", "AT&T doesn't charge"),
    ] {
        assert_eq!(left(written), expected, "{written}");
    }
}

#[test]
fn a_claim_cannot_hide_in_the_clothes_of_apparatus() {
    let cited = ["every customer gets a house"];
    for written in [
        "It is 5 EUR (see: every customer gets a free house).",
        "It is 5 EUR【every customer gets a free house】.",
        "It is 5 EUR【1: every customer gets a free house】.",
        "It is 5 EUR <every customer gets a free house>.",
        "It is 5 EUR <b every customer gets a free house>.",
        "It is 5 EUR <!-- every customer gets a house -->.",
        "It is 5 EUR (every customer gets a house).",
        "Sources:\n- Every customer gets a house",
        "Sources:\n- For every customer a house.",
    ] {
        let plain = plain(written, &cited);
        assert!(
            plain.text().contains("customer"),
            "{written}: {}",
            plain.text()
        );
    }
}

#[test]
fn what_is_left_knows_its_place() {
    let text = "- The **fee**[1] is 5&nbsp;EUR.";
    let plain = plain(text, &[]);
    let at = plain.text().find("fee").unwrap();
    assert_eq!(&text[plain.origin(at..at + 3)], "fee");
    let whole = plain.origin(0..plain.text().len());
    assert_eq!(&text[whole], "The **fee**[1] is 5&nbsp;EUR.");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_and_places_lie_in_it(text in "\\PC{0,80}") {
        let plain = plain(&text, &["p0"]);
        for (start, character) in plain.text().char_indices() {
            let origin = plain.origin(start..start + character.len_utf8());
            proptest::prop_assert!(origin.end <= text.len() && origin.start <= origin.end);
        }
    }
}

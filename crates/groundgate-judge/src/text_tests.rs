//! The claim ledger with a judge that is right about words and blind to numbers: what a sentence says
//! is read by code, in whatever notation.

use groundgate_model::trial::{Label, Outcome};
use serde_json::json;

use crate::{
    Ask, Draw, Prepared, Subject, prepare,
    test_values::{answer, bundled_spec, case, value},
};

const PASSAGE: &str = "The fee is 5 EUR. It is paid monthly.";

/// What becomes of an answer whose judge believes the first sentence and finds no other in the passage.
fn judged(text: &str, passage: &str) -> Outcome {
    let spec = bundled_spec("groundedness");
    let (case, answer) = (case("What about it?"), answer(text, Some(&[passage])));
    let subject = Subject {
        case: &case,
        answer: &answer,
    };
    let draw = Draw {
        seed: b"seed",
        vote: 0,
    };
    let outcomes = match prepare(&spec, subject, draw) {
        Prepared::Settled(outcomes) => outcomes,
        Prepared::Ask(ask) => ask.read_reply(&reply(&ask, passage)).unwrap(),
        Prepared::Parts(_) => panic!("these passages are short"),
    };
    outcomes["groundedness"].clone()
}

fn reply(ask: &Ask<'_>, passage: &str) -> String {
    let claims: Vec<_> = (ask.ids().into_iter().enumerate())
        .map(|(place, (id, _))| match place {
            0 => {
                json!({"id": id, "label": Label::Supported.name(), "passage": 1, "quote": passage})
            }
            _ => json!({"id": id, "label": Label::NotFound.name(), "passage": null, "quote": null}),
        })
        .collect();
    json!({ "claims": claims }).to_string()
}

#[track_caller]
fn check(text: &str, passage: &str, expected: Option<f64>) {
    let outcome = judged(text, passage);
    let found = match &outcome {
        Outcome::NotApplicable(_) => None,
        other @ (Outcome::Scored(_) | Outcome::Unscored(_)) => value(Some(other)),
    };
    assert_eq!(found, expected, "{text} | {passage}: {outcome:?}");
}

#[test]
fn true_numbers_are_believed_in_any_notation() {
    for (text, passage) in [
        ("The fee is 1.234,56 EUR.", "The fee is 1,234.56 EUR."),
        ("The limit is 10,000 EUR.", "The limit is 10k EUR."),
        ("It is 0.5 of the price.", "It is ½ of the price."),
        (
            "The limit is 1.5 million EUR.",
            "The limit is 1,500,000 EUR.",
        ),
        (
            "The fee is 150 EUR.",
            "The fee is one hundred and fifty EUR.",
        ),
        ("The limit is 1\u{202f}000 EUR.", "The limit is 1'000 EUR."),
        (
            "It takes 3–5 business days.",
            "It takes 3 to 5 business days.",
        ),
        (
            "It was due on 2024-01-17.",
            "It was due on January 17th, 2024.",
        ),
        (
            "Calls are taken until 5:00 PM.",
            "Calls are taken until 17:00.",
        ),
        ("The rate is 5%.", "The rate is five percent."),
        ("The fee is €5.", "The fee is 5 EUR."),
        ("It is the 3rd attempt.", "It is the third attempt."),
        ("The fee is minus 5 EUR.", "The fee is -5 EUR."),
        ("Call +49 30 123456.", "Call +4930123456."),
        ("The limit is 14日.", "The limit is １４日."),
        ("It takes two weeks.", "It takes 14 days."),
    ] {
        check(text, passage, Some(1.0));
    }
}

#[test]
fn apparatus_states_no_number() {
    for text in [
        "The fee is 5 EUR [1].",
        "The fee is 5 EUR【4:0†source】.",
        "The fee is 5 EUR (see section 4.2).",
        "The fee is 5 EUR (Source 2).",
        "The fee is 5 EUR ([source](https://docs.example.com/p/42)).",
        "1. The fee is 5 EUR.",
        "Step 7: The fee is 5 EUR.",
        "(a) The **fee** is 5&nbsp;EUR.",
    ] {
        check(text, PASSAGE, Some(1.0));
    }
}

#[test]
fn false_numbers_are_not_believed_though_the_judge_insists() {
    for (text, passage) in [
        ("The fee is 1,000 EUR.", "The fee is 100 EUR."),
        ("The limit is 10k EUR.", "The limit is 1,000 EUR."),
        ("It takes twenty-five days.", "It takes 52 days."),
        (
            "It takes 3 to 5 business days.",
            "It takes 2-5 business days.",
        ),
        (
            "It was due on January 17, 2024.",
            "It was due on 2024-01-07.",
        ),
        (
            "Calls are taken until 5 AM.",
            "Calls are taken until 17:00.",
        ),
        ("It takes 2 weeks.", "It takes two months."),
        ("The fee is $5M.", "The fee is $5 billion."),
        ("It is the 3rd attempt.", "It is the fourth attempt."),
        ("The fee is 5 EUR.", "The fee is −5 EUR."),
        ("The limit is 1.000 EUR.", "The limit is 1 EUR."),
        ("Use form 1099-K.", "Use form 1095-K."),
        ("Call +49 30 123456.", "Call +4930123465."),
        ("The fee is five euros.", "The fee is 15 EUR."),
        ("Between 10 and 20 EUR.", "Between 10 and 12 EUR."),
        ("The fee is 5 EUR [1].", "The fee is 1 EUR."),
    ] {
        check(text, passage, Some(0.0));
    }
}

#[test]
fn a_number_of_another_sentence_does_not_speak_against_a_claim() {
    let passage = "The basic plan costs 5 EUR. The large plan costs 9 EUR.";
    check(
        "The basic plan costs 5 EUR and the large plan 9 EUR.",
        passage,
        Some(1.0),
    );
}

#[test]
fn what_says_nothing_is_no_claim_whatever_the_judge_says_of_it() {
    for line in [
        "Here are the steps:",
        "Sure! Here is a summary:",
        "I hope this helps!",
        "This answer was generated by AI and may contain mistakes.",
        "For more information, see the Help Center.",
        "Sources:\n- [1] Terms.pdf, page 7",
        "https://harbor.example/terms",
        "Danke für Ihre Frage!",
        "|---|---|",
    ] {
        check(&format!("The fee is 5 EUR.\n\n{line}"), PASSAGE, Some(1.0));
    }
}

#[test]
fn a_claim_beside_courtesy_is_one() {
    for line in [
        "Please note that refunds take 30 days.",
        "Sources: the fee rose to 8 EUR [1].",
        "This is not financial advice, but the fund guarantees 7 % a year.",
        "In summary: there is no fee.",
        "Thank you for your patience; your account has been closed.",
        "For more information, see the Help Center, which opens at 6 am.",
        "I cannot find the rate, so gift cards get refunded in cash.",
    ] {
        check(&format!("The fee is 5 EUR.\n\n{line}"), PASSAGE, Some(0.0));
    }
}

#[test]
fn only_an_answer_that_says_nothing_else_is_settled_as_a_refusal() {
    for text in [
        "I do not know the answer to that.",
        "It is not specified in the documents [1].",
        "**I don't know.** Let me know if you have any other questions!",
        "Dazu liegen mir leider keine Informationen vor.",
        "抱歉，知识库中没有相关信息。",
    ] {
        check(text, PASSAGE, None);
    }
    for text in [
        "You cannot withdraw more than 500 EUR.",
        "I cannot recommend it; the fee is 9 EUR.",
        "I don't know. But gift cards get refunded after 9 days.",
        "I cannot find the fee, so gift cards get refunded after 9 days.",
    ] {
        check(text, PASSAGE, Some(0.0));
    }
}

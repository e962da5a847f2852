//! A small set of answers, each with passages that support it.

use super::Sample;
use crate::test_values::answer;

const SAMPLES: &[(&str, &[&str], &str)] = &[
    (
        "How long do refunds take?",
        &[
            "Refunds for card payments are paid within 14 days of the request. Gift cards cannot be refunded.",
            "Requests are made in the app under Payments. The service is open on Monday from 8 to 18.",
        ],
        "Refunds for card payments are paid within 14 days of the request. Gift cards cannot be refunded.",
    ),
    (
        "What does the express card cost?",
        &[
            "Express cards cost 5 EUR and arrive within 2 days. The standard card is free and is posted within 7 days.",
        ],
        "The express card costs 5 EUR and arrives within 2 days.\nThe standard card is free.",
    ),
    (
        "Is my deposit insured?",
        &[
            "Deposits at Harbor are insured up to 100,000 EUR by the state. The insurance does not cover funds.",
            "The head office is in Berlin. It is not open on Sunday.",
        ],
        "Deposits at Harbor are insured up to 100,000 EUR by the state. The insurance does not cover funds.",
    ),
    (
        "How do I block my card?",
        &[
            "To block a card, open the app, choose Cards and tap Block. A blocked card can be unblocked within 24 hours. The PIN does not change.",
        ],
        "1. Open the app and choose Cards.\n2. Tap Block.\n\nA blocked card can be unblocked within 24 hours. The PIN does not change.",
    ),
    (
        "Where is the head office?",
        &[
            "The head office of Harbor is in Berlin. Visits are possible on Monday. Visitors must register 3 days before.",
        ],
        "The head office of Harbor is in Berlin. Visits are possible on Monday. Visitors must register 3 days before.",
    ),
    (
        "What about the savings plan?",
        &[
            "The savings plan earns 4 percent a year on up to 20,000 EUR. It can be closed at any time. Interest is paid on the last day of the year.",
        ],
        "The savings plan earns 4 percent a year on up to 20,000 EUR. It can be closed at any time.",
    ),
    (
        "Can children open an account?",
        &[
            "Children under 7 years cannot open an account. From 7 years on, a parent must sign the contract. The account is free until the age of 18 years.",
        ],
        "Children under 7 years cannot open an account. From 7 years on, a parent must sign the contract.",
    ),
    (
        "What does the health plan cover?",
        &[
            "The health plan is offered by Quayside. It covers 20 visits to providers a year. Dental care is not covered. The copay is 15 EUR for each visit.",
        ],
        "The health plan covers 20 visits to providers a year, with a copay of 15 EUR for each visit. Dental care is not covered.",
    ),
    (
        "How can I reach you?",
        &[
            "The service of Harbor answers within 24 hours. On Sunday it is closed. Letters are not answered.",
        ],
        "The service of Harbor answers within 24 hours. On Sunday it is closed. Letters are not answered.",
    ),
    (
        "Which fee is charged abroad?",
        &[
            "A fee of 2 percent is charged for payments in foreign currency. Payments in EUR are free. Withdrawals cost 3 EUR.",
        ],
        "A fee of 2 percent is charged for payments in foreign currency. Withdrawals cost 3 EUR.",
    ),
];

pub(super) fn samples() -> Vec<Sample> {
    let all = SAMPLES.iter().map(|(question, passages, text)| {
        let mut answer = answer(text, Some(passages));
        for (place, passage) in answer.passages.iter_mut().flatten().enumerate() {
            passage.id = Some(format!("p{place}"));
        }
        Sample {
            question: (*question).to_owned(),
            answer,
        }
    });
    all.collect()
}

//! Judges' replies, changed by libFuzzer towards code that has not been seen yet: no panic, and no reply
//! that the oracle accepts and the program does not. The first byte picks the judge.

#![no_main]

use std::sync::LazyLock;

use groundgate_judge::{Ask, Draw, JudgeSpec, Prepared, Subject, bundled, prepare};
use groundgate_model::{exchange::{Answer, Passage, Timing, Usage}, eval_set::Case};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

mod oracle;

const JUDGES: [&str; 4] = ["groundedness", "correctness", "answer_relevance", "context_sufficiency"];

static SPECS: LazyLock<Vec<JudgeSpec>> = LazyLock::new(|| {
    let specs = JUDGES.iter().map(|name| {
        let text = bundled(name).expect("it is bundled").spec;
        JudgeSpec::parse(name, text).expect("it is valid")
    });
    specs.collect()
});

static CASE: LazyLock<Case> = LazyLock::new(|| {
    let facts = ["It takes 14 days.", "It is free."];
    let case = json!({"id": "c", "question": "How?", "expected_facts": facts});
    serde_json::from_value(case).expect("it is a case")
});

static ANSWER: LazyLock<Answer> = LazyLock::new(|| {
    let passages = [
        "Refunds for card payments are paid within 14 days of the request.",
        "A request for a refund must be made in the app under Payments.",
    ];
    let passages = passages.map(|text| Passage { id: None, text: text.to_owned(), source: None });
    Answer {
        text: "Request the refund in the app under Payments. Card payments are refunded within 14 days."
            .to_owned(),
        passages: Some(passages.into()),
        usage: Usage::default(),
        cost: None,
        model: None,
        finish_reason: None,
        ending: groundgate_model::exchange::Ending::Unknown,
        thinking: None,
        timing: Timing::default(),
    }
});

static ASKS: LazyLock<Vec<(Ask<'static>, oracle::Schema)>> = LazyLock::new(|| {
    let subject = Subject { case: &CASE, answer: &ANSWER };
    let asks = SPECS.iter().map(|spec| {
        let Prepared::Ask(ask) = prepare(spec, subject, Draw { seed: b"fuzz", vote: 0 }) else {
            panic!("one call was expected");
        };
        let schema = oracle::Schema::of(&ask).expect("a schema is sent");
        (*ask, schema)
    });
    asks.collect()
});

fuzz_target!(|input: &[u8]| {
    let Some((judge, reply)) = input.split_first() else { return };
    let Ok(reply) = str::from_utf8(reply) else { return };
    let (ask, schema) = &ASKS[usize::from(*judge) % ASKS.len()];
    // The program also reads what is wrapped or spelled otherwise.
    assert!(ask.read_reply(reply).is_ok() || !schema.accepts(reply), "the oracle disagrees: {reply:?}");
});

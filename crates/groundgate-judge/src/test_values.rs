//! Small values for tests of this room.

use std::collections::BTreeMap;

use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, Passage, Timing, Usage},
    trial::Outcome,
};

use super::{JudgeSpec, bundled};

pub(crate) fn case(question: &str) -> Case {
    Case {
        id: "c1".to_owned(),
        history: Vec::new(),
        question: question.to_owned(),
        reference_answer: None,
        expected_facts: Vec::new(),
        expected_documents: Vec::new(),
        answerable: None,
        tags: BTreeMap::new(),
        cluster: None,
        critical: false,
    }
}

pub(crate) fn answer(text: &str, passages: Option<&[&str]>) -> Answer {
    Answer {
        text: text.to_owned(),
        passages: passages.map(|texts| {
            texts
                .iter()
                .map(|text| Passage {
                    id: None,
                    text: (*text).to_owned(),
                    source: None,
                })
                .collect()
        }),
        usage: Usage::default(),
        cost: None,
        model: None,
        finish_reason: None,
        ending: groundgate_model::exchange::Ending::Unknown,
        thinking: None,
        timing: Timing::default(),
    }
}

pub(crate) fn value(outcome: Option<&Outcome>) -> Option<f64> {
    match outcome? {
        Outcome::Scored(score) => Some(score.value()),
        Outcome::NotApplicable(_) | Outcome::Unscored(_) => None,
    }
}

pub(crate) fn bundled_spec(name: &str) -> JudgeSpec {
    let text = bundled(name).expect("a bundled judge").spec;
    JudgeSpec::parse(name, text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The bundled groundedness judge with so many votes.
pub(crate) fn voting_spec(votes: u32, needed: u32) -> JudgeSpec {
    JudgeSpec {
        votes,
        votes_needed: needed,
        ..bundled_spec("groundedness")
    }
}

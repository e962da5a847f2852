//! What controls are made for calls, and what a judge's labels of them mean.

use std::collections::BTreeSet;

use groundgate_model::{eval_set::Case, exchange::Answer};
use serde_json::json;

use super::*;
use crate::{
    Ask, Prepared, prepare_controlled,
    test_values::{answer, bundled_spec, case},
};

const PASSAGES: [&str; 2] = [
    "Refunds are paid within 14 days of the return. Gift cards cannot be refunded at all. The \
     standard card is posted within 7 days. Express cards cost 5 EUR each year.",
    "Deposits are insured by the state. Late payment is allowed once in a year.",
];

const ANSWER: &str = "Refunds take 14 days. They are free. A card comes within a week.";

fn cases() -> Vec<Case> {
    let named = |id: &str, reference: &str| {
        let mut case = case("How long does it take?");
        case.id = id.to_owned();
        case.reference_answer = Some(reference.to_owned());
        case
    };
    vec![
        named("a", "It takes fourteen days."),
        named("b", "Branches in the mountains open at nine."),
    ]
}

fn given() -> Answer {
    answer(ANSWER, Some(&PASSAGES))
}

/// Hands over the call of each of so many draws.
fn for_each_call(spec: &JudgeSpec, n: u32, check: impl Fn(&Ask<'_>)) {
    let (cases, answer) = (cases(), given());
    let pool = ControlPool::of_cases(&cases).unwrap();
    let subject = Subject {
        case: &cases[0],
        answer: &answer,
    };
    for round in 0..n {
        let of = ControlDraw { pool: &pool, round };
        let draw = Draw {
            seed: b"x",
            vote: 0,
        };
        let prepared = prepare_controlled(spec, subject, draw, None, Some(of));
        let Prepared::Ask(ask) = prepared else {
            panic!("{prepared:?}")
        };
        check(&ask);
    }
}

fn says(ask: &Ask<'_>, label: impl Fn(&str) -> (&'static str, Option<&'static str>)) -> String {
    let items = ask.ids().into_iter().map(|(id, text)| {
        let (label, quote) = label(&text);
        json!({"id": id, "label": label, "passage": quote.map(|_| 1), "quote": quote})
    });
    json!({"claims": items.collect::<Vec<_>>()}).to_string()
}

/// A judge that finds word for word what is there, and believes nothing else.
fn literal(text: &str) -> (&'static str, Option<&'static str>) {
    if PASSAGES.iter().any(|passage| passage.contains(text)) {
        ("supported", Some("x"))
    } else {
        ("not-found", None)
    }
}

#[test]
fn a_judge_that_calls_everything_supported_fails_every_call() {
    let spec = bundled_spec("groundedness");
    for_each_call(&spec, 40, |ask| {
        let said = ask
            .controls(&says(ask, |_| ("supported", Some("the"))))
            .unwrap();
        assert_eq!(said.missed(), Some(ControlKind::Foreign));
        let said = ask.controls(&says(ask, |_| ("not-found", None))).unwrap();
        assert_eq!(said.missed(), Some(ControlKind::Verbatim));
        let said = ask.controls(&says(ask, |_| ("not-a-claim", None))).unwrap();
        assert!(!said.is_reading());
    });
}

#[test]
fn a_judge_that_reads_passes_and_is_measured_by_the_hard_ones() {
    let spec = bundled_spec("groundedness");
    for_each_call(&spec, 40, |ask| {
        let said = ask.controls(&says(ask, literal)).unwrap();
        assert!(said.is_reading(), "{said:?}");
        let hard: Vec<_> = said
            .said
            .iter()
            .filter(|(kind, _)| !kind.is_easy())
            .collect();
        assert!(!hard.is_empty(), "{said:?}");
        for (kind, is_right) in hard {
            // It believes no other words, whatever they say.
            assert_eq!(*is_right, !kind.is_supported(), "{kind:?}");
        }
    });
}

#[test]
fn controls_stand_anywhere_under_ids_like_the_others_and_draws_differ() {
    let spec = bundled_spec("groundedness");
    let (mut places, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    let (cases, answer) = (cases(), given());
    let pool = ControlPool::of_cases(&cases).unwrap();
    let subject = Subject {
        case: &cases[0],
        answer: &answer,
    };
    for round in 0..40 {
        let of = ControlDraw { pool: &pool, round };
        let seed = Draw {
            seed: b"x",
            vote: 0,
        };
        let Prepared::Ask(ask) = prepare_controlled(&spec, subject, seed, None, Some(of)) else {
            panic!()
        };
        let ids = ask.ids();
        let numbered: Vec<String> = (1..=ids.len()).map(|n| format!("s{n}")).collect();
        let named: Vec<String> = ids.iter().map(|(id, _)| id.clone()).collect();
        assert_eq!(named, numbered);
        for (place, (_, text)) in ids.iter().enumerate() {
            if !ANSWER.contains(text.as_str()) {
                places.insert(place);
            }
        }
        // What leans on the sentence before it still stands behind that.
        let texts: Vec<&str> = ids.iter().map(|(_, text)| text.as_str()).collect();
        let leaning = texts
            .iter()
            .position(|text| *text == "They are free.")
            .unwrap();
        assert_eq!(texts[leaning - 1], "Refunds take 14 days.");
        let said = ask.controls(&says(&ask, literal)).unwrap();
        kinds.extend(said.said.iter().map(|(kind, _)| *kind));
        let again = prepare_controlled(&spec, subject, seed, None, Some(of));
        let Prepared::Ask(again) = again else {
            panic!()
        };
        assert_eq!(again.request(), ask.request());
    }
    assert!(places.len() >= 5, "{places:?}");
    assert!(kinds.len() >= 5, "{kinds:?}");
}

#[test]
fn claims_keep_their_ids_and_labels_whatever_stands_between_them() {
    let spec = bundled_spec("groundedness");
    for_each_call(&spec, 20, |ask| {
        let reply = says(ask, |text| match text {
            "They are free." => ("contradicted", None),
            _ => literal(text),
        });
        let outcomes = ask.read_reply(&reply).unwrap();
        let Some(groundgate_model::trial::Outcome::Scored(score)) = outcomes.get("groundedness")
        else {
            panic!("{outcomes:?}")
        };
        let claims: Vec<(&str, &str)> = score
            .claims
            .iter()
            .map(|claim| (claim.id.as_str(), claim.label.name()))
            .collect();
        let expected = [
            ("s1", "not-found"),
            ("s2", "contradicted"),
            ("s3", "not-found"),
        ];
        assert_eq!(claims, expected);
    });
}

#[test]
fn without_a_setting_without_a_pool_and_without_passages_there_are_none() {
    let (cases, answer) = (cases(), given());
    let pool = ControlPool::of_cases(&cases).unwrap();
    let seed = Draw {
        seed: b"x",
        vote: 0,
    };
    let said = |spec: &JudgeSpec, answer: &Answer, pool: Option<&ControlPool>| {
        let subject = Subject {
            case: &cases[0],
            answer,
        };
        let of = pool.map(|pool| ControlDraw { pool, round: 0 });
        match prepare_controlled(spec, subject, seed, None, of) {
            Prepared::Ask(ask) => ask
                .controls(&says(&ask, literal))
                .map(|said| said.said.len()),
            Prepared::Settled(_) | Prepared::Parts(_) => None,
        }
    };
    let mut spec = bundled_spec("groundedness");
    assert!(said(&spec, &answer, Some(&pool)) >= Some(3));
    assert_eq!(said(&spec, &answer, None), None);
    spec.controls = 2;
    assert_eq!(said(&spec, &answer, Some(&pool)), Some(2));
    spec.controls = 0;
    assert_eq!(said(&spec, &answer, Some(&pool)), None);
    assert_eq!(bundled_spec("answer_relevance").controls, 0);
}

#[test]
fn a_judge_of_facts_is_watched_by_the_answers_own_sentences() {
    let mut cases = cases();
    cases[0].expected_facts = vec!["Refunds take 14 days".to_owned()];
    let text = "Refunds are paid within 14 days of the return. The standard card is posted soon \
                after that.";
    let answer = answer(text, None);
    let pool = ControlPool::of_cases(&cases).unwrap();
    let spec = bundled_spec("correctness");
    let subject = Subject {
        case: &cases[0],
        answer: &answer,
    };
    let of = ControlDraw {
        pool: &pool,
        round: 0,
    };
    let seed = Draw {
        seed: b"x",
        vote: 0,
    };
    let Prepared::Ask(ask) = prepare_controlled(&spec, subject, seed, None, Some(of)) else {
        panic!()
    };
    let reply = |label: &str| {
        let items: Vec<_> = ask
            .ids()
            .into_iter()
            .map(|(id, _)| json!({"id": id, "label": label, "quote": null}))
            .collect();
        json!({"facts": items}).to_string()
    };
    let missed = |label: &str| ask.controls(&reply(label)).unwrap().missed();
    assert_eq!(missed("stated"), Some(ControlKind::Foreign));
    assert_eq!(missed("missing"), Some(ControlKind::Verbatim));
}

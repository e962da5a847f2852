//! Calls as they are written, and replies as they are read.

use groundgate_model::trial::Standing;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    spec::SecondOpinion,
    test_values::{answer, bundled_spec, case},
};

const PASSAGES: [&str; 3] = [
    "Refunds are paid within 14 days.",
    "Branches open at nine.",
    "Cards are free of charge.",
];

#[test]
fn a_cited_number_leads_back_to_the_passage_however_it_was_shuffled() {
    let spec = bundled_spec("groundedness");
    let case = case("How long?");
    let answer = answer("Refunds are paid within 14 days.", Some(&PASSAGES));
    let subject = Subject {
        case: &case,
        answer: &answer,
    };
    for vote in 0..6 {
        let Prepared::Ask(ask) = prepare(&spec, subject, Draw { seed: b"x", vote }) else {
            panic!()
        };
        let reply = json!({"claims": [{"id": "s1", "label": "supported",
            "passage": ask.shown_number(0), "quote": "paid within 14 days"}]});
        let outcomes = ask.read_reply(&reply.to_string()).expect("valid");
        let Some(Outcome::Scored(score)) = outcomes.get("groundedness") else {
            panic!()
        };
        let evidence = score.claims[0].evidence.clone().expect("evidence");
        assert_eq!(evidence.passage, 0);
        assert_eq!(
            &PASSAGES[0][evidence.start..evidence.end],
            "paid within 14 days"
        );
        let elsewhere = json!({"claims": [{"id": "s1", "label": "supported",
            "passage": ask.shown_number(1), "quote": "paid within 14 days"}]});
        let outcomes = ask.read_reply(&elsewhere.to_string()).expect("valid");
        assert!(
            matches!(outcomes["groundedness"], Outcome::Unscored(_)),
            "quoted from another passage"
        );
    }
}

#[test]
fn what_code_doubts_is_asked_again_and_the_second_reply_decides_it() {
    let spec = bundled_spec("groundedness");
    let case = case("How long?");
    let text = "Refunds are paid within 15 days. Branches open at nine.";
    let answer = answer(text, Some(&PASSAGES));
    let subject = Subject {
        case: &case,
        answer: &answer,
    };
    let draw = Draw {
        seed: b"x",
        vote: 0,
    };
    let Prepared::Ask(ask) = prepare(&spec, subject, draw) else {
        panic!()
    };
    let reply = |first: &str, second: &str| {
        let item = |id: &str, label: &str, passage: usize| {
            json!({"id": id, "passage": ask.shown_number(passage), "quote": PASSAGES[passage],
                "reason": "so", "label": label})
        };
        json!({"claims": [item("s1", first, 0), item("s2", second, 1)]}).to_string()
    };
    let first = ask.hear(&reply("supported", "supported")).expect("valid");
    let again = ask.look_again(first.doubts().expect("doubts"));
    let asked = &again.messages.last().expect("a message").text;
    assert!(asked.contains("- s1 was called `supported`: the quoted sentence has another number"));
    assert!(!asked.contains("s2"));
    let outcome = |second: &str| {
        let second = ask.hear(second).expect("valid");
        ask.outcomes(first.clone().corrected_by(second))["groundedness"].clone()
    };
    // It insists: neither its label nor the opposite counts.
    let Outcome::Scored(score) = outcome(&reply("supported", "supported")) else {
        panic!()
    };
    assert_eq!((score.value(), score.up_to()), (0.0, Some(1.0)));
    assert_eq!(score.claims[0].label, Label::Supported);
    assert_eq!(score.claims[0].standing(), Standing::Disputed);
    // It thinks better of it; what was not doubted stays as it was.
    let Outcome::Scored(score) = outcome(&reply("contradicted", "not-found")) else {
        panic!()
    };
    assert_eq!((score.value(), score.up_to()), (0.0, None));
    assert_eq!(score.claims[1].label, Label::Supported);
}

#[test]
fn a_second_opinion_flags_or_disputes_what_the_embedded_judge_does_not_find() {
    let case = case("How long?");
    let text = "Refunds are paid within 14 days in gold bars by the chief accountant, who travels \
        to every customer with a suitcase.";
    let answer = answer(text, Some(&PASSAGES));
    let subject = Subject {
        case: &case,
        answer: &answer,
    };
    for (wanted, expected) in [
        (SecondOpinion::Off, Standing::Settled),
        (SecondOpinion::Ask, Standing::Unverified),
        (SecondOpinion::Dispute, Standing::Disputed),
    ] {
        let mut spec = bundled_spec("groundedness");
        spec.second_opinion = wanted;
        let draw = Draw {
            seed: b"x",
            vote: 0,
        };
        let Prepared::Ask(ask) = prepare(&spec, subject, draw) else {
            panic!()
        };
        let reply = json!({"claims": [{"id": "s1", "label": "supported",
            "passage": ask.shown_number(0), "quote": "Refunds are paid within 14 days"}]});
        let hearing = ask.hear(&reply.to_string()).expect("valid");
        assert_eq!(hearing.doubts().is_some(), wanted != SecondOpinion::Off);
        let Outcome::Scored(score) = ask.outcomes(hearing)["groundedness"].clone() else {
            panic!()
        };
        assert_eq!(score.claims[0].standing(), expected, "{score:?}");
    }
}

#[test]
fn what_is_too_long_is_unscored_and_never_cut() {
    let case = case("How long?");
    let too_many = "It is so. ".repeat(81);
    let too_long = "x".repeat(200_001);
    for (text, passage) in [
        (too_many.as_str(), "p"),
        ("It is so indeed.", too_long.as_str()),
    ] {
        let spec = bundled_spec("groundedness");
        let answer = answer(text, Some(&[passage]));
        let prepared = prepare(
            &spec,
            Subject {
                case: &case,
                answer: &answer,
            },
            Draw { seed: b"", vote: 0 },
        );
        let Prepared::Settled(outcomes) = prepared else {
            panic!()
        };
        assert_eq!(
            outcomes.get("groundedness"),
            Some(&Outcome::Unscored(too_large()))
        );
    }
}

#[test]
fn asking_once_more_names_the_fault_and_repeats_nothing_of_the_reply() {
    let spec = bundled_spec("groundedness");
    let case = case("How long?");
    let answer = answer("It takes 14 days.", Some(&PASSAGES));
    let subject = Subject {
        case: &case,
        answer: &answer,
    };
    let Prepared::Ask(ask) = prepare(
        &spec,
        subject,
        Draw {
            seed: b"x",
            vote: 0,
        },
    ) else {
        panic!()
    };
    for reply in [
        "HOSTILE",
        r#"{"HOSTILE": 1}"#,
        r#"{"claims": [], "HOSTILE": 1}"#,
        r#"{"claims": [{"id": "HOSTILE", "label": "supported"}]}"#,
        r#"{"claims": [{"id": "s1", "label": "HOSTILE"}]}"#,
        r#"{"claims": [{"id": "s1", "label": "supported", "passage": "HOSTILE"}]}"#,
    ] {
        let fault = ask.read_reply(reply).expect_err(reply);
        let repair = ask.repair(&fault);
        assert_eq!(repair.messages.len(), 3);
        let last = &repair.messages.last().expect("a message").text;
        assert!(
            last.contains(&fault.for_model()) && !last.contains("HOSTILE"),
            "{last}"
        );
    }
}

proptest! {
    /// Whatever is asked, answered, retrieved and replied: an outcome for each metric or a fault.
    #[test]
    fn no_text_makes_it_panic(
        name in proptest::sample::select(vec!["groundedness", "answer_relevance", "correctness"]),
        question in any::<String>(),
        said in any::<String>(),
        passage in any::<String>(),
        reply in any::<String>(),
    ) {
        let mut case = case(&question);
        case.expected_facts = vec![passage.clone()];
        let answer = answer(&said, Some(&[&passage]));
        let subject = Subject { case: &case, answer: &answer };
        let spec = bundled_spec(name);
        match prepare(&spec, subject, Draw { seed: b"x", vote: 0 }) {
            Prepared::Settled(outcomes) => prop_assert_eq!(outcomes.len(), spec.metrics.len()),
            Prepared::Ask(ask) => prop_assert!(ask.read_reply(&reply).is_err()),
            Prepared::Parts(_) => prop_assert!(false, "these texts are short"),
        }
    }

    /// Labels for real ids with quotes of anything.
    #[test]
    fn no_quote_makes_it_panic(said in "\\PC{1,60}", passage in "\\PC{0,60}", quote in "\\PC{0,30}") {
        let spec = bundled_spec("groundedness");
        let case = case("How long?");
        let answer = answer(&said, Some(&[&passage]));
        let subject = Subject { case: &case, answer: &answer };
        if let Prepared::Ask(ask) = prepare(&spec, subject, Draw { seed: b"x", vote: 0 }) {
            let items: Vec<_> = ask.ids().iter().map(|(id, _)| {
                json!({"id": id, "label": "supported", "passage": 1, "quote": quote})
            }).collect();
            let outcomes = ask.read_reply(&json!({ "claims": items }).to_string()).expect("valid");
            prop_assert_eq!(outcomes.len(), 3);
        }
    }
}

#[test]
fn a_refusal_is_judged_only_where_it_may_be_wrong() {
    let refusal = answer("I'm sorry, but I don't have that information.", None);
    let settled = |name: &str, answerable| {
        let spec = bundled_spec(name);
        let mut case = case("How long?");
        case.answerable = answerable;
        case.expected_facts = vec!["It takes 14 days.".to_owned()];
        let subject = Subject {
            case: &case,
            answer: &refusal,
        };
        matches!(
            prepare(&spec, subject, Draw { seed: b"", vote: 0 }),
            Prepared::Settled(_)
        )
    };
    assert!(settled("groundedness", None) && settled("groundedness", Some(true)));
    for name in ["answer_relevance", "correctness"] {
        assert!(settled(name, Some(false)), "{name}");
        assert!(!settled(name, Some(true)) && !settled(name, None), "{name}");
    }
}

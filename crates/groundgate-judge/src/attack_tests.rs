//! A judge that obeys: every attack appended to answers known to be bad must not improve a score.

use groundgate_model::{eval_set::Case, trial::Outcome};

use super::{
    Ask, ClaimLevel, Draw, JudgeSpec, Mode, Outcomes, Prepared, ReplyFault, Splitting, Subject,
    attacks::{self, Attack},
    malformed, prepare, prepare_controlled, split,
    test_values::{answer, bundled_spec, case},
};

fn attacks() -> Vec<Attack> {
    attacks::read("attacks.jsonl", attacks::BUNDLED).expect("valid")
}

const PASSAGES: [&str; 2] = [
    "Refunds for card payments are paid within 14 days of the request. Refunds are free of charge.",
    "Requests are made in the app under Payments. Gift cards cannot be refunded.",
];

/// Answers that people would label bad, with what is wrong.
const BAD: [&str; 6] = [
    // Not in the passages.
    "Deposits are insured up to a high amount.",
    // A number off by one.
    "Card payments are refunded within 15 days.",
    // One good sentence, one bad.
    "Refunds are free of charge. The branch manager signs every contract.",
    // Invented detail.
    "The head office is open on Sundays from 8 to 12.",
    // Nothing of it.
    "Savings plans earn four percent.",
    // A list.
    "1. Visit a branch.\n2. Bring 3 photographs.",
];

/// How an obeying model replies: from the crudest to the most cunning.
#[derive(Debug, Clone, Copy)]
enum Obedience {
    /// Says what the attack says.
    Parrot,
    /// The best label for each id, no quote.
    BestLabel,
    /// The best label, with the claim itself as the quote.
    OwnWords,
    /// The best label, with the passage's first sentence as the quote.
    FirstSentence,
    /// The attack's words as the quote.
    AttackWords,
    /// Everything is no claim.
    NoClaims,
    /// A valid reply with a score beside it.
    ScoreBeside,
}

const OBEDIENCES: [Obedience; 7] = [
    Obedience::Parrot,
    Obedience::BestLabel,
    Obedience::OwnWords,
    Obedience::FirstSentence,
    Obedience::AttackWords,
    Obedience::NoClaims,
    Obedience::ScoreBeside,
];

fn obey(spec: &JudgeSpec, ask: &Ask<'_>, attack: &str, how: Obedience, first: &str) -> String {
    let (list, best) = match spec.mode {
        Mode::Claims => ("claims", "supported"),
        Mode::Facts | Mode::Rubric | Mode::Context | Mode::Pairwise => ("facts", "stated"),
    };
    let label = if let Obedience::NoClaims = how {
        "not-a-claim"
    } else {
        best
    };
    let quote = |claim: &str| match how {
        Obedience::OwnWords => Some(claim.to_owned()),
        Obedience::FirstSentence => Some(first.to_owned()),
        Obedience::AttackWords => Some(attack.to_owned()),
        Obedience::Parrot | Obedience::BestLabel | Obedience::NoClaims | Obedience::ScoreBeside => {
            None
        }
    };
    let items: Vec<serde_json::Value> = ask
        .ids()
        .iter()
        .map(|(id, claim)| {
            let mut item = serde_json::json!({ "id": id, "label": label, "quote": quote(claim) });
            if spec.mode == Mode::Claims {
                item["passage"] = ask.shown_number(0).into();
            }
            item
        })
        .collect();
    let mut reply = serde_json::json!({ list: items });
    if let Obedience::Parrot = how {
        return attack.to_owned();
    }
    if let Obedience::ScoreBeside = how {
        reply["score"] = 10.into();
    }
    reply.to_string()
}

fn judged(
    spec: &JudgeSpec,
    case: &Case,
    text: &str,
    reply: impl Fn(&Ask<'_>) -> Result<Outcomes, ReplyFault>,
) -> Outcomes {
    let answer = answer(text, Some(&PASSAGES));
    let subject = Subject {
        case,
        answer: &answer,
    };
    match prepare(
        spec,
        subject,
        Draw {
            seed: b"seed",
            vote: 0,
        },
    ) {
        Prepared::Settled(outcomes) => outcomes,
        Prepared::Ask(ask) => reply(&ask).unwrap_or_else(|fault| malformed(spec, &fault)),
        Prepared::Parts(_) => panic!("these passages are short"),
    }
}

/// What an outcome may count as, at worst and at best, in a gate.
fn improved(before: &Outcome, after: &Outcome) -> bool {
    match (before, after) {
        (Outcome::Scored(before), Outcome::Scored(after)) => after.value() > before.value(),
        (Outcome::Scored(before), Outcome::NotApplicable(_)) => before.value() < 1.0,
        _ => false,
    }
}

/// An honest judge's labels, from what is written above about each bad answer.
fn honest(ask: &Ask<'_>, spec: &JudgeSpec) -> Result<Outcomes, ReplyFault> {
    let items: Vec<serde_json::Value> = ask
        .ids()
        .iter()
        .map(|(id, claim)| match (spec.mode, claim.as_str()) {
            (Mode::Claims, "Refunds are free of charge.") => {
                let passage = ask.shown_number(0);
                serde_json::json!({"id": id, "label": "supported", "passage": passage, "quote": "Refunds are free of charge"})
            }
            (Mode::Claims, claim) if claim.contains("15 days") => {
                let passage = ask.shown_number(0);
                serde_json::json!({"id": id, "label": "contradicted", "passage": passage, "quote": "within 14 days"})
            }
            (Mode::Claims, _) => serde_json::json!({"id": id, "label": "not-found"}),
            _ => serde_json::json!({"id": id, "label": "missing"}),
        })
        .collect();
    let list = if spec.mode == Mode::Claims {
        "claims"
    } else {
        "facts"
    };
    ask.read_reply(&serde_json::json!({ list: items }).to_string())
}

/// How many attacks were tried, and which improved a score.
fn flips(name: &str) -> (usize, Vec<String>) {
    let spec = bundled_spec(name);
    let mut case = case("How do I get a refund?");
    case.expected_facts = vec![
        "Card payments are refunded within 14 days.".to_owned(),
        "Gift cards cannot be refunded.".to_owned(),
    ];
    let mut tried = 0;
    let mut flipped = Vec::new();
    for bad in BAD {
        let before = judged(&spec, &case, bad, |ask| honest(ask, &spec));
        let first = match spec.mode {
            Mode::Claims => "Refunds for card payments are paid within 14 days of the request",
            Mode::Facts | Mode::Rubric | Mode::Context | Mode::Pairwise => {
                bad.split(['.', '\n']).next().unwrap_or(bad)
            }
        };
        for (attack, how) in attacks()
            .iter()
            .flat_map(|attack| OBEDIENCES.map(|how| (attack, how)))
        {
            let text = format!("{bad} {}", attack.text);
            let after = judged(&spec, &case, &text, |ask| {
                ask.read_reply(&obey(&spec, ask, &attack.text, how, first))
            });
            tried += 1;
            for (metric, outcome) in &before {
                if improved(outcome, &after[metric]) {
                    flipped.push(format!(
                        "{metric} of {bad:?} by {}: {:?}, {how:?}",
                        attack.family, attack.text
                    ));
                }
            }
        }
    }
    (tried, flipped)
}

#[track_caller]
fn check(name: &str) {
    let (tried, flipped) = flips(name);
    assert!(tried > 1500, "{tried}");
    let examples: Vec<&String> = flipped.iter().take(5).collect();
    assert!(
        flipped.is_empty(),
        "{} of {tried}: {examples:#?}",
        flipped.len()
    );
}

#[test]
fn an_obeying_judge_of_claims_improves_no_bad_answer() {
    for name in [
        "groundedness",
        "faithfulness",
        "contradiction",
        "citation_correctness",
    ] {
        check(name);
    }
}

#[test]
fn an_obeying_judge_of_facts_improves_no_bad_answer() {
    check("correctness");
}

/// What an attack appends is judged too, and what stood before is still judged, unchanged.
#[test]
fn no_attack_removes_a_claim() {
    for bad in BAD {
        let before = super::units(bad);
        for attack in attacks() {
            let after = super::units(&format!("{bad} {}", attack.text));
            assert!(after.len() >= before.len(), "{bad} {}", attack.text);
        }
    }
}

#[test]
fn no_text_closes_its_own_fence() {
    let spec = bundled_spec("groundedness");
    let case = case("How do I get a refund?");
    for attack in attacks() {
        let answer = answer(&format!("{} {}", BAD[0], attack.text), Some(&PASSAGES));
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        let Prepared::Ask(ask) = prepare(
            &spec,
            subject,
            Draw {
                seed: b"seed",
                vote: 0,
            },
        ) else {
            panic!("{}", attack.text)
        };
        let user = &ask.request().messages[1].text;
        let marker = user
            .split_whitespace()
            .nth(6)
            .expect("a marker")
            .trim_end_matches('.');
        assert_eq!(marker.len(), 16);
        let begins = user.matches(&format!("<<<BEGIN {marker} ")).count();
        let ends = user.matches(&format!("<<<END {marker} ")).count();
        assert_eq!(begins, ends);
        assert_eq!(begins, 1 + PASSAGES.len() + ask.ids().len());
        assert!(!answer.text.contains(marker));
    }
}

/// How an obeying model takes a bad answer apart.
#[derive(Debug, Clone, Copy)]
enum Apart {
    /// Sentences as they stand.
    Whole,
    /// One true sentence for each.
    SomethingTrue,
    /// The attack's own words for each.
    AttackWords,
    /// A claim for each word.
    Words,
    /// Words that a passage has, behind the sentence's own.
    Padded,
    /// Words that a passage has, around each half of the sentence.
    Halves,
    /// The opposite.
    Denied,
    /// The one good sentence again and again, beside each.
    Repeated,
}

const APARTS: [Apart; 8] = [
    Apart::Whole,
    Apart::SomethingTrue,
    Apart::AttackWords,
    Apart::Words,
    Apart::Padded,
    Apart::Halves,
    Apart::Denied,
    Apart::Repeated,
];

const TRUE: &str = "Refunds are free of charge.";

fn apart(sentence: &str, attack: &str, how: Apart) -> Vec<String> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let (first, second) = words.split_at(words.len() / 2);
    match how {
        Apart::Whole => Vec::new(),
        Apart::SomethingTrue => vec![TRUE.to_owned()],
        Apart::AttackWords => vec![attack.to_owned()],
        Apart::Words => words.iter().map(|word| (*word).to_owned()).collect(),
        Apart::Padded => vec![format!("{sentence} {TRUE}")],
        Apart::Halves => [first, second]
            .map(|half| format!("{} refund free of charge", half.join(" ")))
            .to_vec(),
        Apart::Denied => vec![format!("It is wrong that {sentence}")],
        Apart::Repeated => std::iter::once(sentence.to_owned())
            .chain(std::iter::repeat_n(format!("{TRUE} {sentence}"), 9))
            .collect(),
    }
}

/// The outcomes of an answer that an obeying model takes apart and then labels.
fn taken_apart(
    spec: &JudgeSpec,
    case: &Case,
    (text, attack): (&str, &str),
    (how, label): (Apart, Obedience),
) -> Outcomes {
    let answer = answer(text, Some(&PASSAGES));
    let subject = Subject {
        case,
        answer: &answer,
    };
    let draw = Draw {
        seed: b"seed",
        vote: 0,
    };
    let Splitting::Ask(split) = split(spec, subject, draw) else {
        panic!("{text}: nothing to take apart");
    };
    let sentences: Vec<serde_json::Value> = (super::units(text).iter())
        .filter(|unit| split.asks_for(&unit.id))
        .map(|unit| serde_json::json!({"id": unit.id, "claims": apart(&unit.text, attack, how)}))
        .collect();
    let reply = serde_json::json!({ "sentences": sentences }).to_string();
    let claims = match split.read(&reply) {
        Ok(claims) => claims,
        Err(fault) => return malformed(spec, &fault),
    };
    let first = "Refunds are free of charge";
    match prepare_controlled(spec, subject, draw, Some(&claims), None) {
        Prepared::Settled(outcomes) => outcomes,
        Prepared::Ask(ask) => (ask.read_reply(&obey(spec, &ask, attack, label, first)))
            .unwrap_or_else(|fault| malformed(spec, &fault)),
        Prepared::Parts(_) => panic!("these passages are short"),
    }
}

#[test]
fn an_obeying_model_that_takes_answers_apart_improves_no_bad_one() {
    let case = case("How do I get a refund?");
    let spec = JudgeSpec {
        claims: ClaimLevel::Atomic,
        ..bundled_spec("groundedness")
    };
    let labels = [
        Obedience::OwnWords,
        Obedience::FirstSentence,
        Obedience::NoClaims,
    ];
    let ways = APARTS.map(|how| labels.map(|label| (how, label)));
    let (mut tried, mut read) = (0, 0);
    for bad in BAD {
        let before = judged(&spec, &case, bad, |ask| honest(ask, &spec));
        for attack in attacks() {
            let text = format!("{bad} {}", attack.text);
            for way in ways.iter().flatten() {
                let after = taken_apart(&spec, &case, (&text, &attack.text), *way);
                tried += 1;
                read += u32::from(!matches!(after["groundedness"], Outcome::Unscored(_)));
                for (metric, outcome) in &before {
                    let found = &after[metric];
                    assert!(
                        !improved(outcome, found),
                        "{metric} of {bad:?} by {:?}, {way:?}: {found:?}",
                        attack.text
                    );
                }
            }
        }
    }
    assert!(
        tried > 5000 && read > 500,
        "{tried}, of which {read} were read"
    );
}

//! Sentences taken apart by a model into atomic claims, and what code demands of them.
//!
//! A model that obeys its reader may lose what is wrong with an answer, or say something else instead.
//! So nothing may be lost and nothing gained: the claims of a sentence have all its numbers, its
//! content words and its negations; they have no number and no content word that neither the answer
//! nor the question has, deny nothing that the sentence does not deny, and each states something. What
//! states nothing is not taken apart. A reply that does otherwise is malformed.

use std::collections::BTreeSet;

use groundgate_model::{
    eval_set::Role,
    exchange::{ChatRequest, Message},
};
use serde_json::json;

use super::{
    claims::{self, Unit, without_apparatus},
    guard::{Known, check_not_a_claim},
    number::Numbers,
    prompt::{self, Draw, FENCE_RULES, Texts},
    proof::{implies_negation, is_negator},
    repair::once_more,
    reply::{self, ReplyFault},
    score::{Outcomes, too_large, unscored},
    settle::settle,
    spec::{ClaimLevel, JudgeSpec},
    subject::Subject,
    token::{Token, content_stems, is_content, stem, tokens},
};

/// More things are not stated by one sentence.
const CLAIMS_MAX: usize = 16;

/// The system message: the same for every answer.
const RULES: &str = "\
You take the sentences of an answer apart into atomic claims: each states one thing and can be \
understood by itself. Use the sentence's own words, every one of them that carries meaning, and leave \
no number, name, condition or negation out. Replace a pronoun by what it stands for, in words of the \
answer or the question. Add nothing else: no word, no number, no judgment of your own. For a sentence \
that already states one thing and can be understood by itself give an empty list. Whether a sentence \
is true is of no concern here.";

/// How the reply must look.
const REPLY_RULES: &str = "\
Reply with one JSON object and nothing before or after it:\n\
{\"sentences\": [{\"id\": \"s1\", \"claims\": [\"…\", \"…\"]}]}\n\
Give every sentence id exactly once.";

/// What a model is told that takes sentences apart.
pub(super) fn rules() -> String {
    [RULES, FENCE_RULES, REPLY_RULES].join("\n\n")
}

/// One call that takes an answer's sentences apart.
#[derive(Debug, Clone)]
pub struct Split<'a> {
    subject: Subject<'a>,
    units: Vec<Unit>,
    /// Those sentences that state something.
    ids: Vec<String>,
    request: ChatRequest,
}

/// What must happen before an answer's claims are labelled.
#[derive(Debug, Clone)]
pub enum Splitting<'a> {
    /// Nothing: the spec wants sentences as they stand, or there is nothing to take apart.
    None,
    /// A model takes the answer apart.
    Ask(Box<Split<'a>>),
    /// The answer is too long for that; these are its outcomes.
    TooLong(Outcomes),
}

/// What must happen before the answer's claims are labelled.
pub fn split<'a>(spec: &JudgeSpec, subject: Subject<'a>, draw: Draw<'_>) -> Splitting<'a> {
    if spec.claims == ClaimLevel::Sentences {
        return Splitting::None;
    }
    let units = claims::units_of(subject.answer);
    if settle(spec, subject, &units).is_some() {
        return Splitting::None;
    }
    let stating: Vec<Unit> = (units.iter())
        .filter(|unit| {
            unit.is_statement && check_not_a_claim(&unit.plain, &Known::default()).is_err()
        })
        .cloned()
        .collect();
    let request = request(spec, subject, draw, &stating);
    let length: usize = (request.messages.iter())
        .map(|message| message.text.chars().count())
        .sum();
    let ids: Vec<String> = stating.into_iter().map(|unit| unit.id).collect();
    if ids.is_empty() {
        return Splitting::None;
    }
    if length > spec.limits.characters {
        return Splitting::TooLong(unscored(spec, &too_large()));
    }
    Splitting::Ask(Box::new(Split {
        subject,
        units,
        ids,
        request,
    }))
}

fn request(
    spec: &JudgeSpec,
    subject: Subject<'_>,
    draw: Draw<'_>,
    stating: &[Unit],
) -> ChatRequest {
    let texts = Texts {
        case: subject.case,
        answer: &subject.answer.text,
        passages: &[],
        units: stating,
    };
    let marker = prompt::marker(&texts, &prompt::subject_digest(&texts, draw).to_string());
    let fence = |name: &str, text: &str| prompt::fence(&marker, name, text);
    let sentences: Vec<String> = (stating.iter())
        .map(|unit| fence(&format!("sentence {}", unit.id), &unit.text))
        .collect();
    let user = format!(
        "The marker of this call is {marker}.\n\nThe question:\n\n{}\n\nThe whole answer:\n\n{}\n\n\
         The sentences to be taken apart:\n\n{}\n\nTake every sentence apart.",
        fence("question", &prompt::conversation(subject.case)),
        fence("answer", texts.answer),
        sentences.join("\n\n")
    );
    let ids: Vec<&str> = stating.iter().map(|unit| unit.id.as_str()).collect();
    let items = [
        ("id", json!({ "type": "string", "enum": ids })),
        (
            "claims",
            json!({ "type": "array", "items": { "type": "string" } }),
        ),
    ];
    let message = |role, text| Message { role, text };
    ChatRequest {
        messages: vec![message(None, rules()), message(Some(Role::User), user)],
        max_output_tokens: spec.sampling.max_output_tokens,
        temperature: spec.sampling.temperature,
        seed: spec.sampling.seed,
        json_schema: Some((
            "atomic_claims".to_owned(),
            prompt::list_schema("sentences", &items),
        )),
    }
}

impl Split<'_> {
    /// What is to be sent.
    pub const fn request(&self) -> &ChatRequest {
        &self.request
    }

    /// What is to be sent after a fault: the same call, with the fault named.
    pub fn repair(&self, fault: &ReplyFault) -> ChatRequest {
        once_more(&self.request, fault)
    }

    /// Reads a reply: the claims `c1.1`, `c1.2`, … in the order of the answer, where a sentence that was
    /// not taken apart is its own claim; or what is wrong with it.
    pub fn read(&self, text: &str) -> Result<Vec<Unit>, ReplyFault> {
        let mut said = self
            .ids
            .iter()
            .zip(reply::read_claims(text, &self.ids)?)
            .peekable();
        let allowed = Allowed::of(self.subject);
        let mut all = Vec::new();
        for (unit, number) in self.units.iter().zip(1_usize..) {
            let claims = said
                .next_if(|(id, _)| **id == unit.id)
                .map(|(_, claims)| claims);
            let claims = claims.unwrap_or_default();
            allowed.check(unit, &claims)?;
            let whole = claims.is_empty().then(|| unit.text.clone());
            let texts = claims.into_iter().chain(whole);
            all.extend(texts.zip(1_usize..).map(|(text, place)| Unit {
                id: format!("c{number}.{place}"),
                plain: without_apparatus(&text),
                text,
                ..unit.clone()
            }));
        }
        Ok(all)
    }
}

/// What a claim may hold.
struct Allowed {
    words: BTreeSet<String>,
    numbers: Numbers,
}

impl Allowed {
    fn of(subject: Subject<'_>) -> Self {
        let case = subject.case;
        let history = case.history.iter().map(|turn| turn.text.as_str());
        let texts: Vec<&str> = history
            .chain([case.question.as_str(), subject.answer.text.as_str()])
            .collect();
        Self {
            words: texts.iter().flat_map(|text| content_stems(text)).collect(),
            numbers: Numbers::of(texts.iter().copied()),
        }
    }

    /// Whether the claims are the sentence, taken apart; none stand for the sentence itself.
    fn check(&self, unit: &Unit, claims: &[String]) -> Result<(), ReplyFault> {
        let fault = |fault| {
            Err(ReplyFault::Claims {
                id: unit.id.clone(),
                fault,
            })
        };
        if claims.is_empty() {
            return Ok(());
        }
        if claims.len() > CLAIMS_MAX {
            return fault("are more than one sentence can state");
        }
        if claims
            .iter()
            .any(|claim| check_not_a_claim(&without_apparatus(claim), &Known::default()).is_ok())
        {
            return fault("include one that states nothing");
        }
        let together = claims.join("\n");
        if !kept(&together).is_superset(&kept(&unit.text)) {
            return fault("lose a word, a number or a negation of the sentence");
        }
        if !denied(&unit.text).is_superset(&denied(&together)) {
            return fault("deny what the sentence does not deny");
        }
        let is_known = |claim: &String| {
            self.numbers
                .first_unknown(&without_apparatus(claim))
                .is_none()
                && content_stems(claim).is_subset(&self.words)
        };
        if !claims.iter().all(is_known) {
            return fault(
                "bring a word or a number that is neither in the answer nor in the question",
            );
        }
        let sentence = words(&unit.text);
        let adds = |claim: &String| words(claim).is_disjoint(&sentence);
        if claims.iter().any(adds) {
            return fault("include one that is not of this sentence");
        }
        Ok(())
    }
}

fn carries_meaning(token: &Token) -> bool {
    token.is_number() || is_content(token) || is_negator(&token.text)
}

fn words_where(text: &str, is_meant: impl Fn(&Token) -> bool) -> BTreeSet<String> {
    // Numbers of list items and of citations state nothing.
    let tokens = tokens(&without_apparatus(text))
        .into_iter()
        .filter(is_meant);
    let folded = |token: Token| {
        if token.is_number() {
            token.text
        } else {
            stem(&token.text).to_owned()
        }
    };
    tokens.map(folded).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    words_where(text, |token| token.is_number() || is_content(token))
}

/// What must not be lost.
fn kept(text: &str) -> BTreeSet<String> {
    words_where(text, carries_meaning)
}

/// What reverses a statement.
fn denied(text: &str) -> BTreeSet<String> {
    words_where(text, |token| {
        is_negator(&token.text) || implies_negation(&token.text)
    })
}

/// The words and numbers of a claim that its sentence has, too, in the claim's order.
pub(super) fn own_words(claim: &str, sentence: &str) -> String {
    let there: BTreeSet<String> = words_where(sentence, |_| true);
    let own: Vec<String> = (tokens(claim).into_iter())
        .filter(|token| there.contains(&token.text) || there.contains(stem(&token.text)))
        .map(|token| token.text)
        .collect();
    own.join(" ")
}

#[cfg(test)]
impl Split<'_> {
    /// Whether the sentence is to be taken apart.
    pub(crate) fn asks_for(&self, id: &str) -> bool {
        self.ids.iter().any(|asked| asked == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_values::{answer, bundled_spec, case};

    const ANSWER: &str =
        "The Basic plan costs 5 EUR and it is not sold to students. Thanks! It ends after 30 days.";

    fn atomic() -> JudgeSpec {
        JudgeSpec {
            claims: ClaimLevel::Atomic,
            ..bundled_spec("groundedness")
        }
    }

    fn read(first: &[&str], last: &[&str]) -> Result<Vec<Unit>, ReplyFault> {
        let (spec, case, answer) = (
            atomic(),
            case("What does the plan cost?"),
            answer(ANSWER, Some(&["x"])),
        );
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        let Splitting::Ask(split) = split(&spec, subject, Draw { seed: b"", vote: 0 }) else {
            panic!("it is taken apart")
        };
        assert_eq!(split.ids, ["s1", "s3"], "thanks state nothing");
        let items = json!([{"id": "s3", "claims": last}, {"id": "s1", "claims": first}]);
        split.read(&json!({ "sentences": items }).to_string())
    }

    #[test]
    fn sentences_are_taken_apart_with_pronouns_resolved() {
        let claims = [
            "The Basic plan costs 5 EUR.",
            "The Basic plan is not sold to students.",
        ];
        let units = read(&claims, &["The Basic plan ends after 30 days."]).unwrap();
        let shown: Vec<(&str, &str)> = units
            .iter()
            .map(|unit| (unit.id.as_str(), unit.text.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("c1.1", claims[0]),
                ("c1.2", claims[1]),
                ("c2.1", "Thanks!"),
                ("c3.1", "The Basic plan ends after 30 days."),
            ]
        );
        assert_eq!(ANSWER.get(units[1].start..units[1].end), ANSWER.get(..58));
        let whole = read(&[], &[]).unwrap();
        assert_eq!(whole[2].text, "It ends after 30 days.");
        assert!(kept("1. It costs 5 EUR [2].").is_subset(&kept("It costs 5 EUR")));
        assert_eq!(
            own_words(
                "The Basic plan ends after 30 days.",
                "It ends after 30 days."
            ),
            "ends after 30 days"
        );
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_gained() {
        let good = "The Basic plan costs 5 EUR.";
        for (claims, fault) in [
            (&[good][..], "lose a word"),
            (
                &[good, "The Basic plan is sold to students."],
                "lose a word",
            ),
            (
                &["The Basic plan costs EUR and is not sold to students."],
                "lose a word",
            ),
            (
                &[good, "It is not sold to students.", "It costs 6 EUR."],
                "bring a word or a number",
            ),
            (
                &[good, "It is not sold to students, says the manager."],
                "bring a word or a number",
            ),
            (
                &[good, "It is not sold to students.", "Thanks!"],
                "states nothing",
            ),
            (
                &[good, "It is not sold to students.", "Sold to students?"],
                "states nothing",
            ),
            (
                &["It is wrong that the Basic plan costs 5 EUR and is not sold to students."],
                "deny what",
            ),
            (
                &[
                    good,
                    "It is not sold to students.",
                    "It ends after 30 days.",
                ],
                "not of this sentence",
            ),
            (&[good; 17], "more than one sentence"),
        ] {
            let found = read(claims, &[]).expect_err("refused");
            assert!(found.to_string().contains(fault), "{claims:?}: {found}");
            assert!(found.for_model().contains("the claims of s1"), "{found}");
        }
        let found = read(&[], &["It never ends after 30 days."]).expect_err("refused");
        assert!(found.to_string().contains("deny what"), "{found}");
    }

    #[test]
    fn what_code_settles_is_not_taken_apart() {
        let (spec, case) = (atomic(), case("?"));
        for (text, passages) in [
            ("", Some(&["x"][..])),
            ("It is 5 EUR.", Some(&[])),
            ("Thanks!", Some(&["x"])),
        ] {
            let answer = answer(text, passages);
            let subject = Subject {
                case: &case,
                answer: &answer,
            };
            let found = split(&spec, subject, Draw { seed: b"", vote: 0 });
            assert!(matches!(found, Splitting::None), "{text}");
        }
        // Nor is it labelled sentence by sentence where it is too long.
        let mut short = atomic();
        short.limits.characters = 100;
        let answer = answer(ANSWER, Some(&["x"]));
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        assert!(matches!(
            split(&short, subject, Draw { seed: b"", vote: 0 }),
            Splitting::TooLong(_)
        ));
    }
}

//! The embedded judge as a judge: outcomes without a model, a key or a network.
//!
//! Every explanation names it, so that nobody mistakes it for a language model's opinion. It shares
//! the rules of [`super::ask`] about answers with nothing to judge.

use std::collections::BTreeMap;

use groundgate_model::{
    exchange::Answer,
    manifest::Manifest,
    trial::{ClaimFinding, DataType, Label, MetricSpec, Outcome, Reason, Unscored},
    unit::UnitInterval,
};

use super::{
    claims::{self, says_something},
    embedded::EmbeddedJudge,
    refusal::declines,
    score::{self, Outcomes},
    spec::{KNOWN_METRICS, PARSER_VERSION, Reading, known_metric},
    subject::Subject,
    token::content_stems,
};

/// A sentence stays supported only with a place that supports it: the weights alone prove nothing.
fn proven(mut claim: ClaimFinding) -> ClaimFinding {
    if claim.label == Label::Supported && claim.evidence.is_none() {
        claim.label = Label::NotFound;
        claim.reasons = vec![Reason::Note("no passage has it".to_owned())];
    }
    claim
}

/// The probability that all of an answer is grounded, as a metric: no verdict by itself, but what makes
/// people's labels go further.
const SUPPORT: &str = "support";

fn support_metric() -> MetricSpec {
    MetricSpec::score(SUPPORT, DataType::Fraction)
}

fn support(ungrounded: f64) -> Outcome {
    let support = (1.0 - ungrounded).clamp(0.0, 1.0);
    let why = format!("all of it is grounded with probability {support:.2}");
    score::scored(&support_metric(), support, why, Vec::new())
}

/// What every explanation begins with.
const NAME: &str = "embedded judge (lexical evidence, not an LLM)";

/// The embedded judge with the metrics it yields.
#[derive(Debug)]
pub struct OfflineJudge {
    embedded: EmbeddedJudge,
}

impl OfflineJudge {
    /// From the engine that finds evidence.
    pub const fn new(embedded: EmbeddedJudge) -> Self {
        Self { embedded }
    }

    /// Everything it can measure.
    pub fn metrics() -> Vec<MetricSpec> {
        KNOWN_METRICS
            .iter()
            .filter_map(|(name, _, _)| known_metric(name))
            .chain([support_metric()])
            .collect()
    }

    /// Everything that can change a score: the engine, its weights, and the parser's version.
    pub fn manifest(&self) -> Manifest {
        self.embedded.manifest().with("parser", PARSER_VERSION)
    }

    /// For reports.
    pub const fn title() -> &'static str {
        NAME
    }

    /// One outcome for each of [`Self::metrics`].
    pub fn judge(&self, subject: Subject<'_>) -> Outcomes {
        let mut outcomes = self.claims(subject);
        outcomes.insert("correctness".to_owned(), self.correctness(subject));
        outcomes.insert("answer_relevance".to_owned(), relevance(subject));
        outcomes
    }

    fn claims(&self, subject: Subject<'_>) -> Outcomes {
        let outcome = match settled(subject.answer) {
            Some(outcome) => Err(outcome),
            None => Ok(self.ledger(subject)),
        };
        let mut outcomes = BTreeMap::new();
        let support = match &outcome {
            Err(outcome) => outcome.clone(),
            Ok((_, ungrounded)) => support(*ungrounded),
        };
        outcomes.insert(SUPPORT.to_owned(), signed(support));
        let outcome = outcome.map(|(ledger, _)| ledger);
        for (name, _, reading) in KNOWN_METRICS {
            let Some(metric) = known_metric(name) else {
                continue;
            };
            if matches!(reading, Reading::LabelValue | Reading::Recall) {
                continue;
            }
            let found = match &outcome {
                Err(outcome) => outcome.clone(),
                Ok(ledger) => {
                    score::of_claims(&metric, reading, ledger).unwrap_or_else(nothing_claimed)
                }
            };
            outcomes.insert(metric.name, signed(found));
        }
        outcomes
    }

    /// The claims with their labels, and the probability that something is not grounded.
    fn ledger(&self, subject: Subject<'_>) -> (Vec<ClaimFinding>, f64) {
        let passages = subject.answer.passages.iter().flatten();
        let passages: Vec<&str> = passages.map(|passage| passage.text.as_str()).collect();
        let question = subject.case.question.as_str();
        let reading = self
            .embedded
            .read(question, &subject.answer.text, &passages);
        let claims = reading.sentences.into_iter();
        let claims = claims.map(|sentence| proven(sentence.finding));
        (claims.collect(), reading.ungrounded)
    }

    fn correctness(&self, subject: Subject<'_>) -> Outcome {
        let answer = subject.answer.text.as_str();
        let Some(metric) = known_metric("correctness") else {
            return Outcome::Unscored(Unscored::NotRun);
        };
        if subject.case.answerable == Some(false) && declines(subject.answer) {
            return Outcome::NotApplicable("refused, rightly".to_owned());
        }
        let findings: Vec<ClaimFinding> = claims::facts(subject.case)
            .into_iter()
            .map(|fact| self.fact(fact, answer))
            .collect();
        let outcome = score::of_facts(&metric, findings)
            .unwrap_or_else(|| Outcome::NotApplicable("the case expects no facts".to_owned()));
        signed(outcome)
    }

    fn fact(&self, fact: claims::Unit, answer: &str) -> ClaimFinding {
        let support = self.embedded.support(&fact.text, answer);
        ClaimFinding {
            of: fact.of,
            id: fact.id,
            text: fact.text,
            start: fact.start,
            end: fact.end,
            label: support.label,
            evidence: None,
            reasons: support.reasons.into_iter().map(Reason::Note).collect(),
        }
    }
}

/// What needs no look at claims.
fn settled(answer: &Answer) -> Option<Outcome> {
    if !says_something(&answer.text) {
        Some(Outcome::NotApplicable("the answer is empty".to_owned()))
    } else if declines(answer) {
        Some(Outcome::NotApplicable("the answer is a refusal".to_owned()))
    } else if answer.passages.is_none() {
        Some(Outcome::Unscored(Unscored::InputMissing("passages".into())))
    } else {
        None
    }
}

fn nothing_claimed() -> Outcome {
    Outcome::NotApplicable("the answer claims nothing".to_owned())
}

/// The same outcome with the instrument's name in front of its words.
fn signed(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Scored(mut score) => {
            score.explanation = format!("{NAME}: {}", score.explanation);
            Outcome::Scored(score)
        }
        Outcome::NotApplicable(why) => Outcome::NotApplicable(format!("{NAME}: {why}")),
        unscored @ Outcome::Unscored(_) => unscored,
    }
}

/// The share of the question's content words that the answer takes up; 0 for an empty answer and
/// for a refusal of something answerable. Words only: an answer that repeats the question scores 1.
fn relevance(subject: Subject<'_>) -> Outcome {
    let Some(metric) = known_metric("answer_relevance") else {
        return Outcome::Unscored(Unscored::NotRun);
    };
    let answer = subject.answer.text.as_str();
    let refused = declines(subject.answer);
    let worst = |why: &str| score::scored(&metric, 0.0, why.to_owned(), Vec::new());
    let asked = content_stems(&subject.case.question);
    let taken_up = asked.intersection(&content_stems(answer)).count();
    let outcome = match UnitInterval::ratio(taken_up, asked.len()) {
        _ if !says_something(answer) && !refused => worst("the answer is empty"),
        _ if refused && subject.case.answerable == Some(false) => {
            Outcome::NotApplicable("refused, rightly".to_owned())
        }
        _ if refused => worst("the answer is a refusal"),
        None => Outcome::NotApplicable("the question has no content words".to_owned()),
        Some(share) => {
            let why = format!(
                "{taken_up} of {} content words of the question taken up",
                asked.len()
            );
            score::scored(&metric, share.value(), why, Vec::new())
        }
    };
    signed(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_values::{answer, case, value};

    const PASSAGES: [&str; 2] = [
        "Refunds for card payments are paid within 14 days of the request. Refunds are free of charge.",
        "A request for a refund must be made in the app under Payments.",
    ];

    fn judge() -> OfflineJudge {
        OfflineJudge::new(EmbeddedJudge::bundled().expect("the bundled model"))
    }

    #[track_caller]
    fn check(
        text: &str,
        passages: Option<&[&str]>,
        expected: [(&str, Option<f64>); 3],
    ) -> Outcomes {
        let mut case = case("How do I get a refund for a card payment?");
        case.expected_facts = vec!["Refunds are paid within 14 days.".to_owned()];
        let answer = answer(text, passages);
        let outcomes = judge().judge(Subject {
            case: &case,
            answer: &answer,
        });
        for (metric, wanted) in expected {
            assert_eq!(
                value(outcomes.get(metric)),
                wanted,
                "{metric}: {:?}",
                outcomes.get(metric)
            );
        }
        outcomes
    }

    #[test]
    fn it_yields_exactly_its_metrics_and_signs_them() {
        let outcomes = check(
            "Refunds for card payments are paid within 14 days.",
            Some(&PASSAGES),
            [
                ("groundedness", Some(1.0)),
                ("correctness", Some(1.0)),
                ("no_contradiction", Some(1.0)),
            ],
        );
        let names: Vec<String> = OfflineJudge::metrics()
            .into_iter()
            .map(|metric| metric.name)
            .collect();
        assert_eq!(outcomes.len(), names.len());
        for name in names {
            match outcomes.get(&name) {
                Some(Outcome::Scored(score)) => {
                    assert!(score.explanation.starts_with(NAME), "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_the_passages_do_not_say_is_not_grounded() {
        check(
            "Deposits are insured by the national guarantee scheme.",
            Some(&PASSAGES),
            [
                ("groundedness", Some(0.0)),
                ("faithfulness", Some(0.0)),
                ("correctness", Some(0.0)),
            ],
        );
        check(
            "Refunds for card payments are paid within 15 days.",
            Some(&PASSAGES),
            [
                ("groundedness", Some(0.0)),
                ("no_contradiction", Some(0.0)),
                ("correctness", Some(0.0)),
            ],
        );
    }

    #[test]
    fn nothing_to_judge_is_no_score() {
        for text in ["", " ... ", "I'm sorry, but I don't have that information."] {
            check(
                text,
                Some(&PASSAGES),
                [
                    ("groundedness", None),
                    ("faithfulness", None),
                    ("answer_relevance", Some(0.0)),
                ],
            );
        }
        let outcomes = check(
            "Refunds are free of charge.",
            None,
            [
                ("groundedness", None),
                ("no_contradiction", None),
                ("correctness", Some(0.0)),
            ],
        );
        let missing = Outcome::Unscored(Unscored::InputMissing("passages".into()));
        assert_eq!(outcomes.get("groundedness"), Some(&missing));
    }

    #[test]
    fn relevance_counts_words_and_knows_a_right_refusal() {
        let mut case = case("How do I cancel my card?");
        let relevance = |case: &groundgate_model::eval_set::Case, text: &str| {
            let answer = answer(text, None);
            value(Some(&relevance(Subject {
                case,
                answer: &answer,
            })))
        };
        assert_eq!(relevance(&case, "Cancel the card in the app."), Some(1.0));
        assert_eq!(relevance(&case, "Cards are blue."), Some(0.5));
        assert_eq!(relevance(&case, "Savings earn interest."), Some(0.0));
        let refusal = "I'm sorry, but I don't have that information.";
        assert_eq!(relevance(&case, refusal), Some(0.0));
        case.answerable = Some(false);
        assert_eq!(relevance(&case, refusal), None);
    }

    #[test]
    fn a_number_from_nowhere_and_a_sentence_without_a_place_are_never_supported() {
        for text in [
            "Refunds for card payments are paid within 41 days of the request.",
            "Refunds for card payments are paid within 15 days of the request.",
        ] {
            let zero = |metric| (metric, Some(0.0));
            check(
                text,
                Some(&PASSAGES),
                ["groundedness", "faithfulness", "correctness"].map(zero),
            );
        }
    }
}

//! Known cases: answers that a judge must get right before anybody relies on it.
//!
//! One JSON object a line, beside the spec as `<name>.cases.jsonl`. A case with recorded replies is
//! played through prompt, parsing, guards and scores without a model; `judge check` asks the model
//! itself. A spec whose known cases never expect a bad value proves nothing and is refused.

use std::collections::BTreeMap;

use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    eval_set::Case,
    exchange::{Answer, Passage, Timing, Usage},
    trial::{Cell, Outcome, Unscored, meant},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    ask::{Prepared, prepare_in},
    panel::{Vote, combine},
    prompt::Draw,
    reply::ReplyFault,
    score::{Outcomes, unscored},
    spec::{JudgeSpec, OnMalformed, PassageOrder},
    subject::Subject,
};

/// How far a value may be from the expected one: thirds are written with few digits.
const TOLERANCE: f64 = 0.005;

/// One known case.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownCase {
    /// For people.
    pub name: String,
    /// Question and expected facts.
    pub case: Case,
    /// The answer to be judged.
    pub answer: Answer,
    /// Replies to be played, in the order they are asked for; empty where only a model can tell.
    pub replies: Vec<String>,
    /// By metric.
    pub expect: BTreeMap<String, Expectation>,
}

/// What a metric of a known case must come out as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expectation {
    /// This value.
    Value(f64),
    /// No value, though there should be one.
    Unscored,
    /// Nothing to judge.
    NotApplicable,
}

/// The line as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    question: String,
    passages: Option<Vec<String>>,
    answer: String,
    #[serde(default)]
    expected_facts: Vec<String>,
    reference_answer: Option<String>,
    answerable: Option<bool>,
    #[serde(default)]
    replies: Vec<Value>,
    expect: BTreeMap<String, Value>,
}

/// Reads known cases; `file` is their name for messages.
pub fn read(file: &str, source: &str) -> Result<Vec<KnownCase>, Mistakes> {
    let mut cases: Vec<KnownCase> = Vec::new();
    let mut mistakes = Vec::new();
    for (number, text) in (1_usize..).zip(source.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        match read_line(text) {
            Ok(case) if cases.iter().any(|known| known.name == case.name) => {
                let message = format!("the name `{}` comes twice", case.name);
                mistakes.push(Mistake::in_file(file, message).on_line(number));
            }
            Ok(case) => cases.push(case),
            Err(message) => mistakes.push(Mistake::in_file(file, message).on_line(number)),
        }
    }
    if mistakes.is_empty() {
        Ok(cases)
    } else {
        Err(Mistakes(mistakes))
    }
}

fn read_line(text: &str) -> Result<KnownCase, String> {
    let line: Line =
        serde_json::from_str(text).map_err(|error| format!("not a known case: {error}"))?;
    let expect: Result<BTreeMap<_, _>, String> = line
        .expect
        .into_iter()
        .map(|(metric, value)| Ok((metric, expectation(&value)?)))
        .collect();
    let passages = line.passages.map(|texts| {
        texts
            .into_iter()
            .map(|text| Passage {
                id: None,
                text,
                source: None,
            })
            .collect()
    });
    Ok(KnownCase {
        case: Case {
            id: line.name.clone(),
            history: Vec::new(),
            question: line.question,
            reference_answer: line.reference_answer,
            expected_facts: line.expected_facts,
            expected_documents: Vec::new(),
            answerable: line.answerable,
            tags: BTreeMap::new(),
            cluster: None,
            critical: false,
        },
        answer: Answer {
            text: line.answer,
            passages,
            usage: Usage::default(),
            cost: None,
            model: None,
            finish_reason: None,
            ending: groundgate_model::exchange::Ending::Unknown,
            thinking: None,
            timing: Timing::default(),
        },
        name: line.name,
        replies: line.replies.iter().map(reply_text).collect(),
        expect: expect?,
    })
}

/// A reply is written as the object itself, or as a text where it is no valid reply.
fn reply_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn expectation(value: &Value) -> Result<Expectation, String> {
    match (value.as_f64(), value.as_str()) {
        (Some(number), _) => Ok(Expectation::Value(number)),
        (None, Some("unscored")) => Ok(Expectation::Unscored),
        (None, Some("not-applicable")) => Ok(Expectation::NotApplicable),
        _ => Err("`expect` holds numbers, \"unscored\" or \"not-applicable\"".to_owned()),
    }
}

/// Whether known cases can tell a good judge from a bad one: each expects something, of metrics that
/// the judge yields; some expect the best value, some the worst; and recorded replies come out as
/// expected.
pub fn check(file: &str, spec: &JudgeSpec, cases: &[KnownCase]) -> Result<(), Mistakes> {
    let mut mistakes = Vec::new();
    let mut say = |message: String| mistakes.push(Mistake::in_file(file, message));
    for case in cases {
        if case.expect.is_empty() {
            say(format!("the case `{}` expects nothing", case.name));
        }
        for metric in case.expect.keys() {
            if !spec
                .metrics
                .iter()
                .any(|judged| judged.metric.name == *metric)
            {
                say(format!(
                    "the case `{}` expects `{metric}`, which the judge does not yield",
                    case.name
                ));
            }
        }
        if let Some(outcomes) = case.replay(spec) {
            for mismatch in case.mismatches(&outcomes) {
                say(mismatch);
            }
        }
    }
    for judged in &spec.metrics {
        let name = &judged.metric.name;
        for (value, word) in [
            (judged.metric.worst(), "worst"),
            (judged.metric.best(), "best"),
        ] {
            let Some(value) = value else { continue };
            if !cases.iter().any(|case| case.expects(name, value)) {
                say(format!(
                    "no case expects the {word} value of `{name}`: the cases cannot tell a good judge from a bad one"
                ));
            }
        }
    }
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(Mistakes(mistakes))
    }
}

impl KnownCase {
    /// The same with what it expects under the names that the judge's metrics have now.
    #[must_use]
    pub fn of_judge(mut self, spec: &JudgeSpec) -> Self {
        let yields = |name: &str| (spec.metrics.iter()).any(|judged| judged.metric.name == name);
        let expect = self.expect.into_iter();
        self.expect = expect
            .map(|(metric, expected)| (meant(&metric, yields).into_owned(), expected))
            .collect();
        self
    }

    /// What a runner judges.
    pub const fn subject(&self) -> Subject<'_> {
        Subject {
            case: &self.case,
            answer: &self.answer,
        }
    }

    fn expects(&self, metric: &str, value: f64) -> bool {
        matches!(self.expect.get(metric), Some(Expectation::Value(expected)) if near(*expected, value))
    }

    /// The outcomes with the recorded replies; `None` where a model must be asked and none is
    /// recorded.
    pub fn replay(&self, spec: &JudgeSpec) -> Option<Outcomes> {
        let draw = Draw { seed: &[], vote: 0 };
        let ask = match prepare_in(spec, self.subject(), draw, PassageOrder::AsGiven) {
            Prepared::Settled(outcomes) => return Some(outcomes),
            Prepared::Ask(ask) => ask,
            Prepared::Parts(_) => return None,
        };
        let may_ask_again = spec.on_malformed == OnMalformed::AskOnceMore;
        let second = self.replies.get(1).filter(|_| may_ask_again);
        let last = match (ask.hear(self.replies.first()?), second) {
            (Err(_), Some(second)) => ask.hear(second),
            (Ok(first), Some(second)) if first.doubts().is_some() => Ok(match ask.hear(second) {
                Ok(second) => first.corrected_by(second),
                Err(_) => first,
            }),
            (first, _) => first,
        };
        let last = last.map(|hearing| ask.outcomes(hearing));
        let vote = last.unwrap_or_else(|fault| malformed(spec, &fault));
        let vote = Vote {
            juror: "",
            is_asked: true,
            outcomes: vote,
        };
        let votes = usize::try_from(spec.votes).unwrap_or(1);
        Some(combine(spec, &vec![vote; votes]))
    }

    /// Whether a model that is asked can meet what the case expects of the metric: a recorded reply
    /// may be malformed or without proof on purpose, which no real one needs to be.
    pub fn asks_of_a_model(&self, metric: &str) -> bool {
        let unscored = self.expect.get(metric) == Some(&Expectation::Unscored);
        !unscored || self.replies.is_empty()
    }

    /// What came out otherwise than expected, in words.
    pub fn mismatches(&self, outcomes: &Outcomes) -> Vec<String> {
        self.expect
            .iter()
            .filter_map(|(metric, expected)| {
                let (holds, found) = match (outcomes.get(metric), expected) {
                    (Some(Outcome::Scored(score)), Expectation::Value(value)) => {
                        (near(score.value(), *value), score.value().to_string())
                    }
                    (Some(Outcome::Scored(score)), _) => (false, score.value().to_string()),
                    (Some(Outcome::NotApplicable(why)), expected) => (
                        *expected == Expectation::NotApplicable,
                        format!("not applicable ({why})"),
                    ),
                    (Some(Outcome::Unscored(reason)), expected) => (
                        *expected == Expectation::Unscored,
                        format!("unscored ({reason})"),
                    ),
                    (None, _) => (false, "nothing".to_owned()),
                };
                (!holds).then(|| {
                    format!(
                        "the case `{}` expects `{metric}` to be {expected}, found {found}",
                        self.name
                    )
                })
            })
            .collect()
    }
}

impl Expectation {
    /// Whether a stored outcome is as expected.
    pub fn is_met(self, cell: &Cell) -> bool {
        match (self, cell) {
            (Self::Value(expected), Cell::Scored(value)) => near(expected, *value),
            (Self::Unscored, Cell::Unscored(_)) | (Self::NotApplicable, Cell::NotApplicable) => {
                true
            }
            _ => false,
        }
    }
}

/// The outcomes of a vote whose replies stayed malformed.
pub fn malformed(spec: &JudgeSpec, fault: &ReplyFault) -> Outcomes {
    unscored(spec, &Unscored::ReplyMalformed(fault.to_string().into()))
}

impl std::fmt::Display for Expectation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Unscored => f.write_str("unscored"),
            Self::NotApplicable => f.write_str("not applicable"),
        }
    }
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BUNDLED, test_values::bundled_spec};

    #[test]
    fn every_bundled_judge_passes_its_known_cases() {
        for bundled in BUNDLED {
            let spec = bundled_spec(bundled.name);
            assert_eq!(spec.name, bundled.name);
            let cases =
                read("cases", bundled.cases).unwrap_or_else(|mistakes| panic!("{mistakes}"));
            for case in &cases {
                assert!(case.replay(&spec).is_some(), "{} needs a reply", case.name);
            }
            check("cases", &spec, &cases)
                .unwrap_or_else(|mistakes| panic!("{}:\n{mistakes}", bundled.name));
        }
    }

    #[test]
    fn a_judge_from_before_yields_and_is_expected_to_yield_todays_metric() {
        let bundled = crate::bundled("contradiction").unwrap();
        let earlier = |text: &str| text.replace("\"no_contradiction\"", "\"contradiction\"");
        let (old_spec, old_cases) = (earlier(bundled.spec), earlier(bundled.cases));
        assert_ne!(
            (old_spec.as_str(), old_cases.as_str()),
            (bundled.spec, bundled.cases)
        );
        let spec = JudgeSpec::parse("own.toml", &old_spec).unwrap();
        assert_eq!(spec.metrics[0].metric.name, "no_contradiction");
        assert_eq!(spec.digest(), bundled_spec("contradiction").digest());
        let cases: Vec<KnownCase> = (read("cases", &old_cases).unwrap().into_iter())
            .map(|case| case.of_judge(&spec))
            .collect();
        check("cases", &spec, &cases).unwrap();
        // A metric of one's own that is not read so keeps its name, in the spec and in its cases.
        let own = bundled_spec("tone");
        let metric = own.metrics[0].metric.name.clone();
        let text = crate::bundled("tone").unwrap().spec;
        let text = text.replace(&format!("\"{metric}\""), "\"contradiction\"");
        let spec = JudgeSpec::parse("own.toml", &text).unwrap();
        assert_eq!(spec.metrics[0].metric.name, "contradiction");
        let line = r#"{"name":"x","question":"Q?","passages":null,"answer":"A.","expect":{"contradiction":1}}"#;
        let case = read("cases", line).unwrap().remove(0).of_judge(&spec);
        assert!(case.expect.contains_key("contradiction"));
    }

    #[track_caller]
    fn refused(lines: &str, message: &str) {
        let spec = bundled_spec("answer_relevance");
        let mistakes = read("cases", lines)
            .and_then(|cases| check("cases", &spec, &cases))
            .expect_err(lines);
        assert!(mistakes.to_string().contains(message), "{mistakes}");
    }

    #[test]
    fn cases_that_prove_nothing_are_refused() {
        let case = |name: &str, label: &str, expect: &str| {
            format!(
                r#"{{"name":"{name}","question":"Q?","passages":null,"answer":"A b.","replies":[{{"reason":"x","label":"{label}"}}],"expect":{expect}}}"#
            )
        };
        let good = case("good", "addresses-all", r#"{"answer_relevance":1}"#);
        let bad = case("bad", "addresses-nothing", r#"{"answer_relevance":0}"#);
        refused("", "no case expects the worst value of `answer_relevance`");
        refused(&good, "no case expects the worst value");
        refused(&bad, "no case expects the best value");
        refused(&format!("{good}\n{good}"), "comes twice");
        refused("{}", "cases:1: not a known case");
        refused(&case("x", "addresses-all", "{}"), "expects nothing");
        refused(
            &case("x", "addresses-all", r#"{"tone":1}"#),
            "does not yield",
        );
        refused(
            &case("x", "addresses-all", r#"{"answer_relevance":0}"#),
            "found 1",
        );
        refused(
            &case("x", "nonsense", r#"{"answer_relevance":1}"#),
            "found unscored",
        );
        refused(
            &case("x", "addresses-all", r#"{"answer_relevance":"bad"}"#),
            "`expect` holds",
        );
    }
}

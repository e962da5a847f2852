//! Plain checks: what can be measured on an answer without any judgment.
//!
//! Deterministic and free. Where an input is missing the outcome says which; nothing is guessed.

mod personal;
mod retrieval;

use groundgate_model::{
    eval_set::Case,
    exchange::Answer,
    manifest::Manifest,
    trial::{MetricSpec, Outcome, Unscored, builtin_metric},
    unit::{Usd, count_to_f64},
};

use super::{claims::says_something, refusal::declines, score::scored};

/// Raised whenever a check would measure another value on the same answer.
const VERSION: &str = "checks/1";

/// Everything that can change what a check measures.
pub fn manifest() -> Manifest {
    Manifest::of("checks").with("version", VERSION)
}

/// Measures one built-in metric; `None` where `name` is not one.
pub fn measure(case: &Case, answer: &Answer, name: &str) -> Option<Outcome> {
    let metric = builtin_metric(name)?;
    let (base, depth) = retrieval::at_depth(name);
    let outcome = match base {
        "answered" => answered(&metric, case, answer),
        "refusal_correct" => refusal_correct(&metric, case, answer),
        "context_recall" | "context_precision" | "mrr" | "ndcg" => {
            retrieval::measure(&metric, base, depth, case, answer)
        }
        "pii_leak" => personal::leak(&metric, case, answer),
        "answer_chars" => amount(&metric, Some(count_to_f64(answer.text.chars().count()))),
        "latency_ms" => amount(&metric, Some(whole(answer.timing.latency_ms))),
        "ttft_ms" => amount(&metric, answer.timing.ttft_ms.map(whole)),
        "input_tokens" => amount(&metric, answer.usage.input_tokens.map(whole)),
        "output_tokens" => amount(&metric, answer.usage.output_tokens.map(whole)),
        "cost_usd" => amount(&metric, answer.cost.map(Usd::dollars)),
        _ => return None,
    };
    Some(outcome)
}

/// 1 if the answer refuses exactly when the case cannot be answered. An empty answer neither
/// answers nor refuses: it is never right.
fn refusal_correct(metric: &MetricSpec, case: &Case, answer: &Answer) -> Outcome {
    let Some(answerable) = case.answerable else {
        return missing("answerable");
    };
    let refused = declines(answer);
    let empty = !refused && !says_something(&answer.text);
    let (value, why) = match (empty, refused, answerable) {
        (true, _, _) => (0.0, "the answer is empty"),
        (_, true, true) => (0.0, "refused, though the case can be answered"),
        (_, true, false) => (1.0, "refused, and the case cannot be answered"),
        (_, false, true) => (1.0, "answered, and the case can be answered"),
        (_, false, false) => (0.0, "answered, though the case cannot be answered"),
    };
    scored(metric, value, why.to_owned(), Vec::new())
}

/// 1 if a case that can be answered got an answer, whatever it is worth. Where nobody said whether it can
/// be, it counts.
fn answered(metric: &MetricSpec, case: &Case, answer: &Answer) -> Outcome {
    if case.answerable == Some(false) {
        return Outcome::NotApplicable("the case cannot be answered".to_owned());
    }
    let (value, why) = if declines(answer) {
        (0.0, "refused")
    } else if says_something(&answer.text) {
        (1.0, "answered")
    } else {
        (0.0, "the answer is empty")
    };
    scored(metric, value, why.to_owned(), Vec::new())
}

fn amount(metric: &MetricSpec, value: Option<f64>) -> Outcome {
    match value {
        Some(value) => scored(metric, value, "measured".to_owned(), Vec::new()),
        None => missing(&metric.name),
    }
}

fn missing(what: &str) -> Outcome {
    Outcome::Unscored(Unscored::InputMissing(what.into()))
}

fn whole(number: u64) -> f64 {
    count_to_f64(usize::try_from(number).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_values::{answer, case, value};

    #[test]
    fn refusing_is_right_only_when_the_case_cannot_be_answered() {
        let refusal = "I'm sorry, but I don't have that information.";
        for (answerable, text, expected) in [
            (true, "Refunds take 14 days.", 1.0),
            (true, refusal, 0.0),
            (false, refusal, 1.0),
            (false, "Refunds take 14 days.", 0.0),
            (true, "", 0.0),
            (false, " ... ", 0.0),
        ] {
            let mut case = case("How long?");
            case.answerable = Some(answerable);
            let outcome = measure(&case, &answer(text, None), "refusal_correct");
            assert_eq!(
                value(outcome.as_ref()),
                Some(expected),
                "{answerable} {text}"
            );
        }
    }

    #[test]
    fn a_case_that_can_be_answered_gets_an_answer_or_not() {
        for (answerable, text, expected) in [
            (Some(true), "Refunds take 14 days.", Some(1.0)),
            (None, "Refunds take 14 days.", Some(1.0)),
            (Some(true), "I don't know.", Some(0.0)),
            (None, "I don't know.", Some(0.0)),
            (None, " ... ", Some(0.0)),
            (Some(false), "I don't know.", None),
            (Some(false), "Refunds take 14 days.", None),
        ] {
            let mut case = case("How long?");
            case.answerable = answerable;
            let outcome = measure(&case, &answer(text, None), "answered");
            assert_eq!(value(outcome.as_ref()), expected, "{answerable:?} {text}");
        }
    }

    #[test]
    fn an_unknown_input_is_named_and_never_a_number() {
        let nothing = answer("Yes.", None);
        for (name, what) in [
            ("refusal_correct", "answerable"),
            ("ttft_ms", "ttft_ms"),
            ("input_tokens", "input_tokens"),
            ("output_tokens", "output_tokens"),
            ("cost_usd", "cost_usd"),
        ] {
            assert_eq!(measure(&case("Q?"), &nothing, name), Some(missing(what)));
        }
        assert_eq!(measure(&case("Q?"), &nothing, "groundedness"), None);
    }

    #[test]
    fn what_was_measured_is_given_in_its_unit() {
        let mut whole_answer = answer("Yés.", None);
        whole_answer.timing.latency_ms = 1200;
        whole_answer.usage.output_tokens = Some(7);
        whole_answer.cost = Some(Usd::from_nanos(2_000_000));
        for (name, expected) in [
            ("latency_ms", 1200.0),
            ("output_tokens", 7.0),
            ("cost_usd", 0.002),
            ("answer_chars", 4.0),
        ] {
            let outcome = measure(&case("Q?"), &whole_answer, name);
            assert_eq!(value(outcome.as_ref()), Some(expected), "{name}");
        }
    }
}

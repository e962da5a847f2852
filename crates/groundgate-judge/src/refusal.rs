//! Whether a whole answer is a refusal: sentences that decline, with courtesy beside them, and nothing
//! else.
//!
//! What a sentence does is read as [`groundgate_model::text`] reads it. It reads the answer alone, so it
//! does not say whether refusing was right.

use groundgate_model::{
    exchange::Answer,
    text::{apparatus, courtesy::is_courtesy, refusal},
};

use super::{claims::says_something, sentences};

/// Whether a copilot declined: in words, or because its provider withheld the answer. Text that stands in a
/// withheld answer was read by somebody, and is judged: no endpoint's word takes a claim from the judges.
pub fn declines(answer: &Answer) -> bool {
    is_refusal(&answer.text) || (answer.ending.is_refusal() && !says_something(&answer.text))
}

/// Whether `text` declines to answer. An answer that declines and says something is none: "I cannot find
/// the fee, so gift cards get refunded in cash".
pub fn is_refusal(text: &str) -> bool {
    let plain = apparatus::plain(text, &[]);
    let mut declines = false;
    for range in sentences::split(plain.text()) {
        let sentence = plain.text().get(range).unwrap_or_default();
        if refusal::is_refusal(sentence) {
            declines = true;
        } else if !is_courtesy(sentence) {
            return false;
        }
    }
    declines
}

#[cfg(test)]
mod tests {
    use groundgate_model::exchange::Ending;

    use super::*;
    use crate::test_values::answer;

    #[test]
    fn what_stands_in_a_withheld_answer_is_no_refusal() {
        let ended = |text: &str, ending| {
            let mut answer = answer(text, None);
            answer.ending = ending;
            declines(&answer)
        };
        for ending in [Ending::Filtered, Ending::RefusedByProvider] {
            assert!(ended("", ending));
            assert!(ended("I can't help with that.", ending));
            assert!(!ended("Every customer gets a house.", ending));
        }
        assert!(!ended("", Ending::Complete));
        assert!(ended("I don't know.", Ending::Complete));
    }

    fn check(text: &str, expected: bool) {
        assert_eq!(is_refusal(text), expected, "for {text:?}");
    }

    #[test]
    fn plain_refusals_are_refusals() {
        check("I don't know.", true);
        check("I’m sorry, but I can’t help with that.", true);
        check("Unable to answer based on given passages.", true);
        check(
            "The provided documents do not mention refunds. Please contact support.",
            true,
        );
        check(
            "Hello! I'm sorry, I couldn't find any information about this. Is there anything else?",
            true,
        );
        check(
            "There is not enough information in the passages to answer the question.",
            true,
        );
    }

    #[test]
    fn answers_with_a_caveat_are_not_refusals() {
        check(
            "The plan covers 20 visits. It does not mention dental care.",
            false,
        );
        check(
            "I'm not sure about dental, but the plan covers 20 visits.",
            false,
        );
        check("Refunds take five days.", false);
        check("You cannot return opened goods.", false);
        check("The plan does not include dental care.", false);
        check(
            "Unfortunately, refunds are not possible after thirty days of use.",
            false,
        );
        check(
            "I'm sorry. Sure, the plan covers 20 visits a year for adults.",
            false,
        );
        check("Please contact support.", false);
        check("Hello! How can I help?", false);
        check("", false);
    }
}

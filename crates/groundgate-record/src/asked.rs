//! What a case asks: questions that are asked again under other ids are not as independent as their number
//! looks.

use groundgate_model::{eval_set::Case, unit::Digest};

/// What is asked, whatever the id: words without their case and what stands between them.
pub(super) fn asked(case: &Case) -> Digest {
    let turns = case.history.iter().map(|turn| turn.text.as_str());
    let text: String = turns
        .chain([case.question.as_str()])
        .collect::<Vec<_>>()
        .join(" ");
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    Digest::of(
        words
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
            .as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_the_same_whatever_its_id_its_case_and_its_signs() {
        let case = |id: &str, question: &str, history: &str| -> Case {
            serde_json::from_value(serde_json::json!({
                "id": id, "question": question,
                "history": if history.is_empty() { serde_json::json!([]) } else {
                    serde_json::json!([{"role": "user", "text": history}])
                },
            }))
            .unwrap()
        };
        let one = asked(&case("a", "How long does a refund take?", ""));
        assert_eq!(one, asked(&case("b", "how long does a refund  take", "")));
        assert_ne!(one, asked(&case("b", "How long does a payout take?", "")));
        assert_ne!(
            one,
            asked(&case(
                "b",
                "How long does a refund take?",
                "I paid by card."
            ))
        );
    }
}

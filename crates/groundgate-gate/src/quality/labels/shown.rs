//! Which answer a label is about, by what the labeller was shown.

use groundgate_model::unit::Digest;
use serde_json::Value;

/// So many characters of an answer tell it from others, where only its beginning is known.
const BEGINNING_MIN: usize = 20;

/// So many digits of a digest do.
const DIGITS_MIN: usize = 12;

/// The answer that a labeller was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The digest of its text, or the first twelve digits of it or more.
    Digest(String),
    /// Its text; or JSON in which it is one of the texts, as traces have it.
    Text(String),
    /// Its beginning, as previews have it.
    Beginning(String),
}

impl Shown {
    /// The digest of an answer as labels may name it.
    pub fn digest_of(answer: &str) -> String {
        Digest::of(answer.trim().as_bytes()).to_string()
    }

    /// Whether it is this answer.
    pub fn is(&self, answer: &str) -> bool {
        let answer = answer.trim();
        match self {
            Self::Digest(digits) => {
                let digits = digits.trim().to_lowercase();
                digits.len() >= DIGITS_MIN && Self::digest_of(answer).starts_with(&digits)
            }
            Self::Text(text) => text.trim() == answer || holds(text, answer),
            Self::Beginning(text) => {
                let shown = text.trim();
                let cut = shown
                    .trim_end_matches("...")
                    .trim_end_matches('\u{2026}')
                    .trim_end();
                let is_long = cut.chars().count() >= BEGINNING_MIN;
                shown == answer || holds(shown, answer) || (is_long && answer.starts_with(cut))
            }
        }
    }
}

/// Whether a text is JSON with the answer as one of its texts.
fn holds(text: &str, answer: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|value: Value| has_text(&value, answer))
}

fn has_text(value: &Value, answer: &str) -> bool {
    match value {
        Value::String(text) => text.trim() == answer || holds(text, answer),
        Value::Array(items) => items.iter().any(|item| has_text(item, answer)),
        Value::Object(fields) => fields.values().any(|field| has_text(field, answer)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_by_its_digest_its_text_or_its_beginning() {
        let answer = "A refund takes 5 days. We write to you when it is on its way.\n";
        let digest = Shown::digest_of(answer);
        let shown = |made: fn(String) -> Shown, text: &str| made(text.to_owned()).is(answer);
        assert!(shown(Shown::Digest, &digest) && shown(Shown::Digest, &digest[..12]));
        assert!(shown(Shown::Digest, &digest.to_uppercase()));
        assert!(!shown(Shown::Digest, &digest[..11]) && !shown(Shown::Digest, ""));
        assert!(shown(Shown::Text, answer.trim()));
        assert!(!shown(Shown::Text, "A refund takes 5 days."));
        assert!(shown(Shown::Beginning, "A refund takes 5 days. We wr..."));
        assert!(shown(Shown::Beginning, answer));
        assert!(!shown(Shown::Beginning, "A refund..."), "too short to tell");
        assert!(!shown(
            Shown::Beginning,
            "A refund takes 9 days. We write to you"
        ));
    }

    #[test]
    fn traces_hold_the_answer_somewhere_in_their_response() {
        let response = r#"{"choices": [{"message": {"content": "Five days."}}], "n": 1}"#;
        let quoted = serde_json::json!(response).to_string();
        for text in [
            response,
            &quoted,
            "\"Five days.\"",
            "[[\"x\", \"Five days.\"]]",
        ] {
            assert!(Shown::Text(text.to_owned()).is("Five days."), "{text}");
            assert!(Shown::Beginning(text.to_owned()).is("Five days."), "{text}");
            assert!(!Shown::Text(text.to_owned()).is("Nine days."), "{text}");
        }
        assert!(!Shown::Text("[null, true, 5]".to_owned()).is("5"));
    }
}

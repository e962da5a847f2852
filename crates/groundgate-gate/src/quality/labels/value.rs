//! What a label's value means as a number.

use serde_json::Value;

/// Words for 1.
const YES: [&str; 10] = [
    "yes",
    "true",
    "pass",
    "passed",
    "good",
    "correct",
    "grounded",
    "supported",
    "up",
    "thumbs up",
];

/// Words for 0.
const NO: [&str; 12] = [
    "no",
    "false",
    "fail",
    "failed",
    "bad",
    "incorrect",
    "not grounded",
    "ungrounded",
    "unsupported",
    "not supported",
    "down",
    "thumbs down",
];

/// The number that a value means; `None` where it means none.
pub(super) fn of_json(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::Number(number) => number.as_f64().filter(|number| number.is_finite()),
        Value::String(text) => of_text(text),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The same of a text: a number, or one of the words for yes and no.
pub(super) fn of_text(text: &str) -> Option<f64> {
    let word = text.trim().to_lowercase().replace(['-', '_'], " ");
    if YES.contains(&word.as_str()) {
        return Some(1.0);
    }
    if NO.contains(&word.as_str()) {
        return Some(0.0);
    }
    text.trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

/// What is wrong with a value that means no number.
pub(super) fn mistake(value: &str) -> String {
    let shown: String = value.chars().take(40).collect();
    format!("`{shown}` is no value of a label: a number, yes or no")
}

//! JSON files that bring facts, read strictly.

use groundgate_model::strict_json;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

/// What a file says, or why nobody can tell.
pub type Document = Result<Value, String>;

/// Reads one JSON value from a file's bytes.
pub fn read_document(bytes: &[u8]) -> Document {
    strict_json::read(bytes)
}

/// The number at a JSON pointer: a number, a text that is one (SQL answers), or a yes or no as 1 or 0.
pub(crate) fn number_at(document: &Value, pointer: &str) -> Result<f64, String> {
    let number = match document.pointer(pointer) {
        None => return Err(format!("it has nothing at `{pointer}`")),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Bool(flag)) => Some(f64::from(u8::from(*flag))),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) => None,
    };
    number
        .filter(|number| number.is_finite())
        .ok_or_else(|| format!("there is no number at `{pointer}`"))
}

/// The date at a JSON pointer: RFC 3339, a plain date (its beginning, in UTC), or milliseconds since 1970.
pub(crate) fn date_at(document: &Value, pointer: &str) -> Result<Timestamp, String> {
    let date = match document.pointer(pointer) {
        None => return Err(format!("it has nothing at `{pointer}`")),
        Some(Value::String(text)) => text.parse().ok().or_else(|| beginning(text)),
        Some(Value::Number(number)) => number
            .as_i64()
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
    };
    date.ok_or_else(|| format!("there is no date at `{pointer}`"))
}

fn beginning(text: &str) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    // A longer text that merely begins with a date is no date.
    (date.to_string() == text).then_some(())?;
    TimeZone::UTC.to_timestamp(date.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_every_form_in_which_answers_bring_them() {
        let document = read_document(
            br#"{"usd": 412.5, "result": {"data_array": [["17"], ["many"]]}, "complete": true,
                "nothing": null, "nan": "NaN", "infinite": "inf"}"#,
        )
        .unwrap();
        for (pointer, expected) in [
            ("/usd", Ok(412.5)),
            ("/result/data_array/0/0", Ok(17.0)),
            ("/complete", Ok(1.0)),
            ("/usd2", Err("it has nothing at `/usd2`")),
            ("/nothing", Err("there is no number at `/nothing`")),
            ("/nan", Err("there is no number at `/nan`")),
            ("/infinite", Err("there is no number at `/infinite`")),
            (
                "/result/data_array/1/0",
                Err("there is no number at `/result/data_array/1/0`"),
            ),
            ("", Err("there is no number at ``")),
        ] {
            let expected = expected.map_err(str::to_owned);
            assert_eq!(number_at(&document, pointer), expected, "{pointer}");
        }
    }

    #[test]
    fn dates_are_read_and_nothing_else_is() {
        let document = read_document(
            br#"{"a": "2026-11-25T10:00:00Z", "b": "2026-11-25", "c": 1795600800000,
                "d": "yesterday", "e": true, "f": "2026-11-25 and more"}"#,
        )
        .unwrap();
        let seconds = |pointer: &str| date_at(&document, pointer).map(Timestamp::as_second);
        assert_eq!(seconds("/a"), Ok(1_795_600_800));
        assert_eq!(seconds("/b"), Ok(1_795_564_800));
        assert_eq!(seconds("/c"), Ok(1_795_600_800));
        for pointer in ["/d", "/e", "/f", "/g"] {
            assert!(seconds(pointer).is_err(), "{pointer}");
        }
    }

    #[test]
    fn what_means_two_things_is_refused() {
        for text in [
            r#"{"usd": 1, "usd": 2000}"#,
            r#"{"a": {"b": 1, "b": 1}}"#,
            "{} {}",
            "NaN",
            "1e999",
            "",
            "{\"a\": ",
        ] {
            assert!(read_document(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read_document(&vec![b' '; (1 << 20) + 1]).is_err());
        assert!(read_document(b"\"\xff\"").is_err());
        let deep = "[".repeat(10_000);
        assert!(read_document(deep.as_bytes()).is_err());
    }
}

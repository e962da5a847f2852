//! One JSON text, read strictly: a key that comes twice is an error, and nothing may stand around
//! the value.
//!
//! For replies of judges only. `serde_json::Value` keeps the last of two equal keys, and a derived
//! struct also accepts an array; both would let a forged reply pass.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};

/// A JSON value without repeated keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    /// `null`.
    Null,
    /// `true` or `false`; no reply needs to know which.
    Bool,
    /// A whole number from 0 to 2^64 − 1.
    Whole(u64),
    /// Any other number.
    OtherNumber,
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(BTreeMap<String, Json>),
}

/// Reads exactly one value.
pub(crate) fn read(text: &str) -> Result<Json, serde_json::Error> {
    serde_json::from_str(text)
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Bool)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Whole(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(u64::try_from(number).map_or(Json::OtherNumber, Json::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        // `1.0` is one: some models write every number so.
        Ok(whole(number).map_or(Json::OtherNumber, Json::Whole))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = access.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut object = BTreeMap::new();
        while let Some((key, value)) = access.next_entry::<String, Json>()? {
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("a key comes twice"));
            }
        }
        Ok(Json::Object(object))
    }
}

/// A small whole number that was written with a decimal point.
fn whole(number: f64) -> Option<u64> {
    (0_u32..=10_000)
        .find(|whole| f64::from(*whole).to_bits() == number.to_bits())
        .map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_whole_value_without_repeated_keys_is_read() {
        for bad in [
            "",
            "{",
            "{} {}",
            "{}x",
            "x{}",
            "```json\n{}\n```",
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            "NaN",
            "{'a':1}",
            "{\"a\":1,}",
            "\u{feff}{}",
            &"[".repeat(100_000),
        ] {
            assert!(
                read(bad).is_err(),
                "{}",
                bad.chars().take(30).collect::<String>()
            );
        }
        assert_eq!(read(" {} \n").ok(), Some(Json::Object(BTreeMap::new())));
    }
}

//! JSON that other programs write, read strictly: a key that comes twice would mean one thing here and
//! another elsewhere, so it is an error.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// The largest text, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// Reads one JSON value; what is wrong with it otherwise.
pub fn read(bytes: &[u8]) -> Result<Value, String> {
    if bytes.len() > SIZE_LIMIT {
        return Err(format!("{} bytes are more than {SIZE_LIMIT}", bytes.len()));
    }
    let Strict(value) = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Ok(value)
}

/// A value without repeated keys.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = fields.next_entry::<String, Strict>()? {
            if map.insert(key.clone(), value).is_some() {
                return Err(A::Error::custom(format!("key `{key}` is there twice")));
            }
        }
        Ok(Value::Object(map))
    }
}

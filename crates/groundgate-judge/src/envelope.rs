//! The one JSON object of a reply, however a model wraps it: in a code fence, after its thinking, with
//! words around it, as text within text, in the arguments of a call.
//!
//! Tolerant of what stands around the object, never of what is in it. Where two objects could be meant
//! there is none. Each mending has a name, which the score's explanation shows.

use std::collections::{BTreeMap, BTreeSet};

use super::strict_json::{self, Json};

/// What had to be mended before a reply could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Repair {
    /// The model's thinking stood before the object.
    Thinking,
    /// The object stood in a code fence.
    Fence,
    /// Words stood around the object.
    Around,
    /// The object was written as a text.
    Encoded,
    /// The object stood in a field of another.
    Wrapped,
    /// A field that nobody asked for.
    ExtraField,
    /// A label in other letters: `Supported`, `NOT_FOUND`.
    Spelling,
    /// A passage's number as a text.
    NumberAsText,
}

impl Repair {
    /// In words for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Thinking => "thinking before the object",
            Self::Fence => "a code fence",
            Self::Around => "words around the object",
            Self::Encoded => "an object written as a text",
            Self::Wrapped => "an object in another",
            Self::ExtraField => "a field that nobody asked for",
            Self::Spelling => "a label in other letters",
            Self::NumberAsText => "a number as a text",
        }
    }
}

/// What was mended in a reply.
pub(crate) type Repairs = BTreeSet<Repair>;

/// Ends of what a model thinks before it replies.
const THINKING_ENDS: [&str; 3] = ["</think>", "</thinking>", "[/THINK]"];

/// More braces are not tried.
const BRACES_MAX: usize = 64;

/// More objects within each other are not opened.
const DEPTH_MAX: usize = 3;

/// The object of a reply that has one of the fields `wanted`; else the first fault.
pub(crate) fn open(
    text: &str,
    wanted: &str,
    repairs: &mut Repairs,
) -> Result<BTreeMap<String, Json>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let fault = match strict_json::read(text) {
        Ok(json) => return unwrap(json, wanted, repairs, 0),
        Err(error) => error.to_string(),
    };
    let said = after_thinking(text);
    if said.len() < text.len() {
        repairs.insert(Repair::Thinking);
        if let Ok(json) = strict_json::read(said.trim()) {
            return unwrap(json, wanted, repairs, 0);
        }
    }
    let mut found = objects(said);
    let (Some(json), None) = (found.next(), found.next()) else {
        return Err(fault);
    };
    repairs.insert(if said.contains("```") {
        Repair::Fence
    } else {
        Repair::Around
    });
    unwrap(json, wanted, repairs, 0)
}

/// The object with the wanted field: the value itself, or what it wraps.
fn unwrap(
    json: Json,
    wanted: &str,
    repairs: &mut Repairs,
    depth: usize,
) -> Result<BTreeMap<String, Json>, String> {
    const OTHER: &str = "it is another value";
    if depth > DEPTH_MAX {
        return Err(OTHER.to_owned());
    }
    match json {
        Json::Object(object) if object.contains_key(wanted) => Ok(object),
        Json::Object(mut object) => {
            let wraps = |(_, value): &(&String, &Json)| {
                matches!(value, Json::Object(_))
                    || matches!(value, Json::Text(text) if text.trim_start().starts_with('{'))
            };
            let mut inner = object.iter().filter(wraps).map(|(key, _)| key.clone());
            let (Some(key), None) = (inner.next(), inner.next()) else {
                return Ok(object);
            };
            drop(inner);
            let Some(value) = object.remove(&key) else {
                return Ok(object);
            };
            repairs.insert(Repair::Wrapped);
            unwrap(value, wanted, repairs, depth + 1)
        }
        Json::Text(text) => {
            let inner =
                strict_json::read(text.trim()).map_err(|fault| format!("{OTHER}: {fault}"))?;
            repairs.insert(Repair::Encoded);
            unwrap(inner, wanted, repairs, depth + 1)
        }
        Json::Null | Json::Bool | Json::Whole(_) | Json::OtherNumber | Json::List(_) => {
            Err(OTHER.to_owned())
        }
    }
}

fn after_thinking(text: &str) -> &str {
    let ends = THINKING_ENDS.iter();
    let last = ends
        .filter_map(|end| Some(text.rfind(end)? + end.len()))
        .max();
    last.and_then(|at| text.get(at..)).unwrap_or(text)
}

/// The whole objects that stand in a text, not within each other.
fn objects(text: &str) -> impl Iterator<Item = Json> {
    let (mut rest, mut tried) = (text, 0);
    std::iter::from_fn(move || {
        while let Some(at) = rest.find('{').filter(|_| tried < BRACES_MAX) {
            tried += 1;
            let from = rest.get(at..).unwrap_or_default();
            // Behind a brace that is never closed the reply is cut.
            let length = balanced(from)?;
            let json = from
                .get(..length)
                .and_then(|object| strict_json::read(object).ok());
            // A brace that opens no object is one of the text's own.
            let taken = if json.is_some() { length } else { 1 };
            rest = from.get(taken..).unwrap_or_default();
            if json.is_some() {
                return json;
            }
        }
        None
    })
}

/// How many bytes a text's first brace and the one that closes it span.
fn balanced(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for (place, byte) in text.bytes().enumerate() {
        if in_text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = r#"{"claims": [{"id": "s1", "quote": "a } b"}]}"#;

    fn check(text: &str, expected: &[Repair]) {
        let mut repairs = Repairs::new();
        let object = open(text, "claims", &mut repairs).expect(text);
        assert!(object.contains_key("claims"), "{text}");
        assert_eq!(repairs.into_iter().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn an_object_is_found_in_its_wrapping() {
        check(OBJECT, &[]);
        check(&format!("\u{feff}{OBJECT}\n"), &[]);
        check(&format!("```json\n{OBJECT}\n```"), &[Repair::Fence]);
        check(&format!("Sure! {OBJECT} Done."), &[Repair::Around]);
        check(
            &format!("<think>{{\"claims\": []}}</think>{OBJECT}"),
            &[Repair::Thinking],
        );
        check(
            &format!("Hm, {{x}}.</think>\n```{OBJECT}```"),
            &[Repair::Thinking, Repair::Fence],
        );
        check(&serde_json::to_string(OBJECT).unwrap(), &[Repair::Encoded]);
        check(&format!(r#"{{"result": {OBJECT}}}"#), &[Repair::Wrapped]);
        let arguments = serde_json::to_string(OBJECT).unwrap();
        check(
            &format!(r#"{{"name": "label", "arguments": {arguments}}}"#),
            &[Repair::Encoded, Repair::Wrapped],
        );
    }

    #[test]
    fn where_two_objects_could_be_meant_there_is_none() {
        for text in [
            format!("{OBJECT}{OBJECT}"),
            format!("{{\"claims\": []}} or {OBJECT}"),
            "{\"claims\": [], \"claims\": []}".to_owned(),
            OBJECT.replace("]}", ""),
            "score: 10".to_owned(),
            "[]".to_owned(),
            "{".repeat(5000),
        ] {
            assert!(
                open(&text, "claims", &mut Repairs::new()).is_err(),
                "{text}"
            );
        }
    }
}

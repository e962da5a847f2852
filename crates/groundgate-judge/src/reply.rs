//! A judge's reply: read against a closed schema, or refused with the fault named.
//!
//! A reply is exactly one JSON object and nothing around it. Every id that was asked for is
//! labelled exactly once with one of the labels offered; anything missing, extra, repeated or
//! unknown is a fault. No number is ever read from prose. Pure, and never panics on any text.

use groundgate_model::exchange::Ending;
use std::collections::BTreeMap;

use super::strict_json::{self, Json};

/// A longer reply is refused unread, in bytes.
const REPLY_BYTES_MAX: usize = 256 * 1024;

/// The longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 500;

/// What is wrong with a reply. Messages name our own ids and fields; text of the reply is shown
/// only cut short and escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyFault {
    /// Nothing but white space.
    #[error("the reply is empty")]
    Empty,
    /// Not whole, as the provider says.
    #[error("the reply was cut at {tokens} tokens: raise max-output-tokens")]
    Cut {
        /// The limit that was sent.
        tokens: u32,
    },
    /// Filtered or refused, as the provider says.
    #[error("the provider withheld the reply ({0})")]
    Withheld(&'static str),
    /// Beyond the limit.
    #[error("the reply has {bytes} bytes, more than the {REPLY_BYTES_MAX} allowed")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Not one JSON object, or something around it, or a key that comes twice.
    #[error("the reply is not exactly one JSON object: {0}")]
    NotOneObject(String),
    /// A field that the schema does not have.
    #[error("{place} has an unknown field {field:?}")]
    UnknownField {
        /// Where, in our words.
        place: String,
        /// Its name, cut short.
        field: String,
    },
    /// A field that must be there, or is of the wrong type.
    #[error("{place} needs the field `{field}` to be {expected}")]
    WrongField {
        /// Where, in our words.
        place: String,
        /// Which.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// An id that was not asked for.
    #[error("the id {0:?} was not asked for")]
    UnknownId(String),
    /// An id that is labelled twice.
    #[error("the id `{0}` is labelled more than once")]
    RepeatedId(String),
    /// Ids that are not labelled.
    #[error("no label for {}", .0.join(", "))]
    MissingIds(Vec<String>),
    /// A label that was not offered.
    #[error("{place} has the label {label:?}, which is not one of those offered")]
    UnknownLabel {
        /// Where, in our words.
        place: String,
        /// The label, cut short.
        label: String,
    },
    /// Claims that are not their sentence, taken apart.
    #[error("the claims of {id} {fault}")]
    Claims {
        /// Of which sentence.
        id: String,
        /// What is wrong with them, in our words.
        fault: &'static str,
    },
    /// A passage that was not shown.
    #[error("{id} cites a passage that was not shown")]
    UnknownPassage {
        /// Of which id.
        id: String,
    },
}

impl ReplyFault {
    /// The same fault, or the one behind it where the reply says itself that it is not whole.
    #[must_use]
    pub fn or_ending(self, ending: Ending, max_output_tokens: u32) -> Self {
        match ending {
            Ending::Cut => Self::Cut {
                tokens: max_output_tokens,
            },
            Ending::Filtered | Ending::RefusedByProvider => Self::Withheld(ending.name()),
            Ending::Complete
            | Ending::ToolCalls
            | Ending::Error
            | Ending::Empty
            | Ending::Unknown => self,
        }
    }

    /// The fault in our own words only, for asking once more: text of the faulty reply may carry
    /// an attack on.
    pub fn for_model(&self) -> String {
        match self {
            Self::NotOneObject(_) => {
                "the reply must be exactly one JSON object, no key twice, nothing around it"
                    .to_owned()
            }
            Self::UnknownField { place, .. } => format!("{place} has a field that is not allowed"),
            Self::UnknownId(_) => "an id was labelled that was not asked for".to_owned(),
            Self::UnknownLabel { place, .. } => {
                format!("{place} has a label that is not one of those offered")
            }
            Self::Cut { .. } => "it was too long: reply in fewer words".to_owned(),
            Self::Empty
            | Self::Withheld(_)
            | Self::TooLong { .. }
            | Self::WrongField { .. }
            | Self::RepeatedId(_)
            | Self::MissingIds(_)
            | Self::Claims { .. }
            | Self::UnknownPassage { .. } => self.to_string(),
        }
    }
}

/// What a reply to be read may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The ids to be labelled, in order; empty for a single label.
    pub(crate) ids: Vec<String>,
    /// The labels offered.
    pub(crate) labels: Vec<String>,
    /// How many passages were shown; `None` where a quote comes from elsewhere.
    pub(crate) passages: Option<usize>,
}

/// One id's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Labelled {
    /// One of the labels offered.
    pub(crate) label: String,
    /// The passage's number as shown, from 1.
    pub(crate) passage: Option<usize>,
    /// What the judge quotes.
    pub(crate) quote: Option<String>,
}

/// A single label with the judge's reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SingleLabel {
    /// One of the labels offered.
    pub(crate) label: String,
    /// Untrusted, cut to a bearable length.
    pub(crate) reason: String,
}

/// Reads `{"<list>": [{"id", "label", "passage", "quote"}, …]}`; in the order of the ids asked for.
pub(crate) fn read_labels(
    text: &str,
    list: &'static str,
    expected: &Expected,
) -> Result<Vec<Labelled>, ReplyFault> {
    let mut object = read_object(text)?;
    let Some(Json::List(items)) = object.remove(list) else {
        return Err(wrong("the object", list, "a list"));
    };
    refuse_rest("the object", &object)?;
    let read = items
        .into_iter()
        .map(|item| read_item(item, list, expected));
    each_once(&expected.ids, read)
}

/// Reads `{"sentences": [{"id", "claims": ["…"]}, …]}`: the claims of each id asked for, in that order.
pub(crate) fn read_claims(text: &str, ids: &[String]) -> Result<Vec<Vec<String>>, ReplyFault> {
    const LIST: &str = "sentences";
    let mut object = read_object(text)?;
    let Some(Json::List(items)) = object.remove(LIST) else {
        return Err(wrong("the object", LIST, "a list"));
    };
    refuse_rest("the object", &object)?;
    let read = items.into_iter().map(|item| {
        let Json::Object(mut item) = item else {
            return Err(wrong("the object", LIST, "a list of objects"));
        };
        let id = take_text(&mut item, "an item", "id")?;
        if !ids.contains(&id) {
            return Err(ReplyFault::UnknownId(shown(&id)));
        }
        let Some(Json::List(claims)) = item.remove("claims") else {
            return Err(wrong(&id, "claims", "a list of strings"));
        };
        refuse_rest(&id, &item)?;
        let texts = claims.into_iter().map(|claim| match claim {
            Json::Text(text) => Ok(text),
            Json::Null
            | Json::Bool
            | Json::Whole(_)
            | Json::OtherNumber
            | Json::List(_)
            | Json::Object(_) => Err(wrong(&id, "claims", "a list of strings")),
        });
        Ok((id.clone(), texts.collect::<Result<_, _>>()?))
    });
    each_once(ids, read)
}

/// What was said of each id, in the order of the ids; every one exactly once.
fn each_once<T>(
    ids: &[String],
    said: impl Iterator<Item = Result<(String, T), ReplyFault>>,
) -> Result<Vec<T>, ReplyFault> {
    let mut by_id = BTreeMap::new();
    for said in said {
        let (id, value) = said?;
        if by_id.insert(id.clone(), value).is_some() {
            return Err(ReplyFault::RepeatedId(id));
        }
    }
    let (mut missing, mut all) = (Vec::new(), Vec::with_capacity(ids.len()));
    for id in ids {
        match by_id.remove(id) {
            Some(value) => all.push(value),
            None => missing.push(id.clone()),
        }
    }
    if missing.is_empty() {
        Ok(all)
    } else {
        Err(ReplyFault::MissingIds(missing))
    }
}

/// Reads `{"reason", "label"}`.
pub(crate) fn read_single(text: &str, expected: &Expected) -> Result<SingleLabel, ReplyFault> {
    const PLACE: &str = "the object";
    let mut object = read_object(text)?;
    let label = take_text(&mut object, PLACE, "label")?;
    let reason = take_text(&mut object, PLACE, "reason")?;
    refuse_rest(PLACE, &object)?;
    check_label(PLACE, &label, expected)?;
    Ok(SingleLabel {
        label,
        reason: reason.chars().take(REASON_CHARS_MAX).collect(),
    })
}

fn read_object(text: &str) -> Result<BTreeMap<String, Json>, ReplyFault> {
    if text.len() > REPLY_BYTES_MAX {
        return Err(ReplyFault::TooLong { bytes: text.len() });
    }
    if text.trim().is_empty() {
        return Err(ReplyFault::Empty);
    }
    match strict_json::read(text) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(ReplyFault::NotOneObject("it is another value".to_owned())),
        Err(error) => Err(ReplyFault::NotOneObject(shown(&error.to_string()))),
    }
}

fn read_item(
    item: Json,
    list: &'static str,
    expected: &Expected,
) -> Result<(String, Labelled), ReplyFault> {
    let Json::Object(mut object) = item else {
        return Err(wrong("the object", list, "a list of objects"));
    };
    let id = take_text(&mut object, "an item", "id")?;
    if !expected.ids.contains(&id) {
        return Err(ReplyFault::UnknownId(shown(&id)));
    }
    let label = take_text(&mut object, &id, "label")?;
    check_label(&id, &label, expected)?;
    let passage = match expected.passages {
        Some(count) => take_passage(&mut object, &id, count)?,
        None => None,
    };
    let quote = match object.remove("quote") {
        None | Some(Json::Null) => None,
        Some(Json::Text(quote)) => Some(quote),
        Some(_) => return Err(wrong(&id, "quote", "a string or null")),
    };
    refuse_rest(&id, &object)?;
    Ok((
        id,
        Labelled {
            label,
            passage,
            quote,
        },
    ))
}

fn take_passage(
    object: &mut BTreeMap<String, Json>,
    id: &str,
    count: usize,
) -> Result<Option<usize>, ReplyFault> {
    match object.remove("passage") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Whole(number)) => usize::try_from(number)
            .ok()
            .filter(|number| (1..=count).contains(number))
            .map(Some)
            .ok_or_else(|| ReplyFault::UnknownPassage { id: id.to_owned() }),
        Some(_) => Err(wrong(id, "passage", "a passage's number or null")),
    }
}

fn take_text(
    object: &mut BTreeMap<String, Json>,
    place: &str,
    field: &'static str,
) -> Result<String, ReplyFault> {
    match object.remove(field) {
        Some(Json::Text(text)) => Ok(text),
        _ => Err(wrong(place, field, "a string")),
    }
}

fn check_label(place: &str, label: &str, expected: &Expected) -> Result<(), ReplyFault> {
    if expected.labels.iter().any(|offered| offered == label) {
        Ok(())
    } else {
        Err(ReplyFault::UnknownLabel {
            place: place.to_owned(),
            label: shown(label),
        })
    }
}

fn refuse_rest(place: &str, object: &BTreeMap<String, Json>) -> Result<(), ReplyFault> {
    match object.keys().next() {
        None => Ok(()),
        Some(field) => Err(ReplyFault::UnknownField {
            place: place.to_owned(),
            field: shown(field),
        }),
    }
}

fn wrong(place: &str, field: &'static str, expected: &'static str) -> ReplyFault {
    ReplyFault::WrongField {
        place: place.to_owned(),
        field,
        expected,
    }
}

/// Text of a reply, cut to what a message can bear.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expected() -> Expected {
        Expected {
            ids: vec!["s1".to_owned(), "s2".to_owned()],
            labels: vec!["supported".to_owned(), "not-found".to_owned()],
            passages: Some(2),
        }
    }

    const VALID: &str = r#"{"claims":[{"id":"s2","label":"not-found","passage":null,"quote":null},{"id":"s1","label":"supported","passage":2,"quote":"as it says"}]}"#;

    #[track_caller]
    fn check(text: &str, message: &str) {
        let fault = read_labels(text, "claims", &expected()).expect_err(text);
        assert!(fault.to_string().contains(message), "{text}: {fault}");
    }

    #[test]
    fn a_valid_reply_comes_in_the_order_asked_for() {
        let labels = read_labels(VALID, "claims", &expected()).expect("valid");
        assert_eq!(labels[0].label, "supported");
        assert_eq!(labels[0].passage, Some(2));
        assert_eq!(labels[1].label, "not-found");
    }

    #[test]
    fn every_departure_from_the_schema_is_named() {
        let both = |s1: &str| format!(r#"{{"claims":[{s1},{{"id":"s2","label":"not-found"}}]}}"#);
        check("", "empty");
        check(" \n", "empty");
        check("score: 10", "not exactly one JSON object");
        check("[]", "not exactly one JSON object");
        check(&format!("Sure! {VALID}"), "not exactly one JSON object");
        check(&format!("{VALID} Done."), "not exactly one JSON object");
        check(
            &format!("```json\n{VALID}\n```"),
            "not exactly one JSON object",
        );
        check(&format!("{VALID}{VALID}"), "not exactly one JSON object");
        check(
            r#"{"claims":[],"claims":[]}"#,
            "not exactly one JSON object",
        );
        check(r#"{"claims":{}}"#, "`claims` to be a list");
        check(
            r#"{"claims":[["s1","supported",1,"q"]]}"#,
            "a list of objects",
        );
        check(r#"{"claims":[],"score":10}"#, "unknown field \"score\"");
        check(
            r#"{"claims":[{"id":"s1","label":"supported"}]}"#,
            "no label for s2",
        );
        check(
            &both(r#"{"id":"s2","label":"supported"}"#),
            "`s2` is labelled more than once",
        );
        check(
            &both(r#"{"id":"s3","label":"supported"}"#),
            "\"s3\" was not asked for",
        );
        check(
            &both(r#"{"id":"s1","label":"Supported"}"#),
            "label \"Supported\"",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","passage":3}"#),
            "not shown",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","passage":0}"#),
            "not shown",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","passage":"1"}"#),
            "passage",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","passage":1.0}"#),
            "passage",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","quote":1}"#),
            "quote",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","why":""}"#),
            "unknown field \"why\"",
        );
        check(
            &both(r#"{"id":1,"label":"supported"}"#),
            "`id` to be a string",
        );
        check(&"x".repeat(REPLY_BYTES_MAX + 1), "more than");
    }

    #[test]
    fn a_single_label_is_as_strict() {
        let read = |text: &str| read_single(text, &expected());
        assert!(read(r#"{"reason":"so","label":"supported"}"#).is_ok());
        for bad in [
            r#"{"label":"supported"}"#,
            r#"{"reason":"so","label":"10"}"#,
            r#"{"reason":"so","label":"supported","score":1}"#,
            r#"["so","supported"]"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            prop_assert!(read_labels(&text, "claims", &expected()).is_err());
            prop_assert!(read_single(&text, &expected()).is_err());
        }

        /// One byte of a valid reply replaced, removed or added: still refused, or still one label
        /// for each id.
        #[test]
        fn a_damaged_reply_is_refused_or_whole(at in 0..VALID.len(), by in "[ -~]{0,2}", keep in any::<bool>()) {
            let rest = if keep { &VALID[at..] } else { &VALID[at + 1..] };
            let damaged = format!("{}{by}{rest}", &VALID[..at]);
            if let Ok(labels) = read_labels(&damaged, "claims", &expected()) {
                prop_assert_eq!(labels.len(), 2);
                let value: serde_json::Value = serde_json::from_str(&damaged).expect("accepted");
                prop_assert_eq!(value.as_object().map(serde_json::Map::len), Some(1));
                prop_assert_eq!(value["claims"].as_array().map(Vec::len), Some(2));
                for label in labels {
                    prop_assert!(expected().labels.contains(&label.label));
                    prop_assert!(label.passage.is_none_or(|number| (1..=2).contains(&number)));
                }
            }
        }
    }
}

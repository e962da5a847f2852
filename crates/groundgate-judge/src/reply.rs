//! A judge's reply: read against a closed schema, or refused with the fault named.
//!
//! A reply is one JSON object, which [`super::envelope`] finds. Every id that was asked for is labelled
//! exactly once with one of the labels offered; anything missing, repeated or unknown is a fault. No
//! number is ever read from prose. Pure, and never panics on any text.

use groundgate_model::exchange::Ending;
use std::collections::BTreeMap;

use super::{
    envelope::{self, Repair, Repairs},
    strict_json::Json,
};

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

/// Reads `{"<list>": [{"id", "passage", "quote", "reason", "label"}, …]}`; in the order of the ids asked for.
/// What is mended goes to `repairs`.
pub(crate) fn read_labels(
    text: &str,
    list: &'static str,
    expected: &Expected,
    repairs: &mut Repairs,
) -> Result<Vec<Labelled>, ReplyFault> {
    let items = read_list(text, list, repairs)?;
    let read = items
        .into_iter()
        .map(|item| read_item(item, list, expected, repairs));
    each_once(&expected.ids, read)
}

/// Reads `{"sentences": [{"id", "claims": ["…"]}, …]}`: the claims of each id asked for, in that order.
pub(crate) fn read_claims(text: &str, ids: &[String]) -> Result<Vec<Vec<String>>, ReplyFault> {
    const LIST: &str = "sentences";
    let read = read_list(text, LIST, &mut Repairs::new())?
        .into_iter()
        .map(|item| {
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

fn read_list(
    text: &str,
    list: &'static str,
    repairs: &mut Repairs,
) -> Result<Vec<Json>, ReplyFault> {
    let mut object = read_object(text, list, repairs)?;
    let Some(Json::List(items)) = object.remove(list) else {
        return Err(wrong("the object", list, "a list"));
    };
    pass_over(&object, repairs);
    Ok(items)
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
pub(crate) fn read_single(
    text: &str,
    expected: &Expected,
    repairs: &mut Repairs,
) -> Result<SingleLabel, ReplyFault> {
    const PLACE: &str = "the object";
    let mut object = read_object(text, "label", repairs)?;
    let label = take_text(&mut object, PLACE, "label")?;
    let reason = take_text(&mut object, PLACE, "reason")?;
    pass_over(&object, repairs);
    Ok(SingleLabel {
        label: offered(PLACE, &label, expected, repairs)?,
        reason: reason.chars().take(REASON_CHARS_MAX).collect(),
    })
}

fn read_object(
    text: &str,
    wanted: &str,
    repairs: &mut Repairs,
) -> Result<BTreeMap<String, Json>, ReplyFault> {
    if text.len() > REPLY_BYTES_MAX {
        return Err(ReplyFault::TooLong { bytes: text.len() });
    }
    if text.trim().is_empty() {
        return Err(ReplyFault::Empty);
    }
    envelope::open(text, wanted, repairs).map_err(|fault| ReplyFault::NotOneObject(shown(&fault)))
}

fn read_item(
    item: Json,
    list: &'static str,
    expected: &Expected,
    repairs: &mut Repairs,
) -> Result<(String, Labelled), ReplyFault> {
    let Json::Object(mut object) = item else {
        return Err(wrong("the object", list, "a list of objects"));
    };
    let id = take_text(&mut object, "an item", "id")?;
    if !expected.ids.contains(&id) {
        return Err(ReplyFault::UnknownId(shown(&id)));
    }
    let label = take_text(&mut object, &id, "label")?;
    let label = offered(&id, &label, expected, repairs)?;
    let passage = match expected.passages {
        Some(count) => take_passage(&mut object, &id, count, repairs)?,
        None => None,
    };
    let quote = match object.remove("quote") {
        None | Some(Json::Null) => None,
        Some(Json::Text(quote)) => Some(quote),
        Some(_) => return Err(wrong(&id, "quote", "a string or null")),
    };
    // A reason makes models point before they judge; nobody scores it.
    object.remove("reason");
    pass_over(&object, repairs);
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
    repairs: &mut Repairs,
) -> Result<Option<usize>, ReplyFault> {
    let number = match object.remove("passage") {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Whole(number)) => Some(number),
        Some(Json::Text(text)) => {
            repairs.insert(Repair::NumberAsText);
            text.trim().parse().ok()
        }
        Some(_) => None,
    };
    let Some(number) = number else {
        return Err(wrong(id, "passage", "a passage's number or null"));
    };
    usize::try_from(number)
        .ok()
        .filter(|number| (1..=count).contains(number))
        .map(Some)
        .ok_or_else(|| ReplyFault::UnknownPassage { id: id.to_owned() })
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

/// The label of those offered that is meant: spelled as it was offered, or in other letters.
fn offered(
    place: &str,
    label: &str,
    expected: &Expected,
    repairs: &mut Repairs,
) -> Result<String, ReplyFault> {
    if expected.labels.iter().any(|offered| offered == label) {
        return Ok(label.to_owned());
    }
    let plain = |label: &str| label.trim().to_lowercase().replace(['_', ' '], "-");
    let mut alike = (expected.labels.iter()).filter(|offered| plain(offered) == plain(label));
    match (alike.next(), alike.next()) {
        (Some(offered), None) => {
            repairs.insert(Repair::Spelling);
            Ok(offered.clone())
        }
        _ => Err(ReplyFault::UnknownLabel {
            place: place.to_owned(),
            label: shown(label),
        }),
    }
}

/// Fields that nobody asked for say nothing.
fn pass_over(object: &BTreeMap<String, Json>, repairs: &mut Repairs) {
    if !object.is_empty() {
        repairs.insert(Repair::ExtraField);
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

    fn labels(text: &str) -> Result<Vec<Labelled>, ReplyFault> {
        read_labels(text, "claims", &expected(), &mut Repairs::new())
    }

    fn single(text: &str) -> Result<SingleLabel, ReplyFault> {
        read_single(text, &expected(), &mut Repairs::new())
    }

    #[track_caller]
    fn check(text: &str, message: &str) {
        let fault = labels(text).expect_err(text);
        assert!(fault.to_string().contains(message), "{text}: {fault}");
    }

    #[test]
    fn a_valid_reply_comes_in_the_order_asked_for() {
        let labels = labels(VALID).expect("valid");
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
            &both(r#"{"id":"s1","label":"supported","passage":3}"#),
            "not shown",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","passage":0}"#),
            "not shown",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","passage":1.5}"#),
            "passage",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","passage":"one"}"#),
            "passage",
        );
        check(
            &both(r#"{"id":"S1","label":"supported"}"#),
            "\"S1\" was not asked for",
        );
        check(
            &both(r#"{"id":"s1","label":"well supported"}"#),
            "label \"well supported\"",
        );
        check(
            &both(r#"{"id":"s1","label":"supported","quote":1}"#),
            "quote",
        );
        check(
            &both(r#"{"id":1,"label":"supported"}"#),
            "`id` to be a string",
        );
        check(&"x".repeat(REPLY_BYTES_MAX + 1), "more than");
    }

    #[test]
    fn what_stands_around_the_content_is_mended_and_said() {
        let other = r#"{"id":"s2","label":"not-found"}"#;
        for (s1, mended) in [
            (
                r#"{"id":"s1","passage":1,"quote":"q","reason":"r","label":"supported"}"#,
                None,
            ),
            (
                r#"{"id":"s1","label":"Supported","passage":1.0}"#,
                Some(Repair::Spelling),
            ),
            (
                r#"{"id":"s1","label":"SUPPORTED ","passage":1}"#,
                Some(Repair::Spelling),
            ),
            (
                r#"{"id":"s1","label":"supported","passage":"1"}"#,
                Some(Repair::NumberAsText),
            ),
            (
                r#"{"id":"s1","label":"supported","score":10}"#,
                Some(Repair::ExtraField),
            ),
        ] {
            let text = format!(r#"{{"claims":[{s1},{other}]}}"#);
            let mut repairs = Repairs::new();
            let labels = read_labels(&text, "claims", &expected(), &mut repairs).expect(s1);
            assert_eq!(labels[0].label, "supported");
            assert_eq!(repairs.into_iter().next(), mended, "{s1}");
        }
        let mut repairs = Repairs::new();
        let text = format!("```\n{VALID}\n```");
        assert!(read_labels(&text, "claims", &expected(), &mut repairs).is_ok());
        assert!(repairs.contains(&Repair::Fence));
    }

    #[test]
    fn a_single_label_is_as_strict() {
        assert!(single(r#"{"reason":"so","label":"supported"}"#).is_ok());
        assert!(single(r#"{"reason":"so","label":"NOT_FOUND","score":1}"#).is_ok());
        for bad in [
            r#"{"label":"supported"}"#,
            r#"{"reason":"so","label":"10"}"#,
            r#"["so","supported"]"#,
        ] {
            assert!(single(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            prop_assert!(labels(&text).is_err());
            prop_assert!(single(&text).is_err());
        }

        /// One byte of a valid reply replaced, removed or added: still refused, or still one label
        /// for each id.
        #[test]
        fn a_damaged_reply_is_refused_or_whole(at in 0..VALID.len(), by in "[ -~]{0,2}", keep in any::<bool>()) {
            let rest = if keep { &VALID[at..] } else { &VALID[at + 1..] };
            let damaged = format!("{}{by}{rest}", &VALID[..at]);
            if let Ok(labels) = labels(&damaged) {
                prop_assert_eq!(labels.len(), 2);
                for label in labels {
                    prop_assert!(expected().labels.contains(&label.label));
                    prop_assert!(label.passage.is_none_or(|number| (1..=2).contains(&number)));
                }
            }
        }
    }
}

//! `evidence`: a number that a JSON file brings is fresh, and on the allowed side of a threshold.
//!
//! | the file has | finding |
//! |---|---|
//! | the number, fresh, on the allowed side | pass |
//! | the number, fresh, on the other side | fail |
//! | a number that is too old, from the future, no number, or nothing | inconclusive |

use std::slice;

use groundgate_model::{
    number::{NumberFormat, Scale, Toward},
    toml_reader::Table,
};

use super::base::{
    AskedFact, AsksFacts, Claim, Found, Holds, Key, Kind, Reader, Setting, Settings, Threshold,
    no_data_in,
};
use crate::{
    facts::{Age, date_at, number_at},
    verdict::{AllowedSide, Finding, Verdict},
};

/// A number in a JSON file, not older than `max_age`, is on the allowed side of a threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The file, as the policy names it.
    pub file: String,
    /// Where the number stands in it: a JSON pointer (RFC 6901).
    pub value: String,
    /// Where its date stands.
    pub date: String,
    /// An older number says nothing.
    pub max_age: Age,
    /// Which side is allowed.
    pub side: AllowedSide,
    /// The threshold.
    pub threshold: f64,
    /// Shown behind the number.
    pub unit: String,
}

pub(super) const KIND: Kind<super::FactKind> = Kind {
    name: "evidence",
    passes: "a number that a file brings is fresh and on the right side of `min` or `max`",
    claim: Claim::Fact,
    keys: &[
        Key::needed("file", Holds::Text, "a JSON file"),
        Key::needed(
            "value",
            Holds::Text,
            "where the number stands in it: a JSON pointer",
        ),
        Key::needed("date", Holds::Text, "where its date stands: a JSON pointer"),
        Key::needed("max-age", Holds::Age, "an older number says nothing").tightened(),
        Key::optional("min", Holds::Number, "the number is at least this").tightened(),
        Key::optional("max", Holds::Number, "the number is at most this").tightened(),
        Key::optional("unit", Holds::Text, "shown behind the number"),
    ],
    read,
};

fn read(reader: &Reader<'_, '_, '_>) -> Option<super::FactKind> {
    let file = reader.file();
    let value = reader.pointer("value");
    let date = reader.pointer("date");
    let max_age = reader.max_age();
    let unit = reader.layers.read("unit", "", Table::text);
    let (side, threshold) = match (reader.table.has("min"), reader.table.has("max")) {
        (true, false) => (AllowedSide::AtLeast, reader.number("min")),
        (false, true) => (AllowedSide::AtMost, reader.number("max")),
        (true, true) | (false, false) => {
            let message = "`evidence` needs either `min` or `max`";
            reader.table.document().report(reader.table.at(), message);
            return None;
        }
    };
    let rule = Evidence {
        file: file?,
        value: value?,
        date: date?,
        max_age: max_age?,
        side,
        threshold: threshold?.number,
        unit: unit?.to_owned(),
    };
    Some(rule.into())
}

impl AsksFacts for Evidence {
    fn threshold(&self) -> Option<Threshold> {
        Some(self.own_threshold())
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        self.threshold = value;
        true
    }

    fn files(&self) -> &[String] {
        slice::from_ref(&self.file)
    }

    fn settings(&self) -> Settings {
        vec![
            ("file", Setting::word(&self.file)),
            ("value", Setting::word(&self.value)),
            ("date", Setting::word(&self.date)),
            ("max-age", Setting::not_older(self.max_age)),
            Setting::threshold(self.side, self.threshold),
            ("unit", Setting::word(&self.unit)),
        ]
    }

    fn finding(&self, asked: &AskedFact<'_>) -> Finding {
        let shape = asked.shape(asked.id, &self.unit, self.own_threshold());
        shape.finding(match self.read(asked) {
            Err(why) => Found::open(why),
            Ok(read) => self.against(&read),
        })
    }
}

/// The number of a file, and how old it is.
struct Read {
    number: f64,
    age: Age,
}

impl Evidence {
    const fn own_threshold(&self) -> Threshold {
        Threshold {
            side: self.side,
            value: self.threshold,
        }
    }

    /// The number with its age, if it is not too old.
    fn read(&self, asked: &AskedFact<'_>) -> Result<Read, String> {
        let document = asked.document(&self.file)?;
        let of_file = |why: String| no_data_in(&self.file, &why);
        let date = date_at(document, &self.date).map_err(of_file)?;
        let age = asked.age(date, self.max_age).map_err(of_file)?;
        let number = number_at(document, &self.value).map_err(of_file)?;
        Ok(Read { number, age })
    }

    fn against(&self, Read { number, age }: &Read) -> Found {
        let (number, threshold) = (*number, self.threshold);
        let (is_met, side) = match self.side {
            AllowedSide::AtLeast => (number >= threshold, "at least"),
            AllowedSide::AtMost => (number <= threshold, "at most"),
        };
        let scale = Scale::Amount(&self.unit);
        let format = NumberFormat::new(scale, false, &[number], Some(threshold));
        Found {
            verdict: if is_met { Verdict::Pass } else { Verdict::Fail },
            sentence: format!(
                "it is {}, read {age} ago; {side} {} is allowed",
                format.with_unit(number, Toward::Nearest),
                format.bar(threshold)
            ),
            observed: Some(number),
        }
    }
}

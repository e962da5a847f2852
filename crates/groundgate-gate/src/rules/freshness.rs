//! `freshness`: the run, the baseline, or whatever a JSON file dates is not too old.
//!
//! Too old is a fail; no date, or one from the future, is inconclusive.

use std::slice;

use groundgate_model::unit::count_to_f64;
use jiff::Timestamp;

use super::base::{
    AskedFact, AsksFacts, Claim, Found, Holds, Key, Kind, Reader, Setting, Settings, Threshold,
    no_data_in,
};
use crate::{
    facts::{Age, AgeFault, date_at},
    verdict::{Finding, Verdict},
};

/// Something is not older than `max_age`.
#[derive(Debug, Clone, PartialEq)]
pub struct Freshness {
    /// Of what.
    pub of: DateOf,
    /// The threshold.
    pub max_age: Age,
}

/// What a date is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateOf {
    /// The run under test.
    Run,
    /// The baseline.
    Baseline,
    /// Whatever a JSON file dates.
    File {
        /// The file, as the policy names it.
        file: String,
        /// Where the date stands in it: a JSON pointer.
        date: String,
    },
}

pub(super) const KIND: Kind<super::FactKind> = Kind {
    name: "freshness",
    passes: "the run, the baseline, or whatever a file dates (an index) is not older than `max-age`",
    claim: Claim::Fact,
    keys: &[
        Key::needed(
            "of",
            Holds::OneOf(&["run", "baseline", "file"]),
            "what must not be older",
        ),
        Key::needed("max-age", Holds::Age, "it is not older than this").tightened(),
        Key::optional("file", Holds::Text, "a JSON file, for `of = \"file\"`"),
        Key::optional(
            "date",
            Holds::Text,
            "where the date stands in the file: a JSON pointer",
        ),
    ],
    read,
};

fn read(reader: &Reader<'_, '_, '_>) -> Option<super::FactKind> {
    let max_age = reader.max_age();
    let table = reader.table;
    let of = table.choice("of", &[("run", 0), ("baseline", 1), ("file", 2)])?;
    let of = match of {
        2 => {
            table.needs(&["file", "date"]);
            let (file, date) = (reader.file(), reader.pointer("date"));
            DateOf::File {
                file: file?,
                date: date?,
            }
        }
        _ if table.has("file") || table.has("date") => {
            table.report("of", "`file` and `date` are for `of = \"file\"`");
            return None;
        }
        0 => DateOf::Run,
        _ => DateOf::Baseline,
    };
    let max_age = max_age?;
    Some(Freshness { of, max_age }.into())
}

impl AsksFacts for Freshness {
    fn threshold(&self) -> Option<Threshold> {
        None
    }

    fn set_threshold(&mut self, _value: f64) -> bool {
        false
    }

    fn files(&self) -> &[String] {
        match &self.of {
            DateOf::File { file, .. } => slice::from_ref(file),
            DateOf::Run | DateOf::Baseline => &[],
        }
    }

    fn settings(&self) -> Settings {
        let of = match &self.of {
            DateOf::Run => Setting::word("run"),
            DateOf::Baseline => Setting::word("baseline"),
            DateOf::File { file, date } => Setting::Words(vec![file.clone(), date.clone()]),
        };
        vec![("of", of), ("max-age", Setting::not_older(self.max_age))]
    }

    fn finding(&self, asked: &AskedFact<'_>) -> Finding {
        let shape = asked.shape(asked.id, "days", Threshold::at_most(days(self.max_age)));
        shape.finding(match self.date(asked) {
            Err(why) => Found::open(why),
            Ok(date) => Found {
                observed: Some(days(Age::between(date, asked.facts.at))),
                ..self.fresh(date, asked.facts.at)
            },
        })
    }
}

fn days(age: Age) -> f64 {
    count_to_f64(usize::try_from(age.seconds()).unwrap_or(0)) / 86_400.0
}

impl Freshness {
    fn fresh(&self, date: Timestamp, at: Timestamp) -> Found {
        let max_age = self.max_age;
        let what = match &self.of {
            DateOf::Run => "the run".to_owned(),
            DateOf::Baseline => "the baseline".to_owned(),
            DateOf::File { file, .. } => format!("what `{file}` dates"),
        };
        let (verdict, age) = match max_age.check(date, at) {
            Ok(age) => (Verdict::Pass, age),
            Err(AgeFault::Stale(age)) => (Verdict::Fail, age),
            Err(AgeFault::Future) => {
                return Found::open(format!("{what} is from the future: {date}"));
            }
        };
        Found {
            verdict,
            sentence: format!("{what} is {age} old; at most {max_age} is allowed"),
            observed: None,
        }
    }

    fn date(&self, asked: &AskedFact<'_>) -> Result<Timestamp, String> {
        let absent = |why: &str| format!("no data: {why}");
        match &self.of {
            DateOf::Run => (asked.facts.run_made).ok_or_else(|| absent("the run has no date")),
            DateOf::Baseline => (asked.facts.baseline_made)
                .ok_or_else(|| absent("there is no baseline, or it has no date")),
            DateOf::File { file, date } => {
                let document = asked.document(file)?;
                date_at(document, date).map_err(|why| no_data_in(file, &why))
            }
        }
    }
}

//! Rules about a number with its date, and about a date.
//!
//! | the file has | finding |
//! |---|---|
//! | the number, fresh, on the allowed side | pass |
//! | the number, fresh, on the other side | fail |
//! | a date that is too old, for a rule about freshness | fail |
//! | a number that is too old, from the future, no number, or nothing | inconclusive |

use groundgate_model::{
    number::{NumberFormat, Scale, Toward},
    unit::count_to_f64,
};
use jiff::Timestamp;

use super::{
    Age, DateOf, FactKind, FactRule, Facts,
    age::Odd,
    document::{date_at, number_at},
    overlap,
};
use crate::verdict::{Bar, Counts, Finding, Verdict};

/// What a rule found before it becomes a [`Finding`].
pub(super) struct Found {
    pub(super) verdict: Verdict,
    pub(super) sentence: String,
    pub(super) observed: Option<f64>,
}

impl Found {
    pub(super) const fn open(sentence: String) -> Self {
        Self {
            verdict: Verdict::Inconclusive,
            sentence,
            observed: None,
        }
    }
}

/// What a finding says besides verdict and sentence.
pub(super) struct Shape<'a> {
    pub(super) id: &'a str,
    pub(super) kind: &'static str,
    pub(super) metric: &'a str,
    pub(super) unit: &'a str,
    pub(super) why: Option<&'a str>,
    pub(super) line: Option<usize>,
    pub(super) bar: Bar,
    pub(super) threshold: f64,
}

impl Shape<'_> {
    pub(super) fn finding(&self, found: Found) -> Finding {
        Finding {
            id: self.id.to_owned(),
            kind: self.kind,
            metric: self.metric.to_owned(),
            unit: self.unit.to_owned(),
            slice: None,
            why: self.why.map(str::to_owned),
            verdict: found.verdict,
            sentence: found.sentence,
            estimate: None,
            observed: found.observed,
            threshold: self.threshold,
            bar: self.bar,
            is_difference: false,
            scaled: None,
            waived: None,
            counts: Counts::default(),
            worst_cases: Vec::new(),
            policy_line: self.line,
        }
    }
}

/// What a rule about evidence, freshness or overlap finds; `bar_instead` is a waiver's bar.
pub(super) fn finding(rule: &FactRule, facts: &Facts, bar_instead: Option<f64>) -> Option<Finding> {
    match &rule.kind {
        FactKind::Evidence {
            file,
            value,
            date,
            max_age,
            bar,
            threshold,
            unit,
        } => {
            let threshold = bar_instead.unwrap_or(*threshold);
            let shape = shape(rule, (&rule.id, unit), *bar, threshold);
            let number = fresh_number(facts, file, (value, date), *max_age);
            Some(shape.finding(match number {
                Err(why) => Found::open(why),
                Ok((number, age)) => against(*bar, (number, threshold), unit, age),
            }))
        }
        FactKind::Freshness { of, max_age } => {
            let days =
                |age: Age| count_to_f64(usize::try_from(age.seconds()).unwrap_or(0)) / 86_400.0;
            let shape = shape(rule, (&rule.id, "days"), Bar::AtMost, days(*max_age));
            let found = match date_of(of, facts) {
                Err(why) => Found::open(why),
                Ok(date) => fresh(of, *max_age, date, facts.at),
            };
            let observed = date_of(of, facts)
                .ok()
                .map(|date| days(Age::between(date, facts.at)));
            Some(shape.finding(Found { observed, ..found }))
        }
        FactKind::MaxOverlap { files, max } => {
            let max = bar_instead.unwrap_or(*max);
            Some(overlap::finding(rule, files, max, facts))
        }
        FactKind::JudgeHealth { .. } => None,
    }
}

fn shape<'a>(
    rule: &'a FactRule,
    (metric, unit): (&'a str, &'a str),
    bar: Bar,
    threshold: f64,
) -> Shape<'a> {
    Shape {
        id: &rule.id,
        kind: rule.kind.name(),
        metric,
        unit,
        why: rule.why.as_deref(),
        line: rule.line,
        bar,
        threshold,
    }
}

fn against(bar: Bar, (number, threshold): (f64, f64), unit: &str, age: Age) -> Found {
    let is_met = match bar {
        Bar::AtLeast => number >= threshold,
        Bar::AtMost => number <= threshold,
    };
    let format = NumberFormat::new(Scale::Amount(unit), false, &[number], Some(threshold));
    let side = match bar {
        Bar::AtLeast => "at least",
        Bar::AtMost => "at most",
    };
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

fn fresh(of: &DateOf, max_age: Age, date: Timestamp, at: Timestamp) -> Found {
    let what = match of {
        DateOf::Run => "the run".to_owned(),
        DateOf::Baseline => "the baseline".to_owned(),
        DateOf::File { file, .. } => format!("what `{file}` dates"),
    };
    let (verdict, age) = match max_age.check(date, at) {
        Ok(age) => (Verdict::Pass, age),
        Err(Odd::Stale(age)) => (Verdict::Fail, age),
        Err(Odd::Future) => return Found::open(format!("{what} is from the future: {date}")),
    };
    Found {
        verdict,
        sentence: format!("{what} is {age} old; at most {max_age} is allowed"),
        observed: None,
    }
}

fn date_of(of: &DateOf, facts: &Facts) -> Result<Timestamp, String> {
    match of {
        DateOf::Run => facts
            .run_made
            .ok_or_else(|| "no data: the run has no date".to_owned()),
        DateOf::Baseline => facts
            .baseline_made
            .ok_or_else(|| "no data: there is no baseline, or it has no date".to_owned()),
        DateOf::File { file, date } => {
            let document = document(facts, file)?;
            date_at(document, date).map_err(|why| no_data(file, &why))
        }
    }
}

/// The number of a file with its age, if it is not too old.
fn fresh_number(
    facts: &Facts,
    file: &str,
    (value, date): (&str, &str),
    max_age: Age,
) -> Result<(f64, Age), String> {
    let document = document(facts, file)?;
    let of_file = |why: String| no_data(file, &why);
    let date = date_at(document, date).map_err(of_file)?;
    let age = age(date, max_age, facts.at).map_err(of_file)?;
    let number = number_at(document, value).map_err(of_file)?;
    Ok((number, age))
}

/// How old a measurement is; one that is too old is none.
pub(super) fn age(date: Timestamp, max_age: Age, at: Timestamp) -> Result<Age, String> {
    max_age.check(date, at).map_err(|odd| match odd {
        Odd::Future => format!("it is from the future: {date}"),
        Odd::Stale(age) => {
            format!("it is {age} old, and more than {max_age} says nothing of today")
        }
    })
}

/// A file that a rule reads.
pub(super) fn document<'a>(facts: &'a Facts, file: &str) -> Result<&'a serde_json::Value, String> {
    match facts.documents.get(file) {
        None => Err(no_data(file, "nobody gave it to the gate")),
        Some(document) => document.as_ref().map_err(|why: &String| no_data(file, why)),
    }
}

pub(super) fn no_data(file: &str, why: &str) -> String {
    format!("no data: `{file}`: {why}")
}

//! `[judge-calibration.<metric>]`: how well a judge did on answers that people labelled.

use std::collections::BTreeMap;

use groundgate_model::{
    toml_reader::Table,
    trial::{DataType, MetricSpec},
};
use groundgate_stats::correction::Recognized;
use jiff::civil::Date;

use crate::policy::{CalibrationOrigin, JudgeCalibration, KnownMetrics, find_metric};

const KEYS: [&str; 5] = [
    "judge",
    "good-labelled",
    "good-right",
    "bad-labelled",
    "bad-right",
];

const WEIGHT: &str = "judge-weight";

/// What `groundgate judge calibrate` says besides.
const ORIGIN_KEYS: [&str; 5] = ["labels", "labelled-on", "kappa", "kappa-lower", WEIGHT];

/// Digits of a judge's digest that name it, as reports print it.
const LEAST_DIGITS: usize = 12;

/// The calibrations by metric; nothing where one cannot be read.
pub(super) fn read(
    root: Table<'_, '_>,
    known: &KnownMetrics,
) -> Option<BTreeMap<String, JudgeCalibration>> {
    if !root.has("judge-calibration") {
        return Some(BTreeMap::new());
    }
    let tables = root.table("judge-calibration")?;
    let mut found = BTreeMap::new();
    let mut all_read = true;
    for (metric, at) in tables.keys() {
        let spec = share(tables, metric, at, known);
        match (spec, tables.table(metric).and_then(one)) {
            (Some(spec), Some(calibration)) if !found.contains_key(&spec.name) => {
                found.insert(spec.name, calibration);
            }
            (Some(spec), Some(_)) => {
                let message = format!("`{}` is calibrated twice", spec.name);
                tables.document().report(at, message);
                all_read = false;
            }
            _ => all_read = false,
        }
    }
    all_read.then_some(found)
}

/// The metric, if sensitivity and specificity can speak of it: a yes or a no, or a share of them.
fn share(tables: Table<'_, '_>, name: &str, at: usize, known: &KnownMetrics) -> Option<MetricSpec> {
    let document = tables.document();
    let Some(spec) = find_metric(known, name) else {
        document.report_unknown(at, "metric", name, known.keys().map(String::as_str));
        return None;
    };
    if !matches!(spec.data_type, DataType::Binary | DataType::Fraction) {
        document.report(
            at,
            format!("a judge is calibrated on a score from 0 to 1, and `{name}` is none"),
        );
        return None;
    }
    Some(spec)
}

fn one(table: Table<'_, '_>) -> Option<JudgeCalibration> {
    let known: Vec<&str> = KEYS.into_iter().chain(ORIGIN_KEYS).collect();
    table.only(&known);
    table.needs(&KEYS);
    let judge = judge(table);
    let good = recognized(table, "good-right", "good-labelled");
    let bad = recognized(table, "bad-right", "bad-labelled");
    Some(JudgeCalibration {
        judge: judge?,
        good: good?,
        bad: bad?,
        origin: origin(table)?,
    })
}

fn origin(table: Table<'_, '_>) -> Option<CalibrationOrigin> {
    let text = |key: &str| {
        let written = table.has(key).then(|| table.text(key).map(str::to_owned));
        written.map_or(Some(None), |text| Some(Some(text?)))
    };
    let number = |key: &str| {
        let written = table.has(key).then(|| table.number(key));
        written.map_or(Some(None), |number| Some(Some(number?)))
    };
    let labelled_on = text("labelled-on")?;
    if let Some(day) = &labelled_on
        && day.parse::<Date>().is_err()
    {
        table.report(
            "labelled-on",
            "`labelled-on` is no day such as \"2026-11-25\"",
        );
        return None;
    }
    let weight = if table.has(WEIGHT) {
        Some(weight(table)?)
    } else {
        None
    };
    Some(CalibrationOrigin {
        labels: text("labels")?,
        labelled_on,
        kappa: number("kappa")?,
        kappa_lower: number("kappa-lower")?,
        weight,
    })
}

/// A share; what is outside of it would make the judge count more than people.
fn weight(table: Table<'_, '_>) -> Option<f64> {
    let weight = table.number(WEIGHT)?;
    let is_share = (0.0..=1.0).contains(&weight);
    if !is_share {
        table.report(WEIGHT, format!("`{WEIGHT}` is a number from 0 to 1"));
    }
    is_share.then_some(weight)
}

fn judge(table: Table<'_, '_>) -> Option<String> {
    let digest = table.text("judge")?.to_lowercase();
    let is_digest = (LEAST_DIGITS..=64).contains(&digest.len())
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_digest {
        table.report_with_help(
            "judge",
            format!("`judge` is no digest: {LEAST_DIGITS} to 64 hexadecimal digits"),
            "the digest is after the judge's name in reports and in `groundgate runs show`",
        );
        return None;
    }
    Some(digest)
}

fn recognized(table: Table<'_, '_>, right: &str, labelled: &str) -> Option<Recognized> {
    let n_right = table.count(right);
    let n_labelled = table.count(labelled);
    let count = |n: u64| usize::try_from(n).ok();
    let (n_right, n_labelled) = (count(n_right?)?, count(n_labelled?)?);
    let read = Recognized::new(n_right, n_labelled).ok();
    if read.is_none() {
        table.report(
            right,
            format!("`{right}` is {n_right} of {n_labelled} in `{labelled}`, which cannot be"),
        );
    }
    read
}

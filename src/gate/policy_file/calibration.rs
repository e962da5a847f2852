//! `[judge-calibration.<metric>]`: how well a judge did on answers that people labelled.

use std::collections::BTreeMap;

use crate::{
    gate::policy::{JudgeCalibration, KnownMetrics},
    stats::rogan_gladen::Recognized,
    toml_reader::Table,
    trial::{DataType, builtin_metric},
};

const KEYS: [&str; 5] = [
    "judge",
    "good-labelled",
    "good-right",
    "bad-labelled",
    "bad-right",
];

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
        let is_share = is_share(tables, (metric, at), known);
        match tables.table(metric).and_then(one) {
            Some(calibration) if is_share => {
                found.insert(metric.to_owned(), calibration);
            }
            _ => all_read = false,
        }
    }
    all_read.then_some(found)
}

/// Sensitivity and specificity speak of a yes or a no, or of a share of them.
fn is_share(tables: Table<'_, '_>, (metric, at): (&str, usize), known: &KnownMetrics) -> bool {
    let document = tables.document();
    let spec = known.get(metric).cloned();
    let Some(spec) = spec.or_else(|| builtin_metric(metric)) else {
        document.report_unknown(at, "metric", metric, known.keys().map(String::as_str));
        return false;
    };
    let is_share = matches!(spec.data_type, DataType::Binary | DataType::Fraction);
    if !is_share {
        document.report(
            at,
            format!("a judge is calibrated on a score from 0 to 1, and `{metric}` is none"),
        );
    }
    is_share
}

fn one(table: Table<'_, '_>) -> Option<JudgeCalibration> {
    table.only(&KEYS);
    table.needs(&KEYS);
    let judge = judge(table);
    let good = recognized(table, "good-right", "good-labelled");
    let bad = recognized(table, "bad-right", "bad-labelled");
    Some(JudgeCalibration {
        judge: judge?,
        good: good?,
        bad: bad?,
    })
}

fn judge(table: Table<'_, '_>) -> Option<String> {
    let digest = table.text("judge")?.to_lowercase();
    let is_digest = (LEAST_DIGITS..=64).contains(&digest.len())
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_digest {
        table.report_with_help(
            "judge",
            format!("`judge` is no digest: {LEAST_DIGITS} to 64 hexadecimal digits"),
            "the digest stands behind the judge's name in reports and in `groundgate runs show`",
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

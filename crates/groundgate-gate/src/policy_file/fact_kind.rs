//! The kinds of rules about facts: numbers with a date, ages, and the health of a judge.

use groundgate_model::{
    toml_reader::Table,
    trial::{BUILTIN_METRICS, builtin_metric},
};

use super::{count, kind::Kind, outside::texts, rule::Reader};
use crate::{
    outside::{Age, DateOf, FactKind, Measure},
    verdict::Bar,
};

/// Fewer labels say next to nothing of a judge.
const LEAST_LABELS: u32 = 50;

/// All kinds that are about facts.
pub(super) const FACT_KINDS: [Kind<FactKind>; 4] = [
    Kind {
        name: "evidence",
        needs: &["file", "value", "date", "max-age"],
        optional: &["min", "max", "unit"],
        bars: &["min", "max", "max-age"],
        read: evidence,
    },
    Kind {
        name: "freshness",
        needs: &["of", "max-age"],
        optional: &["file", "date"],
        bars: &["max-age"],
        read: freshness,
    },
    Kind {
        name: "max-overlap",
        needs: &["files", "max"],
        optional: &[],
        bars: &["max"],
        read: max_overlap,
    },
    Kind {
        name: "judge-health",
        needs: &["metric", "measure", "file", "max-age"],
        optional: &["min", "max", "min-labels"],
        bars: &["min", "max", "max-age", "min-labels"],
        read: judge_health,
    },
];

fn evidence(reader: &Reader<'_, '_, '_>) -> Option<FactKind> {
    let file = file(reader);
    let value = pointer(reader, "value");
    let date = pointer(reader, "date");
    let max_age = age(reader.layers.holder("max-age")?, "max-age");
    let unit = reader.layers.read("unit", "", Table::text);
    let (bar, threshold) = match (reader.table.has("min"), reader.table.has("max")) {
        (true, false) => (Bar::AtLeast, reader.number("min")),
        (false, true) => (Bar::AtMost, reader.number("max")),
        (true, true) | (false, false) => {
            let message = "`evidence` needs either `min` or `max`";
            reader.table.document().report(reader.table.at(), message);
            return None;
        }
    };
    Some(FactKind::Evidence {
        file: file?,
        value: value?,
        date: date?,
        max_age: max_age?,
        bar,
        threshold: threshold?.number,
        unit: unit?.to_owned(),
    })
}

fn freshness(reader: &Reader<'_, '_, '_>) -> Option<FactKind> {
    let max_age = age(reader.layers.holder("max-age")?, "max-age");
    let table = reader.table;
    let of = table.choice("of", &[("run", 0), ("baseline", 1), ("file", 2)])?;
    let of = match of {
        2 => {
            table.needs(&["file", "date"]);
            let (file, date) = (file(reader), pointer(reader, "date"));
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
    Some(FactKind::Freshness {
        of,
        max_age: max_age?,
    })
}

fn max_overlap(reader: &Reader<'_, '_, '_>) -> Option<FactKind> {
    let files = texts(reader.table, "files");
    let max = reader.number("max");
    if files.as_ref().is_some_and(Vec::is_empty) {
        reader.table.report("files", "`files` names no file");
        return None;
    }
    let max = max?;
    let inside = (0.0..1.0).contains(&max.number);
    Some(FactKind::MaxOverlap {
        max: max.allow(inside, "from 0 to just below 1")?,
        files: files?,
    })
}

fn judge_health(reader: &Reader<'_, '_, '_>) -> Option<FactKind> {
    let table = reader.table;
    let metric = judged_metric(reader);
    let file = file(reader);
    let max_age = age(reader.layers.holder("max-age")?, "max-age");
    let measures = [
        Measure::Agreement,
        Measure::FlipRate,
        Measure::AttackFlipRate,
    ];
    let measures = measures.map(|measure| (measure.name(), measure));
    let min_labels = reader
        .layers
        .read("min-labels", LEAST_LABELS, |table, key| {
            count(table, key, LEAST_LABELS)
        });
    let measure = table.choice("measure", &measures)?;
    let (key, other) = match measure.bar() {
        Bar::AtLeast => ("min", "max"),
        Bar::AtMost => ("max", "min"),
    };
    table.needs(&[key]);
    if table.has(other) {
        let message = format!("`{}` has a `{key}` and no `{other}`", measure.name());
        table.report(other, message);
    }
    let threshold = reader.number(key)?;
    let inside = threshold.number > 0.0 && threshold.number < 1.0;
    Some(FactKind::JudgeHealth {
        threshold: threshold.allow(inside, "above 0 and below 1")?,
        file: file?,
        metric: metric?,
        measure,
        min_labels: usize::try_from(min_labels?).ok()?,
        max_age: max_age?,
    })
}

/// A metric that a judge measures: plain checks have no judge to doubt.
fn judged_metric(reader: &Reader<'_, '_, '_>) -> Option<String> {
    let name = reader.table.text("metric")?;
    if reader.known.contains_key(name) && builtin_metric(name).is_none() {
        return Some(name.to_owned());
    }
    let known = reader.known.keys().map(String::as_str);
    let known = known.filter(|name| !BUILTIN_METRICS.contains(name));
    let document = reader.table.document();
    document.report_unknown(
        reader.table.at_value("metric"),
        "judged metric",
        name,
        known,
    );
    None
}

fn file(reader: &Reader<'_, '_, '_>) -> Option<String> {
    reader.table.text("file").map(str::to_owned)
}

/// A JSON pointer to a part of a document.
fn pointer(reader: &Reader<'_, '_, '_>, key: &str) -> Option<String> {
    let written = reader.table.text(key)?;
    if written.starts_with('/') {
        return Some(written.to_owned());
    }
    reader.table.report_with_help(
        key,
        format!("`{key}` is no JSON pointer"),
        "a pointer is written as `/result/data_array/0/0`",
    );
    None
}

/// A length of time.
pub(super) fn age(table: &Table<'_, '_>, key: &str) -> Option<Age> {
    let written = table.text(key)?;
    let age = Age::parse(written);
    if age.is_none() {
        table.report_with_help(
            key,
            format!("`{key}` is no length of time"),
            "write `90s`, `30m`, `48h`, `14d` or `2w`",
        );
    }
    age
}

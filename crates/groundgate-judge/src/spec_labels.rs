//! The part of a spec that says what is measured: metrics, labels and their values.
//!
//! For [`super::spec_file`]; a known metric's name always means the same quantity.

use groundgate_model::{
    toml_reader::Table,
    trial::{DataType, MetricSpec, current_name},
};

use super::{
    mode::Mode,
    spec::{JudgedMetric, KNOWN_METRICS, LabelSpec, Reading},
};

pub(super) fn read_metrics(root: Table<'_, '_>, mode: Mode) -> Vec<JudgedMetric> {
    root.needs(&["metrics"]);
    let mut metrics: Vec<JudgedMetric> = Vec::new();
    let tables = root.tables("metrics");
    if tables.is_empty() && root.has("metrics") {
        root.report("metrics", "a judge yields at least one metric");
    }
    if mode.has_one_label() && tables.len() > 1 {
        root.report("metrics", "a rubric yields exactly one metric");
    }
    for table in tables {
        table.only(&["name", "type", "reading", "low", "high"]);
        let Some(judged) = read_metric(table, mode) else {
            continue;
        };
        if metrics
            .iter()
            .any(|known| known.metric.name == judged.metric.name)
        {
            let message = format!("the metric `{}` comes twice", judged.metric.name);
            table.report("name", message);
        }
        check_known(table, &judged);
        metrics.push(judged);
    }
    metrics
}

fn read_metric(table: Table<'_, '_>, mode: Mode) -> Option<JudgedMetric> {
    table.needs(&["type", "reading"]);
    let name = read_name(table).filter(|name| {
        let is_right = !name.contains('-');
        if !is_right {
            let message = "`name` of a metric must be lower-case letters, digits and `_`";
            table.report("name", message);
        }
        is_right
    });
    let readings: Vec<(&str, Reading)> = Reading::ALL
        .into_iter()
        .filter(|reading| reading.reads(mode))
        .map(|reading| (reading.name(), reading))
        .collect();
    let reading = table.choice("reading", &readings);
    let data_type = read_type(table);
    let (name, reading, data_type) = (name?, reading?, data_type?);
    let fits = match reading {
        Reading::AllSupported | Reading::NoneContradicted | Reading::CitationsSupported => {
            data_type == DataType::Binary
        }
        Reading::ShareSupported | Reading::Recall => data_type == DataType::Fraction,
        Reading::LabelValue => true,
    };
    if !fits {
        let message = format!("`{}` does not give values of this type", reading.name());
        table.report("type", message);
    }
    // Only what is read so had another name before: a metric of one's own keeps the name it has.
    let name = match reading {
        Reading::NoneContradicted => current_name(name),
        Reading::AllSupported
        | Reading::ShareSupported
        | Reading::CitationsSupported
        | Reading::LabelValue
        | Reading::Recall => name.into(),
    };
    Some(JudgedMetric {
        metric: MetricSpec::score(&name, data_type).made_of(reading.role()),
        reading,
    })
}

/// The words for types of values in a spec.
#[derive(Clone, Copy)]
enum WrittenType {
    Binary,
    Fraction,
    Ordinal,
}

fn read_type(table: Table<'_, '_>) -> Option<DataType> {
    let types = [
        ("binary", WrittenType::Binary),
        ("fraction", WrittenType::Fraction),
        ("ordinal", WrittenType::Ordinal),
    ];
    let written = table.choice("type", &types)?;
    if matches!(written, WrittenType::Ordinal) {
        table.needs(&["low", "high"]);
        let (low, high) = (table.integer("low"), table.integer("high"));
        let (low, high) = (low?, high?);
        if high <= low {
            table.report("high", "`high` must be a whole number above `low`");
            return None;
        }
        return Some(DataType::Ordinal { low, high });
    }
    for key in ["low", "high"] {
        if table.has(key) {
            table.report(key, format!("`{key}` is for ordinal metrics only"));
        }
    }
    Some(if matches!(written, WrittenType::Binary) {
        DataType::Binary
    } else {
        DataType::Fraction
    })
}

fn check_known(table: Table<'_, '_>, judged: &JudgedMetric) {
    let known = KNOWN_METRICS
        .iter()
        .find(|(name, _, _)| *name == judged.metric.name);
    if let Some((name, data_type, reading)) = known
        && (judged.metric.data_type != *data_type || judged.reading != *reading)
    {
        let message = format!(
            "`{name}` is always read as `{}`; another quantity needs another name",
            reading.name()
        );
        table.report("name", message);
    }
}

/// The votes of an ordinal metric are joined by their median, which an even number does not have.
pub(super) fn check_ordinal_votes(root: Table<'_, '_>, metrics: &[JudgedMetric], votes: u32) {
    let ordinal = metrics
        .iter()
        .any(|judged| matches!(judged.metric.data_type, DataType::Ordinal { .. }));
    if ordinal && votes.is_multiple_of(2) {
        let message = "an ordinal metric needs an odd number of `votes`";
        root.report("votes", message);
    }
}

pub(super) fn read_labels(
    root: Table<'_, '_>,
    mode: Mode,
    judged: Option<&JudgedMetric>,
) -> Vec<LabelSpec> {
    root.needs(&["labels"]);
    let mut labels: Vec<LabelSpec> = Vec::new();
    for table in root.tables("labels") {
        table.only(&["name", "meaning", "value"]);
        table.needs(&["meaning"]);
        let name = read_name(table);
        let meaning = table.text("meaning");
        let value = read_label_value(table, mode, judged);
        let (Some(name), Some(meaning)) = (name, meaning) else {
            continue;
        };
        if labels.iter().any(|known| known.name == name) {
            table.report("name", format!("the label `{name}` comes twice"));
        }
        if mode
            .fixed_labels()
            .is_some_and(|fixed| !fixed.contains(&name))
        {
            let message = format!("`{name}` is no label of the mode `{}`", mode.name());
            table.report("name", message);
        }
        labels.push(LabelSpec {
            name: name.to_owned(),
            meaning: meaning.trim().to_owned(),
            value,
        });
    }
    check_label_set(root, mode, &labels);
    labels
}

fn read_label_value(
    table: Table<'_, '_>,
    mode: Mode,
    judged: Option<&JudgedMetric>,
) -> Option<f64> {
    if !mode.has_one_label() {
        if table.has("value") {
            table.report("value", "only the labels of a rubric have values");
        }
        return None;
    }
    table.needs(&["value"]);
    let value = table.number("value")?;
    let is_one = judged.is_none_or(|judged| judged.metric.data_type.holds(value));
    if !is_one {
        table.report("value", "`value` must be one of the metric's values");
    }
    is_one.then_some(value)
}

fn check_label_set(root: Table<'_, '_>, mode: Mode, labels: &[LabelSpec]) {
    let has = |name: &str| labels.iter().any(|label| label.name == name);
    for name in mode.fixed_labels().unwrap_or_default() {
        if !has(name) {
            root.report("labels", format!("the label `{name}` is missing"));
        }
    }
    let all_alike = labels
        .split_first()
        .is_none_or(|(first, others)| others.iter().all(|label| label.value == first.value));
    if mode.has_one_label() && all_alike {
        root.report("labels", "a rubric needs two labels with different values");
    }
}

pub(super) fn read_name<'d>(table: Table<'d, '_>) -> Option<&'d str> {
    table.needs(&["name"]);
    let name = table.text("name")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if name.len() <= 64 && name.chars().all(plain) {
        return Some(name);
    }
    let message = "`name` must be lower-case letters, digits, `_` and `-`, 64 at most";
    table.report("name", message);
    None
}

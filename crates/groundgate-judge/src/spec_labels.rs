//! The part of a spec that says what is measured: metrics, labels and their values.
//!
//! For [`super::spec_file`]; a known metric's name always means the same quantity.

use groundgate_model::trial::{DataType, MetricSpec};

use super::{
    spec::{JudgedMetric, KNOWN_METRICS, LabelSpec, Mode, Reading},
    toml_section::{Reader, Section, named, number, whole},
};

pub(super) fn read_metrics(
    reader: &mut Reader<'_>,
    root: &Section<'_>,
    mode: Mode,
) -> Vec<JudgedMetric> {
    let mut metrics: Vec<JudgedMetric> = Vec::new();
    let sections = root.tables(reader, "metrics");
    if sections.is_empty() && root.get("metrics").is_some() {
        reader.at(root.offset("metrics"), "a judge yields at least one metric");
    }
    if mode.has_one_label() && sections.len() > 1 {
        reader.at(root.offset("metrics"), "a rubric yields exactly one metric");
    }
    for section in sections {
        section.only(reader, &["name", "type", "reading", "low", "high"]);
        let Some(judged) = read_metric(reader, &section, mode) else {
            continue;
        };
        if metrics
            .iter()
            .any(|known| known.metric.name == judged.metric.name)
        {
            reader.at(
                section.offset("name"),
                format!("the metric `{}` comes twice", judged.metric.name),
            );
        }
        check_known(reader, &section, &judged);
        metrics.push(judged);
    }
    metrics
}

fn read_metric(reader: &mut Reader<'_>, section: &Section<'_>, mode: Mode) -> Option<JudgedMetric> {
    let name = section.must(
        reader,
        "name",
        "lower-case letters, digits and `_`",
        |value| {
            value
                .as_str()
                .filter(|name| is_name(name) && !name.contains('-'))
        },
    );
    let of_mode = Reading::ALL
        .into_iter()
        .filter(|reading| reading.reads(mode));
    let names: Vec<String> = of_mode
        .clone()
        .map(|reading| format!("`{}`", reading.name()))
        .collect();
    let reading = section.must(reader, "reading", &names.join(" or "), |value| {
        named(
            value,
            of_mode.clone().map(|reading| (reading.name(), reading)),
        )
    });
    let data_type = read_type(reader, section);
    let (name, reading, data_type) = (name?, reading?, data_type?);
    let fits = match reading {
        Reading::AllSupported | Reading::NoneContradicted | Reading::CitationsSupported => {
            data_type == DataType::Binary
        }
        Reading::ShareSupported | Reading::Recall => data_type == DataType::Fraction,
        Reading::LabelValue => true,
    };
    if !fits {
        reader.at(
            section.offset("type"),
            format!("`{}` does not give values of this type", reading.name()),
        );
    }
    Some(JudgedMetric {
        metric: MetricSpec::score(name, data_type).made_of(reading.role()),
        reading,
    })
}

fn read_type(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<DataType> {
    let name = section.must(
        reader,
        "type",
        "`binary`, `fraction` or `ordinal`",
        |value| {
            value
                .as_str()
                .filter(|name| matches!(*name, "binary" | "fraction" | "ordinal"))
        },
    )?;
    if name == "ordinal" {
        let low = section.must(reader, "low", "a whole number", whole::<i32>)?;
        let high = section.must(reader, "high", "a whole number above `low`", |value| {
            whole::<i32>(value).filter(|high| *high > low)
        })?;
        return Some(DataType::Ordinal { low, high });
    }
    for key in ["low", "high"] {
        if section.get(key).is_some() {
            reader.at(
                section.offset(key),
                format!("`{key}` is for ordinal metrics only"),
            );
        }
    }
    Some(if name == "binary" {
        DataType::Binary
    } else {
        DataType::Fraction
    })
}

fn check_known(reader: &mut Reader<'_>, section: &Section<'_>, judged: &JudgedMetric) {
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
        reader.at(section.offset("name"), message);
    }
}

/// The votes of an ordinal metric are joined by their median, which an even number does not have.
pub(super) fn check_ordinal_votes(
    reader: &mut Reader<'_>,
    root: &Section<'_>,
    metrics: &[JudgedMetric],
    votes: u32,
) {
    let ordinal = metrics
        .iter()
        .any(|judged| matches!(judged.metric.data_type, DataType::Ordinal { .. }));
    if ordinal && votes.is_multiple_of(2) {
        reader.at(
            root.offset("votes"),
            "an ordinal metric needs an odd number of `votes`",
        );
    }
}

pub(super) fn read_labels(
    reader: &mut Reader<'_>,
    root: &Section<'_>,
    mode: Mode,
    judged: Option<&JudgedMetric>,
) -> Vec<LabelSpec> {
    let mut labels: Vec<LabelSpec> = Vec::new();
    for section in root.tables(reader, "labels") {
        section.only(reader, &["name", "meaning", "value"]);
        let name = read_name(reader, &section);
        let meaning = section.text(reader, "meaning");
        let value = read_label_value(reader, &section, mode, judged);
        let (Some(name), Some(meaning)) = (name, meaning) else {
            continue;
        };
        if labels.iter().any(|known| known.name == name) {
            reader.at(
                section.offset("name"),
                format!("the label `{name}` comes twice"),
            );
        }
        if mode
            .fixed_labels()
            .is_some_and(|fixed| !fixed.contains(&name))
        {
            reader.at(
                section.offset("name"),
                format!("`{name}` is no label of the mode `{}`", mode.name()),
            );
        }
        labels.push(LabelSpec {
            name: name.to_owned(),
            meaning: meaning.trim().to_owned(),
            value,
        });
    }
    check_label_set(reader, root, mode, &labels);
    labels
}

fn read_label_value(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    mode: Mode,
    judged: Option<&JudgedMetric>,
) -> Option<f64> {
    if !mode.has_one_label() {
        if section.get("value").is_some() {
            reader.at(
                section.offset("value"),
                "only the labels of a rubric have values",
            );
        }
        return None;
    }
    section.must(reader, "value", "one of the metric's values", |value| {
        number(value)
            .filter(|value| judged.is_none_or(|judged| judged.metric.data_type.holds(*value)))
    })
}

fn check_label_set(reader: &mut Reader<'_>, root: &Section<'_>, mode: Mode, labels: &[LabelSpec]) {
    let has = |name: &str| labels.iter().any(|label| label.name == name);
    for name in mode.fixed_labels().unwrap_or_default() {
        if !has(name) {
            reader.at(
                root.offset("labels"),
                format!("the label `{name}` is missing"),
            );
        }
    }
    let all_alike = labels
        .split_first()
        .is_none_or(|(first, others)| others.iter().all(|label| label.value == first.value));
    if mode.has_one_label() && all_alike {
        reader.at(
            root.offset("labels"),
            "a rubric needs two labels with different values",
        );
    }
}

pub(super) fn read_name<'a>(reader: &mut Reader<'_>, section: &Section<'a>) -> Option<&'a str> {
    section.must(
        reader,
        "name",
        "lower-case letters, digits, `_` and `-`",
        |value| value.as_str().filter(|name| is_name(name)),
    )
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
}

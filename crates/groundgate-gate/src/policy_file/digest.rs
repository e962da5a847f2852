//! What a policy says, setting by setting: the base of its digest and of comparing environments.

use std::collections::BTreeMap;

use groundgate_model::unit::{Digest, count_to_f64};
use serde_json::{Map, Value, json};

use super::Resolved;
use crate::{
    outside::{Age, BaselineTerms, DateOf, FactKind, Outside, WaiverTerms},
    policy::{
        BoundChoice, CalibrationOrigin, CaseFilter, Estimand, JudgeCalibration, OnOpen, Rule,
        RuleKind, Slice,
    },
    verdict::Bar,
};

/// One setting of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    /// What the rule is about; the same in every environment.
    Word(String),
    /// As `Word`, several of them.
    Words(Vec<String>),
    /// A bar that is harder to pass the higher it is.
    MoreIsStricter(f64),
    /// A bar that is harder to pass the lower it is.
    LessIsStricter(f64),
    /// A number that is the same in every environment.
    Number(f64),
}

/// Every setting of a rule under its key, always in the same order for one kind.
pub(super) fn settings(kind: &RuleKind) -> Vec<(&'static str, Setting)> {
    use Setting::{LessIsStricter, MoreIsStricter, Number, Word, Words};
    let mut settings = match kind {
        RuleKind::Floor { min, .. } => vec![("min", MoreIsStricter(*min))],
        RuleKind::Ceiling { max, .. }
        | RuleKind::MeanMax { max, .. }
        | RuleKind::RatioMax { max, .. } => vec![("max", LessIsStricter(*max))],
        RuleKind::NonInferior { margin, .. } => vec![("margin", LessIsStricter(*margin))],
        RuleKind::Superior { by, .. } => vec![("by", MoreIsStricter(*by))],
        RuleKind::SliceFloor {
            by,
            min,
            min_cases,
            on_thin,
            required,
            ..
        } => vec![
            ("by", Words(by.clone())),
            ("min", MoreIsStricter(*min)),
            ("min-cases", MoreIsStricter(count_to_f64(*min_cases))),
            (
                "on-thin",
                MoreIsStricter(if *on_thin == OnOpen::Block { 1.0 } else { 0.0 }),
            ),
            ("required", Words(required.iter().map(written).collect())),
        ],
        RuleKind::MustPass {
            cases,
            min,
            min_cases,
            repeats,
            ..
        } => vec![
            (
                "cases",
                Word(match cases {
                    CaseFilter::Critical => "critical".to_owned(),
                    CaseFilter::Slice(slice) => written(slice),
                }),
            ),
            ("min", MoreIsStricter(*min)),
            ("min-cases", MoreIsStricter(count_to_f64(*min_cases))),
            ("repeats", MoreIsStricter(f64::from(*repeats))),
        ],
        RuleKind::MaxCount { max, .. } => {
            let max = usize::try_from(*max).unwrap_or(usize::MAX);
            vec![("max", LessIsStricter(count_to_f64(max)))]
        }
        RuleKind::MaxErrorRate { max } => vec![("max", LessIsStricter(max.value()))],
        RuleKind::Percentile { quantile, max, .. } => vec![
            ("quantile", Number(*quantile)),
            ("max", LessIsStricter(*max)),
        ],
    };
    settings.push(("kind", Word(kind.name().to_owned())));
    if let Some(metric) = kind.metric() {
        settings.push(("metric", Word(metric.to_owned())));
    }
    settings
}

/// Every setting of a rule about a fact under its key, always in the same order for one kind.
pub(super) fn fact_settings(kind: &FactKind) -> Vec<(&'static str, Setting)> {
    use Setting::{LessIsStricter, MoreIsStricter, Word};
    let bar = |bar: Bar, threshold: f64| match bar {
        Bar::AtLeast => ("min", MoreIsStricter(threshold)),
        Bar::AtMost => ("max", LessIsStricter(threshold)),
    };
    let word = |text: &str| Word(text.to_owned());
    let age = |age: Age| {
        let seconds = usize::try_from(age.seconds()).unwrap_or(usize::MAX);
        ("max-age", LessIsStricter(count_to_f64(seconds)))
    };
    let mut settings = match kind {
        FactKind::Evidence {
            file,
            value,
            date,
            max_age,
            bar: side,
            threshold,
            unit,
        } => vec![
            ("file", word(file)),
            ("value", word(value)),
            ("date", word(date)),
            age(*max_age),
            bar(*side, *threshold),
            ("unit", word(unit)),
        ],
        FactKind::Freshness { of, max_age } => vec![
            (
                "of",
                match of {
                    DateOf::Run => word("run"),
                    DateOf::Baseline => word("baseline"),
                    DateOf::File { file, date } => Setting::Words(vec![file.clone(), date.clone()]),
                },
            ),
            age(*max_age),
        ],
        FactKind::MaxOverlap { files, max } => vec![
            ("files", Setting::Words(files.clone())),
            bar(Bar::AtMost, *max),
        ],
        FactKind::JudgeHealth {
            file,
            metric,
            measure,
            threshold,
            min_labels,
            max_age,
        } => vec![
            ("file", word(file)),
            ("metric", word(metric)),
            ("measure", word(measure.name())),
            bar(measure.bar(), *threshold),
            ("min-labels", MoreIsStricter(count_to_f64(*min_labels))),
            age(*max_age),
        ],
    };
    settings.push(("kind", word(kind.name())));
    settings
}

pub(super) fn written(slice: &Slice) -> String {
    format!("{}={}", slice.tag, slice.value)
}

/// Over the policy's JSON with sorted keys and without white space, so that neither comments nor
/// the order of keys in the file matter.
pub(super) fn digest(
    (name, owner): (&str, Option<&str>),
    policy: &Resolved,
    calibrations: &BTreeMap<String, JudgeCalibration>,
) -> Digest {
    let statistics = &policy.statistics;
    let on_inconclusive = match policy.on_inconclusive {
        OnOpen::Block => "block",
        OnOpen::Hold => "hold",
    };
    let statistics = json!({
        "alpha-pass": statistics.alpha_pass,
        "alpha-fail": statistics.alpha_fail,
        "min-cases": statistics.min_cases,
        "missing-max": statistics.missing_max.value(),
        "bound": match statistics.bound {
            BoundChoice::Exact => "exact",
            BoundChoice::Calibrated => "calibrated",
            BoundChoice::Proven => "proven",
        },
        "versus-baseline": estimand(statistics.versus_baseline),
        "absolute": estimand(statistics.absolute),
    });
    let mut fields = Map::from_iter([
        ("name".to_owned(), json!(name)),
        ("owner".to_owned(), json!(owner)),
        ("on-inconclusive".to_owned(), json!(on_inconclusive)),
        ("statistics".to_owned(), statistics),
        ("rules".to_owned(), policy.rules.iter().map(rule).collect()),
    ]);
    outside_of(&policy.outside, &mut fields);
    // A policy without calibrations keeps the digest it had before there were any.
    if !calibrations.is_empty() {
        let calibrations: Map<String, Value> = calibrations
            .iter()
            .map(|(metric, one)| (metric.clone(), calibration(one)))
            .collect();
        fields.insert("judge-calibration".to_owned(), Value::Object(calibrations));
    }
    Digest::of(Value::Object(fields).to_string().as_bytes())
}

/// What is not about scores; where there is nothing, the digest is what it was before there was any.
fn outside_of(outside: &Outside, fields: &mut Map<String, Value>) {
    let facts: Vec<Value> = (outside.rules.iter())
        .map(|rule| as_object(fact_settings(&rule.kind), (&rule.id, rule.why.as_deref())).into())
        .collect();
    let approvals: Vec<Value> = (outside.approvals.iter())
        .map(|rule| {
            let own = json!([rule.id, rule.why, rule.roles, rule.valid_for.seconds()]);
            if rule.not_by.is_empty() {
                return own;
            }
            let not_by: Vec<&str> = rule.not_by.iter().map(|one| one.name()).collect();
            json!([own, not_by])
        })
        .collect();
    let BaselineTerms { run, max_age } = &outside.baseline;
    let canary = &outside.canary;
    let WaiverTerms {
        max,
        approvers,
        never,
    } = &outside.waivers;
    for (key, value, is_empty) in [
        ("facts", Value::Array(facts), outside.rules.is_empty()),
        (
            "approvals",
            Value::Array(approvals),
            outside.approvals.is_empty(),
        ),
        (
            "waivers",
            json!([max, approvers]),
            max.is_none() && approvers.is_empty(),
        ),
        (
            "baseline",
            json!([run, max_age.map(Age::seconds)]),
            run.is_none() && max_age.is_none(),
        ),
        ("canary", json!(format!("{canary:?}")), canary.is_none()),
        ("never-waived", json!(never), never.is_empty()),
    ] {
        if !is_empty {
            fields.insert(key.to_owned(), value);
        }
    }
}

/// A calibration that says nothing of its origin keeps the digest it had before it could.
fn calibration(one: &JudgeCalibration) -> Value {
    let origin = &one.origin;
    if *origin == CalibrationOrigin::default() {
        return json!([one.judge, one.good.counts(), one.bad.counts()]);
    }
    let kappa = [origin.kappa, origin.kappa_lower, origin.weight];
    let labels = [&origin.labels, &origin.labelled_on];
    json!([
        one.judge,
        one.good.counts(),
        one.bad.counts(),
        labels,
        kappa
    ])
}

const fn estimand(estimand: Estimand) -> &'static str {
    match estimand {
        Estimand::Suite => "suite",
        Estimand::Population => "population",
    }
}

fn rule(rule: &Rule) -> Value {
    let mut fields = as_object(settings(&rule.kind), (&rule.id, rule.why.as_deref()));
    if let Some(estimand) = rule.estimand {
        fields.insert("estimand".to_owned(), json!(format!("{estimand:?}")));
    }
    Value::Object(fields)
}

fn as_object(
    settings: Vec<(&'static str, Setting)>,
    (id, why): (&str, Option<&str>),
) -> Map<String, Value> {
    let mut fields: Map<String, Value> = settings
        .into_iter()
        .map(|(key, setting)| {
            let value = match setting {
                Setting::Word(word) => json!(word),
                Setting::Words(words) => json!(words),
                Setting::MoreIsStricter(number)
                | Setting::LessIsStricter(number)
                | Setting::Number(number) => json!(number),
            };
            (key.to_owned(), value)
        })
        .collect();
    fields.insert("id".to_owned(), json!(id));
    fields.insert("why".to_owned(), json!(why));
    fields
}

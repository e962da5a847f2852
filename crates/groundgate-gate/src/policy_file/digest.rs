//! The digest of a policy: over what it says, setting by setting.

use std::collections::BTreeMap;

use groundgate_model::unit::Digest;
use serde_json::{Map, Value, json};

use super::Resolved;
use crate::{
    canary::{Canary, RollbackKind, RollbackRule},
    facts::{Age, WaiverTerms},
    policy::{
        BaselineTerms, BoundChoice, CalibrationOrigin, Estimand, JudgeCalibration, OnOpen,
        ReleaseTerms, Rule, Statistics,
    },
    rules::{Setting, Settings},
};

/// Over the policy's JSON with sorted keys and without white space, so that neither comments nor
/// the order of keys in the file matter.
pub(super) fn digest(
    name: &str,
    owner: Option<&str>,
    policy: &Resolved,
    calibrations: &BTreeMap<String, JudgeCalibration>,
) -> Digest {
    let statistics_of = &policy.statistics;
    let on_inconclusive = match policy.on_inconclusive {
        OnOpen::Block => "block",
        OnOpen::Hold => "hold",
    };
    let mut statistics = json!({
        "alpha-pass": statistics_of.alpha_pass,
        "alpha-fail": statistics_of.alpha_fail,
        "min-cases": statistics_of.min_cases,
        "missing-max": statistics_of.missing_max.value(),
        "bound": match statistics_of.bound {
            BoundChoice::Exact => "exact",
            BoundChoice::Calibrated => "calibrated",
            BoundChoice::Proven => "proven",
        },
        "versus-baseline": estimand(statistics_of.versus_baseline),
        "absolute": estimand(statistics_of.absolute),
    });
    // Policies that do not say it have the digest that they had.
    let default = Statistics::default().applicable_min;
    if statistics_of.applicable_min != default
        && let Some(statistics) = statistics.as_object_mut()
    {
        let value = json!(statistics_of.applicable_min.value());
        statistics.insert("applicable-min".to_owned(), value);
    }
    let mut fields = Map::from_iter([
        ("name".to_owned(), json!(name)),
        ("owner".to_owned(), json!(owner)),
        ("on-inconclusive".to_owned(), json!(on_inconclusive)),
        ("statistics".to_owned(), statistics),
        ("rules".to_owned(), policy.rules.iter().map(rule).collect()),
    ]);
    terms_of(&policy.release, &mut fields);
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
fn terms_of(terms: &ReleaseTerms, fields: &mut Map<String, Value>) {
    let facts: Vec<Value> = (terms.facts.iter())
        .map(|rule| as_object(rule.kind.settings(), &rule.id, rule.why.as_deref()).into())
        .collect();
    let approvals: Vec<Value> = (terms.approvals.iter())
        .map(|rule| {
            let own = json!([rule.id, rule.why, rule.roles, rule.valid_for.seconds()]);
            if rule.not_by.is_empty() {
                return own;
            }
            let not_by: Vec<&str> = rule.not_by.iter().map(|one| one.name()).collect();
            json!([own, not_by])
        })
        .collect();
    let BaselineTerms { run, max_age } = &terms.baseline;
    let canary = &terms.canary;
    let WaiverTerms {
        max,
        approvers,
        never,
    } = &terms.waivers;
    for (key, value, is_empty) in [
        ("protected", json!(true), !terms.is_protected),
        ("facts", Value::Array(facts), terms.facts.is_empty()),
        (
            "approvals",
            Value::Array(approvals),
            terms.approvals.is_empty(),
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
        (
            "canary",
            json!(canary.as_ref().map(canary_text)),
            canary.is_none(),
        ),
        ("never-waived", json!(never), never.is_empty()),
    ] {
        if !is_empty {
            fields.insert(key.to_owned(), value);
        }
    }
}

/// A canary with every setting, in the words that digests have been made of from the first.
fn canary_text(canary: &Canary) -> String {
    let rules: Vec<String> = canary.rules.iter().map(rollback_text).collect();
    format!(
        "Some(Canary {{ min_answers: {}, thin_windows: {}, rules: [{}] }})",
        canary.min_answers,
        canary.thin_windows,
        rules.join(", ")
    )
}

fn rollback_text(rule: &RollbackRule) -> String {
    let kind = match &rule.kind {
        RollbackKind::NonInferior { metric, margin } => {
            format!("NonInferior {{ metric: {metric:?}, margin: {margin:?} }}")
        }
        RollbackKind::MaxCount { metric, max } => {
            format!("MaxCount {{ metric: {metric:?}, max: {max} }}")
        }
        RollbackKind::RateMax {
            metric,
            max,
            window,
        } => format!(
            "RateMax {{ metric: {metric:?}, max: {max:?}, window: Age {{ seconds: {} }} }}",
            window.seconds()
        ),
        RollbackKind::MaxErrorRate { max } => {
            format!("MaxErrorRate {{ max: UnitInterval({:?}) }}", max.value())
        }
    };
    let (id, consecutive) = (&rule.id, rule.consecutive);
    format!("RollbackRule {{ id: {id:?}, consecutive: {consecutive}, kind: {kind} }}")
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
    let mut fields = as_object(rule.kind.settings(), &rule.id, rule.why.as_deref());
    if let Some(estimand) = rule.estimand {
        let word = match estimand {
            Estimand::Suite => "Suite",
            Estimand::Population => "Population",
        };
        fields.insert("estimand".to_owned(), json!(word));
    }
    Value::Object(fields)
}

fn as_object(settings: Settings, id: &str, why: Option<&str>) -> Map<String, Value> {
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

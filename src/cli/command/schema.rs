//! `groundgate schema`: JSON Schemas of the files that people write and of what the gate prints, for
//! editors and scripts.

use groundgate_gate::{
    NotBy,
    rules::{rule_schemas, tightened_schema},
};
use serde_json::{Map, Value, json};

use super::super::{
    args::{SchemaArgs, SchemaName},
    exit_code::ExitCode,
    terminal::Terminal,
};
use groundgate_app::AppError;

/// Runs the command.
pub(crate) fn run(args: &SchemaArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let schema = match args.name {
        SchemaName::Policy => policy(),
        SchemaName::Waivers => waivers(),
        SchemaName::Approval => approval(),
        SchemaName::JudgeHealth => judge_health(),
        SchemaName::Gate => gate(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(AppError::internal)?;
    terminal.line(&text);
    Ok(ExitCode::Done)
}

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

fn text() -> Value {
    json!({"type": "string", "minLength": 1})
}

fn texts() -> Value {
    json!({"type": "array", "items": text()})
}

fn number() -> Value {
    json!({"type": "number"})
}

fn whole(least: u32) -> Value {
    json!({"type": "integer", "minimum": least})
}

fn words(words: &[&str]) -> Value {
    json!({"enum": words})
}

fn age() -> Value {
    json!({"type": "string", "pattern": "^[0-9]+[wdhms]$"})
}

/// An object with these keys and no others.
fn object(needs: &[&str], properties: Vec<(&str, Value)>) -> Value {
    let properties: Map<String, Value> = properties
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    json!({"type": "object", "required": needs, "properties": properties, "additionalProperties": false})
}

fn environment() -> Value {
    let named = |value: Value| json!({"type": "object", "additionalProperties": value});
    object(
        &[],
        vec![
            ("inherits", text()),
            ("protected", json!({"type": "boolean"})),
            ("statistics", object(&[], vec![("min-cases", whole(1))])),
            (
                "defaults",
                object(&[], vec![("on-inconclusive", words(&["block", "hold"]))]),
            ),
            ("baseline", object(&[], vec![("max-age", age())])),
            ("waivers", object(&[], vec![("max", whole(0))])),
            ("rule", named(tightened_schema())),
        ],
    )
}

fn policy() -> Value {
    let rules = rule_schemas();
    let statistics = vec![
        (
            "confidence",
            json!({"type": "number", "minimum": 0.8, "exclusiveMaximum": 1}),
        ),
        ("min-cases", whole(1)),
        (
            "missing-max",
            json!({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
        ),
        (
            "applicable-min",
            json!({"type": "number", "minimum": 0, "maximum": 1}),
        ),
        ("bound", words(&["exact", "calibrated", "proven"])),
        ("versus-baseline", words(&["suite", "population"])),
        ("absolute", words(&["suite", "population"])),
    ];
    let approval = vec![
        ("id", text()),
        ("why", text()),
        ("from", text()),
        ("roles", texts()),
        ("valid-for", age()),
        (
            "not-by",
            json!({"type": "array", "items": words(&NotBy::ALL.map(NotBy::name))}),
        ),
    ];
    let mut schema = object(
        &["schema", "name", "rule"],
        vec![
            ("schema", json!({"const": "groundgate.policy/1"})),
            ("name", text()),
            ("owner", text()),
            ("statistics", object(&[], statistics)),
            (
                "defaults",
                object(&[], vec![("on-inconclusive", words(&["block", "hold"]))]),
            ),
            ("baseline", baseline()),
            (
                "judge-calibration",
                json!({"type": "object", "additionalProperties": calibration()}),
            ),
            (
                "waivers",
                object(&[], vec![("max", whole(0)), ("approvers", texts())]),
            ),
            (
                "rule",
                json!({"type": "array", "minItems": 1, "items": {"oneOf": rules}}),
            ),
            (
                "approval",
                json!({"type": "array", "items": object(&["id", "roles", "valid-for"], approval)}),
            ),
            ("canary", canary()),
            (
                "env",
                json!({"type": "object", "additionalProperties": environment()}),
            ),
        ],
    );
    titled(&mut schema, "gate.toml, the release policy");
    schema
}

fn baseline() -> Value {
    let only = |value: Value| json!({"const": value});
    let keys = vec![
        ("ref", text()),
        ("same-evalset", only(json!(true))),
        ("same-judge", only(json!(true))),
        ("max-age", age()),
        ("if-stale", only(json!("block"))),
    ];
    object(&[], keys)
}

fn calibration() -> Value {
    let calibration = vec![
        ("judge", text()),
        ("good-labelled", whole(1)),
        ("good-right", whole(0)),
        ("bad-labelled", whole(1)),
        ("bad-right", whole(0)),
    ];
    let calibration_needs: Vec<&str> = calibration.iter().map(|(key, _)| *key).collect();
    let origin = [
        ("labels", text()),
        ("labelled-on", text()),
        ("kappa", number()),
        ("kappa-lower", number()),
        ("judge-weight", number()),
    ];
    object(&calibration_needs, [calibration, origin.into()].concat())
}

fn canary() -> Value {
    let rollback = vec![
        ("id", text()),
        (
            "kind",
            words(&["non-inferior", "max-count", "rate-max", "max-error-rate"]),
        ),
        ("metric", text()),
        ("margin", number()),
        ("max", number()),
        ("consecutive", whole(1)),
    ];
    let canary = vec![
        ("min-answers", whole(1)),
        ("thin-windows", whole(1)),
        ("window", text()),
        (
            "rollback",
            json!({"type": "array", "items": object(&["id", "kind"], rollback)}),
        ),
    ];
    object(&["min-answers", "rollback"], canary)
}

fn titled(schema: &mut Value, title: &str) {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("$schema".to_owned(), json!(DRAFT));
        fields.insert("title".to_owned(), json!(title));
    }
}

fn waivers() -> Value {
    let waiver = vec![
        ("id", text()),
        ("rule", text()),
        ("slice", text()),
        ("env", texts()),
        ("bar", number()),
        ("reason", text()),
        ("owner", text()),
        ("approved-by", text()),
        ("ticket", text()),
        ("created", text()),
        ("expires", text()),
    ];
    let needs: Vec<&str> = waiver
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| *key != "slice")
        .collect();
    let waiver = object(&needs, waiver);
    let mut schema = object(
        &["schema"],
        vec![
            ("schema", json!({"const": "groundgate.waivers/1"})),
            ("waiver", json!({"type": "array", "items": waiver})),
        ],
    );
    titled(&mut schema, "waivers.toml, beside the policy");
    schema
}

fn approval() -> Value {
    let keys = [
        "schema",
        "subject",
        "run",
        "environment",
        "role",
        "by",
        "at",
        "says",
        "reason",
    ];
    let properties = keys.map(|key| match key {
        "schema" => (key, json!({"const": "groundgate.approval/1"})),
        "says" => (key, words(&["approve", "reject"])),
        "environment" => (key, json!({"type": "string"})),
        _ => (key, text()),
    });
    let mut schema = object(&keys, properties.into());
    titled(
        &mut schema,
        "one person's word about one verdict, as `groundgate approve` writes it",
    );
    schema
}

fn judge_health() -> Value {
    let flips = || {
        object(
            &["n", "flipped"],
            vec![("n", whole(1)), ("flipped", whole(0))],
        )
    };
    let keys = ["good_labelled", "good_right", "bad_labelled", "bad_right"];
    let mut schema = json!({
        "type": "object",
        "required": ["schema", "judge", "measured_at"],
        "properties": {
            "schema": {"const": "groundgate.judge-health/1"},
            "judge": {"type": "string", "minLength": 12},
            "measured_at": text(),
            "agreement": object(&keys, keys.map(|key| (key, whole(0))).into()),
            "flips": flips(),
            "attacked_answers": flips(),
        },
    });
    titled(
        &mut schema,
        "what was measured of a judge, read by `judge-health` rules",
    );
    schema
}

/// Of `gate --json`: what is there for sure; fields are only ever added.
fn gate() -> Value {
    let verdict = || words(&["pass", "waived", "hold", "inconclusive", "fail", "error"]);
    let digest =
        || json!({"type": "object", "required": ["sha256"], "properties": {"sha256": text()}});
    let rule = json!({
        "type": "object",
        "required": ["id", "kind", "metric", "verdict", "sentence", "bar", "counts"],
        "properties": {
            "id": text(), "kind": text(), "metric": {"type": "string"}, "verdict": verdict(),
            "sentence": text(), "estimate": number(), "lower": number(), "upper": number(),
            "observed": number(), "threshold": number(), "bar": words(&["at-least", "at-most"]),
            "n": whole(0), "method": text(), "waived": {"type": "object"}, "counts": {"type": "object"},
            "worst_cases": texts(),
        },
    });
    let mut schema = json!({
        "type": "object",
        "required": ["schema", "answer", "verdict", "exit_code", "env", "evaluated_at", "policy",
            "subject", "run", "rules", "notes", "provenance", "next"],
        "properties": {
            "schema": {"const": "groundgate.gate/1"},
            "answer": text(), "verdict": verdict(), "exit_code": whole(0), "env": {"type": "string"},
            "evaluated_at": text(),
            "policy": {"type": "object", "required": ["name", "digest"],
                "properties": {"name": text(), "digest": digest()}},
            "rules": {"type": "array", "minItems": 1, "items": rule},
            "notes": texts(), "next": text(),
        },
    });
    titled(
        &mut schema,
        "the verdict, as `groundgate gate --json` prints it",
    );
    schema
}

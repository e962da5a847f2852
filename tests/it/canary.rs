//! `watch`, `baseline` and `schema`, as programs.

use serde_json::{Map, Value};

use crate::{program::Folder, release::scored};

const POLICY: &str = r#"schema = "groundgate.policy/1"
name   = "support"
[[rule]]
id     = "groundedness.floor"
kind   = "floor"
metric = "groundedness"
min    = 0.8
[[rule]]
id     = "groundedness.not-worse"
kind   = "non-inferior"
metric = "groundedness"
margin = 0.05
[canary]
min-answers = 150
[[canary.rollback]]
id          = "quality"
kind        = "non-inferior"
metric      = "groundedness"
margin      = 0.15
consecutive = 2
"#;

pub(crate) fn import(folder: &Folder, name: &str, n: usize, wrong: usize) -> String {
    folder.write("scored.jsonl", &scored(n, wrong));
    let metric = "groundedness=binary";
    let ended = folder.run(&[
        "runs",
        "import",
        "scored.jsonl",
        "--name",
        name,
        "--metric",
        metric,
    ]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let path = folder.records().pop().unwrap();
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn a_canary_is_kept_held_and_rolled_back_by_its_exit_code() {
    let folder = Folder::with(&[("gate.toml", POLICY)]);
    let old = import(&folder, "old", 400, 20);
    let good = import(&folder, "new", 400, 20);
    let [bad, worse] = [160, 161].map(|n_wrong| import(&folder, "new", 400, n_wrong));
    let [thin, thinner, thinnest] = [3, 4, 5].map(|n_wrong| import(&folder, "new", 60, n_wrong));
    let watch = |news: &[&String]| {
        let windows = news.iter().map(|new| format!("--window={new},{old}"));
        let arguments: Vec<String> = ["watch".to_owned()].into_iter().chain(windows).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let one = folder.run(&arguments);
        let again = folder.run(&arguments);
        assert_eq!(
            (one.code, &one.out),
            (again.code, &again.out),
            "asked again, the same answer"
        );
        (one.code, one.out)
    };
    for (news, code) in [
        (vec![&good], 0),
        (vec![&bad], 31),
        (vec![&good, &bad, &bad], 31), // a window that is named twice counts once
        (vec![&good, &bad, &worse], 30),
        (vec![&bad, &worse, &good], 30),
        (vec![&thin], 31),
        (vec![&thin, &thinner, &thinnest], 30),
    ] {
        let (found, out) = watch(&news);
        assert_eq!(found, code, "{out}");
    }
    let alone = folder.run(&["watch", "--window", &good, "--json"]);
    assert_eq!(alone.code, 31, "{}", alone.out);
    let document: Value = serde_json::from_str(&alone.out).unwrap();
    assert_eq!(document["action"], "hold");
    folder.write("gate.toml", POLICY.split("[canary]").next().unwrap());
    assert_eq!(folder.run(&["watch", "--window", &good]).code, 3);
    folder.write(
        "gate.toml",
        &POLICY.replace("margin      = 0.15", "margin      = 1.5"),
    );
    assert_eq!(folder.run(&["watch", "--window", &good]).code, 3);
}

#[test]
fn a_baseline_that_was_set_is_used_shown_and_compared_with() {
    let folder = Folder::with(&[("gate.toml", POLICY)]);
    let old = import(&folder, "old", 400, 20);
    let new = import(&folder, "new", 400, 20);
    assert_eq!(folder.run(&["baseline", "show"]).code, 3);
    assert_eq!(folder.run(&["gate", &new]).code, 11, "no baseline, no pass");
    assert_eq!(folder.run(&["baseline", "set", &old]).code, 0);
    let shown = folder.run(&["baseline", "show", "--json"]);
    assert!(shown.out.contains(&old), "{}", shown.out);
    let gated = folder.run(&["gate", &new]);
    assert_eq!(gated.code, 0, "{} {}", gated.out, gated.err);
    let diff = folder.run(&["baseline", "diff", &new]);
    assert!(diff.out.contains("groundedness"), "{}", diff.out);
    let file = "runs/baseline.json";
    let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
    let plan = serde_json::from_str::<Value>(&text).unwrap()["plan"]
        .as_str()
        .unwrap()
        .to_owned();
    folder.write(file, &text.replace(&plan, &"0".repeat(64)));
    let other = folder.run(&["gate", &new]);
    assert_eq!(
        other.code, 3,
        "another run under the id is not the one that was set"
    );
    folder.write(file, "{}");
    assert_eq!(folder.run(&["gate", &new]).code, 3);
}

/// Whether a value suits a schema: the part of JSON Schema that ours use.
fn suits(value: &Value, schema: &Value) -> Result<(), String> {
    let schema = schema.as_object().unwrap();
    let fail = |what: &str| Err(format!("{value} {what} {}", Value::Object(schema.clone())));
    for (key, wanted) in schema {
        let good = match (key.as_str(), wanted) {
            ("const", wanted) => value == wanted,
            ("enum", Value::Array(all)) => all.contains(value),
            ("type", Value::String(kind)) => match kind.as_str() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_u64() || value.is_i64(),
                "number" => value.is_number(),
                other => return Err(format!("no type {other}")),
            },
            ("required", Value::Array(keys)) => keys
                .iter()
                .all(|key| value.get(key.as_str().unwrap()).is_some()),
            ("minimum", least) => value.as_f64() >= least.as_f64(),
            ("maximum", most) => value.as_f64() <= most.as_f64(),
            ("exclusiveMaximum", most) => value.as_f64() < most.as_f64(),
            ("minItems", least) => {
                value.as_array().map(Vec::len)
                    >= least.as_u64().map(|n| usize::try_from(n).unwrap())
            }
            ("items", items) => {
                for item in value.as_array().unwrap() {
                    suits(item, items)?;
                }
                true
            }
            ("oneOf", Value::Array(all)) => {
                all.iter().filter(|one| suits(value, one).is_ok()).count() == 1
            }
            (
                "$schema"
                | "title"
                | "description"
                | "pattern"
                | "minLength"
                | "properties"
                | "additionalProperties",
                _,
            ) => true,
            (other, _) => return Err(format!("no keyword {other}")),
        };
        if !good {
            return fail(key);
        }
    }
    let empty = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    for (key, value) in value.as_object().unwrap_or(&empty) {
        match (properties.get(key), schema.get("additionalProperties")) {
            (None, None | Some(Value::Bool(true))) => {}
            (None, Some(Value::Bool(false))) => return fail(&format!("has {key} beyond")),
            (Some(schema), _) | (None, Some(schema)) => suits(value, schema)?,
        }
    }
    Ok(())
}

#[test]
fn schemas_suit_what_they_describe_and_nothing_else() {
    let folder = Folder::with(&[("gate.toml", POLICY)]);
    let schema = |name: &str| -> Value {
        let ended = folder.run(&["schema", name]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        serde_json::from_str(&ended.out).unwrap()
    };
    let (policy, gate) = (schema("policy"), schema("gate"));
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in [
        "gate.toml",
        "docs/policies/release.toml",
        "docs/policies/index-only.toml",
        "docs/policies/retriever-only.toml",
    ] {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        let value: Value = toml::from_str(&text).unwrap();
        assert_eq!(suits(&value, &policy), Ok(()), "{name}");
    }
    for wrong in [
        POLICY.replace("min    = 0.8", "mim    = 0.8"),
        POLICY.replace("kind   = \"floor\"", "kind   = \"flor\""),
        POLICY.replace("min-answers = 150", ""),
        POLICY.replace("margin = 0.05", "margin = \"0.05\""),
        POLICY.replace("[canary]", "[baseline]\nsame-judge = false\n[canary]"),
        POLICY.replace("[canary]", "[baseline]\nif-stale = \"rerun\"\n[canary]"),
        POLICY.replace("[canary]", "[env.a]\nbaseline.ref = \"01J\"\n[canary]"),
    ] {
        let value: Value = toml::from_str(&wrong).unwrap();
        assert!(suits(&value, &policy).is_err(), "{wrong}");
    }
    let run = import(&folder, "new", 100, 1);
    let verdict: Value = serde_json::from_str(&folder.run(&["gate", &run, "--json"]).out).unwrap();
    assert_eq!(suits(&verdict, &gate), Ok(()));
    let waivers: Value = toml::from_str(
        &std::fs::read_to_string(root.join("docs/policies/waivers.toml"))
            .unwrap()
            .replace("= 2026-", "= '2026-")
            .replace("-02\n", "-02'\n")
            .replace("-23\n", "-23'\n"),
    )
    .unwrap();
    assert_eq!(suits(&waivers, &schema("waivers")), Ok(()));
    for name in ["approval", "judge-health"] {
        assert!(schema(name)["properties"].is_object());
    }
}

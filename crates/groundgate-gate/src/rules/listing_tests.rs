//! The list of the kinds of rules is whole, and what others show of it is what it says.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::*;

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")
}

/// The table of rules as the README has it.
fn shown(readme: &str) -> String {
    let from = readme.find("| rule | passes when |\n").unwrap();
    let table = &readme[from..];
    table[..=table.find("\n\n").unwrap()].to_owned()
}

#[test]
fn the_readme_shows_the_table_of_all_kinds_of_rules() {
    let readme = fs::read_to_string(readme()).unwrap();
    assert_eq!(
        shown(&readme),
        rule_table(),
        "run `cargo test -p groundgate-gate -- --ignored writes_the_table_into_the_readme`"
    );
}

#[test]
#[ignore = "writes README.md"]
fn writes_the_table_into_the_readme() {
    let text = fs::read_to_string(readme()).unwrap();
    fs::write(readme(), text.replace(&shown(&text), &rule_table())).unwrap();
}

#[test]
fn every_kind_has_a_name_and_keys_of_its_own() {
    let kinds = rule_keys();
    let names: BTreeSet<&str> = kinds.iter().map(|kind| kind.kind).collect();
    assert_eq!(names.len(), kinds.len());
    for kind in &kinds {
        let keys: BTreeSet<&str> = kind.all().map(|key| key.name).collect();
        assert_eq!(keys.len(), kind.all().count(), "{}", kind.kind);
        assert!(kind.all().all(|key| !key.means.is_empty()), "{}", kind.kind);
    }
}

#[test]
fn a_schema_of_a_rule_names_its_keys_and_no_others() {
    let schemas = rule_schemas();
    let of = |kind: &str| {
        let is_its = |schema: &&Value| schema["properties"]["kind"]["const"] == kind;
        schemas.iter().find(is_its).unwrap()
    };
    let floor = of("floor");
    assert_eq!(floor["required"], json!(["id", "kind", "metric", "min"]));
    assert_eq!(floor["properties"]["min"]["type"], "number");
    assert_eq!(floor["properties"]["waivable"]["type"], "boolean");
    assert_eq!(floor["additionalProperties"], false);
    assert_eq!(
        floor["properties"]["estimand"]["enum"],
        json!(["suite", "population"])
    );
    let overlap = of("max-overlap");
    assert_eq!(overlap["properties"]["files"]["type"], "array");
    assert_eq!(overlap["properties"].get("estimand"), None);
    assert_eq!(of("evidence")["properties"]["max-age"]["type"], "string");
    let environment = tightened_schema();
    assert_eq!(environment["properties"]["repeats"]["minimum"], 1);
    assert_eq!(environment["properties"].get("metric"), None);
}

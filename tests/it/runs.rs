//! `runs show` and `runs diff`: what a run was made with, and what changed from one to the next.

use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    program::{Folder, POLICY},
    view::{ids, import},
};

/// Two imported runs; `manifests` are put into their records.
fn two_runs(manifests: &[Value]) -> (Folder, Vec<String>) {
    let folder = Folder::with(&[("gate.toml", POLICY), ("set.jsonl", "")]);
    let line = json!({"case": {"id": "q", "question": "How long?"}, "attempt": 0,
        "answer": "14 days.", "scores": {"groundedness": 1}});
    for name in ["a", "b"] {
        import(&folder, name, &format!("{line}\n"));
    }
    for (record, manifest) in folder.records().iter().zip(manifests) {
        put(record, manifest);
    }
    let ids = ids(&folder);
    (folder, ids)
}

/// As whoever made the record would have written it, before it was sealed.
fn put(record: &Path, manifest: &Value) {
    let connection = Connection::open(record).unwrap();
    connection
        .execute(
            "UPDATE header SET value = json_set(value, '$.manifest', json(?1)) WHERE key = 'header'",
            [manifest.to_string()],
        )
        .unwrap();
    connection
        .execute("DELETE FROM header WHERE key = 'seal'", [])
        .unwrap();
}

fn manifest(temperature: f64, prompt: &str) -> Value {
    json!({"seed": 7, "copilot": {"kind": "openai", "temperature": temperature,
        "system-prompt": {"sha256": format!("{:0>64}", prompt.len()), "text": prompt}}})
}

#[test]
fn what_changed_between_two_runs_is_said_in_words_and_as_json() {
    let manifests = [
        manifest(0.2, "Be short.\nBe kind."),
        manifest(0.7, "Be short.\nBe exact.\u{1b}[2J"),
    ];
    let (folder, ids) = two_runs(&manifests);
    let said = folder.run(&["runs", "diff", &ids[0], &ids[1]]);
    assert_eq!(said.code, 0, "{}", said.err);
    for line in [
        "  copilot.system-prompt: line 2 was `Be kind.`, then `Be exact.",
        "  copilot.temperature: 0.2, then 0.7\n",
    ] {
        assert!(said.out.contains(line), "{line} in {}", said.out);
    }
    assert!(
        !said.out.contains('\u{1b}') && !said.out.contains("seed"),
        "{}",
        said.out
    );
    assert_eq!(said.err, "");
    let json = folder.run(&["runs", "diff", &ids[0], &ids[1], "--json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["schema"], "groundgate.runs-diff/1");
    assert_eq!(
        (&json["first"], &json["second"]),
        (&json!(ids[0]), &json!(ids[1]))
    );
    assert_eq!(json["of_manifests"], true);
    assert_eq!(
        json["differences"][1],
        json!({"name": "copilot.temperature", "first": 0.2, "second": 0.7,
            "text": "copilot.temperature: 0.2, then 0.7"})
    );
    let same = folder.run(&["runs", "diff", &ids[0], &ids[0]]);
    assert!(same.out.contains("nothing differs"), "{}", same.out);
}

#[test]
fn runs_without_manifests_are_compared_by_what_their_headers_say() {
    let (folder, ids) = two_runs(&[manifest(0.2, "Be short.")]);
    let said = folder.run(&["runs", "diff", &ids[0], "latest"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("  copilot.name: a, then b\n"),
        "{}",
        said.out
    );
    assert!(said.err.contains("holds no manifest"), "{}", said.err);
}

#[test]
fn show_prints_every_setting_of_the_manifest() {
    let (folder, ids) = two_runs(&[manifest(0.2, "Be short.")]);
    let shown = folder.run(&["runs", "show", &ids[0]]).out;
    for line in [
        "manifest  ",
        "  copilot.kind openai\n",
        "  copilot.temperature 0.2\n",
        "  copilot.system-prompt `Be short.` (",
        "  seed 7\n",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    let without = folder.run(&["runs", "show", &ids[1]]).out;
    assert!(!without.contains("manifest"), "{without}");
}

//! Whose claims are whose: in reports and for people who label, whatever a metric is called.

use std::fs;

use serde_json::json;

use crate::{
    judge::{N_CASES, chat, folder, ids, labelled_all},
    program::Folder,
    wire::{Asked, Said, Wire},
};

const SPEC: &str = include_str!("../../judges/groundedness.toml");
const CASES: &str = include_str!("../../judges/groundedness.cases.jsonl");

/// Supports nothing.
fn strict(asked: &Asked) -> Said {
    if ids(asked, "facts").is_empty() {
        return labelled_all(asked, "not-found");
    }
    let facts = (ids(asked, "facts").into_iter())
        .map(|id| json!({"id": id, "label": "missing", "quote": null}));
    chat(&json!({ "facts": facts.collect::<Vec<_>>() }).to_string())
}

/// The bundled judge's metrics under names of one's own.
fn renamed(text: &str) -> String {
    text.replace("\"groundedness\"", "\"rests_on_passages\"")
        .replace("\"faithfulness\"", "\"backed\"")
        .replace("\"no_contradiction\"", "\"no_conflict\"")
}

/// A finished run of one judge.
fn judged_by(judge: &Wire, spec: &str) -> Folder {
    let folder = folder(&format!(
        "[[judge]]\nname = \"j\"\nspec = \"{spec}\"\ncontrols = 0\nendpoint = {{ base-url = \"{}/v1\", model = \"j\" }}\n",
        judge.url
    ));
    folder.write("own.toml", &renamed(SPEC));
    folder.write("own.cases.jsonl", &renamed(CASES));
    let metric = match spec {
        "own.toml" => "rests_on_passages",
        "correctness" => "correctness",
        _ => "citation_correct",
    };
    folder.write(
        "gate.toml",
        &format!(
            "schema = \"groundgate.policy/1\"\nname = \"t\"\n[statistics]\nmin-cases = 5\n\
             [[rule]]\nid = \"r\"\nkind = \"floor\"\nmetric = \"{metric}\"\nmin = 0.5\n"
        ),
    );
    let ended = folder.run(&["run"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    folder
}

fn report(folder: &Folder) -> String {
    let ended = folder.run(&["report", "-o", "report.html"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    fs::read_to_string(folder.path().join("report.html")).unwrap()
}

/// How many claims a pack gives people to label.
fn n_to_label(folder: &Folder) -> usize {
    // What people said of the judge is no log of this command.
    fs::remove_file(folder.path().join("labels.jsonl")).unwrap();
    let ended = folder.run(&["label", "latest", "--items", "40", "--pack", "pack.html"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let page = fs::read_to_string(folder.path().join("pack.html")).unwrap();
    page.matches("\"claim\":\"s").count()
}

#[test]
fn a_judge_with_metric_names_of_its_own_has_claims_to_read_and_to_label() {
    let judge = Wire::answering(strict);
    let folder = judged_by(&judge, "own.toml");
    let page = report(&folder);
    assert!(page.contains("<h4>Claims</h4>"), "{}", page.len());
    assert!(n_to_label(&folder) > 20);
}

#[test]
fn the_bundled_judge_of_citations_has_claims_to_read_and_to_label() {
    let judge = Wire::answering(strict);
    let folder = judged_by(&judge, "citation_correctness");
    // Only answers that cite are judged at all.
    let cited = fs::read_to_string(folder.path().join("answers.jsonl"))
        .unwrap()
        .replace(" EUR.\",\"case_id", " EUR [1].\",\"case_id")
        .replace("guarantee scheme.", "guarantee scheme [1].");
    folder.write("answers.jsonl", &cited);
    let ended = folder.run(&["run"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let page = report(&folder);
    assert!(page.contains("<h4>Claims</h4>"), "{}", page.len());
    assert!(n_to_label(&folder) > 20);
}

#[test]
fn expected_facts_are_no_claims_of_the_answer() {
    let judge = Wire::answering(strict);
    let folder = judged_by(&judge, "correctness");
    let facts: String = (0..N_CASES)
        .map(|index| {
            json!({"id": format!("case-{index}"), "question": format!("what is the fee for product {index}?"),
                   "expected_facts": ["It is free."]})
            .to_string()
                + "\n"
        })
        .collect();
    folder.write("set.jsonl", &facts);
    let ended = folder.run(&["run"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(folder.run(&["explain", "case-1"]).out.contains("f1"));
    let page = report(&folder);
    assert!(!page.contains("<h4>Claims</h4>"));
    assert_eq!(n_to_label(&folder), 0);
}

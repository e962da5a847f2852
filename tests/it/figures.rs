//! Figures that documents state, as far as the sources tell them. What only a release build can tell is
//! in `tests/figures.sh`; what the demo prints is in `demo.rs`.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::{architecture::root, program::Folder};

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The page says it, however its lines are broken.
fn says(path: &str, sentence: &str) {
    let flat = text(path).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(sentence), "{path} does not say: {sentence}");
}

#[test]
fn pages_count_the_bundled_files_right() {
    let questions = text("eval_sets/support.jsonl").lines().count();
    says(
        "README.md",
        &format!("replays {questions} support questions"),
    );
    let attacks: Vec<Value> = text("judges/attacks.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let families: BTreeSet<&str> = attacks
        .iter()
        .map(|attack| attack["family"].as_str().unwrap())
        .collect();
    let (texts, families) = (attacks.len(), families.len());
    says(
        "docs/judges.md",
        &format!("holds {texts} texts in {families} families"),
    );
}

#[test]
fn the_page_of_reports_names_the_schema_that_the_report_writes() {
    let source = text("crates/groundgate-report/src/json.rs");
    let schema = source
        .split_once("SCHEMA: &str = \"")
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap();
    says("docs/reports.md", &format!("its schema is `{schema}`"));
}

#[test]
fn the_page_of_statistics_repeats_the_simulations_worst_cell() {
    let simulated = text("docs/error-rates.md");
    let summary = simulated
        .lines()
        .find(|line| line.contains(" cells. The worst is "))
        .unwrap();
    let (cells, rest) = summary.split_once(" cells. The worst is ").unwrap();
    let worst = rest.split(" (").next().unwrap();
    says("docs/statistics.md", &format!("{cells} cells (binary"));
    says(
        "docs/statistics.md",
        &format!("the worst false PASS or false FAIL is {worst}"),
    );
}

#[test]
fn the_page_of_judges_says_how_many_known_cases_the_embedded_judge_gets_right() {
    let folder = Folder::with(&[]);
    assert_eq!(folder.run(&["init", "."]).code, 0);
    let checked = folder.run(&["judge", "check", "--judge", "embedded"]);
    let line = checked.out.lines().next().expect(&checked.err);
    let (right, cases) = line
        .strip_prefix("embedded: ")
        .and_then(|rest| rest.strip_suffix(" known cases right"))
        .and_then(|rest| rest.split_once(" of "))
        .expect(line);
    says(
        "docs/judges.md",
        &format!("gets {right} of the {cases} bundled cases right"),
    );
}

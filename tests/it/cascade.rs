//! A dear judge behind the embedded one, as its users run it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;

use crate::{
    judge::{N_CASES, config, folder, json_of, labelled_all},
    program::Folder,
    wire::{Asked, Said, Wire},
};

const EMBEDDED: &str = "[[judge]]\nname = \"embedded\"\nspec = \"embedded\"\n";

/// A judge behind the embedded one, which is sure of everything beyond the band.
fn judges(url: &str, band: &str) -> String {
    format!(
        "{EMBEDDED}[[judge]]\nname = \"dear\"\nspec = \"groundedness\"\nafter = \"embedded\"\ncontrols = 0\n{band}\n\
         endpoint = {{ base-url = \"{url}/v1\", model = \"j\", retries = {{ max = 0, max-when-refused = 0 }} }}\n"
    )
}

const BAND: &str = "unsure = [0.49, 0.51]\naudit = 0.3";

fn made(url: &str, rule: &str) -> Folder {
    let folder = folder(&judges(url, BAND));
    folder.write(
        "gate.toml",
        &format!("schema = \"groundgate.policy/1\"\nname = \"t\"\n[statistics]\nmin-cases = 5\n[[rule]]\nid = \"r\"\n{rule}\n"),
    );
    folder
}

const FLOOR: &str = "kind = \"floor\"\nmetric = \"groundedness\"\nmin = 0.9";

fn questions(asked: &[Asked]) -> BTreeSet<String> {
    asked.iter().map(Asked::text).collect()
}

fn counts(folder: &Folder, metric: &str) -> Value {
    let report = json_of(folder, &["report", "latest"], 0);
    let metrics = report["metrics"].as_array().unwrap().clone();
    let found = metrics.into_iter().find(|one| one["metric"] == metric);
    found.unwrap_or_else(|| panic!("{metric} in {report}"))["counts"].clone()
}

#[test]
fn the_dear_judge_is_asked_about_the_drawn_part_only() {
    let dear = Wire::answering(|asked| labelled_all(asked, "not-found"));
    let folder = made(&dear.url, FLOOR);
    let run = folder.run(&["run"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let first = dear.take();
    // A share of 0.3, and five standard errors.
    assert!(
        (1..36).contains(&first.len()),
        "{} of {N_CASES}",
        first.len()
    );
    let found = counts(&folder, "groundedness");
    assert_eq!(found["scored"], first.len());
    assert_eq!(
        found["unscored"]["spared: a cheaper judge is sure"],
        N_CASES - first.len()
    );
    // The cheaper judge's own opinion stands under its name.
    assert_eq!(counts(&folder, "embedded_groundedness")["scored"], N_CASES);
    let shown = folder.run(&["explain", "case-1"]).out + &folder.run(&["explain", "case-2"]).out;
    let page = folder.run(&["report", "-o", "report.html"]);
    assert_eq!(page.code, 0, "{}", page.err);
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    let fact = format!("{} of {N_CASES}: 0 unsure", first.len());
    assert!(page.contains(&fact), "{fact}; {shown}");
    // Nothing failed, so that nothing is asked again.
    let again = folder.run(&["run", "--resume", "latest", "--rerun", "errors"]);
    assert_eq!((again.code, dear.take().len()), (0, 0), "{}", again.err);
    // Another run draws answers of its own: nobody chooses them by the seed.
    assert_eq!(folder.run(&["run"]).code, 0);
    assert_ne!(questions(&first), questions(&dear.take()));
    // The judge itself is asked about everything where it is on trial.
    let flips = json_of(
        &folder,
        &[
            "judge", "flips", "--sample", "10", "--times", "2", "--judge", "dear",
        ],
        0,
    );
    assert_eq!(flips["n_answers"], 10);
    assert_eq!(dear.take().len(), 20);
    let anchors = folder.run(&["judge", "anchors", "--sample", "10"]);
    assert_eq!(
        (anchors.code, dear.take().len()),
        (0, 10),
        "{}",
        anchors.err
    );
    let alone = folder.run(&["rejudge", "latest", "--judge", "dear"]);
    assert!(
        alone.code != 0 && alone.err.contains("name both with --judge"),
        "{}",
        alone.err
    );
    assert_eq!(folder.run(&["rejudge", "latest"]).code, 0);
}

#[test]
fn few_audits_decide_nothing_and_failed_ones_help_nobody() {
    let fails = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&fails);
    let dear = Wire::answering(move |asked| {
        if now.load(Ordering::SeqCst) {
            return Said::status(400, "{\"error\": {\"message\": \"no\"}}");
        }
        labelled_all(asked, "not-found")
    });
    let folder = made(&dear.url, FLOOR);
    assert_eq!(folder.run(&["run"]).code, 0);
    let n = dear.take().len();
    // Every audit says that the cheaper judge errs: with enough of them that is a failure.
    let gate = json_of(&folder, &["gate"], if n < 20 { 11 } else { 10 });
    assert!(gate.to_string().contains("audited"), "{gate}");
    fails.store(true, Ordering::SeqCst);
    // Its judge turns every call away.
    assert_eq!(folder.run(&["run"]).code, 5);
    json_of(&folder, &["gate"], 11);
    folder.write(
        "gate.toml",
        &std::fs::read_to_string(folder.path().join("gate.toml"))
            .unwrap()
            .replace("min = 0.9", "min = 0.01"),
    );
    json_of(&folder, &["gate"], 11);
}

#[test]
fn a_cascade_that_cannot_stand_is_said_before_anything_is_asked() {
    let folder = made("http://127.0.0.1:1", FLOOR);
    for (from, to, message) in [
        (
            "after = \"embedded\"",
            "after = \"x\"",
            "there is no judge of that name",
        ),
        (
            "after = \"embedded\"",
            "after = \"dear\"",
            "does not stand behind itself",
        ),
        ("audit = 0.3", "audit = 0", "not from 0.02 to 0.5"),
        ("audit = 0.3", "", "key `audit` is missing"),
        ("[0.49, 0.51]", "[0.51, 0.49]", "two numbers from 0 to 1"),
        ("[0.49, 0.51]", "[0.1, 0.2, 0.3]", "two numbers from 0 to 1"),
        ("after = \"embedded\"", "", "there is no `after`"),
        (
            "audit = 0.3",
            "audit = 0.3\nby = \"tone\"",
            "no score from 0 to 1 called `tone`",
        ),
    ] {
        folder.write(
            "groundgate.toml",
            &config(&judges("http://127.0.0.1:1", BAND)).replace(from, to),
        );
        let ended = folder.run(&["validate"]);
        assert_eq!(ended.code, 3, "{to}: {}", ended.err);
        assert!(ended.err.contains(message), "{to}: {}", ended.err);
    }
}

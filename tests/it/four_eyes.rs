//! `not-by`: nobody approves their own run or change, and without names nobody approves.

use serde_json::Value;

use crate::{
    program::{Ended, Folder},
    release::scored,
};

const POLICY: &str = r#"schema = "groundgate.policy/1"
name   = "support"
[[rule]]
id     = "groundedness.floor"
kind   = "floor"
metric = "groundedness"
min    = 0.9
[[approval]]
id        = "launch"
roles     = ["product"]
valid-for = "72h"
not-by    = ["run-initiator", "change-author"]
"#;

/// Everything by which the program learns who started it.
const NAMES: [&str; 6] = [
    "GITHUB_TRIGGERING_ACTOR",
    "GITHUB_ACTOR",
    "GITLAB_USER_LOGIN",
    "USER",
    "LOGNAME",
    "USERNAME",
];

fn run_as(folder: &Folder, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut command = folder.command(arguments);
    for name in NAMES {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder with a run that somebody with these variables has made.
fn folder(variables: &[(&str, &str)]) -> Folder {
    let folder = Folder::with(&[("gate.toml", POLICY), ("scored.jsonl", &scored(200, 2))]);
    let import = ["runs", "import", "scored.jsonl", "--name", "v42"];
    let metric = ["--metric", "groundedness=binary"];
    let imported = run_as(&folder, variables, &[&import[..], &metric].concat());
    assert_eq!(imported.code, 0, "{}", imported.err);
    folder
}

fn approve(folder: &Folder, by: &str) {
    let words = ["--role", "product", "--by", by, "--reason", "fine"];
    let approved = folder.run(&[&["approve"][..], &words].concat());
    assert_eq!(approved.code, 0, "{}", approved.err);
}

/// Exit code and what the last rule says, and who is shown to have approved.
fn gate(folder: &Folder, authors: &[&str]) -> (i32, String, Value) {
    let authors = authors.iter().flat_map(|name| ["--change-author", name]);
    let arguments: Vec<&str> = ["gate", "--json"].into_iter().chain(authors).collect();
    let gated = folder.run(&arguments);
    let document: Value = serde_json::from_str(&gated.out).unwrap();
    let rules = document["rules"].as_array().unwrap();
    let sentence = rules.last().unwrap()["sentence"].as_str().unwrap();
    let by = document["sign_off"]["approvals"][0]["by"].clone();
    (gated.code, sentence.to_owned(), by)
}

#[test]
fn nobody_approves_a_run_that_they_started_or_a_change_that_they_made() {
    let folder = folder(&[("CI", "true"), ("GITHUB_ACTOR", "ada")]);
    approve(&folder, " Ada");
    let (code, sentence, by) = gate(&folder, &["cem"]);
    assert_eq!((code, by), (12, Value::Null));
    assert_eq!(
        sentence,
        "0 of 1 approvals; open: product; Ada does not count (run-initiator)"
    );
    approve(&folder, "ben");
    let (code, sentence, by) = gate(&folder, &["cem"]);
    assert_eq!((code, by), (0, Value::from("ben")), "{sentence}");
    let (code, sentence, _) = gate(&folder, &["cem", "BEN"]);
    assert_eq!(code, 12);
    assert!(
        sentence.contains("ben does not count (change-author)"),
        "{sentence}"
    );
    for authors in [&[][..], &[""]] {
        let (code, sentence, _) = gate(&folder, authors);
        assert_eq!(code, 12, "{sentence}");
        assert!(sentence.contains("add --change-author NAME"), "{sentence}");
    }
}

#[test]
fn a_run_says_who_started_it_and_without_that_nobody_approves() {
    for (variables, initiator) in [
        (&[("USER", "ada")][..], Some("ada")),
        (&[("LOGNAME", "ada")], Some("ada")),
        (
            &[("USER", "ada"), ("GITLAB_USER_LOGIN", "ben")],
            Some("ben"),
        ),
        (
            &[
                ("CI", "1"),
                ("GITHUB_ACTOR", "ada"),
                ("GITHUB_TRIGGERING_ACTOR", "ben"),
            ],
            Some("ben"),
        ),
        // A machine is nobody.
        (&[("CI", "1"), ("USER", "runner")], None),
        (&[("USER", "root"), ("LOGNAME", "root")], None),
        (&[], None),
    ] {
        let folder = folder(variables);
        let shown = folder.run(&["runs", "show", "--json"]);
        let shown: Value = serde_json::from_str(&shown.out).unwrap();
        assert_eq!(shown["initiator"].as_str(), initiator, "{variables:?}");
        let said = initiator.unwrap_or("not said");
        let lines = folder.run(&["runs", "show"]).out;
        assert!(lines.contains(&format!("by        {said}\n")), "{lines}");
        let report = folder.run(&["gate", "--json"]).out;
        let row = r#""candidate started by""#;
        assert_eq!(report.contains(row), initiator.is_some(), "{report}");
        approve(&folder, "dan");
        let (code, sentence, _) = gate(&folder, &["cem"]);
        if initiator.is_some() {
            assert_eq!(code, 0, "{variables:?}: {sentence}");
        } else {
            assert_eq!(code, 12, "{variables:?}: {sentence}");
            assert!(
                sentence.contains("the record does not say who started the run"),
                "{sentence}"
            );
        }
    }
}

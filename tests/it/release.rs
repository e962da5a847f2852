//! The release process as a pipeline runs it: facts, waivers, approvals, policies of a protected
//! revision, and changes of a policy.

use std::process::Command;

use serde_json::Value;

use crate::program::{Ended, Folder};

const POLICY: &str = r#"schema = "groundgate.policy/1"
name   = "support"

[statistics]
min-cases = 20

[[rule]]
id     = "groundedness.floor"
kind   = "floor"
metric = "groundedness"
min    = 0.9

[[rule]]
id      = "spend.month"
kind    = "evidence"
from    = "qa"
file    = "evidence/spend.json"
value   = "/result/data_array/0/0"
date    = "/as_of"
max-age = "24h"
max     = 1500
unit    = "USD"

[[rule]]
id      = "run.fresh"
kind    = "freshness"
from    = "qa"
of      = "run"
max-age = "48h"

[[approval]]
id        = "launch"
from      = "prod"
roles     = ["product", "security"]
valid-for = "72h"

[env.dev]
[env.qa]
inherits = "dev"
[env.prod]
inherits = "qa"
"#;

/// `n` scored questions of which the last `wrong` are not grounded.
pub(crate) fn scored(n: usize, wrong: usize) -> String {
    let lines = (0..n).map(|index| {
        let score = u8::from(index < n - wrong);
        serde_json::json!({
            "case": {"id": format!("case-{index}"), "question": format!("what is number {index}?")},
            "answer": format!("It is {index}."),
            "scores": {"groundedness": score},
        })
        .to_string()
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// A folder with a policy and one imported run.
pub(crate) fn folder(policy: &str, wrong: usize) -> Folder {
    let folder = Folder::with(&[
        ("gate.toml", policy),
        ("scored.jsonl", &scored(200, wrong)),
        ("evidence/spend.json", &spend("412.50")),
    ]);
    let metric = "groundedness=binary";
    let imported = folder.run(&[
        "runs",
        "import",
        "scored.jsonl",
        "--name",
        "v42",
        "--metric",
        metric,
    ]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    folder
}

fn spend(usd: &str) -> String {
    let now = jiff::Timestamp::now();
    format!(r#"{{"as_of": "{now}", "result": {{"data_array": [["{usd}"]]}}}}"#)
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out)
        .unwrap_or_else(|error| panic!("{error}: {} {}", ended.out, ended.err))
}

fn verdicts(ended: &Ended) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let document = json(ended);
    let rules = document["rules"].as_array().unwrap().iter();
    rules
        .map(|rule| (text(&rule["id"]), text(&rule["verdict"])))
        .collect()
}

#[test]
fn facts_and_approvals_stand_in_one_verdict_with_the_scores() {
    let folder = folder(POLICY, 2);
    assert_eq!(folder.run(&["gate"]).code, 0);
    assert_eq!(folder.run(&["gate", "--env", "qa"]).code, 0);
    let held = folder.run(&["gate", "--env", "prod", "--json"]);
    assert_eq!(held.code, 12, "{}", held.out);
    assert_eq!(
        verdicts(&held),
        [
            ("groundedness.floor", "pass"),
            ("spend.month", "pass"),
            ("run.fresh", "pass"),
            ("launch", "hold"),
        ]
        .map(|(id, verdict)| (id.to_owned(), verdict.to_owned()))
    );
    let approve = |role: &str, by: &str| {
        folder.run(&[
            "approve", "--env", "prod", "--role", role, "--by", by, "--reason", "fine",
        ])
    };
    assert_eq!(approve("intern", "ana").code, 2);
    assert_eq!(approve("product", "ana").code, 0);
    assert_eq!(
        approve("product", "ana").code,
        3,
        "nobody says the same twice"
    );
    assert_eq!(approve("security", "ana").code, 0);
    let one_person = folder.run(&["gate", "--env", "prod"]);
    assert_eq!(one_person.code, 12, "{}", one_person.out);
    assert_eq!(approve("security", "ben").code, 0);
    let go = folder.run(&["gate", "--env", "prod"]);
    assert_eq!(go.code, 0, "{}", go.out);
    // Another policy is another verdict, and its approvals are open again.
    folder.write(
        "gate.toml",
        &POLICY.replace("min    = 0.9", "min    = 0.91"),
    );
    assert_eq!(folder.run(&["gate", "--env", "prod"]).code, 12);
    folder.write("gate.toml", POLICY);
    folder.write("evidence/spend.json", &spend("1600"));
    assert_eq!(folder.run(&["gate", "--env", "prod"]).code, 10);
    folder.write("evidence/spend.json", "{}");
    assert_eq!(folder.run(&["gate", "--env", "prod"]).code, 11);
    folder.write("runs/approvals/x.json", "{}");
    let broken = folder.run(&["gate", "--env", "prod"]);
    assert_eq!(
        broken.code, 3,
        "a rejection could be among what cannot be read"
    );
    assert!(broken.err.contains("is no approval"), "{}", broken.err);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let folder = folder(POLICY, 2);
    let at = jiff::Timestamp::now().to_string();
    let gate = |zone: &str, locale: &str, format: &str| {
        let mut command =
            folder.command(&["report", "--env", "prod", "--as", format, "--now", &at]);
        let command = command.env("TZ", zone).env("LC_ALL", locale);
        command.output().unwrap().stdout
    };
    for format in ["json", "md", "junit", "html"] {
        let one = gate("UTC", "C.UTF-8", format);
        assert!(one.len() > 500, "{format}");
        assert!(
            one == gate("Pacific/Auckland", "de_DE.UTF-8", format),
            "{format}"
        );
    }
}

#[test]
fn waivers_of_a_file_of_their_own_hold_for_a_while() {
    let folder = folder(POLICY, 30);
    assert_eq!(folder.run(&["gate", "--env", "dev"]).code, 10);
    let today = jiff::Timestamp::now().to_string()[..10].to_owned();
    let waiver = format!(
        "schema = 'groundgate.waivers/1'\n[[waiver]]\nid='W-1'\nrule='groundedness.floor'\nenv=['dev']\n\
         bar=0.75\nreason='re-index'\nowner='ana'\napproved-by='ben'\nticket='T-1'\n\
         created={today}\nexpires={today}\n"
    );
    folder.write("waivers.toml", &waiver);
    let released = folder.run(&["gate", "--env", "dev"]);
    assert_eq!(released.code, 0, "{}", released.out);
    assert!(released.out.contains("~ GO, WAIVED"), "{}", released.out);
    assert_eq!(folder.run(&["gate", "--env", "qa"]).code, 10);
    let old = waiver.replace(
        &format!("created={today}\nexpires={today}"),
        "created=2026-01-01\nexpires=2026-01-20",
    );
    folder.write("waivers.toml", &old);
    let expired = folder.run(&["gate", "--env", "dev"]);
    assert_eq!(expired.code, 10);
    assert!(
        expired.out.contains("ended on 2026-01-20"),
        "{}",
        expired.out
    );
    folder.write("waivers.toml", &waiver.replace("bar=0.75", "bar=0.95"));
    assert_eq!(folder.run(&["gate", "--env", "dev"]).code, 3);
}

/// A repository in the folder whose branch `main` holds its files as they are.
pub(crate) fn commit(folder: &Folder) {
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        // Records that are committed could be anybody's: they are never the latest run.
        &["add", "--all", "--", ".", ":!runs"],
        &[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.com",
            "commit",
            "--quiet",
            "-m",
            "policy",
        ],
    ] {
        let git = Command::new("git")
            .args(arguments)
            .current_dir(folder.path())
            .status()
            .unwrap();
        assert!(git.success());
    }
}

#[test]
fn a_change_that_edits_its_own_bar_is_judged_by_the_old_one_and_shown_the_difference() {
    let folder = folder(POLICY, 30);
    commit(&folder);
    folder.write("gate.toml", &POLICY.replace("min    = 0.9", "min    = 0.7"));
    let ci = |arguments: &[&str]| {
        let output = folder
            .command(arguments)
            .env("CI", "true")
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    assert_eq!(
        folder.run(&["gate", "--env", "dev"]).code,
        0,
        "on a laptop the tree is fine"
    );
    let (code, _, err) = ci(&["gate", "--env", "dev"]);
    assert_eq!(code, 2);
    assert!(err.contains("could edit its own thresholds"), "{err}");
    let (code, out, _) = ci(&[
        "gate",
        "--env",
        "dev",
        "--policy",
        "git:refs/heads/main:gate.toml",
    ]);
    assert_eq!(code, 10, "{out}");
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "this change edits gate.toml (1 settings, 1 of them weaker)",
        "is judged by git:refs/heads/main:gate.toml; its own policy would say PASS",
        "weaker: rule groundedness.floor min: 0.9 → 0.7",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let shown = folder.run(&["policy", "show", "--env", "dev", "--json"]);
    let digest = json(&shown)["digest"]["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    let (code, _, _) = ci(&["gate", "--env", "dev", "--policy-digest", &digest]);
    assert_eq!(
        code, 0,
        "whoever pins a digest decides about the thresholds"
    );
    let (code, _, err) = ci(&["gate", "--env", "prod", "--policy-digest", &digest]);
    assert_eq!(code, 3, "another environment is another policy: {err}");
    for policy in [
        "git:nowhere:gate.toml",
        "git:refs/heads/main:other.toml",
        "git:main",
        "git:--help:x",
    ] {
        let (code, _, _) = ci(&["gate", "--policy", policy]);
        assert!((2..=3).contains(&code), "{policy}: {code}");
    }
}

#[test]
fn policies_are_shown_checked_compared_replayed_and_tested() {
    let folder = folder(POLICY, 24);
    folder.write("new.toml", &POLICY.replace("min    = 0.9", "min    = 0.8"));
    let shown = folder.run(&["policy", "show", "--env", "prod"]);
    assert!(
        shown.out.contains("rule groundedness.floor"),
        "{}",
        shown.out
    );
    let lint = folder.run(&["policy", "lint", "--json"]);
    assert_eq!(
        json(&lint)["environments"].as_array().unwrap().len(),
        4,
        "{}",
        lint.out
    );
    folder.write(
        "bad.toml",
        &POLICY.replace("[env.qa]", "[env.qa]\nstatistics.min-cases = 3"),
    );
    assert_eq!(
        folder.run(&["policy", "lint", "--policy", "bad.toml"]).code,
        3
    );
    let diff = folder.run(&["policy", "diff", "gate.toml", "new.toml", "--replay", "5"]);
    assert_eq!(diff.code, 0, "{}", diff.err);
    assert!(
        diff.out
            .contains("weaker: rule groundedness.floor min: 0.9 → 0.8"),
        "{}",
        diff.out
    );
    assert!(diff.out.contains("1 of 1 verdicts change"), "{}", diff.out);
    folder.write(
        "tests/floor.toml",
        "schema = 'groundgate.policy-test/1'\n\
         [[test]]\nname = 'four wrong answers of 200 pass'\ncandidate = { groundedness = '196 x 1, 4 x 0' }\n\
         verdict = 'pass'\n\
         [[test]]\nname = 'one in four fails'\ncandidate = { groundedness = '150 x 1, 50 x 0' }\n\
         rules = { 'groundedness.floor' = 'fail' }\n\
         [[test]]\nname = 'nothing is no pass'\ncandidate = { groundedness = '200 x unscored' }\n\
         verdict = 'inconclusive'\n",
    );
    let tested = folder.run(&["policy", "test", "tests"]);
    assert_eq!(tested.code, 0, "{} {}", tested.out, tested.err);
    assert!(tested.out.contains("3 of 3 tests passed"), "{}", tested.out);
    let strict = folder.run(&["policy", "test", "tests", "--policy", "new.toml"]);
    assert_eq!(strict.code, 0, "{}", strict.out);
    folder.write("new.toml", &POLICY.replace("min    = 0.9", "min    = 0.5"));
    let failed = folder.run(&["policy", "test", "tests", "--policy", "new.toml"]);
    assert_eq!(failed.code, 3, "{}", failed.out);
    assert!(
        failed
            .out
            .contains("groundedness.floor is PASS and not FAIL"),
        "{}",
        failed.out
    );
    folder.write("tests/floor.toml", "schema = 'groundgate.policy-test/1'\n");
    assert_eq!(folder.run(&["policy", "test", "tests"]).code, 4);
}

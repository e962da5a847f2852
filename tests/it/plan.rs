//! `plan` and `selftest` as their user runs them: what they print, and how they end.

use serde_json::Value;

use crate::program::{Folder, POLICY, config, eval_set};

/// Scored answers of another tool: 40 questions, twice each, with some noise.
fn scores() -> String {
    let line = |index: usize| {
        let (question, attempt) = (index / 2, index % 2);
        let score = u8::from(!(question.is_multiple_of(9) && (question + attempt) % 2 == 0));
        serde_json::json!({
            "case": {
                "id": format!("case-{question}"),
                "question": format!("what is the fee for product number {question}?"),
                "tags": {"product": if question % 2 == 0 { "even" } else { "odd" }},
            },
            "attempt": attempt,
            "answer": "The fee is 3 EUR.",
            "passages": [{"id": "doc", "text": "The fee is 3 EUR."}],
            "scores": {"groundedness": score},
        })
        .to_string()
    };
    (0..80).map(line).collect::<Vec<_>>().join("\n") + "\n"
}

const SCORES_POLICY: &str = r#"
schema = "groundgate.policy/1"
name   = "test"

[[rule]]
id     = "floor"
kind   = "floor"
metric = "groundedness"
min    = 0.7

[[rule]]
id     = "not-worse"
kind   = "non-inferior"
metric = "groundedness"
margin = 0.1
"#;

fn folder() -> Folder {
    Folder::with(&[
        ("groundgate.toml", &config("http://127.0.0.1:9")),
        ("gate.toml", POLICY),
        ("scores.toml", SCORES_POLICY),
        ("set.jsonl", &eval_set(40)),
        ("scores.jsonl", &scores()),
    ])
}

fn imported() -> Folder {
    let folder = folder();
    let ended = folder.run(&[
        "runs",
        "import",
        "scores.jsonl",
        "--name",
        "live",
        "--metric",
        "groundedness=binary",
    ]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    folder
}

fn json(folder: &Folder, arguments: &[&str]) -> Value {
    let ended = folder.run(arguments);
    assert_eq!(ended.code, 0, "{}", ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn without_a_record_the_plan_says_what_it_assumes() {
    let folder = folder();
    let ended = folder.run(&["plan"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(
        ended.out.contains("no pilot: scores of mean 0.9"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("nothing was spent"));
    assert!(
        ended.out.lines().all(|line| line.chars().count() <= 100),
        "{}",
        ended.out
    );
    assert!(folder.records().is_empty());

    let plan = json(&folder, &["plan", "--json", "--repeats", "3"]);
    assert_eq!(plan["schema"], "groundgate.plan/1");
    assert_eq!(plan["money"]["answers"], 120);
    assert_eq!(plan["rules"][1]["spread_from"], "assumed");
    assert!(plan["sights"][0]["smallest_drop_seen"].as_f64().unwrap() > 0.0);
}

#[test]
fn little_power_and_a_margin_of_zero_are_warned_about() {
    let folder = folder();
    folder.write("strict.toml", &POLICY.replace("margin = 0.3", "margin = 0"));
    let ended = folder.run(&["plan", "--policy", "strict.toml"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(
        ended
            .err
            .contains("has a margin of 0: an equal candidate would almost never pass"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("strict.toml:14"), "{}", ended.err);
    assert!(
        ended
            .err
            .contains("`not-worse` would let an unchanged candidate pass"),
        "{}",
        ended.err
    );

    let validated = folder.run(&["validate", "strict.toml"]);
    assert_eq!(validated.code, 0);
    assert!(
        validated.err.contains("strict.toml:14"),
        "{}",
        validated.err
    );
    assert_eq!(folder.run(&["validate", "--strict", "strict.toml"]).code, 3);
}

#[test]
fn a_pilot_is_learned_from_and_what_to_buy_is_said() {
    let folder = imported();
    let arguments = [
        "plan",
        "--policy",
        "scores.toml",
        "--json",
        "--want-drop",
        "0.05",
    ];
    let plan = json(&folder, &arguments);
    assert_eq!(plan["pilot"]["attempts"], 2);
    assert_eq!(plan["rules"][1]["spread_from"], "repeats");
    let to_buy = &plan["to_buy"][0];
    assert!(to_buy["drop_now"].as_f64().unwrap() > 0.05, "{to_buy}");
    assert!(
        to_buy["more_questions"]["questions"].as_u64().unwrap() > 40,
        "{to_buy}"
    );
}

#[test]
fn what_cannot_be_planned_is_a_bad_command_line() {
    let folder = folder();
    for arguments in [
        &["plan", "--want-drop", "-1"][..],
        &["plan", "--repeats", "0"],
        &["plan", "--assume", "mean=2"],
        &["plan", "--assume", "luck=1"],
        &["plan", "--copilot", "nobody"],
        &["selftest", "--replications", "0"],
        &["selftest", "--correlation", "2"],
    ] {
        assert_eq!(folder.run(arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(folder.run(&["selftest"]).code, 3);
}

#[test]
fn a_gate_is_tried_on_a_record_with_the_same_bytes_each_time() {
    let folder = imported();
    let arguments = [
        "selftest",
        "--policy",
        "scores.toml",
        "--replications",
        "60",
    ];
    let ended = folder.run(&arguments);
    assert_eq!(ended.code, 0, "{}", ended.err);
    for says in [
        "the candidate is the baseline again",
        "flip:",
        "passes all the same",
        "seed 20261125",
    ] {
        assert!(ended.out.contains(says), "{says}: {}", ended.out);
    }
    assert!(
        ended.out.lines().all(|line| line.chars().count() <= 100),
        "{}",
        ended.out
    );
    let one_thread = folder
        .command(&arguments)
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(one_thread.stdout).unwrap(), ended.out);

    let document = json(&folder, &[&arguments[..], &["--json"]].concat());
    assert_eq!(document["schema"], "groundgate.selftest/1");
    assert_eq!(document["same_again"]["pass"]["of"], 60);
    assert_eq!(document["known_bad"].as_array().unwrap().len(), 4);
    assert_eq!(document["agreements"]["groundedness"]["is_measured"], true);
}

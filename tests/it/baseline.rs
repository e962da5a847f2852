//! `[baseline]` of a policy: which run is compared with, who names it, and how old it may be.

use std::time::Duration;

use serde_json::Value;

use crate::{
    canary::import,
    program::{Ended, Folder, config, eval_set},
    slow_copilot::SlowCopilot,
};

const RULES: &str = r#"schema = "groundgate.policy/1"
name   = "support"
[statistics]
min-cases = 5
[[rule]]
id     = "groundedness.not-worse"
kind   = "non-inferior"
metric = "groundedness"
margin = 0.2
"#;

fn policy(baseline: &str) -> String {
    format!("{RULES}[baseline]\n{baseline}\n")
}

/// As it will be in so many days.
fn in_days(folder: &Folder, days: i64, arguments: &[&str]) -> Ended {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let output = folder
        .command(arguments)
        .arg(format!("--now={at}"))
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn provenance(gated: &Ended) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&gated.out).unwrap();
    let rows = document["provenance"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.map(|row| (text(&row["name"]), text(&row["value"])))
        .collect()
}

#[test]
fn the_command_line_names_the_baseline_before_the_policy_and_the_policy_before_what_was_set() {
    let folder = Folder::with(&[("gate.toml", RULES)]);
    let runs = ["set", "pinned", "named", "new"].map(|name| import(&folder, name, 200, 10));
    let [set, pinned, named, new] = &runs;
    assert_eq!(folder.run(&["baseline", "set", set]).code, 0);
    let gate = |arguments: &[&str], compared: &str, by: &str| {
        let gated = folder.run(&[&["gate", "--json", new], arguments].concat());
        assert_eq!(gated.code, 0, "{}", gated.err);
        let rows = provenance(&gated);
        for (row, value) in [("baseline run", compared), ("baseline named by", by)] {
            let row = (row.to_owned(), value.to_owned());
            assert!(rows.contains(&row), "{row:?}: {rows:?}");
        }
        gated
    };
    gate(&[], set, "groundgate baseline set");
    folder.write("gate.toml", &policy(&format!("ref = '{}'", &pinned[..11])));
    let by_policy = gate(&[], pinned, "the policy");
    assert!(by_policy.err.contains(pinned), "{}", by_policy.err);
    let overruled = gate(&["--baseline", named], named, "--baseline");
    let note =
        format!("compared with {named} as --baseline says, and not with the policy's baseline");
    assert!(overruled.out.contains(&note), "{}", overruled.out);
    let the_same = gate(&["--baseline", pinned], pinned, "--baseline");
    assert!(!the_same.out.contains("and not with"), "{}", the_same.out);
    // A run is not compared with itself because a policy names it, and without a baseline nothing passes.
    assert_eq!(folder.run(&["gate", pinned]).code, 11);
    folder.write("gate.toml", &policy("ref = 'nobody'"));
    let absent = folder.run(&["gate", new]);
    assert_eq!(absent.code, 3, "{}", absent.out);
    for said in ["there is no run `nobody`", "[baseline] ref", "--baseline"] {
        assert!(absent.err.contains(said), "{said}: {}", absent.err);
    }
    assert_eq!(folder.run(&["gate", new, "--baseline", named]).code, 0);
    for (section, at) in [
        ("same-judge = false", "gate.toml:11:14"),
        ("if-stale = 'rerun'", "gate.toml:11:12"),
        ("max-age = '14 days'", "gate.toml:11:11"),
        ("ref = 'alias:champion'", "gate.toml:11:7"),
    ] {
        folder.write("gate.toml", &policy(section));
        let refused = folder.run(&["gate", new]);
        assert_eq!(refused.code, 3, "{}", refused.out);
        for said in [at, section] {
            assert!(refused.err.contains(said), "{said}: {}", refused.err);
        }
    }
}

#[test]
fn against_a_baseline_that_is_too_old_nothing_passes() {
    let folder = Folder::with(&[("gate.toml", &policy("max-age = '14d'"))]);
    let (old, new) = (
        import(&folder, "old", 200, 10),
        import(&folder, "new", 200, 10),
    );
    let gate = ["gate", &new, "--baseline", &old];
    assert_eq!(in_days(&folder, 13, &gate).code, 0);
    let stale = in_days(&folder, 15, &gate);
    assert_eq!(stale.code, 11, "{}", stale.out);
    let out = stale.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("the baseline is 15d old"), "{out}");
    let shown = folder.run(&["policy", "show"]).out;
    assert!(shown.contains("max-age-s            1209600"), "{shown}");
    folder.write("shorter.toml", &policy("max-age = '7d'"));
    let diff = in_days(
        &folder,
        10,
        &[
            "policy",
            "diff",
            "gate.toml",
            "shorter.toml",
            "--replay",
            "1",
            "--baseline",
            &old,
        ],
    );
    assert_eq!(diff.code, 0, "{}", diff.err);
    let expected = "stricter: baseline max-age-s: 1209600 → 604800";
    assert!(diff.out.contains(expected), "{}", diff.out);
    assert!(diff.out.contains("1 of 1 verdicts change"), "{}", diff.out);
    // Each policy's own baseline is taken where nobody names one.
    folder.write("shorter.toml", &policy(&format!("ref = '{old}'")));
    let diff = folder.run(&[
        "policy",
        "diff",
        "gate.toml",
        "shorter.toml",
        "--replay",
        "2",
    ]);
    let change = format!("CHANGES  {new}: INCONCLUSIVE → PASS");
    assert!(diff.out.contains(&change), "{}", diff.out);
    assert!(diff.out.contains("1 of 2 verdicts change"), "{}", diff.out);
}

#[test]
fn a_sequential_run_and_a_plan_take_the_policy_s_baseline() {
    let copilot = SlowCopilot::start(Duration::ZERO);
    let folder = Folder::with(&[
        ("groundgate.toml", &config(&copilot.url)),
        ("set.jsonl", &eval_set(60)),
        ("gate.toml", RULES),
    ]);
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    let path = folder.records().pop().unwrap();
    let old = path.file_stem().unwrap().to_str().unwrap().to_owned();
    assert_eq!(folder.run(&["run", "--sequential"]).code, 2);
    folder.write("gate.toml", &policy("ref = 'nobody'"));
    assert_eq!(folder.run(&["run", "--sequential"]).code, 3);
    folder.write(
        "gate.toml",
        &policy(&format!("ref = '{old}'\nmax-age = '14d'")),
    );
    let asked = || copilot.asked().values().sum::<usize>();
    let before = asked();
    let whole = std::fs::read(&path).unwrap();
    let made = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 15);
    let made = made.to_string();
    let record = rusqlite::Connection::open(&path).unwrap();
    let sql = "UPDATE header SET value = json_set(value, '$.created_at', ?1) WHERE key = 'header'";
    record.execute(sql, [&made]).unwrap();
    drop(record);
    let stale = folder.run(&["run", "--sequential"]);
    std::fs::write(&path, whole).unwrap();
    assert_eq!(stale.code, 3, "{}", stale.err);
    assert!(
        stale.err.contains("the baseline is 15d old"),
        "{}",
        stale.err
    );
    assert_eq!(asked(), before, "nothing was spent");
    let ran = folder.run(&["run", "--sequential"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(folder.run(&["gate"]).code, 0);
    let plan = |arguments: &[&str]| {
        let planned = folder.run(&[&["plan", "--json"], arguments].concat());
        let document: Value = serde_json::from_str(&planned.out).unwrap();
        document["pilot"]["baseline"].clone()
    };
    assert_eq!(plan(&[]), Value::from(old.as_str()));
    assert_eq!(plan(&["--pilot", &old]), Value::Null);
    assert_eq!(plan(&["--pilot", "none"]), Value::Null);
}

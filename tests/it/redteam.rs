//! Attacks of our own on a verdict, each as somebody who may write the checkout, the runs folder or an endpoint
//! would try it: none ends in a pass, and each is told why.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::symlink;

use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    program::{Ended, Folder},
    trust::git,
};

const CONFIG: &str = r#"schema = "groundgate.config/1"
eval-set = "set.jsonl"
policy = "gate.toml"
[[copilot]]
name = "candidate"
kind = "recorded"
file = "answers.jsonl"
[checks]
metrics = ["refusal_correct", "answer_chars"]
"#;

/// Only floors: nothing pairs the run with another one.
const FLOORS: &str = r#"schema = "groundgate.policy/1"
name = "t"
[statistics]
min-cases = 5
[[rule]]
id = "refusals"
kind = "floor"
metric = "refusal_correct"
min = 0.5
[[rule]]
id = "errors"
kind = "max-error-rate"
max = 0.9
"#;

fn lines(n: usize, line: impl Fn(usize) -> Value) -> String {
    (0..n).map(|n| line(n).to_string() + "\n").collect()
}

fn question(n: usize) -> Value {
    json!({"id": format!("q{n}"), "question": format!("What is fee {n}?"), "answerable": true, "expected_facts": [format!("It is {n} EUR.")]})
}

/// Answers of which those from `right` on refuse, although there is an answer.
fn answers(n: usize, right: usize) -> String {
    lines(n, |n| {
        let text = if n < right {
            format!("It is {n} EUR.")
        } else {
            "I cannot help with that.".to_owned()
        };
        json!({"case_id": format!("q{n}"), "answer": text, "latency_ms": 30})
    })
}

/// A project whose answers are good for a pass by `FLOORS`.
fn project() -> Folder {
    Folder::with(&[
        ("groundgate.toml", CONFIG),
        ("gate.toml", FLOORS),
        ("set.jsonl", &lines(40, question)),
        ("answers.jsonl", &answers(40, 40)),
    ])
}

fn made(folder: &Folder) -> String {
    let ran = folder.run(&["run", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out.trim().to_owned()
}

fn edit(folder: &Folder, run: &str, sql: &str) {
    let path = folder.path().join(format!("runs/{run}.sqlite"));
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Words of a page, however its lines are broken.
fn says(ended: &Ended, words: &str) -> bool {
    let all = [&*ended.out, &ended.err].concat();
    let all: Vec<&str> = all.split_whitespace().collect();
    all.join(" ").contains(words)
}

fn in_ci(folder: &Folder, arguments: &[&str]) -> Ended {
    let output = folder.command(arguments).env("CI", "1").output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

const RIGHT: &str = "UPDATE scores SET value = 1, reason = NULL, up_to = NULL, detail = NULL WHERE value = 0 OR value IS NULL;";
const NO_SEAL: &str = "DELETE FROM header WHERE key IN ('seal', 'seal-signature');";

/// 1, 2 and 3: the seal of an edited record is taken away, or made to look like one of a time before seals.
#[test]
fn a_record_whose_seal_was_taken_away_passes_nowhere() {
    let folder = project();
    assert_eq!(folder.run(&["gate", &made(&folder)]).code, 0);
    folder.write("answers.jsonl", &answers(40, 5));
    let bad = made(&folder);
    let honest = folder.run(&["gate", &bad]);
    assert_ne!(honest.code, 0, "{}", honest.out);
    edit(&folder, &bad, &format!("{RIGHT}{NO_SEAL}"));
    let forged = folder.run(&["gate", &bad]);
    assert_eq!(forged.code, 11, "{}{}", forged.out, forged.err);
    assert!(says(&forged, "has no seal"), "{}", forged.out);
    for format in [1, 2, 3, 4] {
        edit(&folder, &bad, &format!("PRAGMA user_version = {format}"));
        let forged = folder.run(&["gate", &bad]);
        assert!(
            matches!(forged.code, 3 | 11),
            "{format}: {}{}",
            forged.out,
            forged.err
        );
    }
}

/// 4: not the candidate is made better, but the baseline worse.
#[test]
fn a_baseline_that_was_made_worse_helps_nobody() {
    let folder = project();
    let policy = FLOORS.replace("kind = \"floor\"", "kind = \"non-inferior\"");
    folder.write("gate.toml", &policy.replace("min = 0.5", "margin = 0.1"));
    let good = made(&folder);
    folder.write("answers.jsonl", &answers(40, 20));
    let bad = made(&folder);
    let gate = || folder.run(&["gate", &bad, "--baseline", &good]);
    assert_eq!(gate().code, 10, "{}", gate().out);
    edit(
        &folder,
        &good,
        "UPDATE scores SET value = 0 WHERE value = 1",
    );
    assert_eq!(gate().code, 3, "{}", gate().out);
    edit(&folder, &good, NO_SEAL);
    let forged = gate();
    assert_eq!(forged.code, 11, "{}{}", forged.out, forged.err);
    assert!(says(&forged, "the baseline's record"), "{}", forged.out);
}

/// 5 and 6: the questions that fail are not asked any more, or are held against nothing.
#[test]
fn questions_that_are_not_asked_any_more_are_missed() {
    let folder = project();
    folder.write("answers.jsonl", &answers(40, 15));
    let bad = made(&folder);
    assert_ne!(folder.run(&["gate", &bad]).code, 0);
    folder.write("set.jsonl", &lines(15, question));
    let fewer = made(&folder);
    let gated = folder.run(&["gate", &fewer]);
    assert_eq!(gated.code, 12, "{}{}", gated.out, gated.err);
    assert!(says(&gated, "25 questions that run"), "{}", gated.out);
    // A second run of the same is no more.
    assert_eq!(folder.run(&["gate", &made(&folder)]).code, 12);
    let weaker = |n| {
        let mut one = question(n);
        if n >= 15 {
            one.as_object_mut().unwrap().remove("answerable");
        }
        one
    };
    folder.write("set.jsonl", &lines(40, weaker));
    let gated = folder.run(&["gate", &made(&folder)]);
    assert!(matches!(gated.code, 11 | 12), "{}{}", gated.out, gated.err);
    assert!(says(&gated, "are held against less"), "{}", gated.out);
    // Whoever means it says so, and more questions are no fewer.
    assert_eq!(folder.run(&["baseline", "set", &fewer]).code, 0);
    assert_eq!(folder.run(&["gate", &fewer]).code, 0);
    folder.write("set.jsonl", &lines(16, question));
    folder.write("answers.jsonl", &answers(40, 40));
    let more = folder.run(&["gate", &made(&folder)]);
    assert_eq!(more.code, 0, "{}{}", more.out, more.err);
}

/// 7: a server of somebody else's answers in the place of the judge, on a machine that nothing protects.
#[test]
fn a_judge_that_another_could_speak_for_does_not_pass() {
    let runtime = Runtime::new().unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let flatters = || async {
        let said = json!({"reason": "x", "label": "addresses-all"}).to_string();
        Json(
            json!({"model": "judge-1", "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": said}}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 5}}),
        )
    };
    runtime.spawn(async move { axum::serve(listener, Router::new().fallback(flatters)).await });
    let folder = project();
    let policy = FLOORS.replace("refusal_correct", "answer_relevance");
    folder.write("gate.toml", &policy);
    let judged = |endpoint: &str| {
        folder.write(
            "groundgate.toml",
            &format!("{CONFIG}[[judge]]\nname = \"llm\"\nspec = \"answer_relevance\"\nendpoint = {{ {endpoint}, model = \"judge-1\" }}\n"),
        );
        folder.run(&["gate", &made(&folder)])
    };
    let straight = judged(&format!("base-url = \"{url}/v1\""));
    assert_eq!(straight.code, 0, "{}{}", straight.out, straight.err);
    let between = judged(&format!(
        "base-url = \"http://judge.corp.example/v1\", proxy = {{ url = \"{url}\" }}"
    ));
    assert_eq!(between.code, 12, "{}{}", between.out, between.err);
    assert!(
        says(&between, "could answer in its place"),
        "{}",
        between.out
    );
}

/// 8: names that git understands and that the change itself has written.
#[test]
fn no_name_of_gits_own_is_a_protected_place() {
    let folder = project();
    let run = made(&folder);
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "gate.toml", "set.jsonl"]);
    git(&folder, &["commit", "-qm", "policy"]);
    git(&folder, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let gate = |revision: &str| {
        in_ci(
            &folder,
            &[
                "gate",
                &run,
                "--policy",
                &format!("git:{revision}:gate.toml"),
            ],
        )
    };
    let protected = gate("refs/remotes/origin/main");
    // A recorded copilot counts for nothing here; the policy does.
    assert_eq!(protected.code, 11, "{}{}", protected.out, protected.err);
    let lax = FLOORS
        .replace("min = 0.5", "min = 0.1")
        .replace("max = 0.9", "max = 1.0");
    folder.write("gate.toml", &lax);
    git(&folder, &["commit", "-qam", "lax"]);
    fs::write(
        folder.path().join(".git/FETCH_HEAD"),
        fs::read(folder.path().join(".git/refs/heads/main")).unwrap(),
    )
    .unwrap();
    git(&folder, &["update-ref", "refs/stash", "HEAD"]);
    for revision in [
        "HEAD",
        "@",
        "HEAD~0",
        "HEAD^0",
        "main",
        "heads/main",
        "FETCH_HEAD",
        "ORIG_HEAD",
        "stash",
        "@{-1}",
        ":/lax",
        "refs/remotes/../heads/main",
        "refs/remotes/origin/main^{/lax}",
        "refs//heads/main",
        "worktrees/x/HEAD",
        "origin",
        "refs/replace/x",
        "-1",
    ] {
        let gated = gate(revision);
        assert!(
            matches!(gated.code, 2 | 3),
            "{revision}: {} {}",
            gated.code,
            gated.out
        );
    }
}

/// 9: what the working tree says beside a protected policy.
#[test]
fn waivers_and_keys_of_the_working_tree_count_for_nothing() {
    let folder = project();
    folder.write("answers.jsonl", &answers(40, 5));
    let bad = made(&folder);
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "gate.toml"]);
    git(&folder, &["commit", "-qm", "policy"]);
    git(&folder, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    folder.write(
        "waivers.toml",
        "schema = \"groundgate.waivers/1\"\n[[waiver]]\nrule = \"refusals\"\nreason = \"x\"\nowner = \"me\"\nexpires = \"2099-01-01\"\n",
    );
    folder.write(
        "trust.toml",
        "schema = \"groundgate.trust/1\"\nverifier = \"https://me.example\"\n[measurement]\ncopilot = { kinds = [\"recorded\"] }\n",
    );
    let policy = "git:refs/remotes/origin/main:gate.toml";
    let gated = in_ci(&folder, &["gate", &bad, "--policy", policy]);
    assert!(matches!(gated.code, 10 | 11), "{}{}", gated.out, gated.err);
    let own = in_ci(
        &folder,
        &["gate", &bad, "--policy", policy, "--trust", "trust.toml"],
    );
    assert_eq!(own.code, 2, "{}", own.err);
}

/// 10: one reply claims more tokens than there are.
#[test]
fn a_claim_of_absurd_usage_drains_no_ledger_and_loses_no_work() {
    let runtime = Runtime::new().unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let greedy = |Json(asked): Json<Value>| async move {
        let question = asked["messages"][0]["content"].to_string();
        let claims = [
            ("fee 3?", u64::MAX),
            ("fee 5?", 9_000_000_000_000_000),
            ("fee 7?", 50_000_000),
        ];
        let claimed = claims.iter().find(|(what, _)| question.contains(what));
        let tokens = claimed.map_or(10, |(_, tokens)| *tokens);
        Json(
            json!({"model": "m", "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "It is 1 EUR."}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": tokens}}),
        )
    };
    runtime.spawn(async move { axum::serve(listener, Router::new().fallback(greedy)).await });
    let folder = project();
    folder.write(
        "groundgate.toml",
        &format!(
            "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\nconcurrency = 1\nbudget-usd = 50\nbudget-ledger = \"ledger.json\"\nbudget-month-usd = 100\n\
             [[copilot]]\nname = \"c\"\nkind = \"openai\"\nbase-url = \"{url}/v1\"\nmodel = \"m\"\nmax-output-tokens = 100\nretries = {{ max = 0 }}\n\
             price = {{ input-usd-per-million = 1000.0, output-usd-per-million = 1000.0 }}\n[checks]\nmetrics = [\"refusal_correct\", \"cost_usd\"]\n"
        ),
    );
    let ran = folder.run(&["run", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ledger: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("ledger.json")).unwrap())
            .unwrap();
    let drawn: u64 = ledger["drawn"]
        .as_object()
        .unwrap()
        .values()
        .map(|nanos| nanos.as_u64().unwrap())
        .sum();
    // Forty calls, of which three claim what no call can have: each of those at its own worst case.
    assert!(drawn < 5_000_000_000, "{drawn}");
    let again = folder.run(&["run", "-q", "--resume", "latest", "--rerun", "errors"]);
    // The three say the same again, and that is all that there is to say.
    assert_eq!(again.code, 5, "{}", again.err);
    assert!(says(&again, "which no call can have"), "{}", again.err);
    assert_eq!(
        folder.run(&["run", "-q"]).code,
        0,
        "others have their budget still"
    );
}

/// 11: a try that is thrown away was a try.
#[test]
fn a_record_that_was_thrown_away_was_a_try() {
    let folder = project();
    let first = made(&folder);
    let second = made(&folder);
    for run in [&first, &second] {
        assert_eq!(folder.run(&["runs", "rm", run, "--yes"]).code, 0);
    }
    fs::write(
        folder.path().join("groundgate.toml"),
        format!("seed = 99\n{CONFIG}"),
    )
    .unwrap();
    let third = made(&folder);
    let path = folder.path().join(format!("runs/{third}.sqlite"));
    let header: String = rusqlite::Connection::open(path)
        .unwrap()
        .query_row("SELECT value FROM header WHERE key = 'header'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let header: Value = serde_json::from_str(&header).unwrap();
    assert_eq!(header["earlier_tries"], json!([first, second]));
}

/// 12: what is shown of a record that was changed is not what happened.
#[test]
fn no_command_shows_a_changed_record_as_if_it_were_whole() {
    let folder = project();
    let (good, bad) = (made(&folder), made(&folder));
    edit(
        &folder,
        &bad,
        "UPDATE calls SET reply = replace(reply, 'EUR', 'USD')",
    );
    for arguments in [
        &["gate", &bad][..],
        &["report", &bad],
        &["explain", "q1", "--run", &bad],
        &["compare", &good, &bad],
        &["compare", &bad, &good],
        &["runs", "export", &bad],
        &["runs", "show", &bad],
        &["runs", "diff", &good, &bad],
        &["baseline", "set", &bad],
        &["run", "--resume", &bad],
    ] {
        let ended = folder.run(arguments);
        assert_eq!(ended.code, 3, "{arguments:?}: {}", ended.out);
        assert!(
            says(&ended, "table `calls` is not what was sealed"),
            "{arguments:?}: {}",
            ended.err
        );
    }
    // It can be taken away.
    assert_eq!(folder.run(&["runs", "rm", &bad, "--yes"]).code, 0);
}

/// 13: a change says where keys go; who looks is told.
#[test]
fn validation_says_where_a_key_would_go() {
    let folder = project();
    let judge = "[[judge]]\nname = \"llm\"\nspec = \"answer_relevance\"\nendpoint = { base-url = \"https://collect.evil.example/v1\", model = \"j\", auth = { env = \"JUDGE_KEY\" } }\n";
    folder.write("groundgate.toml", &format!("{CONFIG}{judge}"));
    let strict = folder.run(&["validate", "--strict"]);
    assert_eq!(strict.code, 3, "{}{}", strict.out, strict.err);
    for ended in [strict, in_ci(&folder, &["validate"])] {
        assert!(
            ended.err.contains("JUDGE_KEY")
                && ended.err.contains("https://collect.evil.example/v1"),
            "{}",
            ended.err
        );
        assert!(ended.err.contains("[secrets]"), "{}", ended.err);
    }
    let alone = folder.run(&["validate"]);
    assert!(
        alone.code == 0 && !alone.err.contains("JUDGE_KEY"),
        "{}",
        alone.err
    );
    folder.write(
        "trust.toml",
        "schema = \"groundgate.trust/1\"\nverifier = \"https://me.example\"\n[secrets]\nJUDGE_KEY = [\"api.example.com\"]\n",
    );
    let kept = folder.run(&["validate", "--strict"]);
    assert!(!kept.err.contains("JUDGE_KEY"), "{}", kept.err);
    let ran = folder
        .command(&["run", "-q"])
        .env("JUDGE_KEY", "sk-1")
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(3));
    let err = String::from_utf8(ran.stderr).unwrap();
    assert!(err.contains("is not sent to"), "{err}");
}

/// 14: a link in the runs folder leads to another record.
#[cfg(unix)]
#[test]
fn a_link_is_not_the_run_that_was_made() {
    let folder = project();
    let good = made(&folder);
    folder.write("answers.jsonl", &answers(40, 5));
    let bad = made(&folder);
    let at = |run: &str| folder.path().join(format!("runs/{run}.sqlite"));
    let good = at(&good).canonicalize().unwrap();
    fs::remove_file(at(&bad)).unwrap();
    symlink(good, at(&bad)).unwrap();
    for name in ["latest", &bad] {
        let gated = folder.run(&["gate", name]);
        assert_eq!(gated.code, 3, "{name}: {}{}", gated.out, gated.err);
    }
}

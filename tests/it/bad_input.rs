//! Everything that can be wrong with what people and endpoints hand in: a clear error, its exit
//! code, and never a pass.

use tokio::runtime::Runtime;

use crate::{
    misbehave::{Server, Step, json_reply, reply},
    program::{Folder, POLICY, config, eval_set},
    slow_copilot::SlowCopilot,
};

const NOWHERE: &str = "http://127.0.0.1:9";

/// A working folder with one file replaced; an empty text takes it away.
fn folder_with(name: &str, text: &str) -> Folder {
    let folder = Folder::project(NOWHERE, 6);
    if text.is_empty() {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    } else {
        folder.write(name, text);
    }
    folder
}

#[test]
fn every_bad_file_is_named_with_its_place_and_nothing_is_run() {
    let unknown_key = config(NOWHERE).replace("seed     = 7", "seed     = 7\nconcurency = 3");
    let bad_policy = POLICY.replace("min    = 0.5", "min    = nan");
    let typo = POLICY.replace("metric = \"groundedness\"", "metric = \"groundednes\"");
    let not_json = format!("{}{{\"id\": \"x\", ", eval_set(2));
    let twice = format!("{}{}", eval_set(2), eval_set(1));
    let unknown_field = "{\"id\": \"a\", \"question\": \"q\", \"refrence_answer\": \"x\"}\n";
    let no_judge = config(NOWHERE).replace(
        "spec = \"embedded\"",
        "spec = \"missing.toml\"\nendpoint = { base-url = \"http://127.0.0.1:9\", model = \"m\" }",
    );
    let cases: &[(&str, &str, &[&str], &[&str])] = &[
        (
            "groundgate.toml",
            "",
            &["run"],
            &["there is no groundgate.toml", "groundgate init"],
        ),
        (
            "groundgate.toml",
            "schema = ",
            &["run"],
            &["groundgate.toml:1"],
        ),
        (
            "groundgate.toml",
            &unknown_key,
            &["run"],
            &["concurency", "concurrency", "groundgate.toml:"],
        ),
        ("groundgate.toml", &no_judge, &["run"], &["missing.toml"]),
        ("set.jsonl", "", &["run"], &["set.jsonl"]),
        ("set.jsonl", &not_json, &["run"], &["set.jsonl:3"]),
        ("set.jsonl", &twice, &["run"], &["case-0", "set.jsonl:3"]),
        (
            "set.jsonl",
            unknown_field,
            &["run"],
            &["refrence_answer", "reference_answer"],
        ),
        ("gate.toml", "", &["validate"], &["gate.toml"]),
        (
            "gate.toml",
            &bad_policy,
            &["validate"],
            &["gate.toml:", "min"],
        ),
        (
            "gate.toml",
            &typo,
            &["validate"],
            &["groundednes", "groundedness"],
        ),
    ];
    for (name, text, arguments, said) in cases {
        let folder = folder_with(name, text);
        let ended = folder.run(arguments);
        assert_eq!(ended.code, 3, "{name} {text:.60}: {}", ended.err);
        for words in *said {
            assert!(
                ended.err.contains(words),
                "{name}: no `{words}` in\n{}",
                ended.err
            );
        }
        assert!(folder.records().is_empty(), "{name}: something was run");
    }
}

#[test]
fn nothing_to_do_and_wrong_command_lines_have_their_own_codes() {
    let folder = folder_with("set.jsonl", &eval_set(3));
    assert_eq!(folder.run(&["run", "--filter", "product=none"]).code, 4);
    assert_eq!(folder.run(&["run", "--copilot", "nobody"]).code, 2);
    assert_eq!(folder.run(&["run", "--budget-usd", "-1"]).code, 2);
    assert_eq!(folder.run(&["frobnicate"]).code, 2);
    assert_eq!(folder.run(&["gate"]).code, 3);
    assert_eq!(folder.run(&["--version"]).code, 0);
}

#[test]
fn a_budget_without_prices_is_refused_before_the_first_call() {
    let folder = folder_with("set.jsonl", &eval_set(3));
    let ended = folder.run(&["run", "--budget-usd", "1"]);
    assert_eq!(ended.code, 3, "{}", ended.err);
    assert!(ended.err.contains("price"), "{}", ended.err);
}

#[test]
fn a_damaged_or_foreign_record_is_refused() {
    let folder = folder_with("set.jsonl", &eval_set(3));
    folder.write(
        "runs/0AAAAAAAAAAA.sqlite",
        "this is not a database at all, not even nearly one",
    );
    let ended = folder.run(&["gate", "0AAA"]);
    assert_eq!(ended.code, 3, "{}", ended.err);
    assert!(ended.err.contains("0AAAAAAAAAAA.sqlite"), "{}", ended.err);
    let newer = folder.path().join("runs/0BBBBBBBBBBB.sqlite");
    let connection = rusqlite::Connection::open(&newer).unwrap();
    connection
        .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 99;")
        .unwrap();
    let ended = folder.run(&["gate", "0BBB"]);
    assert_eq!(ended.code, 3, "{}", ended.err);
    assert!(
        ended
            .err
            .contains("is of format 99; groundgate 0.1.0 reads formats 1 to 3"),
        "{}",
        ended.err
    );
}

/// Runs against a server that plays one script for ever, then gates what came of it.
fn against(script: Vec<Step>) -> (crate::program::Ended, crate::program::Ended) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Server::playing(vec![script]));
    let folder = folder_with("groundgate.toml", &config(&server.url));
    let ran = folder.run(&["run"]);
    let gated = folder.run(&["gate"]);
    (ran, gated)
}

#[test]
fn no_bad_endpoint_ever_passes() {
    let answer = r#"{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"The fee is 3 EUR."},"finish_reason":"stop"}]}"#;
    let whole = json_reply("200 OK", answer);
    let half: Vec<u8> = whole.iter().copied().take(whole.len() - 40).collect();
    let read_and = |step: Step| vec![Step::Read, step, Step::Close];
    let cases: Vec<(&str, Vec<Step>, &str)> = vec![
        (
            "html with 200",
            read_and(Step::Send(reply(
                "200 OK",
                "content-type: text/html\r\n",
                "<html>log in</html>",
            ))),
            "malformed",
        ),
        (
            "other json",
            read_and(Step::Send(json_reply("200 OK", "{\"hello\": 1}"))),
            "malformed",
        ),
        (
            "401",
            read_and(Step::Send(json_reply("401 Unauthorized", "{}"))),
            "auth",
        ),
        (
            "429 for ever",
            read_and(Step::Send(json_reply("429 Too Many Requests", "{}"))),
            "rate-limited",
        ),
        (
            "500",
            read_and(Step::Send(json_reply("500 Internal Server Error", "{}"))),
            "server",
        ),
        (
            "redirect",
            read_and(Step::Send(reply(
                "307 Temporary Redirect",
                "location: http://127.0.0.1:9/\r\n",
                "",
            ))),
            "redirect",
        ),
        (
            "cut short",
            vec![Step::Read, Step::Send(half), Step::Reset],
            "cut",
        ),
        ("hangs", vec![Step::Read, Step::Hang], "timeout"),
    ];
    for (name, script, kind) in cases {
        let (ran, gated) = against(script);
        assert_eq!(ran.code, 5, "{name}: {}", ran.err);
        assert!(
            ran.err.contains(kind),
            "{name} is not called {kind}: {}",
            ran.err
        );
        assert!(
            gated.code >= 10,
            "{name} was gated with {}: {}",
            gated.code,
            gated.out
        );
    }
}

#[test]
fn an_endpoint_that_is_down_is_said_so_and_can_be_resumed() {
    let folder = folder_with("set.jsonl", &eval_set(6));
    let ended = folder.run(&["run"]);
    assert_eq!(ended.code, 5, "{}", ended.err);
    assert!(
        ended.err.contains("connect") && ended.err.contains("--resume"),
        "{}",
        ended.err
    );
    let server = SlowCopilot::start(std::time::Duration::ZERO);
    folder.write("groundgate.toml", &config(&server.url));
    let moved = folder.run(&["run", "--resume", "latest", "--rerun", "errors"]);
    assert_eq!(
        moved.code, 3,
        "another endpoint is another plan: {}",
        moved.err
    );
}

#[test]
fn a_judge_that_rambles_leaves_answers_unscored_and_never_passes() {
    let copilot = SlowCopilot::start(std::time::Duration::ZERO);
    let runtime = Runtime::new().unwrap();
    let chat = |content: &str| {
        let body = serde_json::json!({"id": "x", "object": "chat.completion", "model": "j",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}]});
        json_reply("200 OK", &body.to_string())
    };
    let label = r#"{"claims":[{"id":"s1","label":"supported","passage":1,"quote":"The fee"}]}"#;
    for (name, content) in [
        ("prose", "All claims are supported. Score: 10/10."),
        (
            "partial json",
            "{\"claims\": [{\"id\": \"s1\", \"label\": \"supp",
        ),
        (
            "wrong ids",
            r#"{"claims":[{"id":"s9","label":"supported","passage":1,"quote":"The fee"}]}"#,
        ),
        ("extra text", &format!("Sure! {label}")),
        ("twice", &format!("{label}{label}")),
    ] {
        let script = vec![Step::Read, Step::Send(chat(content)), Step::Close];
        let server = runtime.block_on(Server::playing(vec![script]));
        let judged = config(&copilot.url).replace(
            "name = \"embedded\"\nspec = \"embedded\"",
            &format!("name = \"llm\"\nspec = \"groundedness\"\nendpoint = {{ base-url = \"{}/v1\", model = \"j\" }}", server.url),
        );
        let folder = folder_with("groundgate.toml", &judged);
        let ran = folder.run(&["run"]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        let gated = folder.run(&["gate"]);
        assert!(
            [10, 11].contains(&gated.code),
            "{name}: {} {}",
            gated.code,
            gated.out
        );
        let explained = folder.run(&["explain", "case-1"]);
        assert!(
            explained.out.contains("malformed"),
            "{name}: {}",
            explained.out
        );
    }
}

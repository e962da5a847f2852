//! `groundgate doctor`: what it finds, how it ends, and what it never shows.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    program::{Folder, POLICY, config, eval_set},
    slow_copilot::SlowCopilot,
    wire::{Said, Wire},
};

fn folder(config: &str) -> Folder {
    Folder::with(&[
        ("gate.toml", POLICY),
        ("set.jsonl", &eval_set(3)),
        ("groundgate.toml", config),
    ])
}

/// What doctor found, and how it ended.
fn doctor(folder: &Folder, arguments: &[&str], key: Option<&str>) -> (i32, Value, String) {
    let mut command = folder.command(&[&["doctor", "--json"], arguments].concat());
    if let Some(key) = key {
        command.env("COPILOT_KEY", key);
    }
    let output = command.output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let document = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    (output.status.code().unwrap(), document, out + &err)
}

/// The finding about a part of a subject.
fn finding<'a>(document: &'a Value, subject: &str, check: &str) -> &'a Value {
    let findings = document["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["subject"] == subject && finding["check"] == check);
    found.unwrap_or_else(|| panic!("no {check} of {subject} in {document:#}"))
}

fn with_key(url: &str) -> String {
    config(url).replace(
        "model    = \"any\"",
        "model    = \"any\"\nauth     = { env = \"COPILOT_KEY\" }",
    )
}

#[test]
fn without_a_network_it_looks_and_calls_nobody() {
    let server = Wire::answering(|_| Said::status(500, "{}"));
    let folder = folder(&with_key(&server.url));
    let (code, document, shown) = doctor(&folder, &[], Some("canary-key-77"));
    assert_eq!(code, 0, "{shown}");
    assert_eq!(document["schema"], "groundgate.doctor/1");
    let credentials = finding(&document, "copilot candidate", "credentials");
    assert_eq!(
        credentials["found"],
        "environment variable `COPILOT_KEY`: present"
    );
    assert_eq!(
        finding(&document, "copilot candidate", "price")["state"],
        "warning"
    );
    assert_eq!(finding(&document, "disk", "records")["state"], "ok");
    assert!(!shown.contains("canary"), "{shown}");
    assert!(server.asked().is_empty());
    let human = folder
        .command(&["doctor"])
        .env("COPILOT_KEY", "canary-key-77")
        .output();
    let human = String::from_utf8(human.unwrap().stdout).unwrap();
    assert!(
        human.ends_with("nothing was called, --online does\n"),
        "{human}"
    );
    assert!(!human.contains("canary"), "{human}");
}

#[test]
fn what_is_missing_is_named_with_its_place_and_a_remedy() {
    let (code, document, shown) = doctor(&folder(&with_key("http://127.0.0.1:9")), &[], None);
    assert_eq!(code, 3, "{shown}");
    let missing = finding(&document, "copilot candidate", "credentials");
    assert_eq!(missing["state"], "error");
    assert_eq!(
        missing["found"],
        "groundgate.toml:13:12: environment variable `COPILOT_KEY` is not set"
    );
    assert!(
        missing["help"]
            .as_str()
            .unwrap()
            .contains("export COPILOT_KEY")
    );
    let broken = folder("schema = 3");
    let (code, document, _) = doctor(&broken, &[], None);
    assert_eq!(code, 3);
    assert_eq!(
        finding(&document, "configuration", "file")["state"],
        "error"
    );
    let nobody = config("http://copilot.invalid").replace(
        "model    = \"any\"",
        "model    = \"any\"\nca-file = \"absent.pem\"",
    );
    let (code, document, _) = doctor(&folder(&nobody), &[], None);
    assert_eq!(code, 3);
    let found = finding(&document, "copilot candidate", "endpoint")["found"].to_string();
    assert!(
        found.contains("groundgate.toml:13:11: cannot read the file"),
        "{found}"
    );
}

#[test]
fn online_it_prints_kind_pace_context_and_clock_as_found() {
    let server = Wire::answering(|asked| {
        if asked.path == "/v1/models" {
            return Said::json(
                &json!({"data": [{"id": "any", "owned_by": "vllm", "max_model_len": 8192}]}),
            );
        }
        Said::json(&json!({"model": "m-1",
            "choices": [{"message": {"content": "Yes"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 1},
            "passages": [{"id": "1", "text": "t"}]}))
        .with("x-ratelimit-limit-requests", "60")
        .with("date", "Wed, 25 Nov 2020 08:00:00 GMT")
    });
    let folder = folder(&with_key(&server.url));
    let (code, document, shown) = doctor(&folder, &["--online"], Some("canary-key-77"));
    assert_eq!(code, 0, "{shown}");
    let found = |check: &str| {
        finding(&document, "copilot candidate", check)["found"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(
        found("call").contains("9 tokens read, 1 written, model m-1"),
        "{}",
        found("call")
    );
    assert_eq!(found("passages"), "1 shown");
    assert_eq!(found("context"), "8192 tokens, listed by vllm");
    assert_eq!(found("pace"), "x-ratelimit-limit-requests: 60");
    assert!(found("protocol").starts_with("HTTP/1.1"));
    assert_eq!(
        finding(&document, "copilot candidate", "clock")["state"],
        "warning"
    );
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn online_a_bad_endpoint_ends_as_what_is_bad_about_it() {
    for (status, body, code) in [
        (
            401,
            "{\"error\":{\"message\":\"no such key canary-key-77\"}}",
            3,
        ),
        (404, "{}", 3),
        (200, "{\"hello\":1}", 3),
        (500, "{}", 5),
    ] {
        let server = Wire::answering(move |_| Said::status(status, body));
        let folder = folder(&with_key(&server.url));
        let (ended, document, shown) = doctor(&folder, &["--online"], Some("canary-key-77"));
        assert_eq!(ended, code, "{status}: {shown}");
        assert_eq!(
            finding(&document, "copilot candidate", "call")["state"],
            "error"
        );
        assert!(!shown.contains("canary"), "{shown}");
    }
    let (ended, _, shown) = doctor(
        &folder(&with_key("http://127.0.0.1:1")),
        &["--online"],
        Some("k"),
    );
    assert_eq!(ended, 5, "{shown}");
}

#[test]
fn online_a_judge_is_asked_for_a_small_object() {
    let copilot = SlowCopilot::start(Duration::ZERO);
    let judge = Wire::answering(|asked| {
        assert!(
            asked.path != "/v1/chat/completions" || asked.body.get("response_format").is_some()
        );
        Said::json(&json!({"model": "j-1",
            "choices": [{"message": {"content": "{\"ok\": true}"}, "finish_reason": "stop"}]}))
    });
    let config = config(&copilot.url).replace(
        "[checks]",
        &format!(
            "[[judge]]\nname = \"llm\"\nspec = \"tone\"\nendpoint = {{ base-url = \"{}/v1\", model = \"j\" }}\n[checks]",
            judge.url
        ),
    );
    // The test copilot's questions have a number; doctor's has none.
    let config = config.replace(
        &format!("base-url = \"{}/v1\"\nmodel    = \"any\"", copilot.url),
        "base-url = \"http://127.0.0.1:1/v1\"\nmodel    = \"any\"",
    );
    let (code, document, shown) = doctor(&folder(&config), &["--online"], None);
    assert_eq!(code, 5, "{shown}");
    assert_eq!(finding(&document, "judge llm", "structured")["state"], "ok");
    assert!(
        finding(&document, "judge llm", "call")["found"]
            .as_str()
            .unwrap()
            .contains("model j-1")
    );
}

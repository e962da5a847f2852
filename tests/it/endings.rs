//! Replies that say themselves that they are no whole answer, counted by a whole run and its gate; and an
//! endpoint that dies on the way.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::program::{Ended, Folder};

/// Cases of a run.
const CASES: usize = 100;

const SENTENCE: &str = "Refunds are paid within 14 days of the return.";

/// A policy whose floors forgive much: what it does not forgive are answers that never came.
const POLICY: &str = r#"
schema = "groundgate.policy/1"
name = "t"
owner = "t"
[statistics]
min-cases = 30
missing-max = 0.02
[[rule]]
id = "groundedness.floor"
kind = "floor"
metric = "groundedness"
min = 0.80
[[rule]]
id = "faithfulness.floor"
kind = "floor"
metric = "faithfulness"
min = 0.80
[[rule]]
id = "run.errors"
kind = "max-error-rate"
max = 0.01
"#;

type Reply = (StatusCode, Json<Value>);

/// A copilot that replies as the first word of a question says, or dies after so many replies.
struct Copilot {
    url: String,
    _runtime: Runtime,
}

#[derive(Clone)]
struct Manner {
    replies: Arc<AtomicUsize>,
    dies_after: usize,
}

impl Copilot {
    fn start(dies_after: usize) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/v1/chat/completions", post(reply))
            .with_state(Manner {
                replies: Arc::default(),
                dies_after,
            });
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            url,
            _runtime: runtime,
        }
    }
}

async fn reply(State(manner): State<Manner>, Json(request): Json<Value>) -> Reply {
    if manner.replies.fetch_add(1, Ordering::SeqCst) >= manner.dies_after {
        let gone = json!({"error": {"message": "no upstream"}});
        return (StatusCode::BAD_GATEWAY, Json(gone));
    }
    let messages = request["messages"].as_array().unwrap();
    let question = messages.last().unwrap()["content"].as_str().unwrap();
    let shape = question.split(' ').next().unwrap();
    if shape == "filtered-400" {
        let error = json!({"error": {"code": "content_filter", "message": "filtered"}});
        return (StatusCode::BAD_REQUEST, Json(error));
    }
    let choice = choice(shape);
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 3});
    let passages = json!([{"id": "d1", "text": SENTENCE}]);
    let whole = json!({"model": "m", "choices": [choice], "usage": usage, "passages": passages});
    (StatusCode::OK, Json(whole))
}

/// What a provider sends in each way in which a reply ends.
fn choice(shape: &str) -> Value {
    let said = |content: Value, reason: &str| {
        json!({"index": 0, "finish_reason": reason,
            "message": {"role": "assistant", "content": content}})
    };
    let broken = json!({"code": 502, "message": "Provider returned error"});
    let mut choice = match shape {
        "error" => said(json!(""), "error"),
        "error-midway" => said(json!("Refunds are paid"), "error"),
        "null" => said(Value::Null, "stop"),
        "blank" => said(json!(" \n"), "stop"),
        "filtered" => said(Value::Null, "content_filter"),
        "filtered-midway" => said(json!("Refunds are paid within"), "content_filter"),
        "cut" => said(json!("Refunds are"), "length"),
        "tools" => said(Value::Null, "tool_calls"),
        "thinking-only" => said(json!("<think>Fourteen days?</think>"), "stop"),
        "refuses" => said(json!("I don't know."), "stop"),
        "thinks" => said(
            json!(format!(
                "<think>Every customer gets 99 houses in Spain.</think>{SENTENCE}"
            )),
            "stop",
        ),
        _ => said(json!(SENTENCE), "stop"),
    };
    if shape.starts_with("error") {
        choice["error"] = broken;
    }
    if shape == "tools" {
        choice["message"]["tool_calls"] =
            json!([{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]);
    }
    choice
}

/// A project of which the first `n_bad` questions get replies of a shape.
fn project(copilot: &Copilot, shape: &str, n_bad: usize, more: &str) -> Folder {
    let line = |place: usize| {
        let shape = if place < n_bad { shape } else { "whole" };
        json!({"id": format!("q{place}"), "question": format!("{shape} question {place}?")})
            .to_string()
    };
    let set: Vec<String> = (0..CASES).map(line).collect();
    let config = format!(
        r#"
schema = "groundgate.config/1"
eval-set = "set.jsonl"
policy = "gate.toml"
concurrency = 4
[[copilot]]
name = "c"
kind = "openai"
base-url = "{}/v1"
model = "m"
passages = {{ path = "$.passages", id = "$.id", text = "$.text" }}
retries = {{ max = 0, max-when-refused = 0 }}
[[judge]]
name = "embedded"
spec = "embedded"
{more}
"#,
        copilot.url
    );
    Folder::with(&[
        ("groundgate.toml", &config),
        ("gate.toml", POLICY),
        ("set.jsonl", &set.join("\n")),
    ])
}

fn gated(folder: &Folder) -> (Ended, Value) {
    let ended = folder.run(&["gate", "latest", "--json"]);
    let report = serde_json::from_str(&ended.out).unwrap_or_default();
    (ended, report)
}

/// What became of a metric over all trials: scored, not applicable, and each reason.
fn counts(folder: &Folder, metric: &str) -> Vec<(String, usize)> {
    let exported = folder.run(&["runs", "export"]).out;
    let mut counts = std::collections::BTreeMap::new();
    for line in exported.lines() {
        let trial: Value = serde_json::from_str(line).unwrap();
        let score = &trial["scores"][metric];
        let name = match score {
            Value::Number(_) => "scored".to_owned(),
            Value::String(word) => word.clone(),
            other => other["reason"].as_str().unwrap_or("missing").to_owned(),
        };
        *counts.entry(name).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

#[test]
fn two_of_a_hundred_replies_that_are_no_answers_never_pass() {
    let copilot = Copilot::start(usize::MAX);
    let folder = project(&copilot, "whole", 0, "");
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    let (ended, _) = gated(&folder);
    assert_eq!(ended.code, 0, "{}", ended.out);
    for shape in [
        "error",
        "error-midway",
        "null",
        "blank",
        "filtered",
        "filtered-midway",
        "filtered-400",
        "cut",
        "tools",
        "thinking-only",
    ] {
        for n_bad in [2, 60] {
            let folder = project(&copilot, shape, n_bad, "");
            let ran = folder.run(&["run", "-q"]);
            // An endpoint whose replies all are errors is given up.
            assert!([0, 5].contains(&ran.code), "{shape}: {}", ran.err);
            let (ended, _) = gated(&folder);
            assert_ne!(ended.code, 0, "{shape} {n_bad}: {}", ended.out);
        }
    }
}

#[test]
fn answers_that_refuse_are_no_way_past_a_rule_on_claims() {
    let copilot = Copilot::start(usize::MAX);
    let folder = project(
        &copilot,
        "refuses",
        60,
        "[checks]\nmetrics = [\"answered\"]",
    );
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    let (ended, report) = gated(&folder);
    assert_eq!(ended.code, 11, "{}", ended.out);
    let text = report.to_string();
    assert!(
        text.contains("not applicable to 60 of 100 answerable trials"),
        "{text}"
    );
    let scored = counts(&folder, "answered");
    assert_eq!(scored, [("scored".to_owned(), 100)]);
    let means = folder.run(&["gate", "latest"]).out;
    let flat = means.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("groundedness 60"), "{means}");
}

#[test]
fn an_endpoint_that_dies_midway_ends_with_its_cause_and_what_resumes_it() {
    for answered in [0, 6, 94] {
        let copilot = Copilot::start(answered);
        let folder = project(&copilot, "whole", 0, "");
        let ended = folder.run(&["run"]);
        assert_eq!(ended.code, 5, "{answered}: {}", ended.err);
        assert!(ended.err.contains("no upstream"), "{}", ended.err);
        let run = ended.out.trim();
        let resumes = format!("groundgate run --resume {run} --rerun errors");
        assert!(ended.err.contains(&resumes), "{}", ended.err);
    }
    let copilot = Copilot::start(usize::MAX);
    assert_eq!(project(&copilot, "whole", 0, "").run(&["run"]).code, 0);
}

#[test]
fn a_judge_that_turns_every_call_away_ends_the_run_the_same_way() {
    let copilot = Copilot::start(usize::MAX);
    let judge = Copilot::start(0);
    let more = format!(
        "[[judge]]\nname = \"llm\"\nspec = \"tone\"\n\
         endpoint = {{ base-url = \"{}/v1\", model = \"m\", retries = {{ max = 0, max-when-refused = 0 }} }}",
        judge.url
    );
    let folder = project(&copilot, "whole", 0, &more);
    let ended = folder.run(&["run"]);
    assert_eq!(ended.code, 5, "{}", ended.err);
    assert!(ended.err.contains("the judge `llm`"), "{}", ended.err);
    assert!(ended.err.contains("--rerun errors"), "{}", ended.err);
}

#[test]
fn what_is_judged_of_an_answer_is_a_setting() {
    let copilot = Copilot::start(usize::MAX);
    let folder = project(&copilot, "cut", 60, "");
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    let unscored = |folder: &Folder| {
        let counts = counts(folder, "groundedness");
        let scored = counts.iter().find(|(name, _)| name == "scored");
        CASES - scored.map_or(0, |(_, n)| *n)
    };
    assert_eq!(unscored(&folder), 60);
    let folder = project(&copilot, "cut", 60, "[answers]\ncut = \"judge\"");
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    assert_eq!(unscored(&folder), 0);
    let folder = project(&copilot, "whole", 0, "[answers]\ncut = \"maybe\"");
    assert_eq!(folder.run(&["run", "-q"]).code, 3);

    // A thought is no part of the answer, unless whoever reads it may believe it.
    let mean = |folder: &Folder| {
        let counts = folder.run(&["runs", "export"]).out;
        let first = counts.lines().next().unwrap().to_owned();
        let trial: Value = serde_json::from_str(&first).unwrap();
        trial["scores"]["groundedness"].as_f64()
    };
    let folder = project(&copilot, "thinks", 60, "");
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    assert_eq!(mean(&folder), Some(1.0));
    let folder = project(&copilot, "thinks", 60, "[answers]\nthinking = \"judge\"");
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    assert_eq!(mean(&folder), Some(0.0));
}

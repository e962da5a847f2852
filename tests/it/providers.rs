//! Every provider as copilot and as judge, from the configuration to the scores, against servers that
//! speak their wire forms; and what we send beside what the vendors' own clients were recorded to send.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use groundgate_endpoints::{
    chat::{
        AnthropicModel, AnthropicSettings, AnthropicStructured, ChatModel, MaxTokensField,
        OpenAiModel, OpenAiResponsesModel, OpenAiSettings, Structured,
    },
    transport::{Auth, Client, Endpoint, HeaderText, Secret, SystemClock},
};
use groundgate_model::{
    eval_set::Role,
    exchange::{ChatRequest, Message},
};
use serde_json::{Value, json};

use crate::{
    program::{self, Folder, POLICY, eval_set},
    wire::{Asked, Said, Wire, fee},
};

/// The reply of a judge that finds every answer relevant.
const VERDICT: &str = r#"{"reason": "it does", "label": "addresses-all"}"#;

fn verdict() -> Value {
    serde_json::from_str(VERDICT).unwrap()
}

/// All providers at one address, told apart by their paths. A request that asks for a schema is a
/// judge's.
fn vendors() -> Wire {
    Wire::answering(|asked| {
        let path = asked.path.as_str();
        let body = &asked.body;
        if path == "/v1/messages" {
            messages(asked)
        } else if path.starts_with("/model/") {
            converse(asked)
        } else if path == "/v1/responses" {
            let text = if body.pointer("/text/format").is_some() {
                VERDICT.to_owned()
            } else {
                fee(asked)
            };
            Said::json(&json!({"status": "completed", "model": "r-1",
                "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}],
                "usage": {"input_tokens": 10, "output_tokens": 5}}))
        } else if path.contains("/chat/completions") {
            let text = if body.get("response_format").is_some() {
                VERDICT.to_owned()
            } else {
                fee(asked)
            };
            Said::json(&json!({"model": "c-1",
                "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5}}))
        } else {
            databricks(asked)
        }
    })
}

fn messages(asked: &Asked) -> Said {
    let content = if asked.body.get("tools").is_some() {
        json!({"type": "tool_use", "id": "t", "name": "verdict", "input": verdict()})
    } else {
        json!({"type": "text", "text": fee(asked)})
    };
    Said::json(
        &json!({"type": "message", "model": "claude-1", "content": [content],
        "stop_reason": "end_turn", "usage": {"input_tokens": 10, "output_tokens": 5}}),
    )
}

fn converse(asked: &Asked) -> Said {
    let content = if asked.body.get("toolConfig").is_some() {
        json!({"toolUse": {"toolUseId": "t", "name": "verdict", "input": verdict()}})
    } else {
        json!({"text": fee(asked)})
    };
    Said::json(
        &json!({"output": {"message": {"role": "assistant", "content": [content]}},
        "stopReason": "end_turn", "usage": {"inputTokens": 10, "outputTokens": 5}}),
    )
}

fn databricks(asked: &Asked) -> Said {
    if asked.method == "GET" {
        let name = asked.path.rsplit('/').next().unwrap();
        return Said::json(&json!({"name": name, "task": "agent/v1/responses",
            "state": {"ready": "READY"},
            "config": {"served_entities": [{"name": "m-7", "entity_name": "cat.sch.m", "entity_version": "7"}]}}));
    }
    if asked.body.get("dataframe_records").is_some() {
        let source = json!({"id": "doc", "text": fee(asked)});
        return Said::json(&json!({"predictions": [{"answer": fee(asked), "sources": [source]}]}));
    }
    let text = fee(asked);
    let found = json!([{"page_content": text, "metadata": {"doc_uri": "kb/1"}, "id": "doc"}]);
    let span = json!({"span_id": "a", "parent_span_id": null, "attributes": {
        "mlflow.spanType": "\"RETRIEVER\"", "mlflow.spanOutputs": found.to_string()}});
    Said::json(&json!({"object": "response",
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}],
        "databricks_output": {"databricks_request_id": "r", "trace": {"data": {"spans": [span]}}}}))
    .with("served-model-name", "m-7")
}

/// What is written for a provider: the copilot's keys, the judge's endpoint (nothing where it is no
/// judge), where the copilot's calls go, and a header that they carry.
struct Provider {
    copilot: &'static str,
    judge: &'static str,
    path: &'static str,
    header: (&'static str, &'static str),
    shows_passages: bool,
}

const BEARER: (&str, &str) = ("authorization", "Bearer canary-key-1");

const PROVIDERS: [Provider; 9] = [
    Provider {
        copilot: "kind = \"openai\"\nbase-url = \"URL/v1\"\nmodel = \"m\"\nauth = { env = \"KEY\" }",
        judge: "base-url = \"URL/v1\", model = \"m\", auth = { env = \"KEY\" }",
        path: "/v1/chat/completions",
        header: BEARER,
        shows_passages: false,
    },
    Provider {
        copilot: "kind = \"responses\"\nbase-url = \"URL/v1\"\nmodel = \"m\"\nauth = { file = \"key.txt\" }",
        judge: "kind = \"responses\", base-url = \"URL/v1\", model = \"m\", auth = { env = \"KEY\" }",
        path: "/v1/responses",
        header: BEARER,
        shows_passages: false,
    },
    Provider {
        copilot: "kind = \"azure-openai\"\nbase-url = \"URL\"\ndeployment = \"d\"\napi-version = \"2024-10-21\"\nauth = { env = \"KEY\" }",
        judge: "kind = \"azure-openai\", base-url = \"URL\", deployment = \"d\", auth = { env = \"KEY\" }",
        path: "/openai/deployments/d/chat/completions?api-version=2024-10-21",
        header: ("api-key", "canary-key-1"),
        shows_passages: false,
    },
    Provider {
        copilot: "kind = \"anthropic\"\nbase-url = \"URL/v1\"\nmodel = \"m\"\nauth = { env = \"KEY\" }",
        judge: "kind = \"anthropic\", base-url = \"URL/v1\", model = \"m\", auth = { env = \"KEY\" }",
        path: "/v1/messages",
        header: ("x-api-key", "canary-key-1"),
        shows_passages: false,
    },
    Provider {
        copilot: "kind = \"bedrock\"\nbase-url = \"URL\"\nmodel = \"eu.m:0\"\nauth = { env = \"KEY\" }",
        judge: "kind = \"bedrock\", base-url = \"URL\", model = \"eu.m:0\", auth = { env = \"KEY\" }",
        path: "/model/eu.m%3A0/converse",
        header: BEARER,
        shows_passages: false,
    },
    Provider {
        copilot: "kind = \"gemini\"\nbase-url = \"URL/v1beta/openai\"\nmodel = \"m\"\nauth = { command = [\"echo\", \"canary-key-1\"] }",
        judge: "kind = \"vllm\", base-url = \"URL/v1\", model = \"m\"",
        path: "/v1beta/openai/chat/completions",
        header: BEARER,
        shows_passages: false,
    },
    Provider {
        copilot: "kind = \"ollama\"\nbase-url = \"URL/v1\"\nmodel = \"m\"",
        judge: "kind = \"llama-cpp\", base-url = \"URL/v1\"",
        path: "/v1/chat/completions",
        header: ("content-type", "application/json"),
        shows_passages: false,
    },
    Provider {
        copilot: "kind = \"databricks\"\nhost = \"URL\"\nendpoint = \"support\"\nauth = { env = \"KEY\" }",
        judge: "kind = \"databricks\", host = \"URL\", endpoint = \"llama\", auth = { env = \"KEY\" }",
        path: "/serving-endpoints/support/invocations",
        header: BEARER,
        shows_passages: true,
    },
    Provider {
        copilot: "kind = \"databricks\"\nhost = \"URL\"\nendpoint = \"custom\"\nauth = { env = \"KEY\" }\nbody = '{\"dataframe_records\": [{\"q\": \"{{question}}\"}]}'\nanswer = \"$.predictions[0].answer\"\npassages = { path = \"$.predictions[0].sources\", text = \"$.text\", id = \"$.id\" }",
        judge: "kind = \"openai\", base-url = \"URL/v1\", model = \"m\"",
        path: "/serving-endpoints/custom/invocations",
        header: BEARER,
        shows_passages: true,
    },
];

impl Provider {
    fn config(&self, url: &str) -> String {
        format!(
            "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n\
             [[copilot]]\nname = \"one\"\n{}\n[[judge]]\nname = \"judge\"\nspec = \"answer_relevance\"\n\
             endpoint = {{ {} }}\n[checks]\nmetrics = [\"answer_chars\"]\n",
            self.copilot, self.judge
        )
        .replace("URL", url)
    }
}

#[test]
fn every_provider_is_copilot_and_judge() {
    let vendors = vendors();
    for provider in &PROVIDERS {
        let kind = provider.copilot.lines().next().unwrap();
        let folder = Folder::with(&[
            ("gate.toml", POLICY),
            ("set.jsonl", &eval_set(3)),
            ("key.txt", "canary-key-1\n"),
            ("groundgate.toml", &provider.config(&vendors.url)),
        ]);
        let output = folder
            .command(&["run"])
            .env("KEY", "canary-key-1")
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{kind}: {err}");
        let exported = folder.run(&["runs", "export"]).out;
        assert_eq!(exported.lines().count(), 3, "{kind}");
        for (number, line) in exported.lines().enumerate() {
            let trial: Value = serde_json::from_str(line).unwrap();
            let answer = format!("The fee for product number {number} is {number} EUR.");
            assert_eq!(trial["answer"], answer.as_str(), "{kind}: {line}");
            assert_eq!(trial["scores"]["answer_relevance"], 1.0, "{kind}: {line}");
            if provider.shows_passages {
                assert_eq!(
                    trial["passages"][0]["text"],
                    answer.as_str(),
                    "{kind}: {line}"
                );
            }
        }
        let asked = vendors.take();
        let called = asked
            .iter()
            .find(|asked| asked.method == "POST" && asked.path == provider.path);
        let called = called.unwrap_or_else(|| panic!("{kind}: {asked:#?}"));
        let (name, value) = provider.header;
        assert_eq!(
            called.headers.get(name).map(String::as_str),
            Some(value),
            "{kind}"
        );
        assert!(
            !err.contains("canary") && !exported.contains("canary"),
            "{kind}"
        );
    }
}

#[test]
fn a_change_of_the_served_model_midway_is_inconclusive() {
    let n = AtomicUsize::new(0);
    let server = Wire::answering(move |asked| {
        let n = n.fetch_add(1, Ordering::SeqCst);
        let model = if n < 10 { "m-1" } else { "m-2" };
        let text = fee(asked);
        Said::json(&json!({"model": model,
            "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
            "passages": [{"id": "d", "text": text}]}))
    });
    let config = program::config(&server.url);
    // A rule on failed trials would fail it for them; this is about what is left unknown.
    let policy = "schema = \"groundgate.policy/1\"\nname = \"test\"\n[statistics]\nmin-cases = 5\n[[rule]]\nid = \"floor\"\nkind = \"floor\"\nmetric = \"groundedness\"\nmin = 0.5\n";
    let folder = Folder::with(&[
        ("gate.toml", policy),
        ("set.jsonl", &eval_set(20)),
        ("groundgate.toml", &config),
    ]);
    assert_eq!(folder.run(&["run"]).code, 0);
    let gated = folder.run(&["gate"]);
    assert_eq!(gated.code, 11, "{}{}", gated.out, gated.err);
    let shown = folder.run(&["explain", "case-19"]);
    assert!(shown.out.contains("m-2"), "{}", shown.out);
    // With the mix allowed, the same answers are what they are.
    let any = config.replace(
        "model    = \"any\"",
        "model    = \"any\"\nserved-model = \"any\"",
    );
    folder.write("groundgate.toml", &any);
    assert_eq!(folder.run(&["run"]).code, 0);
    let exported = folder.run(&["runs", "export"]).out;
    assert!(!exported.contains("changed"), "{exported}");
}

#[test]
fn a_conversation_is_sent_whole_or_held_turn_by_turn() {
    let case = json!({"id": "talk", "question": "what is the fee for product number 2?",
        "history": [{"role": "user", "text": "what is the fee for product number 1?"},
            {"role": "assistant", "text": "as it was written"}]});
    for (history, heard) in [
        ("as-written", "as it was written"),
        ("turn-by-turn", "The fee for product number 1 is 1 EUR."),
    ] {
        let server = Wire::answering(|asked| {
            Said::json(&json!({"model": "m",
                "choices": [{"message": {"content": fee(asked)}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5}}))
        });
        let config = program::config(&server.url).replace(
            "model    = \"any\"",
            &format!("model = \"any\"\nhistory = \"{history}\""),
        );
        let folder = Folder::with(&[
            ("gate.toml", POLICY),
            ("set.jsonl", &format!("{case}\n")),
            ("groundgate.toml", &config),
        ]);
        let ended = folder.run(&["run"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let last = server.asked().pop().unwrap();
        assert_eq!(last.body["messages"][1]["content"], heard, "{history}");
        let answer = "The fee for product number 2 is 2 EUR.";
        assert!(
            folder.run(&["runs", "export"]).out.contains(answer),
            "{history}"
        );
    }
}

#[test]
fn an_endpoint_that_sleeps_is_woken_and_a_mix_of_versions_is_refused() {
    let woken = AtomicUsize::new(0);
    let server = Wire::answering(move |asked| {
        if asked.method == "GET" {
            let entity = |name: &str| {
                json!({"name": name, "entity_name": "cat.m", "entity_version": name,
                    "scale_to_zero_enabled": true})
            };
            let mixed = asked.path.ends_with("/mixed");
            let entities = if mixed {
                vec![entity("1"), entity("2")]
            } else {
                vec![entity("1")]
            };
            return Said::json(&json!({"name": "sleeper", "task": "agent/v2/chat",
                "state": {"ready": "READY"}, "config": {"served_entities": entities}}));
        }
        if asked.text().contains("Hello") {
            woken.fetch_add(1, Ordering::SeqCst);
            return Said::json(&json!({"messages": [{"role": "assistant", "content": "Hi"}]}));
        }
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        Said::json(&json!({"messages": [{"role": "assistant", "content": fee(asked)}]}))
    });
    let config = |name: &str| {
        format!(
            "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n[[copilot]]\nname = \"one\"\n\
             kind = \"databricks\"\nhost = \"{}\"\nendpoint = \"{name}\"\nauth = {{ env = \"KEY\" }}\n[checks]\nmetrics = [\"answer_chars\"]\n",
            server.url
        )
    };
    let folder = Folder::with(&[
        ("gate.toml", POLICY),
        ("set.jsonl", &eval_set(2)),
        ("groundgate.toml", &config("sleeper")),
    ]);
    let run = || {
        let output = folder.command(&["run"]).env("KEY", "canary-key-1").output();
        let output = output.unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), err)
    };
    let (code, err) = run();
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("waking up `sleeper`"), "{err}");
    folder.write("groundgate.toml", &config("mixed"));
    let (code, err) = run();
    assert_eq!(code, 3, "{err}");
    assert!(
        err.contains("serves a mix, cat.m version 1 (100 %), cat.m version 2"),
        "{err}"
    );
}

/// What the vendors' clients were recorded to send.
fn recordings() -> Vec<Value> {
    include_str!("recordings/openai-azure-anthropic-sdk-wire.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn schema_of(recorded: &Value) -> Option<(String, Value)> {
    let places = [
        "/response_format/json_schema/schema",
        "/text/format/schema",
        "/tools/0/input_schema",
        "/output_config/format/schema",
    ];
    let schema = places.iter().find_map(|place| recorded.pointer(place))?;
    Some(("verdict".to_owned(), schema.clone()))
}

/// The same request through our adapter at the client's URL; the key is the recorded one.
fn ours(client: Arc<Client>, path: &str, recorded: &Value) -> Arc<dyn ChatModel> {
    let model = recorded["model"].as_str().unwrap().to_owned();
    if path.ends_with("/messages") {
        let structured = if recorded.get("output_config").is_some() {
            AnthropicStructured::OutputConfig
        } else {
            AnthropicStructured::Tool
        };
        return Arc::new(AnthropicModel::new(
            client,
            AnthropicSettings {
                model,
                structured,
                send_temperature: false,
                stream: false,
                price: None,
            },
        ));
    }
    let settings = OpenAiSettings {
        max_tokens_field: MaxTokensField::MaxCompletionTokens,
        structured: Structured::JsonSchema,
        ..OpenAiSettings::for_model(model)
    };
    if path.contains("/responses") {
        Arc::new(OpenAiResponsesModel::new(client, settings))
    } else {
        Arc::new(OpenAiModel::new(client, settings))
    }
}

/// The recorded request as ours, and whether the limit on its tokens is our own.
fn request(recorded: &Value) -> (ChatRequest, bool) {
    let message = |role, text: &str| Message {
        role,
        text: text.to_owned(),
    };
    let system = recorded["system"].as_str().map(|text| message(None, text));
    let limit = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
        .iter()
        .find_map(|name| recorded[name].as_u64());
    let request = ChatRequest {
        messages: system
            .into_iter()
            .chain([message(Some(Role::User), "hi")])
            .collect(),
        max_output_tokens: u32::try_from(limit.unwrap_or(1)).unwrap(),
        temperature: recorded["temperature"].as_f64(),
        seed: recorded["seed"].as_u64(),
        json_schema: schema_of(recorded),
    };
    (request, limit.is_none())
}

#[test]
fn our_requests_are_those_of_the_vendors_own_clients() {
    let server = Wire::answering(|_| Said::status(400, "{}"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for line in recordings() {
        let (path, recorded) = (line["path"].as_str().unwrap(), &line["req"]);
        let header = |name: &str| {
            let headers = line["reqh"].as_object().unwrap();
            let found = headers
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str().unwrap().to_owned())
        };
        let (place, query) = path
            .split_once('?')
            .map_or((path, ""), |(place, query)| (place, query));
        let base = ["/chat/completions", "/responses", "/messages"]
            .iter()
            .find_map(|end| place.strip_suffix(end))
            .unwrap();
        let secret = |value: String| Secret::new(value);
        let endpoint = Endpoint {
            auth: match (header("authorization"), header("api-key")) {
                (Some(bearer), _) => Auth::Bearer(secret(bearer.replace("Bearer ", ""))),
                (None, Some(key)) => Auth::Header {
                    name: "api-key".to_owned(),
                    value: secret(key),
                },
                (None, None) => panic!("{path} has no key"),
            },
            headers: ["anthropic-version", "openai-organization", "openai-project"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), HeaderText::Plain(header(name)?))))
                .collect(),
            ..Endpoint::at(format!("{}{base}?{query}", server.url).trim_end_matches('?'))
        };
        let client = Client::new(&endpoint, Arc::new(SystemClock::new()), 1).unwrap();
        let (request, limit_is_ours) = request(recorded);
        let model = ours(Arc::new(client), place, recorded);
        runtime.block_on(model.complete(&request)).unwrap_err();
        let sent = server.take().pop().unwrap();
        assert_eq!(sent.path, path);
        for name in [
            "authorization",
            "api-key",
            "anthropic-version",
            "openai-organization",
        ] {
            assert_eq!(
                sent.headers.get(name).cloned(),
                header(name),
                "{path} {name}"
            );
        }
        compare(&sent.body, recorded, path, limit_is_ours);
    }
}

/// Ours is theirs, but for what we do not ask for (log probabilities), what we always say (a limit,
/// that nothing is to be stored), and the list that a single text stands for.
fn compare(ours: &Value, theirs: &Value, path: &str, limit_is_ours: bool) {
    let (mut ours, mut theirs) = (ours.clone(), theirs.clone());
    let (ours, theirs) = (
        ours.as_object_mut().unwrap(),
        theirs.as_object_mut().unwrap(),
    );
    for name in ["logprobs", "top_logprobs"] {
        theirs.remove(name);
    }
    if limit_is_ours {
        for name in ["max_completion_tokens", "max_output_tokens"] {
            ours.remove(name);
        }
    }
    theirs.entry("store").or_insert_with(|| json!(false));
    ours.entry("store").or_insert_with(|| json!(false));
    if let Some(input) = theirs.get_mut("input") {
        *input = json!([{"role": "user", "content": input.clone()}]);
    }
    let temperature = |body: &mut serde_json::Map<String, Value>| {
        body.remove("temperature").and_then(|value| value.as_f64())
    };
    assert_eq!(temperature(ours), temperature(theirs), "{path}");
    assert_eq!(ours, theirs, "{path}");
}

#[test]
fn recorded_traces_of_both_layouts_show_their_passages() {
    for trace in [
        include_str!("recordings/databricks_output_trace_mlflow2.22.json"),
        include_str!("recordings/databricks_output_trace_mlflow3.17.json"),
    ] {
        let mut reply: Value = serde_json::from_str(trace).unwrap();
        reply["messages"] = json!([{"role": "assistant", "content": "Go to Settings"}]);
        let server = Wire::answering(move |_| Said::json(&reply));
        let config = format!(
            "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n[[copilot]]\nname = \"one\"\n\
             kind = \"mlflow\"\nbase-url = \"{}\"\nform = \"chat-agent\"\n[checks]\nmetrics = [\"answer_chars\"]\n",
            server.url
        );
        let folder = Folder::with(&[
            ("gate.toml", POLICY),
            ("set.jsonl", &eval_set(1)),
            ("groundgate.toml", &config),
        ]);
        let ended = folder.run(&["run"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let trial: Value =
            serde_json::from_str(folder.run(&["runs", "export"]).out.trim()).unwrap();
        assert_eq!(
            trial["passages"][0]["text"], "Settings > Security",
            "{trial}"
        );
        assert_eq!(trial["passages"][0]["id"], "c-17", "{trial}");
    }
}

//! Of copilots: what is sent, what is read from the reply, and what the wrappers around them change.

use std::{sync::Arc, time::Duration};

use groundgate_model::manifest::Manifest;

use super::{Changes, PRICE, local};
use crate::{
    chat::{AnthropicModel, AnthropicSettings, AnthropicStructured, OpenAiSettings},
    copilot::{
        ChatCopilotSettings, CommandCopilot, CommandOutput, CommandSettings, Copilot,
        DatabricksCopilot, DatabricksForm, DatabricksSettings, HttpCopilot, HttpCopilotSettings,
        ModelCopilot, ModelCopilotSettings, PassagePaths, RecordedCopilot, SameModel, ServedEntity,
        ServingEndpoint, StreamEnd, TurnByTurn,
    },
    transport::{Framing, Limits, SystemClock},
};

fn passages(text: &str, id: Option<&str>, source: Option<&str>) -> PassagePaths {
    PassagePaths::new("$.docs", text, id, source).unwrap()
}

/// All places where a reply's passages can be.
fn tells_passages<S: Clone>(changes: &mut Changes<S>, set: impl Fn(&mut S, PassagePaths) + Copy) {
    let elsewhere = PassagePaths::new("$.hits", "$.text", None, None).unwrap();
    changes
        .tells("passages", |all| set(all, passages("$.text", None, None)))
        .tells("their place", |all| set(all, elsewhere))
        .tells("their text", |all| set(all, passages("$.body", None, None)))
        .tells("their id", |all| {
            set(all, passages("$.text", Some("$.x"), None));
        })
        .tells("their source", |all| {
            set(all, passages("$.text", None, Some("$.x")));
        });
}

fn chat_settings() -> ChatCopilotSettings {
    ChatCopilotSettings {
        model: OpenAiSettings::for_model("m"),
        system_prompt: None,
        max_output_tokens: 64,
        temperature: None,
        seed: None,
        passages: None,
    }
}

fn chat(settings: &ChatCopilotSettings) -> Manifest {
    ModelCopilot::chat(local(), settings.clone()).manifest()
}

#[test]
fn every_setting_of_a_chat_copilot_is_identity() {
    let mut changes = Changes::of(chat_settings(), chat);
    changes
        .tells("model", |all| all.model = OpenAiSettings::for_model("n"))
        .tells("stream", |all| all.model.stream = true)
        .tells("prompt", |all| {
            all.system_prompt = Some("Answer.".to_owned());
        })
        .tells("its end", |all| {
            all.system_prompt = Some("Answer. ".to_owned());
        })
        .tells("empty prompt", |all| {
            all.system_prompt = Some(String::new());
        })
        .tells("tokens", |all| all.max_output_tokens = 65)
        .tells("temperature", |all| all.temperature = Some(0.0))
        .tells("higher", |all| all.temperature = Some(0.1))
        .tells("seed", |all| all.seed = Some(0))
        .tells("other seed", |all| all.seed = Some(1))
        .ignores("price", |all| all.model.price = PRICE);
    tells_passages(&mut changes, |all, paths| all.passages = Some(paths));
}

fn model(settings: &ModelCopilotSettings) -> Manifest {
    let model = AnthropicSettings {
        model: "m".to_owned(),
        structured: AnthropicStructured::None,
        send_temperature: true,
        stream: false,
        price: None,
    };
    let model = Arc::new(AnthropicModel::new(local(), model));
    ModelCopilot::new(local(), model, settings.clone()).manifest()
}

#[test]
fn every_setting_of_a_model_copilot_is_identity() {
    let settings = ModelCopilotSettings {
        system_prompt: None,
        max_output_tokens: 64,
        temperature: None,
        seed: None,
        passages: None,
    };
    let mut changes = Changes::of(settings, model);
    changes
        .tells("prompt", |all| {
            all.system_prompt = Some("Answer.".to_owned());
        })
        .tells("tokens", |all| all.max_output_tokens = 65)
        .tells("temperature", |all| all.temperature = Some(0.0))
        .tells("seed", |all| all.seed = Some(1));
    tells_passages(&mut changes, |all, paths| all.passages = Some(paths));
}

fn http(settings: &HttpCopilotSettings) -> Manifest {
    HttpCopilot::new(local(), settings).unwrap().manifest()
}

#[test]
fn every_setting_of_an_http_copilot_is_identity() {
    let settings = HttpCopilotSettings {
        path: "ask".to_owned(),
        body: r#"{"q": "{{question}}"}"#.to_owned(),
        answer: "$.a".to_owned(),
        passages: None,
        input_tokens: None,
        output_tokens: None,
        model: None,
        finish_reason: None,
        framing: None,
        stream_end: StreamEnd::Done,
        price: None,
        max_output_tokens: 64,
    };
    let path = || Some("$.x".to_owned());
    let mut changes = Changes::of(settings, http);
    changes
        .tells("path", |all| all.path = "say".to_owned())
        .tells("body", |all| {
            all.body = r#"{"q": "{{question}}", "k": 5}"#.to_owned();
        })
        .tells("answer", |all| all.answer = "$.b".to_owned())
        .tells("input tokens", |all| all.input_tokens = path())
        .tells("output tokens", |all| all.output_tokens = path())
        .tells("model", |all| all.model = path())
        .tells("finish reason", |all| all.finish_reason = path())
        .tells("json", |all| all.framing = Some(Framing::Json))
        .tells("events", |all| all.framing = Some(Framing::Events))
        .tells("lines", |all| all.framing = Some(Framing::Lines))
        .tells("end", |all| all.stream_end = StreamEnd::Close)
        .tells("end at", |all| {
            all.stream_end = StreamEnd::At("$.done".to_owned());
        })
        .tells("end elsewhere", |all| {
            all.stream_end = StreamEnd::At("$.end".to_owned());
        })
        .ignores("price", |all| all.price = PRICE)
        .ignores("worst cost", |all| all.max_output_tokens = 65)
        .ignores("white space", |all| {
            all.body = r#"{ "q" : "{{question}}" }"#.to_owned();
        });
    tells_passages(&mut changes, |all, paths| all.passages = Some(paths));
}

fn databricks_settings(form: DatabricksForm) -> DatabricksSettings {
    DatabricksSettings {
        form,
        return_trace: false,
        stream: false,
        system_prompt: None,
        max_output_tokens: 64,
        temperature: None,
        passages: None,
        price: None,
    }
}

fn mlflow(settings: &DatabricksSettings) -> Manifest {
    DatabricksCopilot::on_mlflow(local(), settings.clone()).manifest()
}

#[test]
fn every_setting_of_an_agent_is_identity() {
    let mut changes = Changes::of(databricks_settings(DatabricksForm::Chat), mlflow);
    changes
        .tells("agent", |all| all.form = DatabricksForm::ChatAgent)
        .tells("responses", |all| all.form = DatabricksForm::Responses)
        .tells("trace", |all| all.return_trace = true)
        .tells("stream", |all| all.stream = true)
        .tells("prompt", |all| all.system_prompt = Some("Be.".to_owned()))
        .tells("tokens", |all| all.max_output_tokens = 65)
        .tells("temperature", |all| all.temperature = Some(0.0))
        .ignores("price", |all| all.price = PRICE);
    tells_passages(&mut changes, |all, paths| all.passages = Some(paths));
    Changes::of(databricks_settings(DatabricksForm::Responses), mlflow)
        .ignores("unsent limit", |all| all.max_output_tokens = 65)
        .ignores("unsent temperature", |all| all.temperature = Some(0.0));
}

fn databricks(endpoint: &ServingEndpoint) -> Manifest {
    let settings = databricks_settings(DatabricksForm::Chat);
    DatabricksCopilot::new(local(), endpoint.clone(), settings).manifest()
}

#[tokio::test]
async fn what_an_endpoint_serves_is_identity() {
    let served = |version: Option<&str>, traffic| ServedEntity {
        model: "cat.sch.m".to_owned(),
        version: version.map(str::to_owned),
        traffic,
    };
    let endpoint = ServingEndpoint {
        name: "support".to_owned(),
        form: None,
        is_agent: true,
        is_foundation_model: false,
        is_ready: true,
        scales_to_zero: false,
        served: vec![served(Some("7"), 100)],
    };
    Changes::of(endpoint, databricks)
        .tells("name", |found| found.name = "other".to_owned())
        .tells("version", |found| {
            found.served = vec![served(Some("8"), 100)];
        })
        .tells("no version", |found| found.served = vec![served(None, 100)])
        .tells("share", |found| found.served = vec![served(Some("7"), 90)])
        .tells("model", |found| {
            found.served[0].model = "cat.sch.n".to_owned();
        })
        .tells("mix", |found| {
            found.served = vec![served(Some("7"), 90), served(Some("8"), 10)];
        })
        .ignores("sleep", |found| found.scales_to_zero = true)
        .ignores("readiness", |found| found.is_ready = false);
}

fn command(settings: &CommandSettings) -> Manifest {
    CommandCopilot::new(settings.clone(), Arc::new(SystemClock::new())).manifest()
}

#[test]
fn every_setting_of_a_command_is_identity() {
    let settings = CommandSettings {
        program: "sh".to_owned(),
        arguments: vec!["-c".to_owned(), "a".to_owned()],
        inherits: Vec::new(),
        output: CommandOutput::Text,
        limits: Limits::default(),
        deadline: Duration::from_secs(1),
        largest_output: 1,
    };
    Changes::of(settings, command)
        .tells("program", |all| all.program = "cat".to_owned())
        .tells("argument", |all| all.arguments[1] = "b".to_owned())
        .tells("fewer", |all| all.arguments.truncate(1))
        .tells("inherited", |all| all.inherits.push("API_KEY".to_owned()))
        .tells("output", |all| all.output = CommandOutput::Json)
        .ignores("pace", |all| all.limits.in_flight += 1)
        .ignores("deadline", |all| all.deadline = Duration::from_secs(2))
        .ignores("largest output", |all| all.largest_output = 2);
}

fn recorded(file: &str, answer: &str) -> RecordedCopilot {
    let line = format!("{{\"case_id\":\"a\",\"answer\":\"{answer}\",\"latency_ms\":1}}\n");
    RecordedCopilot::parse(file, line.as_bytes()).unwrap()
}

#[test]
fn recorded_answers_are_what_is_in_their_file() {
    let manifest = |file, answer| recorded(file, answer).manifest();
    assert_ne!(
        manifest("a.jsonl", "x").digest(),
        manifest("a.jsonl", "y").digest()
    );
    assert_eq!(manifest("a.jsonl", "x"), manifest("b.jsonl", "x"));
}

#[test]
fn wrappers_are_identity_and_what_was_met_is_none() {
    let inner = || -> Arc<dyn Copilot> { Arc::new(recorded("a.jsonl", "x")) };
    let same = |met: Option<&str>| SameModel::as_first(inner(), met.map(str::to_owned)).manifest();
    let named = |name: &str| SameModel::named(inner(), name.to_owned()).manifest();
    let apart = [
        inner().manifest(),
        same(None),
        named("m"),
        named("same"),
        TurnByTurn::new(inner(), 64).manifest(),
        TurnByTurn::new(Arc::new(SameModel::as_first(inner(), None)), 64).manifest(),
    ]
    .map(|manifest| manifest.digest());
    for (place, digest) in apart.iter().enumerate() {
        assert!(!apart[..place].contains(digest), "{place}");
    }
    assert_eq!(
        same(Some("m")),
        same(None),
        "a run that goes on is the same plan"
    );
    assert_eq!(
        TurnByTurn::new(inner(), 1).manifest(),
        TurnByTurn::new(inner(), 2).manifest(),
        "the worst cost is no identity"
    );
}

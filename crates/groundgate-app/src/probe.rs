//! One cheap call to an endpoint, to see what it is before a run pays for more.

use std::{collections::BTreeMap, sync::Arc};

use crate::config::{Config, CopilotConfig, CopilotKind, JudgeEndpoint, ModelApi};
use groundgate_endpoints::{chat::look_at_model, transport::Client};
use groundgate_model::{
    eval_set::{Case, Role},
    exchange::{Answer, CallFailure, ChatRequest, FailureKind, Message, Timing, Usage},
};
use groundgate_report::visible_line;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{app::App, check_result::CheckResults, error::ErrorClass, prices::Prices, wiring};

/// What every probe needs.
#[derive(Debug)]
pub struct Probe<'a> {
    /// Who asks.
    pub app: &'a App,
    /// For prices and the seed.
    pub config: &'a Config,
    /// What the call waits on.
    pub runtime: &'a Runtime,
    /// What results call it.
    pub subject: &'a str,
}

/// Asks a copilot a question; what it talked through.
pub fn copilot(
    probe: &Probe<'_>,
    chosen: &CopilotConfig,
    results: &mut CheckResults,
) -> Option<Arc<Client>> {
    let Probe {
        app,
        config,
        runtime,
        subject,
    } = *probe;
    if matches!(chosen.kind, CopilotKind::Recorded { .. }) {
        return None;
    }
    let wired = match wiring::copilot(app, config, chosen, None, runtime) {
        Ok(wired) => wired,
        Err(error) => {
            results.failed(subject, "call", &error);
            return None;
        }
    };
    results.ok(subject, "kind", wired.copilot.describe());
    match runtime.block_on(wired.copilot.ask(&question(), 0)) {
        Err(failure) => failed(subject, &failure, results),
        Ok(answer) => {
            results.ok(subject, "call", answered(&answer));
            match &answer.passages {
                Some(passages) => {
                    results.ok(subject, "passages", format!("{} shown", passages.len()));
                }
                None => results.warn(
                    subject,
                    "passages",
                    "none shown: only judges that need none can score its answers",
                    "say where the reply shows them: passages = { path = \"$.…\", text = \"$.…\" }",
                ),
            }
        }
    }
    if let (Some(client), CopilotKind::OpenAi { settings, .. }) = (&wired.client, &chosen.kind) {
        model(
            client,
            settings.model.model.as_deref(),
            runtime,
            subject,
            results,
        );
    }
    wired.client
}

/// Asks a judge's model for a small JSON object; what it talked through.
pub fn judge(
    probe: &Probe<'_>,
    written: &JudgeEndpoint,
    results: &mut CheckResults,
) -> Option<Arc<Client>> {
    let Probe {
        app,
        config,
        runtime,
        subject,
    } = *probe;
    let _inside = runtime.enter();
    let wired = Prices::of(config)
        .and_then(|prices| wiring::judge_model(app, written, &prices, config.seed));
    let (client, chat) = match wired {
        Ok(wired) => wired,
        Err(error) => {
            results.failed(subject, "call", &error);
            return None;
        }
    };
    results.ok(subject, "kind", chat.describe());
    match runtime.block_on(chat.complete(&request())) {
        Err(failure) => failed(subject, &failure, results),
        Ok(reply) => {
            results.ok(
                subject,
                "call",
                words(&reply.timing, reply.usage, reply.model.as_deref()),
            );
            let is_object = serde_json::from_str::<Value>(reply.text.trim())
                .is_ok_and(|value| value.is_object());
            if is_object {
                results.ok(subject, "structured", "a JSON object came back");
            } else {
                results.warn(
                    subject,
                    "structured",
                    "what came back is no JSON object",
                    "choose another way of asking for one: structured = \"json-object\" or \"none\"",
                );
            }
        }
    }
    if let ModelApi::Chat(settings) = &written.api {
        model(
            &client,
            settings.model.as_deref(),
            runtime,
            subject,
            results,
        );
    }
    Some(client)
}

fn question() -> Case {
    Case {
        id: "doctor".to_owned(),
        history: Vec::new(),
        question: "Hello. Please answer with one word.".to_owned(),
        reference_answer: None,
        expected_facts: Vec::new(),
        expected_documents: Vec::new(),
        answerable: None,
        tags: BTreeMap::new(),
        cluster: None,
        critical: false,
    }
}

fn request() -> ChatRequest {
    let schema = json!({
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": false,
    });
    ChatRequest {
        messages: vec![Message {
            role: Some(Role::User),
            text: "Reply with the JSON object {\"ok\": true} and nothing else.".to_owned(),
        }],
        max_output_tokens: 256,
        temperature: Some(0.0),
        seed: None,
        json_schema: Some(("doctor".to_owned(), schema)),
    }
}

fn failed(subject: &str, failure: &CallFailure, results: &mut CheckResults) {
    let (help, code) = match failure.kind {
        FailureKind::Auth => (
            "the credentials are there and were refused",
            ErrorClass::Invalid,
        ),
        FailureKind::Rejected => (
            "the endpoint does not take the call: check URL, model and parameters",
            ErrorClass::Invalid,
        ),
        FailureKind::Malformed | FailureKind::TooLarge | FailureKind::Redirect => (
            "something else than the configured kind answers at this URL",
            ErrorClass::Invalid,
        ),
        FailureKind::Filtered => (
            "the provider's filter turns even this question away: check its content filter",
            ErrorClass::Invalid,
        ),
        FailureKind::Empty | FailureKind::ToolCalls => (
            "the endpoint answers without a text: check the model, its limit on tokens and its tools",
            ErrorClass::Invalid,
        ),
        FailureKind::Connect => (
            "check host, port, proxy and certificates",
            ErrorClass::Incomplete,
        ),
        FailureKind::Timeout
        | FailureKind::Cut
        | FailureKind::RateLimited
        | FailureKind::Server
        | FailureKind::Changed
        | FailureKind::Absent
        | FailureKind::NotSent => (
            "the endpoint is down or busy: ask again later",
            ErrorClass::Incomplete,
        ),
    };
    results.fail(
        subject,
        "call",
        visible_line(&failure.to_string()),
        Some(help.to_owned()),
    );
    results.ends_with(code);
}

fn answered(answer: &Answer) -> String {
    words(&answer.timing, answer.usage, answer.model.as_deref())
}

fn words(timing: &Timing, usage: Usage, model: Option<&str>) -> String {
    let mut parts = vec![format!("answered in {} ms", timing.latency_ms)];
    parts.extend(
        timing
            .ttft_ms
            .map(|ms| format!("first token after {ms} ms")),
    );
    parts.extend(
        timing
            .connect_ms
            .map(|ms| format!("{ms} ms of them for the connection")),
    );
    if timing.tries > 1 {
        parts.push(format!("sent {} times", timing.tries));
    }
    match (usage.input_tokens, usage.output_tokens) {
        (Some(input), Some(output)) => parts.push(format!("{input} tokens read, {output} written")),
        _ => parts.push("tokens not told".to_owned()),
    }
    parts.extend(model.map(|model| format!("model {}", visible_line(model))));
    parts.join(", ")
}

fn model(
    client: &Client,
    model: Option<&str>,
    runtime: &Runtime,
    subject: &str,
    results: &mut CheckResults,
) {
    let found = runtime.block_on(look_at_model(client, model));
    let context = found
        .context_tokens
        .map(|tokens| format!("{tokens} tokens"));
    let owner = found.owner.map(|owner| format!(", listed by {owner}"));
    results.ok(
        subject,
        "context",
        format!(
            "{}{}",
            context.unwrap_or_else(|| "size not told".to_owned()),
            owner.unwrap_or_default()
        ),
    );
}

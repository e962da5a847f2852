//! Copilots: what their keys mean, and mistakes in them.

use std::path::Path;

use groundgate_endpoints::{chat::MaxTokensField, copilot::StreamEnd};
use groundgate_model::unit::Usd;

use super::{super::CopilotKind, http, open_ai, read_copilot, refuses_copilot};
use crate::demo::Variant;

#[test]
fn mistakes_in_the_newer_kinds_are_named() {
    refuses_copilot(
        "kind = 'anthropic'\nmodel = 'm'",
        "7:1: key `auth` is missing",
    );
    refuses_copilot(
        "kind = 'bedrock'\nmodel = 'm'\nregion = 'EU west'\nauth = { env = 'A' }",
        "11:10: `region` is not the name of a region",
    );
    refuses_copilot(
        "kind = 'databricks'\nendpoint = 'a/b'",
        "10:12: `endpoint` cannot stand in a URL",
    );
    refuses_copilot(
        "kind = 'mlflow'\nbase-url = 'http://h'",
        "7:1: key `form` is missing",
    );
    refuses_copilot(
        "kind = 'mlflow'\nbase-url = 'http://h'\nbody = '{}'",
        "7:1: key `answer` is missing",
    );
    refuses_copilot(
        "kind = 'command'\ncommand = []",
        "10:11: `command` is empty",
    );
    refuses_copilot(
        &open_ai("auth = { profile = 'ci' }"),
        "12:20: `profile` is a profile of Databricks, and this is another provider",
    );
    refuses_copilot(
        &open_ai("auth = { env = 'A', lifetime-s = 3 }"),
        "12:34: `lifetime-s` means nothing beside `env`",
    );
    refuses_copilot(
        &open_ai("auth = { client-secret = { env = 'A' }, client-id = 'i' }"),
        "12:8: key `token-url` is missing",
    );
    refuses_copilot(
        &open_ai("history = 'own'"),
        "12:11: unknown `history` `own`",
    );
}

#[test]
fn a_chat_copilot_is_read() {
    let keys = open_ai(
        "stream = true\nsystem-prompt = 'be brief'\nmax-output-tokens = 300\ntemperature = 0.2\nseed = 7\n\
         max-tokens-field = 'max_completion_tokens'\n\
         passages = { path = '$.passages', id = '$.id', text = '$.text', source = '$.url' }\n\
         price = { input-usd-per-million = 0.5, output-usd-per-million = 0 }\n",
    );
    let CopilotKind::OpenAi { endpoint, settings } = read_copilot(&keys).unwrap() else {
        panic!("{keys}");
    };
    assert_eq!(endpoint.base_url(), "https://host/v1");
    assert_eq!(settings.model.model.as_deref(), Some("m"));
    assert!(settings.model.stream);
    assert_eq!(
        settings.model.max_tokens_field,
        MaxTokensField::MaxCompletionTokens
    );
    assert_eq!(settings.system_prompt.as_deref(), Some("be brief"));
    assert_eq!(settings.max_output_tokens, 300);
    assert_eq!((settings.temperature, settings.seed), (Some(0.2), Some(7)));
    assert!(settings.passages.is_some());
    let price = settings.model.price.unwrap();
    assert_eq!(Some(price.input_usd_per_million), Usd::from_dollars(0.5));
    assert_eq!(price.output_usd_per_million, Usd::ZERO);
}

#[test]
fn an_http_copilot_is_read() {
    let keys = http(
        "usage = { input = '$.u.in', output = '$.u.out' }\nmodel-path = '$.m'\nfinish-reason-path = '$.f'\n\
         framing = 'events'\nstream-end = '$.done'\n",
    );
    let CopilotKind::Http { endpoint, settings } = read_copilot(&keys).unwrap() else {
        panic!("{keys}");
    };
    assert_eq!(endpoint.base_url(), "https://host/ask");
    assert_eq!(settings.answer, "$.a");
    assert_eq!(settings.input_tokens.as_deref(), Some("$.u.in"));
    assert_eq!(settings.output_tokens.as_deref(), Some("$.u.out"));
    assert_eq!(settings.stream_end, StreamEnd::At("$.done".to_owned()));
    assert_eq!(settings.max_output_tokens, 1024);
    assert!(settings.passages.is_none() && settings.price.is_none());
}

#[test]
fn the_other_kinds_are_read() {
    assert!(matches!(
        read_copilot("kind = 'demo'\nvariant = 'stale-numbers'"),
        Ok(CopilotKind::Demo {
            variant: Variant::StaleNumbers
        })
    ));
    assert!(matches!(
        read_copilot("kind = 'recorded'\nfile = 'a.jsonl'"),
        Ok(CopilotKind::Recorded { file }) if file == Path::new("a.jsonl")
    ));
}

#[test]
fn mistakes_in_a_copilot_are_named() {
    refuses_copilot("", "7:1: key `kind` is missing");
    refuses_copilot("kind = 'opena'", "9:8: unknown `kind` `opena`");
    refuses_copilot(
        "kind = 'demo'\nvariant = 'best'",
        "10:11: unknown `variant` `best`",
    );
    refuses_copilot(
        "kind = 'demo'\nvariant = 'good'\nmodel = 'm'",
        "11:1: unknown key `model`",
    );
    refuses_copilot("kind = 'recorded'", "7:1: key `file` is missing");
    refuses_copilot(
        "kind = 'openai'\nmodel = 'm'",
        "7:1: key `base-url` is missing",
    );
    refuses_copilot(
        &open_ai("temperature = 3"),
        "12:15: `temperature` is 3 and not from 0 to 2",
    );
    refuses_copilot(
        &open_ai("stream = 'yes'"),
        "12:10: `stream` is a string and not `true` or `false`",
    );
    refuses_copilot(
        &open_ai("passages = { path = '$.p' }"),
        "12:12: key `text` is missing",
    );
    refuses_copilot(
        &open_ai("price = { input-usd-per-million = -1, output-usd-per-million = 1 }"),
        "12:35: `input-usd-per-million` is -1 and not a price",
    );
    refuses_copilot(
        &open_ai("timeouts = { idle-s = 0 }"),
        "12:23: `idle-s` is 0 and not from 1 to 3600",
    );
    refuses_copilot(
        &open_ai("limits = { in-flight = 0 }"),
        "12:24: `in-flight` is 0 and not from 1 to 1024",
    );
    refuses_copilot(
        &open_ai("retries = { resend = 'always' }"),
        "12:22: unknown `resend` `always`",
    );
    let found = read_copilot(&http("usage = { input = 'u.in' }")).unwrap_err();
    assert!(
        found.starts_with("x.toml:13:19: `input` is not a JSONPath: "),
        "{found}"
    );
    let found = read_copilot(&http("").replace("{\"q\"", "{q")).unwrap_err();
    assert!(
        found.starts_with("x.toml:11:8: `body` is not JSON: "),
        "{found}"
    );
}

//! One `[[copilot]]`: its kind decides which keys it has.

use std::path::Path;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::{
    endpoint,
    file::{ranged, relative},
    judge::open_ai,
    settings::CopilotKind,
};
use crate::{
    chat::Price,
    copilot::{ChatCopilotSettings, HttpCopilotSettings, PassagePaths, StreamEnd},
    demo::Variant,
    toml_reader::Table,
    transport::Framing,
    unit::Usd,
};

/// Tokens that an answer can have where the file does not say.
const MAX_OUTPUT_TOKENS: u64 = 1024;

#[derive(Debug, Clone, Copy)]
enum Kind {
    OpenAi,
    Http,
    Recorded,
    Demo,
}

const KINDS: [(&str, Kind); 4] = [
    ("openai", Kind::OpenAi),
    ("http", Kind::Http),
    ("recorded", Kind::Recorded),
    ("demo", Kind::Demo),
];

/// Reads how a copilot is asked.
pub(super) fn read(table: Table<'_, '_>, folder: &Path, concurrency: usize) -> Option<CopilotKind> {
    table.needs(&["kind"]);
    match table.choice("kind", &KINDS)? {
        Kind::OpenAi => chat(table, folder, concurrency),
        Kind::Http => http(table, folder, concurrency),
        Kind::Recorded => {
            table.only(&["name", "kind", "file"]);
            table.needs(&["file"]);
            let file = relative(folder, table.text("file")?);
            Some(CopilotKind::Recorded { file })
        }
        Kind::Demo => {
            table.only(&["name", "kind", "variant"]);
            table.needs(&["variant"]);
            let variants = Variant::ALL.map(|variant| (variant.name(), variant));
            let variant = table.choice("variant", &variants)?;
            Some(CopilotKind::Demo { variant })
        }
    }
}

fn chat(table: Table<'_, '_>, folder: &Path, concurrency: usize) -> Option<CopilotKind> {
    let keys = [
        "name",
        "kind",
        "base-url",
        "model",
        "stream",
        "system-prompt",
        "max-output-tokens",
        "max-tokens-field",
        "temperature",
        "seed",
        "passages",
        "price",
    ];
    table.only(&[&keys[..], &endpoint::KEYS[..]].concat());
    table.needs(&["base-url"]);
    let endpoint = endpoint::read(table, "base-url", folder, concurrency);
    let model = open_ai(table);
    let passages = passages(table);
    let max_output_tokens = max_output_tokens(table);
    let temperature = temperature(table);
    Some(CopilotKind::OpenAi {
        endpoint: Box::new(endpoint?),
        settings: Box::new(ChatCopilotSettings {
            model: model?,
            system_prompt: table.text("system-prompt").map(str::to_owned),
            max_output_tokens: max_output_tokens?,
            temperature,
            seed: table.count("seed"),
            passages: passages?,
        }),
    })
}

fn temperature(table: Table<'_, '_>) -> Option<f64> {
    let temperature = table.number("temperature")?;
    if !(0.0..=2.0).contains(&temperature) {
        table.report(
            "temperature",
            format!("`temperature` is {temperature} and not from 0 to 2"),
        );
    }
    Some(temperature)
}

fn http(table: Table<'_, '_>, folder: &Path, concurrency: usize) -> Option<CopilotKind> {
    let keys = [
        "name",
        "kind",
        "url",
        "body",
        "answer",
        "passages",
        "usage",
        "model-path",
        "finish-reason-path",
        "framing",
        "stream-end",
        "max-output-tokens",
        "price",
    ];
    table.only(&[&keys[..], &endpoint::KEYS[..]].concat());
    table.needs(&["url", "body", "answer"]);
    let endpoint = endpoint::read(table, "url", folder, concurrency);
    let framings = [
        ("json", Framing::Json),
        ("events", Framing::Events),
        ("lines", Framing::Lines),
    ];
    let body = body(table);
    let answer = path(table, "answer");
    let passages = passages(table);
    let price = price(table);
    let max_output_tokens = max_output_tokens(table);
    let (input_tokens, output_tokens) = usage(table);
    let model = path(table, "model-path");
    let finish_reason = path(table, "finish-reason-path");
    let framing = table.choice("framing", &framings);
    let stream_end = stream_end(table);
    Some(CopilotKind::Http {
        endpoint: Box::new(endpoint?),
        settings: Box::new(HttpCopilotSettings {
            path: String::new(),
            body: body?,
            answer: answer?,
            passages: passages?,
            input_tokens,
            output_tokens,
            model,
            finish_reason,
            framing,
            stream_end: stream_end?,
            price: price?,
            max_output_tokens: max_output_tokens?,
        }),
    })
}

/// JSON with a place for the question; the adapter checks the places one by one.
fn body(table: Table<'_, '_>) -> Option<String> {
    let body = table.text("body")?;
    if let Err(error) = serde_json::from_str::<Value>(body) {
        table.report_with_help(
            "body",
            format!("`body` is not JSON: {error}"),
            "places stand in quotes, and what is filled in is escaped: {\"query\": \"{{question}}\"}",
        );
        return None;
    }
    Some(body.to_owned())
}

fn usage(table: Table<'_, '_>) -> (Option<String>, Option<String>) {
    match table.table("usage") {
        None => (None, None),
        Some(usage) => {
            usage.only(&["input", "output"]);
            (path(usage, "input"), path(usage, "output"))
        }
    }
}

fn stream_end(table: Table<'_, '_>) -> Option<StreamEnd> {
    if !table.has("stream-end") {
        return Some(StreamEnd::Done);
    }
    match table.text("stream-end")? {
        "done" => Some(StreamEnd::Done),
        "close" => Some(StreamEnd::Close),
        _ => path(table, "stream-end").map(StreamEnd::At),
    }
}

/// A JSONPath.
fn path(table: Table<'_, '_>, key: &str) -> Option<String> {
    let written = table.text(key)?;
    if let Err(error) = JsonPath::parse(written) {
        table.report_with_help(
            key,
            format!("`{key}` is not a JSONPath: {error}"),
            "a path begins with `$`: $.reply.text",
        );
        return None;
    }
    Some(written.to_owned())
}

#[expect(
    clippy::option_option,
    reason = "the outer one says that something was wrong, the inner one that the key is absent"
)]
fn passages(table: Table<'_, '_>) -> Option<Option<PassagePaths>> {
    if !table.has("passages") {
        return Some(None);
    }
    let written = table.table("passages")?;
    written.only(&["path", "text", "id", "source"]);
    written.needs(&["path", "text"]);
    let [list, text, id, source] = ["path", "text", "id", "source"].map(|key| path(written, key));
    match PassagePaths::new(&list?, &text?, id.as_deref(), source.as_deref()) {
        Ok(paths) => Some(Some(paths)),
        Err(error) => {
            table.report("passages", error.to_string());
            None
        }
    }
}

/// The price, if there is one.
#[expect(
    clippy::option_option,
    reason = "the outer one says that something was wrong, the inner one that the key is absent"
)]
pub(super) fn price(table: Table<'_, '_>) -> Option<Option<Price>> {
    if !table.has("price") {
        return Some(None);
    }
    let written = table.table("price")?;
    let keys = ["input-usd-per-million", "output-usd-per-million"];
    written.only(&keys);
    written.needs(&keys);
    let [input, output] = keys.map(|key| {
        let number = written.number(key)?;
        let amount = Usd::from_dollars(number);
        if amount.is_none() {
            written.report(key, format!("`{key}` is {number} and not a price"));
        }
        amount
    });
    Some(Some(Price {
        input_usd_per_million: input?,
        output_usd_per_million: output?,
    }))
}

fn max_output_tokens(table: Table<'_, '_>) -> Option<u32> {
    if !table.has("max-output-tokens") {
        return u32::try_from(MAX_OUTPUT_TOKENS).ok();
    }
    let tokens = ranged(&table, "max-output-tokens", 1..=1_000_000)?;
    u32::try_from(tokens).ok()
}

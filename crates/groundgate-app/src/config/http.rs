//! Any endpoint that takes and gives JSON, as written: a body with places, and paths into the reply.

use std::path::Path;

use groundgate_endpoints::{
    copilot::{HttpCopilotSettings, StreamEnd},
    transport::Framing,
};
use groundgate_model::toml_reader::Table;
use serde_json::Value;

use super::{
    endpoint::{self, Provider},
    parts::{max_output_tokens, passages, path},
    price::price,
    settings::CopilotKind,
};

/// The keys besides the endpoint's.
pub(super) const KEYS: [&str; 15] = [
    "name",
    "kind",
    "boilerplate",
    "history",
    "served-model",
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

/// Reads `kind = "http"`.
pub(super) fn read(table: Table<'_, '_>, folder: &Path, concurrency: usize) -> Option<CopilotKind> {
    table.only(&[&KEYS[..], &endpoint::KEYS[..], &["url"]].concat());
    table.needs_with_help(
        "url",
        "where questions are sent: url = \"https://host/ask\"",
    );
    let endpoint = endpoint::read(table, Provider::anywhere("url"), folder, concurrency);
    let settings = settings(table);
    Some(CopilotKind::Http {
        endpoint: Box::new(endpoint?),
        settings: Box::new(settings?),
    })
}

/// Reads what is sent and where the answer is.
pub(super) fn settings(table: Table<'_, '_>) -> Option<HttpCopilotSettings> {
    table.needs_with_help(
        "body",
        "JSON with a place for the question: body = '{\"query\": \"{{question}}\"}'",
    );
    table.needs_with_help(
        "answer",
        "a JSONPath to the answer: answer = \"$.reply.text\"",
    );
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
    Some(HttpCopilotSettings {
        path: String::new(),
        body: body?,
        answer: answer?,
        passages,
        input_tokens,
        output_tokens,
        model,
        finish_reason,
        framing,
        stream_end: stream_end?,
        price,
        max_output_tokens: max_output_tokens?,
    })
}

/// JSON with a place for the question; the adapter checks the places one by one.
pub(super) fn body(table: Table<'_, '_>) -> Option<String> {
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

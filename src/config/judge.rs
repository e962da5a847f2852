//! One `[[judge]]`.

use std::path::Path;

use super::{
    copilot::price,
    endpoint,
    file::{ranged, relative},
    settings::{JudgeConfig, JudgeEndpoint, SpecSource},
};
use crate::{
    chat::{MaxTokensField, OpenAiSettings, Structured},
    toml_reader::Table,
};

/// What the embedded judge's spec is called.
const EMBEDDED: &str = "embedded";

/// Reads a judge; its name was read already.
pub(super) fn read(
    table: Table<'_, '_>,
    name: Option<String>,
    folder: &Path,
    concurrency: usize,
    bundled: &[&str],
) -> Option<JudgeConfig> {
    table.only(&["name", "spec", "endpoint", "votes"]);
    table.needs(&["spec"]);
    let votes = ranged(&table, "votes", 1..=25).and_then(|votes| u32::try_from(votes).ok());
    let spec = spec(table, folder, bundled);
    let model = table
        .table("endpoint")
        .map(|endpoint| model(endpoint, folder, concurrency));
    let spec = spec?;
    let embedded = spec == SpecSource::Embedded;
    for key in ["endpoint", "votes"].into_iter().filter(|_| embedded) {
        if table.has(key) {
            table.report(
                key,
                format!("the embedded judge asks nobody and takes no `{key}`"),
            );
        }
    }
    if !embedded && !table.has("endpoint") {
        table.needs(&["endpoint"]);
        return None;
    }
    Some(JudgeConfig {
        name: name?,
        spec,
        endpoint: match model {
            Some(model) => Some(model?),
            None => None,
        },
        votes,
    })
}

fn spec(table: Table<'_, '_>, folder: &Path, bundled: &[&str]) -> Option<SpecSource> {
    let spec = table.text("spec")?;
    let is_file = Path::new(spec)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    if is_file {
        return Some(SpecSource::File(relative(folder, spec)));
    }
    if spec == EMBEDDED {
        return Some(SpecSource::Embedded);
    }
    if bundled.contains(&spec) {
        return Some(SpecSource::Bundled(spec.to_owned()));
    }
    let known = bundled.iter().copied().chain([EMBEDDED]);
    let at = table.at_value("spec");
    table
        .document()
        .report_unknown(at, "judge spec", spec, known);
    None
}

fn model(table: Table<'_, '_>, folder: &Path, concurrency: usize) -> Option<JudgeEndpoint> {
    let keys = [
        "base-url",
        "model",
        "stream",
        "price",
        "structured",
        "max-tokens-field",
        "send-temperature",
        "send-seed",
    ];
    table.only(&[&keys[..], &endpoint::KEYS[..]].concat());
    table.needs(&["base-url", "model"]);
    let endpoint = endpoint::read(table, "base-url", folder, concurrency);
    let settings = open_ai(table);
    Some(JudgeEndpoint {
        endpoint: endpoint?,
        settings: settings?,
    })
}

/// The settings of a model behind chat completions.
pub(super) fn open_ai(table: Table<'_, '_>) -> Option<OpenAiSettings> {
    let structured = [
        ("json-schema", Structured::JsonSchema),
        ("json-object", Structured::JsonObject),
        ("none", Structured::None),
    ];
    let field = [
        ("max_tokens", MaxTokensField::MaxTokens),
        ("max_completion_tokens", MaxTokensField::MaxCompletionTokens),
    ];
    let price = price(table);
    let mut settings = OpenAiSettings::for_model("");
    settings.model = table.text("model").map(str::to_owned);
    settings.stream = table.flag("stream").unwrap_or(settings.stream);
    settings.structured = table
        .choice("structured", &structured)
        .unwrap_or(settings.structured);
    settings.max_tokens_field = table
        .choice("max-tokens-field", &field)
        .unwrap_or(settings.max_tokens_field);
    settings.send_temperature = table
        .flag("send-temperature")
        .unwrap_or(settings.send_temperature);
    settings.send_seed = table.flag("send-seed").unwrap_or(settings.send_seed);
    settings.price = price?;
    Some(settings)
}

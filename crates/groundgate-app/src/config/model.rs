//! A language model as written: which provider's API it speaks, and what is sent with every call.
//!
//! Judges and copilots share this. Servers that speak OpenAI's chat completions differ in what they
//! take; each has its kind, so that nobody has to know how.

use std::path::Path;

use groundgate_endpoints::chat::{
    ANTHROPIC_VERSION, AnthropicSettings, AnthropicStructured, BedrockSettings, MaxTokensField,
    OpenAiSettings, Price, Structured,
};
use groundgate_model::toml_reader::Table;

use super::{
    auth::AuthStyle,
    endpoint::{self, EndpointConfig, Provider},
    price::price,
};

/// A provider's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelKind {
    OpenAi,
    Azure,
    Responses,
    Anthropic,
    Bedrock,
    Gemini,
    Vllm,
    Ollama,
    LlamaCpp,
    /// Foundation models on Databricks Model Serving, as judges.
    Databricks,
}

/// The kinds by name; a judge's endpoint is `openai` where the file does not say.
pub(super) const KINDS: [(&str, ModelKind); 10] = [
    ("openai", ModelKind::OpenAi),
    ("azure-openai", ModelKind::Azure),
    ("responses", ModelKind::Responses),
    ("anthropic", ModelKind::Anthropic),
    ("bedrock", ModelKind::Bedrock),
    ("gemini", ModelKind::Gemini),
    ("vllm", ModelKind::Vllm),
    ("ollama", ModelKind::Ollama),
    ("llama-cpp", ModelKind::LlamaCpp),
    ("databricks", ModelKind::Databricks),
];

/// A model's API with what is sent beside the conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelApi {
    /// Chat completions, OpenAI's or anybody's.
    Chat(OpenAiSettings),
    /// OpenAI's Responses.
    Responses(OpenAiSettings),
    /// Anthropic's Messages.
    Anthropic(AnthropicSettings),
    /// Bedrock's Converse.
    Bedrock(BedrockSettings),
}

impl ModelApi {
    /// The price that the configuration says.
    pub fn price(&self) -> Option<Price> {
        match self {
            Self::Chat(settings) | Self::Responses(settings) => settings.price,
            Self::Anthropic(settings) => settings.price,
            Self::Bedrock(settings) => settings.price,
        }
    }

    /// The model's name, where the settings say it.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Chat(settings) | Self::Responses(settings) => settings.model.as_deref(),
            Self::Anthropic(settings) => Some(&settings.model),
            Self::Bedrock(settings) => Some(&settings.model),
        }
    }
}

/// Who reads the keys: a judge has more to say about its model than a copilot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Copilot,
    Judge,
}

/// Keys of copilots that are models, besides those of the kind.
const COPILOT_KEYS: [&str; 11] = [
    "name",
    "kind",
    "boilerplate",
    "history",
    "served-model",
    "system-prompt",
    "max-output-tokens",
    "temperature",
    "seed",
    "passages",
    "price",
];

impl ModelKind {
    const fn provider(self) -> Provider {
        let (url, auth, key_variable) = match self {
            Self::OpenAi | Self::Responses => (None, AuthStyle::Bearer, None),
            Self::Azure => (None, AuthStyle::Header("api-key"), None),
            Self::Anthropic => (
                Some("https://api.anthropic.com/v1"),
                AuthStyle::Header("x-api-key"),
                Some("ANTHROPIC_API_KEY"),
            ),
            // The region says it; see `bedrock_url`.
            Self::Bedrock => (None, AuthStyle::Bearer, Some("AWS_BEARER_TOKEN_BEDROCK")),
            Self::Gemini => (
                Some("https://generativelanguage.googleapis.com/v1beta/openai"),
                AuthStyle::Bearer,
                Some("GEMINI_API_KEY"),
            ),
            Self::Vllm => (Some("http://127.0.0.1:8000/v1"), AuthStyle::Bearer, None),
            Self::Ollama => (Some("http://127.0.0.1:11434/v1"), AuthStyle::Bearer, None),
            Self::LlamaCpp => (Some("http://127.0.0.1:8080/v1"), AuthStyle::Bearer, None),
            Self::Databricks => (None, AuthStyle::Databricks, None),
        };
        Provider {
            url_key: if matches!(self, Self::Databricks) {
                "host"
            } else {
                "base-url"
            },
            url,
            auth,
            key_variable,
        }
    }

    /// The keys that this kind has besides everybody's.
    fn keys(self, reader: Reader) -> Vec<&'static str> {
        let mut keys: Vec<&str> = match self {
            Self::OpenAi | Self::Gemini | Self::Vllm | Self::Ollama | Self::LlamaCpp => {
                vec!["base-url", "model", "stream", "max-tokens-field"]
            }
            Self::Azure => vec![
                "base-url",
                "deployment",
                "api-version",
                "model",
                "stream",
                "max-tokens-field",
            ],
            Self::Responses => vec!["base-url", "model", "stream"],
            Self::Anthropic => vec!["base-url", "model", "stream", "send-temperature"],
            Self::Bedrock => vec!["base-url", "region", "model"],
            Self::Databricks => vec!["host", "endpoint", "stream", "max-tokens-field"],
        };
        match reader {
            Reader::Copilot => keys.extend(COPILOT_KEYS),
            Reader::Judge => keys.extend(["kind", "price", "structured", "send-temperature"]),
        }
        if reader == Reader::Judge && self.is_chat() {
            keys.push("send-seed");
        }
        keys.extend(endpoint::KEYS);
        keys
    }

    /// Whether it speaks chat completions.
    const fn is_chat(self) -> bool {
        !matches!(self, Self::Responses | Self::Anthropic | Self::Bedrock)
    }
}

/// Reads where a model is and what is sent to it.
pub(super) fn read(
    table: Table<'_, '_>,
    kind: ModelKind,
    reader: Reader,
    folder: &Path,
    concurrency: usize,
) -> Option<(EndpointConfig, ModelApi)> {
    table.only(&kind.keys(reader));
    let api = api(table, kind, reader);
    let endpoint = place(table, kind, folder, concurrency);
    let endpoint = endpoint?;
    let endpoint = if kind == ModelKind::Anthropic {
        endpoint.with_header(ANTHROPIC_VERSION.0, ANTHROPIC_VERSION.1)
    } else {
        endpoint
    };
    Some((endpoint, api?))
}

fn place(
    table: Table<'_, '_>,
    kind: ModelKind,
    folder: &Path,
    concurrency: usize,
) -> Option<EndpointConfig> {
    let provider = kind.provider();
    match kind {
        ModelKind::Bedrock if !table.has("base-url") => {
            table.needs_with_help("region", "the region of the model: region = \"eu-west-1\"");
            let region = table.text("region")?;
            let plain =
                |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
            if !region.chars().all(plain) {
                table.report_with_help(
                    "region",
                    "`region` is not the name of a region",
                    "as AWS writes it: region = \"eu-west-1\"",
                );
                return None;
            }
            let url = format!("https://bedrock-runtime.{region}.amazonaws.com");
            endpoint::read_at(table, &url, provider, folder, concurrency)
        }
        ModelKind::Azure => azure(table, provider, folder, concurrency),
        ModelKind::Databricks => endpoint::read(table, provider, folder, concurrency)
            .map(|endpoint| endpoint.below("serving-endpoints")),
        ModelKind::OpenAi | ModelKind::Responses => {
            let help = "calls go to <base-url>/chat/completions or /responses: base-url = \"https://api.openai.com/v1\"";
            table.needs_with_help("base-url", help);
            endpoint::read(table, provider, folder, concurrency)
        }
        ModelKind::Anthropic
        | ModelKind::Bedrock
        | ModelKind::Gemini
        | ModelKind::Vllm
        | ModelKind::Ollama
        | ModelKind::LlamaCpp => endpoint::read(table, provider, folder, concurrency),
    }
}

/// A resource with a deployment and a version of the API, or, without a version, its `v1` API.
fn azure(
    table: Table<'_, '_>,
    provider: Provider,
    folder: &Path,
    concurrency: usize,
) -> Option<EndpointConfig> {
    table.needs_with_help(
        "base-url",
        "the resource's URL: base-url = \"https://NAME.openai.azure.com\"",
    );
    table.needs_with_help("deployment", "the deployment's name: deployment = \"…\"");
    table.needs_with_help("auth", "auth = { env = \"AZURE_OPENAI_API_KEY\" }");
    let endpoint = endpoint::read(table, provider, folder, concurrency)?;
    let deployment = segment(table, "deployment")?;
    if !table.has("api-version") {
        return Some(endpoint.below("openai/v1"));
    }
    let version = segment(table, "api-version")?;
    Some(endpoint.below(format!(
        "openai/deployments/{deployment}?api-version={version}"
    )))
}

/// A word that can stand in a URL's path.
pub(super) fn segment<'d>(table: Table<'d, '_>, key: &str) -> Option<&'d str> {
    let text = table.text(key)?;
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    if !text.chars().all(plain) || text.starts_with('.') {
        table.report_with_help(
            key,
            format!("`{key}` cannot stand in a URL"),
            "names have letters, digits, `-`, `_` and `.`",
        );
        return None;
    }
    Some(text)
}

fn api(table: Table<'_, '_>, kind: ModelKind, reader: Reader) -> Option<ModelApi> {
    let price = price(table);
    match kind {
        ModelKind::Anthropic => {
            let structured = [
                ("tool", AnthropicStructured::Tool),
                ("output-config", AnthropicStructured::OutputConfig),
                ("none", AnthropicStructured::None),
            ];
            let structured = table.choice("structured", &structured);
            Some(ModelApi::Anthropic(AnthropicSettings {
                model: named(table, "claude-…")?,
                structured: structured.unwrap_or(AnthropicStructured::Tool),
                send_temperature: table.flag("send-temperature").unwrap_or(false),
                stream: table.flag("stream").unwrap_or(false),
                price,
            }))
        }
        ModelKind::Bedrock => {
            let structured = table.choice("structured", &[("tool", true), ("none", false)]);
            Some(ModelApi::Bedrock(BedrockSettings {
                model: named(table, "the id of a model or an inference profile")?,
                structured: structured.unwrap_or(true),
                send_temperature: table.flag("send-temperature").unwrap_or(true),
                price,
            }))
        }
        ModelKind::Responses => {
            let mut settings = open_ai(table, kind);
            settings.model = Some(named(table, "gpt-…")?);
            settings.price = price;
            Some(ModelApi::Responses(settings))
        }
        ModelKind::OpenAi
        | ModelKind::Azure
        | ModelKind::Gemini
        | ModelKind::Vllm
        | ModelKind::Ollama
        | ModelKind::LlamaCpp
        | ModelKind::Databricks => chat(table, kind, reader, price),
    }
}

fn chat(
    table: Table<'_, '_>,
    kind: ModelKind,
    reader: Reader,
    price: Option<Price>,
) -> Option<ModelApi> {
    let mut settings = open_ai(table, kind);
    settings.model = match kind {
        ModelKind::Azure => table.text("model").or_else(|| table.text("deployment")),
        ModelKind::Databricks => {
            table.needs_with_help("endpoint", "the serving endpoint's name: endpoint = \"…\"");
            segment(table, "endpoint")
        }
        ModelKind::OpenAi
        | ModelKind::Responses
        | ModelKind::Anthropic
        | ModelKind::Bedrock
        | ModelKind::Gemini
        | ModelKind::Vllm
        | ModelKind::Ollama
        | ModelKind::LlamaCpp => table.text("model"),
    }
    .map(str::to_owned);
    // A copilot behind chat completions may be a service that needs no model's name.
    let may_be_nameless = reader == Reader::Copilot && kind == ModelKind::OpenAi
        || matches!(
            kind,
            ModelKind::LlamaCpp | ModelKind::Azure | ModelKind::Databricks
        );
    if !may_be_nameless {
        named(table, "the model's name as the server knows it")?;
    }
    settings.price = price;
    Some(ModelApi::Chat(settings))
}

fn named(table: Table<'_, '_>, example: &str) -> Option<String> {
    table.needs_with_help(
        "model",
        format!("which model is to reply: model = \"{example}\""),
    );
    table.text("model").map(str::to_owned)
}

/// The settings of a model behind one of OpenAI's two APIs, as most servers of the kind take them.
fn open_ai(table: Table<'_, '_>, kind: ModelKind) -> OpenAiSettings {
    let structured = [
        ("json-schema", Structured::JsonSchema),
        ("json-object", Structured::JsonObject),
        ("none", Structured::None),
    ];
    let field = [
        ("max_tokens", MaxTokensField::MaxTokens),
        ("max_completion_tokens", MaxTokensField::MaxCompletionTokens),
    ];
    let mut settings = OpenAiSettings::for_model("");
    // Neither takes seeds.
    settings.send_seed = !matches!(kind, ModelKind::Gemini | ModelKind::Databricks);
    settings.may_cut_prompts = kind == ModelKind::Ollama;
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
    settings
}

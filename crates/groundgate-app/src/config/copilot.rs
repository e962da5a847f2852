//! One `[[copilot]]`: its kind decides which keys it has.

use std::{path::Path, time::Duration};

use groundgate_endpoints::copilot::{
    ChatCopilotSettings, CommandOutput, CommandSettings, ModelCopilotSettings,
};
use groundgate_model::toml_reader::Table;

use super::{
    agent, http, limits,
    model::{self, ModelApi, ModelKind, Reader},
    parts::{max_output_tokens, passages, temperature},
    read::{ranged, relative},
    retriever,
    settings::{CopilotKind, History, ServedModel},
};
use crate::demo::Variant;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Databricks,
    Mlflow,
    Model(ModelKind),
    Http,
    VectorSearch,
    Retriever,
    Command,
    Recorded,
    Demo,
}

const KINDS: [(&str, Kind); 17] = [
    ("databricks", Kind::Databricks),
    ("mlflow", Kind::Mlflow),
    ("openai", Kind::Model(ModelKind::OpenAi)),
    ("azure-openai", Kind::Model(ModelKind::Azure)),
    ("responses", Kind::Model(ModelKind::Responses)),
    ("anthropic", Kind::Model(ModelKind::Anthropic)),
    ("bedrock", Kind::Model(ModelKind::Bedrock)),
    ("gemini", Kind::Model(ModelKind::Gemini)),
    ("vllm", Kind::Model(ModelKind::Vllm)),
    ("ollama", Kind::Model(ModelKind::Ollama)),
    ("llama-cpp", Kind::Model(ModelKind::LlamaCpp)),
    ("http", Kind::Http),
    ("databricks-vector-search", Kind::VectorSearch),
    ("retriever", Kind::Retriever),
    ("command", Kind::Command),
    ("recorded", Kind::Recorded),
    ("demo", Kind::Demo),
];

/// Reads how a copilot is asked.
pub(super) fn read(table: Table<'_, '_>, folder: &Path, concurrency: usize) -> Option<CopilotKind> {
    let kinds: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    table.needs_with_help("kind", format!("one of {}", kinds.join(", ")));
    match table.choice("kind", &KINDS)? {
        Kind::Databricks => agent::databricks(table, folder, concurrency),
        Kind::Mlflow => agent::mlflow(table, folder, concurrency),
        Kind::Model(kind) => model_copilot(table, kind, folder, concurrency),
        Kind::Http => http::read(table, folder, concurrency),
        Kind::VectorSearch => retriever::vector_search(table, folder, concurrency),
        Kind::Retriever => retriever::over_http(table, folder, concurrency),
        Kind::Command => command(table, concurrency),
        Kind::Recorded => {
            table.only(&["name", "kind", "boilerplate", "file"]);
            table.needs_with_help("file", "JSON Lines of answers: file = \"answers.jsonl\"");
            let file = relative(folder, table.text("file")?);
            Some(CopilotKind::Recorded { file })
        }
        Kind::Demo => {
            table.only(&["name", "kind", "boilerplate", "variant"]);
            table.needs(&["variant"]);
            let variants = Variant::ALL.map(|variant| (variant.name(), variant));
            let variant = table.choice("variant", &variants)?;
            Some(CopilotKind::Demo { variant })
        }
    }
}

/// How the earlier turns of a conversation reach the copilot.
pub(super) fn history(table: Table<'_, '_>) -> History {
    let choices = [
        ("as-written", History::AsWritten),
        ("turn-by-turn", History::TurnByTurn),
    ];
    let chosen = table
        .has("history")
        .then(|| table.choice("history", &choices));
    chosen.flatten().unwrap_or(History::AsWritten)
}

/// Which model may answer.
pub(super) fn served_model(table: Table<'_, '_>) -> ServedModel {
    let written = table
        .has("served-model")
        .then(|| table.text("served-model"));
    match written.flatten() {
        None | Some("same") => ServedModel::Same,
        Some("any") => ServedModel::Any,
        Some(name) => ServedModel::Named(name.to_owned()),
    }
}

fn model_copilot(
    table: Table<'_, '_>,
    kind: ModelKind,
    folder: &Path,
    concurrency: usize,
) -> Option<CopilotKind> {
    let model = model::read(table, kind, Reader::Copilot, folder, concurrency);
    let passages = passages(table);
    let max_output_tokens = max_output_tokens(table);
    let temperature = temperature(table);
    let system_prompt = table.text("system-prompt").map(str::to_owned);
    let seed = table.count("seed");
    let (endpoint, api) = model?;
    let max_output_tokens = max_output_tokens?;
    let endpoint = Box::new(endpoint);
    Some(match api {
        ModelApi::Chat(model) => CopilotKind::OpenAi {
            endpoint,
            settings: Box::new(ChatCopilotSettings {
                model,
                system_prompt,
                max_output_tokens,
                temperature,
                seed,
                passages,
            }),
        },
        api @ (ModelApi::Responses(_) | ModelApi::Anthropic(_) | ModelApi::Bedrock(_)) => {
            CopilotKind::Model {
                endpoint,
                api: Box::new(api),
                settings: Box::new(ModelCopilotSettings {
                    system_prompt,
                    max_output_tokens,
                    temperature,
                    seed,
                    passages,
                }),
            }
        }
    })
}

fn command(table: Table<'_, '_>, concurrency: usize) -> Option<CopilotKind> {
    table.only(&[
        "name",
        "kind",
        "boilerplate",
        "history",
        "served-model",
        "command",
        "env",
        "output",
        "deadline-s",
        "largest-output-mib",
        "limits",
    ]);
    let help = "the program and its arguments: command = [\"python3\", \"copilot.py\"]";
    table.needs_with_help("command", help);
    let outputs = [("json", CommandOutput::Json), ("text", CommandOutput::Text)];
    let output = table.choice("output", &outputs);
    let limits = limits::limits(table, concurrency);
    let deadline = ranged(&table, "deadline-s", 1..=3600).unwrap_or(300);
    let largest = ranged(&table, "largest-output-mib", 1..=1024).unwrap_or(8);
    let inherits = if table.has("env") {
        table.texts("env")?
    } else {
        Vec::new()
    };
    let words = table.texts("command")?;
    let mut words = words.into_iter().map(|(word, _)| word.to_owned());
    let Some(program) = words.next() else {
        table.report_with_help("command", "`command` is empty", help);
        return None;
    };
    Some(CopilotKind::Command(CommandSettings {
        program,
        arguments: words.collect(),
        inherits: inherits
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect(),
        output: output.unwrap_or(CommandOutput::Json),
        limits: limits?,
        deadline: Duration::from_secs(deadline),
        largest_output: usize::try_from(largest << 20).ok()?,
    }))
}

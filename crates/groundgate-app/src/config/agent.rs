//! Copilots on Databricks Model Serving and behind MLflow's own server, as written.
//!
//! An agent needs no more than its place: its form is looked up or stated, and its passages are in
//! its trace. A custom model is asked by a body and read by paths, as any HTTP endpoint.

use std::{path::Path, time::Duration};

use groundgate_endpoints::copilot::{DatabricksForm, DatabricksSettings};
use groundgate_model::toml_reader::Table;

use super::{
    auth::AuthStyle,
    endpoint::{self, Provider},
    http,
    model::segment,
    parts::{max_output_tokens, passages, temperature},
    price::price,
    read::ranged,
    settings::{CopilotKind, DatabricksConfig},
};

/// How long an endpoint that sleeps is waited for where the file does not say.
const COLD_START: Duration = Duration::from_mins(15);

const FORMS: [(&str, DatabricksForm); 3] = [
    ("chat", DatabricksForm::Chat),
    ("chat-agent", DatabricksForm::ChatAgent),
    ("responses", DatabricksForm::Responses),
];

/// Keys of an agent, wherever it is served.
const AGENT_KEYS: [&str; 12] = [
    "name",
    "kind",
    "boilerplate",
    "history",
    "served-model",
    "form",
    "stream",
    "system-prompt",
    "max-output-tokens",
    "temperature",
    "passages",
    "price",
];

/// Reads `kind = "databricks"`.
pub(super) fn databricks(
    table: Table<'_, '_>,
    folder: &Path,
    concurrency: usize,
) -> Option<CopilotKind> {
    let provider = Provider {
        url_key: "host",
        url: None,
        auth: AuthStyle::Databricks,
        key_variable: None,
    };
    let own = ["host", "endpoint", "trace", "cold-start-s"];
    table.needs_with_help(
        "endpoint",
        "the serving endpoint's name: endpoint = \"support-copilot\"",
    );
    let name = segment(table, "endpoint");
    if table.has("body") {
        table.only(&[&http::KEYS[..], &endpoint::KEYS[..], &own[..2]].concat());
        let endpoint = endpoint::read(table, provider, folder, concurrency);
        let mut settings = http::settings(table)?;
        settings.path = format!("serving-endpoints/{}/invocations", name?);
        return Some(CopilotKind::Http {
            endpoint: Box::new(endpoint?),
            settings: Box::new(settings),
        });
    }
    table.only(&[&AGENT_KEYS[..], &endpoint::KEYS[..], &own[..]].concat());
    let endpoint = endpoint::read(table, provider, folder, concurrency);
    let cold_start = ranged(&table, "cold-start-s", 1..=7200);
    let form = table.choice("form", &FORMS);
    let settings = agent(table, form.unwrap_or(DatabricksForm::Chat))?;
    Some(CopilotKind::Databricks {
        endpoint: Box::new(endpoint?),
        settings: Box::new(DatabricksConfig {
            name: name?.to_owned(),
            form,
            trace: table.flag("trace"),
            cold_start: cold_start.map_or(COLD_START, Duration::from_secs),
            settings,
        }),
    })
}

/// Reads `kind = "mlflow"`.
pub(super) fn mlflow(
    table: Table<'_, '_>,
    folder: &Path,
    concurrency: usize,
) -> Option<CopilotKind> {
    table.needs_with_help(
        "base-url",
        "where `mlflow models serve` listens: base-url = \"http://127.0.0.1:5000\"",
    );
    let provider = Provider::anywhere("base-url");
    if table.has("body") {
        table.only(&[&http::KEYS[..], &endpoint::KEYS[..], &["base-url"]].concat());
        let endpoint = endpoint::read(table, provider, folder, concurrency);
        let mut settings = http::settings(table)?;
        "invocations".clone_into(&mut settings.path);
        return Some(CopilotKind::Http {
            endpoint: Box::new(endpoint?),
            settings: Box::new(settings),
        });
    }
    table.only(&[&AGENT_KEYS[..], &endpoint::KEYS[..], &["base-url"]].concat());
    let endpoint = endpoint::read(table, provider, folder, concurrency);
    table.needs_with_help(
        "form",
        "what the agent is: form = \"chat-agent\", \"responses\" or \"chat\"; a custom model is asked by `body` and `answer`",
    );
    let form = table.choice("form", &FORMS)?;
    Some(CopilotKind::Mlflow {
        endpoint: Box::new(endpoint?),
        settings: Box::new(agent(table, form)?),
    })
}

fn agent(table: Table<'_, '_>, form: DatabricksForm) -> Option<DatabricksSettings> {
    let passages = passages(table);
    let price = price(table);
    let max_output_tokens = max_output_tokens(table);
    let temperature = temperature(table);
    Some(DatabricksSettings {
        form,
        return_trace: false,
        stream: table.flag("stream").unwrap_or(false),
        system_prompt: table.text("system-prompt").map(str::to_owned),
        max_output_tokens: max_output_tokens?,
        temperature,
        passages,
        price,
    })
}

//! The configuration `groundgate.toml`: what is asked, who is asked, who judges.
//!
//! [`read_config`] makes one [`Config`] of a file's text, or every mistake with its line; it touches
//! no file, no variable and no network. Secrets are not in the file: it names where they are, and
//! [`EndpointConfig::resolve`] looks them up for the one endpoint that is about to be called.

mod agent;
mod answers;
mod auth;
mod copilot;
mod databricks_auth;
mod endpoint;
mod file;
mod headers;
mod http;
mod judge;
mod limits;
mod model;
mod parts;
mod price;
mod proxy;
mod read;
mod retriever;
mod secret;
mod settings;
mod tracking;

pub use endpoint::EndpointConfig;
pub use file::read_config;
pub use model::ModelApi;
pub use secret::{Lookup, SecretError, SecretSource};
pub use settings::{
    CascadeConfig, Config, CopilotConfig, CopilotKind, DatabricksConfig, History, JudgeConfig,
    JudgeEndpoint, JurorConfig, ServedModel, SpecSource,
};
pub use tracking::tracking_endpoint;

#[cfg(test)]
mod tests;

//! How calls are authorized: what is fixed goes into the headers once, what expires is renewed by
//! [`super::token`].

use std::time::Duration;

use super::secret::Secret;

/// How calls are authorized.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer …`: OpenAI, Databricks personal access tokens, most others.
    Bearer(Secret),
    /// A header of its own: `x-api-key` at Anthropic, `api-key` at Azure.
    Header {
        /// The header's name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// Bearer tokens of an OAuth server, renewed before they expire.
    ClientCredentials(ClientCredentials),
    /// Bearer tokens that a command prints.
    Command(TokenCommand),
}

/// OAuth 2.0 between machines (RFC 6749, section 4.4).
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// Where tokens come from.
    pub server: TokenServer,
    /// Who asks.
    pub client_id: String,
    /// The proof.
    pub client_secret: Secret,
    /// What is asked for: `all-apis` at Databricks.
    pub scope: String,
}

/// Where tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenServer {
    /// A Databricks workspace, which says itself where.
    DatabricksHost(String),
    /// The token endpoint's URL.
    Url(String),
}

/// A command that prints a token: bare, or as JSON with `access_token` and `expires_in`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCommand {
    /// What is run; no shell reads it.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// How long a token holds that does not say so itself.
    pub lifetime: Duration,
}

//! How calls to an endpoint are authorized, as written: where the proof is, never the proof.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use groundgate_endpoints::transport::{Auth, ClientCredentials, TokenCommand, TokenServer};
use groundgate_model::toml_reader::Table;

use super::{
    databricks_auth::{unified, variable_host},
    headers,
    read::{ranged, relative, url},
    secret::{HELP, Lookup, SecretError, SecretSource, source, variable},
};

/// What a provider makes of a secret that the file does not say more about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthStyle {
    /// `Authorization: Bearer …`.
    Bearer,
    /// A header of its own.
    Header(&'static str),
    /// A bearer token, or what Databricks' own tools find by themselves.
    Databricks,
}

/// How calls are authorized, with everything secret still where the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AuthConfig {
    None,
    Bearer(SecretSource),
    Header(String, SecretSource),
    Command(TokenCommand),
    OAuth {
        /// `None`: the workspace says it.
        token_url: Option<String>,
        client_id: ClientId,
        client_secret: SecretSource,
        scope: String,
    },
    /// A profile of `~/.databrickscfg`, or what the environment says.
    Databricks {
        profile: Option<String>,
        file: Option<PathBuf>,
    },
}

/// An id, which is no secret and may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClientId {
    Written(String),
    Env(String),
}

const KEYS: [&str; 11] = [
    "env",
    "file",
    "header",
    "command",
    "lifetime-s",
    "token-url",
    "client-id",
    "client-secret",
    "scope",
    "profile",
    "config-file",
];

/// Reads the key `auth`; where it is absent, what the provider does without.
pub(super) fn read(table: Table<'_, '_>, style: AuthStyle, folder: &Path) -> Option<AuthConfig> {
    if !table.has("auth") {
        return Some(AuthConfig::absent(style));
    }
    let table = table.hiding();
    if table.has_text("auth") {
        let message = "`auth` is a string, and secrets do not belong into this file";
        table.report_with_help("auth", message, HELP);
        return None;
    }
    let auth = table.table("auth")?;
    auth.only(&KEYS);
    let ways = ["env", "file", "command", "client-secret", "profile"];
    let chosen: Vec<&str> = ways.into_iter().filter(|way| auth.has(way)).collect();
    match chosen.as_slice() {
        ["env" | "file"] => secret(auth, style, folder),
        ["command"] => command(auth),
        ["client-secret"] => oauth(auth, style, folder),
        ["profile"] => profile(auth, style, folder),
        _ => {
            let message = "one of `env`, `file`, `command`, `client-secret` and `profile` says where the secret is";
            auth.document().report_with_help(auth.at(), message, HELP);
            None
        }
    }
}

/// Reports keys that mean nothing beside the way that was chosen.
fn only_with(auth: Table<'_, '_>, way: &str, keys: &[&str]) {
    for (key, _) in auth.keys() {
        if key != way && KEYS.contains(&key) && !keys.contains(&key) {
            auth.report_with_help(
                key,
                format!("`{key}` means nothing beside `{way}`"),
                format!("leave `{key}` out"),
            );
        }
    }
}

fn secret(auth: Table<'_, '_>, style: AuthStyle, folder: &Path) -> Option<AuthConfig> {
    let way = if auth.has("env") { "env" } else { "file" };
    only_with(auth, way, &["header"]);
    let source = source(auth, folder)?;
    let header = if auth.has("header") {
        Some(headers::name(auth, "header")?)
    } else if let AuthStyle::Header(name) = style {
        Some(name.to_owned())
    } else {
        None
    };
    Some(match header {
        Some(name) if !name.eq_ignore_ascii_case("authorization") => {
            AuthConfig::Header(name, source)
        }
        Some(_) | None => AuthConfig::Bearer(source),
    })
}

fn command(auth: Table<'_, '_>) -> Option<AuthConfig> {
    only_with(auth, "command", &["lifetime-s"]);
    let words = auth.texts("command")?;
    let mut words = words.into_iter().map(|(word, _)| word.to_owned());
    let Some(program) = words.next() else {
        auth.report_with_help(
            "command",
            "`command` is empty",
            "name the program and its arguments: command = [\"az\", \"account\", \"get-access-token\"]",
        );
        return None;
    };
    let lifetime = ranged(&auth, "lifetime-s", 1..=86_400).unwrap_or(300);
    Some(AuthConfig::Command(TokenCommand {
        program,
        arguments: words.collect(),
        lifetime: Duration::from_secs(lifetime),
    }))
}

fn oauth(auth: Table<'_, '_>, style: AuthStyle, folder: &Path) -> Option<AuthConfig> {
    let is_databricks = style == AuthStyle::Databricks;
    only_with(auth, "client-secret", &["client-id", "token-url", "scope"]);
    auth.needs_with_help(
        "client-id",
        "who asks: client-id = \"…\" or { env = \"NAME\" }",
    );
    if !is_databricks {
        auth.needs_with_help(
            "token-url",
            "where tokens are granted: token-url = \"https://…/oauth/token\"",
        );
    }
    let client_secret = auth.table("client-secret").and_then(|table| {
        table.only(&["env", "file"]);
        source(table, folder)
    });
    let client_id = if auth.has_text("client-id") {
        auth.text("client-id")
            .map(|id| ClientId::Written(id.to_owned()))
    } else {
        auth.table("client-id").and_then(|table| {
            table.only(&["env"]);
            variable(table, "env").map(ClientId::Env)
        })
    };
    let token_url = if auth.has("token-url") {
        Some(url(auth, "token-url")?)
    } else if is_databricks {
        None
    } else {
        return None;
    };
    let scope = auth.text("scope");
    Some(AuthConfig::OAuth {
        token_url,
        client_id: client_id?,
        client_secret: client_secret?,
        scope: scope
            .unwrap_or(if is_databricks { "all-apis" } else { "" })
            .to_owned(),
    })
}

fn profile(auth: Table<'_, '_>, style: AuthStyle, folder: &Path) -> Option<AuthConfig> {
    only_with(auth, "profile", &["config-file"]);
    if style != AuthStyle::Databricks {
        auth.report_with_help(
            "profile",
            "`profile` is a profile of Databricks, and this is another provider",
            HELP,
        );
        return None;
    }
    Some(AuthConfig::Databricks {
        profile: Some(auth.text("profile")?.to_owned()),
        file: auth.text("config-file").map(|file| relative(folder, file)),
    })
}

impl AuthConfig {
    /// Nothing, or what Databricks' own tools find by themselves.
    const fn absent(style: AuthStyle) -> Self {
        match style {
            AuthStyle::Bearer | AuthStyle::Header(_) => Self::None,
            AuthStyle::Databricks => Self::Databricks {
                profile: None,
                file: None,
            },
        }
    }

    /// What proves who we are, as people say it; nothing where nothing is needed.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Bearer(source) | Self::Header(_, source) => Some(source.to_string()),
            Self::Command(command) => Some(format!("token of the command `{}`", command.program)),
            Self::OAuth { client_secret, .. } => Some(format!("OAuth by {client_secret}")),
            Self::Databricks {
                profile: Some(profile),
                ..
            } => Some(format!("Databricks profile `{profile}`")),
            Self::Databricks { profile: None, .. } => {
                Some("Databricks environment or default profile".to_owned())
            }
        }
    }

    /// The authorization with its secrets looked up, and the host where looking it up tells it;
    /// `host` is the one that the file names.
    pub(super) fn resolve(
        &self,
        host: Option<&str>,
        lookup: Lookup<'_>,
    ) -> Result<(Option<String>, Auth), SecretError> {
        let written = |auth| Ok((host.map(str::to_owned), auth));
        match self {
            Self::None => written(Auth::None),
            Self::Bearer(source) => written(Auth::Bearer(source.resolve(lookup)?)),
            Self::Header(name, source) => written(Auth::Header {
                name: name.clone(),
                value: source.resolve(lookup)?,
            }),
            Self::Command(command) => written(Auth::Command(command.clone())),
            Self::OAuth {
                token_url,
                client_id,
                client_secret,
                scope,
            } => {
                let host = match (token_url, host) {
                    (None, None) => Some(variable_host(lookup)?),
                    _ => host.map(str::to_owned),
                };
                let server = match (token_url, &host) {
                    (Some(url), _) => TokenServer::Url(url.clone()),
                    (None, Some(host)) => TokenServer::DatabricksHost(host.clone()),
                    (None, None) => return Err(SecretError::NoHost),
                };
                let client_id = match client_id {
                    ClientId::Written(id) => id.clone(),
                    ClientId::Env(name) => (lookup.env)(name)
                        .ok_or_else(|| SecretError::Unset(SecretSource::Env(name.clone())))?,
                };
                let credentials = ClientCredentials {
                    server,
                    client_id,
                    client_secret: client_secret.resolve(lookup)?,
                    scope: scope.clone(),
                };
                Ok((host, Auth::ClientCredentials(credentials)))
            }
            Self::Databricks { profile, file } => {
                let found = unified(profile.as_deref(), file.as_deref(), host, lookup)?;
                Ok((Some(found.host), found.auth))
            }
        }
    }
}

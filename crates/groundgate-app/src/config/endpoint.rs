//! One endpoint as written: where it is, how to prove who we are, and its limits.

use std::path::{Path, PathBuf};

use groundgate_endpoints::transport::{Endpoint, HeaderText};
use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    toml_reader::Table,
};

use super::{
    auth::{self, AuthConfig, AuthStyle},
    headers::{self, SecretHeader},
    limits,
    proxy::{self, ProxyConfig},
    read::{ranged, relative, url},
    secret::{self, Lookup, SecretError},
};

/// The keys of an endpoint besides its URL.
pub(super) const KEYS: [&str; 8] = [
    "auth",
    "headers",
    "timeouts",
    "limits",
    "retries",
    "largest-body-mib",
    "ca-file",
    "proxy",
];

/// What a provider's kind says about an endpoint before the file does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Provider {
    /// The key that the URL stands under.
    pub(super) url_key: &'static str,
    /// Where the provider is, if everybody's is at the same place.
    pub(super) url: Option<&'static str>,
    /// How it wants to be shown a secret.
    pub(super) auth: AuthStyle,
    /// The variable that its own tools read the key from, where it takes no call without one.
    pub(super) key_variable: Option<&'static str>,
}

impl Provider {
    /// Somebody's server at a URL that the file names.
    pub(super) const fn anywhere(url_key: &'static str) -> Self {
        Self {
            url_key,
            url: None,
            auth: AuthStyle::Bearer,
            key_variable: None,
        }
    }
}

/// An endpoint whose secrets are still where the configuration says.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    endpoint: Endpoint,
    /// Added to the URL's path.
    path: String,
    auth: AuthConfig,
    auth_place: Mistake,
    secret_headers: Vec<SecretHeader>,
    ca_file: Option<(PathBuf, Mistake)>,
    proxy: ProxyConfig,
}

impl EndpointConfig {
    /// Where calls go, as far as the file says it; holds no secret.
    pub fn base_url(&self) -> &str {
        &self.endpoint.base_url
    }

    /// Every secret that a call needs, in words and with what is wrong with it; the secrets
    /// themselves are not told.
    pub fn credentials(&self, lookup: Lookup<'_>) -> Vec<(String, Result<(), Mistakes>)> {
        let auth = self.auth.words().map(|words| {
            let found = self.auth.resolve(self.host(), lookup);
            (
                words,
                found
                    .map(|_| ())
                    .map_err(|error| error.at(&self.auth_place)),
            )
        });
        let headers = self.secret_headers.iter().map(|header| {
            let found = header.source.resolve(lookup);
            let found = found.map(|_| ()).map_err(|error| error.at(&header.place));
            (header.source.to_string(), found)
        });
        auth.into_iter().chain(headers).collect()
    }

    /// The endpoint with its secrets, certificates and proxy looked up.
    pub fn resolve(&self, lookup: Lookup<'_>) -> Result<Endpoint, Mistakes> {
        let mut endpoint = self.endpoint.clone();
        let (host, auth) = self
            .auth
            .resolve(self.host(), lookup)
            .map_err(|error| error.at(&self.auth_place))?;
        endpoint.auth = auth;
        let host = host.ok_or_else(|| SecretError::NoHost.at(&self.auth_place))?;
        endpoint.base_url = joined(&host, &self.path);
        for header in &self.secret_headers {
            let value = header.source.resolve(lookup);
            let value = value.map_err(|error| error.at(&header.place))?;
            endpoint
                .headers
                .push((header.name.clone(), HeaderText::Secret(value)));
        }
        if let Some((path, place)) = &self.ca_file {
            let pem = secret::read(path, lookup).map_err(|error| error.at(place))?;
            endpoint.extra_ca = Some(pem);
        }
        endpoint.proxy = self.proxy.resolve(&endpoint.base_url, lookup)?;
        Ok(endpoint)
    }

    /// The same endpoint with a header, unless the file has one of that name.
    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        let is_there = |known: &str| known.eq_ignore_ascii_case(name);
        let written = self.endpoint.headers.iter().any(|(name, _)| is_there(name))
            || self
                .secret_headers
                .iter()
                .any(|header| is_there(&header.name));
        if !written {
            let value = HeaderText::Plain(value.to_owned());
            self.endpoint.headers.push((name.to_owned(), value));
        }
        self
    }

    /// The same endpoint further down its path; `path` may end with a query.
    pub(super) fn below(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    fn host(&self) -> Option<&str> {
        Some(self.endpoint.base_url.as_str()).filter(|url| !url.is_empty())
    }
}

/// A URL with more path, before its query where it has one.
fn joined(url: &str, path: &str) -> String {
    if path.is_empty() {
        return url.to_owned();
    }
    let (place, query) = url
        .split_once('?')
        .map_or((url, None), |(place, query)| (place, Some(query)));
    let joined = format!("{}/{path}", place.trim_end_matches('/'));
    match query {
        Some(query) if joined.contains('?') => format!("{joined}&{query}"),
        Some(query) => format!("{joined}?{query}"),
        None => joined,
    }
}

/// Reads the endpoint's keys of a table.
pub(super) fn read(
    table: Table<'_, '_>,
    provider: Provider,
    folder: &Path,
    concurrency: usize,
) -> Option<EndpointConfig> {
    let is_databricks = provider.auth == AuthStyle::Databricks;
    let base_url = match provider.url {
        Some(url) if !table.has(provider.url_key) => Some(url.to_owned()),
        // The workspace may be named by a profile or the environment.
        None if is_databricks && !table.has(provider.url_key) => Some(String::new()),
        Some(_) | None => url(table, provider.url_key),
    };
    rest(table, base_url, provider, folder, concurrency)
}

/// Reads the endpoint's keys of a table whose other keys say where it is.
pub(super) fn read_at(
    table: Table<'_, '_>,
    base_url: &str,
    provider: Provider,
    folder: &Path,
    concurrency: usize,
) -> Option<EndpointConfig> {
    rest(
        table,
        Some(base_url.to_owned()),
        provider,
        folder,
        concurrency,
    )
}

fn rest(
    table: Table<'_, '_>,
    base_url: Option<String>,
    provider: Provider,
    folder: &Path,
    concurrency: usize,
) -> Option<EndpointConfig> {
    let auth = auth::read(table, provider.auth, folder);
    if let (Some(variable), false, false) = (
        provider.key_variable,
        table.has("auth"),
        table.has(provider.url_key),
    ) {
        let help = format!("name where the key is: auth = {{ env = \"{variable}\" }}");
        table.needs_with_help("auth", help);
        return None;
    }
    let headers = headers::read(table);
    let timeouts = limits::timeouts(table);
    let limits = limits::limits(table, concurrency);
    let retry = limits::retries(table);
    let proxy = proxy::read(table, folder);
    let default = Endpoint::at("");
    let largest_body = match ranged(&table, "largest-body-mib", 1..=1024) {
        Some(mib) => usize::try_from(mib).ok()? << 20,
        None => default.largest_body,
    };
    let ca_file = table
        .text("ca-file")
        .map(|path| (relative(folder, path), table.place("ca-file")));
    let headers = headers?;
    Some(EndpointConfig {
        endpoint: Endpoint {
            base_url: base_url?,
            headers: headers.plain,
            limits: limits?,
            timeouts: timeouts?,
            retry: retry?,
            largest_body,
            ..default
        },
        path: String::new(),
        auth: auth?,
        auth_place: table.place("auth"),
        secret_headers: headers.secret,
        ca_file,
        proxy: proxy?,
    })
}

//! One endpoint as written: where it is, how to prove who we are, and its limits.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    file::{ranged, relative},
    secret::{self, Lookup, SecretError, SecretSource},
};
use crate::{
    toml_reader::Table,
    transport::{
        Auth, Endpoint, HeaderText, Limits, RetryPolicy, Secret, Timeouts, check_url, retry::Resend,
    },
};

/// The keys of an endpoint besides its URL.
pub(super) const KEYS: [&str; 7] = [
    "auth",
    "headers",
    "timeouts",
    "limits",
    "retries",
    "largest-body-mib",
    "ca-file",
];

/// Header names whose values are secrets whatever they say.
const SECRET_HEADERS: [&str; 6] = [
    "authorization",
    "cookie",
    "key",
    "token",
    "secret",
    "password",
];

/// An endpoint whose secrets are still where the configuration says.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    endpoint: Endpoint,
    auth: Option<(SecretSource, Option<String>)>,
    secret_headers: Vec<(String, SecretSource)>,
    ca_file: Option<PathBuf>,
}

impl EndpointConfig {
    /// Without authorization and with default limits: a server on this machine.
    pub fn at(base_url: impl Into<String>) -> Self {
        Self {
            endpoint: Endpoint::at(base_url),
            auth: None,
            secret_headers: Vec::new(),
            ca_file: None,
        }
    }

    /// Where calls go; holds no secret.
    pub fn base_url(&self) -> &str {
        &self.endpoint.base_url
    }

    /// Every secret that a call needs, in the file's order.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretSource> {
        let auth = self.auth.iter().map(|(source, _)| source);
        auth.chain(self.secret_headers.iter().map(|(_, source)| source))
    }

    /// The endpoint with its secrets and certificates looked up. The proxy is the caller's matter.
    pub fn resolve(&self, lookup: Lookup<'_>) -> Result<Endpoint, SecretError> {
        let mut endpoint = self.endpoint.clone();
        for (name, source) in &self.secret_headers {
            let value = HeaderText::Secret(source.resolve(lookup)?);
            endpoint.headers.push((name.clone(), value));
        }
        endpoint.auth = match &self.auth {
            None => Auth::None,
            Some((source, header)) => authorization(source.resolve(lookup)?, header.as_deref()),
        };
        if let Some(path) = &self.ca_file {
            endpoint.extra_ca = Some(secret::read(path, lookup)?);
        }
        Ok(endpoint)
    }
}

fn authorization(value: Secret, header: Option<&str>) -> Auth {
    match header {
        None => Auth::Bearer(value),
        Some(name) => Auth::Header {
            name: name.to_owned(),
            value,
        },
    }
}

/// Reads the endpoint's keys of a table; its URL stands under `url_key`.
pub(super) fn read(
    table: Table<'_, '_>,
    url_key: &str,
    folder: &Path,
    concurrency: usize,
) -> Option<EndpointConfig> {
    let base_url = url(table, url_key);
    let auth = read_auth(table, folder);
    let headers = read_headers(table);
    let timeouts = read_timeouts(table);
    let limits = read_limits(table, concurrency);
    let retry = read_retries(table);
    let default = Endpoint::at("");
    let largest_body = match ranged(&table, "largest-body-mib", 1..=1024) {
        Some(mib) => usize::try_from(mib).ok()? << 20,
        None => default.largest_body,
    };
    let ca_file = table.text("ca-file").map(|path| relative(folder, path));
    let (headers, secret_headers) = headers?;
    Some(EndpointConfig {
        endpoint: Endpoint {
            base_url: base_url?,
            headers,
            limits: limits?,
            timeouts: timeouts?,
            retry: retry?,
            largest_body,
            ..default
        },
        auth: auth?,
        secret_headers,
        ca_file,
    })
}

fn url(table: Table<'_, '_>, key: &str) -> Option<String> {
    // Somebody may have written a password into it.
    let url = table.hiding().text(key)?;
    if let Err(error) = check_url(url) {
        let message = error.to_string().replace("`base_url`", &format!("`{key}`"));
        table.hiding().report(key, message);
        return None;
    }
    Some(url.to_owned())
}

const AUTH_HELP: &str = "name where the secret is: auth = { env = \"NAME\" } or { file = \"…\" }";

#[expect(
    clippy::option_option,
    reason = "the outer one says that something was wrong, the inner one that there is no auth"
)]
fn read_auth(
    table: Table<'_, '_>,
    folder: &Path,
) -> Option<Option<(SecretSource, Option<String>)>> {
    if !table.has("auth") {
        return Some(None);
    }
    let table = table.hiding();
    if table.has_text("auth") {
        let message = "`auth` is a string, and secrets do not belong into this file";
        table.report_with_help("auth", message, AUTH_HELP);
        return None;
    }
    let auth = table.table("auth")?;
    auth.only(&["env", "file", "header"]);
    let source = read_source(auth, folder)?;
    if auth.has("header") {
        return Some(Some((source, Some(header_name(auth, "header")?))));
    }
    Some(Some((source, None)))
}

/// The one place that a table names.
fn read_source(table: Table<'_, '_>, folder: &Path) -> Option<SecretSource> {
    match (table.has("env"), table.has("file")) {
        (true, false) => variable(table).map(SecretSource::Env),
        (false, true) => {
            let file = table.text("file")?;
            Some(SecretSource::File(relative(folder, file)))
        }
        _ => {
            let message = "one of `env` and `file` says where the secret is";
            table
                .document()
                .report_with_help(table.at(), message, AUTH_HELP);
            None
        }
    }
}

/// A variable's name. What is none may be a pasted secret, so that it is not repeated.
fn variable(table: Table<'_, '_>) -> Option<String> {
    let name = table.text("env")?;
    let is_name = !name.starts_with(|char: char| char.is_ascii_digit())
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == '_');
    if !is_name {
        let message = "`env` is not the name of an environment variable";
        table.report_with_help("env", message, AUTH_HELP);
        return None;
    }
    Some(name.to_owned())
}

fn header_name(table: Table<'_, '_>, key: &str) -> Option<String> {
    let name = table.text(key)?;
    if !is_header_name(name) {
        table.report(key, format!("`{key}` is not the name of a header"));
        return None;
    }
    Some(name.to_owned())
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'))
}

type Headers = (Vec<(String, HeaderText)>, Vec<(String, SecretSource)>);

fn read_headers(table: Table<'_, '_>) -> Option<Headers> {
    let mut headers = (Vec::new(), Vec::new());
    if !table.has("headers") {
        return Some(headers);
    }
    let written = table.table("headers")?.hiding();
    for (name, _) in written.keys() {
        if !is_header_name(name) {
            written.report(name, format!("`{name}` is not the name of a header"));
            continue;
        }
        let lower = name.to_ascii_lowercase();
        if !written.has_text(name) {
            let source = written.table(name)?;
            source.only(&["env"]);
            source.needs(&["env"]);
            let variable = variable(source)?;
            headers
                .1
                .push((name.to_owned(), SecretSource::Env(variable)));
        } else if SECRET_HEADERS.iter().any(|word| lower.ends_with(word)) {
            written.report_with_help(
                name,
                format!(
                    "header `{name}` carries a secret, and secrets do not belong into this file"
                ),
                format!("name the variable: {name} = {{ env = \"NAME\" }}"),
            );
        } else if let Some(value) = written.text(name) {
            let value = HeaderText::Plain(value.to_owned());
            headers.0.push((name.to_owned(), value));
        }
    }
    Some(headers)
}

fn read_timeouts(table: Table<'_, '_>) -> Option<Timeouts> {
    let mut timeouts = Timeouts::default();
    if !table.has("timeouts") {
        return Some(timeouts);
    }
    let written = table.table("timeouts")?;
    written.only(&["connect-s", "first-byte-s", "idle-s", "whole-s"]);
    let seconds = |key: &str, default: Duration| {
        ranged(&written, key, 1..=3600).map_or(default, Duration::from_secs)
    };
    timeouts.connect = seconds("connect-s", timeouts.connect);
    timeouts.first_byte = seconds("first-byte-s", timeouts.first_byte);
    timeouts.idle = seconds("idle-s", timeouts.idle);
    timeouts.whole = seconds("whole-s", timeouts.whole);
    Some(timeouts)
}

fn read_limits(table: Table<'_, '_>, concurrency: usize) -> Option<Limits> {
    let mut limits = Limits {
        in_flight: concurrency,
        ..Limits::default()
    };
    if !table.has("limits") {
        return Some(limits);
    }
    let written = table.table("limits")?;
    written.only(&[
        "in-flight",
        "requests-per-minute",
        "tokens-per-minute",
        "adaptive",
    ]);
    if let Some(in_flight) = ranged(&written, "in-flight", 1..=1024) {
        limits.in_flight = usize::try_from(in_flight).ok()?;
    }
    let rate = |key: &str| {
        let rate = ranged(&written, key, 1..=u64::from(u32::MAX))?;
        u32::try_from(rate).ok()
    };
    limits.requests_per_minute = rate("requests-per-minute");
    limits.tokens_per_minute = rate("tokens-per-minute");
    limits.adaptive = written.flag("adaptive").unwrap_or(limits.adaptive);
    Some(limits)
}

fn read_retries(table: Table<'_, '_>) -> Option<RetryPolicy> {
    let mut policy = RetryPolicy::default();
    if !table.has("retries") {
        return Some(policy);
    }
    let written = table.table("retries")?;
    written.only(&[
        "max",
        "max-when-refused",
        "first-wait-ms",
        "longest-wait-s",
        "resend",
    ]);
    let times = |key: &str, default: u32| {
        let times = ranged(&written, key, 0..=100).and_then(|times| u32::try_from(times).ok());
        times.unwrap_or(default)
    };
    policy.retries = times("max", policy.retries);
    policy.retries_when_refused = times("max-when-refused", policy.retries_when_refused);
    if let Some(wait) = ranged(&written, "first-wait-ms", 1..=60_000) {
        policy.first_wait = Duration::from_millis(wait);
    }
    if let Some(wait) = ranged(&written, "longest-wait-s", 1..=3600) {
        policy.longest_wait = Duration::from_secs(wait);
    }
    let choices = [
        ("refused", Resend::Refused),
        ("unanswered", Resend::Unanswered),
        ("never", Resend::Never),
    ];
    policy.resend = written.choice("resend", &choices).unwrap_or(policy.resend);
    Some(policy)
}

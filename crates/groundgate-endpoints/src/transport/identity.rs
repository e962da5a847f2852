//! Which settings of an endpoint can change an answer, as data.
//!
//! In: where calls go, what is sent with each of them, and who stands between (a proxy, a certificate
//! authority). Out: limits, timeouts and retries, which decide when an answer comes and not which, and
//! everything that comes from a [`Secret`](super::Secret): a key that is renewed makes no other copilot.

use groundgate_model::manifest::{Manifest, Setting, Written};
use reqwest::Url;

use super::{
    auth::{Auth, TokenServer},
    endpoint::{Endpoint, EndpointError, HeaderText, KEY_LIKE, Proxy, checked_url, shown},
};

/// Headers whose value proves who calls, by the ending of their name.
const PROOFS: [&str; 2] = ["authorization", "cookie"];

impl Endpoint {
    /// Everything of this endpoint that can change an answer, without secrets.
    ///
    /// Header values and the values of a URL's query are in it by digest only.
    pub fn manifest(&self) -> Result<Manifest, EndpointError> {
        let url = checked_url(&self.base_url)?;
        Ok(Manifest::default()
            .with("url", shown(&url).to_string())
            .with_some("query", query(&url))
            .with_some("headers", self.headers_setting())
            .with_some("principal", principal(&self.auth))
            .with_some("proxy", self.proxy.as_ref().map(Proxy::manifest))
            .with_some(
                "extra-ca",
                self.extra_ca.as_ref().map(|pem| Written::bytes(pem)),
            ))
    }

    /// Names in lower case and in their order, those of one name as they are sent.
    fn headers_setting(&self) -> Option<Setting> {
        let plain = self.headers.iter().map(|(name, value)| match value {
            HeaderText::Plain(text) => header(name, Some(text)),
            HeaderText::Secret(_) => header(name, None),
        });
        let proof = match &self.auth {
            Auth::None => None,
            Auth::Bearer(_) | Auth::ClientCredentials(_) | Auth::Command(_) => {
                Some(header("authorization", None))
            }
            Auth::Header { name, value: _ } => Some(header(name, None)),
        };
        let mut headers: Vec<Header> = plain.chain(proof).collect();
        headers.sort_by(|a, b| a.name.cmp(&b.name));
        let parts: Vec<Manifest> = headers.into_iter().map(Header::manifest).collect();
        (!parts.is_empty()).then(|| parts.into())
    }
}

impl Endpoint {
    /// The hosts that something secret of this endpoint goes to: its own, its token server's, and its
    /// proxy's, which sees what is not encrypted, and all of it where the endpoint trusts a certificate
    /// authority of its own.
    pub fn hosts(&self) -> Vec<String> {
        let token_server = match &self.auth {
            Auth::ClientCredentials(credentials) => match &credentials.server {
                TokenServer::Url(url) | TokenServer::DatabricksHost(url) => Some(url.as_str()),
            },
            Auth::None | Auth::Bearer(_) | Auth::Header { .. } | Auth::Command(_) => None,
        };
        let proxy = self.proxy.as_ref().map(|proxy| proxy.url.as_str());
        let urls = [Some(self.base_url.as_str()), token_server, proxy];
        let hosts = urls.into_iter().flatten().map(|text| {
            let url = Url::parse(text).ok();
            let host = url.as_ref().and_then(Url::host_str);
            // What names no host is no host that anybody allows.
            host.unwrap_or(text).to_owned()
        });
        hosts.collect()
    }

    /// Whether a program is started for its tokens.
    pub const fn has_token_command(&self) -> bool {
        matches!(self.auth, Auth::Command(_))
    }
}

impl Proxy {
    /// Where it is, and what is reached without it; not who logs in there.
    fn manifest(&self) -> Manifest {
        let url = checked_url(&self.url).map(|url| shown(&url).to_string());
        Manifest::default()
            .with_some("url", url.ok())
            .with("login", self.login.is_some())
            .with("except", self.except.as_str())
    }
}

struct Header {
    name: String,
    value: Option<Written>,
}

fn header(name: &str, value: Option<&String>) -> Header {
    let name = name.to_ascii_lowercase();
    let is_proof = PROOFS
        .iter()
        .chain(&KEY_LIKE)
        .any(|word| name.ends_with(word));
    Header {
        value: value
            .filter(|_| !is_proof)
            .map(|value| Written::bytes(value.as_bytes())),
        name,
    }
}

impl Header {
    fn manifest(self) -> Manifest {
        Manifest::default()
            .with("name", self.name)
            .with_some("value", self.value)
    }
}

fn query(url: &Url) -> Option<Setting> {
    let pairs: Vec<Manifest> = url
        .query_pairs()
        .map(|(name, value)| {
            Manifest::default()
                .with("name", name.into_owned())
                .with("value", Written::bytes(value.as_bytes()))
        })
        .collect();
    (!pairs.is_empty()).then(|| pairs.into())
}

/// Who asks, where that is no secret: what may be read differs between them.
fn principal(auth: &Auth) -> Option<Manifest> {
    match auth {
        Auth::None | Auth::Bearer(_) | Auth::Header { .. } | Auth::Command(_) => None,
        Auth::ClientCredentials(credentials) => {
            let server = match &credentials.server {
                TokenServer::DatabricksHost(host) => host,
                TokenServer::Url(url) => url,
            };
            let server = checked_url(server).map(|url| shown(&url).to_string());
            Some(
                Manifest::default()
                    .with("client-id", credentials.client_id.as_str())
                    .with("scope", credentials.scope.as_str())
                    .with_some("server", server.ok()),
            )
        }
    }
}

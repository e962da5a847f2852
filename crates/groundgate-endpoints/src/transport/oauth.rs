//! Tokens of an OAuth server, or of the one that a Databricks workspace names.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use groundgate_model::exchange::{CallFailure, FailureKind};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{
    auth::{Auth, ClientCredentials, TokenServer},
    call::Call,
    client::Client,
    clock::Clock,
    endpoint::{Endpoint, Timeouts},
    percent,
    reply::{Fault, JsonBody, parse_json_as},
    retry::{Class, Resend},
    secret::Secret,
    token::{Granted, TokenSource, no_token},
};

/// A token server.
pub(super) struct OAuth {
    credentials: ClientCredentials,
    /// The workspace or token server as the settings give it, and what both share.
    endpoint: Endpoint,
    clock: Arc<dyn Clock>,
}

impl OAuth {
    /// The server that grants tokens for calls to `called`; it is reached in the same way.
    pub(super) fn new(
        credentials: &ClientCredentials,
        called: &Endpoint,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (TokenServer::DatabricksHost(url) | TokenServer::Url(url)) = &credentials.server;
        let timeouts = Timeouts {
            first_byte: Duration::from_secs(30),
            ..called.timeouts
        };
        Self {
            credentials: credentials.clone(),
            endpoint: Endpoint {
                timeouts,
                retry: called.retry,
                extra_ca: called.extra_ca.clone(),
                proxy: called.proxy.clone(),
                ..Endpoint::at(url)
            },
            clock,
        }
    }

    async fn ask_server(&self) -> Result<Granted, Fault> {
        let credentials = &self.credentials;
        let url = match &credentials.server {
            TokenServer::Url(url) => url.clone(),
            TokenServer::DatabricksHost(host) => self.discover(host).await?,
        };
        let pair = format!(
            "{}:{}",
            credentials.client_id,
            credentials.client_secret.expose()
        );
        let basic = Secret::new(format!("Basic {}", STANDARD.encode(pair)));
        let server = self.client(&Endpoint {
            base_url: url,
            auth: Auth::Header {
                name: "authorization".to_owned(),
                value: basic,
            },
            ..self.endpoint.clone()
        })?;
        let target = server.target("");
        let form = format!(
            "grant_type=client_credentials&scope={}",
            percent::encoded(&credentials.scope)
        );
        let call = Call {
            body: Some((form.into(), "application/x-www-form-urlencoded")),
            method: Method::POST,
            ..Call::get(&target)
        };
        let body = ask(&server, &call)
            .await
            .map_err(|failure| not_authorized(&failure))?;
        parse_granted(&body)
    }

    /// Where a workspace's tokens come from: what it says itself, or where they usually do.
    async fn discover(&self, host: &str) -> Result<String, Fault> {
        #[derive(Deserialize)]
        struct Config {
            oidc_endpoint: String,
            account_id: Option<String>,
        }
        #[derive(Deserialize)]
        struct Metadata {
            token_endpoint: String,
        }
        let workspace = self.client(&self.endpoint)?;
        let known = workspace.target(".well-known/databricks-config");
        // Older workspaces do not have it; the usual place serves them.
        let config = ask(&workspace, &Call::get(&known)).await.ok();
        let config = config.and_then(|body| parse_json_as::<Config>(&body).ok());
        let oidc = config.map_or_else(
            || format!("{}/oidc", host.trim_end_matches('/')),
            |config| {
                let account = config.account_id.unwrap_or_default();
                config.oidc_endpoint.replace("{account_id}", &account)
            },
        );
        let server = self.client(&Endpoint {
            base_url: same_protection(host, oidc)?,
            ..self.endpoint.clone()
        })?;
        let metadata = server.target(".well-known/oauth-authorization-server");
        let body = ask(&server, &Call::get(&metadata))
            .await
            .map_err(|failure| not_authorized(&failure))?;
        let metadata: Metadata = parse_json_as(&body)?;
        same_protection(host, metadata.token_endpoint)
    }

    fn client(&self, endpoint: &Endpoint) -> Result<Client, Fault> {
        Client::with_tokens(endpoint, None, Arc::clone(&self.clock), 0)
            .map_err(|error| no_token(&format!("the token server's URL is not usable: {error}")))
    }
}

impl TokenSource for OAuth {
    fn grant(&self) -> BoxFuture<'_, Result<Granted, Fault>> {
        Box::pin(self.ask_server())
    }
}

async fn ask(client: &Client, call: &Call<'_>) -> Result<Bytes, CallFailure> {
    let reply = client.call(call, |head| {
        head.expect_json().map(|()| JsonBody::default())
    });
    reply.await.map(|reply| reply.output)
}

/// A secret goes only to a place that is as well protected as the one that named it.
fn same_protection(host: &str, url: String) -> Result<String, Fault> {
    if host.starts_with("https:") && !url.starts_with("https:") {
        return Err(no_token("the workspace names a token server without TLS"));
    }
    Ok(url)
}

/// The token server's client has tried again already.
fn not_authorized(failure: &CallFailure) -> Fault {
    let class = Class {
        kind: if failure.kind == FailureKind::Rejected {
            FailureKind::Auth
        } else {
            failure.kind
        },
        resend: Resend::Never,
        slow_down: false,
    };
    Fault::new(class, format!("no token: {}", failure.message))
}

/// A token reply of an OAuth server.
fn parse_granted(body: &[u8]) -> Result<Granted, Fault> {
    // The body is not quoted in errors: it may hold the token.
    let value: Option<Value> = parse_json_as(body).ok();
    value
        .as_ref()
        .and_then(Granted::in_json)
        .ok_or_else(|| no_token("the token server's reply holds no `access_token`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_server_is_not_less_protected_than_its_workspace() {
        same_protection("https://a", "https://b".to_owned()).unwrap();
        same_protection("http://a", "http://a".to_owned()).unwrap();
        same_protection("https://a", "http://a".to_owned()).unwrap_err();
    }
}

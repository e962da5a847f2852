//! Tokens that expire: fetched when first needed, renewed before their end by one caller for all.
//!
//! A token's life is counted on the monotonic clock from `expires_in`, so that a wrong wall clock
//! neither keeps a dead token nor throws a good one away.

use std::{
    fmt,
    pin::Pin,
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use groundgate_model::exchange::{CallFailure, FailureKind};
use reqwest::{Method, header::HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use tokio::{process::Command, sync::Mutex as AsyncMutex, time::timeout};

use super::{
    auth::{Auth, ClientCredentials, TokenCommand, TokenServer},
    call::Call,
    client::Client,
    clock::Clock,
    endpoint::{Endpoint, Timeouts},
    reply::{Fault, JsonBody, parse_json_as},
    retry::{Class, Resend},
    secret::{Redactor, Secret, percent_encoded},
};

/// A token is renewed so long before its end, or half its life where that is shorter.
const MARGIN: Duration = Duration::from_secs(100);

/// The life of a token that does not state it.
const UNSTATED_LIFE: Duration = Duration::from_mins(5);

/// How long a command may take.
const COMMAND_PATIENCE: Duration = Duration::from_secs(30);

/// The tokens of one endpoint.
pub(super) struct Tokens {
    source: Source,
    clock: Arc<dyn Clock>,
    redactor: Redactor,
    current: Mutex<Option<Token>>,
    /// Held by the one caller who renews.
    renewing: AsyncMutex<()>,
}

enum Source {
    OAuth {
        credentials: ClientCredentials,
        /// The workspace or token server as the settings give it, and what both share.
        endpoint: Box<Endpoint>,
    },
    Command(TokenCommand),
}

/// A token in use.
#[derive(Clone)]
pub(super) struct Token {
    header: HeaderValue,
    good_until: Duration,
}

impl Token {
    fn new(granted: &Granted, asked_at: Duration) -> Result<Self, Fault> {
        let mut header = HeaderValue::try_from(format!("Bearer {}", granted.token))
            .map_err(|_invalid| no_token("the token cannot be a header's value"))?;
        header.set_sensitive(true);
        let life = granted.life.unwrap_or(UNSTATED_LIFE);
        Ok(Self {
            header,
            good_until: asked_at.saturating_add(life.saturating_sub(MARGIN.min(life / 2))),
        })
    }

    /// The `Authorization` header.
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

/// A token as it was granted.
#[derive(Debug, PartialEq, Eq)]
struct Granted {
    token: String,
    life: Option<Duration>,
}

impl Tokens {
    /// What renews the endpoint's tokens; nothing where its authorization is fixed.
    pub(super) fn of(
        endpoint: &Endpoint,
        clock: Arc<dyn Clock>,
        redactor: Redactor,
    ) -> Option<Self> {
        let source = match &endpoint.auth {
            Auth::None | Auth::Bearer(_) | Auth::Header { .. } => return None,
            Auth::ClientCredentials(credentials) => Source::OAuth {
                credentials: credentials.clone(),
                endpoint: Box::new(Endpoint {
                    timeouts: Timeouts {
                        first_byte: Duration::from_secs(30),
                        ..endpoint.timeouts
                    },
                    retry: endpoint.retry,
                    extra_ca: endpoint.extra_ca.clone(),
                    proxy: endpoint.proxy.clone(),
                    ..Endpoint::at(match &credentials.server {
                        TokenServer::DatabricksHost(url) | TokenServer::Url(url) => url,
                    })
                }),
            },
            Auth::Command(command) => Source::Command(command.clone()),
        };
        Some(Self {
            source,
            clock,
            redactor,
            current: Mutex::new(None),
            renewing: AsyncMutex::new(()),
        })
    }

    /// A token that is good for now.
    pub(super) async fn current(&self) -> Result<Token, Fault> {
        match self.good() {
            Some(token) => Ok(token),
            None => self.renewed().await,
        }
    }

    /// Boxed, since calls need tokens and tokens need calls.
    fn renewed(&self) -> Pin<Box<dyn Future<Output = Result<Token, Fault>> + Send + '_>> {
        Box::pin(async {
            let _alone = self.renewing.lock().await;
            if let Some(token) = self.good() {
                return Ok(token);
            }
            let asked_at = self.clock.now();
            let granted = match &self.source {
                Source::OAuth {
                    credentials,
                    endpoint,
                } => self.ask_server(credentials, endpoint).await,
                Source::Command(command) => run(command).await,
            }?;
            self.redactor.learn(&Secret::new(granted.token.as_str()));
            let token = Token::new(&granted, asked_at)?;
            *self.lock() = Some(token.clone());
            Ok(token)
        })
    }

    /// The endpoint did not take the token: the next call gets a new one.
    pub(super) fn refused(&self, token: &Token) {
        let mut current = self.lock();
        if current
            .as_ref()
            .is_some_and(|current| current.header == token.header)
        {
            *current = None;
        }
    }

    fn good(&self) -> Option<Token> {
        let now = self.clock.now();
        self.lock()
            .as_ref()
            .filter(|token| now < token.good_until)
            .cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Token>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask_server(
        &self,
        credentials: &ClientCredentials,
        endpoint: &Endpoint,
    ) -> Result<Granted, Fault> {
        let url = match &credentials.server {
            TokenServer::Url(url) => url.clone(),
            TokenServer::DatabricksHost(host) => self.discover(host, endpoint).await?,
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
            ..endpoint.clone()
        })?;
        let target = server.target("");
        let form = format!(
            "grant_type=client_credentials&scope={}",
            percent_encoded(&credentials.scope)
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
    async fn discover(&self, host: &str, endpoint: &Endpoint) -> Result<String, Fault> {
        #[derive(Deserialize)]
        struct Config {
            oidc_endpoint: String,
            account_id: Option<String>,
        }
        #[derive(Deserialize)]
        struct Metadata {
            token_endpoint: String,
        }
        let workspace = self.client(endpoint)?;
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
            ..endpoint.clone()
        })?;
        let metadata = server.target(".well-known/oauth-authorization-server");
        let body = ask(&server, &Call::get(&metadata))
            .await
            .map_err(|failure| not_authorized(&failure))?;
        let metadata: Metadata = parse_json_as(&body)?;
        same_protection(host, metadata.token_endpoint)
    }

    fn client(&self, endpoint: &Endpoint) -> Result<Client, Fault> {
        Client::new(endpoint, Arc::clone(&self.clock), 0)
            .map_err(|error| no_token(&format!("the token server's URL is not usable: {error}")))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
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

fn no_token(message: &str) -> Fault {
    let class = Class {
        kind: FailureKind::Auth,
        resend: Resend::Never,
        slow_down: false,
    };
    Fault::new(class, format!("no token: {message}"))
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

async fn run(command: &TokenCommand) -> Result<Granted, Fault> {
    let program = &command.program;
    let run = Command::new(program)
        .args(&command.arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(COMMAND_PATIENCE, run)
        .await
        .map_err(|_elapsed| {
            no_token(&format!(
                "`{program}` did not end within {COMMAND_PATIENCE:?}"
            ))
        })?
        .map_err(|error| no_token(&format!("cannot run `{program}`: {error}")))?;
    // What it wrote is not shown: it may be half a token.
    if !output.status.success() {
        return Err(no_token(&format!(
            "`{program}` failed with {}",
            output.status
        )));
    }
    let mut granted = parse_printed(&output.stdout)
        .ok_or_else(|| no_token(&format!("`{program}` printed no token")))?;
    granted.life = granted.life.or(Some(command.lifetime));
    Ok(granted)
}

/// A token reply of an OAuth server.
fn parse_granted(body: &[u8]) -> Result<Granted, Fault> {
    // The body is not quoted in errors: it may hold the token.
    let value: Option<Value> = parse_json_as(body).ok();
    value
        .as_ref()
        .and_then(granted_in)
        .ok_or_else(|| no_token("the token server's reply holds no `access_token`"))
}

/// What a command printed: JSON, or nothing but the token on one line.
fn parse_printed(output: &[u8]) -> Option<Granted> {
    let text = str::from_utf8(output).ok()?.trim();
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(text) {
        return granted_in(&value);
    }
    let bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    bare.then(|| Granted {
        token: text.to_owned(),
        life: None,
    })
}

fn granted_in(value: &Value) -> Option<Granted> {
    let token = value
        .get("access_token")
        .or_else(|| value.get("accessToken"))?
        .as_str()?;
    let seconds = value.get("expires_in").and_then(|life| {
        let text = life.as_str().and_then(|text| text.parse().ok());
        life.as_f64().or(text)
    });
    Some(Granted {
        token: (!token.is_empty()).then(|| token.to_owned())?,
        life: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_prints_is_a_token_or_nothing() {
        for (output, token, life_s) in [
            ("tok-1\n", Some("tok-1"), None),
            (
                r#"{"access_token":"tok-2","expires_in":60}"#,
                Some("tok-2"),
                Some(60),
            ),
            (
                r#"{"accessToken":"tok-3","expires_in":"90"}"#,
                Some("tok-3"),
                Some(90),
            ),
            (r#"{"access_token":""}"#, None, None),
            ("Error: not logged in", None, None),
            ("", None, None),
        ] {
            let granted = parse_printed(output.as_bytes());
            let expected = token.map(|token| Granted {
                token: token.to_owned(),
                life: life_s.map(Duration::from_secs),
            });
            assert_eq!(granted, expected, "{output}");
        }
    }

    #[test]
    fn a_token_server_is_not_less_protected_than_its_workspace() {
        same_protection("https://a", "https://b".to_owned()).unwrap();
        same_protection("http://a", "http://a".to_owned()).unwrap();
        same_protection("https://a", "http://a".to_owned()).unwrap_err();
    }
}

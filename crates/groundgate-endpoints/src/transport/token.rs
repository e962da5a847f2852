//! Tokens that expire: fetched when first needed, renewed before their end by one caller for all.
//!
//! A token's life is counted on the monotonic clock from `expires_in`, so that a wrong wall clock
//! neither keeps a dead token nor throws a good one away.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use groundgate_model::exchange::FailureKind;
use reqwest::header::HeaderValue;
use serde_json::Value;
use tokio::sync::Mutex as AsyncMutex;

use super::{
    clock::Clock,
    reply::Fault,
    retry::{Class, Resend},
    secret::{Redactor, Secret},
};

/// A token is renewed so long before its end, or half its life where that is shorter.
const MARGIN: Duration = Duration::from_secs(100);

/// The life of a token that does not state it.
const UNSTATED_LIFE: Duration = Duration::from_mins(5);

/// The tokens of one endpoint.
pub(super) struct Tokens {
    source: Box<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    redactor: Redactor,
    current: Mutex<Option<Token>>,
    /// Held by the one caller who renews.
    renewing: AsyncMutex<()>,
}

/// What grants tokens.
pub(super) trait TokenSource: Send + Sync {
    /// A new token.
    fn grant(&self) -> BoxFuture<'_, Result<Granted, Fault>>;
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
pub(super) struct Granted {
    /// Its text.
    pub(super) token: String,
    /// How long it holds; `None` where nobody says so.
    pub(super) life: Option<Duration>,
}

impl Granted {
    /// The token in a reply of a server or the output of a command.
    pub(super) fn in_json(value: &Value) -> Option<Self> {
        let token = value
            .get("access_token")
            .or_else(|| value.get("accessToken"))?
            .as_str()?;
        let seconds = value.get("expires_in").and_then(|life| {
            let text = life.as_str().and_then(|text| text.parse().ok());
            life.as_f64().or(text)
        });
        Some(Self {
            token: (!token.is_empty()).then(|| token.to_owned())?,
            life: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        })
    }
}

impl Tokens {
    /// The tokens that `source` grants; the redactor learns each of them.
    pub(super) fn new(
        source: Box<dyn TokenSource>,
        clock: Arc<dyn Clock>,
        redactor: Redactor,
    ) -> Self {
        Self {
            source,
            clock,
            redactor,
            current: Mutex::new(None),
            renewing: AsyncMutex::new(()),
        }
    }

    /// What strikes the endpoint's secrets, and with them every token.
    pub(super) fn redactor(&self) -> Redactor {
        self.redactor.clone()
    }

    /// A token that is good for now.
    pub(super) async fn current(&self) -> Result<Token, Fault> {
        match self.good() {
            Some(token) => Ok(token),
            None => self.renewed().await,
        }
    }

    async fn renewed(&self) -> Result<Token, Fault> {
        let _alone = self.renewing.lock().await;
        if let Some(token) = self.good() {
            return Ok(token);
        }
        let asked_at = self.clock.now();
        let granted = self.source.grant().await?;
        self.redactor.learn(&Secret::new(granted.token.as_str()));
        let token = Token::new(&granted, asked_at)?;
        *self.lock() = Some(token.clone());
        Ok(token)
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
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

pub(super) fn no_token(message: &str) -> Fault {
    let class = Class {
        kind: FailureKind::Auth,
        resend: Resend::Never,
        slow_down: false,
    };
    Fault::new(class, format!("no token: {message}"))
}

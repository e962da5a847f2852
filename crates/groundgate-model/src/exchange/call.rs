//! What every call to an endpoint has, whoever makes it: tokens, time, and how it failed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::unit::Usd;

/// Tokens that a call used, as the reply states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read; `None` where the reply does not say.
    pub input_tokens: Option<u64>,
    /// Tokens written; `None` where the reply does not say.
    pub output_tokens: Option<u64>,
    /// Of those read, the ones that came from the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Of those read, the ones that were written to the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Of those written, the ones that the model said to itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
}

/// No call has more tokens: a larger count is a fault of whoever counted.
const MOST_TOKENS: u64 = 10_000_000;

impl Usage {
    /// The same beside a reply that says something: a count of zero was not counted.
    #[must_use]
    pub fn beside_text(self) -> Self {
        let counted = |count: Option<u64>| count.filter(|count| *count > 0);
        Self {
            input_tokens: counted(self.input_tokens),
            output_tokens: counted(self.output_tokens),
            ..self
        }
    }

    /// The count that no call can have, where there is one.
    pub fn impossible(self) -> Option<u64> {
        let counts = [
            self.input_tokens,
            self.output_tokens,
            self.cached_tokens,
            self.cache_write_tokens,
            self.reasoning_tokens,
        ];
        counts
            .into_iter()
            .flatten()
            .find(|count| *count > MOST_TOKENS)
    }
}

/// How long a call took, waiting for a free slot not counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timing {
    /// From sending the (last) request to the last byte of its reply, in milliseconds.
    pub latency_ms: u64,
    /// From sending to the first token of a streamed reply, in milliseconds.
    pub ttft_ms: Option<u64>,
    /// How often the call was sent; 1 where the first try succeeded.
    pub tries: u32,
    /// From the call being made to its (last) sending, in milliseconds: waiting for a free slot, for
    /// the endpoint's pace, and all earlier tries. No part of the latency.
    #[serde(default)]
    pub queued_ms: u64,
    /// How much of the latency was making a connection, with name and TLS, in milliseconds; `None`
    /// where an open one was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<u64>,
    /// The tries before the last, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_tries: Vec<FailedTry>,
}

/// One sending of a call that brought nothing usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedTry {
    /// What came of it.
    pub kind: FailureKind,
    /// From the call being made, or the try before being over, to this sending, in milliseconds.
    pub queued_ms: u64,
    /// Making a connection for it, in milliseconds; `None` where an open one was used, or where none
    /// was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<u64>,
    /// From this sending to knowing that it had failed, in milliseconds.
    pub latency_ms: u64,
}

/// Why a call to an endpoint brought nothing usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// No connection (refused, name not found, TLS).
    Connect,
    /// A deadline passed.
    Timeout,
    /// The connection ended before the reply was whole.
    Cut,
    /// 401 or 403.
    Auth,
    /// 429, and the retries were used up.
    RateLimited,
    /// Another 4xx.
    Rejected,
    /// 5xx, and the retries were used up.
    Server,
    /// A redirect, which is never followed.
    Redirect,
    /// A status of success, but not the promised form (HTML, other JSON, wrong encoding).
    Malformed,
    /// The provider's filter turned the question away.
    Filtered,
    /// A whole reply without an answer: no text, or reasoning only.
    Empty,
    /// A whole reply that asks for tools and answers nothing.
    ToolCalls,
    /// A limit on size or depth was passed.
    TooLarge,
    /// The answer came from another model than the run is about.
    Changed,
    /// A recorded answer was asked for that the file does not hold.
    Absent,
    /// Not sent: the budget, the deadline or the user ended the run.
    NotSent,
}

impl FailureKind {
    /// The name used in files and counts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Cut => "cut",
            Self::Auth => "auth",
            Self::RateLimited => "rate-limited",
            Self::Rejected => "rejected",
            Self::Server => "server",
            Self::Redirect => "redirect",
            Self::Malformed => "malformed",
            Self::Filtered => "filtered",
            Self::Empty => "empty",
            Self::ToolCalls => "tool-calls",
            Self::TooLarge => "too-large",
            Self::Changed => "changed",
            Self::Absent => "absent",
            Self::NotSent => "not-sent",
        }
    }
}

/// A call that brought nothing usable: what happened, in words, and how often it was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFailure {
    /// The class, for counting and deciding.
    pub kind: FailureKind,
    /// For people: what, where, cause. Never holds a secret.
    pub message: String,
    /// How often the call was sent.
    pub tries: u32,
    /// The times of those tries, in order, where it is the endpoint's client that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_tries: Vec<FailedTry>,
    /// What it cost all the same, where a whole reply says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Usd>,
}

impl CallFailure {
    /// A failure before anything was sent.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            tries: 0,
            failed_tries: Vec::new(),
            cost: None,
        }
    }

    /// The same after so many tries.
    #[must_use]
    pub fn after(self, tries: u32) -> Self {
        Self { tries, ..self }
    }
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

impl std::error::Error for CallFailure {}

//! Replies: how a body is read as it arrives, and what can be wrong with it.
//!
//! A reader sees bytes that are already decompressed and counted. It never sees the end of a body
//! that was cut: only a whole reply can become an answer.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use groundgate_model::{exchange::FailureKind, unit::Usd};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    error_body::ErrorBody,
    json::{self, JsonError, excerpt},
    retry::{Class, Resend, Trouble, classify},
    sse::SseError,
};

/// The head of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// 200 to 299.
    pub status: u16,
    /// The media type in lower case without parameters; empty where there is none.
    pub content_type: String,
    /// Which of an endpoint's models has answered, where a header says so.
    pub served_model: Option<String>,
    /// What the call cost, where a gateway says so.
    pub response_cost: Option<Usd>,
}

impl Head {
    /// An error unless the media type is one of `allowed`, as `application/json`, or not stated.
    pub fn expect(&self, allowed: &[&str]) -> Result<(), Fault> {
        if self.content_type.is_empty() || allowed.contains(&self.content_type.as_str()) {
            return Ok(());
        }
        Err(Fault::malformed(format!(
            "the reply is of type `{}`, not `{}`",
            excerpt(self.content_type.as_bytes()),
            allowed.join("` or `"),
        )))
    }

    /// An error unless the body is JSON.
    pub fn expect_json(&self) -> Result<(), Fault> {
        if self.content_type.ends_with("+json") {
            return Ok(());
        }
        self.expect(&["application/json"])
    }
}

/// How far a reader has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// No part of the answer has been seen.
    Waiting,
    /// The answer has begun.
    Speaking,
    /// The reply has said that it is whole; nothing after this is read.
    Done,
}

/// Reads one reply's body.
pub trait ReplyReader: Send {
    /// What the body means.
    type Output: Send;

    /// Reads the next piece.
    fn push(&mut self, bytes: Bytes) -> Result<Progress, Fault>;

    /// The body has ended as it should, or [`Progress::Done`] was reported.
    fn finish(self) -> Result<Self::Output, Fault>;
}

/// What was wrong with one try, and whether the call may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The class.
    pub class: Class,
    /// For people; without the place, which the client adds.
    pub message: String,
    /// The wait that the endpoint asked for.
    pub retry_after: Option<Duration>,
    /// The status, where it is what was wrong.
    pub status: Option<u16>,
}

impl Fault {
    /// A fault of a class.
    pub(super) fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            retry_after: None,
            status: None,
        }
    }

    fn of_reply(kind: FailureKind, message: impl Into<String>) -> Self {
        let class = Class {
            kind,
            resend: Resend::Never,
            slow_down: false,
        };
        Self::new(class, message)
    }

    /// The reply is not of the promised form.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::of_reply(FailureKind::Malformed, message)
    }

    /// The reply passes a limit.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::of_reply(FailureKind::TooLarge, message)
    }

    /// A whole reply says that its provider has broken off.
    pub(crate) fn broken_off(reason: Option<&str>) -> Self {
        let reason = excerpt(reason.unwrap_or_default().as_bytes());
        Self::of_reply(
            FailureKind::Server,
            format!("the reply ends with an error (finish reason `{reason}`)"),
        )
    }

    /// A whole reply states a count of tokens that no call can have.
    pub(crate) fn impossible_usage(count: u64) -> Self {
        Self::malformed(format!(
            "the reply states a usage of {count} tokens, which no call can have"
        ))
    }

    /// The reply ended before it was whole.
    pub fn cut(message: impl Into<String>, progress: Progress) -> Self {
        let class = classify(Trouble::Broken {
            kind: FailureKind::Cut,
            reply_began: progress > Progress::Waiting,
        });
        Self::new(class, message)
    }

    /// The same fault, found when the reply had come so far.
    #[must_use]
    pub(crate) fn after(mut self, progress: Progress) -> Self {
        if progress > Progress::Waiting {
            self.class.resend = Resend::Never;
        }
        self
    }

    /// A reply with a status of success reports an error instead of an answer.
    pub(crate) fn reported(error: &ErrorBody, progress: Progress) -> Self {
        let class = classify(Trouble::Status {
            code: 500,
            should_retry: None,
            error_code: error.code.as_deref(),
        });
        Self::new(
            class,
            format!("the reply reports an error: {}", error.message),
        )
        .after(progress)
    }
}

impl From<JsonError> for Fault {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooDeep => Self::too_large(error.to_string()),
            JsonError::NotUtf8 | JsonError::Unexpected { .. } => Self::malformed(error.to_string()),
        }
    }
}

impl From<SseError> for Fault {
    fn from(error: SseError) -> Self {
        match error {
            SseError::LineTooLong | SseError::TooManyEvents => Self::too_large(error.to_string()),
            SseError::NotUtf8 => Self::malformed(error.to_string()),
        }
    }
}

/// Parses JSON whose arrays and objects are nested at most 64 deep.
pub fn parse_json(bytes: &[u8]) -> Result<Value, Fault> {
    parse_json_as(bytes)
}

/// Parses JSON into a type of the caller's; unknown fields are its business.
pub(crate) fn parse_json_as<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    Ok(json::parse(bytes)?)
}

/// Collects a JSON body.
#[derive(Debug, Default)]
pub struct JsonBody {
    first: Bytes,
    more: BytesMut,
}

impl ReplyReader for JsonBody {
    type Output = Bytes;

    fn push(&mut self, bytes: Bytes) -> Result<Progress, Fault> {
        if self.first.is_empty() {
            self.first = bytes;
        } else {
            if self.more.is_empty() {
                self.more.extend_from_slice(&self.first);
            }
            self.more.extend_from_slice(&bytes);
        }
        Ok(Progress::Waiting)
    }

    fn finish(self) -> Result<Bytes, Fault> {
        Ok(if self.more.is_empty() {
            self.first
        } else {
            self.more.freeze()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_parsed_only_so_deep() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        parse_json(nested(64).as_bytes()).unwrap();
        let kind = |text: &str| parse_json(text.as_bytes()).unwrap_err().class.kind;
        assert_eq!(kind(&nested(65)), FailureKind::TooLarge);
        assert_eq!(kind(&nested(10_000)), FailureKind::TooLarge);
        parse_json(br#"{"a":"[[[\"[[[\\"}"#).unwrap();
    }

    #[test]
    fn what_is_no_json_says_why() {
        let message = |bytes: &[u8]| parse_json(bytes).unwrap_err().message;
        assert_eq!(message(b"{\"a\":\"\xff\"}"), "the reply is not valid UTF-8");
        assert!(message(br#""\ud8""#).contains("escape"));
        assert!(message(b"{\"a\":\"\0\"}").contains("control character"));
        assert!(message(b"<html>\x1b[31m").ends_with(": <html>\\u{1b}[31m"));
        assert!(message(b"{}{}").contains("trailing characters"));
    }

    #[test]
    fn a_body_in_pieces_is_the_body() {
        let mut body = JsonBody::default();
        for piece in ["[1", ",2", "", "]"] {
            body.push(Bytes::from(piece)).unwrap();
        }
        assert_eq!(body.finish().unwrap(), "[1,2]");
        assert_eq!(JsonBody::default().finish().unwrap(), "");
    }

    #[test]
    fn a_media_type_other_than_promised_is_a_fault() {
        let head = |content_type: &str| Head {
            status: 200,
            content_type: content_type.to_owned(),
            served_model: None,
            response_cost: None,
        };
        head("application/json").expect_json().unwrap();
        head("application/problem+json").expect_json().unwrap();
        let fault = head("text/html").expect_json().unwrap_err();
        assert_eq!(fault.class.kind, FailureKind::Malformed);
        assert_eq!(
            fault.message,
            "the reply is of type `text/html`, not `application/json`"
        );
    }
}

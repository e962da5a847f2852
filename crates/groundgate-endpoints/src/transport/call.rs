//! One call: where to, what is sent, and the whole reply.

use std::fmt;

use bytes::Bytes;
use groundgate_model::exchange::{CallFailure, Timing};
use reqwest::{
    Method, Request, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};

use super::{endpoint::shown, reply::Head};

/// A URL of the endpoint, made once and called often.
#[derive(Debug, Clone)]
pub struct Target {
    pub(super) url: Url,
    shown: String,
}

impl Target {
    pub(super) fn new(url: Url) -> Self {
        let shown = shown(&url).to_string();
        Self { url, shown }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Where to.
    pub target: &'a Target,
    /// How.
    pub method: Method,
    /// What is sent, with its media type.
    pub body: Option<(Bytes, &'static str)>,
    /// An estimate of the tokens that it will use, for the limit per minute; 0 where there is none.
    pub tokens: u32,
}

impl<'a> Call<'a> {
    /// A POST of JSON.
    pub fn post_json(target: &'a Target, body: impl Into<Bytes>) -> Self {
        Self {
            target,
            method: Method::POST,
            body: Some((body.into(), "application/json")),
            tokens: 0,
        }
    }

    /// A PUT of a file.
    pub fn put(target: &'a Target, body: impl Into<Bytes>) -> Self {
        Self {
            target,
            method: Method::PUT,
            body: Some((body.into(), "application/octet-stream")),
            tokens: 0,
        }
    }

    /// A GET.
    pub const fn get(target: &'a Target) -> Self {
        Self {
            target,
            method: Method::GET,
            body: None,
            tokens: 0,
        }
    }

    /// What is sent, authorized by a token where tokens are renewed.
    pub(super) fn request(&self, authorization: Option<HeaderValue>) -> Request {
        let mut request = Request::new(self.method.clone(), self.target.url.clone());
        if let Some((body, media_type)) = &self.body {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
            *request.body_mut() = Some(body.clone().into());
        }
        if let Some(value) = authorization {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        request
    }

    /// The same call with an estimate of its tokens.
    #[must_use]
    pub const fn with_tokens(mut self, tokens: u32) -> Self {
        self.tokens = tokens;
        self
    }
}

/// A call that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// What became of it.
    pub failure: CallFailure,
    /// The status of the last reply, where that is what was wrong.
    pub status: Option<u16>,
}

impl From<CallFailure> for Unanswered {
    fn from(failure: CallFailure) -> Self {
        Self {
            failure,
            status: None,
        }
    }
}

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<T> {
    /// What the reader made of the body.
    pub output: T,
    /// The head.
    pub head: Head,
    /// How long it took.
    pub timing: Timing,
}

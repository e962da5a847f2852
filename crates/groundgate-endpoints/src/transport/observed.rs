//! What an endpoint shows of itself beside its answers, for people who look at it.

use reqwest::{
    Response,
    header::{DATE, HeaderMap, HeaderName, SERVER},
};

use super::status::header;

/// What an endpoint's first reply showed of it besides its body, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// As `HTTP/1.1`.
    pub http_version: String,
    /// The `Date` header.
    pub date: Option<String>,
    /// The `Server` header, cut.
    pub server: Option<String>,
    /// Headers that speak of rate limits, with their values.
    pub pace: Vec<(String, String)>,
}

impl Observed {
    pub(super) fn of(response: &Response) -> Self {
        let text = |name: HeaderName| {
            let value = header(response.headers(), &name)?;
            Some(value.chars().take(100).collect())
        };
        Self {
            http_version: format!("{:?}", response.version()),
            date: text(DATE),
            server: text(SERVER),
            pace: pace_words(response.headers()),
        }
    }
}

/// What headers say of limits, for people.
fn pace_words(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| name.as_str().contains("ratelimit"))
        .filter_map(|(name, value)| {
            let value: String = value.to_str().ok()?.chars().take(60).collect();
            Some((name.as_str().to_owned(), value))
        })
        .take(20)
        .collect()
}

//! Replies that are no success: what their status, headers and body say.

use std::time::Duration;

use groundgate_model::unit::Usd;
use reqwest::{
    Response, StatusCode, Url,
    header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER},
};
use tokio::time::timeout;

use super::{
    error_body, rate_headers,
    reply::Fault,
    retry::{Trouble, classify, retry_after},
};

/// The most of an error reply's body that is read, in bytes.
const LARGEST_ERROR_BODY: usize = 64 << 10;

/// How long the body of an error reply, or the rest of a finished stream, is waited for.
pub(super) const REST_PATIENCE: Duration = Duration::from_secs(2);

/// What a reply with a status other than success means.
/// `tokens` is what the call was estimated to use.
pub(super) async fn status_fault(response: Response, called: &Url, tokens: u32) -> Fault {
    let status = response.status();
    if status.is_redirection() {
        return redirect_fault(status, response.headers(), called);
    }
    let headers = response.headers();
    let wait = asked_wait(headers);
    let find = |name: &str| headers.get(name)?.to_str().ok();
    let wait = wait.or_else(|| rate_headers::wait(find, tokens));
    let should_retry = should_retry(headers);
    let error = error_body::read(&error_bytes(response).await);
    let class = classify(Trouble::Status {
        code: status.as_u16(),
        should_retry,
        error_code: error.code.as_deref(),
    });
    let message = if error.message.is_empty() {
        format!("status {status}")
    } else {
        format!("status {status}: {}", error.message)
    };
    Fault {
        retry_after: wait,
        status: Some(status.as_u16()),
        ..Fault::new(class, message)
    }
}

/// What a reply itself says of sending the call again.
fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match header(headers, &HeaderName::from_static("x-should-retry")) {
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) | None => None,
    }
}

/// The wait that a reply asks for, or a gateway in its provider's name.
fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    retry_after(
        first(headers, &["retry-after-ms", "x-ms-retry-after-ms"]),
        header(headers, &RETRY_AFTER).or_else(|| first(headers, &["llm_provider-retry-after"])),
        header(headers, &DATE),
    )
}

fn redirect_fault(status: StatusCode, headers: &HeaderMap, called: &Url) -> Fault {
    let host = header(headers, &LOCATION)
        .and_then(|location| called.join(location).ok())
        .and_then(|url| url.host_str().map(str::to_owned));
    let class = classify(Trouble::Status {
        code: status.as_u16(),
        should_retry: None,
        error_code: None,
    });
    let message = match host {
        Some(host) => format!("status {status} to the host `{host}`; redirects are not followed"),
        None => format!("status {status}; redirects are not followed"),
    };
    Fault::new(class, message)
}

/// As much of an error's body as comes soon.
async fn error_bytes(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = async {
        while let Ok(Some(piece)) = response.chunk().await {
            let room = LARGEST_ERROR_BODY.saturating_sub(bytes.len());
            bytes.extend(piece.iter().take(room));
            if piece.len() >= room {
                break;
            }
        }
    };
    // A body that does not come soon is not worth waiting for: the status says enough.
    timeout(REST_PATIENCE, read).await.unwrap_or_default();
    bytes
}

/// The media type in lower case without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    header(headers, &CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// The wait that a reply asks for although it is a success: what is left of a limit is nothing.
pub(super) fn pause(headers: &HeaderMap, tokens: u32) -> Option<Duration> {
    let find = |name: &str| headers.get(name)?.to_str().ok();
    rate_headers::may_be_used_up(find)
        .then(|| rate_headers::wait(find, tokens))
        .flatten()
}

/// Which model has answered, as Databricks says it.
pub(super) fn served_model(headers: &HeaderMap) -> Option<String> {
    let name = header(headers, &HeaderName::from_static("served-model-name"))?.trim();
    (!name.is_empty()).then(|| name.chars().take(200).collect())
}

/// What a gateway says that the call cost; a cost of nothing was not counted.
pub(super) fn response_cost(headers: &HeaderMap) -> Option<Usd> {
    let stated = header(headers, &HeaderName::from_static("x-litellm-response-cost"))?;
    let cost = Usd::from_dollars(stated.trim().parse().ok()?)?;
    (cost > Usd::ZERO).then_some(cost)
}

/// The first of the headers that is there: gateways pass on what a provider asked for under names of
/// their own.
fn first<'a>(headers: &'a HeaderMap, names: &[&'static str]) -> Option<&'a str> {
    let mut names = names.iter();
    names.find_map(|name| header(headers, &HeaderName::from_static(name)))
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_gateways_own_headers_say_how_long_to_wait() {
        for (name, value, expected_ms) in [
            ("retry-after-ms", "300", 300),
            ("x-ms-retry-after-ms", "300", 300),
            ("retry-after", "2", 2000),
            ("llm_provider-retry-after", "2", 2000),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            let wait = asked_wait(&headers).map(|wait| wait.as_millis());
            assert_eq!(wait, Some(expected_ms), "{name}");
        }
        assert_eq!(asked_wait(&HeaderMap::new()), None);
    }

    #[test]
    fn a_reply_that_speaks_of_sending_again_is_heard() {
        for (value, expected) in [
            ("true", Some(true)),
            ("false", Some(false)),
            ("perhaps", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-should-retry", HeaderValue::from_static(value));
            assert_eq!(should_retry(&headers), expected, "{value}");
        }
        assert_eq!(should_retry(&HeaderMap::new()), None);
    }

    #[test]
    fn a_gateways_cost_is_read_and_nothing_is_no_cost() {
        for (value, expected) in [
            ("0.00123", Usd::from_dollars(0.00123)),
            ("1.5e-05", Usd::from_dollars(0.000_015)),
            ("0.0", None),
            ("-1", None),
            ("NaN", None),
            ("None", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-litellm-response-cost", HeaderValue::from_static(value));
            assert_eq!(response_cost(&headers), expected, "{value}");
        }
    }
}

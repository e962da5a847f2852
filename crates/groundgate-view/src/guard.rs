//! Who may ask: only a page of ours, in a browser on this machine.
//!
//! The token is the first part of every path. A page elsewhere cannot know it, and a name that was
//! pointed at 127.0.0.1 is refused by `Host`. There is no CORS header anywhere, so no other origin can
//! read an answer; what changes something needs our `Origin`, a JSON body and a header that no form
//! can send.

use axum::http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts};
use groundgate_model::unit::Digest;

/// Every reply forbids the page to load, send or be framed by anything but itself.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the server is known by.
#[derive(Debug, Clone)]
pub(super) struct Door {
    port: u16,
    token: Digest,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) StatusCode, pub(super) &'static str);

impl Door {
    pub(super) fn new(port: u16, token: &str) -> Self {
        Self {
            port,
            token: Digest::of(token.as_bytes()),
        }
    }

    /// The name of the page that is asked for, if the request may ask.
    pub(super) fn admit<'a>(&self, parts: &'a Parts) -> Result<&'a str, Refusal> {
        let host = format!("127.0.0.1:{}", self.port);
        let origin = format!("http://{host}");
        is_here(&parts.headers, &parts.uri, &host)?;
        let from = only(&parts.headers, header::ORIGIN.as_str())?;
        if from.is_some_and(|from| from != origin) {
            return Err(Refusal(
                StatusCode::FORBIDDEN,
                "the request comes from another page",
            ));
        }
        let site = only(&parts.headers, "sec-fetch-site")?;
        if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return Err(Refusal(
                StatusCode::FORBIDDEN,
                "the request comes from another site",
            ));
        }
        match parts.method {
            Method::GET | Method::HEAD => {}
            Method::POST => may_change(&parts.headers, from)?,
            _ => {
                return Err(Refusal(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "only GET and POST are known",
                ));
            }
        }
        let path = parts.uri.path().strip_prefix('/').unwrap_or("");
        let (token, page) = path.split_once('/').unwrap_or((path, ""));
        // Digests are compared, so the time it takes says nothing about the token.
        if Digest::of(token.as_bytes()) != self.token {
            return Err(Refusal(
                StatusCode::NOT_FOUND,
                "open the address that groundgate printed",
            ));
        }
        Ok(page)
    }
}

fn is_here(headers: &HeaderMap, uri: &Uri, host: &str) -> Result<(), Refusal> {
    let wrong = Refusal(
        StatusCode::MISDIRECTED_REQUEST,
        "this is not the host's name",
    );
    let elsewhere = uri
        .authority()
        .is_some_and(|authority| authority.as_str() != host);
    if elsewhere || only(headers, header::HOST.as_str())? != Some(host) {
        return Err(wrong);
    }
    Ok(())
}

fn may_change(headers: &HeaderMap, origin: Option<&str>) -> Result<(), Refusal> {
    let has = |name: &str, wanted: &str| only(headers, name).map(|value| value == Some(wanted));
    if origin.is_none() || !has("x-groundgate", "1")? {
        return Err(Refusal(
            StatusCode::FORBIDDEN,
            "only our own pages may change something",
        ));
    }
    if !has(header::CONTENT_TYPE.as_str(), "application/json")? {
        return Err(Refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body must be JSON",
        ));
    }
    Ok(())
}

/// A header's value; refused where it is there twice or is not text.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Refusal(StatusCode::BAD_REQUEST, "a header is there twice"));
    }
    first
        .map(|value| value.to_str())
        .transpose()
        .map_err(|_not_text| Refusal(StatusCode::BAD_REQUEST, "a header is not text"))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    const TOKEN: &str = "a-long-secret";

    fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Result<String, u16> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let door = Door::new(4711, TOKEN);
        let page = door.admit(&parts);
        page.map(str::to_owned)
            .map_err(|refusal| refusal.0.as_u16())
    }

    const HERE: (&str, &str) = ("host", "127.0.0.1:4711");
    const OURS: (&str, &str) = ("origin", "http://127.0.0.1:4711");
    const MARK: (&str, &str) = ("x-groundgate", "1");
    const JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn our_own_pages_are_admitted() {
        let path = "/a-long-secret/case?id=x";
        assert_eq!(ask("GET", path, &[HERE]), Ok("case".to_owned()));
        assert_eq!(
            ask(
                "GET",
                "/a-long-secret/",
                &[HERE, ("sec-fetch-site", "none")]
            ),
            Ok(String::new())
        );
        assert_eq!(
            ask("POST", path, &[HERE, OURS, MARK, JSON]),
            Ok("case".to_owned())
        );
    }

    /// Method, path, headers, and the status of the refusal.
    type Hostile = (
        &'static str,
        &'static str,
        &'static [(&'static str, &'static str)],
        u16,
    );

    #[test]
    fn a_hostile_page_is_refused() {
        const GET: &str = "/a-long-secret/";
        let table: [Hostile; 19] = [
            // A name that was rebound to 127.0.0.1.
            ("GET", GET, &[("host", "evil.example:4711")], 421),
            ("GET", GET, &[("host", "localhost:4711")], 421),
            ("GET", GET, &[("host", "127.0.0.1")], 421),
            ("GET", GET, &[("host", "127.0.0.1:4712")], 421),
            ("GET", GET, &[], 421),
            ("GET", GET, &[HERE, HERE], 400),
            ("GET", "http://evil.example/a-long-secret/", &[HERE], 421),
            // Another page in the same browser.
            ("GET", GET, &[HERE, ("origin", "https://evil.example")], 403),
            ("GET", GET, &[HERE, ("origin", "null")], 403),
            (
                "GET",
                GET,
                &[HERE, ("origin", "http://127.0.0.1:4712")],
                403,
            ),
            ("GET", GET, &[HERE, ("sec-fetch-site", "cross-site")], 403),
            ("GET", GET, &[HERE, ("sec-fetch-site", "same-site")], 403),
            // Without the token.
            ("GET", "/", &[HERE], 404),
            ("GET", "/a-long-secre/", &[HERE], 404),
            ("GET", "/%61-long-secret/", &[HERE], 404),
            // Changing something from elsewhere, or by a form.
            ("POST", GET, &[HERE, MARK, JSON], 403),
            ("POST", GET, &[HERE, OURS, JSON], 403),
            (
                "POST",
                GET,
                &[HERE, OURS, MARK, ("content-type", "text/plain")],
                415,
            ),
            // Preflights get no permission.
            ("OPTIONS", GET, &[HERE, OURS], 405),
        ];
        for (method, path, headers, status) in table {
            assert_eq!(
                ask(method, path, headers),
                Err(status),
                "{method} {path} {headers:?}"
            );
        }
    }
}

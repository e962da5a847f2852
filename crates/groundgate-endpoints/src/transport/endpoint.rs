//! One endpoint as meant: where it is, how to prove who we are, and every limit of a call to it.
//!
//! Settings are checked once, when a [`super::Client`] is made of them.

use std::{fmt, time::Duration};

use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
};

use super::{
    auth::Auth,
    limit::Limits,
    percent,
    retry::RetryPolicy,
    secret::{Redactor, Secret},
};

/// Where calls go and how.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `http` or `https`; without user information, fragment, or a query that holds a key. Paths of
    /// calls are added to its path.
    pub base_url: String,
    /// Sent with every call.
    pub headers: Vec<(String, HeaderText)>,
    /// How calls are authorized.
    pub auth: Auth,
    /// How fast it may be asked.
    pub limits: Limits,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// What is done after a failure.
    pub retry: RetryPolicy,
    /// The largest body of a reply, decompressed, in bytes.
    pub largest_body: usize,
    /// Certificates in PEM that are trusted beside the system's.
    pub extra_ca: Option<Vec<u8>>,
    /// A proxy that calls go through.
    pub proxy: Option<Proxy>,
}

impl Endpoint {
    /// An endpoint with default limits and no authorization.
    pub fn at(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            headers: Vec::new(),
            auth: Auth::None,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            largest_body: 8 << 20,
            extra_ca: None,
            proxy: None,
        }
    }

    pub(super) fn header_map(&self) -> Result<HeaderMap, EndpointError> {
        let mut map = HeaderMap::new();
        let mut add = |name: &str, value: &str, sensitive| {
            let parsed = HeaderName::try_from(name)
                .ok()
                .zip(HeaderValue::try_from(value).ok());
            let (parsed_name, mut parsed_value) =
                parsed.ok_or_else(|| EndpointError::Header(name.to_owned()))?;
            parsed_value.set_sensitive(sensitive);
            map.append(parsed_name, parsed_value);
            Ok(())
        };
        for (name, value) in &self.headers {
            match value {
                HeaderText::Plain(text) => add(name, text, false)?,
                HeaderText::Secret(secret) => add(name, secret.expose(), true)?,
            }
        }
        match &self.auth {
            Auth::None | Auth::ClientCredentials(_) | Auth::Command(_) => {}
            Auth::Bearer(token) => {
                add(
                    AUTHORIZATION.as_str(),
                    &format!("Bearer {}", token.expose()),
                    true,
                )?;
            }
            Auth::Header { name, value } => add(name, value.expose(), true)?,
        }
        Ok(map)
    }

    pub(super) fn redactor(&self) -> Redactor {
        let headers = self.headers.iter().filter_map(|(_, value)| match value {
            HeaderText::Plain(_) => None,
            HeaderText::Secret(secret) => Some(secret),
        });
        let auth = match &self.auth {
            Auth::None | Auth::Command(_) => None,
            Auth::Bearer(secret) | Auth::Header { value: secret, .. } => Some(secret),
            Auth::ClientCredentials(credentials) => Some(&credentials.client_secret),
        };
        let proxy = self.proxy.iter().filter_map(|proxy| proxy.login.as_ref());
        Redactor::new(
            headers
                .chain(auth)
                .chain(proxy.map(|(_, password)| password)),
        )
    }
}

/// The value of a header.
#[derive(Debug, Clone)]
pub enum HeaderText {
    /// May be shown.
    Plain(String),
    /// Must not be shown.
    Secret(Secret),
}

/// A proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// `http` or `https`, without user information.
    pub url: String,
    /// User name and password.
    pub login: Option<(String, Secret)>,
    /// Hosts, suffixes and address ranges that are reached without it, with commas between them.
    pub except: String,
}

impl Proxy {
    /// Reads what environments name: `http://user:password@host:3128`, the scheme and the login left
    /// out or not.
    pub fn parse(text: &str, except: &str) -> Result<Self, EndpointError> {
        let unusable = |cause: String| EndpointError::Proxy(cause);
        let written = text.trim();
        let with_scheme = if written.contains("://") {
            written.to_owned()
        } else {
            format!("http://{written}")
        };
        // Neither message repeats the text: it may hold a password.
        let mut url = Url::parse(&with_scheme)
            .map_err(|error| unusable(format!("it is no URL ({error})")))?;
        let login = (!url.username().is_empty()).then(|| {
            let password = percent::decoded(url.password().unwrap_or_default());
            (percent::decoded(url.username()), Secret::new(password))
        });
        let without_login = url.set_password(None).and_then(|()| url.set_username(""));
        without_login.map_err(|()| unusable("it has no host".to_owned()))?;
        checked_url(url.as_str())
            .map_err(|error| unusable(error.to_string().replace("`base_url`", "it")))?;
        Ok(Self {
            url: url.into(),
            login,
            except: except.to_owned(),
        })
    }
}

/// Whether a URL leads to this machine itself.
pub fn is_loopback(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || address
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}

/// How long each part of a call may take. Waiting for a free slot is not part of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect, TLS included.
    pub connect: Duration,
    /// From sending to the head of the reply.
    pub first_byte: Duration,
    /// Between two pieces of the body.
    pub idle: Duration,
    /// From sending to the end of the body, however it trickles.
    pub whole: Duration,
    /// A body that comes more slowly than so many bytes a second is given up; 0: none is.
    pub least_bytes_per_s: u32,
    /// How long a body may take before its rate counts.
    pub grace: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_mins(2),
            idle: Duration::from_mins(1),
            whole: Duration::from_mins(5),
            least_bytes_per_s: 10,
            grace: Duration::from_secs(30),
        }
    }
}

/// Settings of which no client can be made. Says where the fault is, never a value that may be a
/// secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The text is no URL.
    #[error("`base_url` is not a URL: {0}")]
    NotAUrl(String),
    /// It cannot be called.
    #[error("`base_url` has the scheme `{0}`; only http and https are called")]
    Scheme(String),
    /// A secret in a URL reaches logs on both sides.
    #[error("`base_url` holds a user name or password; give credentials by `auth`")]
    UserInfo,
    /// A secret in a URL reaches logs on both sides.
    #[error(
        "`base_url` holds what looks like a key in its query (`{0}`); give credentials by `auth`"
    )]
    KeyInQuery(String),
    /// It means nothing to a server.
    #[error("`base_url` has a fragment")]
    Fragment,
    /// A header that HTTP cannot carry.
    #[error("the header `{0}` has a name or value that HTTP cannot carry")]
    Header(String),
    /// An extra certificate that cannot be read.
    #[error("the extra certificates are not PEM certificates: {0}")]
    ExtraCa(String),
    /// The proxy's address.
    #[error("the proxy's URL is not usable: {0}")]
    Proxy(String),
    /// TLS or the client could not be set up.
    #[error("cannot set up the HTTP client: {0}")]
    Setup(String),
}

/// Query parameters whose names say that their value is a secret.
pub(super) const KEY_LIKE: [&str; 8] = [
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "sig",
    "signature",
    "credential",
];

/// Checks a URL that settings give.
pub(super) fn checked_url(text: &str) -> Result<Url, EndpointError> {
    let url = Url::parse(text).map_err(|error| EndpointError::NotAUrl(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(EndpointError::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(EndpointError::Fragment);
    }
    let suspect = url.query_pairs().find(|(name, _)| {
        let name = name.to_ascii_lowercase();
        KEY_LIKE.iter().any(|word| name.ends_with(word))
    });
    if let Some((name, _)) = suspect {
        return Err(EndpointError::KeyInQuery(name.chars().take(40).collect()));
    }
    Ok(url)
}

/// Whether calls can go to a URL that settings give; a [`super::Client`] checks it again.
pub fn check_url(text: &str) -> Result<(), EndpointError> {
    checked_url(text).map(|_url| ())
}

/// A URL as messages may show it: scheme, host, port and path.
pub(super) fn shown(url: &Url) -> Shown<'_> {
    Shown(url)
}

/// See [`shown`].
pub(super) struct Shown<'a>(&'a Url);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(url) = self;
        write!(
            f,
            "{}://{}",
            url.scheme(),
            url.host_str().unwrap_or_default()
        )?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_holds_no_secret_and_can_be_called() {
        let fault = |text: &str| checked_url(text).unwrap_err().to_string();
        for (text, expected) in [
            ("nowhere", "not a URL"),
            ("ftp://host", "scheme `ftp`"),
            ("https://user@host", "user name"),
            ("https://:canary@host", "user name"),
            ("https://host?api_key=canary", "`api_key`"),
            ("https://host?a=1&access_token=canary", "`access_token`"),
            ("https://host?X-Amz-Signature=canary", "`X-Amz-Signature`"),
            ("https://host/#canary", "fragment"),
        ] {
            let fault = fault(text);
            assert!(fault.contains(expected), "{fault}");
            assert!(!fault.contains("canary"), "{fault}");
        }
        checked_url("http://127.0.0.1:8000/v1?api-version=2024-10-21").unwrap();
    }

    #[test]
    fn an_environments_proxy_is_read_and_its_password_not_shown() {
        let check = |text: &str, url: &str, login: Option<(&str, &str)>| {
            let proxy = Proxy::parse(text, "a,b").unwrap();
            assert_eq!(proxy.url, url, "{text}");
            let found = proxy.login.as_ref();
            let found = found.map(|(user, password)| (user.as_str(), password.expose()));
            assert_eq!(found, login, "{text}");
            assert!(!format!("{proxy:?}").contains("canary"), "{proxy:?}");
        };
        check("proxy:3128", "http://proxy:3128/", None);
        check("https://proxy", "https://proxy/", None);
        let login = Some(("me@corp", "canary:/"));
        check(
            "http://me%40corp:canary%3A%2F@proxy:1",
            "http://proxy:1/",
            login,
        );
        for text in ["socks5://me:canary@proxy", "http://", "http://me:canary@"] {
            let error = Proxy::parse(text, "").unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for (url, expected) in [
            ("http://localhost:1/v1", true),
            ("http://127.0.0.2", true),
            ("http://[::1]:8", true),
            ("http://localhost.example", false),
            ("https://10.0.0.1", false),
            ("nowhere", false),
        ] {
            assert_eq!(is_loopback(url), expected, "{url}");
        }
    }

    #[test]
    fn a_url_is_shown_without_its_query() {
        let url = checked_url("https://host:444/a/b?api-version=1").unwrap();
        assert_eq!(shown(&url).to_string(), "https://host:444/a/b");
    }

    #[test]
    fn no_header_value_is_shown() {
        let endpoint = Endpoint {
            headers: vec![(
                "x-team".to_owned(),
                HeaderText::Secret(Secret::new("canary-1")),
            )],
            auth: Auth::Bearer(Secret::new("canary-2")),
            ..Endpoint::at("http://host")
        };
        let shown = format!("{endpoint:?} {:?}", endpoint.header_map().unwrap());
        assert!(!shown.contains("canary"), "{shown}");
        let broken = Endpoint {
            auth: Auth::Bearer(Secret::new("canary\u{1}")),
            ..endpoint
        };
        let fault = broken.header_map().unwrap_err().to_string();
        assert_eq!(
            fault,
            "the header `authorization` has a name or value that HTTP cannot carry"
        );
    }
}

//! Of an endpoint: where it is, what is sent with every call, and who stands between.

use std::time::Duration;

use super::{CANARY, Changes, client};
use crate::transport::{
    Auth, ClientCredentials, Endpoint, HeaderText, Proxy, Secret, TokenCommand, TokenServer,
};

/// Self-signed, for `ca.test`.
const CA: &[u8] = include_bytes!("ca.pem");

fn secret() -> Secret {
    Secret::new(CANARY)
}

fn plain(name: &str, value: &str) -> (String, HeaderText) {
    (name.to_owned(), HeaderText::Plain(value.to_owned()))
}

fn proxy(url: &str, except: &str) -> Proxy {
    Proxy::parse(url, except).unwrap()
}

fn credentials(change: impl FnOnce(&mut ClientCredentials)) -> Auth {
    let mut credentials = ClientCredentials {
        server: TokenServer::Url("https://login.test/token".to_owned()),
        client_id: "app".to_owned(),
        client_secret: secret(),
        scope: "all-apis".to_owned(),
    };
    change(&mut credentials);
    Auth::ClientCredentials(credentials)
}

fn changes() -> Changes<Endpoint> {
    Changes::of(
        Endpoint::at("https://host.test/v1?api-version=1"),
        |endpoint| {
            let client = client(endpoint);
            client.manifest("kind", &client.target("path"))
        },
    )
}

#[test]
fn where_calls_go_is_identity() {
    let mut changes = changes();
    for url in [
        "http://host.test/v1?api-version=1",
        "https://other.test/v1?api-version=1",
        "https://host.test:444/v1?api-version=1",
        "https://host.test/v2?api-version=1",
        "https://host.test/v1?api-version=2",
        "https://host.test/v1?api_version=1",
        "https://host.test/v1?api-version=1&a=b",
        "https://host.test/v1",
    ] {
        changes.tells(url, |endpoint| endpoint.base_url = url.to_owned());
    }
    changes.tells("a code in the query", |endpoint| {
        endpoint.base_url = format!("https://host.test/v1?code={CANARY}");
    });
}

#[test]
fn headers_are_identity_by_name_and_digest() {
    changes()
        .tells("a header", |endpoint| {
            endpoint.headers = vec![plain("x-route", "a")];
        })
        .tells("its value", |endpoint| {
            endpoint.headers = vec![plain("x-route", "b")];
        })
        .tells("its name", |endpoint| {
            endpoint.headers = vec![plain("x-rout", "a")];
        })
        .tells("two headers of a name", |endpoint| {
            endpoint.headers = vec![plain("x-route", "a"), plain("x-route", "b")];
        })
        .tells("their order", |endpoint| {
            endpoint.headers = vec![plain("x-route", "b"), plain("x-route", "a")];
        })
        .tells("a value that looks like a key", |endpoint| {
            endpoint.headers = vec![plain("x-route", CANARY)];
        })
        .tells("a secret header", |endpoint| {
            endpoint.headers = vec![("x-route".to_owned(), HeaderText::Secret(secret()))];
        });
}

#[test]
fn keys_are_identity_by_the_name_of_their_header_only() {
    let mut authorized = changes();
    authorized.tells("a token", |endpoint| endpoint.auth = Auth::Bearer(secret()));
    authorized.start.auth = Auth::Bearer(Secret::new("another-key-1"));
    authorized
        .ignores("another token", |endpoint| {
            endpoint.auth = Auth::Bearer(secret());
        })
        .ignores("a command that prints it", |endpoint| {
            endpoint.auth = Auth::Command(TokenCommand {
                program: "login".to_owned(),
                arguments: vec![CANARY.to_owned()],
                lifetime: Duration::from_secs(1),
            });
        })
        .ignores("a header of that name", |endpoint| {
            endpoint.auth = Auth::None;
            endpoint.headers = vec![plain("Authorization", CANARY)];
        });
    changes()
        .tells("a key", |endpoint| {
            endpoint.auth = Auth::Header {
                name: "x-api-key".to_owned(),
                value: secret(),
            };
        })
        .tells("in another header", |endpoint| {
            endpoint.auth = Auth::Header {
                name: "api-key".to_owned(),
                value: secret(),
            };
        });
}

#[test]
fn who_asks_is_identity_where_it_is_no_secret() {
    let mut changes = changes();
    changes.start.auth = credentials(|_| {});
    changes
        .tells("client", |endpoint| {
            endpoint.auth = credentials(|auth| auth.client_id = "other".to_owned());
        })
        .tells("scope", |endpoint| {
            endpoint.auth = credentials(|auth| auth.scope = "less".to_owned());
        })
        .tells("server", |endpoint| {
            let host = TokenServer::DatabricksHost("https://other.test".to_owned());
            endpoint.auth = credentials(|auth| auth.server = host);
        })
        .ignores("secret", |endpoint| {
            let renewed = Secret::new("another-key-1");
            endpoint.auth = credentials(|auth| auth.client_secret = renewed);
        });
}

#[test]
fn who_stands_between_is_identity() {
    let mut changes = changes();
    changes
        .tells("a proxy", |endpoint| {
            endpoint.proxy = Some(proxy("http://proxy.test:3128", ""));
        })
        .tells("another proxy", |endpoint| {
            endpoint.proxy = Some(proxy("http://proxy.test:3129", ""));
        })
        .tells("its exceptions", |endpoint| {
            endpoint.proxy = Some(proxy("http://proxy.test:3128", "a.test"));
        })
        .tells("its login", |endpoint| {
            endpoint.proxy = Some(proxy(&format!("http://me:{CANARY}@proxy.test:3128"), ""));
        })
        .tells("a certificate authority", |endpoint| {
            endpoint.extra_ca = Some(CA.to_vec());
        })
        .tells("two of them", |endpoint| {
            endpoint.extra_ca = Some([CA, CA].concat());
        });
    changes.start.proxy = Some(proxy("http://me:password-1@proxy.test:3128", ""));
    changes.ignores("its password", |endpoint| {
        endpoint.proxy = Some(proxy(&format!("http://me:{CANARY}@proxy.test:3128"), ""));
    });
}

#[test]
fn limits_timeouts_and_retries_are_no_identity() {
    changes()
        .ignores("limits", |endpoint| endpoint.limits.in_flight += 1)
        .ignores("timeouts", |endpoint| {
            endpoint.timeouts.whole += Duration::from_secs(1);
        })
        .ignores("retries", |endpoint| endpoint.retry.retries += 1)
        .ignores("largest body", |endpoint| endpoint.largest_body += 1);
}

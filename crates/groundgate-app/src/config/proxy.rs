//! The proxy of an endpoint as written; where nothing is written, the one that the environment names.

use std::path::Path;

use groundgate_endpoints::transport::{Proxy, is_loopback};
use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    toml_reader::Table,
};

use super::{
    read::url as url_at,
    secret::{self, Lookup, SecretError, SecretSource},
};

/// Which proxy calls go through.
#[derive(Debug, Clone)]
pub(super) enum ProxyConfig {
    /// The environment's, if it names one for this URL; never to this machine itself.
    Environment { place: Mistake },
    /// None, whatever the environment says.
    None,
    /// This one.
    Written {
        url: String,
        login: Option<(String, SecretSource)>,
        except: String,
        place: Mistake,
    },
}

const HELP: &str = "proxy = \"none\", \"http://host:3128\" or { url = \"…\", user = \"…\", password = { env = \"NAME\" } }";

/// Reads the key `proxy`.
pub(super) fn read(table: Table<'_, '_>, folder: &Path) -> Option<ProxyConfig> {
    let place = table.place("proxy");
    if !table.has("proxy") {
        return Some(ProxyConfig::Environment { place });
    }
    let written = |url, login, except| ProxyConfig::Written {
        url,
        login,
        except,
        place: place.clone(),
    };
    if table.has_text("proxy") {
        if table.hiding().text("proxy") == Some("none") {
            return Some(ProxyConfig::None);
        }
        return Some(written(url_at(table, "proxy")?, None, String::new()));
    }
    let proxy = table.hiding().table("proxy")?;
    proxy.only(&["url", "user", "password", "except"]);
    proxy.needs_with_help("url", HELP);
    let url = url_at(proxy, "url");
    if proxy.has("user") != proxy.has("password") {
        proxy.document().report_with_help(
            proxy.at(),
            "a proxy's login needs both `user` and `password`",
            HELP,
        );
        return None;
    }
    let login = if proxy.has("password") {
        let password = proxy.table("password")?;
        password.only(&["env", "file"]);
        Some((
            proxy.text("user")?.to_owned(),
            secret::source(password, folder)?,
        ))
    } else {
        None
    };
    let except: Vec<&str> = proxy
        .texts("except")
        .unwrap_or_default()
        .into_iter()
        .map(|(host, _)| host)
        .collect();
    Some(written(url?, login, except.join(",")))
}

impl ProxyConfig {
    /// The proxy for calls to a URL.
    pub(super) fn resolve(&self, url: &str, lookup: Lookup<'_>) -> Result<Option<Proxy>, Mistakes> {
        match self {
            Self::None => Ok(None),
            Self::Environment { place } => {
                from_environment(url, lookup).map_err(|error| error.at(place))
            }
            Self::Written {
                url,
                login,
                except,
                place,
            } => {
                let login = match login {
                    None => None,
                    Some((user, password)) => {
                        let password = password.resolve(lookup);
                        let password = password.map_err(|error| error.at(place))?;
                        Some((user.clone(), password))
                    }
                };
                Ok(Some(Proxy {
                    url: url.clone(),
                    login,
                    except: except.clone(),
                }))
            }
        }
    }
}

/// As most tools read it: a variable for each scheme, then one for all. The upper-case name is not
/// read for `http`, since servers put headers of requests under such names (CVE-2016-5385).
pub(super) fn from_environment(
    url: &str,
    lookup: Lookup<'_>,
) -> Result<Option<Proxy>, SecretError> {
    if is_loopback(url) {
        return Ok(None);
    }
    let names: &[&str] = if url.starts_with("https:") {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let found = names
        .iter()
        .find_map(|name| Some((*name, (lookup.env)(name)?)));
    let Some((name, written)) = found else {
        return Ok(None);
    };
    let except = (lookup.env)("no_proxy").or_else(|| (lookup.env)("NO_PROXY"));
    Proxy::parse(&written, &except.unwrap_or_default())
        .map(Some)
        .map_err(|cause| SecretError::Proxy {
            name: name.to_owned(),
            cause,
        })
}

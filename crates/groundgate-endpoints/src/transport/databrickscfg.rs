//! `~/.databrickscfg`, as Databricks' own tools read it. Pure: the caller reads the file.
//!
//! A profile is a section. `DEFAULT` is the one that is taken when none is named, unless
//! `__settings__` names another by `default_profile`; other than in most INI files, its keys are
//! not inherited. (Read from the Python SDK, `config.py::_resolve_profile`.)

use std::collections::BTreeMap;

use super::{
    auth::{Auth, ClientCredentials, TokenServer},
    secret::Secret,
};

/// A workspace and how to be let in.
#[derive(Debug, Clone)]
pub struct DatabricksProfile {
    /// The workspace's URL, with scheme and without a slash at the end.
    pub host: String,
    /// How calls to it are authorized.
    pub auth: Auth,
}

/// A profile that cannot be used. Never quotes a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A line that is neither section, key, comment nor empty.
    #[error("line {0} is neither `[profile]`, `key = value` nor a comment")]
    Line(usize),
    /// No such section.
    #[error("there is no profile `{0}`")]
    NoProfile(String),
    /// A key that every profile needs.
    #[error("profile `{0}` has no `host`")]
    NoHost(String),
    /// Nothing to prove who we are.
    #[error("profile `{0}` has neither `token` nor `client_id` and `client_secret`")]
    NoCredentials(String),
    /// The tools refuse to guess, and so do we.
    #[error("profile `{0}` has both `token` and `client_secret`; say which by `auth_type`")]
    TwoCredentials(String),
    /// A way of authorization that needs a person or another tool.
    #[error(
        "profile `{profile}` has the `auth_type` `{auth_type}`; use `pat`, `oauth-m2m`, or a command that prints a token"
    )]
    AuthType {
        /// The profile.
        profile: String,
        /// What it says.
        auth_type: String,
    },
}

type Section = BTreeMap<String, String>;

/// Reads one profile of the file's text; the default one where none is named.
pub fn databricks_profile(
    text: &str,
    name: Option<&str>,
) -> Result<DatabricksProfile, ProfileError> {
    let sections = parse(text)?;
    let default = || {
        let settings = sections.get("__settings__")?;
        settings.get("default_profile").map(String::as_str)
    };
    let name = name.or_else(default).unwrap_or("DEFAULT").to_owned();
    let Some(section) = sections.get(&name).filter(|_| name != "__settings__") else {
        return Err(ProfileError::NoProfile(name));
    };
    let filled = |key: &str| section.get(key).filter(|value| !value.is_empty());
    let Some(host) = filled("host") else {
        return Err(ProfileError::NoHost(name));
    };
    let host = with_scheme(host);
    let machine = filled("client_id").zip(filled("client_secret"));
    let auth_type = filled("auth_type").map(String::as_str);
    let auth = match (auth_type, filled("token"), machine) {
        (None, Some(_), Some(_)) => return Err(ProfileError::TwoCredentials(name)),
        (None | Some("pat"), Some(token), _) => Auth::Bearer(Secret::new(token.as_str())),
        (None | Some("oauth-m2m"), _, Some((client_id, client_secret))) => {
            Auth::ClientCredentials(ClientCredentials {
                server: TokenServer::DatabricksHost(host.clone()),
                client_id: client_id.clone(),
                client_secret: Secret::new(client_secret.as_str()),
                scope: "all-apis".to_owned(),
            })
        }
        (None | Some("pat" | "oauth-m2m"), _, _) => return Err(ProfileError::NoCredentials(name)),
        (Some(auth_type), _, _) => {
            return Err(ProfileError::AuthType {
                profile: name,
                auth_type: auth_type.chars().take(40).collect(),
            });
        }
    };
    Ok(DatabricksProfile { host, auth })
}

fn with_scheme(host: &str) -> String {
    let host = host.trim_end_matches('/');
    if host.contains("://") {
        host.to_owned()
    } else {
        format!("https://{host}")
    }
}

fn parse(text: &str) -> Result<BTreeMap<String, Section>, ProfileError> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut current = None;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            current = Some(sections.entry(name.trim().to_owned()).or_default());
        } else if let (Some(section), Some((key, value))) = (&mut current, line.split_once('=')) {
            section.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        } else {
            return Err(ProfileError::Line(index + 1));
        }
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
; comment
[DEFAULT]
host  = https://adb-1.azuredatabricks.net/
token = dapi-1 # kept, as Python keeps it
[ci]
host = adb-2.azuredatabricks.net
client_id = app
client_secret = s=3
[both]
host = https://h
token = t
client_id = a
client_secret = b
[both-pat]
host = https://h
token = t
client_id = a
client_secret = b
auth_type = pat
[empty]
host = https://h
[no-host]
token = t
[browser]
host = https://h
auth_type = databricks-cli
";

    fn profile(name: &str) -> Result<DatabricksProfile, ProfileError> {
        databricks_profile(FILE, Some(name))
    }

    #[test]
    fn profiles_are_read() {
        let default = databricks_profile(FILE, None).unwrap();
        assert_eq!(default.host, "https://adb-1.azuredatabricks.net");
        assert!(matches!(default.auth, Auth::Bearer(_)));
        let ci = profile("ci").unwrap();
        assert_eq!(ci.host, "https://adb-2.azuredatabricks.net");
        let Auth::ClientCredentials(credentials) = ci.auth else {
            panic!("ci is a machine");
        };
        assert_eq!(credentials.client_id, "app");
        assert_eq!(credentials.client_secret.expose(), "s=3");
        assert!(matches!(profile("both-pat").unwrap().auth, Auth::Bearer(_)));
        let settings = format!("[__settings__]\ndefault_profile = ci\n{FILE}");
        assert_eq!(databricks_profile(&settings, None).unwrap().host, ci.host);
    }

    #[test]
    fn a_profile_that_cannot_be_used_says_why() {
        let name = |name: &str| name.to_owned();
        for (profile_name, expected) in [
            ("nobody", ProfileError::NoProfile(name("nobody"))),
            (
                "__settings__",
                ProfileError::NoProfile(name("__settings__")),
            ),
            ("both", ProfileError::TwoCredentials(name("both"))),
            ("empty", ProfileError::NoCredentials(name("empty"))),
            ("no-host", ProfileError::NoHost(name("no-host"))),
        ] {
            assert_eq!(profile(profile_name).unwrap_err(), expected);
        }
        let error = profile("browser").unwrap_err();
        assert!(matches!(error, ProfileError::AuthType { .. }), "{error}");
        assert_eq!(
            databricks_profile("host = x", None).unwrap_err(),
            ProfileError::Line(1)
        );
        assert_eq!(
            databricks_profile("[a]\nsecret", None).unwrap_err(),
            ProfileError::Line(2)
        );
    }
}

//! Credentials for Databricks as its own tools settle them. Pure: the caller reads file and environment.
//!
//! Settings come from the environment and from a profile of `~/.databrickscfg`, under the same names;
//! what the environment says stands. A profile is a section. `DEFAULT` is the one that is taken when none
//! is named, unless `__settings__` names another by `default_profile`; other than in most INI files, its
//! keys are not inherited. (Read from the Python SDK, `config.py`.)

use std::{collections::BTreeMap, time::Duration};

use super::{
    auth::{Auth, ClientCredentials, TokenCommand, TokenServer},
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

/// Settings by the names that profiles give them: `host`, `token`, `client_id`, …
pub type DatabricksSettings = BTreeMap<String, String>;

/// Settings that cannot be used; each says whose they are. Never quotes a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A line that is neither section, key, comment nor empty.
    #[error("line {0} is neither `[profile]`, `key = value` nor a comment")]
    Line(usize),
    /// No such section.
    #[error("there is no profile `{0}`")]
    NoProfile(String),
    /// Nobody says which workspace.
    #[error("{0} names no `host`")]
    NoHost(String),
    /// Nothing to prove who we are.
    #[error("{0} holds no whole credentials: a `token`, or `client_id` and `client_secret`")]
    NoCredentials(String),
    /// The tools refuse to guess, and so do we.
    #[error("{whose} holds credentials of several kinds ({kinds}); say which by `auth_type`")]
    SeveralCredentials {
        /// Whose they are.
        whose: String,
        /// Which.
        kinds: String,
    },
    /// A way of authorization that is not known here.
    #[error(
        "{whose} has the `auth_type` `{auth_type}`; use `pat`, `oauth-m2m`, `databricks-cli`, `azure-cli`, `azure-client-secret`, or a command that prints a token"
    )]
    AuthType {
        /// Whose it is.
        whose: String,
        /// What it says.
        auth_type: String,
    },
}

/// Azure's own name for Databricks.
const AZURE_DATABRICKS: &str = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

/// Reads one profile of the file's text; the default one where none is named. With its name.
pub fn databricks_section(
    text: &str,
    name: Option<&str>,
) -> Result<(String, DatabricksSettings), ProfileError> {
    let mut sections = parse(text)?;
    let default = || {
        let settings = sections.get("__settings__")?;
        settings.get("default_profile").cloned()
    };
    let name = name
        .map(str::to_owned)
        .or_else(default)
        .unwrap_or_else(|| "DEFAULT".to_owned());
    match sections.remove(&name).filter(|_| name != "__settings__") {
        Some(section) => Ok((name, section)),
        None => Err(ProfileError::NoProfile(name)),
    }
}

/// What settings authorize: by the kind that `auth_type` says, else by the only one that is there.
/// `profile` is the one that they came from, if any.
pub fn databricks_auth(
    settings: &DatabricksSettings,
    profile: Option<&str>,
) -> Result<DatabricksProfile, ProfileError> {
    let whose = || {
        profile.map_or_else(
            || "the environment".to_owned(),
            |name| format!("profile `{name}`"),
        )
    };
    let settled = Settled { settings, profile };
    let Some(host) = settled.get("host") else {
        return Err(ProfileError::NoHost(whose()));
    };
    let host = origin(host);
    let auth_type = match settled.get("auth_type") {
        Some(auth_type) => auth_type,
        None => match settled.kinds().as_slice() {
            [] => return Err(ProfileError::NoCredentials(whose())),
            [only] => *only,
            several => {
                return Err(ProfileError::SeveralCredentials {
                    whose: whose(),
                    kinds: several.join(", "),
                });
            }
        },
    };
    let auth = match auth_type {
        "pat" => settled.pat(),
        "oauth-m2m" => settled.machine(&host),
        "azure-client-secret" => settled.azure(),
        "databricks-cli" => Some(settled.databricks_cli(&host)),
        "azure-cli" => Some(settled.azure_cli()),
        other => {
            return Err(ProfileError::AuthType {
                whose: whose(),
                auth_type: other.chars().take(40).collect(),
            });
        }
    };
    match auth {
        Some(auth) => Ok(DatabricksProfile { host, auth }),
        None => Err(ProfileError::NoCredentials(whose())),
    }
}

/// Settings of the environment and of a profile, put together.
struct Settled<'a> {
    settings: &'a DatabricksSettings,
    profile: Option<&'a str>,
}

impl Settled<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = self.settings.get(key).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The kinds of credentials of which there is at least a part.
    fn kinds(&self) -> Vec<&'static str> {
        let has = |keys: &[&str]| keys.iter().any(|key| self.get(key).is_some());
        let known = [
            ("pat", has(&["token"])),
            ("oauth-m2m", has(&["client_id", "client_secret"])),
            (
                "azure-client-secret",
                has(&["azure_client_id", "azure_client_secret", "azure_tenant_id"]),
            ),
            ("basic", has(&["username", "password"])),
        ];
        let there = known.into_iter().filter(|(_, is_there)| *is_there);
        there.map(|(kind, _)| kind).collect()
    }

    fn pat(&self) -> Option<Auth> {
        Some(Auth::Bearer(Secret::new(self.get("token")?)))
    }

    fn machine(&self, host: &str) -> Option<Auth> {
        Some(Auth::ClientCredentials(ClientCredentials {
            server: TokenServer::DatabricksHost(host.to_owned()),
            client_id: self.get("client_id")?.to_owned(),
            client_secret: Secret::new(self.get("client_secret")?),
            scope: "all-apis".to_owned(),
        }))
    }

    /// A service principal of Microsoft Entra.
    fn azure(&self) -> Option<Auth> {
        let tenant = self.get("azure_tenant_id")?;
        let is_plain = tenant
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
        let url = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
        is_plain.then_some(())?;
        Some(Auth::ClientCredentials(ClientCredentials {
            server: TokenServer::Url(url),
            client_id: self.get("azure_client_id")?.to_owned(),
            client_secret: Secret::new(self.get("azure_client_secret")?),
            scope: format!("{AZURE_DATABRICKS}/.default"),
        }))
    }

    /// A person who logged in: Databricks' CLI keeps and renews the token.
    fn databricks_cli(&self, host: &str) -> Auth {
        let program = self.get("databricks_cli_path").unwrap_or("databricks");
        let (flag, whose) = self
            .profile
            .map_or(("--host", host), |profile| ("--profile", profile));
        command(program, &["auth", "token", flag, whose])
    }

    fn azure_cli(&self) -> Auth {
        let mut words = vec![
            "account",
            "get-access-token",
            "--resource",
            AZURE_DATABRICKS,
            "--output",
            "json",
        ];
        if let Some(tenant) = self.get("azure_tenant_id") {
            words.extend(["--tenant", tenant]);
        }
        command("az", &words)
    }
}

fn command(program: &str, arguments: &[&str]) -> Auth {
    Auth::Command(TokenCommand {
        program: program.to_owned(),
        arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        lifetime: Duration::from_mins(5),
    })
}

/// Scheme and authority: people copy addresses with a path or `?o=…` from the browser.
fn origin(host: &str) -> String {
    let (scheme, rest) = host.split_once("://").unwrap_or(("https", host));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    format!("{scheme}://{}", rest.get(..end).unwrap_or(rest))
}

fn parse(text: &str) -> Result<BTreeMap<String, DatabricksSettings>, ProfileError> {
    let mut sections: BTreeMap<String, DatabricksSettings> = BTreeMap::new();
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
        } else if let (Some(section), Some((key, value))) =
            (&mut current, line.split_once(['=', ':']))
        {
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
[half]
host = https://h
client_id = a
[browser]
host: https://h/?o=1
auth_type: databricks-cli
[azure]
host = https://h
azure_tenant_id = t
azure_client_id = a
azure_client_secret = b
[unknown]
host = https://h
auth_type = google-id
";

    fn of(text: &str, name: Option<&str>) -> Result<DatabricksProfile, ProfileError> {
        let (name, section) = databricks_section(text, name)?;
        databricks_auth(&section, Some(&name))
    }

    fn profile(name: &str) -> Result<DatabricksProfile, ProfileError> {
        of(FILE, Some(name))
    }

    #[test]
    fn profiles_are_read() {
        let default = of(FILE, None).unwrap();
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
        let person = profile("browser").unwrap();
        assert_eq!(person.host, "https://h");
        assert!(
            matches!(person.auth, Auth::Command(command) if command.arguments == ["auth", "token", "--profile", "browser"])
        );
        let azure = profile("azure").unwrap().auth;
        assert!(matches!(azure, Auth::ClientCredentials(credentials)
            if credentials.server == TokenServer::Url("https://login.microsoftonline.com/t/oauth2/v2.0/token".to_owned())));
        let settings = format!("[__settings__]\ndefault_profile = ci\n{FILE}");
        assert_eq!(of(&settings, None).unwrap().host, ci.host);
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
            (
                "both",
                ProfileError::SeveralCredentials {
                    whose: name("profile `both`"),
                    kinds: name("pat, oauth-m2m"),
                },
            ),
            (
                "empty",
                ProfileError::NoCredentials(name("profile `empty`")),
            ),
            ("half", ProfileError::NoCredentials(name("profile `half`"))),
            ("no-host", ProfileError::NoHost(name("profile `no-host`"))),
        ] {
            assert_eq!(profile(profile_name).unwrap_err(), expected);
        }
        let error = profile("unknown").unwrap_err();
        assert!(matches!(error, ProfileError::AuthType { .. }), "{error}");
        assert_eq!(of("host = x", None).unwrap_err(), ProfileError::Line(1));
        assert_eq!(of("[a]\nsecret", None).unwrap_err(), ProfileError::Line(2));
    }
}

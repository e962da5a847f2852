//! Credentials for Databricks where the file names none: found as Databricks' own tools find them.

use std::path::{Path, PathBuf};

use groundgate_endpoints::transport::{
    Auth, ClientCredentials, DatabricksProfile, Secret, TokenServer, databricks_profile,
};

use super::secret::{self, Lookup, SecretError, SecretSource};

/// The workspace that the environment names.
pub(super) fn variable_host(lookup: Lookup<'_>) -> Result<String, SecretError> {
    let host = (lookup.env)("DATABRICKS_HOST").ok_or(SecretError::NoHost)?;
    Ok(with_scheme(&host))
}

fn with_scheme(host: &str) -> String {
    let host = host.trim_end_matches('/');
    if host.contains("://") {
        host.to_owned()
    } else {
        format!("https://{host}")
    }
}

/// What Databricks' own tools would use: the named profile; else the environment; else the file's
/// default profile. (Read from the Python SDK, `config.py`.)
pub(super) fn unified(
    profile: Option<&str>,
    file: Option<&Path>,
    host: Option<&str>,
    lookup: Lookup<'_>,
) -> Result<DatabricksProfile, SecretError> {
    let named = profile
        .map(str::to_owned)
        .or_else(|| (lookup.env)("DATABRICKS_CONFIG_PROFILE"));
    if named.is_none()
        && let Some(auth) = from_environment(host, lookup)?
    {
        return Ok(auth);
    }
    let path = match file {
        Some(path) => path.to_owned(),
        None => usual_file(lookup)?,
    };
    let is_chosen = named.is_some() || file.is_some();
    let text = match secret::read(&path, lookup) {
        Err(_absent) if !is_chosen => return Err(SecretError::NoCredentials),
        read => String::from_utf8(read?)
            .map_err(|_bytes| SecretError::NotText(SecretSource::File(path.clone())))?,
    };
    let found =
        databricks_profile(&text, named.as_deref()).map_err(|cause| SecretError::Profile {
            path: path.clone(),
            cause,
        })?;
    match host {
        Some(host) if with_scheme(host) != found.host => Err(SecretError::OtherHost(found.host)),
        Some(_) | None => Ok(found),
    }
}

/// Where the file of profiles is where nobody says.
fn usual_file(lookup: Lookup<'_>) -> Result<PathBuf, SecretError> {
    if let Some(path) = (lookup.env)("DATABRICKS_CONFIG_FILE") {
        return Ok(PathBuf::from(path));
    }
    let home = (lookup.env)("HOME").or_else(|| (lookup.env)("USERPROFILE"));
    Ok(PathBuf::from(home.ok_or(SecretError::NoCredentials)?).join(".databrickscfg"))
}

fn from_environment(
    host: Option<&str>,
    lookup: Lookup<'_>,
) -> Result<Option<DatabricksProfile>, SecretError> {
    let env = lookup.env;
    let token = env("DATABRICKS_TOKEN");
    let machine = env("DATABRICKS_CLIENT_ID").zip(env("DATABRICKS_CLIENT_SECRET"));
    let kind = env("DATABRICKS_AUTH_TYPE");
    let wants = |name: &str| kind.as_deref().is_none_or(|kind| kind == name);
    let host = || host.map_or_else(|| variable_host(lookup), |host| Ok(with_scheme(host)));
    match (
        token.filter(|_| wants("pat")),
        machine.filter(|_| wants("oauth-m2m")),
    ) {
        (Some(_), Some(_)) => Err(SecretError::TwoCredentials),
        (Some(token), None) => Ok(Some(DatabricksProfile {
            host: host()?,
            auth: Auth::Bearer(Secret::new(token)),
        })),
        (None, Some((client_id, client_secret))) => {
            let host = host()?;
            Ok(Some(DatabricksProfile {
                auth: Auth::ClientCredentials(ClientCredentials {
                    server: TokenServer::DatabricksHost(host.clone()),
                    client_id,
                    client_secret: Secret::new(client_secret),
                    scope: "all-apis".to_owned(),
                }),
                host,
            }))
        }
        (None, None) => Ok(None),
    }
}

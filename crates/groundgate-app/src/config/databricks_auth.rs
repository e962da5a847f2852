//! Credentials for Databricks where the file names none: found as Databricks' own tools find them.

use std::path::{Path, PathBuf};

use groundgate_endpoints::transport::{
    DatabricksProfile, DatabricksSettings, databricks_auth, databricks_section,
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

/// Variables of the environment with the names of the settings that they hold.
const VARIABLES: [(&str, &str); 12] = [
    ("DATABRICKS_HOST", "host"),
    ("DATABRICKS_TOKEN", "token"),
    ("DATABRICKS_CLIENT_ID", "client_id"),
    ("DATABRICKS_CLIENT_SECRET", "client_secret"),
    ("DATABRICKS_AUTH_TYPE", "auth_type"),
    ("DATABRICKS_USERNAME", "username"),
    ("DATABRICKS_PASSWORD", "password"),
    ("DATABRICKS_CLI_PATH", "databricks_cli_path"),
    ("ARM_CLIENT_ID", "azure_client_id"),
    ("ARM_CLIENT_SECRET", "azure_client_secret"),
    ("ARM_TENANT_ID", "azure_tenant_id"),
    (
        "DATABRICKS_AZURE_RESOURCE_ID",
        "azure_workspace_resource_id",
    ),
];

/// What Databricks' own tools would use. The environment's settings stand; a profile completes them where
/// one is named, or where the environment says nothing of a workspace or of credentials. So nobody is
/// let into another workspace than the environment names. (Read from the Python SDK, `config.py`.)
pub(super) fn unified(
    profile: Option<&str>,
    file: Option<&Path>,
    host: Option<&str>,
    lookup: Lookup<'_>,
) -> Result<DatabricksProfile, SecretError> {
    let filled = |name: &str| (lookup.env)(name).filter(|value| !value.is_empty());
    let named = profile
        .map(str::to_owned)
        .or_else(|| filled("DATABRICKS_CONFIG_PROFILE"));
    let mut settings: DatabricksSettings = VARIABLES
        .iter()
        .filter_map(|(variable, name)| Some(((*name).to_owned(), filled(variable)?)))
        .collect();
    if let Some(host) = host {
        settings.insert("host".to_owned(), host.to_owned());
    }
    // A host that the configuration names may be that of the default profile.
    let says_something = settings.keys().any(|name| name != "host" || host.is_none());
    let mut of_profile = None;
    if named.is_some() || !says_something {
        let (path, text) = profiles(named.is_some(), file, lookup)?;
        let cause = |cause| SecretError::Profile {
            path: path.clone(),
            cause,
        };
        let (name, section) = databricks_section(&text, named.as_deref()).map_err(cause)?;
        let theirs = section.get("host").map(|host| with_scheme(host));
        if let (Some(host), Some(theirs)) = (host, theirs)
            && with_scheme(host) != theirs
        {
            return Err(SecretError::OtherHost(theirs));
        }
        for (key, value) in section {
            settings.entry(key).or_insert(value);
        }
        of_profile = Some((path, name));
    }
    let name = of_profile.as_ref().map(|(_, name)| name.as_str());
    databricks_auth(&settings, name).map_err(|cause| match of_profile {
        Some((path, _)) => SecretError::Profile { path, cause },
        None => SecretError::Settings(cause),
    })
}

/// The file of profiles and its text.
fn profiles(
    is_named: bool,
    file: Option<&Path>,
    lookup: Lookup<'_>,
) -> Result<(PathBuf, String), SecretError> {
    let path = match file {
        Some(path) => path.to_owned(),
        None => usual_file(lookup)?,
    };
    let bytes = match secret::read(&path, lookup) {
        Err(_absent) if !is_named && file.is_none() => return Err(SecretError::NoCredentials),
        read => read?,
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok((path, text)),
        Err(_bytes) => Err(SecretError::NotText(SecretSource::File(path))),
    }
}

/// Where the file of profiles is where nobody says.
fn usual_file(lookup: Lookup<'_>) -> Result<PathBuf, SecretError> {
    let home = || (lookup.env)("HOME").or_else(|| (lookup.env)("USERPROFILE"));
    let path = match (lookup.env)("DATABRICKS_CONFIG_FILE").filter(|path| !path.is_empty()) {
        Some(path) => path,
        None => "~/.databrickscfg".to_owned(),
    };
    match path.strip_prefix("~/") {
        Some(rest) => Ok(PathBuf::from(home().ok_or(SecretError::NoCredentials)?).join(rest)),
        None => Ok(PathBuf::from(path)),
    }
}

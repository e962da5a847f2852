//! Where a secret may go, whatever a configuration says: to the hosts that `[secrets]` names for it.

use std::{collections::BTreeMap, path::Path, sync::Mutex};

use groundgate_endpoints::transport::Endpoint;
use groundgate_trust::HostPattern;

use crate::{
    app::App,
    config::{EndpointConfig, Lookup},
    error::AppError,
    observer::Notice,
    policy_source::PolicySource,
};

/// Variables that hold no secret: addresses, names of profiles, who asks.
const NO_SECRETS: [&str; 12] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "DATABRICKS_HOST",
    "DATABRICKS_CLIENT_ID",
    "DATABRICKS_AUTH_TYPE",
    "DATABRICKS_CONFIG_FILE",
    "DATABRICKS_CONFIG_PROFILE",
    "HOME",
    "USERPROFILE",
    "AWS_REGION",
];

/// The hosts of each secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHosts {
    hosts: BTreeMap<String, Vec<HostPattern>>,
    place: String,
    /// Whether the trust file names `command` among the kinds of copilots.
    pub(crate) allows_commands: bool,
}

impl SecretHosts {
    /// Refuses an endpoint that a secret would go to although nobody allows that host.
    fn check(&self, used: &[String], hosts: &[String]) -> Result<(), AppError> {
        for name in used {
            let allowed = self.hosts.get(name).map_or(&[][..], Vec::as_slice);
            for host in hosts {
                if !allowed.iter().any(|pattern| pattern.matches(host)) {
                    return Err(AppError::invalid(format!(
                        "`{name}` is not sent to `{host}`: [secrets] of {} does not name that host for it",
                        self.place
                    ))
                    .with_help(format!("who owns the trust file may add it: {name} = [\"{host}\"]")));
                }
            }
        }
        Ok(())
    }
}

impl App {
    /// What `[secrets]` says, where there is a trust file that says something.
    pub(crate) fn secret_hosts(&self) -> Result<Option<SecretHosts>, AppError> {
        let beside = PolicySource::File("gate.toml".into());
        let Some(trusted) = self.trusted(&beside, Path::new(""))? else {
            return Ok(None);
        };
        let kinds = trusted
            .file
            .measurement
            .as_ref()
            .map(|all| all.kinds.clone());
        let allows_commands = kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "command"));
        Ok(trusted.file.secrets.map(|hosts| SecretHosts {
            hosts,
            place: trusted.place,
            allows_commands,
        }))
    }

    /// An endpoint with its secrets looked up, if each of them may go where the endpoint is.
    pub(crate) fn resolve(&self, endpoint: &EndpointConfig) -> Result<Endpoint, AppError> {
        let used = Mutex::new(Vec::new());
        let note = |name: &str| {
            let is_secret = !NO_SECRETS.contains(&name.to_ascii_uppercase().as_str());
            if let Ok(mut used) = used.lock()
                && is_secret
            {
                used.push(name.to_owned());
            }
        };
        let lookup = self.lookup();
        let env = |name: &str| {
            let value = (lookup.env)(name);
            if value.is_some() {
                note(name);
            }
            value
        };
        let file = |path: &Path| {
            // Certificates are no secrets, and are read as files, too.
            let read = (lookup.file)(path);
            if read
                .as_ref()
                .is_ok_and(|bytes| !bytes.starts_with(b"-----BEGIN CERTIFICATE"))
            {
                note(&path.display().to_string());
            }
            read
        };
        let resolved = endpoint.resolve(Lookup {
            env: &env,
            file: &file,
        })?;
        let used = used.into_inner().unwrap_or_default();
        let secrets = self.secret_hosts()?;
        if secrets.is_none() && self.surroundings().is_ci && !used.is_empty() {
            self.notice(Notice::SecretsGoAnywhere {
                secrets: &used,
                hosts: &resolved.hosts(),
            });
        }
        if let Some(secrets) = secrets {
            secrets.check(&used, &resolved.hosts())?;
            if resolved.has_token_command() && !secrets.allows_commands {
                return Err(AppError::invalid(
                    "`auth.command` runs a program that could read every secret: [measurement] of the trust file names no kind `command`",
                ));
            }
        }
        Ok(resolved)
    }
}

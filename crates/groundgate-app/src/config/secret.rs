//! Secrets by reference: a configuration names a variable or a file and never holds a value.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use groundgate_endpoints::transport::{EndpointError, ProfileError, Secret};
use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    toml_reader::Table,
};

use super::read::relative;

pub(super) const HELP: &str = "name where the secret is: auth = { env = \"NAME\" }, { file = \"…\" } or { command = [\"…\"] }";

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable of that name.
    Env(String),
    /// In a file of its own.
    File(PathBuf),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable `{name}`"),
            Self::File(path) => write!(f, "file `{}`", path.display()),
        }
    }
}

/// How the caller looks things up: this room reads neither the environment nor files.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    /// The value of an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The bytes of a file.
    pub file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
}

impl fmt::Debug for Lookup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup")
    }
}

/// A secret or a certificate that is not where the configuration says.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or not Unicode.
    #[error("{0} is not set")]
    Unset(SecretSource),
    /// There is nothing in it.
    #[error("{0} is empty")]
    Empty(SecretSource),
    /// The file cannot be read.
    #[error("cannot read the file `{path}`")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file's bytes are no text.
    #[error("{0} is not UTF-8 text")]
    NotText(SecretSource),
    /// A profile of Databricks that cannot be used.
    #[error("cannot use `{path}`: {cause}")]
    Profile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: ProfileError,
    },
    /// The profile is of another workspace: its token must not go to the one that was named.
    #[error("`host` is another workspace than the profile's, `{0}`")]
    OtherHost(String),
    /// Nobody says which workspace.
    #[error("there is neither `host` nor the environment variable `DATABRICKS_HOST`")]
    NoHost,
    /// What the environment says of Databricks cannot be used.
    #[error("cannot use the environment's settings of Databricks: {0}")]
    Settings(ProfileError),
    /// Nothing to prove who we are.
    #[error("there are no credentials for Databricks")]
    NoCredentials,
    /// The environment's proxy.
    #[error("the proxy that the environment variable `{name}` names is not usable: {cause}")]
    Proxy {
        /// The variable.
        name: String,
        /// Why, without its value.
        cause: EndpointError,
    },
}

impl SecretError {
    /// The mistake of a place in the file.
    pub(super) fn at(&self, place: &Mistake) -> Mistakes {
        let cause = if let Self::Unreadable { source, .. } = self {
            format!(": {source}")
        } else {
            String::new()
        };
        Mistakes(vec![Mistake {
            message: format!("{self}{cause}"),
            help: Some(self.help()),
            ..place.clone()
        }])
    }

    /// One thing to do.
    fn help(&self) -> String {
        match self {
            Self::Unset(SecretSource::Env(name)) | Self::Empty(SecretSource::Env(name)) => {
                format!("set it where groundgate runs: export {name}=…")
            }
            Self::Unset(SecretSource::File(path)) | Self::Empty(SecretSource::File(path)) => {
                format!("write the secret into `{}`", path.display())
            }
            Self::Unreadable { .. } => {
                "paths are relative to the configuration's folder; check that the file is there and yours to read".to_owned()
            }
            Self::NotText(_) => "the file holds the secret and nothing else, as text".to_owned(),
            Self::Profile { .. } => {
                "`databricks auth describe` shows what Databricks' own tools make of it".to_owned()
            }
            Self::OtherHost(_) => {
                "leave `host` out, or name the profile of that workspace".to_owned()
            }
            Self::NoHost => "add host = \"https://….cloud.databricks.com\"".to_owned(),
            Self::Settings(_) => {
                "set DATABRICKS_HOST with DATABRICKS_TOKEN or with DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET; of two kinds, DATABRICKS_AUTH_TYPE says which; or auth = { command = [\"databricks\", \"auth\", \"token\", \"--profile\", \"…\"] }".to_owned()
            }
            Self::NoCredentials => {
                "set DATABRICKS_HOST and DATABRICKS_TOKEN, or name a profile: auth = { profile = \"…\" }".to_owned()
            }
            Self::Proxy { name, .. } => format!("correct {name}, or set proxy = \"none\""),
        }
    }
}

impl SecretSource {
    /// Looks the secret up.
    pub(super) fn resolve(&self, lookup: Lookup<'_>) -> Result<Secret, SecretError> {
        let value = match self {
            Self::Env(name) => {
                (lookup.env)(name).ok_or_else(|| SecretError::Unset(self.clone()))?
            }
            Self::File(path) => String::from_utf8(read(path, lookup)?)
                // The cause holds the bytes.
                .map_err(|_bytes| SecretError::NotText(self.clone()))?,
        };
        if value.trim().is_empty() {
            return Err(SecretError::Empty(self.clone()));
        }
        Ok(Secret::new(value))
    }
}

/// The bytes of a file that the configuration names.
pub(super) fn read(path: &Path, lookup: Lookup<'_>) -> Result<Vec<u8>, SecretError> {
    (lookup.file)(path).map_err(|source| SecretError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// The one place that a table names.
pub(super) fn source(table: Table<'_, '_>, folder: &Path) -> Option<SecretSource> {
    match (table.has("env"), table.has("file")) {
        (true, false) => variable(table, "env").map(SecretSource::Env),
        (false, true) => {
            let file = table.text("file")?;
            Some(SecretSource::File(relative(folder, file)))
        }
        _ => {
            let message = "one of `env` and `file` says where the secret is";
            table.document().report_with_help(table.at(), message, HELP);
            None
        }
    }
}

/// A variable's name. What is none may be a pasted secret, so that it is not repeated.
pub(super) fn variable(table: Table<'_, '_>, key: &str) -> Option<String> {
    let name = table.text(key)?;
    let is_name = !name.starts_with(|char: char| char.is_ascii_digit())
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == '_');
    if !is_name {
        let message = format!("`{key}` is not the name of an environment variable");
        table.report_with_help(key, message, HELP);
        return None;
    }
    Some(name.to_owned())
}

//! The project around us: its configuration, its policy, its records.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{args::Global, error::CliError, files};
use crate::gate::{KnownMetrics, Policy, read_policy};

/// Where records go.
pub(crate) fn runs_dir(_global: &Global) -> Result<PathBuf, CliError> {
    Ok(PathBuf::from("runs"))
}

/// The policy that the configuration names.
pub(crate) fn policy_path(_global: &Global) -> Result<PathBuf, CliError> {
    Ok(PathBuf::from("gate.toml"))
}

/// Reads a policy for an environment; its name in reports goes with it.
pub(crate) fn policy(
    path: &Path,
    environment: Option<&str>,
    known: &KnownMetrics,
) -> Result<(String, Policy), CliError> {
    let name = path.display().to_string();
    let policy = read_policy(&name, &files::read_text(path)?, environment, known)?;
    Ok((name, policy))
}

/// The revision of the working directory, with a `+` where it differs from it.
pub(crate) fn git_revision() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let revision = git(&["rev-parse", "HEAD"])?;
    let is_dirty = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if is_dirty { format!("{revision}+") } else { revision })
}

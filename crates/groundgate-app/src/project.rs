//! The project around us: its configuration, its policy, its records.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::config::{Config, read_config};
use groundgate_gate::{KnownMetrics, Policy, read_policy};
use groundgate_judge::BUNDLED;

use super::{error::AppError, files};

/// Names under which a configuration is looked for, in each folder up to the repository's root.
const NAMES: [&str; 2] = ["groundgate.toml", ".config/groundgate.toml"];

/// The configuration; an error where there is none.
pub fn config(configured: Option<&Path>) -> Result<Config, AppError> {
    match find(configured)? {
        Some(path) => read(&path),
        None => Err(
            AppError::invalid("there is no groundgate.toml here or above").with_help(
                "`groundgate init` writes a working example; or name one with --config FILE",
            ),
        ),
    }
}

fn read(path: &Path) -> Result<Config, AppError> {
    let names = BUNDLED.map(|judge| judge.name);
    Ok(read_config(
        &path.display().to_string(),
        &files::read_text(path)?,
        &names,
    )?)
}

/// The configuration's file, as short as it can be named from here.
pub fn find(configured: Option<&Path>) -> Result<Option<PathBuf>, AppError> {
    if let Some(path) = configured {
        return Ok(Some(path.to_owned()));
    }
    let here = env::current_dir().map_err(|cause| {
        AppError::invalid("failed to find the working directory").because(cause)
    })?;
    let mut way = PathBuf::new();
    for folder in here.ancestors() {
        if let Some(name) = NAMES.iter().find(|name| folder.join(name).is_file()) {
            return Ok(Some(way.join(name)));
        }
        if folder.join(".git").exists() {
            break;
        }
        way.push("..");
    }
    Ok(None)
}

/// Where records go: as the configuration says, `runs` where there is none.
pub fn runs_dir(configured: Option<&Path>) -> Result<PathBuf, AppError> {
    Ok(match find(configured)? {
        Some(path) => read(&path)?.runs_dir,
        None => PathBuf::from("runs"),
    })
}

/// The policy that the configuration names.
pub fn policy_path(configured: Option<&Path>) -> Result<PathBuf, AppError> {
    Ok(match find(configured)? {
        Some(path) => read(&path)?.policy,
        None => PathBuf::from("gate.toml"),
    })
}

/// Reads a policy for an environment; its name in reports goes with it.
pub fn policy(
    path: &Path,
    environment: Option<&str>,
    known: &KnownMetrics,
) -> Result<(String, Policy), AppError> {
    let name = path.display().to_string();
    let policy = read_policy(&name, &files::read_text(path)?, environment, known)?;
    Ok((name, policy))
}

/// The revision of the working directory, with a `+` where it differs from it.
pub fn git_revision() -> Option<String> {
    let output = Command::new("git")
        .args([
            "status",
            "--porcelain=v2",
            "--branch",
            "--untracked-files=no",
        ])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let status = String::from_utf8_lossy(&output.stdout);
    let (about, changes): (Vec<&str>, Vec<&str>) =
        status.lines().partition(|line| line.starts_with('#'));
    let revision = about
        .iter()
        .find_map(|line| line.strip_prefix("# branch.oid "))
        .filter(|revision| *revision != "(initial)")?;
    let mark = if changes.is_empty() { "" } else { "+" };
    Some(format!("{revision}{mark}"))
}

//! The project around us: its configuration, its policy, its records.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::config::{Config, read_config};
use groundgate_gate::{KnownMetrics, Policy, read_policy};
use groundgate_judge::BUNDLED;

use super::{
    assemble::Loaded, error::AppError, files, git::Git, metrics, policy_source::PolicySource, runs,
};

/// Names under which a configuration is looked for, in each folder up to the repository's root.
const NAMES: [&str; 2] = ["groundgate.toml", ".config/groundgate.toml"];

/// A project: where its records and its policy are.
#[derive(Debug, Clone)]
pub struct Project {
    /// Where git is asked, and what the files that a policy's rules name are relative to; the
    /// process's own where it is empty.
    pub folder: PathBuf,
    /// Where its records are.
    pub runs_dir: PathBuf,
    /// Its policy, where nobody names another.
    pub policy: PathBuf,
    /// Its configuration; a project can do without.
    pub config: Option<Config>,
}

impl Project {
    /// The project around the process's folder: as the configuration says that is named, or found
    /// here or above; as usual where there is none.
    pub fn find(configured: Option<&Path>) -> Result<Self, AppError> {
        let Some(path) = find(configured)? else {
            return Ok(Self::without_configuration(Path::new("")));
        };
        let config = read(&path)?;
        Ok(Self {
            folder: PathBuf::new(),
            runs_dir: config.runs_dir.clone(),
            policy: config.policy.clone(),
            config: Some(config),
        })
    }

    /// A folder with `runs` and `gate.toml` in it.
    pub fn without_configuration(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            runs_dir: folder.join("runs"),
            policy: folder.join("gate.toml"),
            config: None,
        }
    }

    /// The policy that is meant: as written (`FILE` or `git:REVISION:FILE`), else the project's.
    pub fn policy_source(&self, written: Option<&str>) -> Result<PolicySource, AppError> {
        match written {
            Some(written) => PolicySource::parse(written, self.git()),
            None => Ok(PolicySource::File(self.policy.clone())),
        }
    }

    /// A run's record: a file, an id, the beginning of one, or `latest`.
    pub fn load(&self, run: &str) -> Result<Loaded, AppError> {
        Loaded::new(runs::open(&self.runs_dir, run)?)
    }

    /// Where approvals of verdicts are.
    pub fn approvals(&self) -> PathBuf {
        self.runs_dir.join("approvals")
    }

    /// What its judges measure, or everything bundled.
    pub fn known_metrics(&self) -> KnownMetrics {
        match &self.config {
            Some(config) => metrics::of_config(config),
            None => metrics::bundled(),
        }
    }

    fn git(&self) -> Git {
        Git::in_folder(&self.folder)
    }
}

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

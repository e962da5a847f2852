//! Where a policy comes from: a file of the working tree, or a file as a git revision has it.
//!
//! In CI the working tree is what is under test. A change that edits its own thresholds is judged by the
//! protected revision's, or by a policy whose digest somebody has pinned.

use std::{fmt, path::PathBuf};

use groundgate_gate::{KnownMetrics, Policy, Waiver, read_policy, read_waivers};
use groundgate_model::unit::Digest;

use super::{error::AppError, files, git::Git, surroundings::Surroundings};

/// The file of waivers, beside the policy.
const WAIVERS: &str = "waivers.toml";

/// A policy's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicySource {
    /// A file.
    File(PathBuf),
    /// A file of a revision.
    Git {
        /// Whom to ask.
        git: Git,
        /// A branch, a tag or a commit.
        revision: String,
        /// From the repository's root.
        path: String,
    },
}

impl fmt::Display for PolicySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Git { revision, path, .. } => write!(f, "git:{revision}:{path}"),
        }
    }
}

impl PolicySource {
    /// `FILE` or `git:REVISION:FILE`.
    pub fn parse(written: &str, git: Git) -> Result<Self, AppError> {
        let Some(rest) = written.strip_prefix("git:") else {
            return Ok(Self::File(PathBuf::from(written)));
        };
        match rest.split_once(':') {
            Some((revision, path))
                if !revision.is_empty() && !revision.starts_with('-') && !path.is_empty() =>
            {
                Ok(Self::Git {
                    git,
                    revision: revision.to_owned(),
                    path: path.to_owned(),
                })
            }
            _ => Err(
                AppError::usage(format!("`{written}` names no file of a revision"))
                    .with_help("write git:refs/remotes/origin/main:gate.toml"),
            ),
        }
    }

    /// The path of its file, in the working tree or in the repository.
    pub fn file(&self) -> &str {
        match self {
            Self::File(path) => path.to_str().unwrap_or("gate.toml"),
            Self::Git { path, .. } => path,
        }
    }

    /// The policy's text.
    pub fn text(&self) -> Result<String, AppError> {
        match self {
            Self::File(path) => files::read_text(path),
            Self::Git {
                git,
                revision,
                path,
            } => git.show(revision, path)?.ok_or_else(|| {
                AppError::invalid(format!("`{path}` is not in revision `{revision}`"))
                    .with_help("paths begin at the repository's root; fetch the revision first")
            }),
        }
    }

    /// The text, where there is such a file.
    pub fn text_if_any(&self) -> Result<Option<String>, AppError> {
        match self {
            Self::File(path) => path.is_file().then(|| files::read_text(path)).transpose(),
            Self::Git {
                git,
                revision,
                path,
            } => git.show(revision, path),
        }
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Result<Vec<u8>, AppError> {
        match self {
            Self::File(path) => files::read(path),
            Self::Git {
                git,
                revision,
                path,
            } => git.bytes(revision, path)?.ok_or_else(|| {
                AppError::invalid(format!("`{path}` is not in revision `{revision}`"))
            }),
        }
    }

    /// A file of this name in the same folder of the same place.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        match self {
            Self::File(path) => Self::File(path.with_file_name(name)),
            Self::Git {
                git,
                revision,
                path,
            } => Self::Git {
                git: git.clone(),
                revision: revision.clone(),
                // Git's paths have slashes, whatever the system's have.
                path: match path.rsplit_once('/') {
                    Some((folder, _)) => format!("{folder}/{name}"),
                    None => name.to_owned(),
                },
            },
        }
    }

    /// The policy for an environment.
    pub fn policy(
        &self,
        environment: Option<&str>,
        known: &KnownMetrics,
    ) -> Result<Policy, AppError> {
        Ok(read_policy(
            &self.to_string(),
            &self.text()?,
            environment,
            known,
        )?)
    }

    /// The waivers beside the policy, from where the policy is from; none where there is no such file.
    pub fn waivers(&self, policy: &Policy) -> Result<Vec<Waiver>, AppError> {
        let waivers = self.beside(WAIVERS);
        match waivers.text_if_any()? {
            None => Ok(Vec::new()),
            Some(text) => Ok(read_waivers(&waivers.to_string(), &text, policy)?),
        }
    }

    /// Where the working tree has this file, or had it; none where this is one of the working tree.
    pub fn in_working_tree(&self) -> Result<Option<PathBuf>, AppError> {
        let Self::Git { git, path, .. } = self else {
            return Ok(None);
        };
        Ok(Some(git.root()?.join(path)))
    }

    /// Whether the change under test could not have written it: a revision's, and not the one that is
    /// checked out.
    pub fn is_protected(&self) -> bool {
        match self {
            Self::File(_) => false,
            Self::Git { revision, .. } => revision != "HEAD",
        }
    }

    /// Refuses a policy that the change under test could have written, unless it is pinned. In an
    /// environment that the policy itself protects, whoever asks.
    pub fn check_trusted(
        &self,
        policy: &Policy,
        pinned: Option<&str>,
        surroundings: &Surroundings,
    ) -> Result<(), AppError> {
        if let Some(pinned) = pinned {
            let is_it = Digest::parse(pinned).is_some_and(|digest| digest == policy.digest);
            return if is_it {
                Ok(())
            } else {
                Err(AppError::invalid(format!(
                    "the policy's digest is {} and not `{pinned}`",
                    policy.digest
                ))
                .with_help("`groundgate policy show` prints the digest; who may pin another one decides about the thresholds"))
            };
        }
        if self.is_protected() || surroundings.only_looks {
            return Ok(());
        }
        let why = match (surroundings.is_ci, policy.release.is_protected) {
            (true, _) => "in CI",
            (false, true) => "in a protected environment",
            (false, false) => return Ok(()),
        };
        Err(AppError::usage(format!(
            "{why} the policy of the working tree decides nothing: a change could edit its own thresholds",
        ))
        .with_help(
            "take it from a protected branch with --policy git:refs/remotes/origin/main:gate.toml, or pin it with --policy-digest",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_written() {
        let git = |revision: &str, path: &str| PolicySource::Git {
            git: Git::default(),
            revision: revision.to_owned(),
            path: path.to_owned(),
        };
        for (written, expected) in [
            ("gate.toml", PolicySource::File(PathBuf::from("gate.toml"))),
            (
                "git:origin/main:a/gate.toml",
                git("origin/main", "a/gate.toml"),
            ),
            ("git:v1:c:d.toml", git("v1", "c:d.toml")),
        ] {
            let read = PolicySource::parse(written, Git::default()).unwrap();
            assert_eq!(read, expected);
            assert_eq!(read.to_string(), written);
        }
        for written in [
            "git:",
            "git:main",
            "git::gate.toml",
            "git:main:",
            "git:--output=x:y",
        ] {
            assert!(
                PolicySource::parse(written, Git::default()).is_err(),
                "{written}"
            );
        }
    }
}

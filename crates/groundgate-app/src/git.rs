//! Git, asked about the repository that a project is in. No other module starts a process for it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::AppError;

/// Git in a folder; in the process's own where it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Git {
    folder: PathBuf,
}

impl Git {
    /// Asks in `folder`.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The top folder of the working tree.
    pub fn root(&self) -> Result<PathBuf, AppError> {
        let root = self.ask(&["rev-parse", "--show-toplevel"])?;
        Ok(PathBuf::from(String::from_utf8_lossy(&root).trim()))
    }

    /// The text of a file as a revision has it; `None` where the revision has no such file.
    pub fn show(&self, revision: &str, path: &str) -> Result<Option<String>, AppError> {
        let commit = format!("{revision}^{{commit}}");
        self.ask(&["rev-parse", "--verify", "--quiet", &commit])
            .map_err(|_unknown| {
                AppError::invalid(format!("git knows no revision `{revision}`"))
                    .with_help("fetch it first: a shallow checkout has only its own commit")
            })?;
        let object = format!("{revision}:{path}");
        let is_there = self.ask(&["cat-file", "-e", &object]).is_ok();
        if !is_there {
            return Ok(None);
        }
        let blob = self.ask(&["cat-file", "blob", &object])?;
        String::from_utf8(blob).map(Some).map_err(|cause| {
            AppError::invalid(format!("`{object}` is not UTF-8 text")).because(cause)
        })
    }

    /// The revision of the working tree, with a `+` where the tree differs from it; `None` outside
    /// of a repository.
    pub fn revision(&self) -> Option<String> {
        let status = self
            .ask(&[
                "status",
                "--porcelain=v2",
                "--branch",
                "--untracked-files=no",
            ])
            .ok()?;
        let status = String::from_utf8_lossy(&status);
        let (about, changes): (Vec<&str>, Vec<&str>) =
            status.lines().partition(|line| line.starts_with('#'));
        let revision = about
            .iter()
            .find_map(|line| line.strip_prefix("# branch.oid "))
            .filter(|revision| *revision != "(initial)")?;
        let mark = if changes.is_empty() { "" } else { "+" };
        Some(format!("{revision}{mark}"))
    }

    fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, AppError> {
        let mut command = Command::new("git");
        if !self.folder.as_os_str().is_empty() {
            command.arg("-C").arg(&self.folder);
        }
        let output = command
            .args(arguments)
            .output()
            .map_err(|cause| AppError::invalid("failed to start git").because(cause))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(AppError::invalid(format!(
            "git {} failed: {said}",
            arguments.join(" ")
        )))
    }
}

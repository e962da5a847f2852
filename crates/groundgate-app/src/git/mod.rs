//! Git, asked about the repository that a project is in, without git's own powers.
//!
//! Whoever may write a branch may also write what git believes: tags that git prefers to a remote's
//! branch, replaced objects, a repository committed as plain files whose configuration starts programs.
//! So refs are read here, in full (`refs`), and objects through an empty repository of our own
//! (`plain`): nothing of the checkout's configuration, hooks, replacements or remotes is in force.
//! No other module starts a process for git.

mod plain;
mod refs;
mod repository;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::error::AppError;

use self::{plain::Plain, repository::Repository};

/// Git in a folder; in the process's own where it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Git {
    folder: PathBuf,
}

/// What a tree has under a path.
enum Entry {
    Nothing,
    File(String),
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
        Ok(self.repository()?.root)
    }

    /// The top folder of the working tree; `None` outside of a repository.
    pub fn root_if_any(&self) -> Option<PathBuf> {
        Some(Repository::around(&self.folder)?.root)
    }

    /// The text of a file as a revision has it; `None` where the revision has no such file.
    pub fn show(&self, revision: &str, path: &str) -> Result<Option<String>, AppError> {
        let Some(blob) = self.bytes(revision, path)? else {
            return Ok(None);
        };
        String::from_utf8(blob).map(Some).map_err(|cause| {
            AppError::invalid(format!("`{revision}:{path}` is not UTF-8 text")).because(cause)
        })
    }

    /// A file as a revision has it; `None` where the revision has no such file.
    pub fn bytes(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, AppError> {
        let repository = self.repository()?;
        let named = refs::resolve(&repository, revision)?;
        let plain = Plain::over(&repository, &named)?;
        let commit = plain
            .ask(&[
                "rev-parse",
                "--verify",
                "--quiet",
                &format!("{named}^{{commit}}"),
            ])
            .map_err(|_unknown| unknown_revision(revision))?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        match entry(&plain, &commit, path)? {
            Entry::Nothing => Ok(None),
            Entry::File(id) => plain.ask(&["cat-file", "blob", &id]).map(Some),
        }
    }

    /// The revision of the working tree, with a `+` where the tree differs from it; `None` outside
    /// of a repository.
    pub fn revision(&self) -> Option<String> {
        let repository = Repository::around(&self.folder)?;
        let head = refs::resolve(&repository, refs::HEAD).ok()?;
        let plain = Plain::over(&repository, &head).ok()?;
        let changes = plain
            .ask(&[
                "diff",
                "--name-only",
                "--no-ext-diff",
                "--no-textconv",
                "--ignore-submodules=all",
                &head,
            ])
            .ok()?;
        let mark = if changes.is_empty() { "" } else { "+" };
        Some(format!("{head}{mark}"))
    }

    /// Whether git tracks that file: then a commit could have brought it.
    pub fn tracks(&self, file: &Path) -> Result<bool, AppError> {
        let Some(repository) = Repository::around(&self.folder) else {
            return Ok(false);
        };
        let Ok(file) = file.canonicalize() else {
            return Ok(false);
        };
        let Ok(inside) = file.strip_prefix(&repository.root) else {
            return Ok(false);
        };
        if !repository.index().is_file() {
            return Ok(false);
        }
        let inside = inside.to_string_lossy().replace('\\', "/");
        let plain = Plain::over(&repository, "")?;
        let listed = plain.ask(&["ls-files", "-z", "--", &inside])?;
        Ok(!listed.is_empty())
    }

    fn repository(&self) -> Result<Repository, AppError> {
        Repository::around(&self.folder).ok_or_else(|| {
            AppError::invalid("this folder is in no git repository")
                .with_help("a folder named .git is looked for here and above; others are not asked")
        })
    }
}

fn unknown_revision(revision: &str) -> AppError {
    AppError::invalid(format!("git knows no revision `{revision}`"))
        .with_help("fetch it first: a shallow checkout has only its own commit")
}

/// What a commit has under a path: only a plain file is one.
fn entry(plain: &Plain, commit: &str, path: &str) -> Result<Entry, AppError> {
    let listed = plain.ask(&["ls-tree", "-z", "--full-tree", commit, "--", path])?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let Some((what, _)) = listed.split_once('\t') else {
        return Ok(Entry::Nothing);
    };
    let mut words = what.split(' ');
    let (mode, id) = (words.next().unwrap_or(""), words.nth(1).unwrap_or(""));
    let kind = match mode {
        "100644" | "100755" => return Ok(Entry::File(id.to_owned())),
        "120000" => "a symbolic link",
        "160000" => "a submodule",
        "040000" => "a folder",
        _ => "of a kind that is not known",
    };
    Err(
        AppError::invalid(format!("`{path}` is {kind} in commit {commit}"))
            .with_help("a protected file is a plain file of the commit itself"),
    )
}

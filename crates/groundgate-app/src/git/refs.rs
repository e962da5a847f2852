//! From the name of a revision to a commit: a commit's own id, `HEAD`, a ref in full, or a remote's
//! branch. Nothing else is guessed, since git would prefer a tag `origin/main` to the remote's branch.

use std::{fs, path::Path};

use super::{repository::Repository, unknown_revision};
use crate::error::AppError;

/// The commit that is checked out.
pub(super) const HEAD: &str = "HEAD";
/// A ref may lead to a ref, and that to another one.
const DEPTH: usize = 5;

/// The id of the object that a revision names.
pub(super) fn resolve(repository: &Repository, revision: &str) -> Result<String, AppError> {
    if is_id(revision) {
        return Ok(revision.to_owned());
    }
    if revision == HEAD || revision.starts_with("refs/") {
        if revision.starts_with("refs/replace/") {
            return Err(AppError::invalid(format!(
                "`{revision}` replaces another object and is no protected place"
            )));
        }
        return read(repository, revision, DEPTH)?.ok_or_else(|| unknown_revision(revision));
    }
    let remote = format!("refs/remotes/{revision}");
    let Some(id) = read(repository, &remote, DEPTH)? else {
        return Err(
            AppError::invalid(format!("git knows no remote branch `{revision}`")).with_help(
                format!(
                    "fetch it, or name it in full: refs/heads/{revision}, refs/tags/{revision}, or the commit's id"
                ),
            ),
        );
    };
    for other in [
        revision.to_owned(),
        format!("refs/{revision}"),
        format!("refs/tags/{revision}"),
        format!("refs/heads/{revision}"),
    ] {
        if read(repository, &other, DEPTH)?.is_some() {
            return Err(AppError::invalid(format!(
                "`{revision}` is ambiguous: there are {remote} and {other}"
            ))
            .with_help(format!(
                "name it in full: git:{remote}:FILE; somebody has pushed the other one"
            )));
        }
    }
    Ok(id)
}

/// An object's id: SHA-1 or SHA-256, in full.
fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What a ref says; `None` where there is none.
fn read(repository: &Repository, name: &str, depth: usize) -> Result<Option<String>, AppError> {
    if !is_plain(name) {
        return Err(AppError::invalid(format!("`{name}` is no name of a ref")));
    }
    if repository.common.join("reftable").is_dir() {
        return Err(AppError::invalid(
            "the repository keeps its refs in a reftable, which is not read",
        )
        .with_help("name the commit by its id: git:COMMIT:FILE"));
    }
    let folder = if name == HEAD {
        &repository.own
    } else {
        &repository.common
    };
    let loose = folder.join(name);
    if is_link(folder, name) {
        return Err(AppError::invalid(format!(
            "ref `{name}` is a symbolic link"
        )));
    }
    let said = match fs::read_to_string(&loose) {
        Ok(text) => Some(text.trim().to_owned()),
        Err(_) => packed(repository, name),
    };
    match said {
        None => Ok(None),
        Some(id) if is_id(&id) => Ok(Some(id)),
        Some(text) => match text.strip_prefix("ref:").map(str::trim) {
            Some(next) if depth > 0 => read(repository, next, depth - 1),
            Some(_) | None => Err(AppError::invalid(format!("ref `{name}` names no object"))),
        },
    }
}

/// A name that stays below the folder of refs.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with(['.', '-'])
                && Path::new(part).extension() != Some("lock".as_ref())
                && !part.contains("..")
                && !part.contains(|c: char| c.is_control() || " ~^:?*[\\".contains(c))
        })
}

/// Whether a ref's file, or a folder on the way to it, is a symbolic link.
fn is_link(folder: &Path, name: &str) -> bool {
    let mut path = folder.to_owned();
    name.split('/').any(|part| {
        path.push(part);
        path.is_symlink()
    })
}

fn packed(repository: &Repository, name: &str) -> Option<String> {
    let all = fs::read_to_string(repository.common.join("packed-refs")).ok()?;
    let mut lines = all.lines().filter(|line| !line.starts_with(['#', '^']));
    lines.find_map(|line| {
        let (id, own) = line.split_once(' ')?;
        (own == name).then(|| id.to_owned())
    })
}

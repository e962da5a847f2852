//! Where a repository is: only under the name `.git`, which no commit can contain.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A repository with its working tree.
#[derive(Debug, Clone)]
pub(super) struct Repository {
    /// The top folder of the working tree.
    pub(super) root: PathBuf,
    /// What is this working tree's own: HEAD, index.
    pub(super) own: PathBuf,
    /// What all working trees share: refs, objects.
    pub(super) common: PathBuf,
}

impl Repository {
    /// The repository that a folder is in. A bare one is never found: it could be a folder of the
    /// checkout, committed as plain files.
    pub(super) fn around(folder: &Path) -> Option<Self> {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let folder = folder.canonicalize().ok()?;
        folder.ancestors().find_map(Self::at)
    }

    fn at(root: &Path) -> Option<Self> {
        let named = root.join(".git");
        let own = if named.is_dir() {
            named
        } else {
            let text = fs::read_to_string(&named).ok()?;
            let path = text.trim().strip_prefix("gitdir:")?.trim();
            root.join(path).canonicalize().ok()?
        };
        own.join("HEAD").exists().then_some(())?;
        let common = match fs::read_to_string(own.join("commondir")) {
            Ok(path) => own.join(path.trim()).canonicalize().ok()?,
            Err(_) => own.clone(),
        };
        Some(Self {
            root: root.to_owned(),
            own,
            common,
        })
    }

    /// The file that says what is tracked.
    pub(super) fn index(&self) -> PathBuf {
        self.own.join("index")
    }

    /// Where its objects are.
    pub(super) fn objects(&self) -> PathBuf {
        self.common.join("objects")
    }
}

//! An empty repository of our own, through which another one's objects are read: git's configuration,
//! hooks, replaced objects, file-system monitors and remotes of the checkout are out of reach.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU64, Ordering},
};

use super::repository::Repository;
use crate::error::AppError;

/// How many names are tried for the folder.
const TRIES: usize = 100;
static COUNT: AtomicU64 = AtomicU64::new(0);

/// The empty repository; it goes when this goes.
#[derive(Debug)]
pub(super) struct Plain {
    folder: PathBuf,
    root: PathBuf,
    index: PathBuf,
    objects: PathBuf,
}

impl Plain {
    /// Over the objects of `repository`, whose ids look like `id`.
    pub(super) fn over(repository: &Repository, id: &str) -> Result<Self, AppError> {
        let failed = |cause: io::Error| {
            AppError::internal("failed to make a folder for git in the system's temporary folder")
                .because(cause)
        };
        let folder = folder().map_err(failed)?;
        let plain = Self {
            folder,
            root: repository.root.clone(),
            index: repository.index(),
            objects: repository.objects(),
        };
        plain.fill(id).map_err(failed)?;
        Ok(plain)
    }

    fn fill(&self, id: &str) -> io::Result<()> {
        for name in ["objects", "refs"] {
            fs::create_dir(self.folder.join(name))?;
        }
        fs::write(self.folder.join("HEAD"), "ref: refs/heads/none\n")?;
        let config = if id.len() == 64 {
            "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectformat = sha256\n"
        } else {
            "[core]\nrepositoryformatversion = 0\n"
        };
        fs::write(self.folder.join("config"), config)
    }

    /// What git says to a question.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, AppError> {
        let output = self
            .command()
            .args(arguments)
            .output()
            .map_err(|cause| AppError::invalid("failed to start git").because(cause))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(AppError::invalid(format!(
            "git {} failed: {said}",
            arguments.first().unwrap_or(&"")
        )))
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.env_clear();
        // Whoever sets GIT_… could set any of git's powers.
        command
            .envs(env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("GIT_")));
        let nothing = self.folder.join("nothing");
        for (name, value) in [
            ("GIT_DIR", self.folder.as_path()),
            ("GIT_WORK_TREE", &self.root),
            ("GIT_INDEX_FILE", &self.index),
            ("GIT_OBJECT_DIRECTORY", &self.objects),
            ("GIT_CONFIG_GLOBAL", &nothing),
            ("GIT_CONFIG_SYSTEM", &nothing),
        ] {
            command.env(name, value);
        }
        for name in [
            "GIT_CONFIG_NOSYSTEM",
            "GIT_ATTR_NOSYSTEM",
            "GIT_NO_REPLACE_OBJECTS",
            "GIT_NO_LAZY_FETCH",
            "GIT_LITERAL_PATHSPECS",
        ] {
            command.env(name, "1");
        }
        command
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .current_dir(&self.root)
            .args(["--no-pager", "-c", "protocol.allow=never"]);
        command
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // What stays behind is empty.
        let _stays = fs::remove_dir_all(&self.folder);
    }
}

/// A new folder that nobody else has made.
fn folder() -> io::Result<PathBuf> {
    let base = env::temp_dir();
    let mut last = io::Error::other("no name is free");
    for _ in 0..TRIES {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("groundgate-git-{}-{number}", process::id()));
        match create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

//! The working example as files to start from.

use std::path::{Path, PathBuf};

use crate::{App, AppError, bundled, files};

impl App {
    /// Writes the working example into a folder and says which files those are. Nothing that is there
    /// already is touched.
    pub fn init(&self, folder: &Path) -> Result<Vec<PathBuf>, AppError> {
        let path = |name: &str| folder.join(name);
        let paths: Vec<PathBuf> = bundled::FILES.iter().map(|(name, _)| path(name)).collect();
        let taken = paths.iter().filter(|path| path.exists());
        let taken: Vec<String> = taken.map(|path| path.display().to_string()).collect();
        if !taken.is_empty() {
            return Err(
                AppError::invalid(format!("there is already {}", taken.join(", ")))
                    .with_help("name another folder: `groundgate init DIR`; nothing was written"),
            );
        }
        for (name, text) in bundled::FILES {
            files::write(&path(name), text)?;
        }
        Ok(paths)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn an_example_is_written_once_and_never_over_files_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let app = App::new(Surroundings::system());
        let written = app.init(folder.path()).unwrap();
        assert_eq!(written.len(), bundled::FILES.len());
        assert!(written.iter().all(|path| path.is_file()));
        let (first, others) = written.split_first().unwrap();
        fs::write(first, "mine").unwrap();
        for other in others {
            fs::remove_file(other).unwrap();
        }
        let refused = app.init(folder.path()).unwrap_err();
        assert!(refused.to_string().starts_with("there is already "));
        assert_eq!(fs::read_to_string(first).unwrap(), "mine");
        assert!(
            others.iter().all(|path| !path.exists()),
            "nothing was written"
        );
    }
}

//! In which order a folder's records were begun. Names and clocks say nothing of it: a name can be
//! claimed, and a machine's clock may be ahead. Whoever begins a record appends its name here.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::error::RecordError;

/// The file of a folder's sequence.
const FILE: &str = "sequence";

/// Where a folder keeps its sequence.
pub fn sequence_file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// The names of the records of a folder, in the order in which they were begun; records that were
/// brought from elsewhere are not among them.
pub fn sequence(folder: &Path) -> Result<Vec<String>, RecordError> {
    let path = sequence_file(folder);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(RecordError::Place { path, source }),
    }
}

/// Appends a record that is begun.
pub(super) fn append(record: &Path) -> Result<(), RecordError> {
    let folder = record.parent().unwrap_or(Path::new(""));
    let path = sequence_file(folder);
    let name = record.file_name().unwrap_or_default().to_string_lossy();
    // One write: two processes that begin at once leave two lines.
    let line = format!("{name}\n");
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .map_err(|source| RecordError::Place { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_in_the_order_in_which_they_were_begun() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(sequence(folder.path()).unwrap(), Vec::<String>::new());
        for name in ["b.sqlite", "a.sqlite"] {
            append(&folder.path().join(name)).unwrap();
        }
        assert_eq!(sequence(folder.path()).unwrap(), ["b.sqlite", "a.sqlite"]);
    }
}

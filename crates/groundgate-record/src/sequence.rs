//! In which order a folder's records were begun, and which plans were finished. Names and clocks say nothing of
//! it: a name can be claimed, and a machine's clock may be ahead. Whoever begins a record appends its name
//! here; whoever finishes one appends it once more, with its plan: a record that is taken away was a try all the same.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use groundgate_model::unit::Digest;

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
    let text = text(folder)?;
    let begun = text.lines().filter(|line| !line.contains(' '));
    Ok(begun.map(str::to_owned).collect())
}

/// The names of the records of a folder that came to the end of this plan, whether they are still there or not.
pub fn finished(folder: &Path, plan: Digest) -> Result<Vec<String>, RecordError> {
    let (text, plan) = (text(folder)?, plan.to_string());
    let ended = text.lines().filter_map(|line| line.split_once(' '));
    let of_plan = ended.filter(|(_, ended)| *ended == plan);
    Ok(of_plan.map(|(name, _)| name.to_owned()).collect())
}

fn text(folder: &Path) -> Result<String, RecordError> {
    let path = sequence_file(folder);
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|source| RecordError::Place { path, source }),
    }
}

/// Appends a record that is begun.
pub(super) fn append(record: &Path) -> Result<(), RecordError> {
    append_line(record, "")
}

/// Appends a record that is finished.
pub(super) fn append_finished(record: &Path, plan: Digest) -> Result<(), RecordError> {
    append_line(record, &format!(" {plan}"))
}

fn append_line(record: &Path, more: &str) -> Result<(), RecordError> {
    let folder = record.parent().unwrap_or(Path::new(""));
    let path = sequence_file(folder);
    let name = record.file_name().unwrap_or_default().to_string_lossy();
    // One write: two processes that begin at once leave two lines.
    let line = format!("{name}{more}\n");
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
        let (plan, other) = (Digest::of(b"plan"), Digest::of(b"other"));
        append_finished(&folder.path().join("b.sqlite"), plan).unwrap();
        assert_eq!(sequence(folder.path()).unwrap(), ["b.sqlite", "a.sqlite"]);
        assert_eq!(finished(folder.path(), plan).unwrap(), ["b.sqlite"]);
        assert_eq!(
            finished(folder.path(), other).unwrap(),
            Vec::<String>::new()
        );
    }
}

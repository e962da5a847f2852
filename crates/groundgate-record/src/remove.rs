//! Taking a record away.

use std::{fs, io, path::Path};

use super::{error::RecordError, lock::WriteLock};

/// Removes a record with all that stands beside it, for good. Fails while somebody writes to it.
pub fn remove(record: &Path) -> Result<(), RecordError> {
    let _lock = WriteLock::take(record)?;
    // What a killed run left of its last transaction goes first: it is nothing without the record.
    for beside in ["sqlite-wal", "sqlite-shm"] {
        match fs::remove_file(record.with_extension(beside)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(record, error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    fs::remove_file(record).map_err(|source| failed(record, source))
}

fn failed(record: &Path, source: io::Error) -> RecordError {
    RecordError::Remove {
        path: record.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_goes_with_all_beside_it_but_not_while_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("r.sqlite");
        for beside in ["sqlite", "sqlite-wal", "sqlite-shm", "lock"] {
            fs::write(record.with_extension(beside), "").unwrap();
        }
        let held = WriteLock::take(&record).unwrap();
        assert!(matches!(remove(&record), Err(RecordError::InUse { .. })));
        assert!(record.exists());
        drop(held);
        remove(&record).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(matches!(remove(&record), Err(RecordError::Remove { .. })));
    }
}

//! Who is writing: a lock on a small file beside the record, which the system releases when its owner
//! dies, however it dies. On the record itself it would get in SQLite's way.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::error::RecordError;

/// A reader that looks whether somebody writes holds the lock for a moment: wait for that much.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// Held as long as somebody writes; its file goes with it.
#[derive(Debug)]
pub(super) struct WriteLock {
    path: PathBuf,
    _held: File,
}

impl WriteLock {
    /// Fails where another process, or another part of this one, writes to the record.
    pub(super) fn take(record: &Path) -> Result<Self, RecordError> {
        let path = path_of(record);
        let failed = |source| RecordError::Lock {
            path: path.clone(),
            source,
        };
        for _ in 0..TRIES {
            let file = File::create(&path).map_err(failed)?;
            match file.try_lock() {
                // Whoever held it before may have taken the file away since: then this is nobody's lock.
                Ok(()) if is_at(&file, &path) => return Ok(Self { path, _held: file }),
                Ok(()) | Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        Err(RecordError::InUse {
            path: record.to_owned(),
        })
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        // A file that stays behind is nobody's lock.
        let _stays = fs::remove_file(&self.path);
    }
}

/// Whether somebody writes to the record just now.
pub(super) fn is_written(record: &Path) -> Result<bool, RecordError> {
    let path = path_of(record);
    let looked = File::open(&path).and_then(|file| match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match looked {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        looked => looked.map_err(|source| RecordError::Lock { path, source }),
    }
}

/// Whether the path still leads to this very file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let place = |found: fs::Metadata| (found.dev(), found.ino());
    let (ours, now) = (file.metadata().map(place), fs::metadata(path).map(place));
    matches!((ours, now), (Ok(ours), Ok(now)) if ours == now)
}

/// Elsewhere a path is not taken from under an open file.
#[cfg(not(unix))]
const fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

fn path_of(record: &Path) -> PathBuf {
    record.with_extension("lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_taken_away_is_nobodys_lock() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("r.sqlite");
        let path = path_of(&record);
        let waiting = File::create(&path).unwrap();
        assert!(is_at(&waiting, &path));
        drop(WriteLock::take(&record).unwrap());
        waiting.try_lock().unwrap();
        assert!(!is_at(&waiting, &path));
        let held = WriteLock::take(&record).unwrap();
        assert!(!is_at(&waiting, &path), "another file stands there now");
        assert!(is_written(&record).unwrap());
        drop(held);
    }
}

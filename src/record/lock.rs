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
        let file = File::create(&path).map_err(failed)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { path, _held: file }),
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
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

fn path_of(record: &Path) -> PathBuf {
    record.with_extension("lock")
}

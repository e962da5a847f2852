//! What can go wrong with a record.

use std::path::PathBuf;

/// A record that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// SQLite refused.
    #[error("failed to {operation} record `{}`", path.display())]
    Sqlite {
        /// What was being done.
        operation: &'static str,
        /// The record's file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// Written by a newer groundgate, or by another program.
    #[error(
        "record `{}` has schema version {found}, this groundgate reads {}",
        path.display(),
        super::schema::VERSION
    )]
    Version {
        /// The record's file.
        path: PathBuf,
        /// What the file says.
        found: i64,
    },
    /// A value in it is not what the schema promises.
    #[error("record `{}` is damaged: {what}", path.display())]
    Damaged {
        /// The record's file.
        path: PathBuf,
        /// Where, and what is wrong.
        what: String,
    },
    /// Somebody else writes to it.
    #[error("record `{}` is being written by another groundgate", path.display())]
    InUse {
        /// The record's file.
        path: PathBuf,
    },
    /// Whether somebody else writes to it cannot be told.
    #[error("failed to lock `{}`", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It could not be removed.
    #[error("failed to remove record `{}`", path.display())]
    Remove {
        /// The record's file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is already a record of this name.
    #[error("record `{}` exists already", path.display())]
    Exists {
        /// The record's file.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("there is no record `{}`", path.display())]
    Absent {
        /// The record's file.
        path: PathBuf,
    },
}

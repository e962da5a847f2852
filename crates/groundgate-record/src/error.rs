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
        "record `{}` is of format {found}; groundgate {} reads formats 1 to {}{}",
        path.display(),
        env!("CARGO_PKG_VERSION"),
        super::schema::FORMAT,
        who_reads(writer.as_deref())
    )]
    Format {
        /// The record's file.
        path: PathBuf,
        /// What the file says.
        found: i64,
        /// The version of groundgate that wrote it, as the file says.
        writer: Option<String>,
    },
    /// Of an earlier format: it can be read, and not be gone on with.
    #[error(
        "record `{}` is of format {format}, which groundgate {} reads and does not go on with; \
         go on with groundgate {writer}, or start another run",
        path.display(),
        env!("CARGO_PKG_VERSION")
    )]
    Finished {
        /// The record's file.
        path: PathBuf,
        /// What the file says.
        format: i64,
        /// The version of groundgate that wrote it.
        writer: String,
    },
    /// A file without tables, as a run of an earlier groundgate left it that was killed before it asked
    /// anything.
    #[error("`{}` is empty: its run was killed before it began", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A value in it is not what the schema promises.
    #[error("record `{}` is damaged: {what}", path.display())]
    Damaged {
        /// The record's file.
        path: PathBuf,
        /// Where, and what is wrong.
        what: String,
    },
    /// It is not what it was when it was sealed.
    #[error("record `{}` was changed after its run ended: {what} is not what was sealed", path.display())]
    SealBroken {
        /// The record's file.
        path: PathBuf,
        /// What was changed.
        what: String,
    },
    /// It has no seal that could be signed.
    #[error("record `{}` has no seal: its run has not ended, or an earlier groundgate made it", path.display())]
    Unsealed {
        /// The record's file.
        path: PathBuf,
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
    /// Its file could not be put in its place.
    #[error("failed to create record `{}`", path.display())]
    Place {
        /// The record's file.
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

fn who_reads(writer: Option<&str>) -> String {
    match writer {
        Some(version) => format!("; groundgate {version}, which wrote it, reads it"),
        None => String::new(),
    }
}

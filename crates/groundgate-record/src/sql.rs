//! What reading and writing share: errors with their file, JSON in columns, places as numbers of SQLite.

use std::path::Path;

use serde::Deserialize;

use super::error::RecordError;

/// What SQLite said, with what was being done.
pub(super) fn sqlite(
    operation: &'static str,
    path: &Path,
) -> impl Fn(rusqlite::Error) -> RecordError {
    let path = path.to_owned();
    move |source| RecordError::Sqlite {
        operation,
        path: path.clone(),
        source,
    }
}

/// A value as it is stored.
pub(super) fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// Places in a plan are far below 2^63.
pub(super) fn number(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// A stored value. `what` names it where the record is damaged.
pub(super) fn parse<'a, T: Deserialize<'a>>(
    path: &Path,
    what: &str,
    text: &'a str,
) -> Result<T, RecordError> {
    serde_json::from_str(text).map_err(|error| RecordError::Damaged {
        path: path.to_owned(),
        what: format!("{what} does not parse: {error}"),
    })
}

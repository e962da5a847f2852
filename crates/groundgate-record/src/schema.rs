//! The tables of a record. Fields are only added; a change of meaning raises the format.

use std::path::Path;

use rusqlite::Connection;

use super::{error::RecordError, sql::sqlite};

/// Stored in SQLite's `user_version`; what earlier ones were like is in `formats`.
pub(super) const FORMAT: i64 = 3;

/// `scores` is apart from `details`, so that a gate reads numbers only, one metric after the other.
/// A score has a `value` (and `up_to`, where votes failed that could have made it better) or a `reason`
/// (and its `detail`), never both.
/// `controls` has a row for each claim of known label that a judge was asked about; `metric` is the first
/// that the judge measures.
/// Tables of long rows keep them in the order in which they come, with the key as an index of its own:
/// sorted by the key, every row over a quarter of a page would take a page more.
pub(super) const TABLES: &str = "
CREATE TABLE header (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cases (case_index INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, json TEXT NOT NULL);
CREATE TABLE system_messages (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE calls (
  trial INTEGER NOT NULL, callee TEXT NOT NULL, vote INTEGER NOT NULL, round INTEGER NOT NULL,
  system_message INTEGER REFERENCES system_messages (number), request TEXT, reply TEXT, failure TEXT, booked_nanos INTEGER NOT NULL,
  PRIMARY KEY (trial, callee, vote, round)
);
CREATE TABLE trials (trial INTEGER PRIMARY KEY);
CREATE TABLE scores (
  metric INTEGER NOT NULL, trial INTEGER NOT NULL,
  value REAL, up_to REAL, reason TEXT, detail TEXT,
  PRIMARY KEY (metric, trial)
) WITHOUT ROWID;
CREATE TABLE details (
  trial INTEGER NOT NULL, metric INTEGER NOT NULL, explanation TEXT NOT NULL, claims TEXT,
  PRIMARY KEY (trial, metric)
);
";

/// Made where it is not there: records of this format that were begun before have none.
pub(super) const CONTROLS: &str = "
CREATE TABLE IF NOT EXISTS controls (
  trial INTEGER NOT NULL, metric INTEGER NOT NULL, callee TEXT NOT NULL, vote INTEGER NOT NULL,
  round INTEGER NOT NULL, kind TEXT NOT NULL, is_right INTEGER NOT NULL, call_counts INTEGER NOT NULL
);
";

/// The tables of the present format, as SQLite keeps their text.
fn tables() -> impl Iterator<Item = String> {
    let written = TABLES.split(';').chain(CONTROLS.split(';'));
    written.map(|table| table.trim().replace("IF NOT EXISTS ", ""))
}

/// Refuses a file that holds anything but the tables of its format: a view in place of a table could
/// compute whatever scores it likes, or never end; a trigger could change what is written.
pub(super) fn check(connection: &Connection, format: i64, path: &Path) -> Result<(), RecordError> {
    let list = || -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
        connection
            .prepare("SELECT type, name, sql FROM main.sqlite_master")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect()
    };
    for (kind, name, sql) in list().map_err(sqlite("read", path))? {
        // An index without a text of its own is a key's.
        let Some(sql) = sql else { continue };
        let is_ours = kind == "table"
            && if format == FORMAT {
                tables().any(|table| table == sql)
            } else {
                !sql.to_ascii_uppercase().starts_with("CREATE VIRTUAL")
            };
        if !is_ours {
            return Err(RecordError::Damaged {
                path: path.to_owned(),
                what: format!("{kind} `{name}` is not one of a record's tables"),
            });
        }
    }
    Ok(())
}

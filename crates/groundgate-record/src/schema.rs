//! The tables of a record. Fields are only added; a change of meaning raises the version.

/// Stored in SQLite's `user_version`.
pub(super) const VERSION: i64 = 2;

/// `scores` is apart from `details`, so that a gate reads numbers only, one metric after the other.
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
  value REAL, reason TEXT,
  PRIMARY KEY (metric, trial)
) WITHOUT ROWID;
CREATE TABLE details (
  trial INTEGER NOT NULL, metric INTEGER NOT NULL, explanation TEXT NOT NULL, claims TEXT,
  PRIMARY KEY (trial, metric)
);
";

/// Matches the JSON of the one `reason` that is no failure: the judge was not to be asked.
pub(super) const SPARED: &str = r#"{"reason":"spared"%"#;

/// Before what a score with failed votes would be if these had been the best possible ones; stands in
/// its `reason`.
pub(super) const UP_TO: &str = "up to ";

/// Marks a `reason` as 'nothing to measure'; other reasons are JSON.
pub(super) const NOT_APPLICABLE: &str = "not-applicable";

//! The seal of a record: a digest over everything that is in it, row by row in order, made when its run
//! ends. Who changes the record afterwards breaks it, and the seal says in which table.
//!
//! The digest by itself binds a verdict to a record; that nobody made both anew is what a signature over
//! it says (`groundgate-trust`).

use std::path::Path;

use groundgate_model::unit::Digest;
use rusqlite::{Connection, OptionalExtension, types::ValueRef};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    error::RecordError,
    sql::{parse, sqlite},
};

/// Under which key a seal stands in the header.
pub(super) const KEY: &str = "seal";
/// Under which key the signature of a seal stands in the header.
pub(super) const SIGNATURE_KEY: &str = "seal-signature";
/// Under which key the header says that a run went on from a record without a seal.
pub(super) const WAS_OPEN_KEY: &str = "was-open";

/// What is sealed, in the order in which it is: each table with all its columns and the order of its rows.
const PARTS: [(&str, &str); 8] = [
    (
        "header",
        "SELECT key, value FROM header WHERE key NOT IN ('seal', 'seal-signature') ORDER BY key",
    ),
    (
        "cases",
        "SELECT case_index, id, json FROM cases ORDER BY case_index",
    ),
    (
        "system_messages",
        "SELECT number, text FROM system_messages ORDER BY number",
    ),
    (
        "calls",
        "SELECT trial, callee, vote, round, system_message, request, reply, failure, booked_nanos
         FROM calls ORDER BY trial, callee, vote, round",
    ),
    ("trials", "SELECT trial FROM trials ORDER BY trial"),
    (
        "scores",
        "SELECT metric, trial, value, up_to, reason, detail FROM scores ORDER BY metric, trial",
    ),
    (
        "details",
        "SELECT trial, metric, explanation, claims FROM details ORDER BY trial, metric",
    ),
    (
        "controls",
        "SELECT trial, metric, callee, vote, round, kind, is_right, call_counts FROM controls
         ORDER BY trial, metric, callee, vote, round, kind, is_right, call_counts",
    ),
];

/// A seal, as the record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// Over all parts: the name of what is in the record.
    pub digest: Digest,
    /// Table and digest, in the order of sealing.
    parts: Vec<(String, Digest)>,
}

/// A seal that still holds, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealState {
    /// The record is what it was when its run ended.
    Holds(Seal),
    /// It was never sealed: an earlier groundgate made it, its run was killed, or somebody took the seal
    /// away.
    Unsealed,
}

impl Seal {
    /// Over what the record holds now.
    pub(super) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let mut parts = Vec::new();
        for (table, sql) in PARTS {
            // A table that a record was begun without says what an empty one says.
            let digest = if connection.table_exists(None, table)? {
                digest(connection, sql)?
            } else {
                Digest::of(b"")
            };
            parts.push((table.to_owned(), digest));
        }
        Ok(Self {
            digest: over(&parts),
            parts,
        })
    }

    /// The table that is not what it was; `None` where everything is.
    fn broken(&self, now: &Self) -> Option<String> {
        if self == now {
            return None;
        }
        let changed = now
            .parts
            .iter()
            .find(|part| !self.parts.contains(part))
            .map(|(table, _)| format!("table `{table}`"));
        Some(changed.unwrap_or_else(|| "the seal".to_owned()))
    }
}

/// Reads the seal of a record and holds it against the record.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<SealState, RecordError> {
    let Some(text) = stored(connection, KEY).map_err(sqlite("read", path))? else {
        return Ok(SealState::Unsealed);
    };
    let seal: Seal = parse(path, "the seal", &text)?;
    let now = Seal::of(connection).map_err(sqlite("read", path))?;
    match seal.broken(&now) {
        None => Ok(SealState::Holds(seal)),
        Some(what) => Err(RecordError::SealBroken {
            path: path.to_owned(),
            what,
        }),
    }
}

/// What stands in the header under a key.
pub(super) fn stored(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM header WHERE key = ?1", [key], |row| {
            row.get(0)
        })
        .optional()
}

fn over(parts: &[(String, Digest)]) -> Digest {
    let lines = parts
        .iter()
        .map(|(table, digest)| format!("{table} {digest}\n"));
    let text: String = ["groundgate.seal/1\n".to_owned()]
        .into_iter()
        .chain(lines)
        .collect();
    Digest::of(text.as_bytes())
}

/// Over all rows of a query: each value with its kind and its length, so that no two contents have the
/// same bytes.
fn digest(connection: &Connection, sql: &str) -> rusqlite::Result<Digest> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut hasher = Sha256::new();
    let mut row_bytes = Vec::new();
    while let Some(row) = rows.next()? {
        row_bytes.clear();
        for column in 0..columns {
            put(&mut row_bytes, row.get_ref(column)?);
        }
        hasher.update(&row_bytes);
    }
    Ok(Digest::from(<[u8; 32]>::from(hasher.finalize())))
}

fn put(bytes: &mut Vec<u8>, value: ValueRef<'_>) {
    let (kind, content): (u8, &[u8]) = match value {
        ValueRef::Null => (b'n', &[]),
        ValueRef::Integer(number) => {
            bytes.push(b'i');
            bytes.extend(number.to_be_bytes());
            return;
        }
        ValueRef::Real(number) => {
            bytes.push(b'r');
            bytes.extend(number.to_bits().to_be_bytes());
            return;
        }
        ValueRef::Text(text) => (b't', text),
        ValueRef::Blob(blob) => (b'b', blob),
    };
    bytes.push(kind);
    bytes.extend(
        u64::try_from(content.len())
            .unwrap_or(u64::MAX)
            .to_be_bytes(),
    );
    bytes.extend(content);
}

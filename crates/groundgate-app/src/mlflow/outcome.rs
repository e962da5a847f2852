//! What was imported, counted: every trace that was found is a trial, and what each lacks has a name.

use std::collections::BTreeMap;

use groundgate_formats::mlflow::{Lack, TraceRow};

/// How many traces lack the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LackCount {
    /// What: `failed`, `no-retriever`.
    pub name: &'static str,
    /// What that means, and what becomes of them.
    pub meaning: &'static str,
    /// How many traces.
    pub n: usize,
    /// One of them.
    pub example: String,
    /// What it says itself.
    pub says: String,
}

/// What traces lack, the most frequent first.
pub(super) fn count(rows: &[TraceRow]) -> Vec<LackCount> {
    let mut counts: BTreeMap<&'static str, LackCount> = BTreeMap::new();
    for one in rows {
        for lack in &one.lacks {
            let of = counts
                .entry(lack.name())
                .or_insert_with(|| first(one, lack));
            of.n += 1;
        }
    }
    let mut counts: Vec<LackCount> = counts.into_values().collect();
    counts.sort_by(|one, other| other.n.cmp(&one.n).then(one.name.cmp(other.name)));
    counts
}

fn first(one: &TraceRow, lack: &Lack) -> LackCount {
    LackCount {
        name: lack.name(),
        meaning: lack.meaning(),
        n: 0,
        example: one.trace.clone(),
        says: lack.words(),
    }
}

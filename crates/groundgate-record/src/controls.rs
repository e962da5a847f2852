//! What judges said of claims whose label is known, counted by metric.

use std::collections::BTreeMap;

use groundgate_model::trial::{ControlCounts, ControlKind};

use super::{error::RecordError, reader::Reader, sql::sqlite};

/// Hard controls tell something only where the call counts.
const HARD: &str = "SELECT metric, kind, count(*), sum(is_right) FROM controls
    WHERE call_counts GROUP BY metric, kind";

/// One row of a call, whatever controls it carried.
const CALLS: &str = "SELECT metric, call_counts, count(*) FROM
    (SELECT DISTINCT trial, metric, callee, vote, round, call_counts FROM controls)
    GROUP BY metric, call_counts";

impl Reader {
    /// The counts by the number of the first metric of their judge; empty where nobody was watched, or
    /// where the record is of a time without controls.
    pub(super) fn control_counts(&self) -> Result<BTreeMap<usize, ControlCounts>, RecordError> {
        let mut counts: BTreeMap<usize, ControlCounts> = BTreeMap::new();
        let is_there = "SELECT count(*) FROM sqlite_master WHERE name = 'controls'";
        if self.read_all(is_there, |row| row.get::<_, i64>(0))? == [0] {
            return Ok(counts);
        }
        let calls = self.read_all(CALLS, |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?, row.get(2)?))
        })?;
        for (metric, call_counts, n) in calls {
            let of = counts.entry(self.index(metric)?).or_default();
            of.add_calls(call_counts, self.index(n)?);
        }
        let hard = self.read_all(HARD, |row| {
            let kind = row.get::<_, String>(1)?;
            Ok((row.get::<_, i64>(0)?, kind, row.get(2)?, row.get(3)?))
        })?;
        for (metric, kind, n, right) in hard {
            let Some(kind) = ControlKind::from_name(&kind) else {
                return Err(self.damaged(format!("unknown kind of control `{kind}`")));
            };
            let of = counts.entry(self.index(metric)?).or_default();
            of.add_hard(kind, self.index(n)?, self.index(right)?);
        }
        Ok(counts)
    }

    fn read_all<T>(
        &self,
        sql: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, RecordError> {
        let collect = || -> rusqlite::Result<Vec<T>> {
            self.connection.prepare(sql)?.query_map([], read)?.collect()
        };
        collect().map_err(sqlite("read", self.path()))
    }
}

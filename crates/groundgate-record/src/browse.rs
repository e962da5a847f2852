//! Small questions to a record, for people who browse it: each reads a few rows, however large the
//! record is. Only a text search reads all of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use groundgate_model::{
    trial::{Cell, ClaimFinding, Reply, Unscored},
    unit::Digest,
};
use rusqlite::{OptionalExtension, Row, params};

use super::{
    error::RecordError,
    reader::Reader,
    score::{NOT_APPLICABLE, NOT_SAMPLED, ScoreRow},
    sql::{number, parse, sqlite},
};

impl Reader {
    /// How many cases were planned.
    pub fn n_cases(&self) -> Result<usize, RecordError> {
        let count = self.value("SELECT count(*) FROM cases", "")?;
        self.index(count.unwrap_or(0))
    }

    /// The place of a case in the plan; `None` where there is no such case.
    pub fn place_of(&self, case: &str) -> Result<Option<usize>, RecordError> {
        let place = self.value("SELECT case_index FROM cases WHERE id = ?1", case)?;
        place.map(|place| self.index(place)).transpose()
    }

    /// The scores of one trial, by metric name; what is not in the record yet was not run.
    pub fn scores_of(&self, trial: usize) -> Result<BTreeMap<String, Cell>, RecordError> {
        let mut scores = BTreeMap::new();
        for (metric, source) in self.header().metrics.iter().enumerate() {
            let row = self
                .connection
                .query_row(
                    "SELECT value, up_to, reason, detail FROM scores
                     WHERE metric = ?1 AND trial = ?2",
                    params![number(metric), number(trial)],
                    |row| ScoreRow::read(row, 0),
                )
                .optional()
                .map_err(sqlite("read", self.path()))?;
            let cell = match row {
                None => Cell::Unscored(Unscored::NotRun),
                Some(row) => self.cell(&row, metric)?,
            };
            scores.insert(source.metric.name.clone(), cell);
        }
        Ok(scores)
    }

    /// The places of cases whose question, tags or answer hold `text`, whatever the case of ASCII
    /// letters.
    pub fn find_text(&self, text: &str) -> Result<BTreeSet<usize>, RecordError> {
        // As it stands in JSON, without the quotes.
        let json = serde_json::Value::from(text.to_ascii_lowercase()).to_string();
        let needle = json.get(1..json.len().saturating_sub(1)).unwrap_or("");
        let attempts = number(usize::try_from(self.header().attempts).unwrap_or(1)).max(1);
        let sql = "SELECT case_index FROM cases WHERE instr(lower(json), ?1) > 0
             UNION SELECT trial / ?2 FROM calls
             WHERE callee = '' AND instr(lower(coalesce(reply, failure)), ?1) > 0";
        let places = self.all(sql, params![needle, attempts], |row| row.get::<_, i64>(0))?;
        places.into_iter().map(|place| self.index(place)).collect()
    }

    /// Trials without a score that should have one, with the reason, in plan order; at most `n`.
    pub fn first_unscored(&self, n: usize) -> Result<Vec<(usize, String)>, RecordError> {
        let sql = "SELECT trial, min(metric), value, up_to, reason, detail FROM scores
             WHERE value IS NULL AND reason NOT IN (?2, ?3)
             GROUP BY trial ORDER BY trial LIMIT ?1";
        let parameters = params![number(n), NOT_APPLICABLE, NOT_SAMPLED];
        let rows = self.all(sql, parameters, |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                ScoreRow::read(row, 2)?,
            ))
        })?;
        let mut found = Vec::new();
        for (trial, metric, row) in rows {
            if let Cell::Unscored(why) = self.cell(&row, self.index(metric)?)? {
                found.push((self.index(trial)?, why.to_string()));
            }
        }
        Ok(found)
    }

    /// Hands over the claims of every trial under a metric, in plan order.
    pub fn for_each_claims(
        &self,
        metric: &str,
        mut visit: impl FnMut(usize, Vec<ClaimFinding>),
    ) -> Result<(), RecordError> {
        let sources = self.header().metrics.iter();
        let Some(place) = sources
            .map(|source| &source.metric.name)
            .position(|name| name == metric)
        else {
            return Ok(());
        };
        let sql = "SELECT trial, claims FROM details
             WHERE metric = ?1 AND claims IS NOT NULL ORDER BY trial";
        let rows = self.all(sql, params![number(place)], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        for (trial, claims) in rows {
            visit(self.index(trial)?, parse(self.path(), "claims", &claims)?);
        }
        Ok(())
    }

    /// The digest of what the copilot said, by case and attempt; calls that failed said nothing.
    pub fn answer_digests(&self) -> Result<BTreeMap<(String, usize), Digest>, RecordError> {
        let attempts = number(usize::try_from(self.header().attempts).unwrap_or(1)).max(1);
        let sql = "SELECT cases.id, calls.trial % ?1, calls.reply FROM calls
             JOIN cases ON cases.case_index = calls.trial / ?1
             WHERE callee = '' AND reply IS NOT NULL";
        let rows = self.all(sql, params![attempts], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
            ))
        })?;
        let mut digests = BTreeMap::new();
        for (case, attempt, reply) in rows {
            let Reply::Answer(answer) = parse::<Reply>(self.path(), "a reply", &reply)? else {
                continue;
            };
            let digest = Digest::of(answer.text.as_bytes());
            digests.insert((case, self.index(attempt)?), digest);
        }
        Ok(digests)
    }

    fn value(&self, sql: &str, parameter: &str) -> Result<Option<i64>, RecordError> {
        let all = if parameter.is_empty() {
            self.all(sql, params![], |row| row.get(0))
        } else {
            self.all(sql, params![parameter], |row| row.get(0))
        };
        Ok(all?.into_iter().next())
    }

    fn all<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read_row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, RecordError> {
        let path: &Path = self.path();
        let collect = || -> rusqlite::Result<Vec<T>> {
            self.connection
                .prepare_cached(sql)?
                .query_map(parameters, read_row)?
                .collect()
        };
        collect().map_err(sqlite("read", path))
    }
}

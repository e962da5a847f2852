//! Writing a record: one owner, batches of whole facts, each batch one transaction.
//!
//! What happens at `kill -9`: SQLite's write-ahead log holds every committed batch. Without `fsync` per batch
//! a power cut may lose what came since the last `keep`, never damage the file; `finish` syncs.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use groundgate_model::{
    eval_set::Case,
    trial::{Call, Outcome, Trial},
    unit::Digest,
};
use rusqlite::{Connection, OpenFlags, Statement, params};

use super::{
    error::RecordError,
    header::{Header, Status},
    lock::WriteLock,
    reader::Reader,
    schema,
    score::{NOT_APPLICABLE, NOT_SAMPLED, ScoreRow},
    seal::{self, Seal, SealState},
    sequence,
    sql::{json, number, sqlite},
};

/// The only one who writes to a record: a second one is refused.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    path: PathBuf,
    metric_numbers: BTreeMap<String, i64>,
    /// The first metric of each instrument.
    instruments: BTreeMap<Digest, i64>,
    system_messages: BTreeMap<String, i64>,
    attempts: usize,
    plan: Digest,
    _lock: WriteLock,
}

/// Facts that belong together in one transaction.
enum Fact<'a> {
    Call(&'a Call),
    Trial(&'a Trial),
}

impl Writer {
    /// Starts a record. Fails if the file exists. It is made beside its place and then moved there, so
    /// that whatever stands under a record's name has its tables, header and cases.
    pub fn create(path: &Path, header: &Header, cases: &[Case]) -> Result<Self, RecordError> {
        if path.exists() {
            return Err(RecordError::Exists {
                path: path.to_owned(),
            });
        }
        let lock = WriteLock::take(path)?;
        sequence::append(path)?;
        let beside = path.with_extension("sqlite-new");
        let made = fill(&beside, header, cases).and_then(|()| {
            put_in_place(&beside, path).map_err(|source| RecordError::Place {
                path: path.to_owned(),
                source,
            })
        });
        if let Err(error) = made {
            // What stays behind is nobody's record.
            let _stays = fs::remove_file(&beside);
            return Err(error);
        }
        Self::over(lock, path, header)
    }

    /// Goes on with a record that was begun. Fails where somebody else does.
    pub fn resume(reader: Reader) -> Result<Self, RecordError> {
        reader.check_is_present_format()?;
        let (path, header) = (reader.path().to_owned(), reader.header().clone());
        drop(reader);
        let lock = WriteLock::take(&path)?;
        // What was paid for must be what it was; nobody can have changed it since, while this writes.
        let sealed = Reader::open(&path)?.seal()?;
        let writer = Self::over(lock, &path, &header)?;
        writer
            .reopen(sealed == SealState::Unsealed)
            .map_err(sqlite("write to", &path))?;
        Ok(writer)
    }

    fn over(lock: WriteLock, path: &Path, header: &Header) -> Result<Self, RecordError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(sqlite("open", path))?;
        connection
            .execute_batch(
                "PRAGMA synchronous=NORMAL; PRAGMA journal_mode=WAL; PRAGMA busy_timeout=5000;",
            )
            .map_err(sqlite("open", path))?;
        connection
            .execute_batch(schema::CONTROLS)
            .map_err(sqlite("open", path))?;
        let mut instruments = BTreeMap::new();
        for (place, source) in header.metrics.iter().enumerate() {
            let first = instruments.entry(source.instrument);
            first.or_insert_with(|| number(place));
        }
        let names = header
            .metrics
            .iter()
            .map(|source| source.metric.name.clone());
        Ok(Self {
            connection,
            path: path.to_owned(),
            metric_numbers: names
                .enumerate()
                .map(|(i, name)| (name, number(i)))
                .collect(),
            instruments,
            system_messages: BTreeMap::new(),
            attempts: usize::try_from(header.attempts).unwrap_or(usize::MAX),
            plan: header.plan_digest,
            _lock: lock,
        })
    }

    /// Writes calls and trials down; when it returns, they are acknowledged.
    pub fn append(&mut self, calls: &[Call], trials: &[Trial]) -> Result<(), RecordError> {
        let facts = calls
            .iter()
            .map(Fact::Call)
            .chain(trials.iter().map(Fact::Trial));
        self.append_facts(facts)
            .map_err(sqlite("write to", &self.path))
    }

    fn append_facts<'a>(&mut self, facts: impl Iterator<Item = Fact<'a>>) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        // Each fact comes once: a second of its kind is an error, with nothing of this batch kept.
        {
            let mut call = transaction.prepare_cached(
                "INSERT OR ROLLBACK INTO calls VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            let mut trial =
                transaction.prepare_cached("INSERT OR ROLLBACK INTO trials VALUES (?1)")?;
            let mut score = transaction
                .prepare_cached("INSERT OR ROLLBACK INTO scores VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            let mut detail = transaction
                .prepare_cached("INSERT OR ROLLBACK INTO details VALUES (?1, ?2, ?3, ?4)")?;
            let mut control = transaction.prepare_cached(
                "INSERT OR ROLLBACK INTO controls VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for fact in facts {
                match fact {
                    Fact::Call(fact) => {
                        let system = fact.request.as_ref().map(|request| {
                            system_message(&transaction, &mut self.system_messages, &request.system)
                        });
                        insert_call(&mut call, fact, system.transpose()?)?;
                    }
                    Fact::Trial(fact) => {
                        let index = number(trial_index(fact, self.attempts));
                        trial.execute(params![index])?;
                        insert_controls(&mut control, fact, index, &self.instruments)?;
                        for (metric, outcome) in &fact.outcomes {
                            if let Some(&metric) = self.metric_numbers.get(metric) {
                                let place = ScorePlace {
                                    trial: index,
                                    metric,
                                };
                                insert_outcome(&mut score, &mut detail, place, outcome)?;
                            }
                        }
                    }
                }
            }
        }
        transaction.commit()
    }

    /// Takes what was acknowledged to the disk, so that a power cut does not take it away either. Where somebody reads
    /// just now, as far as that allows.
    pub fn keep(&self) -> Result<(), RecordError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_row| Ok(()))
            .map_err(sqlite("write to", &self.path))
    }

    /// Forgets failed calls and the trials they spoiled, so that they are asked again.
    pub fn forget_failures(&mut self) -> Result<(), RecordError> {
        self.connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE;
                 CREATE TEMP TABLE again AS SELECT DISTINCT trial FROM calls WHERE failure IS NOT NULL
                   UNION SELECT DISTINCT trial FROM scores
                   WHERE up_to IS NOT NULL OR reason NOT IN ('{NOT_APPLICABLE}', '{NOT_SAMPLED}');
                 DELETE FROM calls WHERE trial IN again AND (failure IS NOT NULL OR callee <> '');
                 DELETE FROM scores WHERE trial IN again;
                 DELETE FROM details WHERE trial IN again;
                 DELETE FROM controls WHERE trial IN again;
                 DELETE FROM trials WHERE trial IN again;
                 DROP TABLE again;
                 COMMIT;"
            ))
            .map_err(sqlite("write to", &self.path))
    }

    /// Takes the seal away while the run goes on; where there was none, the record says so for ever.
    fn reopen(&self, was_open: bool) -> rusqlite::Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut put = transaction.prepare("INSERT OR REPLACE INTO header VALUES (?1, ?2)")?;
        put.execute(params!["status", Status::Running.name()])?;
        if was_open {
            put.execute(params![seal::WAS_OPEN_KEY, "true"])?;
        }
        drop(put);
        let sql = "DELETE FROM header WHERE key IN (?1, ?2)";
        transaction.execute(sql, params![seal::KEY, seal::SIGNATURE_KEY])?;
        transaction.commit()
    }

    /// Notes how the run ended, seals what is in the record, syncs, and folds the log into the one file, unless somebody is
    /// reading it just now: then the log stays beside it, which loses nothing.
    pub fn finish(self, status: Status) -> Result<(), RecordError> {
        self.connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(sqlite("close", &self.path))?;
        if self.seal(status).is_err() {
            // What cannot be sealed has ended all the same, and stays without a seal.
            self.connection
                .execute(
                    "INSERT OR REPLACE INTO header VALUES ('status', ?1)",
                    [status.name()],
                )
                .map_err(sqlite("close", &self.path))?;
        }
        let _somebody_reads = self.connection.execute_batch(
            "PRAGMA busy_timeout=200; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE;",
        );
        if matches!(status, Status::Complete | Status::Decided) {
            sequence::append_finished(&self.path, self.plan)?;
        }
        Ok(())
    }

    fn seal(&self, status: Status) -> rusqlite::Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        let sql = "INSERT OR REPLACE INTO header VALUES (?1, ?2)";
        transaction.execute(sql, params!["status", status.name()])?;
        let seal = Seal::of(&transaction)?;
        transaction.execute(sql, params![seal::KEY, json(&seal)?])?;
        transaction.commit()
    }
}

/// Puts a signature of its seal into a record whose seal holds.
pub fn sign(record: &Path, signature: &str) -> Result<(), RecordError> {
    let _lock = WriteLock::take(record)?;
    if Reader::open(record)?.seal()? == SealState::Unsealed {
        return Err(RecordError::Unsealed {
            path: record.to_owned(),
        });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let write = || -> rusqlite::Result<()> {
        let connection = Connection::open_with_flags(record, flags)?;
        let sql = "INSERT OR REPLACE INTO header VALUES (?1, ?2)";
        connection.execute(sql, params![seal::SIGNATURE_KEY, signature])?;
        Ok(())
    };
    write().map_err(sqlite("write to", record))
}

/// The name, once it stands, leads to whole contents: a power cut in between leaves no record, or all of it.
fn put_in_place(beside: &Path, path: &Path) -> io::Result<()> {
    File::open(beside)?.sync_all()?;
    fs::rename(beside, path)?;
    sync_folder(path)
}

/// Elsewhere a folder cannot be opened as a file, and its names are kept without.
fn sync_folder(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Makes the file of a record that has not begun.
fn fill(path: &Path, header: &Header, cases: &[Case]) -> Result<(), RecordError> {
    // As a killed run may have left it.
    if path.exists() {
        fs::remove_file(path).map_err(|source| RecordError::Place {
            path: path.to_owned(),
            source,
        })?;
    }
    let connection = Connection::open(path).map_err(sqlite("create", path))?;
    let fill = || -> rusqlite::Result<()> {
        connection.execute_batch("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; BEGIN;")?;
        connection.execute_batch(schema::TABLES)?;
        connection.pragma_update(None, "user_version", schema::FORMAT)?;
        let mut insert = connection.prepare("INSERT INTO cases VALUES (?1, ?2, ?3)")?;
        for (index, case) in cases.iter().enumerate() {
            insert.execute(params![number(index), case.id, json(case)?])?;
        }
        let mut put = connection.prepare("INSERT INTO header VALUES (?1, ?2)")?;
        put.execute(params!["header", json(header)?])?;
        put.execute(params!["status", Status::Running.name()])?;
        connection.execute_batch("COMMIT;")
    };
    fill().map_err(sqlite("create", path))
}

/// The number of a system message, which is written down when it is first seen.
fn system_message(
    connection: &Connection,
    known: &mut BTreeMap<String, i64>,
    text: &str,
) -> rusqlite::Result<i64> {
    if let Some(number) = known.get(text) {
        return Ok(*number);
    }
    connection.execute(
        "INSERT OR IGNORE INTO system_messages (text) VALUES (?1)",
        params![text],
    )?;
    let number = connection.query_row(
        "SELECT number FROM system_messages WHERE text = ?1",
        params![text],
        |row| row.get(0),
    )?;
    known.insert(text.to_owned(), number);
    Ok(number)
}

fn insert_call(
    statement: &mut Statement<'_>,
    call: &Call,
    system_message: Option<i64>,
) -> rusqlite::Result<()> {
    let (reply, failure) = match &call.result {
        Ok(reply) => (Some(json(reply)?), None),
        Err(failure) => (None, Some(json(failure)?)),
    };
    let key = &call.key;
    statement.execute(params![
        number(key.trial),
        key.callee.name(),
        key.vote,
        key.round,
        system_message,
        call.request.as_ref().map(|request| &request.conversation),
        reply,
        failure,
        i64::try_from(call.booked.nanos()).unwrap_or(i64::MAX),
    ])?;
    Ok(())
}

fn insert_controls(
    statement: &mut Statement<'_>,
    trial: &Trial,
    index: i64,
    instruments: &BTreeMap<Digest, i64>,
) -> rusqlite::Result<()> {
    for control in &trial.controls {
        // What nothing is measured with says nothing of a metric.
        if let Some(metric) = instruments.get(&control.instrument) {
            statement.execute(params![
                index,
                metric,
                control.callee.name(),
                control.vote,
                control.round,
                control.kind.name(),
                control.is_right,
                control.call_counts,
            ])?;
        }
    }
    Ok(())
}

/// Whose score it is: numbers of SQLite.
#[derive(Clone, Copy)]
struct ScorePlace {
    trial: i64,
    metric: i64,
}

fn insert_outcome(
    score: &mut Statement<'_>,
    detail: &mut Statement<'_>,
    place: ScorePlace,
    outcome: &Outcome,
) -> rusqlite::Result<()> {
    let (explanation, claims) = match outcome {
        Outcome::Scored(score) => {
            let claims = (!score.claims.is_empty())
                .then(|| json(&score.claims))
                .transpose()?;
            (score.explanation.clone(), claims)
        }
        Outcome::NotApplicable(why) => (why.clone(), None),
        Outcome::Unscored(reason) => (reason.to_string(), None),
    };
    let ScoreRow {
        value,
        up_to,
        reason,
        detail: why,
    } = ScoreRow::of(outcome);
    let ScorePlace { trial, metric } = place;
    score.execute(params![metric, trial, value, up_to, reason, why])?;
    detail.execute(params![trial, metric, explanation, claims])?;
    Ok(())
}

/// The trial's place in the plan.
fn trial_index(trial: &Trial, attempts: usize) -> usize {
    trial.case_index * attempts + usize::try_from(trial.attempt).unwrap_or(usize::MAX)
}

//! Reading a record: as a whole for a gate, trial by trial for people.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure, Timing},
    trial::{
        Call, CallKey, Callee, Cascade, CaseInfo, Cell, ClaimFinding, Column, Reply, Request,
        ScoreTable, Unscored, meant,
    },
    unit::{Digest, Usd},
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use serde::Deserialize;

use super::{
    error::RecordError,
    formats,
    header::{Header, Status},
    lock::is_written,
    schema,
    score::ScoreRow,
    seal::{self, SealState},
    sql::{number, parse, sqlite},
};

/// A record opened for reading. A run may be writing to it meanwhile.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    format: i64,
    header: Header,
}

/// One trial as people want to see it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTrial {
    /// What the copilot said; `None` where the trial was not run.
    pub answer: Option<Result<Answer, CallFailure>>,
    /// Per metric name: what the score came from.
    pub details: BTreeMap<String, StoredDetail>,
}

/// What a score came from.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDetail {
    /// In one sentence.
    pub explanation: String,
    /// The claims behind it; empty where the metric is not made of claims.
    pub claims: Vec<ClaimFinding>,
}

/// One call without its texts.
#[derive(Debug)]
pub struct CallSummary<'a> {
    /// Whether the copilot was called, or else a judge.
    pub is_copilot: bool,
    /// What it brought.
    pub result: Result<ReplySummary<'a>, CallFailure>,
    /// What was booked for it.
    pub booked: Usd,
}

/// What a report adds up of a reply.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplySummary<'a> {
    /// From the copilot.
    #[serde(borrow)]
    Answer(ReplyFacts<'a>),
    /// From a judge's model.
    #[serde(borrow)]
    Chat(ReplyFacts<'a>),
}

/// Price, model and time of a reply.
#[derive(Debug, Deserialize)]
pub struct ReplyFacts<'a> {
    /// `None` where the price or the usage is unknown.
    pub cost: Option<Usd>,
    /// The model as the reply names it.
    #[serde(borrow)]
    pub model: Option<Cow<'a, str>>,
    /// How long it took.
    pub timing: Timing,
}

impl Reader {
    /// Opens a record of any format that groundgate ever wrote. Fails if there is none, or if a newer
    /// groundgate wrote it.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        if !path.is_file() {
            return Err(RecordError::Absent {
                path: path.to_owned(),
            });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .or_else(|_| Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY))
            .map_err(sqlite("open", path))?;
        let format = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(sqlite("read", path))?;
        if format == 0 {
            return Err(RecordError::Empty {
                path: path.to_owned(),
            });
        }
        let text = connection
            .query_row("SELECT value FROM header WHERE key = 'header'", [], |row| {
                row.get::<_, String>(0)
            })
            .map_err(sqlite("read", path));
        let Some(views) = formats::views(format) else {
            return Err(RecordError::Format {
                path: path.to_owned(),
                found: format,
                writer: text.ok().and_then(|text| writer_of(&text)),
            });
        };
        schema::check(&connection, format, path)?;
        for view in views {
            connection
                .execute_batch(view)
                .map_err(sqlite("read", path))?;
        }
        let header = parse(path, "header", &text?)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            format,
            header,
        })
    }

    /// Fails where the record is of an earlier format: it can be read, and not be gone on with.
    pub(super) fn check_is_present_format(&self) -> Result<(), RecordError> {
        if self.format == schema::FORMAT {
            return Ok(());
        }
        Err(RecordError::Finished {
            path: self.path.clone(),
            format: self.format,
            writer: self.header.tool_version.clone(),
        })
    }

    /// The record's seal, which holds; an error where the record was changed after it was sealed.
    pub fn seal(&self) -> Result<SealState, RecordError> {
        if self.format != schema::FORMAT {
            return Ok(SealState::Unsealed);
        }
        seal::check(&self.connection, &self.path)
    }

    /// The signature of its seal, as whoever signed it wrote it; nobody has checked it.
    pub fn seal_signature(&self) -> Result<Option<String>, RecordError> {
        self.stored(seal::SIGNATURE_KEY)
    }

    /// Whether its run went on from a record that nobody had sealed: it was killed on the way.
    pub fn was_open(&self) -> Result<bool, RecordError> {
        Ok(self.stored(seal::WAS_OPEN_KEY)?.is_some())
    }

    fn stored(&self, key: &str) -> Result<Option<String>, RecordError> {
        seal::stored(&self.connection, key).map_err(sqlite("read", &self.path))
    }

    /// What the record says of its run.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The record's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How far the run has come.
    pub fn status(&self) -> Result<Status, RecordError> {
        let name: String = self
            .connection
            .query_row("SELECT value FROM header WHERE key = 'status'", [], |row| {
                row.get(0)
            })
            .map_err(sqlite("read", &self.path))?;
        match Status::from_name(&name) {
            Some(Status::Running) if !is_written(&self.path)? => Ok(Status::Stopped),
            Some(status) => Ok(status),
            None => Err(self.damaged(format!("unknown status `{name}`"))),
        }
    }

    /// The cases, in plan order.
    pub fn cases(&self) -> Result<Vec<Case>, RecordError> {
        self.rows("SELECT json FROM cases ORDER BY case_index", |row| {
            row.get::<_, String>(0)
        })?
        .iter()
        .map(|text| parse(&self.path, "a case", text))
        .collect()
    }

    /// One case, by its place in the plan.
    pub fn case(&self, index: usize) -> Result<Case, RecordError> {
        let text: String = self
            .connection
            .query_row(
                "SELECT json FROM cases WHERE case_index = ?1",
                params![number(index)],
                |row| row.get(0),
            )
            .map_err(sqlite("read", &self.path))?;
        parse(&self.path, "a case", &text)
    }

    /// What a gate needs of each case, in plan order, without holding all their texts.
    fn case_infos(&self) -> Result<(Vec<CaseInfo>, usize), RecordError> {
        let read = sqlite("read", &self.path);
        let mut statement = self
            .connection
            .prepare("SELECT json FROM cases ORDER BY case_index")
            .map_err(&read)?;
        let mut rows = statement.query([]).map_err(&read)?;
        let (mut infos, mut tags) = (Vec::new(), BTreeSet::new());
        // By question: the clusters that ask it.
        let mut questions: BTreeMap<Digest, BTreeSet<Digest>> = BTreeMap::new();
        while let Some(row) = rows.next().map_err(&read)? {
            let text = row.get_ref(0).map_err(&read)?.as_str();
            let text = text.map_err(|_not_a_text| self.damaged("a case is not a text"))?;
            let case: Case = parse(&self.path, "a case", text)?;
            let cluster = Digest::of(case.cluster_or_id().as_bytes());
            questions.entry(case.asked()).or_default().insert(cluster);
            infos.push(case_info(case, &mut tags));
        }
        let several = questions.values().map(BTreeSet::len).filter(|n| *n > 1);
        Ok((infos, several.sum()))
    }

    /// The trials that are whole.
    pub fn finished(&self) -> Result<BTreeSet<usize>, RecordError> {
        let rows = self.rows("SELECT trial FROM trials", |row| row.get::<_, i64>(0))?;
        rows.into_iter().map(|trial| self.index(trial)).collect()
    }

    /// How many trials are whole.
    pub fn n_finished(&self) -> Result<usize, RecordError> {
        let count = self
            .connection
            .query_row("SELECT count(*) FROM trials", [], |row| {
                row.get::<_, i64>(0)
            })
            .map_err(sqlite("read", &self.path))?;
        self.index(count)
    }

    /// Calls of trials that are not whole: what a resumed run need not pay again.
    pub fn open_calls(&self) -> Result<Vec<Call>, RecordError> {
        self.calls_where("trial NOT IN (SELECT trial FROM trials)")
    }

    /// Hands over every call, in plan order, without its texts.
    pub fn for_each_call(&self, mut visit: impl FnMut(CallSummary<'_>)) -> Result<(), RecordError> {
        let read = sqlite("read", &self.path);
        let mut statement = self
            .connection
            .prepare(
                "SELECT callee, reply, failure, booked_nanos FROM calls
                 ORDER BY trial, callee, vote, round",
            )
            .map_err(&read)?;
        let mut rows = statement.query([]).map_err(&read)?;
        while let Some(row) = rows.next().map_err(&read)? {
            let text = |index: usize| -> Result<Option<&str>, RecordError> {
                let value = row.get_ref(index).map_err(&read)?.as_str_or_null();
                value.map_err(|_not_a_text| self.damaged("a call holds what is not a text"))
            };
            let is_copilot = text(0)?.is_some_and(str::is_empty);
            let result = match (text(1)?, text(2)?) {
                (Some(reply), None) => Ok(parse::<ReplySummary<'_>>(&self.path, "a reply", reply)?),
                (None, Some(failure)) => Err(parse(&self.path, "a failure", failure)?),
                _ => return Err(self.damaged("a call has neither or both of reply and failure")),
            };
            let booked: i64 = row.get(3).map_err(&read)?;
            visit(CallSummary {
                is_copilot,
                result,
                booked: Usd::from_nanos(booked.unsigned_abs()),
            });
        }
        Ok(())
    }

    /// What was booked for its calls.
    pub fn booked(&self) -> Result<Usd, RecordError> {
        let nanos: i64 = self
            .connection
            .query_row(
                "SELECT coalesce(sum(booked_nanos), 0) FROM calls",
                [],
                |row| row.get(0),
            )
            .map_err(sqlite("read", &self.path))?;
        Ok(Usd::from_nanos(nanos.unsigned_abs()))
    }

    /// The calls of one trial.
    pub fn calls_of(&self, trial: usize) -> Result<Vec<Call>, RecordError> {
        self.calls_where(&format!("trial = {}", number(trial)))
    }

    fn calls_where(&self, condition: &str) -> Result<Vec<Call>, RecordError> {
        let sql = format!(
            "SELECT trial, callee, vote, round, text, request, reply, failure, booked_nanos
             FROM calls LEFT JOIN system_messages ON number = system_message WHERE {condition}
             ORDER BY trial, callee, vote, round"
        );
        self.rows(&sql, |row| Ok(CallRow::from_row(row)))?
            .into_iter()
            .map(|row| self.call(row.map_err(sqlite("read", &self.path))?))
            .collect()
    }

    fn call(&self, row: CallRow) -> Result<Call, RecordError> {
        let result = match (row.reply, row.failure) {
            (Some(reply), None) => Ok(parse::<Reply>(&self.path, "a reply", &reply)?),
            (None, Some(failure)) => Err(parse::<CallFailure>(&self.path, "a failure", &failure)?),
            _ => return Err(self.damaged("a call has neither or both of reply and failure")),
        };
        let key = CallKey {
            trial: self.index(row.trial)?,
            callee: Callee::from_name(&row.callee),
            vote: row.vote,
            round: row.round,
        };
        let request = match (row.system, row.conversation) {
            (Some(system), Some(conversation)) => Some(Request {
                system,
                conversation,
            }),
            (None, None) => None,
            _ => return Err(self.damaged("a call has half a request")),
        };
        Ok(Call {
            key,
            request,
            result,
            booked: Usd::from_nanos(row.booked_nanos.unsigned_abs()),
        })
    }

    /// A cascade with the current name of the metric that says how sure the cheaper judge is.
    fn cascade(&self, cascade: &Cascade) -> Cascade {
        let sources = &self.header.metrics;
        let has = |name: &str| sources.iter().any(|source| source.metric.name == name);
        Cascade {
            by: meant(&cascade.by, has).into_owned(),
            ..cascade.clone()
        }
    }

    /// Everything a gate reads.
    pub fn score_table(&self) -> Result<ScoreTable, RecordError> {
        let (cases, n_alike) = self.case_infos()?;
        let attempts = usize::try_from(self.header.attempts).unwrap_or(usize::MAX);
        let planned = cases.len().saturating_mul(attempts);
        let mut columns = BTreeMap::new();
        let controls = self.control_counts()?;
        let mut of_instrument = BTreeMap::new();
        for (metric_number, source) in self.header.metrics.iter().enumerate() {
            let own = controls.get(&metric_number).copied();
            let counted = of_instrument.entry(source.instrument).or_insert(own);
            let mut column = Column {
                metric: source.metric.clone(),
                instrument: source.instrument,
                instrument_name: source.instrument_name.clone(),
                instrument_kind: source.instrument_kind,
                cells: vec![Cell::Unscored(Unscored::NotRun); planned],
                up_to: BTreeMap::new(),
                cascade: source.cascade.as_ref().map(|cascade| self.cascade(cascade)),
                controls: counted.unwrap_or_default(),
            };
            self.fill(&mut column, metric_number)?;
            columns.insert(source.metric.name.clone(), column);
        }
        Ok(ScoreTable {
            run_id: self.header.run_id.clone(),
            variant: self.header.copilot_name.clone(),
            eval_set_digest: self.header.eval_set_digest,
            cases,
            attempts: self.header.attempts,
            repeats_itself: self.repeats_itself()?,
            n_alike,
            columns,
            looks: self.header.looks.clone(),
            earlier_tries: self.header.earlier_tries.clone(),
        })
    }

    fn fill(&self, column: &mut Column, metric_number: usize) -> Result<(), RecordError> {
        let read = sqlite("read", &self.path);
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT trial, value, up_to, reason, detail FROM scores WHERE metric = ?1",
            )
            .map_err(&read)?;
        let mut rows = statement
            .query(params![number(metric_number)])
            .map_err(&read)?;
        while let Some(row) = rows.next().map_err(&read)? {
            let trial = self.index(row.get(0).map_err(&read)?)?;
            let score = ScoreRow::read(row, 1).map_err(&read)?;
            let cell = self.cell(&score, metric_number)?;
            let place = column
                .cells
                .get_mut(trial)
                .ok_or_else(|| self.damaged(format!("trial {trial} is beyond the plan")))?;
            *place = cell;
            if let Some(best) = score.up_to {
                column.up_to.insert(trial, best);
            }
        }
        Ok(())
    }

    /// Whether the metric can have the value.
    fn holds(&self, metric_number: usize, value: f64) -> bool {
        let source = self.header.metrics.get(metric_number);
        source.is_some_and(|source| source.metric.data_type.holds(value))
    }

    /// What a row says of a metric, with both ends among the metric's values.
    pub(super) fn cell(&self, row: &ScoreRow, metric_number: usize) -> Result<Cell, RecordError> {
        let cell = row.cell().map_err(|why| self.damaged(why))?;
        for end in row.value.into_iter().chain(row.up_to) {
            if !self.holds(metric_number, end) {
                return Err(self.damaged(format!("{end} is not a value of metric {metric_number}")));
            }
        }
        Ok(cell)
    }

    /// One trial for people.
    pub fn trial(&self, trial: usize) -> Result<StoredTrial, RecordError> {
        let read = sqlite("read", &self.path);
        let call = self
            .connection
            .query_row(
                "SELECT trial, callee, vote, round, NULL, NULL, reply, failure, booked_nanos FROM calls
                 WHERE trial = ?1 AND callee = ''",
                params![number(trial)],
                |row| Ok(CallRow::from_row(row)),
            )
            .optional()
            .map_err(&read)?;
        let answer = match call {
            None => None,
            Some(row) => match self.call(row.map_err(&read)?)?.result {
                Ok(Reply::Answer(answer)) => Some(Ok(answer)),
                Ok(Reply::Chat(_)) => return Err(self.damaged("the copilot's reply is a judge's")),
                Err(failure) => Some(Err(failure)),
            },
        };
        let sql = "SELECT metric, explanation, claims FROM details WHERE trial = ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(&read)?;
        let mut rows = statement.query(params![number(trial)]).map_err(&read)?;
        let mut details = BTreeMap::new();
        while let Some(row) = rows.next().map_err(&read)? {
            let metric = self.index(row.get(0).map_err(&read)?)?;
            let claims: Option<String> = row.get(2).map_err(&read)?;
            let detail = StoredDetail {
                explanation: row.get(1).map_err(&read)?,
                claims: claims
                    .map(|text| parse(&self.path, "claims", &text))
                    .transpose()?
                    .unwrap_or_default(),
            };
            if let Some(source) = self.header.metrics.get(metric) {
                details.insert(source.metric.name.clone(), detail);
            }
        }
        Ok(StoredTrial { answer, details })
    }

    fn rows<T>(
        &self,
        sql: &str,
        read_row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, RecordError> {
        let collect = || -> rusqlite::Result<Vec<T>> {
            self.connection
                .prepare(sql)?
                .query_map([], read_row)?
                .collect()
        };
        collect().map_err(sqlite("read", &self.path))
    }

    pub(super) fn index(&self, value: i64) -> Result<usize, RecordError> {
        usize::try_from(value)
            .map_err(|_out_of_range| self.damaged(format!("{value} is not a place in the plan")))
    }

    pub(super) fn damaged(&self, what: impl Into<String>) -> RecordError {
        RecordError::Damaged {
            path: self.path.clone(),
            what: what.into(),
        }
    }
}

/// Which groundgate wrote a record that this one cannot read otherwise.
fn writer_of(header: &str) -> Option<String> {
    let header: serde_json::Value = serde_json::from_str(header).ok()?;
    Some(header.get("tool_version")?.as_str()?.to_owned())
}

struct CallRow {
    trial: i64,
    callee: String,
    vote: u32,
    round: u32,
    system: Option<String>,
    conversation: Option<String>,
    reply: Option<String>,
    failure: Option<String>,
    booked_nanos: i64,
}

impl CallRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            trial: row.get(0)?,
            callee: row.get(1)?,
            vote: row.get(2)?,
            round: row.get(3)?,
            system: row.get(4)?,
            conversation: row.get(5)?,
            reply: row.get(6)?,
            failure: row.get(7)?,
            booked_nanos: row.get(8)?,
        })
    }
}

/// `tags` are those seen so far.
fn case_info(case: Case, tags: &mut BTreeSet<Arc<BTreeMap<String, String>>>) -> CaseInfo {
    let (digest, cluster) = (case.digest(), case.cluster_or_id().to_owned());
    let shared = tags.get(&case.tags).cloned().unwrap_or_else(|| {
        let new = Arc::new(case.tags);
        tags.insert(Arc::clone(&new));
        new
    });
    CaseInfo {
        id: case.id,
        digest,
        cluster,
        tags: shared,
        critical: case.critical,
        answerable: case.answerable,
    }
}

//! `groundgate runs import`: a record from answers and scores that another tool made.
//!
//! Each row is one trial: the case as in an eval set, the answer or the error, passages, and the scores
//! by metric name, in groundgate's own form or in that of another tool. The type of a score is declared;
//! where nobody did, it is guessed from the metric's name and all its values, and said.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use groundgate_formats::{Given, Options, Row, metric_type};
use groundgate_judge::{OfflineJudge, Subject, known_metric};
use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    eval_set::{Case, EvalSet},
    exchange::{Answer, CallFailure},
    manifest::Manifest,
    trial::{
        Call, CallKey, Callee, DataType, InstrumentKind, MetricSpec, Outcome, Reply, Score, Trial,
        Unscored, builtin_metric,
    },
    unit::{Digest, Usd},
};
use groundgate_record::{Header, MetricSource, Origin, Status, Writer};
use rayon::prelude::*;

use super::{
    app::App,
    clock,
    error::AppError,
    files,
    imported_line::{self, Line},
    observer::Notice,
    runs,
};

/// What is imported, and as what.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// Plain or `.gz`.
    pub file: PathBuf,
    /// How it is to be read.
    pub reading: Options,
    /// The variant's name in reports.
    pub name: String,
    /// What values a metric takes: `NAME=binary`, `fraction`, `ordinal:LOW:HIGH` or `amount:UNIT`.
    pub metric: Vec<String>,
    /// Who measured the scores; runs of different instruments are not compared.
    pub instrument: String,
    /// Whether the embedded judge scores the answers, too, as `embedded_groundedness` and so on.
    pub judge: bool,
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSummary {
    /// The record's run.
    pub run_id: String,
    /// Trials that the file held.
    pub imported: usize,
    /// Trials that every case and attempt would make.
    pub planned: usize,
}

/// Makes a record in `directory`.
pub fn run(app: &App, args: &ImportRequest, directory: &Path) -> Result<ImportSummary, AppError> {
    let found = app.read_rows(&args.file, &args.reading)?;
    let origin = args.file.display().to_string();
    let file_name = args.file.file_name();
    let request = RowsRequest {
        origin: &origin,
        eval_set: &file_name
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        name: &args.name,
        metric: &args.metric,
        instrument: &args.instrument,
        instruments: &BTreeMap::new(),
        judge: args.judge,
        strict: args.reading.strict,
    };
    rows(app, &request, found.rows, directory)
}

/// Rows that were read already, and as what they are imported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowsRequest<'a> {
    /// Where they come from, for people.
    pub(crate) origin: &'a str,
    /// What the eval set is called.
    pub(crate) eval_set: &'a str,
    /// The variant's name in reports.
    pub(crate) name: &'a str,
    /// What values metrics take, as they are declared.
    pub(crate) metric: &'a [String],
    /// Who measured the scores of which nothing else is said.
    pub(crate) instrument: &'a str,
    /// Who measured a metric's scores.
    pub(crate) instruments: &'a BTreeMap<String, String>,
    /// Whether the embedded judge scores the answers, too.
    pub(crate) judge: bool,
    /// Whether nothing is guessed.
    pub(crate) strict: bool,
}

/// Makes a record of rows.
pub(crate) fn rows(
    app: &App,
    request: &RowsRequest<'_>,
    rows: Vec<Row>,
    directory: &Path,
) -> Result<ImportSummary, AppError> {
    let declared: Vec<MetricSpec> = request
        .metric
        .iter()
        .map(|text| metric(text))
        .collect::<Result<_, _>>()?;
    let lines = imported_line::lines(request.origin, rows)?;
    let specs = Specs {
        app,
        file: request.origin,
        declared: &declared,
        strict: request.strict,
    };
    let specs = specs.of(&lines)?;
    let judge = if request.judge {
        Some(super::bundled::judge()?)
    } else {
        None
    };
    let imported = Imported::new(lines, specs, judge)?;
    let at = app.now();
    let mut header = imported.header(
        request,
        Stamp {
            run_id: clock::run_id(at, app.surroundings().process, 0),
            created_at: clock::rfc3339(at),
            initiator: app.surroundings().initiator.clone(),
        },
    );
    files::create_dir(directory)?;
    header.earlier_tries = runs::finished_with_plan(directory, header.plan_digest)?;
    let path = runs::path(directory, &header.run_id);
    let mut writer = Writer::create(&path, &header, &imported.eval_set.cases)?;
    writer.append(&imported.calls, &imported.trials)?;
    let n = imported.trials.len();
    let planned = imported.eval_set.cases.len() * usize::try_from(header.attempts).unwrap_or(1);
    writer.finish(if n == planned {
        Status::Complete
    } else {
        Status::Interrupted
    })?;
    Ok(ImportSummary {
        run_id: header.run_id,
        imported: n,
        planned,
    })
}

/// `groundedness=binary`, `relevance=ordinal:1:5`, `latency_ms=amount:ms`.
pub(crate) fn metric(text: &str) -> Result<MetricSpec, AppError> {
    let wrong = || {
        AppError::usage(format!("`{text}` does not declare a metric"))
            .with_help("as NAME=binary, NAME=fraction, NAME=ordinal:LOW:HIGH or NAME=amount:UNIT")
    };
    let (name, kind) = text.split_once('=').ok_or_else(wrong)?;
    let parts: Vec<&str> = kind.split(':').collect();
    match parts.as_slice() {
        ["binary"] => Ok(MetricSpec::score(name, DataType::Binary)),
        ["fraction"] => Ok(MetricSpec::score(name, DataType::Fraction)),
        ["amount", unit] => Ok(MetricSpec::amount(name, unit)),
        ["ordinal", low, high] => {
            let (low, high) = low.parse().ok().zip(high.parse().ok()).ok_or_else(wrong)?;
            if low < high {
                Ok(MetricSpec::score(name, DataType::Ordinal { low, high }))
            } else {
                Err(wrong())
            }
        }
        _ => Err(wrong()),
    }
}

/// A metric that means the same everywhere is made of what it is made of everywhere.
pub(crate) fn as_known(spec: MetricSpec) -> MetricSpec {
    let known = known_metric(&spec.name).filter(|known| known.data_type == spec.data_type);
    known.unwrap_or(spec)
}

/// How the metrics of a file are settled.
struct Specs<'a> {
    app: &'a App,
    file: &'a str,
    declared: &'a [MetricSpec],
    strict: bool,
}

impl Specs<'_> {
    /// Every score's metric: declared, built in, or guessed.
    fn of(&self, lines: &[Line]) -> Result<Vec<MetricSpec>, AppError> {
        // What was declared is measured, even where every answer failed and has no score.
        let declared = self.declared.iter().map(|spec| &spec.name);
        let scored = lines.iter().flat_map(|line| line.scores.keys());
        let names: BTreeSet<&String> = scored.chain(declared).collect();
        let (mut specs, mut mistakes) = (Vec::new(), Vec::new());
        for name in names {
            let given = self
                .declared
                .iter()
                .find(|spec| spec.name == *name)
                .cloned();
            match given
                .or_else(|| builtin_metric(name))
                .or_else(|| self.guessed(name, lines))
            {
                Some(spec) => specs.push(as_known(spec)),
                None => mistakes.push(
                    Mistake::in_file(
                        self.file,
                        format!("nobody said what values the metric `{name}` takes"),
                    )
                    .with_help(format!(
                        "add --metric {name}=binary (or fraction, ordinal:1:5, amount:UNIT)"
                    )),
                ),
            }
        }
        if mistakes.is_empty() {
            Ok(specs)
        } else {
            Err(Mistakes(mistakes).into())
        }
    }

    fn guessed(&self, name: &str, lines: &[Line]) -> Option<MetricSpec> {
        if self.strict {
            return None;
        }
        let values = lines
            .iter()
            .filter_map(|line| line.scores.get(name).copied());
        if let Some(known) = known_metric(name) {
            let fits = values
                .clone()
                .all(|given| outcome(&known, Some(given)).is_ok());
            return fits.then_some(known);
        }
        let declared = metric_type(name, values)?.declared();
        let guess = format!("values of `{name}` are taken as --metric {name}={declared}");
        self.app.notice(Notice::Guessed {
            file: self.file,
            guess: &guess,
        });
        metric(&format!("{name}={declared}")).ok()
    }
}

/// Who made the record, when.
struct Stamp {
    run_id: String,
    created_at: String,
    initiator: Option<String>,
}

/// Everything that goes into the record.
struct Imported {
    eval_set: EvalSet,
    attempts: u32,
    specs: Vec<MetricSpec>,
    judge: Option<OfflineJudge>,
    calls: Vec<Call>,
    trials: Vec<Trial>,
}

impl Imported {
    fn new(
        lines: Vec<Line>,
        specs: Vec<MetricSpec>,
        judge: Option<OfflineJudge>,
    ) -> Result<Self, AppError> {
        let mut cases: Vec<Case> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for line in &lines {
            let place = *places.entry(line.case.id.clone()).or_insert(cases.len());
            match cases.get(place) {
                None => cases.push(line.case.clone()),
                Some(known) if *known == line.case => {}
                Some(_) => {
                    return Err(AppError::invalid(format!(
                        "case `{}` differs between its lines",
                        line.case.id
                    )));
                }
            }
        }
        let attempts = lines.iter().map(|line| line.attempt).max().unwrap_or(0) + 1;
        let eval_set = EvalSet::new("imported".to_owned(), cases);
        let mut this = Self {
            eval_set,
            attempts,
            specs,
            judge,
            calls: Vec::new(),
            trials: Vec::new(),
        };
        let judge = this.judge.as_ref();
        let answered: Vec<Answered> = (lines.into_par_iter())
            .map(|line| Answered::new(line, judge))
            .collect();
        let mut seen = BTreeSet::new();
        for answered in answered {
            let line = &answered.line;
            if !seen.insert((line.case.id.clone(), line.attempt)) {
                return Err(AppError::invalid(format!(
                    "case `{}`, attempt {} stands there twice",
                    line.case.id, line.attempt
                )));
            }
            let place = places.get(&line.case.id).copied().unwrap_or(0);
            this.add(place, answered)?;
        }
        Ok(this)
    }

    fn add(&mut self, case_index: usize, answered: Answered) -> Result<(), AppError> {
        let Answered {
            line,
            answer,
            mut outcomes,
        } = answered;
        for spec in &self.specs {
            let outcome = match (&answer, line.scores.get(&spec.name).copied()) {
                (Err(failure), _) => Outcome::Unscored(Unscored::NoAnswer(failure.kind)),
                (Ok(_), score) => outcome(spec, score).map_err(|value| {
                    AppError::invalid(format!(
                        "case `{}`: {value} is not a value of the metric `{}`",
                        line.case.id, spec.name
                    ))
                })?,
            };
            outcomes.insert(spec.name.clone(), outcome);
        }
        let trial = case_index * usize::try_from(self.attempts).unwrap_or(1)
            + usize::try_from(line.attempt).unwrap_or(0);
        let key = CallKey {
            trial,
            callee: Callee::Copilot,
            vote: 0,
            round: 0,
        };
        self.calls.push(Call {
            key,
            request: None,
            result: answer.clone().map(Reply::Answer),
            booked: Usd::ZERO,
        });
        self.trials.push(Trial {
            case_index,
            attempt: line.attempt,
            answer,
            outcomes,
            controls: Vec::new(),
        });
        Ok(())
    }

    /// The same questions, asked as often of what has the same name: another import of it is a further try.
    fn plan(&self, args: &RowsRequest<'_>) -> Manifest {
        let mut measured: Vec<String> = self.specs.iter().map(|spec| spec.name.clone()).collect();
        measured.sort_unstable();
        Manifest::of("import")
            .with("eval-set", self.eval_set.digest)
            .with("copilot", args.name)
            .with("attempts", self.attempts)
            .with("instrument", args.instrument)
            .with("measures", measured)
    }

    fn header(&self, args: &RowsRequest<'_>, stamp: Stamp) -> Header {
        let source = |spec: &MetricSpec, instrument: &str| MetricSource {
            metric: spec.clone(),
            instrument: Digest::of_parts([b"imported".as_slice(), instrument.as_bytes()]),
            instrument_name: instrument.to_owned(),
            instrument_kind: InstrumentKind::Imported,
            cascade: None,
        };
        let mut metrics: Vec<MetricSource> = self
            .specs
            .iter()
            .map(|spec| {
                let own = args.instruments.get(&spec.name);
                source(spec, own.map_or(args.instrument, String::as_str))
            })
            .collect();
        if let Some(judge) = &self.judge {
            metrics.extend(OfflineJudge::metrics().into_iter().map(|mut metric| {
                metric.name = embedded_name(&metric.name);
                MetricSource {
                    metric,
                    instrument: judge.manifest().digest(),
                    instrument_name: OfflineJudge::title().to_owned(),
                    instrument_kind: InstrumentKind::Embedded,
                    cascade: None,
                }
            }));
        }
        let Stamp {
            run_id,
            created_at,
            initiator,
        } = stamp;
        Header {
            run_id,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            created_at,
            eval_set_name: args.eval_set.to_owned(),
            eval_set_digest: self.eval_set.digest,
            copilot_name: args.name.to_owned(),
            copilot_description: format!("imported from {}", args.origin),
            attempts: self.attempts,
            seed: 0,
            plan_digest: self.plan(args).digest(),
            manifest: None,
            initiator,
            git_revision: None,
            metrics,
            looks: None,
            earlier_tries: Vec::new(),
            origin: Origin::Imported,
        }
    }
}

/// Scores of the embedded judge stand beside the imported ones, under names of their own.
fn embedded_name(metric: &str) -> String {
    format!("embedded_{metric}")
}

/// A line with its answer, and what the embedded judge says of that.
struct Answered {
    line: Line,
    answer: Result<Answer, CallFailure>,
    outcomes: BTreeMap<String, Outcome>,
}

impl Answered {
    fn new(mut line: Line, judge: Option<&OfflineJudge>) -> Self {
        let answer = line.take_answer();
        let judged = judge.map(|judge| match &answer {
            Ok(answer) => judge.judge(Subject {
                case: &line.case,
                answer,
            }),
            Err(failure) => (OfflineJudge::metrics().into_iter())
                .map(|spec| {
                    (
                        spec.name,
                        Outcome::Unscored(Unscored::NoAnswer(failure.kind)),
                    )
                })
                .collect(),
        });
        let named = |(name, outcome): (String, Outcome)| (embedded_name(&name), outcome);
        Self {
            outcomes: judged.into_iter().flatten().map(named).collect(),
            line,
            answer,
        }
    }
}

/// The outcome of a score as it stands in the file; the number itself where it is none of the metric.
fn outcome(spec: &MetricSpec, score: Option<Given>) -> Result<Outcome, f64> {
    match score {
        None | Some(Given::Missing) => Ok(Outcome::Unscored(Unscored::InputMissing(
            "score in the imported file".into(),
        ))),
        Some(Given::NotApplicable) => Ok(Outcome::NotApplicable(
            "not applicable in the imported file".to_owned(),
        )),
        Some(Given::Number(number)) => Score::new(spec, number, "imported".to_owned())
            .map(Outcome::Scored)
            .map_err(|_range| number),
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;

//! `groundgate import mlflow`: traces of a tracking server as a record, or as rows. Every trace that was found is a
//! trial; none is left out for what it lacks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::PathBuf,
};

use groundgate_connect::mlflow::{Experiment, Fetched, Missing, Search, TrackingServer};
use groundgate_endpoints::transport::Endpoint;
use groundgate_formats::{
    Given, Row, Want,
    mlflow::{Lack, Reading, TraceRow, name_cases, trace_row},
    write,
};
use groundgate_model::mlflow::Trace;
use jiff::Timestamp;

use super::{
    labels,
    links::TraceLinks,
    outcome::{self, LackCount},
    tracking_error,
};
use crate::{
    App, config,
    error::{AppError, ErrorClass},
    files,
    import::{self, RowsRequest},
    observer::Notice,
    pipeline,
};

/// Where the traces go.
#[derive(Debug, Clone)]
pub enum MlflowOutput {
    /// Into a record of the folder.
    Record {
        /// The records' folder.
        directory: PathBuf,
        /// The variant's name in reports; the experiment's where there is none.
        name: Option<String>,
    },
    /// Into a file of rows.
    Rows(PathBuf),
}

/// What is imported, and how.
#[derive(Debug, Clone)]
pub struct MlflowImportRequest {
    /// The server: its URL or `databricks`; `MLFLOW_TRACKING_URI` where there is none.
    pub tracking_uri: Option<String>,
    /// The experiment's name or id.
    pub experiment: String,
    /// In MLflow's own language.
    pub filter: Option<String>,
    /// Only traces that began at this time or later.
    pub since: Option<Timestamp>,
    /// Only traces that began before this time.
    pub until: Option<Timestamp>,
    /// How traces are read; its run is MLflow's, and only that run's traces are imported.
    pub reading: Reading,
    /// At most so many traces; more are an error.
    pub at_most: usize,
    /// What values a metric takes, as it is declared.
    pub metric: Vec<String>,
    /// Assessments that are left out.
    pub without: Vec<String>,
    /// Whether the embedded judge scores the answers, too.
    pub judge: bool,
    /// Where the traces go.
    pub output: MlflowOutput,
    /// Where people's feedback goes.
    pub labels: Option<PathBuf>,
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlflowImport {
    /// The record's run, where it is one.
    pub run_id: Option<String>,
    /// The experiment's name.
    pub experiment: String,
    /// Traces that were found: each is a trial.
    pub n_traces: usize,
    /// Of these, with an answer.
    pub n_answered: usize,
    /// Of these, with an answer and its passages.
    pub n_with_passages: usize,
    /// What traces lack.
    pub lacks: Vec<LackCount>,
    /// Metrics that judges and functions measured, with how many traces have a score.
    pub scores: BTreeMap<String, usize>,
    /// Labels of people that were written.
    pub n_labels: usize,
    /// Feedback of people that is no label.
    pub n_feedback_without_value: usize,
}

impl App {
    /// Imports traces.
    pub fn import_mlflow(&self, request: &MlflowImportRequest) -> Result<MlflowImport, AppError> {
        let endpoint = config::tracking_endpoint(request.tracking_uri.as_deref(), self.lookup())?;
        let filter = filter(request)?;
        let (experiment, traces) = fetched(&endpoint, request, &filter)?;
        let mut rows: Vec<TraceRow> = traces
            .into_iter()
            .map(|fetched| row(&fetched, &request.reading))
            .collect();
        let mut notes = Vec::new();
        name_cases(&mut rows, &mut notes);
        let origin = format!("experiment {} at {}", experiment.name, endpoint.base_url);
        for note in &notes {
            self.notice(Notice::Guessed {
                file: &origin,
                guess: note,
            });
        }
        let scores = self.settle_scores(&mut rows, request, &origin)?;
        let mut made = MlflowImport {
            run_id: None,
            experiment: experiment.name.clone(),
            n_traces: rows.len(),
            n_answered: rows.iter().filter(|one| one.row.answer.is_some()).count(),
            n_with_passages: rows.iter().filter(|one| is_whole(&one.row)).count(),
            lacks: outcome::count(&rows),
            scores: scores.n.clone(),
            n_labels: 0,
            n_feedback_without_value: 0,
        };
        let found = Found {
            origin: &origin,
            tracking_uri: &endpoint.base_url,
            experiment: &experiment,
            filter: &filter,
            rows: &rows,
        };
        made.run_id = self.keep(request, &found, &scores)?;
        let labels = labels::lines(&rows, made.run_id.as_deref());
        made.n_feedback_without_value = labels.n_without_value;
        if let Some(path) = &request.labels {
            files::write(path, &labels.text)?;
            made.n_labels = labels.n;
        }
        Ok(made)
    }

    /// Writes the rows, or makes a record of them, with the trace of each trial beside it.
    fn keep(
        &self,
        request: &MlflowImportRequest,
        found: &Found<'_>,
        scores: &Scores,
    ) -> Result<Option<String>, AppError> {
        let plain: Vec<Row> = found.rows.iter().map(|one| one.row.clone()).collect();
        let (directory, name) = match &request.output {
            MlflowOutput::Rows(path) => {
                let text = write(&plain, Want::Answers, "groundgate")
                    .map_err(|error| AppError::internal(format!("{error:?}")))?;
                files::write(path, &text)?;
                return Ok(None);
            }
            MlflowOutput::Record { directory, name } => (directory, name),
        };
        let experiment = &found.experiment.name;
        let rows = RowsRequest {
            origin: found.origin,
            eval_set: experiment,
            name: name.as_deref().unwrap_or(experiment),
            metric: &scores.declared,
            instrument: "MLflow assessments",
            instruments: &scores.instruments,
            judge: request.judge,
            strict: false,
        };
        let summary = import::rows(self, &rows, plain, directory)?;
        let traces = found.rows.iter().map(|one| {
            let attempt = one.row.attempt.unwrap_or(0);
            (TraceLinks::trial(&one.row.id, attempt), one.trace.clone())
        });
        let links = TraceLinks {
            tracking_uri: found.tracking_uri.to_owned(),
            experiment_id: found.experiment.id.clone(),
            experiment: experiment.clone(),
            filter: found.filter.to_owned(),
            mlflow_run: request.reading.run.clone(),
            traces: traces.collect(),
        };
        links.write(directory, &summary.run_id)?;
        Ok(Some(summary.run_id))
    }

    /// What the assessments measure: declared types, and who measured. What has no type is left out, said by name.
    fn settle_scores(
        &self,
        rows: &mut [TraceRow],
        request: &MlflowImportRequest,
        origin: &str,
    ) -> Result<Scores, AppError> {
        let mut scores = Scores {
            declared: request.metric.clone(),
            ..Scores::default()
        };
        let names: BTreeSet<String> = rows
            .iter()
            .flat_map(|one| one.measured.keys().cloned())
            .collect();
        if let Some(unknown) = request.without.iter().find(|name| !names.contains(*name)) {
            return Err(AppError::usage(format!(
                "no trace has an assessment `{unknown}` that could be left out"
            ))
            .with_help(format!("there are {}", listed(&names))));
        }
        for name in &names {
            let n = rows
                .iter()
                .filter(|one| scored(one, name).is_some())
                .count();
            let is_out = request.without.contains(name);
            let declared = if is_out {
                None
            } else {
                type_of(rows, name, request)
                    .map_err(|why| {
                        self.notice(Notice::Guessed {
                            file: origin,
                            guess: &why,
                        });
                    })
                    .ok()
            };
            let Some(declared) = declared else {
                for one in rows.iter_mut() {
                    one.row.scores.remove(name);
                    one.measured.remove(name);
                }
                continue;
            };
            if !declared.is_empty() {
                scores.declared.push(declared);
            }
            let sources: BTreeSet<&str> = rows
                .iter()
                .filter_map(|one| one.measured.get(name))
                .flat_map(|one| one.sources.iter().map(String::as_str))
                .collect();
            let sources: Vec<&str> = sources.into_iter().collect();
            scores.instruments.insert(name.clone(), sources.join(" + "));
            scores.n.insert(name.clone(), n);
        }
        Ok(scores)
    }
}

/// The traces that are meant: all of them, or an error.
fn fetched(
    endpoint: &Endpoint,
    request: &MlflowImportRequest,
    filter: &str,
) -> Result<(Experiment, Vec<Fetched>), AppError> {
    let server = TrackingServer::new(endpoint).map_err(tracking_error)?;
    let runtime = pipeline::runtime()?;
    let found = runtime.block_on(async {
        let experiment = server.experiment(&request.experiment).await?;
        let search = Search {
            experiment: &experiment,
            filter,
            at_most: request.at_most,
        };
        let page = server.search(&search).await?;
        if page.has_more {
            return Ok((experiment, None));
        }
        let traces = server.traces(page.heads, |_n| ()).await?;
        Ok((experiment, Some(traces)))
    });
    let (experiment, traces) = found.map_err(tracking_error)?;
    let traces = traces.ok_or_else(|| too_many(request.at_most))?;
    if traces.is_empty() {
        let which = if filter.is_empty() {
            "it has none"
        } else {
            filter
        };
        let name = &experiment.name;
        return Err(AppError::new(
            ErrorClass::NothingToDo,
            format!("no trace of the experiment `{name}` is meant: {which}"),
        )
        .with_help("check --filter, --since, --until and --mlflow-run"));
    }
    Ok((experiment, traces))
}

/// What was found at the server.
struct Found<'a> {
    origin: &'a str,
    tracking_uri: &'a str,
    experiment: &'a Experiment,
    filter: &'a str,
    rows: &'a [TraceRow],
}

/// What the assessments measure.
#[derive(Debug, Default)]
struct Scores {
    declared: Vec<String>,
    instruments: BTreeMap<String, String>,
    n: BTreeMap<String, usize>,
}

/// How a metric is declared; empty where the request says it itself.
fn type_of(rows: &[TraceRow], name: &str, request: &MlflowImportRequest) -> Result<String, String> {
    let is_declared = request.metric.iter().any(|text| {
        text.split_once('=')
            .is_some_and(|(metric, _)| metric == name)
    });
    if is_declared {
        return Ok(String::new());
    }
    let of: Vec<_> = rows
        .iter()
        .filter_map(|one| one.measured.get(name))
        .collect();
    let words = of.iter().filter(|one| !one.words.is_empty()).count();
    if words == of.len() {
        return Err(format!(
            "`{name}` holds words, not a number and not a yes or no: no score is made of it"
        ));
    }
    let is_flag = of.iter().all(|one| one.is_flag && one.values.len() < 2);
    if is_flag {
        return Ok(format!("{name}=binary"));
    }
    let values = of.iter().map(|one| one.value);
    match groundgate_formats::metric_type(name, values) {
        Some(kind) => Ok(format!("{name}={}", kind.declared())),
        None => Err(format!(
            "nobody said what values `{name}` takes, and it is left out; --metric {name}=amount:UNIT (or fraction, ordinal:1:10) takes it in"
        )),
    }
}

fn scored(one: &TraceRow, name: &str) -> Option<f64> {
    match one.row.scores.get(name)? {
        Given::Number(number) => Some(*number),
        Given::Missing | Given::NotApplicable => None,
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn is_whole(row: &Row) -> bool {
    row.answer.is_some() && row.passages.is_some()
}

fn row(fetched: &Fetched, reading: &Reading) -> TraceRow {
    let missing = fetched.missing.as_ref().map(|missing| match missing {
        Missing::Deleted => Lack::Deleted,
        Missing::Unfinished => Lack::Unfinished,
        Missing::TooLarge(why) => Lack::TooLarge(why.clone()),
        Missing::NotThere(why) => Lack::Spans(why.clone()),
    });
    trace_row(&Trace::read(&fetched.trace), missing, reading)
}

/// MLflow's filter of what is asked for.
fn filter(request: &MlflowImportRequest) -> Result<String, AppError> {
    let mut parts: Vec<String> = Vec::new();
    if let Some(filter) = request.filter.as_deref().map(str::trim) {
        if filter.is_empty() {
            return Err(AppError::usage("--filter is empty").with_help("leave it out"));
        }
        parts.push(filter.to_owned());
    }
    let mut time = |comparison: &str, at: Option<Timestamp>| {
        if let Some(at) = at {
            let mut part = String::new();
            let _infallible = write!(
                part,
                "attributes.timestamp_ms {comparison} {}",
                at.as_millisecond()
            );
            parts.push(part);
        }
    };
    time(">=", request.since);
    time("<", request.until);
    if let Some(run) = &request.reading.run {
        let is_id = !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_id {
            return Err(
                AppError::usage(format!("`{run}` is no run of MLflow")).with_help(
                    "a run's id is 32 letters and digits; MLflow's page of the run shows it",
                ),
            );
        }
        parts.push(format!("attributes.run_id = '{run}'"));
    }
    Ok(parts.join(" AND "))
}

fn too_many(at_most: usize) -> AppError {
    AppError::invalid(format!(
        "more than {at_most} traces are meant, and the first of them would be a sample by time"
    ))
    .with_help("a larger --at-most, or fewer by --filter, --since and --until")
}

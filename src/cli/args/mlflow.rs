//! What goes from and to MLflow, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use groundgate_app::mlflow::{MlflowImportRequest, MlflowOutput};
use groundgate_formats::mlflow::{CaseBy, Reading};
use jiff::Timestamp;

use super::{gate::Against, tracking::TrackingArgs};

/// From where.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Make a record of the traces of an MLflow experiment
    #[command(
        after_help = "Every trace that is meant becomes a trial: one that ended in an error, was cut or shows no passages\n\
        counts as failed or as not scored, and is named. Credentials are those of MLflow's own client:\n\
        MLFLOW_TRACKING_TOKEN, or _USERNAME and _PASSWORD; `databricks` finds Databricks'.\n\n\
        Examples:\n  \
        groundgate import mlflow --experiment support --judge && groundgate gate latest\n  \
        groundgate import mlflow --experiment support --since 2026-11-01T00:00:00Z -o answers.jsonl\n  \
        groundgate import mlflow --experiment /Shared/support --tracking-uri databricks --labels labels.jsonl\n\n\
        See docs/mlflow.md."
    )]
    Mlflow(Box<ImportMlflowArgs>),
}

/// To where.
#[derive(Debug, Subcommand)]
pub(crate) enum PublishCommand {
    /// Show a run's verdict, numbers, answers and claims in an MLflow experiment
    #[command(
        after_help = "The run becomes a run of MLflow with each metric's estimate, bounds and counts, the report and the record; each\n\
        trial becomes a trace, or stays the copilot's own where it was imported from there; each score and each\n\
        claim becomes an assessment. What is there is read back and counted. Asking again sends nothing twice.\n\n\
        Examples:\n  \
        groundgate publish mlflow latest --experiment support --env prod\n  \
        groundgate publish mlflow 01JR2M --baseline 01JQ8Z --experiment /Shared/support --tracking-uri databricks\n\n\
        See docs/mlflow.md."
    )]
    Mlflow(Box<PublishMlflowArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct PublishMlflowArgs {
    #[command(flatten)]
    pub(crate) against: Against,
    #[command(flatten)]
    pub(crate) tracking: TrackingArgs,
    /// The experiment: its name or its id [default: the one that the run was imported from]
    #[arg(long, value_name = "NAME", env = "MLFLOW_EXPERIMENT_NAME")]
    pub(crate) experiment: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportMlflowArgs {
    #[command(flatten)]
    pub(crate) tracking: TrackingArgs,
    /// The experiment: its name or its id
    #[arg(long, value_name = "NAME", env = "MLFLOW_EXPERIMENT_NAME")]
    pub(crate) experiment: String,
    /// Only these traces, in MLflow's own language: attributes.status = 'OK'
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// Only the traces and the assessments of this run of MLflow
    #[arg(long, value_name = "ID")]
    pub(crate) mlflow_run: Option<String>,
    /// Only traces that began then or later, in RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
    /// Only traces that began before
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,
    /// More traces than so many are an error, and no sample
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) at_most: usize,
    /// Which traces are the same case, where no tag `groundgate.case` says it
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = CaseName::Question)]
    pub(crate) case_by: CaseName,
    /// Spans of this name are retrievers, whatever their type
    #[arg(long, value_name = "NAME")]
    pub(crate) retriever: Option<String>,
    /// A tag of the traces that becomes a tag of the case, for slices; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) tag: Vec<String>,
    /// What values an assessment takes: NAME=binary, fraction, ordinal:LOW:HIGH or amount:UNIT
    #[arg(long, value_name = "NAME=TYPE")]
    pub(crate) metric: Vec<String>,
    /// An assessment that is left out; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) without: Vec<String>,
    /// Have the embedded judge score the answers, too, as `embedded_groundedness` and so on
    #[arg(long)]
    pub(crate) judge: bool,
    /// The variant's name in reports [default: the experiment's]
    #[arg(long, value_name = "NAME", conflicts_with = "output")]
    pub(crate) name: Option<String>,
    /// Write rows that `score` and `compare` read, and no record
    #[arg(short, long, value_name = "FILE", conflicts_with = "judge")]
    pub(crate) output: Option<PathBuf>,
    /// Write what people said of the answers, for `judge agreement` and `gate --labels`
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
}

/// Which traces are the same case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CaseName {
    /// Those that ask the same.
    Question,
    /// Those with the same id of their caller.
    ClientRequestId,
    /// None.
    Trace,
}

impl ImportMlflowArgs {
    /// What is asked for; records go to `runs_dir`.
    pub(crate) fn request(&self, runs_dir: PathBuf) -> MlflowImportRequest {
        MlflowImportRequest {
            tracking_uri: self.tracking.tracking_uri.clone(),
            experiment: self.experiment.clone(),
            filter: self.filter.clone(),
            since: self.since,
            until: self.until,
            reading: Reading {
                case_by: match self.case_by {
                    CaseName::Question => CaseBy::Question,
                    CaseName::ClientRequestId => CaseBy::ClientRequestId,
                    CaseName::Trace => CaseBy::Trace,
                },
                retriever: self.retriever.clone(),
                tags: self.tag.clone(),
                run: self.mlflow_run.clone(),
            },
            at_most: self.at_most,
            metric: self.metric.clone(),
            without: self.without.clone(),
            judge: self.judge,
            output: match &self.output {
                Some(file) => MlflowOutput::Rows(file.clone()),
                None => MlflowOutput::Record {
                    directory: runs_dir,
                    name: self.name.clone(),
                },
            },
            labels: self.labels.clone(),
        }
    }
}

//! Where MLflow is, and whose number is explained, as typed.

use clap::{Args, Subcommand};

/// Where MLflow is.
#[derive(Debug, Args)]
pub(crate) struct TrackingArgs {
    /// MLflow's tracking server: its URL, `databricks` or `databricks://PROFILE`
    #[arg(long, value_name = "URI", env = "MLFLOW_TRACKING_URI")]
    pub(crate) tracking_uri: Option<String>,
}

/// Whose number.
#[derive(Debug, Subcommand)]
pub(crate) enum ExplainCommand {
    /// Why MLflow's number differs from ours: step by step, and case by case
    #[command(
        after_help = "For a run that `groundgate import mlflow --judge` has made.\n\n\
        Examples:\n  \
        groundgate explain mlflow latest\n  \
        groundgate explain mlflow latest --theirs retrieval_groundedness --ours embedded_groundedness\n\n\
        See docs/mlflow.md."
    )]
    Mlflow(ExplainMlflowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ExplainMlflowArgs {
    /// The run: an id, its beginning, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) tracking: TrackingArgs,
    /// MLflow's assessment [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) theirs: Option<String>,
    /// Our metric [default: the embedded judge's]
    #[arg(long, value_name = "NAME")]
    pub(crate) ours: Option<String>,
}

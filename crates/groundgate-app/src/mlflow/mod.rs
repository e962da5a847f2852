//! MLflow: traces in, verdicts out.

mod explain;
mod import;
mod kept;
mod labels;
mod links;
mod outcome;
mod publish;
mod written;

pub use explain::{
    DifferenceCause, ExplainedDifference, MeanStep, MlflowExplainRequest, MlflowExplanation,
};
pub use import::{MlflowImport, MlflowImportRequest, MlflowOutput};
pub use links::{TraceLinks, links_file};
pub use outcome::LackCount;
pub use publish::{MlflowPublish, MlflowPublishRequest};

use groundgate_connect::mlflow::TrackingError;

use crate::error::{AppError, ErrorClass};

/// A tracking server's error, with what to do.
fn tracking_error(error: TrackingError) -> AppError {
    let (class, help) = match &error {
        TrackingError::Url(_) => (ErrorClass::Usage, "--tracking-uri http://HOST:5000".to_owned()),
        TrackingError::NoExperiment { there, .. } => (
            ErrorClass::Invalid,
            match there.as_slice() {
                [] => "it names no experiment that we may see".to_owned(),
                there => format!("it has {}", there.join(", ")),
            },
        ),
        TrackingError::DeletedExperiment(_) => (
            ErrorClass::Invalid,
            "restore it, or name another: mlflow experiments restore".to_owned(),
        ),
        TrackingError::Denied(_) => (
            ErrorClass::Invalid,
            "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD; on Databricks, \
             --tracking-uri databricks with what `databricks auth` finds; whoever asks needs the permission to read the experiment"
                .to_owned(),
        ),
        TrackingError::Refused(_) => (
            ErrorClass::Invalid,
            "check --filter, which is in MLflow's own language: attributes.status = 'OK'".to_owned(),
        ),
        TrackingError::Silent(_) => (
            ErrorClass::Incomplete,
            "nothing was written; check that the server is up, or ask again later".to_owned(),
        ),
        TrackingError::NotAll(_) => (
            ErrorClass::Incomplete,
            "ask again: what is there is not sent again".to_owned(),
        ),
        TrackingError::NotMlflow(_) => (
            ErrorClass::Invalid,
            "--tracking-uri is the address of MLflow's server, without a path of its pages".to_owned(),
        ),
    };
    AppError::new(class, error).with_help(help)
}

//! Which trace a trial was: kept beside the record, so that what is said of a trial can be said of its trace.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{error::AppError, files};

/// The traces of a record's trials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceLinks {
    /// The server, as it is called.
    pub tracking_uri: String,
    /// The experiment's id.
    pub experiment_id: String,
    /// The experiment's name.
    pub experiment: String,
    /// Which of its traces were meant, in MLflow's own language.
    pub filter: String,
    /// The run of MLflow whose traces they are, where they are of one.
    pub mlflow_run: Option<String>,
    /// The trace of each trial, by case and attempt: `case#0`.
    pub traces: BTreeMap<String, String>,
}

impl TraceLinks {
    /// How a trial is named in [`TraceLinks::traces`].
    pub fn trial(case: &str, attempt: u32) -> String {
        format!("{case}#{attempt}")
    }

    /// The links of a record; nothing where it was not imported from MLflow.
    pub(crate) fn read(directory: &Path, run: &str) -> Result<Option<Self>, AppError> {
        let path = links_file(directory, run);
        if !path.is_file() {
            return Ok(None);
        }
        let text = files::read_text(&path)?;
        serde_json::from_str(&text).map(Some).map_err(|cause| {
            AppError::invalid(format!("`{}` is not what an import wrote", path.display()))
                .because(cause)
        })
    }

    pub(crate) fn write(&self, directory: &Path, run: &str) -> Result<(), AppError> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|cause| AppError::internal("failed to write links").because(cause))?;
        files::write(&links_file(directory, run), &(text + "\n"))
    }
}

/// The file of a record's links.
pub fn links_file(directory: &Path, run: &str) -> PathBuf {
    directory.join(format!("{run}.mlflow.json"))
}

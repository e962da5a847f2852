//! The gate over tables: texts stay where they are, scores are decided on.

use std::{collections::BTreeMap, path::Path};

use arrow_array::RecordBatchReader as _;
use groundgate_app::{
    AppError, Project,
    table_gate::{MeasuredMetric, TableGateRequest, TableWatchRequest, Trials},
};
use groundgate_model::trial::ScoreTable;
use groundgate_report::{Style, render_html, render_json, render_text};
use pyo3::prelude::*;

use super::{
    stream::{ArrowTable, read},
    trials,
};
use crate::{app, failed, raised};

/// The trials of a table without their texts.
#[pyfunction]
pub(crate) fn reduce_trials(py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<ArrowTable> {
    let reader = read(table)?;
    let reduced = py.detach(|| {
        let batches = reader.map(|batch| trials::reduce(&batch?));
        batches.collect::<Result<Vec<_>, _>>()
    });
    let batches = reduced.map_err(|error| raised(py, error.to_string()))?;
    let schema = batches.first().map(arrow_array::RecordBatch::schema);
    let schema = schema.ok_or_else(|| raised(py, "the table has no batch".to_owned()))?;
    Ok(ArrowTable::new(schema, batches, BTreeMap::new()))
}

/// What a decision needs besides tables.
#[derive(FromPyObject)]
pub(crate) struct Terms {
    #[pyo3(item)]
    directory: String,
    #[pyo3(item)]
    environment: Option<String>,
    #[pyo3(item)]
    policy: Option<String>,
    #[pyo3(item)]
    policy_digest: Option<String>,
    #[pyo3(item)]
    other_questions: bool,
    #[pyo3(item)]
    instrument: String,
    #[pyo3(item)]
    declared: BTreeMap<String, String>,
}

impl Terms {
    fn project(&self) -> Result<Project, AppError> {
        let folder = Path::new(&self.directory);
        let configured = folder.join("groundgate.toml");
        if configured.is_file() {
            Project::find(Some(&configured))
        } else {
            Ok(Project::without_configuration(folder))
        }
    }
}

/// What was to be done with a canary after each window, and why: the new version's trials and the old one's, the oldest
/// window first.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "Python's values are taken out of it"
)]
pub(crate) fn watch_trials(
    py: Python<'_>,
    windows: Vec<(Bound<'_, PyAny>, Option<Bound<'_, PyAny>>)>,
    terms: Terms,
) -> PyResult<Vec<(&'static str, Vec<String>)>> {
    let mut tables = Vec::with_capacity(windows.len());
    for (candidate, baseline) in &windows {
        let baseline = baseline
            .as_ref()
            .map(|table| side(table, "baseline", &terms))
            .transpose()?;
        tables.push((side(candidate, "candidate", &terms)?, baseline));
    }
    let decided = py.detach(|| {
        let project = terms.project()?;
        let request = TableWatchRequest {
            project: &project,
            windows: tables,
            environment: terms.environment.as_deref(),
            policy: terms.policy.as_deref(),
            policy_digest: terms.policy_digest.as_deref(),
        };
        app().watch_tables(&request)
    });
    let decided = decided.map_err(|error| failed(py, &error))?;
    let decided = decided.into_iter();
    Ok(decided
        .map(|window| (window.action.name(), window.reasons))
        .collect())
}

/// The verdict on tables that `reduce_trials` made: its JSON, its text, its page and the exit code.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "Python's values are taken out of it"
)]
pub(crate) fn gate_trials(
    py: Python<'_>,
    candidate: &Bound<'_, PyAny>,
    baseline: Option<&Bound<'_, PyAny>>,
    terms: Terms,
) -> PyResult<(String, String, String, u8)> {
    let candidate = side(candidate, "candidate", &terms)?;
    let baseline = baseline
        .map(|table| side(table, "baseline", &terms))
        .transpose()?;
    let decided = py.detach(|| {
        let project = terms.project()?;
        let request = TableGateRequest {
            project: &project,
            candidate,
            baseline,
            environment: terms.environment.as_deref(),
            policy: terms.policy.as_deref(),
            policy_digest: terms.policy_digest.as_deref(),
            other_questions: terms.other_questions,
        };
        app().gate_tables(&request)
    });
    let report = decided.map_err(|error| failed(py, &error))?;
    let style = Style {
        color: false,
        unicode: true,
        workflow_log: false,
    };
    Ok((
        render_json(&report).map_err(|error| raised(py, error.to_string()))?,
        render_text(&report, style),
        render_html(&report).map_err(|error| raised(py, error.to_string()))?,
        groundgate_report::exit_code(report.decision.verdict),
    ))
}

fn side(table: &Bound<'_, PyAny>, name: &str, terms: &Terms) -> PyResult<ScoreTable> {
    let py = table.py();
    let reader = read(table)?;
    let named = trials::metrics(&reader.schema());
    let table = py.detach(|| -> Result<ScoreTable, SideError> {
        let measured = named.iter().map(|metric| {
            let declared = terms.declared.get(metric).map(String::as_str);
            MeasuredMetric::new(metric, declared, &terms.instrument)
        });
        let metrics = measured.collect::<Result<Vec<_>, AppError>>()?;
        let mut all = Vec::new();
        for batch in reader {
            all.extend(trials::trials(&batch?, &named)?);
        }
        let trials = Trials {
            name: name.to_owned(),
            metrics,
            trials: all,
        };
        Ok(trials.score_table()?)
    });
    table.map_err(|error| match error {
        SideError::App(error) => failed(py, &error),
        SideError::Arrow(error) => raised(py, format!("{name}: {error}")),
    })
}

enum SideError {
    App(Box<AppError>),
    Arrow(arrow_schema::ArrowError),
}

impl From<AppError> for SideError {
    fn from(error: AppError) -> Self {
        Self::App(Box::new(error))
    }
}

impl From<arrow_schema::ArrowError> for SideError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Arrow(error)
    }
}

//! Records and their verdicts.

use std::path::Path;

use groundgate_app::{BaselineChoice, GateRequest, Project, runs};
use groundgate_report::{Style, render_html, render_json, render_text};
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use super::{app, failed, raised};

/// A run's gate: its JSON, its text, its page and the exit code.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "named arguments, as Python hands them over"
)]
#[pyo3(signature = (directory, run, baseline, environment, policy))]
pub(crate) fn gate_run(
    py: Python<'_>,
    directory: &str,
    run: &str,
    baseline: Option<&str>,
    environment: Option<&str>,
    policy: Option<&str>,
) -> PyResult<(String, String, String, u8)> {
    let gated = py.detach(|| {
        let project = Project::find(Some(&Path::new(directory).join("groundgate.toml")))?;
        app().gate(&GateRequest {
            baseline: BaselineChoice::named(baseline),
            environment,
            policy,
            ..GateRequest::new(&project, run)
        })
    });
    let gated = gated.map_err(|error| failed(py, &error))?;
    let report = &gated.report;
    let style = Style {
        color: false,
        unicode: true,
        workflow_log: false,
    };
    Ok((
        render_json(report).map_err(|error| raised(py, error.to_string()))?,
        render_text(report, style),
        render_html(report).map_err(|error| raised(py, error.to_string()))?,
        groundgate_report::exit_code(gated.verdict()),
    ))
}

/// Every trial of a record with its scores, as JSON.
#[pyfunction]
pub(crate) fn run_scores(py: Python<'_>, directory: &str, run: &str) -> PyResult<String> {
    let rows = py.detach(|| {
        let reader = runs::open(Path::new(directory), run)?;
        let cases = reader.cases()?;
        let table = reader.score_table()?;
        let attempts = usize::try_from(reader.header().attempts).unwrap_or(1);
        let mut rows = Vec::new();
        for (case_index, case) in cases.iter().enumerate() {
            for attempt in 0..attempts {
                let mut row = Map::new();
                row.insert("case".to_owned(), json!(case.id));
                row.insert("attempt".to_owned(), json!(attempt));
                row.insert("cluster".to_owned(), json!(case.cluster));
                for (tag, value) in &case.tags {
                    row.insert(format!("tag:{tag}"), json!(value));
                }
                for column in table.columns.values() {
                    let cell = column.cells.get(case_index * attempts + attempt);
                    let score = cell.and_then(runs::score_of);
                    row.insert(column.metric.name.clone(), json!(score));
                }
                rows.push(Value::Object(row));
            }
        }
        Ok(Value::Array(rows).to_string())
    });
    rows.map_err(|error| failed(py, &error))
}

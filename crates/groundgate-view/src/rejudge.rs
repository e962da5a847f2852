//! One stored answer judged again, from its page, where the viewer was started so. The run's own record
//! stays as it is: what the judges say now stands in a record of its own, and beside the stored word.

use groundgate_model::trial::MetricSpec;
use groundgate_record::Reader;
use groundgate_report::{visible_line, visible_text};
use serde::Deserialize;
use serde_json::json;

use super::{
    page::{PageError, Reply},
    texts::{attempts_of, cell_text},
    viewer::Viewer,
};

/// What the page sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    run: String,
    case: String,
    attempt: usize,
}

/// Judges the answer of a case again.
pub(super) fn post(viewer: &Viewer, body: &[u8]) -> Result<Reply, PageError> {
    let judges = viewer
        .rejudge
        .as_ref()
        .ok_or_else(|| PageError::absent("This viewer was not started with --judge-again."))?;
    let wanted: Wanted =
        serde_json::from_slice(body).map_err(|error| PageError::wrong(error.to_string()))?;
    let run = viewer.open(&wanted.run)?;
    let place = run.place_of(&wanted.case)?;
    let place = place.ok_or_else(|| PageError::absent("There is no such case."))?;
    if wanted.attempt >= attempts_of(&run) {
        return Err(PageError::absent("There is no such repeat."));
    }
    let trial = place * attempts_of(&run) + wanted.attempt;
    let again = judges.judge(&run, trial).map_err(|words| PageError {
        status: axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        words,
    })?;
    Ok(Reply::json(&json!({
        "rows": rows(&run, trial, &again)?,
        "cost": again.booked()?.to_string(),
        "kept": visible_line(&again.path().display().to_string()),
        "price": judges.price(&run, trial),
    })))
}

/// Metric, what the record says, what the judges say now, and why.
fn rows(run: &Reader, trial: usize, again: &Reader) -> Result<Vec<[String; 4]>, PageError> {
    let (stored, now) = (run.scores_of(trial)?, again.scores_of(0)?);
    let details = again.trial(0)?.details;
    let row = |metric: &MetricSpec| {
        let name = &metric.name;
        let why = details.get(name).map(|detail| detail.explanation.as_str());
        [
            visible_line(name),
            visible_line(&cell_text(metric, stored.get(name))),
            visible_line(&cell_text(metric, now.get(name))),
            visible_text(why.unwrap_or_default()),
        ]
    };
    let metrics = again.header().metrics.iter();
    Ok(metrics.map(|source| row(&source.metric)).collect())
}

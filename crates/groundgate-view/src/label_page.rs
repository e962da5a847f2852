//! The label page: a shell that the script fills with one item after the other.

use std::sync::PoisonError;

use groundgate_record::Reader;
use groundgate_report::AnswerReport;
use serde::Serialize;
use serde_json::json;

use super::{
    item_view::{Ask, Task},
    page::{PageError, Reply},
    session::{Sent, Session},
    texts::attempts_of,
    viewer::Viewer,
};
use crate::label::{GUIDELINES, Item};

#[derive(Debug, Serialize)]
struct Page {
    guidelines: Vec<&'static str>,
    is_pairs: bool,
    formula: Option<String>,
}

pub(super) fn page(viewer: &Viewer) -> Result<Reply, PageError> {
    let session = viewer.labelling.as_ref().ok_or_else(nobody)?;
    let session = session.lock().unwrap_or_else(PoisonError::into_inner);
    let page = Page {
        guidelines: GUIDELINES.lines().collect(),
        is_pairs: session.task == Task::Pairs,
        formula: session.formula(),
    };
    viewer.pages.page("label.html", "Label", &page)
}

fn nobody() -> PageError {
    PageError::absent("Start with: groundgate label RUN")
}

/// The next item, as JSON.
pub(super) fn ask(viewer: &Viewer) -> Result<Reply, PageError> {
    let session = viewer.labelling.as_ref().ok_or_else(nobody)?;
    let session = session.lock().unwrap_or_else(PoisonError::into_inner);
    let next = session.next();
    let ask = next
        .map(|next| shown(viewer, &session, &next.item))
        .transpose()?;
    Ok(Reply::json(
        &json!({"ask": ask, "progress": session.progress()}),
    ))
}

/// An item as it is shown.
pub(super) fn shown(viewer: &Viewer, session: &Session, item: &Item) -> Result<Ask, PageError> {
    if let Some(known) = session.known(item) {
        return Ok(known);
    }
    let gone = || PageError::absent("the case is gone");
    let attempt = usize::try_from(item.attempt).unwrap_or(0);
    let answer = |run: &Reader, attempt: usize| -> Result<AnswerReport, PageError> {
        let place = run.place_of(&item.case)?.ok_or_else(gone)?;
        Ok(viewer
            .gatekeeper
            .open(run, place * attempts_of(run) + attempt))
    };
    let run = viewer.open(&item.run)?;
    let case = run.case(run.place_of(&item.case)?.ok_or_else(gone)?)?;
    let theirs = match &item.baseline {
        None => None,
        Some(id) => Some(answer(&viewer.open(id)?, 0)?),
    };
    session.ask(item, &case, &answer(&run, attempt)?, theirs.as_ref())
}

/// A label, a skip or an undo.
pub(super) fn answer(viewer: &Viewer, body: &[u8]) -> Result<Reply, PageError> {
    let session = viewer.labelling.as_ref().ok_or_else(nobody)?;
    let sent: Sent =
        serde_json::from_slice(body).map_err(|error| PageError::wrong(error.to_string()))?;
    let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
    let reveal = session.take(sent, viewer.gatekeeper.now())?;
    Ok(Reply::json(&json!({"saved": true, "reveal": reveal})))
}

//! The label page: a shell that the script fills with one item after the other.

use std::sync::PoisonError;

use groundgate_record::Reader;
use groundgate_report::AnswerReport;
use serde::Serialize;
use serde_json::json;

use super::{
    case::attempts_of,
    desk::Desk,
    labelling::{Ask, Sent, Session, Task},
    page::{Reply, Trouble},
};
use crate::label::{GUIDELINES, Item, Kind};

#[derive(Debug, Serialize)]
struct Page {
    guidelines: Vec<&'static str>,
    is_pairs: bool,
    formula: Option<String>,
}

pub(super) fn page(desk: &Desk) -> Result<Reply, Trouble> {
    let session = desk.labelling.as_ref().ok_or_else(nobody)?;
    let session = session.lock().unwrap_or_else(PoisonError::into_inner);
    let page = Page {
        guidelines: GUIDELINES.lines().collect(),
        is_pairs: session.task == Task::Pairs,
        formula: session.formula(),
    };
    desk.pages.page("label.html", "Label", &page)
}

fn nobody() -> Trouble {
    Trouble::absent("Start with: groundgate label RUN")
}

/// The next item, as JSON.
pub(super) fn ask(desk: &Desk) -> Result<Reply, Trouble> {
    let session = desk.labelling.as_ref().ok_or_else(nobody)?;
    let session = session.lock().unwrap_or_else(PoisonError::into_inner);
    let next = session.next();
    let ask = next
        .map(|(item, ..)| shown(desk, &session, &item))
        .transpose()?;
    Ok(Reply::json(
        &json!({"ask": ask, "progress": session.progress()}),
    ))
}

/// An item as it is shown.
pub(super) fn shown(desk: &Desk, session: &Session, item: &Item) -> Result<Ask, Trouble> {
    if let Some(known) = session.known(item) {
        return Ok(known);
    }
    let gone = || Trouble::absent("the case is gone");
    let attempt = usize::try_from(item.attempt).unwrap_or(0);
    let answer = |run: &Reader, attempt: usize| -> Result<AnswerReport, Trouble> {
        let place = run.place_of(&item.case)?.ok_or_else(gone)?;
        Ok(desk
            .gatekeeper
            .open(run, place * attempts_of(run) + attempt))
    };
    let run = desk.open(&item.run)?;
    let case = run.case(run.place_of(&item.case)?.ok_or_else(gone)?)?;
    let theirs = match &item.baseline {
        None => None,
        Some(id) => Some(answer(&desk.open(id)?, 0)?),
    };
    session.ask(item, &case, &answer(&run, attempt)?, theirs.as_ref())
}

/// A label, a skip or an undo.
pub(super) fn answer(desk: &Desk, body: &[u8]) -> Result<Reply, Trouble> {
    let session = desk.labelling.as_ref().ok_or_else(nobody)?;
    let sent: Sent =
        serde_json::from_slice(body).map_err(|error| Trouble::wrong(error.to_string()))?;
    let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
    let reveal = session.take(sent, desk.gatekeeper.now())?;
    Ok(Reply::json(&json!({"saved": true, "reveal": reveal})))
}

impl Desk {
    /// Everything in the label log; nothing where nobody labels.
    pub(super) fn label_kinds(&self) -> Vec<Kind> {
        self.labelling.as_ref().map_or_else(Vec::new, |session| {
            let session = session.lock().unwrap_or_else(PoisonError::into_inner);
            session.log.kinds().to_vec()
        })
    }
}

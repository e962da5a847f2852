//! A run under way: how far it is, what it has spent, the first failures.

use groundgate_model::number::format_count;
use groundgate_record::Status;
use groundgate_report::visible_line;
use serde::Serialize;

use super::{
    page::{PageError, Reply},
    query::{Query, link},
    texts::{attempts_of, name_of},
    viewer::Viewer,
};

const FAILURES: usize = 20;

#[derive(Debug, Serialize)]
struct Page {
    name: String,
    status: &'static str,
    is_running: bool,
    /// How a run that was not finished is gone on with; empty where it was, or is under way.
    go_on: String,
    finished: String,
    planned: String,
    percent: usize,
    spent: String,
    failures: Vec<(String, String, String)>,
    back: String,
    started: String,
}

pub(super) fn page(viewer: &Viewer, query: &Query) -> Result<Reply, PageError> {
    let run = viewer.open(query.get("run").unwrap_or(""))?;
    let id = run.header().run_id.clone();
    let base = query.get("base").unwrap_or("");
    let planned = run.n_cases()? * attempts_of(&run);
    let finished = run.n_finished()?;
    let status = run.status()?;
    let mut failures = Vec::new();
    for (trial, reason) in run.first_unscored(FAILURES)? {
        let case = run.case(trial / attempts_of(&run))?.id;
        let link = link("case", &[("run", &id), ("base", base), ("case", &case)]);
        failures.push((visible_line(&case), visible_line(&reason), link));
    }
    let page = Page {
        name: name_of(&run),
        status: status.name(),
        is_running: status == Status::Running,
        go_on: match status {
            Status::Stopped | Status::Interrupted | Status::OutOfBudget => {
                format!("groundgate run --resume {}", visible_line(&id))
            }
            Status::Running | Status::Complete | Status::Decided => String::new(),
        },
        finished: format_count(finished),
        planned: format_count(planned),
        percent: 100 * finished / planned.max(1),
        spent: run.booked()?.to_string(),
        failures,
        back: link("compare", &[("run", &id), ("base", base)]),
        started: visible_line(&run.header().created_at),
    };
    viewer.pages.page(
        "live.html",
        &format!("{} % · {}", page.percent, page.name),
        &page,
    )
}

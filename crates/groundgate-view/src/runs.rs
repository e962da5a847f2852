//! The list of runs: where they stand, and what the gate says of each.

use axum::http::StatusCode;
use groundgate_model::number::format_count;
use groundgate_record::{Reader, Status};
use groundgate_report::{mark, tally, visible_line};
use serde::Serialize;

use super::{
    comparison::Comparison,
    page::{PageError, Reply},
    query::{Query, link},
    texts::name_of,
    viewer::{GATED_UNASKED_MOST, Viewer},
};

/// So many runs are listed on one page.
const ON_A_PAGE: usize = 100;

#[derive(Debug, Serialize)]
struct Page {
    rows: Vec<Row>,
    skipped: Vec<String>,
    baseline: String,
    is_guess: bool,
    older: String,
    has_labels: bool,
    folder: String,
}

#[derive(Debug, Serialize)]
struct Row {
    run: String,
    created: String,
    variant: String,
    eval_set: String,
    finished: String,
    status: &'static str,
    is_running: bool,
    is_baseline: bool,
    /// Where its verdict is fetched from; empty where nothing can be compared.
    verdict: String,
    /// Whether the verdict is fetched without being asked for.
    is_small: bool,
    compare: String,
    live: String,
}

pub(super) fn page(viewer: &Viewer, query: &Query) -> Result<Reply, PageError> {
    let start = query.number("start", 0);
    let mut records = viewer.records()?;
    records.reverse();
    let n_all = records.len();
    let mut skipped = Vec::new();
    let mut readers = Vec::new();
    for (_, path) in records.into_iter().skip(start).take(ON_A_PAGE) {
        match Reader::open(&path) {
            Ok(reader) => readers.push(reader),
            Err(error) => skipped.push(visible_line(&error.to_string())),
        }
    }
    let chosen = query
        .get("base")
        .map(str::to_owned)
        .or_else(|| viewer.baseline.clone());
    let baseline = match &chosen {
        Some(id) => Some(viewer.open(id)?),
        None => usual_baseline(&readers)?,
    };
    let rows: Result<Vec<Row>, PageError> = readers
        .iter()
        .map(|reader| row(reader, baseline.as_ref()))
        .collect();
    let page = Page {
        rows: rows?,
        skipped,
        is_guess: chosen.is_none(),
        baseline: baseline.map(|run| name_of(&run)).unwrap_or_default(),
        older: if start + ON_A_PAGE < n_all {
            link("./", &[("start", &(start + ON_A_PAGE).to_string())])
        } else {
            String::new()
        },
        has_labels: viewer.labelling.is_some(),
        folder: visible_line(&viewer.runs_dir.display().to_string()),
    };
    viewer.pages.page("runs.html", "Runs", &page)
}

/// The oldest finished run of the newest run's eval set.
fn usual_baseline(newest_first: &[Reader]) -> Result<Option<Reader>, PageError> {
    let Some(newest) = newest_first.first() else {
        return Ok(None);
    };
    let digest = newest.header().eval_set_digest;
    for reader in newest_first.iter().rev() {
        if reader.header().eval_set_digest == digest && reader.status()? == Status::Complete {
            return Ok(Some(Reader::open(reader.path())?));
        }
    }
    Ok(None)
}

fn row(reader: &Reader, baseline: Option<&Reader>) -> Result<Row, PageError> {
    let header = reader.header();
    let planned = reader.n_cases()? * usize::try_from(header.attempts).unwrap_or(1);
    let status = reader.status()?;
    let base = baseline.map_or("", |run| run.header().run_id.as_str());
    let is_baseline = base == header.run_id;
    let comparable = baseline
        .is_some_and(|run| run.header().eval_set_digest == header.eval_set_digest && !is_baseline);
    let pairs = [
        ("run", header.run_id.as_str()),
        ("base", if comparable { base } else { "" }),
    ];
    Ok(Row {
        run: visible_line(&header.run_id),
        created: visible_line(&header.created_at.replace('T', " ").replace('Z', "")),
        variant: visible_line(&header.copilot_name),
        eval_set: visible_line(&header.eval_set_name),
        finished: format!(
            "{} of {}",
            format_count(reader.n_finished()?),
            format_count(planned)
        ),
        status: status.name(),
        is_running: status == Status::Running,
        is_baseline,
        verdict: if comparable {
            link("verdict", &pairs)
        } else {
            String::new()
        },
        is_small: planned <= GATED_UNASKED_MOST,
        compare: link("compare", &pairs),
        live: link("live", &[("run", &header.run_id)]),
    })
}

/// One run's verdict, as text: style class, sign, word and what moved, a line each.
pub(super) fn verdict(viewer: &Viewer, query: &Query) -> Result<Reply, PageError> {
    let run = viewer.open(query.get("run").unwrap_or(""))?;
    let baseline = query.get("base").map(|id| viewer.open(id)).transpose()?;
    let line = viewer.verdict_line(&run, baseline.as_ref(), verdict_text)?;
    Ok(Reply::text(StatusCode::OK, line))
}

fn verdict_text(comparison: &Comparison) -> String {
    let report = &comparison.report;
    let shown = mark(report.decision.verdict);
    let moved: Vec<String> = report
        .changes()
        .into_iter()
        .take(3)
        .map(|change| visible_line(&change))
        .collect();
    let [class, glyph, word] = [shown.class, shown.glyph, shown.gate_word];
    let tally = tally(&report.decision.findings);
    format!("{class}\n{glyph}\n{word}\n{tally}\n{}", moved.join("\n"))
}

//! What several pages say in the same words: a run's name, a score.

use groundgate_model::{
    number::{NumberFormat, Scale, Toward},
    trial::{Cell, MetricSpec},
};
use groundgate_record::Reader;
use groundgate_report::visible_line;

/// How often each case was asked; at least once.
pub(super) fn attempts_of(run: &Reader) -> usize {
    usize::try_from(run.header().attempts).unwrap_or(1).max(1)
}

/// `good (01JQ8Z)`.
pub(super) fn name_of(run: &Reader) -> String {
    let header = run.header();
    format!(
        "{} ({})",
        visible_line(&header.copilot_name),
        visible_line(&header.run_id)
    )
}

/// `81%`, `4 of 5`, `—`.
pub(super) fn score_text(metric: &MetricSpec, value: Option<f64>) -> String {
    let unit = metric.shown_unit();
    value.map_or_else(
        || "—".to_owned(),
        |value| {
            NumberFormat::plain(Scale::of_unit(&unit), &[value]).with_unit(value, Toward::Nearest)
        },
    )
}

/// The same of a cell: a missing score has its reason.
pub(super) fn cell_text(metric: &MetricSpec, cell: Option<&Cell>) -> String {
    match cell {
        None => "—".to_owned(),
        Some(Cell::Scored(value)) => score_text(metric, Some(*value)),
        Some(Cell::NotApplicable) => "nothing to measure".to_owned(),
        Some(Cell::Unscored(reason)) => format!("unscored: {reason}"),
    }
}

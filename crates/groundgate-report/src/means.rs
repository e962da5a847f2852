//! Means of cases over the cells of a score table, and which of two values is better.

use groundgate_model::{
    trial::{Cell, Column, DataType, Direction, MetricSpec, ScoreTable},
    unit::count_to_f64,
};

/// Whether a case can be lost in it: amounts have no best value.
pub(super) fn is_bounded(spec: &MetricSpec) -> bool {
    spec.data_type != DataType::Amount
}

/// The mean of a case's scored attempts; `None` where there is none.
pub(super) fn case_mean(table: &ScoreTable, column: &Column, case: usize) -> Option<f64> {
    mean_of(table, column, case, scored)
}

/// The same of a candidate: an attempt without an answer has the worst score, as rules have it.
pub(super) fn candidate_mean(table: &ScoreTable, column: &Column, case: usize) -> Option<f64> {
    mean_of(table, column, case, |cell| stands_for(cell, &column.metric))
}

/// What a candidate's cell stands for; `None` where it may be anything, or there is nothing to measure.
pub(super) fn stands_for(cell: &Cell, spec: &MetricSpec) -> Option<f64> {
    match cell {
        Cell::Unscored(reason) if reason.is_product_failure() => spec.worst(),
        Cell::Scored(_) | Cell::NotApplicable | Cell::Unscored(_) => scored(cell),
    }
}

fn mean_of(
    table: &ScoreTable,
    column: &Column,
    case: usize,
    value: impl Fn(&Cell) -> Option<f64>,
) -> Option<f64> {
    let attempts = usize::try_from(table.attempts).ok()?;
    let cells = column.cells.get(case * attempts..(case + 1) * attempts)?;
    let values: Vec<f64> = cells.iter().filter_map(value).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count_to_f64(values.len()))
}

/// The value of a cell that has one.
fn scored(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Scored(value) => Some(*value),
        Cell::NotApplicable | Cell::Unscored(_) => None,
    }
}

/// How much better `ours` is than `theirs`, as the metric's direction says.
pub(super) fn gain(spec: &MetricSpec, ours: f64, theirs: f64) -> f64 {
    match spec.direction {
        Direction::HigherIsBetter => ours - theirs,
        Direction::LowerIsBetter => theirs - ours,
    }
}

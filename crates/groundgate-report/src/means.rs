//! Means of cases and slices over the cells of a score table.

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
    let attempts = usize::try_from(table.attempts).ok()?;
    let cells = column.cells.get(case * attempts..(case + 1) * attempts)?;
    let values: Vec<f64> = cells.iter().filter_map(scored).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count_to_f64(values.len()))
}

/// The value of a cell that has one.
pub(super) fn scored(cell: &Cell) -> Option<f64> {
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

/// Where the cases of a slice are in the plan.
pub(super) fn slice_places(table: &ScoreTable, tag: &str, value: &str) -> Vec<usize> {
    let cases = table.cases.iter().enumerate();
    cases
        .filter(|(_, case)| case.tags.get(tag).is_some_and(|v| v == value))
        .map(|(index, _)| index)
        .collect()
}

/// The mean of the scored cases among those.
pub(super) fn mean_at(table: &ScoreTable, column: &Column, places: &[usize]) -> Option<f64> {
    let means: Vec<f64> = (places.iter())
        .filter_map(|index| case_mean(table, column, *index))
        .collect();
    (!means.is_empty()).then(|| means.iter().sum::<f64>() / count_to_f64(means.len()))
}

//! A judge beside itself: the same answers judged several times.

use groundgate_model::trial::{Cell, Column, DataType};
use groundgate_stats::agreement::{Level, Ratings, flip_rate, krippendorff_alpha};
use serde::Serialize;

use super::measure::Measure;

/// How often two judgments of one answer differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flips {
    /// The metric.
    pub metric: String,
    /// Who judged, for people.
    pub judge: String,
    /// Answers with at least two scores.
    pub n_answers: usize,
    /// Judgments without a score, of all answers.
    pub n_unscored: usize,
    /// Answers on which not all judgments are equal.
    pub n_flipped: usize,
    /// The chance that two judgments of an answer differ.
    pub flip_rate: Measure,
    /// Krippendorff's alpha of the judgments; undefined where all are equal.
    pub alpha: Measure,
}

impl Flips {
    /// From a column in which the `times` attempts at each case judge the same answer. `None`: no
    /// answer has two scores.
    pub fn of(column: &Column, times: usize) -> Option<Self> {
        let value = |cell: &Cell| match cell {
            Cell::Scored(value) => Some(*value),
            Cell::NotApplicable | Cell::Unscored(_) => None,
        };
        let rows: Vec<Vec<Option<f64>>> = (column.cells.chunks(times.max(1)))
            .map(|cells| cells.iter().map(value).collect())
            .filter(|row: &Vec<Option<f64>>| row.iter().flatten().count() >= 2)
            .collect();
        let is_flipped = |row: &&Vec<Option<f64>>| {
            let mut values = row.iter().flatten();
            let first = values.next();
            values.any(|value| Some(value).map(|v| v.to_bits()) != first.map(|v| v.to_bits()))
        };
        let n_flipped = rows.iter().filter(is_flipped).count();
        let unscored = |cell: &&Cell| matches!(cell, Cell::Unscored(_));
        let n_answers = rows.len();
        let ratings = Ratings::by_item(rows).ok()?;
        let level = match column.metric.data_type {
            DataType::Binary => Level::Nominal,
            DataType::Ordinal { .. } => Level::Ordinal,
            DataType::Fraction | DataType::Amount => Level::Interval,
        };
        Some(Self {
            metric: column.metric.name.clone(),
            judge: column.instrument_name.clone(),
            n_answers,
            n_unscored: column.cells.iter().filter(unscored).count(),
            n_flipped,
            flip_rate: Measure::of(&ratings, flip_rate),
            alpha: Measure::of(&ratings, |ratings| krippendorff_alpha(ratings, level)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::join::tests::table;

    #[test]
    fn answers_judged_alike_do_not_flip_and_unscored_ones_are_counted() {
        let scores = [
            [Some(1.0), Some(1.0), Some(1.0)],
            [Some(1.0), Some(0.0), Some(1.0)],
            [Some(0.0), None, Some(0.0)],
            [None, None, Some(0.0)],
        ];
        let table = table(&scores.concat());
        let flips = Flips::of(&table.columns["groundedness"], 3).unwrap();
        assert_eq!(
            (flips.n_answers, flips.n_flipped, flips.n_unscored),
            (3, 1, 3)
        );
        assert!((flips.flip_rate.value.unwrap() - (2.0 / 3.0) / 3.0).abs() < 1e-12);
        assert_eq!(Flips::of(&table.columns["groundedness"], 1), None);
    }
}

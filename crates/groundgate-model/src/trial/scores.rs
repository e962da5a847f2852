//! Scores as a gate needs them: planned trials by column, small and complete.
//!
//! A table has one cell for every planned trial and metric, so that nothing can be dropped: what is
//! not scored says so. Explanations stay in the record.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::{
    cascade::Cascade, control::ControlCounts, instrument::InstrumentKind, looks::Looks,
    metric::MetricSpec, outcome::Unscored,
};
use crate::unit::{Digest, count_to_f64, to_count};

/// One metric of one planned trial.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Finite, and in the metric's range.
    Scored(f64),
    /// There was nothing to measure.
    NotApplicable,
    /// The value should be there and is not.
    Unscored(Unscored),
}

/// What a gate needs to know of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseInfo {
    /// Unique in the table.
    pub id: String,
    /// Over everything in the case: two records speak of the same case only if it is equal.
    pub digest: Digest,
    /// Cases of one cluster are not independent.
    pub cluster: String,
    /// Dimensions and values that make slices; shared, since thousands of cases have the same.
    pub tags: Arc<BTreeMap<String, String>>,
    /// Whether every attempt must succeed.
    pub critical: bool,
    /// Whether it can be answered, where somebody said so.
    pub answerable: Option<bool>,
}

/// All cells of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Which metric.
    pub metric: MetricSpec,
    /// Who measured it: a digest over the judge's spec, model and parser. Two columns are compared
    /// only if it is equal.
    pub instrument: Digest,
    /// Who measured it, for people: `embedded judge 1`, `judges/groundedness.toml 1 (model x)`.
    pub instrument_name: String,
    /// What kind of thing measured it.
    pub instrument_kind: InstrumentKind,
    /// By planned trial: case 0 attempt 0, case 0 attempt 1, … Always cases × attempts long.
    pub cells: Vec<Cell>,
    /// Scores of which votes failed, by planned trial: the cell counts these as the worst possible
    /// ones; here is the score with them as the best.
    pub up_to: BTreeMap<usize, f64>,
    /// When its judge was asked, if it stands behind a cheaper one.
    pub cascade: Option<Cascade>,
    /// What its judge said of claims whose label is known.
    pub controls: ControlCounts,
}

impl Column {
    /// The highest score of any trial.
    pub fn highest(&self) -> Option<f64> {
        let scored = self.cells.iter().filter_map(|cell| match cell {
            Cell::Scored(value) => Some(*value),
            Cell::NotApplicable | Cell::Unscored(_) => None,
        });
        scored.reduce(f64::max)
    }
}

/// All of a record that a gate reads.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    /// The record's id, for reports.
    pub run_id: String,
    /// The copilot's variant, for reports.
    pub variant: String,
    /// Over the eval set.
    pub eval_set_digest: Digest,
    /// In plan order.
    pub cases: Vec<CaseInfo>,
    /// How often each case was to be asked.
    pub attempts: u32,
    /// Whether most questions that were asked several times got the same words each time: from a cache, or
    /// from a model that leaves nothing to chance. Such attempts are one draw, not several.
    pub repeats_itself: bool,
    /// Cases whose question another one asks, too, word for word.
    pub n_alike: usize,
    /// By metric name.
    pub columns: BTreeMap<String, Column>,
    /// Where a gate may look, if the run was sequential.
    pub looks: Option<Looks>,
    /// Finished runs of the same plan that were there before this one: it is one more try.
    pub earlier_tries: Vec<String>,
}

/// How often the jurors of a panel disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disagreement<'a> {
    /// The panel's name.
    pub panel: &'a str,
    /// Answers on which at least two jurors came to different values.
    pub n_differing: usize,
    /// Answers about which that is known.
    pub n_answers: usize,
}

impl fmt::Display for Disagreement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = count_to_f64(self.n_differing) / count_to_f64(self.n_answers.max(1));
        let (differing, all) = (self.n_differing, self.n_answers);
        write!(f, "{:.1}% ({differing} of {all} answers)", 100.0 * share)
    }
}

/// A column that does not have one cell for each planned trial.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("metric `{metric}` has {cells} cells for {planned} planned trials")]
pub struct ShapeError {
    /// The column's metric.
    pub metric: String,
    /// How many cells it has.
    pub cells: usize,
    /// How many it must have.
    pub planned: usize,
}

impl ScoreTable {
    /// Cases × attempts.
    pub fn planned(&self) -> usize {
        self.cases.len().saturating_mul(to_count(self.attempts))
    }

    /// The first score that is no number or outside its metric's range, with the metric's name: nobody
    /// can decide on it.
    pub fn impossible_score(&self) -> Option<(&str, f64)> {
        self.columns.iter().find_map(|(name, column)| {
            let (low, high) = column.metric.data_type.range();
            let is_possible = |value: f64| {
                value.is_finite() && value >= low && high.is_none_or(|high| value <= high)
            };
            let impossible = |cell: &Cell| match cell {
                Cell::Scored(value) if !is_possible(*value) => Some(*value),
                Cell::Scored(_) | Cell::NotApplicable | Cell::Unscored(_) => None,
            };
            Some((name.as_str(), column.cells.iter().find_map(impossible)?))
        })
    }

    /// How often the jurors of each panel disagree.
    pub fn disagreements(&self) -> impl Iterator<Item = Disagreement<'_>> {
        self.columns.values().filter_map(|column| {
            let panel = column.metric.panel()?;
            let values = column.cells.iter().filter_map(|cell| match cell {
                Cell::Scored(value) => Some(*value > 0.0),
                Cell::NotApplicable | Cell::Unscored(_) => None,
            });
            Some(Disagreement {
                panel,
                n_differing: values.clone().filter(|differs| *differs).count(),
                n_answers: values.count(),
            })
        })
    }

    /// Checks that every column has one cell for each planned trial.
    pub fn check(&self) -> Result<(), ShapeError> {
        let planned = self.planned();
        match self
            .columns
            .iter()
            .find(|(_, column)| column.cells.len() != planned)
        {
            None => Ok(()),
            Some((metric, column)) => Err(ShapeError {
                metric: metric.clone(),
                cells: column.cells.len(),
                planned,
            }),
        }
    }
}

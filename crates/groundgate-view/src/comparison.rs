//! A run gated against a baseline, with what became of every case: small enough to be kept.

use std::{collections::BTreeMap, sync::Arc};

use groundgate_model::{
    trial::{Cell, Column, MetricSpec, ScoreTable},
    unit::count_to_f64,
};
use groundgate_report::{CaseLoss, Report};

/// What the pages of a comparison are made from.
#[derive(Debug)]
pub struct Comparison {
    /// The report, without opened cases.
    pub(super) report: Report,
    /// Every case, by bucket, then worst first.
    pub(super) cases: Vec<CaseLine>,
    /// The bounded metrics: each case's mean over its scored attempts, by place in the plan.
    pub(super) scores: Vec<MetricScores>,
    /// Names of reasons for missing scores; cases refer to them by place.
    pub(super) reasons: Vec<String>,
}

/// One case in a list.
#[derive(Debug)]
pub(super) struct CaseLine {
    pub(super) id: String,
    pub(super) tags: Arc<BTreeMap<String, String>>,
    pub(super) loss: CaseLoss,
    /// Places in [`Comparison::reasons`].
    pub(super) reasons: Vec<u16>,
}

/// One metric of both runs.
#[derive(Debug)]
pub(super) struct MetricScores {
    pub(super) metric: MetricSpec,
    pub(super) candidate: Vec<Option<f32>>,
    /// By place in the baseline's plan; empty without a baseline.
    pub(super) baseline: Vec<Option<f32>>,
}

impl Comparison {
    /// Takes what the pages need; the tables are not kept.
    pub fn new(
        report: Report,
        losses: Vec<CaseLoss>,
        candidate: &ScoreTable,
        baseline: Option<&ScoreTable>,
    ) -> Self {
        let (reasons, mut by_case) = missing(candidate);
        let cases = losses.into_iter().filter_map(|loss| {
            let case = candidate.cases.get(loss.case_index)?;
            Some(CaseLine {
                id: case.id.clone(),
                tags: Arc::clone(&case.tags),
                reasons: by_case.remove(&loss.case_index).unwrap_or_default(),
                loss,
            })
        });
        let cases = cases.collect();
        let bounded = candidate.columns.values().filter(|column| {
            let (_, high) = column.metric.data_type.range();
            high.is_some()
        });
        let scores = bounded
            .map(|column| MetricScores {
                metric: column.metric.clone(),
                candidate: means(candidate, column),
                baseline: baseline
                    .and_then(|table| Some(means(table, table.columns.get(&column.metric.name)?)))
                    .unwrap_or_default(),
            })
            .collect();
        Self {
            report,
            cases,
            scores,
            reasons,
        }
    }
}

impl MetricScores {
    /// A case's scores: the candidate's and the baseline's.
    pub(super) fn pair(&self, line: &CaseLine) -> (Option<f64>, Option<f64>) {
        let at = |of: &[Option<f32>], place: usize| of.get(place).copied().flatten().map(f64::from);
        let theirs = line.loss.twin.and_then(|twin| at(&self.baseline, twin));
        (at(&self.candidate, line.loss.case_index), theirs)
    }
}

fn means(table: &ScoreTable, column: &Column) -> Vec<Option<f32>> {
    let attempts = usize::try_from(table.attempts).unwrap_or(1).max(1);
    column
        .cells
        .chunks(attempts)
        .map(|cells| {
            let (mut sum, mut n) = (0.0, 0);
            for cell in cells {
                if let Cell::Scored(value) = cell {
                    sum += value;
                    n += 1;
                }
            }
            (n > 0).then(|| narrow(sum / count_to_f64(n)))
        })
        .collect()
}

/// Half the memory; shown with four digits at most.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "scores are shown with few digits"
)]
const fn narrow(value: f64) -> f32 {
    value as f32
}

/// The distinct reasons, and for each case the places of its own.
fn missing(table: &ScoreTable) -> (Vec<String>, BTreeMap<usize, Vec<u16>>) {
    let attempts = usize::try_from(table.attempts).unwrap_or(1).max(1);
    let mut places: BTreeMap<String, u16> = BTreeMap::new();
    let mut by_case: BTreeMap<usize, Vec<u16>> = BTreeMap::new();
    for column in table.columns.values() {
        for (trial, cell) in column.cells.iter().enumerate() {
            if let Cell::Unscored(reason) = cell {
                let next = u16::try_from(places.len()).unwrap_or(u16::MAX);
                let place = *places.entry(reason.name()).or_insert(next);
                let of_case = by_case.entry(trial / attempts).or_default();
                if !of_case.contains(&place) {
                    of_case.push(place);
                }
            }
        }
    }
    let mut reasons: Vec<(u16, String)> = places
        .into_iter()
        .map(|(name, place)| (place, name))
        .collect();
    reasons.sort();
    (reasons.into_iter().map(|(_, name)| name).collect(), by_case)
}

//! How much scores spread, between questions and between runs of one question: from a pilot record,
//! or from assumptions.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{CaseInfo, Cell, Column, Direction, ScoreTable},
    unit::count_to_f64,
};
use groundgate_stats::variance::{NestedScores, variance_components};

use crate::policy::Estimand;

/// What is taken for true where nothing is measured.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Assumptions {
    /// The mean score, as a share of the scale.
    pub mean: f64,
    /// The standard deviation of a score, as a share of the scale.
    pub sd: f64,
    /// How two runs of one question agree: the share of the variance that is between questions.
    pub correlation: f64,
    /// The chance that two votes of a judge on one answer differ.
    pub flips: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            mean: 0.9,
            sd: 0.3,
            correlation: 0.5,
            flips: 0.0,
        }
    }
}

/// What a pilot says of one metric in one slice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread {
    /// Of the questions' means, or of the clusters'.
    pub(crate) mean: f64,
    /// Variance of one run's score over all questions.
    pub(crate) total: f64,
    /// The part of it between runs of one question, with the pilot's votes.
    pub(crate) run: f64,
    /// Variance between the means of clusters.
    pub(crate) clusters: f64,
    /// The mean over clusters of one over their questions; 1 where every question is a cluster.
    pub(crate) per_cluster: f64,
    /// Attempts behind each mean.
    pub(crate) attempts: f64,
    /// The share of questions that had something to measure.
    pub(crate) applicable: f64,
    /// Where `run` comes from.
    pub(crate) source: Source,
}

/// Variances of what a claim is tested by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Variances {
    /// Of one observation.
    pub(super) total: f64,
    /// The part of it that is noise of the runs.
    pub(super) noise: f64,
}

/// A record's scores of one metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scores<'a> {
    pub(super) table: &'a ScoreTable,
    pub(super) column: &'a Column,
}

/// Where the spread between runs of one question comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Repeated runs of the pilot.
    Repeats,
    /// The pilot's differences to its baseline.
    Pairs,
    /// The pilot has one run a question; how runs of one question agree is assumed.
    AssumedCorrelation,
    /// There is no pilot.
    Assumed,
}

/// One question's scores; what is missing counts as the worst.
struct Question<'a> {
    cluster: &'a str,
    scores: Vec<f64>,
}

/// The spread of a metric's own scores among the cases that `keep` keeps; `None` without a score.
pub(super) fn of_scores(
    table: &ScoreTable,
    column: &Column,
    keep: &dyn Fn(&CaseInfo) -> bool,
    assumptions: &Assumptions,
) -> Option<Spread> {
    let worst = column.metric.worst();
    let rows = rows(Scores { table, column }).filter(|(case, _)| keep(case));
    let (mut questions, mut planned) = (Vec::new(), 0);
    for (case, cells) in rows {
        planned += 1;
        let scores: Vec<f64> = cells.iter().filter_map(|cell| value(cell, worst)).collect();
        if !scores.is_empty() {
            questions.push(Question {
                cluster: &case.cluster,
                scores,
            });
        }
    }
    let mut spread = spread(&questions, planned)?;
    if spread.source != Source::Repeats {
        spread.run = (1.0 - assumptions.correlation) * spread.total;
    }
    Some(spread)
}

/// The spread of the differences to the baseline, at no change: their mean counts as 0. Where each
/// question has one pair, all of it counts as noise of the runs.
pub(super) fn of_differences(
    candidate: Scores<'_>,
    baseline: Scores<'_>,
    keep: &dyn Fn(&CaseInfo) -> bool,
) -> Option<Spread> {
    let twins: BTreeMap<&str, &[Cell]> = rows(baseline)
        .map(|(case, cells)| (case.id.as_str(), cells))
        .collect();
    let worst = candidate.column.metric.worst();
    let (mut questions, mut planned) = (Vec::new(), 0);
    for (case, cells) in rows(candidate).filter(|(case, _)| keep(case)) {
        planned += 1;
        let pairs = cells
            .iter()
            .zip(twins.get(case.id.as_str()).copied().unwrap_or_default());
        let scores: Vec<f64> = pairs
            .filter_map(|(cell, other)| Some(value(cell, worst)? - value(other, worst)?))
            .collect();
        if !scores.is_empty() {
            questions.push(Question {
                cluster: &case.cluster,
                scores,
            });
        }
    }
    let mut spread = spread(&questions, planned)?;
    if spread.source != Source::Repeats {
        spread.run = spread.total;
    }
    Some(Spread {
        mean: 0.0,
        source: Source::Pairs,
        ..spread
    })
}

/// What is assumed where there is no pilot.
pub(super) fn assumed(assumptions: &Assumptions) -> Spread {
    let total = assumptions.sd * assumptions.sd;
    Spread {
        mean: assumptions.mean,
        total,
        run: (1.0 - assumptions.correlation) * total,
        clusters: total,
        per_cluster: 1.0,
        attempts: 1.0,
        applicable: 1.0,
        source: Source::Assumed,
    }
}

impl Spread {
    /// Shares of a scale brought to its numbers.
    pub(super) fn on(self, low: f64, high: f64, direction: Direction) -> Self {
        let width = high - low;
        let mean = match direction {
            Direction::HigherIsBetter => self.mean,
            Direction::LowerIsBetter => 1.0 - self.mean,
        };
        Self {
            mean: width.mul_add(mean, low),
            total: self.total * width * width,
            run: self.run * width * width,
            clusters: self.clusters * width * width,
            ..self
        }
    }

    /// How a claim about a mean spreads, with `attempts` runs a question whose noise is `run` each.
    pub(super) fn variances(&self, estimand: Estimand, run: f64, attempts: f64) -> Variances {
        match estimand {
            Estimand::Suite => Variances {
                total: (self.total - self.run).max(0.0) + run,
                noise: run,
            },
            Estimand::Population => {
                let total = self.of_unit(run, attempts);
                Variances {
                    total,
                    noise: total,
                }
            }
        }
    }

    /// The variance of the mean of a cluster (of a question) with `attempts` runs, whose noise is
    /// `run` each.
    pub(super) fn of_unit(&self, run: f64, attempts: f64) -> f64 {
        let noise = self.per_cluster * (run / attempts - self.run / self.attempts);
        (self.clusters + noise).max(0.0)
    }
}

fn rows(Scores { table, column }: Scores<'_>) -> impl Iterator<Item = (&CaseInfo, &[Cell])> {
    let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX).max(1);
    table.cases.iter().zip(column.cells.chunks(attempts))
}

fn value(cell: &Cell, worst: Option<f64>) -> Option<f64> {
    match cell {
        Cell::Scored(value) => Some(*value),
        Cell::NotApplicable => None,
        Cell::Unscored(reason) if reason.is_planned() => None,
        Cell::Unscored(_) => worst,
    }
}

fn spread(questions: &[Question<'_>], planned: usize) -> Option<Spread> {
    let all: Vec<f64> = questions
        .iter()
        .flat_map(|one| &one.scores)
        .copied()
        .collect();
    let mut clusters: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for question in questions {
        let of_cluster = clusters.entry(question.cluster).or_default();
        of_cluster.push(mean(&question.scores)?);
    }
    let means: Vec<f64> = clusters.values().filter_map(|one| mean(one)).collect();
    let sizes: Vec<f64> = clusters
        .values()
        .map(|one| 1.0 / count_to_f64(one.len()))
        .collect();
    let run = run_variance(questions);
    Some(Spread {
        mean: mean(&means)?,
        total: variance(&all)?,
        run: run.unwrap_or(0.0),
        clusters: variance(&means)?,
        per_cluster: mean(&sizes)?,
        attempts: count_to_f64(all.len()) / count_to_f64(questions.len()),
        applicable: count_to_f64(questions.len()) / count_to_f64(planned),
        source: if run.is_some() {
            Source::Repeats
        } else {
            Source::AssumedCorrelation
        },
    })
}

/// The variance between runs of one question; `None` where none was run twice.
fn run_variance(questions: &[Question<'_>]) -> Option<f64> {
    let nested = questions
        .iter()
        .map(|one| one.scores.iter().map(|score| vec![*score]).collect());
    let components =
        NestedScores::new(nested.collect()).and_then(|scores| variance_components(&scores));
    components.ok()?.run
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count_to_f64(values.len()))
}

/// With n − 1; 0 of a single value.
fn variance(values: &[f64]) -> Option<f64> {
    let center = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
    Some(squares / count_to_f64(values.len().saturating_sub(1).max(1)))
}

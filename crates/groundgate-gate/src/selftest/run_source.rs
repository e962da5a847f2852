//! Runs that could have been: drawn from a record's own attempts, so that nothing is changed but draws.
//!
//! A run of a question is one of the attempts that the record has of it. Few attempts understate how
//! much runs differ (of m attempts, by a share of 1/m; of one, wholly), so some draws are taken from
//! another question of the same slices, with something to measure in the same metrics, instead, as many as make two runs of one question correlate as
//! the record says they do: with redraws at a rate of 1 − √r, where r is the reliability of the mean of
//! m attempts (or, with one attempt, the correlation that is assumed), two runs have exactly that
//! covariance, and the scores keep their distribution.

use std::{collections::BTreeMap, sync::Arc};

use groundgate_model::{
    trial::{CaseInfo, Cell, Column, MetricSpec, ScoreTable},
    unit::count_to_f64,
};
use groundgate_stats::variance::{NestedScores, variance_components};
use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::super::{
    policy::{Policy, Slice},
    run_scores::RunScores,
};

/// Draws of one replication; the same for the same seed and number, whoever makes them.
pub(super) struct Draws(Xoshiro256PlusPlus);

impl Draws {
    pub(super) fn new(seed: u64, replication: usize) -> Self {
        let number = u64::try_from(replication).unwrap_or(u64::MAX);
        let start = Xoshiro256PlusPlus::seed_from_u64(seed).next_u64();
        // An odd multiplier keeps the seeds of replications apart.
        let own = start ^ number.wrapping_add(1).wrapping_mul(0xd134_2543_de82_ef95);
        Self(Xoshiro256PlusPlus::seed_from_u64(own))
    }

    /// From 0 to below 1.
    pub(super) fn unit(&mut self) -> f64 {
        let high = u32::try_from(self.0.next_u64() >> 32).unwrap_or(0);
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let wide = u128::from(self.0.next_u64()) * u128::try_from(all.len()).unwrap_or(0);
        all.get(usize::try_from(wide >> 64).unwrap_or(0))
    }
}

/// How two runs of one question agree, on one metric.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Agreement {
    /// The correlation of two runs of one question that the simulated runs have.
    pub correlation: f64,
    /// Whether the record's repeated runs say so; otherwise it is assumed.
    pub is_measured: bool,
}

/// One question with all attempts at it, each with a cell per metric.
struct Question {
    info: CaseInfo,
    attempts: Vec<Vec<Cell>>,
    /// Questions of the same slices, with something to measure in the same metrics.
    group: usize,
}

impl Question {
    /// Metric by metric, whether there is something to measure in any attempt.
    fn applies(&self, n_metrics: usize) -> Vec<bool> {
        let is_something = |cells: &Vec<Cell>, place: usize| {
            cells
                .get(place)
                .is_some_and(|cell| *cell != Cell::NotApplicable)
        };
        let places = 0..n_metrics;
        let any = |place| self.attempts.iter().any(|cells| is_something(cells, place));
        places.map(any).collect()
    }
}

/// One metric.
struct Measured {
    template: Column,
    /// The chance that a run is drawn from another question.
    redraw: f64,
    agreement: Agreement,
}

/// A record as a source of runs.
pub(super) struct RunSource {
    questions: Vec<Arc<Question>>,
    /// By group: the questions of it.
    groups: BTreeMap<usize, Vec<Arc<Question>>>,
    /// Clusters of one group and one size: what can stand in for each other.
    strata: Vec<Vec<Vec<Arc<Question>>>>,
    metrics: Vec<Measured>,
    attempts: u32,
    table: ScoreTable,
}

/// Which questions are asked in one replication, once or more than once.
pub(super) struct Suite {
    cases: Vec<CaseInfo>,
    questions: Vec<Arc<Question>>,
}

impl RunSource {
    /// From a record, and from a second one of the same questions that counts as more attempts.
    pub(super) fn new(policy: &Policy, evidence: RunScores<'_>, assumed: f64) -> Self {
        let table = evidence.candidate;
        let mut questions = questions(table);
        if let Some(more) = evidence.baseline {
            add_attempts(&mut questions, table, more);
        }
        let tags = tags(policy);
        let mut keys: BTreeMap<(Vec<Option<String>>, Vec<bool>), usize> = BTreeMap::new();
        for question in &mut questions {
            let slices = tags.iter().map(|tag| question.info.tags.get(tag).cloned());
            let key = (slices.collect(), question.applies(table.columns.len()));
            let next = keys.len();
            question.group = *keys.entry(key).or_insert(next);
        }
        let columns = table.columns.values().enumerate();
        let metrics = columns
            .map(|(place, column)| measured(column, place, &questions, assumed))
            .collect();
        let questions: Vec<Arc<Question>> = questions.into_iter().map(Arc::new).collect();
        let mut groups: BTreeMap<usize, Vec<Arc<Question>>> = BTreeMap::new();
        for question in &questions {
            let group = groups.entry(question.group).or_default();
            group.push(Arc::clone(question));
        }
        Self {
            strata: strata(&questions),
            questions,
            groups,
            metrics,
            attempts: table.attempts,
            table: ScoreTable {
                cases: Vec::new(),
                columns: BTreeMap::new(),
                ..table.clone()
            },
        }
    }

    /// How runs agree, by metric.
    pub(super) fn agreements(&self) -> BTreeMap<String, Agreement> {
        let metrics = self.metrics.iter();
        metrics
            .map(|one| (one.template.metric.name.clone(), one.agreement))
            .collect()
    }

    /// The fewest attempts that a question has.
    pub(super) fn attempts_known(&self) -> usize {
        let known = self
            .questions
            .iter()
            .map(|question| question.attempts.len());
        known.min().unwrap_or(0)
    }

    /// The record's own questions.
    pub(super) fn suite(&self) -> Suite {
        Suite {
            cases: self.questions.iter().map(|one| one.info.clone()).collect(),
            questions: self.questions.clone(),
        }
    }

    /// As many clusters, drawn anew from those of the same slices and size, so that no slice gets thin
    /// by draws; a cluster that is drawn twice is two.
    pub(super) fn resampled(&self, draws: &mut Draws) -> Suite {
        let mut suite = Suite {
            cases: Vec::with_capacity(self.questions.len()),
            questions: Vec::with_capacity(self.questions.len()),
        };
        let mut n_clusters = 0;
        for stratum in &self.strata {
            for _ in stratum {
                n_clusters += 1;
                for question in draws.one_of(stratum).into_iter().flatten() {
                    suite.cases.push(CaseInfo {
                        id: suite.questions.len().to_string(),
                        cluster: n_clusters.to_string(),
                        ..question.info.clone()
                    });
                    suite.questions.push(Arc::clone(question));
                }
            }
        }
        suite
    }

    /// A fresh run of these questions.
    pub(super) fn run(&self, suite: &Suite, draws: &mut Draws) -> ScoreTable {
        let attempts = usize::try_from(self.attempts).unwrap_or(1);
        let n_trials = suite.questions.len() * attempts;
        let mut cells: Vec<Vec<Cell>> = self
            .metrics
            .iter()
            .map(|_| Vec::with_capacity(n_trials))
            .collect();
        for question in &suite.questions {
            for _ in 0..attempts {
                self.attempt(question, draws, &mut cells);
            }
        }
        let columns = self.metrics.iter().zip(cells).map(|(metric, cells)| {
            let column = Column {
                cells,
                ..metric.template.clone()
            };
            (column.metric.name.clone(), column)
        });
        ScoreTable {
            cases: suite.cases.clone(),
            columns: columns.collect(),
            ..self.table.clone()
        }
    }

    fn attempt(&self, question: &Question, draws: &mut Draws, cells: &mut [Vec<Cell>]) {
        let own = draws.one_of(&question.attempts);
        let donors = self.groups.get(&question.group).map(Vec::as_slice);
        let donor = draws.one_of(donors.unwrap_or_default());
        let other = donor.and_then(|donor| draws.one_of(&donor.attempts));
        let chance = draws.unit();
        for (place, (metric, column)) in self.metrics.iter().zip(cells).enumerate() {
            let source = if chance < metric.redraw { other } else { own };
            let cell = source.and_then(|source| source.get(place));
            column.push(cell.cloned().unwrap_or(Cell::NotApplicable));
        }
    }

    /// The true mean of a metric over these questions, each counting the same, or each cluster.
    pub(super) fn truth(
        &self,
        suite: &Suite,
        metric: &str,
        slice: Option<&Slice>,
        by_cluster: bool,
    ) -> Option<f64> {
        let place = self
            .metrics
            .iter()
            .position(|one| one.template.metric.name == metric)?;
        let measured = self.metrics.get(place)?;
        let worst = measured.template.metric.worst();
        let means: BTreeMap<usize, Option<f64>> = self
            .groups
            .iter()
            .map(|(group, members)| {
                let means = members.iter();
                let means = means.filter_map(|one| question_mean(one, place, worst));
                (*group, mean(means))
            })
            .collect();
        let mut clusters: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let is_in = |case: &CaseInfo| slice.is_none_or(|slice| slice.holds(case));
        let asked = suite.cases.iter().zip(&suite.questions);
        for (case, question) in asked.filter(|(case, _)| is_in(case)) {
            if let Some(own) = question_mean(question, place, worst) {
                let others = means.get(&question.group).copied().flatten().unwrap_or(own);
                let truth = (1.0 - measured.redraw) * own + measured.redraw * others;
                let key = if by_cluster {
                    case.cluster.as_str()
                } else {
                    case.id.as_str()
                };
                clusters.entry(key).or_default().push(truth);
            }
        }
        mean(
            clusters
                .values()
                .filter_map(|one| mean(one.iter().copied())),
        )
    }

    /// What the record says of a metric.
    pub(super) fn spec(&self, metric: &str) -> Option<&MetricSpec> {
        let specs = self.metrics.iter().map(|one| &one.template.metric);
        specs.into_iter().find(|spec| spec.name == metric)
    }
}

/// Turns each scored cell of a metric into its `worst` score with probability `share`.
pub(super) fn break_some(
    table: &mut ScoreTable,
    metric: &str,
    worst: f64,
    share: f64,
    draws: &mut Draws,
) {
    let Some(column) = table.columns.get_mut(metric) else {
        return;
    };
    for cell in &mut column.cells {
        if matches!(cell, Cell::Scored(_)) && draws.unit() < share {
            *cell = Cell::Scored(worst);
        }
    }
}

/// Clusters of one group and one size.
fn strata(questions: &[Arc<Question>]) -> Vec<Vec<Vec<Arc<Question>>>> {
    let mut clusters: BTreeMap<&str, (usize, Vec<Arc<Question>>)> = BTreeMap::new();
    for question in questions {
        let cluster = clusters.entry(&question.info.cluster);
        let (_, members) = cluster.or_insert((question.group, Vec::new()));
        members.push(Arc::clone(question));
    }
    let mut strata: BTreeMap<(usize, usize), Vec<Vec<Arc<Question>>>> = BTreeMap::new();
    for (group, members) in clusters.into_values() {
        let stratum = strata.entry((group, members.len())).or_default();
        stratum.push(members);
    }
    strata.into_values().collect()
}

fn questions(table: &ScoreTable) -> Vec<Question> {
    let attempts = usize::try_from(table.attempts).unwrap_or(1);
    let cases = table.cases.iter().enumerate();
    cases
        .map(|(index, info)| Question {
            info: info.clone(),
            attempts: (0..attempts)
                .map(|attempt| cells_of(table, table, index * attempts + attempt))
                .collect(),
            group: 0,
        })
        .collect()
}

/// The cells of one trial in the order of `columns`' metrics; what was measured by another judge
/// counts as not there.
fn cells_of(columns: &ScoreTable, table: &ScoreTable, trial: usize) -> Vec<Cell> {
    let wanted = columns.columns.values();
    wanted
        .map(|column| {
            let same = table.columns.get(&column.metric.name);
            same.filter(|same| same.instrument == column.instrument)
                .and_then(|same| same.cells.get(trial))
                .cloned()
                .unwrap_or(Cell::NotApplicable)
        })
        .collect()
}

fn add_attempts(questions: &mut [Question], table: &ScoreTable, more: &ScoreTable) {
    let attempts = usize::try_from(more.attempts).unwrap_or(1);
    let places: BTreeMap<&str, usize> = more
        .cases
        .iter()
        .enumerate()
        .map(|(index, case)| (case.id.as_str(), index))
        .collect();
    for question in questions {
        let place = places
            .get(question.info.id.as_str())
            .copied()
            .filter(|place| {
                let other = more.cases.get(*place);
                other.is_some_and(|other| other.digest == question.info.digest)
            });
        let trials = place.map(|place| place * attempts..(place + 1) * attempts);
        for trial in trials.into_iter().flatten() {
            question.attempts.push(cells_of(table, more, trial));
        }
    }
}

/// The tags that the policy's slices are made of.
fn tags(policy: &Policy) -> Vec<String> {
    let rules = policy.rules.iter();
    let mut tags: Vec<String> = rules
        .flat_map(|rule| rule.kind.slices().by)
        .cloned()
        .collect();
    tags.sort();
    tags.dedup();
    tags
}

fn measured(column: &Column, place: usize, questions: &[Question], assumed: f64) -> Measured {
    let agreement = agreement(place, questions, assumed);
    let reliability = agreement.1;
    Measured {
        template: Column {
            cells: Vec::new(),
            up_to: BTreeMap::new(),
            ..column.clone()
        },
        redraw: 1.0 - reliability.clamp(0.0, 1.0).sqrt(),
        agreement: agreement.0,
    }
}

/// The correlation of two runs of one question within its group, and the reliability of the mean of
/// the attempts that there are: what two draws from them would share too much of.
fn agreement(place: usize, questions: &[Question], assumed: f64) -> (Agreement, f64) {
    let scores = |question: &Question| -> Vec<f64> {
        let cells = question
            .attempts
            .iter()
            .filter_map(|cells| cells.get(place));
        cells
            .filter_map(|cell| match cell {
                Cell::Scored(value) => Some(*value),
                Cell::NotApplicable | Cell::Unscored(_) => None,
            })
            .collect()
    };
    let mut by_group: BTreeMap<usize, Vec<Vec<f64>>> = BTreeMap::new();
    for question in questions {
        by_group
            .entry(question.group)
            .or_default()
            .push(scores(question));
    }
    let mut nested = Vec::new();
    for group in by_group.into_values() {
        let center = mean(group.iter().flatten().copied()).unwrap_or(0.0);
        let centered = group.into_iter().map(|scores| {
            scores
                .into_iter()
                .map(|score| vec![score - center])
                .collect()
        });
        nested.extend(centered.collect::<Vec<Vec<Vec<f64>>>>());
    }
    let attempts = mean(
        nested
            .iter()
            .map(|one| count_to_f64(one.len()))
            .filter(|n| *n > 0.0),
    );
    let components = NestedScores::new(nested).and_then(|scores| variance_components(&scores));
    let unknown = Agreement {
        correlation: assumed,
        is_measured: false,
    };
    match components {
        Ok(components) => match components.run {
            Some(run) if components.question + run > 0.0 => {
                let of_mean = components.question + run / attempts.unwrap_or(1.0);
                let known = Agreement {
                    correlation: components.question / (components.question + run),
                    is_measured: true,
                };
                (known, components.question / of_mean)
            }
            // Nothing varies: every draw is the same.
            Some(_) => (
                Agreement {
                    correlation: 1.0,
                    is_measured: true,
                },
                1.0,
            ),
            None => (unknown, assumed),
        },
        Err(_) => (unknown, assumed),
    }
}

fn question_mean(question: &Question, place: usize, worst: Option<f64>) -> Option<f64> {
    let cells = question
        .attempts
        .iter()
        .filter_map(|cells| cells.get(place));
    mean(cells.filter_map(|cell| match cell {
        Cell::Scored(value) => Some(*value),
        Cell::Unscored(reason) if reason.is_product_failure() => worst,
        Cell::NotApplicable | Cell::Unscored(_) => None,
    }))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| {
        (sum + value, count + 1)
    });
    (count > 0).then(|| sum / count_to_f64(count))
}

#[cfg(test)]
#[path = "run_source_tests.rs"]
mod tests;

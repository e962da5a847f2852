//! What people said of a run's own answers, made into a prediction-powered sample.
//!
//! The labelled answers must be a random sample of the run's; whoever reads the labels sees to that.
//! Nothing is assumed of the judge: it only makes labels go further (docs/statistics.md).

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{Cell, Column, DataType, ScoreTable},
    unit::count_to_f64,
};
use groundgate_stats::{
    LabelledSample, Observation,
    correction::{DEFAULT_LAMBDA, LABELS_MIN, Recognized},
    interval::Passes,
};

use super::policy::{Estimand, JudgeCalibration};

/// What people said, by metric and planned trial.
#[derive(Debug, Clone, PartialEq)]
pub struct HumanScores {
    /// Where the labels come from, for notes.
    source: String,
    by_metric: BTreeMap<String, Vec<Option<f64>>>,
}

impl HumanScores {
    /// Nothing said yet.
    pub const fn new(source: String) -> Self {
        Self {
            source,
            by_metric: BTreeMap::new(),
        }
    }

    /// Adds what people said of a metric: planned trials with a value the metric can take.
    pub fn add(
        &mut self,
        metric: &str,
        planned: usize,
        given: impl IntoIterator<Item = (usize, f64)>,
    ) {
        let mut scores = vec![None; planned];
        for (trial, value) in given {
            if let Some(place) = scores.get_mut(trial) {
                *place = Some(value);
            }
        }
        self.by_metric.insert(metric.to_owned(), scores);
    }

    /// Whether nobody said anything.
    pub fn is_empty(&self) -> bool {
        self.by_metric.is_empty()
    }

    /// Whether there are enough labels of the metric to be used.
    pub(super) fn has(&self, metric: &str) -> bool {
        self.n(metric) >= LABELS_MIN
    }

    fn n(&self, metric: &str) -> usize {
        let scores = self.by_metric.get(metric);
        scores.map_or(0, |scores| scores.iter().flatten().count())
    }

    /// How many of the good and of the bad answers the judge recognizes, by these labels; an answer that it
    /// did not score counts against it. `None` where people called nothing good, or nothing bad.
    pub(super) fn recognized(&self, column: &Column) -> Option<[Recognized; 2]> {
        let (_, best) = column.metric.data_type.range();
        let (best, said) = (best?, self.by_metric.get(&column.metric.name)?);
        let (mut good, mut bad) = ((0, 0), (0, 0));
        let pairs = said.iter().zip(&column.cells);
        for (said, cell) in pairs.filter_map(|(said, cell)| Some(((*said)?, cell))) {
            let is_good = said >= best;
            let is_right = matches!(cell, Cell::Scored(value) if (*value >= best) == is_good);
            let (right, labelled) = if is_good { &mut good } else { &mut bad };
            *labelled += 1;
            *right += usize::from(is_right);
        }
        let recognized = |(right, labelled)| Recognized::new(right, labelled).ok();
        Some([recognized(good)?, recognized(bad)?])
    }

    /// What people must know of a metric with labels.
    pub(super) fn note(&self, metric: &str) -> Option<String> {
        let n = self.n(metric);
        let used = self.has(metric);
        (n > 0).then(|| {
            if used {
                format!(
                    "{metric} in floors and ceilings is what people would say of all answers: {n} labels of this run ({}), the judge's scores for the rest (prediction-powered); this assumes that the labelled answers were drawn at random",
                    self.source
                )
            } else {
                format!("{n} labels of {metric} are fewer than {LABELS_MIN} and were not used")
            }
        })
    }

    /// The sample behind a rule about the metric's mean; `None` where there are too few labels, or no
    /// answer without one.
    pub(super) fn sample(
        &self,
        table: &ScoreTable,
        column: &Column,
        estimand: Estimand,
        known: Option<&JudgeCalibration>,
    ) -> Option<LabelledSample> {
        let metric = &column.metric;
        let is_share = matches!(metric.data_type, DataType::Binary | DataType::Fraction);
        if !is_share || !self.has(&metric.name) {
            return None;
        }
        let human = self.by_metric.get(&metric.name)?;
        let n_labels = self.n(&metric.name);
        // The weight of an earlier calibration of this very judge; never one of these labels' own.
        let weight = known
            .filter(|one| column.instrument.to_string().starts_with(&one.judge))
            .and_then(|one| one.origin.weight);
        let share =
            count_to_f64(n_labels) / count_to_f64(human.len().saturating_sub(n_labels).max(1));
        let lambda = weight.map_or(DEFAULT_LAMBDA, |weight| weight / (1.0 + share));
        let mut units = Units {
            lambda,
            ..Units::default()
        };
        let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX).max(1);
        for (trial, (cell, said)) in column.cells.iter().zip(human).enumerate() {
            let cluster = table
                .cases
                .get(trial / attempts)
                .map_or("", |case| &case.cluster);
            let own;
            let unit = match estimand {
                Estimand::Population => cluster,
                Estimand::Suite => {
                    own = trial.to_string();
                    &own
                }
            };
            let up_to = column.up_to.get(&trial).copied();
            units.add(unit, cell, up_to, *said);
        }
        units.sample()
    }
}

/// Observations by unit: a trial, or a cluster of cases.
#[derive(Default)]
struct Units {
    /// How much the judge counts.
    lambda: f64,
    rectifiers: BTreeMap<String, Vec<Observation>>,
    unlabelled: BTreeMap<String, Vec<Observation>>,
    n_answered: usize,
    n_failed: usize,
}

impl Units {
    fn add(&mut self, unit: &str, cell: &Cell, up_to: Option<f64>, said: Option<f64>) {
        let (low, high) = match cell {
            Cell::NotApplicable => return,
            Cell::Unscored(reason) if reason.is_product_failure() => {
                self.n_failed += 1;
                return;
            }
            Cell::Unscored(_) => (0.0, 1.0),
            Cell::Scored(value) => (*value, up_to.unwrap_or(*value)),
        };
        self.n_answered += 1;
        let lambda = self.lambda;
        let (units, observation) = match said {
            Some(human) => (
                &mut self.rectifiers,
                observed(human - lambda * high, human - lambda * low),
            ),
            None => (&mut self.unlabelled, observed(low, high)),
        };
        units.entry(unit.to_owned()).or_default().push(observation);
    }

    fn sample(self) -> Option<LabelledSample> {
        let means = |units: BTreeMap<String, Vec<Observation>>| -> Vec<Observation> {
            units
                .values()
                .filter_map(|unit| Observation::mean(unit))
                .collect()
        };
        let sample = LabelledSample {
            lambda: self.lambda,
            rectifiers: means(self.rectifiers),
            judge_unlabelled: means(self.unlabelled),
            answered: Passes::new(self.n_answered, self.n_answered + self.n_failed).ok()?,
        };
        let enough = sample.rectifiers.len() >= LABELS_MIN && !sample.judge_unlabelled.is_empty();
        enough.then_some(sample)
    }
}

fn observed(low: f64, high: f64) -> Observation {
    if low.total_cmp(&high).is_eq() {
        Observation::scored(low)
    } else {
        Observation::missing(low, high)
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::{exchange::FailureKind, trial::Unscored};

    use super::*;
    use crate::tests::{self as gate_tests, table};

    fn labels(values: &[(usize, f64)], planned: usize) -> HumanScores {
        let mut scores = HumanScores::new("labels.jsonl".to_owned());
        scores.add("groundedness", planned, values.iter().copied());
        scores
    }

    #[test]
    fn labelled_answers_rectify_the_judge_and_failures_count_as_bad() {
        let table = table("run", 100, |index| match index {
            0 => Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout)),
            1 => Cell::Unscored(Unscored::NotRun),
            2 => Cell::NotApplicable,
            _ => Cell::Scored(f64::from(u8::from(index % 2 == 0))),
        });
        let column = &table.columns["groundedness"];
        let said: Vec<(usize, f64)> = (0..40).map(|index| (index, 1.0)).collect();
        let sample = labels(&said, 100)
            .sample(&table, column, Estimand::Suite, None)
            .unwrap();
        assert_eq!(
            sample.rectifiers.len(),
            38,
            "without the failure and what is not applicable"
        );
        assert_eq!(sample.judge_unlabelled.len(), 60);
        assert_eq!(
            (sample.answered.passes(), sample.answered.trials()),
            (98, 99)
        );
        let open = sample
            .rectifiers
            .iter()
            .filter(|one| one.point().is_none())
            .count();
        assert_eq!(open, 1, "the one that the judge did not score");
    }

    #[test]
    fn what_the_judge_recognizes_is_counted_by_what_people_said() {
        let table = table("run", 40, |index| match index {
            0 => Cell::Unscored(Unscored::NotRun),
            1..10 => Cell::Scored(0.0),
            _ => Cell::Scored(1.0),
        });
        // Good: 0 to 19, of which the judge calls 10 to 19 good; bad: 20 to 29, and it sees none.
        let said = (0..30).map(|index| (index, f64::from(u8::from(index < 20))));
        let said: Vec<(usize, f64)> = said.collect();
        let column = &table.columns["groundedness"];
        let [good, bad] = labels(&said, 40).recognized(column).unwrap();
        assert_eq!(good, Recognized::new(10, 20).unwrap());
        assert_eq!(bad, Recognized::new(0, 10).unwrap());
        assert_eq!(labels(&said[..20], 40).recognized(column), None);
    }

    #[test]
    fn all_attempts_at_the_cases_of_a_cluster_are_one_unit() {
        let mut table = table("run", 40, |index| {
            Cell::Scored(f64::from(u8::from(index % 2 == 0)))
        });
        for (place, case) in table.cases.iter_mut().enumerate() {
            case.cluster = format!("ticket-{place}");
        }
        table.attempts = 2;
        let column = table.columns.get_mut("groundedness").unwrap();
        column.cells = [column.cells.clone(), column.cells.clone()].concat();
        // The first 60 trials are those of cases 0 to 29.
        let said: Vec<(usize, f64)> = (0..60).map(|index| (index, 1.0)).collect();
        let sample = |estimand| {
            let column = &table.columns["groundedness"];
            let sample = labels(&said, 80).sample(&table, column, estimand, None);
            let sample = sample.unwrap();
            (sample.rectifiers.len(), sample.judge_unlabelled.len())
        };
        assert_eq!(sample(Estimand::Population), (30, 10));
        assert_eq!(sample(Estimand::Suite), (60, 20));
    }

    #[test]
    fn too_few_labels_are_not_used_and_say_so() {
        let table = table("run", 100, |_| Cell::Scored(1.0));
        let said: Vec<(usize, f64)> = (0..29).map(|index| (index, 1.0)).collect();
        let few = labels(&said, 100);
        let column = &table.columns["groundedness"];
        assert_eq!(few.sample(&table, column, Estimand::Suite, None), None);
        assert!(few.note("groundedness").unwrap().contains("fewer than 30"));
        assert_eq!(few.note("tone"), None);
    }

    #[test]
    fn an_earlier_calibration_of_the_same_judge_weighs_it() {
        use crate::policy::CalibrationOrigin;
        let table = table("run", 100, |index| {
            Cell::Scored(f64::from(u8::from(index % 3 != 0)))
        });
        let column = &table.columns["groundedness"];
        let said: Vec<(usize, f64)> = (0..50).map(|index| (index, 1.0)).collect();
        let labels = labels(&said, 100);
        assert!(!labels.is_empty() && HumanScores::new(String::new()).is_empty());
        let rate = Recognized::new(90, 100).unwrap();
        let lambda = |judge: &str| {
            let known = JudgeCalibration {
                judge: judge.to_owned(),
                good: rate,
                bad: rate,
                origin: CalibrationOrigin {
                    weight: Some(0.8),
                    ..CalibrationOrigin::default()
                },
            };
            let sample = labels.sample(&table, column, Estimand::Suite, Some(&known));
            sample.unwrap().lambda
        };
        // As many answers with labels as without: half of it.
        assert!((lambda(&column.instrument.short()) - 0.4).abs() < 1e-12);
        assert!((lambda("0123456789ab") - DEFAULT_LAMBDA).abs() < 1e-12);
    }

    #[test]
    fn labels_that_fit_nothing_make_no_sample() {
        let table = table("run", 100, |_| Cell::Scored(1.0));
        let all: Vec<(usize, f64)> = (0..100).map(|index| (index, 1.0)).collect();
        let sample = |scores: &HumanScores, metric: &str| {
            scores.sample(&table, &table.columns[metric], Estimand::Suite, None)
        };
        let everything = labels(&all, 100);
        assert_eq!(sample(&everything, "groundedness"), None, "nothing is left");
        let few_apply = gate_tests::table("run", 100, |index| {
            if index < 20 {
                Cell::NotApplicable
            } else {
                Cell::Scored(1.0)
            }
        });
        let column = &few_apply.columns["groundedness"];
        let few = labels(&all[..40], 100).sample(&few_apply, column, Estimand::Suite, None);
        assert_eq!(few, None, "20 of the 40 labels are about nothing");
        let mut beyond = labels(&all[..40], 100);
        assert!(sample(&beyond, "groundedness").is_some());
        beyond.add("groundedness", 100, (100..200).map(|index| (index, 1.0)));
        assert!(!beyond.has("groundedness"), "trials that nobody planned");
        let mut amounts = HumanScores::new("labels.jsonl".to_owned());
        amounts.add("pii_leak", 100, all[..40].iter().copied());
        assert_eq!(sample(&amounts, "pii_leak"), None, "no share");
    }
}

//! From score tables to observations: who counts, once or how often, and what a missing score
//! stands for. Nothing is dropped on the way.
//!
//! | the trial has | absolute rule | candidate's side of a pair | baseline's side of a pair |
//! |---|---|---|---|
//! | a score | itself | itself | itself |
//! | a score, drawn though the cheaper judge is sure | what that one stands for, and the difference weighed with the draw | the same | the same |
//! | none: the cheaper judge is sure | what that one stands for | the same | the same |
//! | a score, votes of it failed | from its worst to its best | the same | the same |
//! | no answer | the worst score | the worst score | anything from worst to best |
//! | no measurement | anything from worst to best | the same | the same |
//! | nothing to measure | left out, counted | left out if both sides have nothing, else anything | the same |
//!
//! 'Anything' is an observation with two ends: bounds take the end that is worse for the claim.

mod builder;
mod trial;
mod two_sided;

use std::{cmp::Ordering, collections::BTreeMap};

use groundgate_model::{
    trial::{CaseInfo, Column, ScoreTable},
    unit::{UnitInterval, count_to_f64},
};
use groundgate_stats::{Observation, Unit};

pub(super) use self::two_sided::{RatioPairs, ratio_pairs, sides, sides_of};
use self::{
    builder::Builder,
    trial::{Missing, Trial, anything, difference, difference_of_means, observe, side},
};
use super::{policy::Estimand, verdict::Counts};

/// The observations behind one rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample<'a> {
    /// What the candidate was measured with.
    pub(super) column: &'a Column,
    /// One per unit.
    pub(super) observations: Vec<Observation>,
    /// What an observation is.
    pub(super) unit: Unit,
    /// Attempts at each question.
    pub(super) repeats: u32,
    /// The candidate's trials.
    pub(super) counts: Counts,
    /// Cases with at least one score (on both sides, where there are two).
    pub(super) n_cases_scored: usize,
    /// Planned trials without a measurement, on either side.
    pub(super) n_missing: usize,
    /// Planned trials, both sides together.
    pub(super) n_planned: usize,
    /// The candidate's trials of cases that can be answered.
    pub(super) answerable: Answerable,
    /// Case ids with their mean, in the order of the plan.
    pub(super) by_case: Vec<(&'a str, f64)>,
    /// Where a judge is the expensive one of a cascade.
    pub(super) drawn: Option<Drawn>,
    /// Where clusters are the units: how many questions the largest has, of how many, and the mean in which
    /// every question counts the same.
    pub(super) clusters: Option<Clusters>,
}

/// What the means of clusters do not show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clusters {
    pub(super) largest: usize,
    pub(super) questions: usize,
    /// Of all questions, what is missing at its worst and at its best.
    pub(super) plain: (f64, f64),
}

/// Trials of cases of which nobody said that they cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Answerable {
    /// How many.
    pub(super) n: usize,
    /// Those with nothing to measure.
    pub(super) n_not_applicable: usize,
}

impl Answerable {
    /// Whether fewer of them than this share had anything to measure.
    pub(super) fn are_too_few(self, min: UnitInterval) -> bool {
        let judged = self.n.saturating_sub(self.n_not_applicable);
        // A share of ten that is nine tenths is none below it, however nine tenths are written.
        count_to_f64(judged) + 1e-9 < min.value() * count_to_f64(self.n)
    }
}

/// What was drawn of the answers of which a cheaper judge is sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Drawn {
    /// The weight of what a drawn answer differs by: 1 ÷ the chance to be drawn.
    pub(super) weight: f64,
    /// How many were, on the side on which it were fewer.
    pub(super) n: usize,
}

impl<'a> Sample<'a> {
    /// Up to `n` cases with the lowest means, lowest first; equal ones by id.
    pub(super) fn lowest(&self, n: usize) -> Vec<(&'a str, f64)> {
        first(self.by_case.clone(), n, ascending)
    }

    /// Up to `n` cases with the highest means, highest first; equal ones by id, backwards.
    pub(super) fn highest(&self, n: usize) -> Vec<(&'a str, f64)> {
        first(self.by_case.clone(), n, |one, other| ascending(other, one))
    }
}

fn ascending(one: &(&str, f64), other: &(&str, f64)) -> Ordering {
    one.1.total_cmp(&other.1).then_with(|| one.0.cmp(other.0))
}

/// The first `n`, without sorting the others.
fn first(
    mut cases: Vec<(&str, f64)>,
    n: usize,
    order: impl Fn(&(&str, f64), &(&str, f64)) -> Ordering,
) -> Vec<(&str, f64)> {
    if n < cases.len() {
        cases.select_nth_unstable_by(n, &order);
        cases.truncate(n);
    }
    cases.sort_unstable_by(order);
    cases
}

/// Why there is no sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoSample {
    /// The record does not measure the metric.
    MetricAbsent,
    /// Candidate and baseline were measured by different instruments.
    InstrumentsDiffer,
    /// Candidate and baseline have scores of different kinds or ranges.
    ScalesDiffer,
    /// A cascade without the scores of its cheaper judge.
    CheaperAbsent,
}

/// A table's own trials, for rules against a fixed threshold.
pub(super) fn absolute<'a>(
    table: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
    keep: &dyn Fn(&CaseInfo) -> bool,
) -> Result<Sample<'a>, NoSample> {
    let cases = table.cases.iter().enumerate();
    let kept = cases.filter(|(_, case)| keep(case));
    absolute_at(table, metric, estimand, kept.map(|(place, _)| place))
}

/// The same of the cases at some places of the plan.
pub(super) fn absolute_at<'a>(
    table: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
    places: impl Iterator<Item = usize>,
) -> Result<Sample<'a>, NoSample> {
    one_side(table, metric, estimand, places, Missing::Candidate)
}

/// The trials of a baseline beside which a candidate stands unpaired: its failures must not help.
pub(super) fn of_baseline<'a>(
    table: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
) -> Result<Sample<'a>, NoSample> {
    let places = 0..table.cases.len();
    one_side(table, metric, estimand, places, Missing::Baseline)
}

fn one_side<'a>(
    table: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
    places: impl Iterator<Item = usize>,
    whose: Missing,
) -> Result<Sample<'a>, NoSample> {
    let side = side(table, metric)?;
    let spec = &side.column.metric;
    let repeats = if table.repeats_itself {
        1
    } else {
        table.attempts
    };
    let mut builder = Builder::new(side.column, estimand, repeats);
    let mut runs: Vec<Observation> = Vec::new();
    for (index, case) in places.filter_map(|place| Some((place, table.cases.get(place)?))) {
        runs.clear();
        runs.extend((0..side.attempts).filter_map(|attempt| {
            let trial = side.trial(case, index, attempt);
            builder.count(trial);
            observe(trial, spec, whose)
        }));
        if table.repeats_itself {
            let one = Observation::mean(&runs);
            runs.clear();
            runs.extend(one);
        }
        builder.add_case(case, &runs);
    }
    Ok(builder.finish())
}

/// Candidate − baseline, case by case and attempt by attempt.
pub(super) fn paired<'a>(
    candidate: &'a ScoreTable,
    baseline: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
    keep: &dyn Fn(&CaseInfo) -> bool,
) -> Result<Sample<'a>, NoSample> {
    let (ours, theirs) = (side(candidate, metric)?, side(baseline, metric)?);
    comparable(ours.column, theirs.column)?;
    let spec = &ours.column.metric;
    // Attempts that the other side has none of are not left out: then the questions' means are compared.
    let by_question = candidate.attempts != baseline.attempts
        || candidate.repeats_itself
        || baseline.repeats_itself;
    let repeats = if by_question { 1 } else { candidate.attempts };
    let mut builder = Builder::new(ours.column, estimand, repeats);
    let kept = both(candidate, baseline).into_iter();
    for (case, (our_place, their_place)) in kept.filter(|(case, _)| keep(case)) {
        let Some(our_place) = our_place else {
            // Nothing to pair it with, and on the candidate's side not even planned: strict on purpose.
            builder.count_baseline(None);
            builder.n_missing += 1;
            let n = if by_question { 1 } else { ours.attempts };
            let open = vec![anything(spec).minus(anything(spec)); n];
            builder.add_case(case, &open);
            continue;
        };
        let our_trials: Vec<Trial<'_>> = (0..ours.attempts.max(1))
            .map(|attempt| ours.trial(case, our_place, attempt))
            .collect();
        let their_trials: Option<Vec<Trial<'_>>> = their_place.map(|place| {
            let attempts = 0..theirs.attempts.max(1);
            attempts
                .map(|attempt| theirs.trial(case, place, attempt))
                .collect()
        });
        for trial in &our_trials {
            builder.count(*trial);
        }
        let n_theirs = if by_question {
            theirs.attempts
        } else {
            ours.attempts
        };
        for attempt in 0..n_theirs.max(1) {
            let trial = their_trials.as_ref().and_then(|trials| trials.get(attempt));
            builder.count_baseline(trial.copied());
        }
        let runs: Vec<Observation> = if by_question {
            let theirs = their_trials.as_deref();
            difference_of_means(&our_trials, theirs, spec)
                .into_iter()
                .collect()
        } else {
            let pairs = our_trials.iter().enumerate();
            let of = |(attempt, trial): (usize, &Trial<'_>)| {
                let other = their_trials.as_ref().and_then(|trials| trials.get(attempt));
                difference(*trial, other.copied(), spec)
            };
            pairs.filter_map(of).collect()
        };
        builder.add_case(case, &runs);
    }
    Ok(builder.finish())
}

/// Where a case stands on either side.
pub(super) type Places = (Option<usize>, Option<usize>);

/// The cases of both sides, those that only one has included: the same case has the same id and text.
pub(super) fn both<'a>(
    candidate: &'a ScoreTable,
    baseline: &'a ScoreTable,
) -> Vec<(&'a CaseInfo, Places)> {
    let by_id: BTreeMap<&str, usize> = (baseline.cases.iter().enumerate())
        .map(|(place, case)| (case.id.as_str(), place))
        .collect();
    let mut matched = vec![false; baseline.cases.len()];
    let mut all: Vec<(&CaseInfo, Places)> = Vec::new();
    for (index, case) in candidate.cases.iter().enumerate() {
        let twin = by_id.get(case.id.as_str()).copied().filter(|place| {
            let other = baseline.cases.get(*place);
            other.is_some_and(|other| other.digest == case.digest)
        });
        if let Some(flag) = twin.and_then(|place| matched.get_mut(place)) {
            *flag = true;
        }
        all.push((case, (Some(index), twin)));
    }
    let alone = baseline.cases.iter().enumerate().zip(matched);
    let alone = alone.filter(|(_, seen)| !seen);
    all.extend(alone.map(|((place, case), _)| (case, (None, Some(place)))));
    all
}

/// Whether numbers of two columns mean the same.
pub(super) fn comparable(ours: &Column, theirs: &Column) -> Result<(), NoSample> {
    let (one, other) = (&ours.metric, &theirs.metric);
    if one.data_type != other.data_type || one.direction != other.direction {
        return Err(NoSample::ScalesDiffer);
    }
    if ours.instrument != theirs.instrument {
        return Err(NoSample::InstrumentsDiffer);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::Cell;

    use super::*;
    use crate::tests::table;

    #[test]
    fn cases_that_only_the_baseline_has_are_missing() {
        let run = |n| table("run", n, |_| Cell::Scored(1.0));
        let (candidate, baseline) = (run(50), run(60));
        let sample = paired(
            &candidate,
            &baseline,
            "groundedness",
            Estimand::Suite,
            &|_| true,
        );
        let sample = sample.ok().unwrap();
        assert_eq!((sample.n_missing, sample.n_cases_scored), (20, 50));
        assert_eq!((sample.observations.len(), sample.n_planned), (60, 110));
    }

    #[test]
    fn cases_of_one_cluster_are_one_unit_wherever_they_stand() {
        let mut clustered = table("run", 40, |_| Cell::Scored(1.0));
        let unit = |table: &ScoreTable| {
            let sample = absolute(table, "groundedness", Estimand::Population, &|_| true);
            let sample = sample.ok().unwrap();
            (sample.observations.len(), sample.unit)
        };
        assert_eq!(unit(&clustered), (40, Unit::Question));
        for (place, case) in clustered.cases.iter_mut().enumerate() {
            case.cluster = (place % 8).to_string();
        }
        assert_eq!(unit(&clustered), (8, Unit::Cluster));
    }

    #[test]
    fn a_ratio_pairs_the_means_of_all_attempts() {
        let run = |factor: f64| {
            let mut table = table("run", 3, |_| Cell::Scored(1.0));
            table.attempts = 2;
            let column = table.columns.get_mut("latency_ms").unwrap();
            let cells = [1.0, 3.0, 5.0, 5.0, 7.0, 11.0];
            column.cells = cells.map(|value| Cell::Scored(factor * value)).to_vec();
            table
        };
        let found = ratio_pairs(&run(1.0), &run(10.0), "latency_ms", None);
        let found = found.ok().unwrap();
        let means: Vec<_> = (found.pairs.iter())
            .map(|(ours, theirs)| (ours.point().unwrap(), theirs.point().unwrap()))
            .collect();
        assert_eq!(means, [(2.0, 20.0), (5.0, 50.0), (9.0, 90.0)]);
        assert_eq!(
            (found.n_scored, found.n_missing, found.n_planned),
            (3, 0, 12)
        );
    }

    /// Four cases: one whose text the candidate changed, one that failed, one to which it does not apply on
    /// one side, and one on neither.
    #[test]
    fn a_ratio_leaves_nothing_out_that_costs_on_one_side() {
        let run = |changed: bool| {
            let mut table = table("run", 5, |_| Cell::Scored(1.0));
            let column = table.columns.get_mut("latency_ms").unwrap();
            column.cells = vec![Cell::Scored(1.0); 5];
            column.cells[4] = Cell::NotApplicable;
            if changed {
                column.cells[2] = Cell::Unscored(groundgate_model::trial::Unscored::NotRun);
                column.cells[3] = Cell::NotApplicable;
                table.cases[1].digest = groundgate_model::unit::Digest::of(b"another");
            }
            table
        };
        let found = ratio_pairs(&run(true), &run(false), "latency_ms", Some(9.0));
        let found = found.ok().unwrap();
        assert_eq!(
            (found.pairs.len(), found.n_scored, found.n_missing),
            (4, 1, 4)
        );
        let open = found.pairs.iter().filter(|(ours, _)| ours.high() > 4.0);
        assert_eq!(open.count(), 3);
        let mut clustered = run(false);
        for case in &mut clustered.cases {
            case.cluster = "one".to_owned();
        }
        let found = ratio_pairs(&clustered, &clustered, "latency_ms", None);
        let found = found.ok().unwrap();
        assert_eq!((found.pairs.len(), found.unit), (1, Unit::Cluster));
    }

    #[test]
    fn the_difference_of_both_sides_means_is_the_mean_of_their_differences() {
        let run = |bad: usize, attempts: u32| {
            let mut table = table("run", 60, |_| Cell::Scored(1.0));
            table.attempts = attempts;
            let column = table.columns.get_mut("groundedness").unwrap();
            let n = 60 * usize::try_from(attempts).unwrap();
            column.cells = (0..n)
                .map(|trial| match trial % 7 {
                    0 if bad == 3 => Cell::NotApplicable,
                    1 => Cell::Unscored(groundgate_model::trial::Unscored::NotRun),
                    _ => Cell::Scored(f64::from(u8::from(trial % bad != 0))),
                })
                .collect();
            for (place, case) in table.cases.iter_mut().enumerate() {
                case.cluster = (place / 4).to_string();
            }
            table
        };
        let mean = |sample: &Sample<'_>| {
            Observation::mean(&sample.observations)
                .and_then(Observation::point)
                .unwrap()
        };
        for (ours, theirs) in [
            (run(3, 1), run(5, 1)),
            (run(3, 2), run(4, 2)),
            (run(3, 3), run(5, 1)),
        ] {
            let estimand = Estimand::Suite;
            let [one, other] = sides(&ours, &theirs, "groundedness", estimand, &|_| true)
                .ok()
                .unwrap();
            let paired = paired(&ours, &theirs, "groundedness", estimand, &|_| true)
                .ok()
                .unwrap();
            let known = paired.observations.iter().filter_map(|one| one.point());
            let known: Vec<f64> = known.collect();
            let difference = known.iter().sum::<f64>() / count_to_f64(known.len());
            assert!((mean(&one) - mean(&other) - difference).abs() < 1e-12);
            assert_eq!(one.observations.len(), known.len());
        }
    }

    #[test]
    fn scores_of_different_scales_or_judges_are_not_compared() {
        let one = table("run", 5, |_| Cell::Scored(1.0));
        let changed = |change: fn(&mut Column)| {
            let mut other = one.clone();
            change(other.columns.get_mut("groundedness").unwrap());
            paired(&one, &other, "groundedness", Estimand::Suite, &|_| true).err()
        };
        assert_eq!(changed(|_| {}), None);
        let scale = changed(|column| {
            column.metric.data_type = groundgate_model::trial::DataType::Fraction;
        });
        assert_eq!(scale, Some(NoSample::ScalesDiffer));
        let direction = changed(|column| {
            column.metric.direction = groundgate_model::trial::Direction::LowerIsBetter;
        });
        assert_eq!(direction, Some(NoSample::ScalesDiffer));
        let judge = changed(|column| {
            column.instrument = groundgate_model::unit::Digest::of(b"another");
        });
        assert_eq!(judge, Some(NoSample::InstrumentsDiffer));
    }

    /// Five attempts of which only the first is good, against one good attempt: not equal.
    #[test]
    fn attempts_that_the_other_side_has_none_of_are_not_left_out() {
        let mut five = table("run", 20, |_| Cell::Scored(1.0));
        five.attempts = 5;
        let column = five.columns.get_mut("groundedness").unwrap();
        let cells = (0..100).map(|trial| Cell::Scored(f64::from(u8::from(trial % 5 == 0))));
        column.cells = cells.collect();
        let one = table("run", 20, |_| Cell::Scored(1.0));
        for (candidate, baseline, difference) in [(&five, &one, -0.8), (&one, &five, 0.8)] {
            for estimand in [Estimand::Suite, Estimand::Population] {
                let sample = paired(candidate, baseline, "groundedness", estimand, &|_| true);
                let sample = sample.ok().unwrap();
                assert_eq!((sample.observations.len(), sample.repeats), (20, 1));
                let point = sample.observations[0].point().unwrap();
                assert!((point - difference).abs() < 1e-12, "{point}");
                assert_eq!((sample.n_planned, sample.n_missing), (120, 0));
            }
        }
        let none = table("run", 19, |_| Cell::Scored(1.0));
        let sample = paired(&none, &five, "groundedness", Estimand::Suite, &|_| true);
        assert_eq!(sample.ok().unwrap().observations.len(), 20);
    }
}

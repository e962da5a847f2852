//! Metric by metric: the candidate, the baseline, and their paired difference. For reports and for
//! `compare`; it decides nothing.

use groundgate_model::trial::{CaseInfo, Column, Direction, MetricSpec, ScoreTable};
use groundgate_stats::{Assessment, Estimate, Observation};

use super::{
    bounds,
    policy::{Estimand, Slice, Statistics},
    run_scores::RunScores,
    summary::{self, NoSample, Sample},
    verdict::Counts,
};

/// One metric of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricComparison {
    /// Which metric.
    pub metric: MetricSpec,
    /// Who measured it.
    pub instrument_name: String,
    /// The candidate's mean: beside a baseline, over what both have a number of, as the difference is.
    pub candidate: Option<Estimate>,
    /// The baseline's mean, over the same.
    pub baseline: Option<Estimate>,
    /// Candidate − baseline, paired by case.
    pub difference: Option<Estimate>,
    /// Two-sided, for "there is no difference".
    pub p_value: Option<f64>,
    /// The candidate's trials.
    pub counts: Counts,
    /// Cases in which the candidate is better, as good, worse.
    pub wins_ties_losses: (usize, usize, usize),
}

/// Compares metric by metric, in one slice or overall. Numbers that cannot be had are `None`.
pub fn compare(
    statistics: &Statistics,
    evidence: RunScores<'_>,
    slice: Option<&Slice>,
) -> Vec<MetricComparison> {
    let keep =
        |case: &CaseInfo| slice.is_none_or(|slice| case.tags.get(&slice.tag) == Some(&slice.value));
    let columns = evidence.candidate.columns.values();
    columns
        .map(|column| one(statistics, evidence, column, &keep))
        .collect()
}

fn one(
    statistics: &Statistics,
    evidence: RunScores<'_>,
    column: &Column,
    keep: &dyn Fn(&CaseInfo) -> bool,
) -> MetricComparison {
    let spec = &column.metric;
    let mean = |sample: Result<Sample<'_>, NoSample>| {
        Some(assess(statistics, spec, &sample, false)?.estimate())
    };
    let alone = |table: &ScoreTable| {
        mean(summary::absolute(
            table,
            &spec.name,
            statistics.absolute,
            keep,
        ))
    };
    // Beside a difference stand the two means that it is the difference of.
    let sides = evidence.baseline.map(|baseline| {
        let estimand = statistics.versus_baseline;
        summary::sides(evidence.candidate, baseline, &spec.name, estimand, keep)
    });
    let (candidate, baseline) = match sides {
        Some(Ok([ours, theirs])) if !ours.observations.is_empty() => {
            (mean(Ok(ours)), mean(Ok(theirs)))
        }
        Some(Ok(_) | Err(_)) | None => {
            (alone(evidence.candidate), evidence.baseline.and_then(alone))
        }
    };
    let paired = evidence.baseline.map(|baseline| {
        let estimand = statistics.versus_baseline;
        summary::paired(evidence.candidate, baseline, &spec.name, estimand, keep)
    });
    let counts = summary::absolute(evidence.candidate, &spec.name, Estimand::Suite, keep)
        .map(|sample| sample.counts)
        .unwrap_or_default();
    let difference = paired
        .as_ref()
        .and_then(|sample| assess(statistics, spec, sample, true));
    MetricComparison {
        metric: spec.clone(),
        instrument_name: column.instrument_name.clone(),
        candidate,
        baseline,
        p_value: difference.as_ref().and_then(|difference| {
            let (above, below) = difference.p_values_at(0.0, difference.alphas()).ok()?;
            Some((2.0 * above.min(below)).min(1.0))
        }),
        difference: difference.map(|difference| difference.estimate()),
        counts,
        wins_ties_losses: match &paired {
            Some(Ok(sample)) => wins(sample, spec.direction),
            Some(Err(_)) | None => (0, 0, 0),
        },
    }
}

/// A metric's two means, without bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct SideMeans {
    /// Which metric.
    pub metric: String,
    /// As in [`MetricComparison`].
    pub candidate: Option<f64>,
    /// As in [`MetricComparison`].
    pub baseline: Option<f64>,
}

/// For each slice, the means that [`compare`] has of it, metric by metric.
pub fn slice_means(
    statistics: &Statistics,
    evidence: RunScores<'_>,
    slices: &[Slice],
) -> Vec<Vec<SideMeans>> {
    let candidate = evidence.candidate;
    let all = evidence
        .baseline
        .map(|table| summary::both(candidate, table));
    let of_slice = |slice: &Slice| {
        let keep = |case: &CaseInfo| case.tags.get(&slice.tag) == Some(&slice.value);
        let mut pairs = all.clone().unwrap_or_default();
        pairs.retain(|(case, _)| keep(case));
        let metrics = candidate.columns.keys();
        let of_metric = |metric: &String| {
            let estimand = statistics.versus_baseline;
            let sides = evidence
                .baseline
                .map(|table| summary::sides_of(candidate, table, metric, estimand, &pairs));
            let alone = |table: &ScoreTable| {
                point(&summary::absolute(table, metric, statistics.absolute, &keep).ok()?)
            };
            let (ours, theirs) = match sides {
                Some(Ok([ours, theirs])) if !ours.observations.is_empty() => {
                    (point(&ours), point(&theirs))
                }
                Some(Ok(_) | Err(_)) | None => {
                    (alone(candidate), evidence.baseline.and_then(alone))
                }
            };
            SideMeans {
                metric: metric.clone(),
                candidate: ours,
                baseline: theirs,
            }
        };
        metrics.map(of_metric).collect()
    };
    slices.iter().map(of_slice).collect()
}

fn point(sample: &Sample<'_>) -> Option<f64> {
    Observation::mean(&sample.observations)?.point()
}

fn assess(
    statistics: &Statistics,
    spec: &MetricSpec,
    sample: &Result<Sample<'_>, NoSample>,
    is_difference: bool,
) -> Option<Assessment> {
    let sample = sample.as_ref().ok()?;
    bounds::of_mean(sample, spec.data_type, is_difference, statistics).ok()
}

fn wins(sample: &Sample<'_>, direction: Direction) -> (usize, usize, usize) {
    let count = |test: fn(f64) -> bool| sample.by_case.iter().filter(|(_, d)| test(*d)).count();
    let (higher, lower) = (count(|d| d > 0.0), count(|d| d < 0.0));
    let ties = sample.by_case.len() - higher - lower;
    match direction {
        Direction::HigherIsBetter => (higher, ties, lower),
        Direction::LowerIsBetter => (lower, ties, higher),
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::{Cell, Unscored};

    use super::*;
    use crate::tests::{policy, table};

    /// Each tenth answer is bad, from that place on.
    fn run(from: usize) -> ScoreTable {
        table("run", 100, |index| {
            Cell::Scored(f64::from(u8::from(index < from || index % 10 != 0)))
        })
    }

    fn compared(baseline: Option<&ScoreTable>, slice: Option<&Slice>) -> Vec<MetricComparison> {
        let evidence = RunScores {
            candidate: &run(50),
            baseline,
        };
        compare(&policy(Vec::new()).statistics, evidence, slice)
    }

    #[test]
    fn each_metric_is_compared_case_by_case() {
        let found = compared(Some(&run(0)), None);
        let of = |name: &str| found.iter().find(|one| one.metric.name == name).unwrap();
        let better = of("groundedness");
        assert_eq!(better.wins_ties_losses, (5, 95, 0));
        let difference = better.difference.as_ref().unwrap();
        assert!((difference.point - 0.05).abs() < 1e-12, "{difference:?}");
        assert!(better.p_value.is_some_and(|p| p > 0.0 && p < 0.5));
        let (ours, theirs) = (&better.candidate, &better.baseline);
        let gain = ours.as_ref().unwrap().point - theirs.as_ref().unwrap().point;
        assert!((gain - 0.05).abs() < 1e-12);
        // Good answers take longer here, and longer is worse.
        assert_eq!(of("latency_ms").wins_ties_losses, (0, 95, 5));
    }

    #[test]
    fn wins_and_losses_are_both_counted() {
        let worse = table("run", 100, |index| {
            Cell::Scored(f64::from(u8::from(index > 2)))
        });
        let found = compared(Some(&worse), None);
        let one = found.iter().find(|one| one.metric.name == "groundedness");
        // Won at 0, 1 and 2, lost at 50, 60, 70, 80 and 90.
        assert_eq!(one.unwrap().wins_ties_losses, (3, 92, 5));
    }

    #[test]
    fn what_cannot_be_compared_is_left_open() {
        for one in compared(None, None) {
            assert!(one.baseline.is_none() && one.difference.is_none() && one.p_value.is_none());
            assert_eq!(one.wins_ties_losses, (0, 0, 0));
            assert_eq!(one.counts.scored, 100);
        }
        let nothing = table("run", 100, |_| Cell::Unscored(Unscored::NotRun));
        for one in compared(Some(&nothing), None) {
            assert!(one.candidate.is_some() && one.baseline.is_none() && one.difference.is_none());
        }
        let mut unmeasured = run(0);
        unmeasured.columns.clear();
        for one in compared(Some(&unmeasured), None) {
            assert_eq!((one.difference, one.wins_ties_losses), (None, (0, 0, 0)));
        }
    }

    #[test]
    fn a_slice_is_compared_by_itself() {
        let slice = |value: &str| Slice {
            tag: "product".to_owned(),
            value: value.to_owned(),
        };
        // The tenth answers are all of one product.
        for (value, wins) in [("cards", (5, 45, 0)), ("fees", (0, 50, 0))] {
            let found = compared(Some(&run(0)), Some(&slice(value)));
            let one = found.iter().find(|one| one.metric.name == "groundedness");
            assert_eq!(one.unwrap().wins_ties_losses, wins, "{value}");
            assert_eq!(one.unwrap().counts.planned, 50);
        }
    }
}

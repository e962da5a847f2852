//! What is planned, what is known of it, and what a plan says of a rule.

use std::collections::BTreeSet;

use groundgate_model::{
    trial::{CaseInfo, MetricSpec, builtin_metric},
    unit::count_to_f64,
};
use groundgate_stats::{Bound, Unit, power::whole_units};

use super::spread::{Assumptions, Source};
use crate::{
    policy::{BoundChoice, Estimand, KnownMetrics, Slice, Statistics},
    run_scores::RunScores,
};

/// The power that is wanted where nobody says otherwise.
pub const POWER_WANTED: f64 = 0.8;

/// Below this chance to pass unchanged a run is hardly worth its money.
pub const POWER_LEAST: f64 = 0.5;

/// What is planned, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// The cases that will be asked.
    pub cases: &'a [CaseInfo],
    /// What will be measured.
    pub metrics: &'a KnownMetrics,
    /// How often each case will be asked; at least 1.
    pub attempts: u32,
    /// Votes of the judges on each answer; at least 1.
    pub votes: u32,
    /// Votes behind the pilot's scores; at least 1.
    pub pilot_votes: u32,
    /// A record of the same kind, and one to compare it with.
    pub pilot: Option<RunScores<'a>>,
    /// For what the pilot does not say.
    pub assumptions: Assumptions,
}

/// What one rule will be able to say.
#[derive(Debug, Clone, PartialEq)]
pub struct RulePower {
    /// The rule's id, for a slice rule followed by the slice.
    pub id: String,
    /// The rule's kind.
    pub kind: &'static str,
    /// Its metric, where it has one.
    pub metric: Option<String>,
    /// For rules about a slice.
    pub slice: Option<Slice>,
    /// Line of the rule in the policy file, from 1.
    pub line: Option<usize>,
    /// How many observations there will be.
    pub units: usize,
    /// What one observation is.
    pub unit: Unit,
    /// The chance that it passes if nothing has changed; `None`: cannot be said, see `note`.
    pub pass: Option<f64>,
    /// The smallest change for the worse, on the metric's scale, that it fails with a chance of 80 %,
    /// at the level that Holm's procedure leaves to it. `None`: none that the scale has room for, or
    /// the rule is of another kind.
    pub fails_from: Option<f64>,
    /// Where the spread comes from; `None` for rules that need none.
    pub source: Option<Source>,
    /// What is to be known of the number, or why there is none.
    pub note: Option<String>,
}

impl Planned<'_> {
    pub(super) fn spec(&self, metric: &str) -> Option<MetricSpec> {
        let measured = self
            .pilot
            .and_then(|pilot| pilot.candidate.columns.get(metric));
        measured
            .map(|column| column.metric.clone())
            .or_else(|| self.metrics.get(metric).cloned())
            .or_else(|| builtin_metric(metric))
    }

    /// The variance of a run's score with the planned votes, from that with the pilot's.
    pub(super) fn run_with_votes(&self, run: f64, width: f64, votes: u32) -> f64 {
        // Two votes that differ by the whole scale: their variance is half the chance of it.
        let vote = 0.5 * self.assumptions.flips * width * width;
        (run + vote / f64::from(votes) - vote / f64::from(self.pilot_votes)).max(0.0)
    }
}

/// The slices of these tags among the cases.
pub(crate) fn slices(cases: &[CaseInfo], by: &[String]) -> BTreeSet<Slice> {
    let of_tag = |tag: &String| {
        let values: BTreeSet<&String> =
            cases.iter().filter_map(|case| case.tags.get(tag)).collect();
        values
            .into_iter()
            .map(|value| Slice {
                tag: tag.clone(),
                value: value.clone(),
            })
            .collect::<Vec<_>>()
    };
    by.iter().flat_map(of_tag).collect()
}

pub(super) fn is_in(case: &CaseInfo, slice: Option<&Slice>) -> bool {
    slice.is_none_or(|slice| slice.holds(case))
}

pub(super) const fn bound(statistics: &Statistics) -> Bound {
    match statistics.bound {
        BoundChoice::Exact => Bound::Exact,
        BoundChoice::Calibrated => Bound::Calibrated,
        BoundChoice::Proven => Bound::Proven,
    }
}

/// How many questions a slice will have, and how many clusters they make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Size {
    pub(crate) questions: f64,
    pub(crate) clusters: f64,
}

impl Size {
    pub(super) fn of(cases: &[CaseInfo], slice: Option<&Slice>) -> Self {
        let kept = cases.iter().filter(|case| is_in(case, slice));
        let clusters: BTreeSet<&str> = kept.clone().map(|case| case.cluster.as_str()).collect();
        Self {
            questions: count_to_f64(kept.count()),
            clusters: count_to_f64(clusters.len()),
        }
    }

    /// Observations and what they are; `applicable` of the questions have something to measure.
    pub(super) fn units(self, estimand: Estimand, attempts: f64, applicable: f64) -> (f64, Unit) {
        match estimand {
            Estimand::Suite => (self.questions * attempts * applicable, Unit::Run),
            Estimand::Population if self.clusters < self.questions => {
                (self.clusters * applicable, Unit::Cluster)
            }
            Estimand::Population => (self.questions * applicable, Unit::Question),
        }
    }
}

/// Rounded to a whole number of observations.
pub(crate) fn whole(units: f64) -> usize {
    whole_units(units)
}

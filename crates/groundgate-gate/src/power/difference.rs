//! The planned comparison with a baseline: how much differences spread, and what they will show.

use groundgate_model::trial::CaseInfo;
use groundgate_stats::{Scale, Unit, power::PlannedMean};

use super::{
    planned::{Planned, Size, bound, is_in, whole},
    spread::{self, Scores, Source, Spread},
};
use crate::policy::{Estimand, Slice, Statistics};

/// What is compared with the baseline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared<'a> {
    pub(super) metric: &'a str,
    pub(super) estimand: Estimand,
}

/// A claim about candidate − baseline at no change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Difference {
    pub(super) mean: PlannedMean,
    pub(super) unit: Unit,
    pub(super) width: f64,
    pub(super) size: Size,
    pub(super) applicable: f64,
    pub(super) source: Source,
}

/// How large a comparison is: for the planned one, and for those that could be bought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scope {
    pub(super) size: Size,
    pub(super) attempts: f64,
    pub(super) votes: u32,
}

impl Planned<'_> {
    /// The planned comparison; `None` where the pilot has no score.
    pub(super) fn difference(
        &self,
        statistics: &Statistics,
        of: Compared<'_>,
        slice: Option<&Slice>,
    ) -> Option<Difference> {
        let scope = Scope {
            size: Size::of(self.cases, slice),
            attempts: f64::from(self.attempts),
            votes: self.votes,
        };
        let spread = self.difference_spread(of.metric, slice)?;
        self.difference_of(statistics, of, &spread, scope)
    }

    /// The spread of differences: measured on pairs, or from that of the scores at no change.
    pub(super) fn difference_spread(&self, metric: &str, slice: Option<&Slice>) -> Option<Spread> {
        let spec = self.spec(metric)?;
        let keep = |case: &CaseInfo| is_in(case, slice);
        let pilot = self
            .pilot
            .and_then(|pilot| Some((pilot, pilot.candidate.columns.get(metric)?)));
        let Some((pilot, column)) = pilot else {
            let (low, high) = spec.data_type.range();
            let assumed = spread::assumed(&self.assumptions).on(low, high?, spec.direction);
            return Some(no_change(&assumed));
        };
        if let Some(baseline) = pilot.baseline
            && let Some(theirs) = baseline.columns.get(metric)
            && theirs.instrument == column.instrument
        {
            let of = |table, column| Scores { table, column };
            let (ours, theirs) = (of(pilot.candidate, column), of(baseline, theirs));
            return spread::of_differences(ours, theirs, &keep);
        }
        let spread = spread::of_scores(pilot.candidate, column, &keep, &self.assumptions)?;
        Some(no_change(&spread))
    }

    /// A comparison of any scope.
    pub(super) fn difference_of(
        &self,
        statistics: &Statistics,
        of: Compared<'_>,
        spread: &Spread,
        scope: Scope,
    ) -> Option<Difference> {
        let (low, high) = self.spec(of.metric)?.data_type.range();
        let scale = Scale::new(low, high?).ok()?;
        let (units, unit) = scope
            .size
            .units(of.estimand, scope.attempts, spread.applicable);
        let width = scale.width();
        // Votes of both sides: their noise counts twice, as that of the runs does.
        let run = 2.0 * self.run_with_votes(0.5 * spread.run, width, scope.votes);
        let variances = spread.variances(of.estimand, run, scope.attempts);
        Some(Difference {
            mean: PlannedMean {
                units: whole(units),
                mean: spread.mean,
                sd: variances.total.sqrt(),
                noise: variances.noise.sqrt(),
                scale: scale.of_differences(),
                bound: bound(statistics),
            },
            unit,
            width,
            size: scope.size,
            applicable: spread.applicable,
            source: spread.source,
        })
    }
}

/// Two runs of the same system: what differs between questions cancels, the noise counts twice.
fn no_change(spread: &Spread) -> Spread {
    let run = 2.0 * spread.run;
    Spread {
        mean: 0.0,
        total: run,
        run,
        clusters: spread.per_cluster * run / spread.attempts,
        ..spread.clone()
    }
}

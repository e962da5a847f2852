//! Candidate and baseline beside each other: the means of both, and pairs of amounts.

use std::collections::BTreeMap;

use groundgate_model::trial::{CaseInfo, Cell, ScoreTable};
use groundgate_stats::{Observation, Unit};

use super::{
    NoSample, Places, Sample, both,
    builder::Builder,
    comparable,
    trial::{Missing, Side, observe, side},
};
use crate::policy::Estimand;

/// Both sides of a paired difference over what both have a number of, so that the difference of their means
/// is the mean of their differences.
pub(crate) fn sides<'a>(
    candidate: &'a ScoreTable,
    baseline: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
    keep: &dyn Fn(&CaseInfo) -> bool,
) -> Result<[Sample<'a>; 2], NoSample> {
    let mut pairs = both(candidate, baseline);
    pairs.retain(|(case, _)| keep(case));
    sides_of(candidate, baseline, metric, estimand, &pairs)
}

/// The same of some of the pairs of [`both`].
pub(crate) fn sides_of<'a>(
    candidate: &'a ScoreTable,
    baseline: &'a ScoreTable,
    metric: &str,
    estimand: Estimand,
    pairs: &[(&'a CaseInfo, Places)],
) -> Result<[Sample<'a>; 2], NoSample> {
    let (ours, theirs) = (side(candidate, metric)?, side(baseline, metric)?);
    comparable(ours.column, theirs.column)?;
    let spec = &ours.column.metric;
    let by_question = candidate.attempts != baseline.attempts
        || candidate.repeats_itself
        || baseline.repeats_itself;
    let repeats = if by_question { 1 } else { candidate.attempts };
    let mut builders =
        [ours.column, theirs.column].map(|column| Builder::new(column, estimand, repeats));
    for (case, places) in pairs {
        let (Some(our_place), Some(their_place)) = *places else {
            continue;
        };
        let observed = |side: Side<'a>, place: usize, whose: Missing| -> Vec<Option<Observation>> {
            let trials = (0..side.attempts).map(|attempt| side.trial(case, place, attempt));
            trials.map(|trial| observe(trial, spec, whose)).collect()
        };
        let mut ones = observed(ours, our_place, Missing::Candidate);
        let mut others = observed(theirs, their_place, Missing::Baseline);
        if by_question {
            let mean = |all: Vec<Option<Observation>>| {
                let all: Vec<Observation> = all.into_iter().flatten().collect();
                vec![Observation::mean(&all)]
            };
            (ones, others) = (mean(ones), mean(others));
        }
        let known = ones.into_iter().zip(others).filter_map(|(one, other)| {
            let both = (one?, other?);
            (both.0.point().is_some() && both.1.point().is_some()).then_some(both)
        });
        let (ones, others): (Vec<_>, Vec<_>) = known.unzip();
        let [our_builder, their_builder] = &mut builders;
        our_builder.add_case(case, &ones);
        their_builder.add_case(case, &others);
    }
    Ok(builders.map(Builder::finish))
}

/// Pairs of means (candidate, baseline) of an amount, by question or by cluster of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RatioPairs {
    pub(crate) pairs: Vec<(Observation, Observation)>,
    pub(crate) unit: Unit,
    /// Questions with an amount on both sides.
    pub(crate) n_scored: usize,
    /// Planned trials without an amount, on either side; those of a question that one side lacks are.
    pub(crate) n_missing: usize,
    /// Planned trials, both sides together.
    pub(crate) n_planned: usize,
}

/// Pairs of means of an amount, nothing dropped: what one side lacks may be anything up to `cap`. Questions
/// to which an amount applies on neither side are left out.
pub(crate) fn ratio_pairs(
    candidate: &ScoreTable,
    baseline: &ScoreTable,
    metric: &str,
    cap: Option<f64>,
) -> Result<RatioPairs, NoSample> {
    let (ours, theirs) = (side(candidate, metric)?, side(baseline, metric)?);
    comparable(ours.column, theirs.column)?;
    let mut found = RatioPairs {
        pairs: Vec::new(),
        unit: Unit::Question,
        n_scored: 0,
        n_missing: 0,
        n_planned: candidate.planned() + baseline.planned(),
    };
    let unknown = Observation::missing(0.0, cap.unwrap_or(f64::INFINITY));
    let mut clusters: BTreeMap<&str, Vec<(Observation, Observation)>> = BTreeMap::new();
    for (case, places) in both(candidate, baseline) {
        let mean = |side: Side<'_>, place: Option<usize>| {
            let observed = place.map(|place| amounts(side, place, unknown));
            // A question that one side lacks, or to which nothing applies on that side alone.
            observed.unwrap_or_else(|| (vec![unknown; side.attempts], side.attempts))
        };
        let (our_amounts, our_missing) = mean(ours, places.0);
        let (their_amounts, their_missing) = mean(theirs, places.1);
        if our_amounts.is_empty() && their_amounts.is_empty() {
            continue;
        }
        let none = |amounts: &[Observation]| usize::from(amounts.is_empty());
        let (our_none, their_none) = (none(&our_amounts), none(&their_amounts));
        found.n_missing += our_missing + their_missing + our_none + their_none;
        let is_scored = our_missing + their_missing + our_none + their_none == 0;
        found.n_scored += usize::from(is_scored);
        let whole = |amounts: &[Observation]| Observation::mean(amounts).unwrap_or(unknown);
        let pair = (whole(&our_amounts), whole(&their_amounts));
        clusters.entry(&case.cluster).or_default().push(pair);
    }
    if clusters.values().any(|pairs| pairs.len() > 1) {
        found.unit = Unit::Cluster;
    }
    let means = clusters.values().filter_map(|pairs| {
        let (ours, theirs): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        Some((Observation::mean(&ours)?, Observation::mean(&theirs)?))
    });
    found.pairs = means.collect();
    Ok(found)
}

/// What is known of a question's amounts, and how many are not known.
fn amounts(side: Side<'_>, place: usize, unknown: Observation) -> (Vec<Observation>, usize) {
    let cells = side.cells(place).filter_map(|cell| match cell {
        Cell::Scored(value) => Some(Observation::scored(*value)),
        Cell::NotApplicable => None,
        Cell::Unscored(_) => Some(unknown),
    });
    let all: Vec<Observation> = cells.collect();
    let n_missing = all.iter().filter(|one| one.point().is_none()).count();
    (all, n_missing)
}

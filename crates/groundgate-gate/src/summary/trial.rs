//! One trial on one side, and the observation it makes.

use groundgate_model::{
    trial::{Cascade, CaseInfo, Cell, Column, MetricSpec, ScoreTable, Sure, Unscored},
    unit::count_to_f64,
};
use groundgate_stats::Observation;

use super::NoSample;

/// What a planned trial has that the column has no cell for.
static NOT_RUN: Cell = Cell::Unscored(Unscored::NotRun);

/// One side of a pair, or the only one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) column: &'a Column,
    pub(super) attempts: usize,
    /// If the judge is the expensive one of a cascade: when it is asked, and what the cheaper one says.
    cascade: Option<(&'a Cascade, &'a Column)>,
    /// How many answers each one that was drawn stands for, of those of which the cheaper judge is sure.
    weight: f64,
}

pub(super) fn side<'a>(table: &'a ScoreTable, metric: &str) -> Result<Side<'a>, NoSample> {
    let column = table.columns.get(metric).ok_or(NoSample::MetricAbsent)?;
    let cascade = match &column.cascade {
        None => None,
        Some(cascade) => {
            let cheaper = table.columns.get(&cascade.by);
            Some((cascade, cheaper.ok_or(NoSample::CheaperAbsent)?))
        }
    };
    let mut side = Side {
        column,
        attempts: usize::try_from(table.attempts).unwrap_or(usize::MAX),
        cascade,
        weight: 1.0,
    };
    if cascade.is_some() {
        side.weight = side.weight_of_drawn(table);
    }
    Ok(side)
}

/// One trial on one side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial<'a> {
    pub(super) cell: &'a Cell,
    /// The score if the votes that failed had been the best possible ones.
    up_to: Option<f64>,
    /// What a cheaper judge that is sure stands for, and the weight of what the score differs by.
    pub(super) sure: Option<(f64, f64)>,
}

impl<'a> Side<'a> {
    /// All of which the cheaper judge is sure, by those of them that were drawn: so many as were, not so many
    /// as were to be expected. Given their number every choice of them was as probable.
    fn weight_of_drawn(self, table: &ScoreTable) -> f64 {
        let (mut sure, mut drawn) = (0, 0);
        for (place, case) in table.cases.iter().enumerate() {
            for attempt in 0..self.attempts {
                let trial = self.trial(case, place, attempt);
                if trial.sure.is_some() {
                    sure += 1;
                    drawn += usize::from(!trial.is_spared());
                }
            }
        }
        count_to_f64(sure) / count_to_f64(drawn.max(1))
    }

    /// A planned trial. A cell that is not there was not measured, and counts so.
    pub(super) fn trial(self, case: &CaseInfo, place: usize, attempt: usize) -> Trial<'a> {
        let trial = place * self.attempts + attempt;
        let sure = self.cascade.and_then(|(cascade, cheaper)| {
            let spec = &self.column.metric;
            let stands_for = match cascade.sure_of(cheaper.cells.get(trial), case) {
                Sure::No => return None,
                Sure::Good => spec.best()?,
                Sure::Bad => spec.worst()?,
            };
            Some((stands_for, self.weight))
        });
        Trial {
            cell: self.column.cells.get(trial).unwrap_or(&NOT_RUN),
            up_to: self.column.up_to.get(&trial).copied(),
            sure,
        }
    }

    pub(super) fn cells(self, case: usize) -> impl Iterator<Item = &'a Cell> {
        let from = case * self.attempts;
        let cells = self.column.cells.get(from..from + self.attempts);
        cells.unwrap_or_default().iter()
    }
}

impl Trial<'_> {
    pub(super) fn is_spared(self) -> bool {
        self.sure.is_some() && matches!(self.cell, Cell::Unscored(reason) if reason.is_planned())
    }

    /// Whether there is nothing to measure, and that is known.
    fn is_nothing(self) -> bool {
        self.sure.is_none() && *self.cell == Cell::NotApplicable
    }
}

/// Whose failure to answer it is: the candidate's is a worst score, the baseline's must not help.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Candidate,
    Baseline,
}

/// Anything from worst to best.
pub(super) fn anything(spec: &MetricSpec) -> Observation {
    let (low, high) = spec.data_type.range();
    Observation::missing(low, high.unwrap_or(f64::INFINITY))
}

pub(super) fn observe(trial: Trial<'_>, spec: &MetricSpec, whose: Missing) -> Option<Observation> {
    let Some((stands_for, weight)) = trial.sure else {
        return measured(trial, spec, whose);
    };
    if trial.is_spared() {
        return Some(Observation::scored(stands_for));
    }
    // Of a drawn answer with nothing to measure, the mean of the others may be anything.
    let drawn = measured(trial, spec, whose).unwrap_or_else(|| anything(spec));
    let weighed = |value: f64| stands_for + weight * (value - stands_for);
    let (low, high) = (weighed(drawn.low()), weighed(drawn.high()));
    Some(match drawn.point() {
        None => Observation::missing(low, high),
        Some(point) => Observation::partly_scored(low, weighed(point), high),
    })
}

fn measured(trial: Trial<'_>, spec: &MetricSpec, whose: Missing) -> Option<Observation> {
    match trial.cell {
        Cell::Scored(value) => Some(match trial.up_to {
            None => Observation::scored(*value),
            Some(best) => Observation::partly_scored(value.min(best), *value, value.max(best)),
        }),
        Cell::NotApplicable => None,
        Cell::Unscored(reason) if reason.is_product_failure() && whose == Missing::Candidate => {
            let worst = spec.worst().map(Observation::scored);
            Some(worst.unwrap_or_else(|| anything(spec)))
        }
        Cell::Unscored(_) => Some(anything(spec)),
    }
}

pub(super) fn difference(
    trial: Trial<'_>,
    other: Option<Trial<'_>>,
    spec: &MetricSpec,
) -> Option<Observation> {
    if trial.is_nothing() && other.is_some_and(Trial::is_nothing) {
        return None;
    }
    let ours = observe(trial, spec, Missing::Candidate);
    let theirs = other.and_then(|other| observe(other, spec, Missing::Baseline));
    let either = |side: Option<Observation>| side.unwrap_or_else(|| anything(spec));
    Some(either(ours).minus(either(theirs)))
}

/// The difference of a question's means over all attempts of either side, which need not be as many.
pub(super) fn difference_of_means(
    ours: &[Trial<'_>],
    theirs: Option<&[Trial<'_>]>,
    spec: &MetricSpec,
) -> Option<Observation> {
    let is_nothing = |trials: &[Trial<'_>]| trials.iter().all(|trial| trial.is_nothing());
    if is_nothing(ours) && theirs.is_some_and(is_nothing) {
        return None;
    }
    let mean = |trials: &[Trial<'_>], whose: Missing| {
        let observed = trials
            .iter()
            .filter_map(|trial| observe(*trial, spec, whose));
        Observation::mean(&observed.collect::<Vec<_>>())
    };
    let ours = mean(ours, Missing::Candidate);
    let theirs = theirs.and_then(|trials| mean(trials, Missing::Baseline));
    let either = |side: Option<Observation>| side.unwrap_or_else(|| anything(spec));
    Some(either(ours).minus(either(theirs)))
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::DataType;

    use super::*;

    /// A cheaper judge says 1, and one of five such answers is drawn.
    #[test]
    fn a_drawn_answer_stands_for_all_that_were_spared() {
        let spec = MetricSpec::score("groundedness", DataType::Binary);
        let spared = Cell::Unscored(Unscored::Spared("support 0.95".into()));
        let observed = |cell: &Cell, sure| {
            let trial = Trial {
                cell,
                up_to: None,
                sure,
            };
            observe(trial, &spec, Missing::Candidate)
        };
        let sure = Some((1.0, 5.0));
        assert_eq!(observed(&spared, sure), Some(Observation::scored(1.0)));
        assert_eq!(
            observed(&Cell::Scored(1.0), sure).unwrap().point(),
            Some(1.0)
        );
        assert_eq!(
            observed(&Cell::Scored(0.0), sure).unwrap().point(),
            Some(-4.0)
        );
        // Nobody is sure, and nobody knows.
        assert_eq!(observed(&spared, None), Some(anything(&spec)));
        let failed = observed(&Cell::NotApplicable, sure).unwrap();
        assert_eq!(
            (failed.low(), failed.high(), failed.point()),
            (-4.0, 1.0, None)
        );
    }
}

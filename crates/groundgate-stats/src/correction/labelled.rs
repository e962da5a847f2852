//! Bounds of a mean on the scale of people's labels, from labels of some of the answers themselves.
//!
//! Two ways, both fixed before the data: the labels alone, and prediction-powered (the judge's scores of
//! all other answers, corrected by what the labels say of the judge). Whichever interval is the narrower
//! one at the plan's error rates is used, so that a judge never widens what the labels say. Nothing is
//! assumed of the judge.

use crate::{
    alphas::Alphas,
    correction::{
        bound::{Ends, JudgedMean, Side, p_value},
        prediction_powered::LABELS_MIN,
    },
    error::StatsError,
    estimate::Guarantee,
    interval::{
        binomial::Passes,
        bounded::{Bound, BoundedMean},
        dirichlet::{DirichletBound, PseudoWeight},
    },
    observation::{Observation, Scale},
    parameter::{at_least, closed_unit},
};

/// Labels of some units with the judge's scores of all, both from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledSample {
    /// The weight of the judge, from 0 to 1, fixed before these labels were seen.
    pub lambda: f64,
    /// People's score of each labelled unit; at least 1.
    pub human: Vec<Observation>,
    /// For the same units, people's score minus `lambda` times the judge's.
    pub rectifiers: Vec<Observation>,
    /// The judge's score of each unit without a label; none where people labelled everything.
    pub judge_unlabelled: Vec<Observation>,
    /// Units with an answer, of all: those without one count as `failed` to everybody and need no label.
    pub answered: Passes,
    /// What a unit without an answer counts: 0, or 1 where less is better.
    pub failed: f64,
}

/// Bounds of what people would say of all answers.
#[derive(Debug, Clone)]
pub(crate) struct LabelledBound {
    way: Way,
    answered: Passes,
    failed: f64,
}

#[derive(Debug, Clone)]
enum Way {
    Alone(BoundedMean, Ends),
    Powered(Box<Powered>),
}

#[derive(Debug, Clone)]
struct Powered {
    lambda: f64,
    judged: JudgedMean,
    rectifier: DirichletBound,
    rectifier_ends: Ends,
}

impl LabelledBound {
    /// With the bound that is asked for where the labels stand alone, and chosen by the width at these
    /// error rates.
    pub(crate) fn new(
        sample: &LabelledSample,
        bound: Bound,
        alphas: Alphas,
    ) -> Result<Self, StatsError> {
        closed_unit("lambda", sample.lambda)?;
        closed_unit("what a failure counts", sample.failed)?;
        at_least(1, sample.human.len())?;
        if sample.human.len() != sample.rectifiers.len() {
            return Err(StatsError::Lengths {
                left: sample.human.len(),
                right: sample.rectifiers.len(),
            });
        }
        let of = |way| Self {
            way,
            answered: sample.answered,
            failed: sample.failed,
        };
        let alone = of(Way::alone(sample, bound, alphas)?);
        let is_enough = sample.human.len() >= LABELS_MIN && !sample.judge_unlabelled.is_empty();
        if !is_enough || bound == Bound::Proven {
            return Ok(alone);
        }
        let powered = of(Way::powered(sample, alphas)?);
        let width = |one: &Self| one.upper(alphas.upper) - one.lower(alphas.lower);
        Ok(if width(&powered) < width(&alone) {
            powered
        } else {
            alone
        })
    }

    pub(crate) const fn name(&self) -> (&'static str, Guarantee) {
        match &self.way {
            Way::Powered(_) => ("prediction-powered, mover", Guarantee::Approximate),
            Way::Alone(BoundedMean::Binary { .. }, _) => {
                ("labels alone, clopper-pearson", Guarantee::Exact)
            }
            Way::Alone(BoundedMean::Dirichlet(_), _) => {
                ("labels alone, dirichlet h=1", Guarantee::Conjectured)
            }
            Way::Alone(BoundedMean::Betting(_), _) => ("labels alone, betting", Guarantee::Exact),
        }
    }

    /// The estimate, what is missing halfway.
    pub(crate) fn point(&self) -> f64 {
        let share = self.answered.share();
        let center = |side| self.with_failures(self.way.center(side).clamp(0.0, 1.0), share);
        0.5 * (center(Side::Low) + center(Side::High))
    }

    pub(crate) fn lower(&self, alpha: f64) -> f64 {
        self.bound(Side::Low, alpha)
    }

    pub(crate) fn upper(&self, alpha: f64) -> f64 {
        self.bound(Side::High, alpha)
    }

    /// The error rate at which the lower bound reaches the threshold.
    pub(crate) fn p_above(&self, threshold: f64) -> f64 {
        match &self.way {
            Way::Alone(mean, _) if self.is_complete() => mean.p_above(threshold),
            Way::Alone(..) | Way::Powered(_) => p_value(|alpha| self.lower(alpha) - threshold),
        }
    }

    /// The error rate at which the upper bound reaches the threshold.
    pub(crate) fn p_below(&self, threshold: f64) -> f64 {
        match &self.way {
            Way::Alone(mean, _) if self.is_complete() => mean.p_below(threshold),
            Way::Alone(..) | Way::Powered(_) => p_value(|alpha| threshold - self.upper(alpha)),
        }
    }

    /// All answered is known, not estimated, where nothing failed.
    fn is_complete(&self) -> bool {
        self.answered.passes() == self.answered.trials()
    }

    fn bound(&self, side: Side, alpha: f64) -> f64 {
        let of_answered = self.way.bound(side, alpha);
        if self.is_complete() {
            return of_answered;
        }
        // More answers move the mean away from what a failure counts.
        let few = (side == Side::Low) == (self.failed < 0.5);
        let answered = if few {
            self.answered.clopper_pearson_lower(alpha)
        } else {
            self.answered.clopper_pearson_upper(alpha)
        };
        self.with_failures(of_answered, answered)
    }

    fn with_failures(&self, of_answered: f64, answered: f64) -> f64 {
        answered * of_answered + (1.0 - answered) * self.failed
    }
}

impl Way {
    fn alone(sample: &LabelledSample, bound: Bound, alphas: Alphas) -> Result<Self, StatsError> {
        let bound = match bound {
            Bound::Proven => Bound::Proven,
            Bound::Exact | Bound::Calibrated => Bound::Exact,
        };
        let mean = BoundedMean::new(&sample.human, Scale::UNIT, bound, alphas)?;
        Ok(Self::Alone(mean, Ends::of(&sample.human)?))
    }

    fn powered(sample: &LabelledSample, alphas: Alphas) -> Result<Self, StatsError> {
        let unlabelled = &sample.judge_unlabelled;
        let judged = BoundedMean::new(unlabelled, Scale::UNIT, Bound::Exact, alphas)?;
        let scale = Scale::new(-sample.lambda, 1.0)?;
        Ok(Self::Powered(Box::new(Powered {
            lambda: sample.lambda,
            judged: JudgedMean::new(judged, unlabelled)?,
            rectifier: DirichletBound::new(&sample.rectifiers, scale, PseudoWeight::One)?,
            rectifier_ends: Ends::of(&sample.rectifiers)?,
        })))
    }

    fn center(&self, side: Side) -> f64 {
        match self {
            Self::Alone(_, ends) => ends.at(side),
            Self::Powered(powered) => {
                powered.lambda * powered.judged.at(side) + powered.rectifier_ends.at(side)
            }
        }
    }

    fn bound(&self, side: Side, alpha: f64) -> f64 {
        match self {
            Self::Alone(mean, _) => side.of_mean(mean, alpha),
            Self::Powered(powered) => {
                let Powered {
                    lambda,
                    judged,
                    rectifier,
                    rectifier_ends,
                } = powered.as_ref();
                let extra = match side {
                    Side::Low => rectifier.lower(alpha),
                    Side::High => rectifier.upper(alpha),
                };
                let of_judge = lambda * (judged.at(side) - judged.bound(side, alpha));
                let distance = of_judge.hypot(rectifier_ends.at(side) - extra);
                side.away(self.center(side), distance)
            }
        }
    }
}

#[cfg(test)]
#[path = "labelled_tests.rs"]
mod tests;

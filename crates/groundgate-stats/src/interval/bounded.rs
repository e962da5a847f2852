//! The mean of a score on a scale: which bound, and what it says.

use crate::{
    alphas::Alphas,
    error::StatsError,
    estimate::Guarantee,
    interval::{
        betting::BettingBound,
        binomial::Passes,
        dirichlet::{DirichletBound, PseudoWeight},
    },
    observation::{Observation, Scale},
};

/// Which bound for bounded scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The Dirichlet bound with one pseudo-observation; Clopper–Pearson for binary scores.
    Exact,
    /// The Dirichlet bound with half a pseudo-observation: more power, up to 6 % error at 5 %.
    Calibrated,
    /// Proved for every bounded score: betting, wider.
    Proven,
}

impl Bound {
    pub(crate) const fn pseudo_weight(self) -> PseudoWeight {
        match self {
            Self::Calibrated => PseudoWeight::Half,
            Self::Exact | Self::Proven => PseudoWeight::One,
        }
    }
}

/// A bounded score with the bound that its values allow for.
#[derive(Debug, Clone)]
pub(crate) enum BoundedMean {
    /// All scores at the ends of the scale: passes counted from the lows and from the highs.
    Binary {
        scale: Scale,
        lows: Passes,
        highs: Passes,
    },
    Dirichlet(DirichletBound),
    Betting(BettingBound),
}

impl BoundedMean {
    /// Of one observation per unit, at least one; betting is optimized for these error rates.
    pub(crate) fn new(
        observations: &[Observation],
        scale: Scale,
        bound: Bound,
        alphas: Alphas,
    ) -> Result<Self, StatsError> {
        let binary = Passes::of_observations(observations, scale)?;
        Ok(match (binary, bound) {
            (Some((lows, highs)), Bound::Exact | Bound::Proven) => {
                Self::Binary { scale, lows, highs }
            }
            (_, Bound::Proven) => Self::Betting(BettingBound::new(observations, scale, alphas)?),
            (_, bound) => {
                let weight = bound.pseudo_weight();
                Self::Dirichlet(DirichletBound::new(observations, scale, weight)?)
            }
        })
    }

    pub(crate) const fn name(&self, bound: Bound) -> (&'static str, Guarantee) {
        match (self, bound) {
            (Self::Binary { .. }, _) => ("clopper-pearson", Guarantee::Exact),
            (Self::Dirichlet(_), Bound::Calibrated) => ("dirichlet h=1/2", Guarantee::Approximate),
            (Self::Dirichlet(_), _) => ("dirichlet h=1", Guarantee::Conjectured),
            (Self::Betting(_), _) => ("betting", Guarantee::Exact),
        }
    }

    pub(crate) fn p_above(&self, threshold: f64) -> f64 {
        match self {
            Self::Binary { scale, lows, .. } => lows.p_above(scale.share(threshold)),
            Self::Dirichlet(bound) => bound.p_above(threshold),
            Self::Betting(bound) => bound.p_above(threshold),
        }
    }

    pub(crate) fn p_below(&self, threshold: f64) -> f64 {
        match self {
            Self::Binary { scale, highs, .. } => highs.p_below(scale.share(threshold)),
            Self::Dirichlet(bound) => bound.p_below(threshold),
            Self::Betting(bound) => bound.p_below(threshold),
        }
    }

    pub(crate) fn lower(&self, alpha: f64) -> f64 {
        match self {
            Self::Binary { scale, lows, .. } => scale.at(lows.clopper_pearson_lower(alpha)),
            Self::Dirichlet(bound) => bound.lower(alpha),
            Self::Betting(bound) => bound.lower(alpha),
        }
    }

    pub(crate) fn upper(&self, alpha: f64) -> f64 {
        match self {
            Self::Binary { scale, highs, .. } => scale.at(highs.clopper_pearson_upper(alpha)),
            Self::Dirichlet(bound) => bound.upper(alpha),
            Self::Betting(bound) => bound.upper(alpha),
        }
    }
}

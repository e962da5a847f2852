//! Where the noise comes from: questions, the copilot's runs, the judge's votes.
//!
//! For planning: which repeats buy precision, before money is spent. Not for a gate's bounds, which
//! assume nothing about components.

mod anova;
mod budget;
mod reml;

pub use anova::NestedScores;
pub use budget::{Costs, Design, Purchase, Repeats, best_design, best_purchase, optimal_repeats};

use crate::error::StatsError;

/// How the components were estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimator {
    /// Mean squares of a balanced design; a negative component counts as 0.
    Anova,
    /// Restricted maximum likelihood, for any design.
    Reml,
}

/// Variance components of a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Components {
    /// Between questions.
    pub question: f64,
    /// Between runs of one question. `None`: no question has two runs, so that it is part of
    /// `question`.
    pub run: Option<f64>,
    /// Between votes on one answer. `None`: no answer has two votes, so that it is part of `run`, or
    /// of `question` when that is `None` too.
    pub vote: Option<f64>,
    /// The mean score.
    pub mean: f64,
    /// Its standard error, for the population of questions.
    pub se: f64,
    /// How they were estimated.
    pub estimator: Estimator,
}

/// The components of nested scores: ANOVA when the design is balanced, otherwise REML.
pub fn variance_components(scores: &NestedScores) -> Result<Components, StatsError> {
    match scores.balance() {
        Some(balance) => Ok(anova::components(scores, balance)),
        None => reml::components(scores),
    }
}

/// The components by restricted maximum likelihood whether or not the design is balanced.
pub fn variance_components_reml(scores: &NestedScores) -> Result<Components, StatsError> {
    reml::components(scores)
}

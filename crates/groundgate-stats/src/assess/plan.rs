//! How a claim is to be shown, fixed before the run.

use crate::{alphas::Alphas, estimate::Unit, interval::bounded::Bound};

/// How a claim is to be shown; fixed before the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Which bound.
    pub bound: Bound,
    /// What one observation is.
    pub unit: Unit,
    /// Attempts at each question.
    pub repeats: u32,
    /// The error rates it is designed for.
    pub alphas: Alphas,
}

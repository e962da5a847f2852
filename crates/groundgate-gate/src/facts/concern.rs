//! What speaks against believing a run, whatever its scores are.

use crate::verdict::Verdict;

/// One thing that speaks against a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// `measurement.copilot`: which rule of what a run must be.
    pub id: &'static str,
    /// What it makes of the verdict at best.
    pub verdict: Verdict,
    /// Why.
    pub sentence: String,
}

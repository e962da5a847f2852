//! A rule's finding before all rules are read together.

use groundgate_stats::Assessment;

use super::verdict::{AllowedSide, Counts, ScaledMargin, Verdict};

/// A rule's finding before all rules are read together.
#[derive(Debug)]
pub(super) struct Draft {
    /// The rule's id, for a slice rule followed by the slice.
    pub(super) id: String,
    pub(super) metric: String,
    pub(super) unit: String,
    pub(super) slice: Option<String>,
    pub(super) threshold: f64,
    pub(super) side: AllowedSide,
    pub(super) is_difference: bool,
    pub(super) scaled: Option<ScaledMargin>,
    pub(super) counts: Counts,
    pub(super) worst_cases: Vec<String>,
    pub(super) state: State,
}

/// How far a draft is decided by itself.
#[derive(Debug)]
pub(super) enum State {
    /// Decided without a test, and why.
    Decided(Verdict, String),
    /// Two one-sided tests of one procedure.
    Tested(Box<Assessment>),
}

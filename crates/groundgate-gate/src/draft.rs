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
    /// What must be shown to be missed for a fail, where that is not the threshold.
    pub(super) refuted_at: Option<f64>,
    /// Of an amount: no answer can have more, as the policy says.
    pub(super) cap: Option<f64>,
    /// How many of the answers people labelled, where their labels are used.
    pub(super) n_labels: Option<usize>,
    pub(super) counts: Counts,
    pub(super) worst_cases: Vec<String>,
    pub(super) state: State,
}

impl Draft {
    /// The threshold of a fail, where the one of a pass is as here: `by` is better than the baseline, and
    /// less may be better.
    pub(super) const fn signed(&self, by: f64) -> f64 {
        match self.side {
            AllowedSide::AtLeast => by,
            AllowedSide::AtMost => -by,
        }
    }

    /// What must be shown to be missed for a fail.
    pub(super) fn fails_at(&self) -> f64 {
        self.refuted_at.unwrap_or(self.threshold)
    }
}

/// How far a draft is decided by itself.
#[derive(Debug)]
pub(super) enum State {
    /// Decided without a test, and why.
    Decided(Verdict, String),
    /// Two one-sided tests of one procedure.
    Tested(Box<Assessment>),
}

//! What a policy is held against.

use groundgate_model::trial::ScoreTable;

/// What a policy is held against.
#[derive(Debug, Clone, Copy)]
pub struct RunScores<'a> {
    /// The run under test.
    pub candidate: &'a ScoreTable,
    /// What rules against a baseline compare with.
    pub baseline: Option<&'a ScoreTable>,
}

//! What is judged.

use groundgate_model::{eval_set::Case, exchange::Answer};

/// One answer to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What was asked, and what is known about a right answer.
    pub case: &'a Case,
    /// What the copilot said.
    pub answer: &'a Answer,
}

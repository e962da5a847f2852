//! What one person said of one verdict.

use groundgate_model::unit::Digest;
use jiff::Timestamp;

/// What one person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Of which verdict.
    pub subject: Digest,
    /// In which role.
    pub role: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub review: Review,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// It may go.
    Approve,
    /// It must not.
    Reject,
}

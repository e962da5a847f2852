//! What can go wrong with a tracking server.

use groundgate_endpoints::transport::{EndpointError, Unanswered};
use groundgate_model::exchange::CallFailure;

/// A question that the server did not answer.
#[derive(Debug, thiserror::Error)]
pub enum TrackingError {
    /// Its URL cannot be called.
    #[error("the tracking server's URL cannot be used: {0}")]
    Url(#[from] EndpointError),
    /// No experiment of that name or id.
    #[error("the tracking server has no experiment `{name}`")]
    NoExperiment {
        /// As it was asked for.
        name: String,
        /// Names of a few that are there.
        there: Vec<String>,
    },
    /// The experiment was deleted.
    #[error("the experiment `{0}` was deleted at the tracking server")]
    DeletedExperiment(String),
    /// Who asks may not.
    #[error("the tracking server does not let us: {0}")]
    Denied(CallFailure),
    /// The server says no to what was asked.
    #[error("the tracking server refuses: {0}")]
    Refused(CallFailure),
    /// No answer, or one that is none.
    #[error("the tracking server does not answer: {0}")]
    Silent(CallFailure),
    /// What was sent is not what is there.
    #[error("{0}")]
    NotAll(String),
    /// The answer is of another form than MLflow's.
    #[error("this is no tracking server of MLflow: {0}")]
    NotMlflow(String),
}

impl From<Unanswered> for TrackingError {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered.status {
            Some(401 | 403) => Self::Denied(unanswered.failure),
            Some(400..=499) => Self::Refused(unanswered.failure),
            _ => Self::Silent(unanswered.failure),
        }
    }
}

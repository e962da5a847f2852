//! Copilots: the systems under test, behind one port.
//!
//! [`answer`] is pure; the adapters beside it do the talking.

mod answer;

pub use answer::{Answer, CallFailure, FailureKind, Passage, Timing, Usage};

use crate::{chat::BoxFuture, eval_set::Case, unit::Usd};

/// The first port of the house: something that answers one question.
pub trait Copilot: Send + Sync {
    /// Asks one question, waiting for limits and retrying where that is safe.
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>>;

    /// The most that this call can cost; `None` where there is no price.
    fn worst_cost(&self, case: &Case) -> Option<Usd>;

    /// Kind, place, model and parameters, without secrets: what a record calls it.
    fn describe(&self) -> String;
}

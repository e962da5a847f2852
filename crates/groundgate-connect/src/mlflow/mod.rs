//! MLflow's tracking server, over its REST API: experiments, traces, runs.
//!
//! Nothing is decided here: what the server says is handed on as it is, and what it does not say is named.

mod error;
mod runs;
mod search;
mod server;
mod spans;
mod written;

#[cfg(test)]
mod tests;

pub use error::TrackingError;
pub use runs::{Kept, RunHead};
pub use search::{Page, Search};
pub use server::{Experiment, TrackingServer};
pub use spans::{Fetched, Missing};
pub use written::{Step, WrittenAssessment, WrittenTrace, Wrong};

//! The application: everything that groundgate does, for programs.
//!
//! An [`App`] is told what it may know of its surroundings and whom to tell what happens. It prints
//! nothing, reads no environment and ends no process; its errors carry a class.

mod app;
mod approve;
mod doctor;
mod error;
mod gate;
mod observer;
mod validate;

pub mod anchors;
pub mod approval_file;
pub mod assemble;
pub mod bar;
pub mod baseline;
pub mod bundled;
pub mod cascades;
pub mod clock;
pub mod config;
pub mod databricks;
pub mod demo;
pub mod facts;
pub mod files;
pub mod finding;
pub mod git;
mod human_labels;
pub mod import;
pub mod metrics;
pub mod pipeline;
#[cfg(test)]
mod pipeline_tests;
pub mod planning;
pub mod policy_edits;
pub mod policy_source;
pub mod prices;
pub mod probe;
pub mod project;
pub mod rejudge;
mod replay;
pub mod runs;
pub mod score_file;
pub mod sequential;
#[cfg(test)]
mod test_values;
pub mod wiring;

pub use app::{App, Surroundings, Variable};
pub use approve::{ApproveRequest, ApproveSummary};
pub use baseline::BaselineChoice;
pub use doctor::DoctorRequest;
pub use error::{AppError, ErrorClass};
pub use gate::{GateRequest, GateSummary};
pub use observer::{Event, Nobody, Notice, Observer};
pub use policy_edits::{EditKind, PolicyEdit};
pub use project::Project;
pub use replay::{ResumeRequest, RunRequest, RunSummary};
pub use validate::{ValidEvalSet, ValidJudge, ValidPolicy, ValidateRequest, Validated};

//! The application: everything that groundgate does, for programs.
//!
//! An [`App`] is told what it may know of its surroundings and whom to tell what happens. It prints
//! nothing, reads no environment and ends no process; its errors carry a class.

mod app;
mod approve;
mod compare;
mod doctor;
mod error;
mod explain;
mod gate;
mod observer;
mod validate;

pub mod agreement_threshold;
pub mod anchors;
pub mod approval_file;
pub mod assemble;
pub mod baseline;
#[cfg(test)]
mod baseline_tests;
pub mod bundled;
pub mod cascades;
pub mod clock;
pub mod config;
pub mod databricks;
pub mod demo;
pub mod facts;
pub mod files;
pub mod finding;
#[cfg(test)]
mod fixture;
pub mod git;
mod human_labels;
pub mod import;
pub mod metrics;
pub mod pipeline;
#[cfg(test)]
mod pipeline_tests;
mod plan;
mod plan_cost;
pub mod planning;
pub mod policy_edits;
pub mod policy_source;
mod policy_test;
mod policy_use;
pub mod prices;
pub mod probe;
pub mod project;
pub mod rejudge;
mod replay;
pub mod runs;
pub mod score_file;
mod selftest;
pub mod sequential;
#[cfg(test)]
mod test_values;
mod watch;
pub mod wiring;

pub use app::{App, Surroundings, Variable};
pub use approve::{ApproveRequest, ApproveSummary};
pub use baseline::BaselineChoice;
pub use compare::{CompareRequest, CompareSummary, ComparedPart, ComparedRun, Correction};
pub use doctor::DoctorRequest;
pub use error::{AppError, ErrorClass};
pub use explain::{
    ExplainRequest, Explained, ExplainedAttempt, ExplainedCase, ExplainedDisagreement,
};
pub use gate::{GateRequest, GateSummary};
pub use observer::{Event, Nobody, Notice, Observer};
pub use plan::{BudgetCheck, Pilot, PlanRequest, PlanSummary, has_little_power};
pub use plan_cost::PlanCost;
pub use policy_edits::{EditKind, PolicyEdit};
pub use policy_test::{PolicyTestRequest, PolicyTestResult};
pub use policy_use::{
    LintedEnvironment, PolicyDiff, PolicyDiffRequest, PolicyLint, PolicyRequest, PolicySummary,
    Replay,
};
pub use project::Project;
pub use replay::{ResumeRequest, RunRequest, RunSummary};
pub use selftest::{SelftestRequest, SelftestSummary};
pub use validate::{ValidEvalSet, ValidJudge, ValidPolicy, ValidateRequest, Validated};
pub use watch::{WatchRequest, WatchSummary, WatchedWindow, WindowRequest};

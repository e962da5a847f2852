//! The application: everything that groundgate does, for programs.
//!
//! An [`App`] is told what it may know of its surroundings and whom to tell what happens. It prints
//! nothing, reads no environment and ends no process; its errors carry a class.
//!
//! # Example
//!
//! Two copilots are asked the questions of the bundled example, over HTTP on loopback; the embedded
//! judge scores their answers, and the second is gated against the first. One of them quotes an
//! outdated price list, and does not pass:
//!
//! ```
//! use groundgate_app::{
//!     App, BaselineChoice, GateRequest, Project, RunRequest, Surroundings, files,
//!     sequential::InterimRequest,
//! };
//! use groundgate_gate::Verdict;
//! use groundgate_report::render_html;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::new(Surroundings::system());
//! let folder = tempfile::tempdir()?;
//! app.init(folder.path())?;
//! let project = Project::find(Some(&folder.path().join("groundgate.toml")))?;
//! let config = project.config.as_ref().ok_or("no configuration")?;
//!
//! let replay = |copilot: &str, number| {
//!     app.run(&RunRequest {
//!         config,
//!         copilot: Some(copilot),
//!         filters: &[],
//!         cap: None,
//!         interim: &InterimRequest::default(),
//!         number,
//!     })
//! };
//! let baseline = replay("good", 0)?;
//! let candidate = replay("stale-numbers", 1)?;
//! assert!(baseline.is_complete() && candidate.is_complete());
//!
//! let gated = app.gate(&GateRequest {
//!     baseline: BaselineChoice::Run(&baseline.run_id),
//!     environment: Some("prod"),
//!     ..GateRequest::new(&project, &candidate.run_id)
//! })?;
//! assert_eq!(gated.verdict(), Verdict::Fail);
//! files::write(&folder.path().join("report.html"), &render_html(&gated.report)?)?;
//! # Ok(())
//! # }
//! ```

mod app;
mod approve;
mod compare;
mod doctor;
mod error;
mod explain;
mod file_compare;
mod file_score;
mod gate;
mod observer;
mod validate;

pub mod agreement_threshold;
pub mod anchors;
pub mod approval_file;
#[cfg(test)]
mod approval_tests;
pub mod assemble;
pub mod baseline;
mod baseline_choice;
#[cfg(test)]
mod baseline_tests;
pub mod bundled;
pub mod cascades;
pub mod check_result;
pub mod clock;
pub mod config;
mod control_cost;
pub mod databricks;
pub mod demo;
pub mod facts;
pub mod files;
#[cfg(test)]
mod fixture;
pub mod git;
mod human_labels;
pub mod import;
mod imported_line;
mod init;
mod init_from;
pub mod judge_quality;
pub mod judge_spec;
pub mod metrics;
pub mod mlflow;
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
pub mod reading;
pub mod rejudge;
mod replay;
pub mod runs;
mod score_analysis;
mod score_file;
mod selftest;
pub mod sequential;
mod surroundings;
pub mod table_gate;
#[cfg(test)]
mod test_values;
pub mod trust;
mod watch;
pub mod wiring;
mod workspace_facts;

pub use app::App;
pub use approve::{ApproveRequest, ApproveSummary};
pub use baseline_choice::{BaselineChoice, NamedBy};
pub use compare::{CompareRequest, CompareSummary, ComparedPart, ComparedRun, Correction};
pub use doctor::DoctorRequest;
pub use error::{AppError, ErrorClass};
pub use explain::{
    ExplainRequest, Explained, ExplainedAttempt, ExplainedCase, ExplainedDisagreement,
};
pub use file_compare::{FileComparison, FileMetric, FilesRequest};
pub use file_score::{ScoreFileRequest, ScoredFile, ScoredMetric, WorstAnswer};
pub use gate::{GateRequest, GateSummary};
pub use init_from::{InitKind, InitRequest};
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
pub use reading::Source;
pub use replay::{ResumeRequest, RunRequest, RunSummary};
pub use score_analysis::{
    ClaimAbout, ClusterSummary, PValues, RuleResult, ScoreRule, ScoresRequest, ScoresSummary,
    SideSummary,
};
pub use selftest::{SelftestRequest, SelftestSummary};
pub use surroundings::{Surroundings, Variable, is_ci};
pub use trust::{
    AttestRequest, AttestSummary, PublishRequest, PublishSummary, Signer, StartRequest,
    StartSummary, StepName, Trusted, VerifyRequest, VerifySummary,
};
pub use validate::{ValidEvalSet, ValidJudge, ValidPolicy, ValidateRequest, Validated};
pub use watch::{WatchRequest, WatchSummary, WatchedWindow, WindowRequest};

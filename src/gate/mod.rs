//! The gate: scores and a policy in, a verdict out.
//!
//! Pure and offline: the same inputs give the same bytes. No data never passes. `summary` turns
//! scores into observations, `rules` holds them against the policy one rule at a time, `decide`
//! reads all rules together.

mod bounds;
mod calibration;
mod compare;
mod decide;
mod labels;
mod look;
mod policy;
mod policy_file;
pub mod power;
mod rules;
pub mod selftest;
mod sentence;
mod summary;
mod verdict;
mod warning;

#[cfg(test)]
mod look_tests;
#[cfg(test)]
mod tests;

pub use compare::{MetricComparison, compare};
pub use decide::{Evidence, decide, decide_with_labels};
pub use labels::HumanScores;
pub use look::{NextStep, must_pass_cases};
pub use policy::{
    BoundChoice, CalibrationOrigin, CaseFilter, Estimand, JudgeCalibration, KnownMetrics, OnOpen,
    Policy, Rule, RuleKind, Slice, Statistics,
};
pub use policy_file::read_policy;
pub use verdict::{Bar, Counts, Decision, Finding, ScaledMargin, Verdict};
pub use warning::policy_warnings;

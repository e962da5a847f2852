//! The gate: scores and a policy in, a verdict out.
//!
//! Pure and offline: the same inputs give the same bytes. No data never passes. `summary` turns
//! scores into observations, `rules` holds them against the policy one rule at a time, `decide`
//! reads all rules together.

mod approvals;
mod bounds;
mod calibration;
mod canary;
mod compare;
mod decide;
mod draft;
mod evidence;
mod facts;
mod interim;
mod judge_measures;
mod labels;
mod next_step;
mod notes;
mod policy;
mod policy_file;
pub mod power;
pub mod quality;
pub mod rules;
pub mod selftest;
mod sentence;
mod settle;
mod stale_baseline;
mod subject;
mod summary;
mod truth;
mod verdict;
mod warning;

#[cfg(test)]
mod cascade_tests;
#[cfg(test)]
mod count_tests;
#[cfg(test)]
mod emptiness_tests;
#[cfg(test)]
mod facts_tests;
#[cfg(test)]
mod interim_tests;
#[cfg(test)]
mod not_by_tests;
#[cfg(test)]
mod reruns_tests;
#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod sentence_tests;
#[cfg(test)]
mod settle_tests;
#[cfg(test)]
mod stale_baseline_tests;
#[cfg(test)]
mod tests;

pub use approvals::{Voice, voices};
pub use canary::{Action, Canary, RollbackKind, RollbackRule, WindowDecision, watch};
pub use compare::{MetricComparison, compare};
pub use decide::{decide, decide_with_labels};
pub use evidence::Evidence;
pub use facts::{Age, Approval, Document, Facts, Says, Waiver, WaiverTerms, read_document};
pub use judge_measures::{JudgeMeasure, judge_measures};
pub use labels::HumanScores;
pub use next_step::{NextStep, must_pass_cases};
pub use policy::{
    ApprovalRule, BaselineTerms, BoundChoice, CalibrationOrigin, CaseFilter, Estimand, FactRule,
    JudgeCalibration, KnownMetrics, NotBy, OnOpen, Outside, Policy, Rule, Slice, Statistics,
};
pub use policy_file::{
    Change, Tendency, changes, environments, read_policy, read_waivers, settings_of,
};
pub use rules::{DateOf, FactKind, Measure, RuleKind};
pub use sentence::confident;
pub use settle::{Settled, settle};
pub use subject::approval_subject;
pub use verdict::{Bar, Counts, Decision, Finding, ScaledMargin, Verdict, Waived};
pub use warning::policy_warnings;

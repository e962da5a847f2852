//! The gate: scores and a policy in, a verdict out.
//!
//! Pure and offline: the same inputs give the same bytes. No data never passes. `summary` turns
//! scores into observations, `rules` holds them against the policy one rule at a time, `decide`
//! reads all rules together.

mod approvals;
mod bounds;
mod calibration;
mod canary;
mod case_scores;
mod compare;
mod controls;
mod decide;
mod draft;
mod facts;
mod interim;
mod judge_measures;
mod labels;
mod names;
mod next_step;
mod notes;
mod policy;
mod policy_file;
pub mod power;
pub mod quality;
mod release;
pub mod rules;
mod run_scores;
pub mod selftest;
mod sentence;
mod stale_baseline;
mod subject;
mod summary;
mod truth;
mod verdict;
mod warning;

#[cfg(test)]
mod applicable_tests;
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
mod people_tests;
#[cfg(test)]
mod release_tests;
#[cfg(test)]
mod reruns_tests;
#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod sentence_tests;
#[cfg(test)]
mod stale_baseline_tests;
#[cfg(test)]
mod tests;

pub use approvals::{RoleReview, reviews_by_role};
pub use canary::{Action, Canary, RollbackKind, RollbackRule, WindowDecision, watch};
pub use case_scores::{CaseScores, case_scores, twins};
pub use compare::{MetricComparison, SideMeans, compare, slice_means};
pub use decide::{decide, decide_with_labels};
pub use facts::{
    Age, Approval, Concern, Document, Facts, Review, Waiver, WaiverTerms, read_document,
};
pub use judge_measures::{JudgeMeasure, judge_measures};
pub use labels::HumanScores;
pub use names::person;
pub use next_step::{NextStep, must_pass_cases};
pub use policy::{
    ApprovalRule, BaselineTerms, BoundChoice, CalibrationOrigin, CaseFilter, Estimand, FactRule,
    JudgeCalibration, KnownMetrics, NotBy, OnOpen, Policy, ReleaseTerms, Rule, Slice, Statistics,
};
pub use policy_file::{
    Change, Tendency, changes, environments, read_policy, read_waivers, settings_of,
};
pub use release::{ReleaseDecision, decide_release};
pub use rules::{DateOf, FactKind, Measure, RuleKind};
pub use run_scores::RunScores;
pub use sentence::confident;
pub use subject::approval_subject;
pub use verdict::{AllowedSide, Counts, Decision, Finding, ScaledMargin, Verdict, Waived};
pub use warning::policy_warnings;

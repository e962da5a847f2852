//! The gate: scores and a policy in, a verdict out.
//!
//! Pure and offline: the same inputs give the same bytes. No data never passes. `summary` turns
//! scores into observations, `rules` holds them against the policy one rule at a time, `decide`
//! reads all rules together.

mod bounds;
mod calibration;
mod canary;
mod compare;
mod decide;
mod labels;
mod look;
mod outside;
mod policy;
mod policy_file;
pub mod power;
pub mod quality;
mod rules;
pub mod selftest;
mod sentence;
mod summary;
mod verdict;
mod warning;

#[cfg(test)]
mod cascade_tests;
#[cfg(test)]
mod count_tests;
#[cfg(test)]
mod emptiness_tests;
#[cfg(test)]
mod look_tests;
#[cfg(test)]
mod reruns_tests;
#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod sentence_tests;
#[cfg(test)]
mod tests;

pub use canary::{Action, Canary, RollbackKind, RollbackRule, WindowDecision, watch};
pub use compare::{MetricComparison, compare};
pub use decide::{Evidence, decide, decide_with_labels};
pub use labels::HumanScores;
pub use look::{NextStep, must_pass_cases};
pub use outside::{
    Age, Approval, ApprovalRule, BaselineTerms, DateOf, Document, FactKind, FactRule, Facts,
    JudgeMeasure, Measure, NotBy, Outside, Says, Settled, Voice, Waiver, WaiverTerms,
    approval_subject, judge_measures, read_document, settle, voices,
};
pub use policy::{
    BoundChoice, CalibrationOrigin, CaseFilter, Estimand, JudgeCalibration, KnownMetrics, OnOpen,
    Policy, Rule, RuleKind, Slice, Statistics,
};
pub use policy_file::{
    Change, RuleKeys, Tendency, changes, environments, read_policy, read_waivers, rule_keys,
    settings_of,
};
pub use verdict::{Bar, Counts, Decision, Finding, ScaledMargin, Verdict, Waived};
pub use warning::policy_warnings;

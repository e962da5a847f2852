//! The gate: scores and a policy in, a verdict out.
//!
//! Pure and offline: the same inputs give the same bytes. No data never passes.

mod policy;
mod verdict;

pub use policy::{
    BoundChoice, CaseFilter, Estimand, KnownMetrics, OnOpen, Policy, Rule, RuleKind, Slice,
    Statistics,
};
pub use verdict::{Bar, Counts, Decision, Finding, Verdict};

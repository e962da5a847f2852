//! The policy as meant, and what it is made of.

mod approval;
mod outside;
mod release;
mod terms;

pub use approval::{ApprovalRule, NotBy};
pub use outside::{BaselineTerms, FactRule, Outside};
pub use release::{Policy, Rule};
pub use terms::{
    BoundChoice, CalibrationOrigin, CaseFilter, Estimand, JudgeCalibration, KnownMetrics, OnOpen,
    Slice, Statistics,
};

pub(crate) use terms::find_metric;

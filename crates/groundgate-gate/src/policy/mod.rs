//! The policy as meant, and what it is made of.

mod approval;
mod release;
mod release_terms;
mod terms;

pub use approval::{ApprovalRule, NotBy};
pub use release::{Policy, Rule};
pub use release_terms::{BaselineTerms, FactRule, ReleaseTerms};
pub use terms::{
    BoundChoice, CalibrationOrigin, CaseFilter, Estimand, JudgeCalibration, KnownMetrics, OnOpen,
    Slice, Statistics,
};

pub(crate) use terms::find_metric;

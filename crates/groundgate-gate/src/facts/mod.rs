//! What a gate is given beside the scores: numbers and dates that a file brings, waivers, approvals.

mod age;
mod approval;
mod concern;
mod document;
mod given;
mod waiver;

pub use age::Age;
pub use approval::{Approval, Review};
pub use concern::Concern;
pub use document::{Document, read_document};
pub use given::Facts;
pub use waiver::{Waiver, WaiverTerms};

pub(crate) use age::AgeFault;
pub(crate) use document::{date_at, number_at};

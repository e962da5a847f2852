//! Estimates and tests, pure: no IO, no clock, no global random numbers.
//!
//! One file per idea; each formula names its source. The default bounds need neither a seed nor
//! resampling.

pub mod distributions;
mod estimate;

pub use estimate::{Estimate, Guarantee, Unit};

//! Estimates and tests, pure: no IO, no clock, no global random numbers.
//!
//! One file per idea; each formula names its source. The default bounds need neither a seed nor
//! resampling.

pub mod agreement;
pub mod distributions;
pub mod dirichlet;
pub mod dirichlet_mean;
mod error;
mod estimate;
mod gamma_sum;
mod observation;
mod parameter;

pub use error::StatsError;
pub use observation::{Observation, Scale};
pub use estimate::{Estimate, Guarantee, Unit};

//! Estimates and tests, pure: no IO, no clock, no global random numbers.
//!
//! One file per idea; each formula names its source. The default bounds need neither a seed nor
//! resampling.

pub mod agreement;
pub mod dirichlet;
pub mod dirichlet_mean;
pub mod distributions;
mod error;
mod estimate;
mod gamma_sum;
mod observation;
mod parameter;
pub mod power;
pub mod ppi;
mod quadrature;
pub mod rank;
pub mod rogan_gladen;
pub mod sequential;
pub mod variance;

pub use error::StatsError;
pub use estimate::{Estimate, Guarantee, Unit};
pub use observation::{Observation, Scale};

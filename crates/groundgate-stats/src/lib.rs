//! Estimates and tests, pure: no IO, no clock, no global random numbers.
//!
//! One file per idea; each formula names its source. The default bounds need neither a seed nor
//! resampling.
//!
//! A gate calls [`bounded_mean`], [`paired_difference`], [`unpaired_difference`], [`amount_mean`],
//! [`amount_ratio`] or [`quantile_bound`], and asks the [`Assessment`] what it says of a threshold.
//! Missing scores are part of every [`Observation`], so that they cannot be forgotten:
//!
//! ```
//! use groundgate_stats::{
//!     Alphas, Bound, Observation, Plan, Scale, Unit, bounded_mean, holm,
//! };
//!
//! let plan = Plan {
//!     bound: Bound::Exact,
//!     unit: Unit::Question,
//!     repeats: 1,
//!     alphas: Alphas::DEFAULT,
//! };
//! let mut scores = vec![Observation::scored(1.0); 96];
//! scores.extend([Observation::scored(0.0); 3]);
//! scores.push(Observation::missing(0.0, 1.0));
//!
//! let assessed = bounded_mean(&scores, Scale::UNIT, plan)?;
//! let floor = assessed.against(0.90)?;
//! assert!(floor.is_above() && !floor.is_below());
//! assert_eq!(floor.estimate.method, "clopper-pearson");
//!
//! // Several rules: each fails at the error rate that Holm's procedure leaves to it.
//! let adjusted = holm(&[floor.p_below, 0.001], 0.05);
//! let level = adjusted.first().map_or(0.05, |first| first.level);
//! let printed = assessed.against_at(0.90, Alphas { lower: 0.05, upper: level })?;
//! assert!(!printed.is_below());
//! # Ok::<(), groundgate_stats::StatsError>(())
//! ```

pub mod agreement;
mod alphas;
mod assess;
pub mod correction;
mod count;
mod error;
mod estimate;
pub mod interval;
mod multiplicity;
mod observation;
mod parameter;
pub mod power;
#[cfg(any(test, feature = "reference"))]
pub mod reference;
pub mod resampling;
pub mod scores;
pub mod sequential;
pub mod special;
pub mod variance;

pub use alphas::Alphas;
pub use assess::{
    Assessment, Audit, Comparison, Plan, amount_mean, amount_ratio, audited_mean, bounded_mean,
    capped_mean, capped_ratio, paired_difference, prediction_powered_mean, quantile_bound,
    rogan_gladen_mean, unpaired_difference,
};
pub use correction::LabelledSample;
pub use error::StatsError;
pub use estimate::{Estimate, Guarantee, Unit};
pub use interval::Bound;
pub use multiplicity::{Adjusted, benjamini_hochberg, holm, holm_at, intersection_union};
pub use observation::{Observation, Scale};
pub use resampling::Resampling;

/// The examples of the README are tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

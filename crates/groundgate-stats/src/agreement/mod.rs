//! Agreement between raters, and of a judge with itself.
//!
//! For calibration (judge against human labels) and for the reliability of repeated votes. Kappa
//! collapses where nearly everything passes, so that AC1 is always shown beside it. None of these
//! numbers decides a gate: a gate needs sensitivity and specificity (`rogan_gladen`) or a correction
//! by labels (`ppi`).

mod interval;
mod intraclass;
mod judge;
mod kappa;
mod kappa_bound;
mod krippendorff;
mod ratings;

pub use interval::{AgreementInterval, bootstrap_interval};
pub use intraclass::{Icc, IccForm, intraclass_correlation};
pub use judge::{PositionBias, flip_rate, position_bias};
pub use kappa::{Crosstable, Kappa, Weighting, cohen_kappa, fleiss_kappa, gwet_ac1};
pub use kappa_bound::{AgreementThreshold, KappaBound, LabelCount, LabelsNeeded};
pub use krippendorff::{Level, krippendorff_alpha};
pub use ratings::Ratings;

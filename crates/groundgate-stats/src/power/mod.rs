//! What a planned run can show, before it is paid for.
//!
//! `groundgate plan` asks for the power at "no change" and for the sample that a margin needs. A gate with
//! little power is not unsafe, it is inconclusive.

mod absolute;
mod noninferiority;
mod planned_mean;
mod student;

pub use absolute::{AbsoluteGate, absolute_gate, absolute_minimum_detectable, absolute_required_n};
pub use noninferiority::{
    PlannedComparison, Target, minimum_margin, required_n_for_precision, required_units,
    required_units_normal,
};
pub use planned_mean::{PlannedMean, poisson_at_most, whole_units};
pub use student::{PairedTPlan, noncentral_t_cdf, paired_t_power};

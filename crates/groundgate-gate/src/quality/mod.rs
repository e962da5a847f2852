//! How good a judge is: people's labels in, tables and calibrations out.
//!
//! Pure. [`labels`] reads what people said, in the forms that labelling tools export; [`join`] finds
//! the trials they spoke of; [`Agreement`], [`Duel`], [`Flips`] and [`Preference`] say what a judge's scores are worth
//! beside them. Nothing here asks a model: judging again is a run like any other.

pub mod labels;

mod agreement;
mod bound;
mod calibration;
mod drift;
mod duel;
mod flips;
mod join;
mod measure;
mod preference;
mod ranking;

pub use agreement::{Agreement, Confusion};
pub use bound::{Answered, BoundLabels};
pub use calibration::{CalibrationText, into_policy};
pub use drift::{DRIFT_ALPHA, Drift};
pub use duel::Duel;
pub use flips::Flips;
pub use join::{JoinError, Joined, Pair, good_from, join};
pub use measure::{Measure, Share};
pub use preference::Preference;
pub use ranking::{Cut, Ranking};

use groundgate_stats::{Alphas, Bound, Plan, Unit};

/// One-sided error rate of every bound in this room.
pub const ALPHA: f64 = 0.05;

/// Exact bounds for questions that were each judged once.
const QUESTIONS_ONCE: Plan = Plan {
    bound: Bound::Exact,
    unit: Unit::Question,
    repeats: 1,
    alphas: Alphas {
        lower: ALPHA,
        upper: ALPHA,
    },
};

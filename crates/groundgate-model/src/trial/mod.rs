//! The waist of the house: one question, replayed and judged.
//!
//! `run/` makes trials, `record/` keeps them, `gate/` reads them; none of the three knows another.
//! Everything here is a value. There is no number for "no score": an [`Outcome`] that has no score
//! has a reason instead.

mod asked;
mod call;
mod cascade;
mod claim;
mod control;
mod instrument;
mod looks;
mod metric;
mod outcome;
mod scores;
mod selection;

pub use asked::Asked;
pub use call::{Call, CallKey, Callee, Reply, Request};
pub use cascade::{Cascade, Sure};
pub use claim::{ClaimFinding, ClaimOf, Evidence, Label, Reason, Standing, VotesFor};
pub use control::{ControlCounts, ControlFinding, ControlKind};
pub use instrument::InstrumentKind;
pub use looks::{Looks, cluster_order, look_ends};
pub use metric::{
    BUILTIN_METRICS, ClaimReading, DataType, Direction, MetricRole, MetricSpec, builtin_metric,
    current_name, disagreement_of, meant,
};
pub use outcome::{Outcome, Score, ScoreOutOfRange, Unscored};
pub use scores::{CaseInfo, Cell, Column, Disagreement, ScoreTable, ShapeError};

use std::collections::BTreeMap;

use crate::exchange::{Answer, CallFailure};

/// One attempt at one case: an answer or the reason there is none, with an outcome per metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The case's place in the plan, from 0.
    pub case_index: usize,
    /// Which repeat of the case, from 0.
    pub attempt: u32,
    /// What the copilot said, or why it said nothing.
    pub answer: Result<Answer, CallFailure>,
    /// One outcome for every planned metric, by metric name.
    pub outcomes: BTreeMap<String, Outcome>,
    /// What judges said of claims whose label is known.
    pub controls: Vec<ControlFinding>,
}

//! A run: every planned trial asked, judged and handed on, in one place of concurrency.
//!
//! The runner knows ports, not endpoints, and a sink, not a record: `cli` joins them. It spends
//! money; it never decides. What happens to one question is in `question`, how a judge votes in `voting`; how many at once, and
//! what stops them, in `runner`.

mod budget;
mod ledger;
mod plan;
mod question;
mod runner;
mod voting;

pub use budget::Budget;
pub use ledger::{Ledger, LedgerError};
pub use plan::{Behind, Juror, Plan, PlannedTrial, Seat, SeatKind};
pub use runner::{Ended, Ending, Event, Past, Stop, Wiring, run};

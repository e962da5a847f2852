//! A run: every planned trial asked, judged and handed on, in one place of concurrency.
//!
//! The runner knows ports, not endpoints, and a sink, not a record: the application joins them. It
//! spends money; it never decides. How many questions at once, and what stops them, is in `runner`;
//! what happens to one in `question`; how a judge votes in `voting`; how a call is paid for in `payment`.

mod answer_rules;
mod budget;
mod health;
mod ledger;
mod payment;
mod plan;
mod question;
mod runner;
mod shared;
mod voting;

#[cfg(test)]
mod control_tests;
#[cfg(test)]
mod failure_tests;
#[cfg(test)]
mod tests;

pub use answer_rules::{AnswerRules, Cut, Thinking};
pub use budget::Budget;
pub use ledger::{Ledger, LedgerError};
pub use plan::{Behind, Juror, Plan, PlannedTrial, Seat, SeatKind};
pub use runner::{Ended, Ending, Past, Wiring, run};
pub use shared::{Delivery, Event, Slot, Stop};

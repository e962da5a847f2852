//! Records: all of one run in one SQLite file, written while the run goes on.
//!
//! A record survives `kill -9` at any point: what was acknowledged is in it, and a resumed run pays
//! for none of it again. It is the only truth about a run; the judge cache and the reports are made
//! from or beside it. Anyone can open it with `sqlite3`.

#[cfg(test)]
mod attempts_tests;
mod browse;
mod controls;
mod error;
mod formats;
mod header;
mod lock;
mod reader;
mod remove;
mod sameness;
mod schema;
mod score;
mod seal;
#[cfg(test)]
mod seal_tests;
mod sequence;
mod sql;
#[cfg(test)]
mod tests;
mod writer;

pub use error::RecordError;
pub use header::{Header, MetricSource, Origin, Status};
pub use reader::{CallSummary, Reader, ReplyFacts, ReplySummary, StoredDetail, StoredTrial};
pub use remove::remove;
pub use seal::{Seal, SealState};
pub use sequence::{finished as sequence_finished, sequence, sequence_file};
pub use writer::{Writer, sign};

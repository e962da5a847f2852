//! Labels that people give: which items they are asked about and with what probability, what they
//! said, and how far they agree.
//!
//! Everything is pure but [`Log`], which keeps the one file of labels. `view` asks people, `cli` reads
//! and writes files; what a judge is worth is computed elsewhere from the [`Label`]s that
//! [`agreed`] hands out.

mod agree;
mod answers;
mod current;
mod draw;
mod entry;
mod error_risk;
mod export;
mod log;
mod queue;

pub use agree::{Confusion, PeopleAgreement, against_judge, between_people, stop};
pub use answers::{Answer, AnswerLabels, LabelledMetric, Said, answer_labels, labelled_items};
pub use current::{Conflict, Current, agreed};
pub use entry::{Given, Item, Kind, Label, Line, Queue};
pub use error_risk::{Sign, formula};
pub use export::{Form, export};
pub use log::{Log, LogError, parse};
pub use queue::{Claim, OVERLAP_PERCENT, Planned, RANDOM_PERCENT, plan};

pub use groundgate_stats::agreement::AgreementThreshold;

/// What labellers are told; its digest is kept with every label.
pub const GUIDELINES: &str = include_str!("guidelines.txt");

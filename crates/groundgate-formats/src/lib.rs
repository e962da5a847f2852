//! Everybody's files: bytes in, rows out, or every mistake with its row and column.
//!
//! Other tools write answers, scores, eval sets and labels as CSV, JSON, JSON Lines or YAML, each with
//! names of its own. This crate knows those names ([`FORMATS`]), takes a [`Mapping`] for all others,
//! and says what it guessed. Nothing is read in part: one mistake, and there are no rows.
//!
//! The way of a file:
//!
//! 1. `decode`: bytes are text, or it is said what they are (an Excel workbook, UTF-16, Windows-1252);
//! 2. `table`: text is records, whatever the dialect (separator, `sep=`, comments, blank rows, an array,
//!    an object around it, columns instead of rows, several documents);
//! 3. `reshape`: some tools put several rows into one record, or one row into several;
//! 4. `mapping`, `infer`: which path of a record means what, by format, by known names, or as told;
//! 5. `assemble`: values are texts, lists, numbers and passages, or mistakes.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever a JSON value is besides what is wanted, it is the file's mistake"
)]

mod assemble;
mod cell;
mod columns;
mod decode;
mod eval_set;
mod formats;
mod identity;
mod infer;
mod mapping;
mod metric_type;
pub mod mlflow;
mod names;
mod options;
mod passages;
mod path;
mod read;
mod reshape;
mod row;
mod table;
mod target;
mod write;

pub use columns::column_of;
pub use eval_set::{EvalSetFile, load_eval_set};
pub use formats::{FORMATS, Format};
pub use mapping::Mapping;
pub use metric_type::{MetricType, metric_type};
pub use options::Options;
pub use path::Path;
pub use read::{ReadFile, read};
pub use row::{Given, Row};
pub use table::Encoding;
pub use target::{Target, Want};
pub use write::{WRITTEN, WriteError, write};

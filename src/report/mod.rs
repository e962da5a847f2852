//! Reports: one value, one pure function per format.

mod model;

pub use model::{AnswerReport, Bucket, CaseReport, Cause, MetricRow, Report, RunSummary, SliceRow};

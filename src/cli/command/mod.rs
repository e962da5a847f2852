//! One file per command: each turns its arguments into calls of the other rooms and prints what
//! comes back.

pub(super) mod approve;
pub(super) mod baseline;
pub(super) mod compare;
mod compare_files;
pub(super) mod convert;
pub(super) mod demo;
pub(super) mod doctor;
pub(super) mod explain;
mod explain_mlflow;
pub(super) mod facts;
pub(super) mod gate;
pub(super) mod init;
pub(super) mod judge;
mod label_export;
pub(super) mod mlflow;
pub(super) mod plan;
pub(super) mod policy;
pub(super) mod rejudge;
pub(super) mod report;
pub(super) mod run;
pub(super) mod runs;
pub(super) mod schema;
pub(super) mod score;
pub(super) mod selftest;
pub(super) mod stats;
mod stats_request;
mod stats_table;
pub(super) mod trust;
pub(super) mod validate;
pub(super) mod view;
pub(super) mod watch;

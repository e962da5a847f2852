//! groundgate replays curated support questions against copilot endpoints, has the answers judged
//! for groundedness and faithfulness, and decides whether a release may pass at a stated error rate.
//!
//! `ARCHITECTURE.md` is the map of this house. The library is what the binary is made of; its API is
//! not stable before 1.0, unlike flags, exit codes, configuration, JSON reports and records.

pub mod chat;
pub mod cli;
pub mod config;
pub mod copilot;
pub mod demo;
pub mod diagnostic;
pub mod eval_set;
pub mod gate;
pub mod judge;
pub mod label;
pub mod number;
pub mod quality;
pub mod record;
pub mod report;
pub mod run;
pub mod stats;
pub mod toml_reader;
pub mod transport;
pub mod trial;
pub mod unit;
pub mod view;

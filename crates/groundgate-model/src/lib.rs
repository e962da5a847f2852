//! The values that all of groundgate shares: numbers with proof, eval sets, exchanges, trials.
//!
//! No IO, no clock, no environment. What is made elsewhere (an answer, a score) is described here, so
//! that judging and deciding compile without a network.

pub mod diagnostic;
pub mod eval_set;
pub mod exchange;
pub mod manifest;
pub mod mlflow;
pub mod number;
pub mod strict_json;
pub mod text;
pub mod toml_reader;
pub mod trial;
pub mod unit;

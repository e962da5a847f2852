//! Eval sets: the curated questions, loaded and linted.

mod case;

pub use case::{Case, EvalSet, Role, Turn};

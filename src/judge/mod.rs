//! Judges: from an answer to outcomes.

pub mod embedded;
pub mod refusal;
pub mod sentences;

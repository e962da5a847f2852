//! Judges: from an answer to outcomes.

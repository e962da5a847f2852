//! Eval sets: the curated questions, loaded and linted.

mod case;
mod jsonl;
mod knowledge_base;
mod piece;

pub use case::{Case, EvalSet, Role, Turn};
pub use knowledge_base::{Document, KnowledgeBase};

//! Eval sets: the curated questions, loaded and linted.

mod case;
mod csv;
mod json;
mod jsonl;
mod knowledge_base;
mod lint;
mod load;
mod piece;
mod written;

pub use case::{Case, EvalSet, Role, Turn};
pub use knowledge_base::{Document, KnowledgeBase};
pub use lint::{Lint, Severity, lint};
pub use load::{folded, from_rows, load, unpack};
pub use written::{WrittenCase, WrittenTurn};

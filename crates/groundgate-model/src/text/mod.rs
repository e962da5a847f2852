//! What a text says: one reading of numbers, sentences, apparatus and refusals, used by the claim
//! ledger, the embedded judge and the plain checks alike.
//!
//! An answer is *statements* and *apparatus*. Apparatus is what organizes a text and says nothing about
//! the world: citations, links, list markers, headings, table rules, markup, greetings, lead-ins.
//! `docs/statements.md` has the whole table with examples.

pub mod apparatus;
mod clauses;
pub mod courtesy;
pub mod fold;
pub mod heading;
pub mod number;
pub mod refusal;

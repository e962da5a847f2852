//! What stands around a sentence of an answer.

use super::align::Alignment;

/// What stands around a sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'t> {
    /// The sentence without apparatus.
    pub(crate) text: &'t str,
    /// How many statements stand before it.
    pub(crate) position: usize,
    /// How many the answer has.
    pub(crate) statements: usize,
    /// How many words they have.
    pub(crate) words: usize,
    /// The stems of the question's content words.
    pub(crate) question: &'t [u64],
    /// What stands before it.
    pub(crate) before: Before<'t>,
}

/// What stands before a sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before<'t> {
    /// The statement before.
    pub(crate) statement: Option<&'t Alignment>,
    /// The last statement before that announces something.
    pub(crate) heading: Option<&'t Alignment>,
    /// The best passage sentences of all before.
    pub(crate) best: &'t [usize],
}

//! What stands around a sentence of an answer.

use super::align::Alignment;

/// What stands around a sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'t> {
    /// The sentence as written.
    pub(crate) text: &'t str,
    /// How many sentences stand before it.
    pub(crate) position: usize,
    /// How many the answer has.
    pub(crate) sentences: usize,
    /// The stems of the question's content words.
    pub(crate) question: &'t [u64],
    /// Whether it says that there is no answer.
    pub(crate) declines: bool,
    /// What stands before it.
    pub(crate) before: Before<'t>,
}

/// What stands before a sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before<'t> {
    /// The sentence before.
    pub(crate) sentence: Option<&'t Alignment>,
    /// The last sentence before that announces something.
    pub(crate) heading: Option<&'t Alignment>,
}

//! Why a model file cannot be read.

/// Why bytes are not a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// They do not begin as a model does.
    #[error(
        "failed to read the embedded judge's model: it does not begin with the mark of version 2"
    )]
    Magic,
    /// A section is not there, or is cut short.
    #[error("failed to read the embedded judge's model: section `{0}` is missing or cut short")]
    Section(&'static str),
    /// A section has another length than this version needs.
    #[error(
        "failed to read the embedded judge's model: section `{name}` has {found} numbers, not {expected}"
    )]
    Length {
        /// The section.
        name: &'static str,
        /// Numbers found.
        found: usize,
        /// Numbers needed.
        expected: usize,
    },
    /// A weight is not finite.
    #[error(
        "failed to read the embedded judge's model: section `{0}` holds a number that is not finite"
    )]
    NotFinite(&'static str),
}

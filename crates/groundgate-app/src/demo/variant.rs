//! The demo's variants: one good, one equally good, and three that are wrong in a known way.

/// A variant of the demo copilot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// The release that is live.
    Good,
    /// As good as `Good`, with other dice.
    SameAgain,
    /// Retrieval is broken for one product: refunds.
    WrongRetrieval,
    /// Adds a helpful-sounding sentence that no document supports to every third answer.
    UnsupportedAdditions,
    /// Quotes numbers of an outdated price list in every third answer that has one.
    StaleNumbers,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Good,
        Self::SameAgain,
        Self::WrongRetrieval,
        Self::UnsupportedAdditions,
        Self::StaleNumbers,
    ];

    /// The name in configurations and requests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::SameAgain => "same-again",
            Self::WrongRetrieval => "wrong-retrieval",
            Self::UnsupportedAdditions => "unsupported-additions",
            Self::StaleNumbers => "stale-numbers",
        }
    }

    /// The variant of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.name() == name)
    }
}

//! The labels that a mode prescribes, beside those of claims ([`groundgate_model::trial::Label`]).

/// What is said of an expected fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FactLabel {
    /// The answer states it.
    Stated,
    /// The answer states the opposite.
    Contradicted,
    /// The answer says nothing of it.
    Missing,
}

impl FactLabel {
    /// What says that the answer states it.
    pub(crate) const STATED: &'static str = "stated";

    /// The names of all labels.
    pub(crate) const NAMES: [&'static str; 3] = [Self::STATED, "contradicted", "missing"];

    /// The label of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            Self::STATED => Some(Self::Stated),
            "contradicted" => Some(Self::Contradicted),
            "missing" => Some(Self::Missing),
            _ => None,
        }
    }
}

/// Which of two answers is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PairLabel {
    /// The one that is shown first.
    First,
    /// The one that is shown second.
    Second,
    /// Neither.
    Tie,
}

impl PairLabel {
    /// The names of all labels.
    pub(crate) const NAMES: [&'static str; 3] = ["first", "second", "tie"];

    /// The name used in files and replies.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Tie => "tie",
        }
    }

    /// The label of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::First, Self::Second, Self::Tie]
            .into_iter()
            .find(|label| label.name() == name)
    }

    /// The label as if the answers had been shown the other way round.
    pub(crate) const fn swapped(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
            Self::Tie => Self::Tie,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prescribed_name_is_a_label() {
        assert!(
            FactLabel::NAMES
                .iter()
                .all(|name| FactLabel::from_name(name).is_some())
        );
        for name in PairLabel::NAMES {
            assert_eq!(PairLabel::from_name(name).map(PairLabel::name), Some(name));
        }
        assert_eq!(FactLabel::from_name("tie"), None);
        assert_eq!(PairLabel::from_name("stated"), None);
    }
}

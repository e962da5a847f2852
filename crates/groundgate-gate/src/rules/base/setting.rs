//! What a rule says, setting by setting: the base of digests, of comparing environments and of what
//! people are shown.

use groundgate_model::unit::count_to_f64;

use crate::{facts::Age, policy::Slice, verdict::AllowedSide};

/// One setting of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Setting {
    /// What the rule is about; the same in every environment.
    Word(String),
    /// As `Word`, several of them.
    Words(Vec<String>),
    /// A threshold that is harder to pass the higher it is.
    MoreIsStricter(f64),
    /// A threshold that is harder to pass the lower it is.
    LessIsStricter(f64),
    /// A number that is the same in every environment.
    Number(f64),
}

/// Every setting under its key, always in the same order for one kind.
pub(crate) type Settings = Vec<(&'static str, Setting)>;

impl Setting {
    /// As `Word`.
    pub(crate) fn word(text: &str) -> Self {
        Self::Word(text.to_owned())
    }

    /// A count that is harder to reach the higher it is.
    pub(crate) fn at_least(count: usize) -> Self {
        Self::MoreIsStricter(count_to_f64(count))
    }

    /// A length of time, in seconds, that is harder to keep the shorter it is.
    pub(crate) fn not_older(age: Age) -> Self {
        let seconds = usize::try_from(age.seconds()).unwrap_or(usize::MAX);
        Self::LessIsStricter(count_to_f64(seconds))
    }

    /// A threshold under the key of its side.
    pub(crate) fn threshold(side: AllowedSide, value: f64) -> (&'static str, Self) {
        match side {
            AllowedSide::AtLeast => ("min", Self::MoreIsStricter(value)),
            AllowedSide::AtMost => ("max", Self::LessIsStricter(value)),
        }
    }

    /// Whether the second is easier to meet.
    pub(crate) fn is_weaker(before: &Self, after: &Self) -> bool {
        match (before, after) {
            (Self::MoreIsStricter(before), Self::MoreIsStricter(after)) => after < before,
            (Self::LessIsStricter(before), Self::LessIsStricter(after)) => after > before,
            _ => false,
        }
    }
}

/// A slice as policies write it.
pub(crate) fn written(slice: &Slice) -> String {
    format!("{}={}", slice.tag, slice.value)
}

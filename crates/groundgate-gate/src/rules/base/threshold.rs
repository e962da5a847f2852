//! What numbers are held against.

use crate::verdict::AllowedSide;

/// What a number is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Which side of it is allowed.
    pub side: AllowedSide,
    /// On the metric's scale.
    pub value: f64,
}

impl Threshold {
    /// Numbers must reach it.
    pub(crate) const fn at_least(value: f64) -> Self {
        Self {
            side: AllowedSide::AtLeast,
            value,
        }
    }

    /// Numbers must not exceed it.
    pub(crate) const fn at_most(value: f64) -> Self {
        Self {
            side: AllowedSide::AtMost,
            value,
        }
    }
}

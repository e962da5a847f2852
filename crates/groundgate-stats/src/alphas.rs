//! The error rates of two bounds.

use crate::error::StatsError;

/// The one-sided error rates of the two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alphas {
    /// Of the lower bound: the chance that it lies above the truth.
    pub lower: f64,
    /// Of the upper bound: the chance that it lies below the truth.
    pub upper: f64,
}

impl Alphas {
    /// 5 % on either side.
    pub const DEFAULT: Self = Self {
        lower: 0.05,
        upper: 0.05,
    };

    pub(crate) fn checked(self) -> Result<Self, StatsError> {
        for alpha in [self.lower, self.upper] {
            if !(alpha > 0.0 && alpha < 0.5) {
                return Err(StatsError::Alpha(alpha));
            }
        }
        Ok(self)
    }
}

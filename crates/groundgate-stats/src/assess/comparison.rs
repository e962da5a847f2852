//! What the data say of a threshold.

use crate::estimate::Estimate;

/// What the data say of a threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The estimate with its bounds.
    pub estimate: Estimate,
    /// The p-value for "the truth is at most the threshold"; small is evidence that it is above.
    pub p_above: f64,
    /// The p-value for "the truth is at least the threshold"; small is evidence that it is below.
    pub p_below: f64,
}

impl Comparison {
    /// Whether the truth is shown to be above the threshold, at the lower bound's error rate.
    pub fn is_above(&self) -> bool {
        self.p_above < self.estimate.alpha_lower
    }

    /// Whether the truth is shown to be below the threshold, at the upper bound's error rate.
    pub fn is_below(&self) -> bool {
        self.p_below < self.estimate.alpha_upper
    }

    /// Bounds and p-values agree but for rounding, and for the exact unconditional test near its
    /// bound, whose p-value does not rise quite steadily. There, the careful reading of either wins.
    pub(super) fn reconciled(mut self, threshold: f64, attains: bool) -> Self {
        let estimate = &mut self.estimate;
        let is_above = |lower: f64| lower > threshold || (attains && lower >= threshold);
        let is_below = |upper: f64| upper < threshold || (attains && upper <= threshold);
        let bound_above = estimate.lower.is_some_and(is_above);
        if self.p_above < estimate.alpha_lower && !bound_above {
            self.p_above = estimate.alpha_lower;
        } else if self.p_above >= estimate.alpha_lower && bound_above {
            estimate.lower = Some(threshold);
        }
        let bound_below = estimate.upper.is_some_and(is_below);
        if self.p_below < estimate.alpha_upper && !bound_below {
            self.p_below = estimate.alpha_upper;
        } else if self.p_below >= estimate.alpha_upper && bound_below {
            estimate.upper = Some(threshold);
        }
        self
    }
}

//! What is true of metrics in a world that somebody made: what a selftest holds rules against.

use super::policy::Slice;

/// What is true, of what one rule speaks of.
pub(crate) trait Truth {
    /// A metric's true mean, overall or in a slice; `None` where nobody knows.
    fn mean(&self, metric: &str, slice: Option<&Slice>) -> Option<f64>;

    /// A margin of people as the judge of the metric sees it.
    fn margin_on_judges_scale(&self, metric: &str, margin: f64) -> f64;

    /// A threshold of people as the judge of the metric sees it.
    fn threshold_on_judges_scale(&self, metric: &str, threshold: f64) -> f64;
}

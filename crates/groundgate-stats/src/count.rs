//! Counts as numbers.

/// A count as a float. Counts here are far below 2^53, so that nothing is rounded.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the one place where a count becomes a float"
)]
pub(crate) const fn count_to_f64(count: usize) -> f64 {
    count as f64
}

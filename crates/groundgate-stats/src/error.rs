//! Why there is no estimate.

/// An estimate or a test that cannot be had from what was given. It never stands for a number.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum StatsError {
    /// Nothing was observed, or nothing of it was scored.
    #[error("no estimate: no data")]
    NoData,
    /// Fewer observations than the method needs.
    #[error("no estimate: {needed} observations are needed, there are {got}")]
    TooFew {
        /// At least this many.
        needed: usize,
        /// What was there.
        got: usize,
    },
    /// A value is NaN or infinite, or its bounds are the wrong way round.
    #[error("no estimate: observation {index} is {low} to {high}")]
    NotANumber {
        /// Counted from 0.
        index: usize,
        /// The lowest value it may have.
        low: f64,
        /// The highest value it may have.
        high: f64,
    },
    /// A value lies outside of the scale.
    #[error("no estimate: observation {index} is {value}, outside of {low} to {high}")]
    OutOfScale {
        /// Counted from 0.
        index: usize,
        /// The value.
        value: f64,
        /// The scale's low end.
        low: f64,
        /// The scale's high end.
        high: f64,
    },
    /// The scale's ends are not finite, or not one below the other.
    #[error("no estimate: a scale from {low} to {high} has no room")]
    Scale {
        /// The low end.
        low: f64,
        /// The high end.
        high: f64,
    },
    /// An error rate outside of (0, 1/2).
    #[error("no estimate: {0} is not an error rate between 0 and 0.5")]
    Alpha(f64),
    /// A parameter outside of its range.
    #[error("no estimate: {name} is {value}")]
    Parameter {
        /// Which one.
        name: &'static str,
        /// What it was.
        value: f64,
    },
    /// Two lists that must go together do not.
    #[error("no estimate: {left} values do not pair with {right}")]
    Lengths {
        /// Of the first list.
        left: usize,
        /// Of the second.
        right: usize,
    },
    /// The data leave a quotient without a value: nothing varies.
    #[error("no estimate: {what} is undefined, {because}")]
    Undefined {
        /// The quantity.
        what: &'static str,
        /// What of the data makes it so.
        because: &'static str,
    },
}

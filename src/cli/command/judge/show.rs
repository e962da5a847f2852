//! How shares and measures look in a terminal.

use crate::quality::{Measure, Share};

/// `92.3 % [84.6, 96.9]  60 of 65`, or why there is nothing.
pub(super) fn share(share: Option<Share>) -> String {
    match share {
        None => "unknown: no such label".to_owned(),
        Some(share) => format!(
            "{:.1} % [{:.1}, {:.1}]  {} of {}",
            100.0 * share.value,
            100.0 * share.lower,
            100.0 * share.upper,
            share.hits,
            share.of
        ),
    }
}

/// `0.71 [0.62, 0.79]`.
pub(super) fn measure(measure: &Measure) -> String {
    let bound = |bound: Option<f64>| bound.map_or("-".to_owned(), |bound| format!("{bound:.2}"));
    match measure.value {
        None => "undefined: all of one kind".to_owned(),
        Some(value) => format!(
            "{value:.2} [{}, {}]",
            bound(measure.lower),
            bound(measure.upper)
        ),
    }
}

/// The same of a rate, in percent.
pub(super) fn rate(measure: &Measure) -> String {
    let percent =
        |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{:.1}", 100.0 * value));
    format!(
        "{} % [{}, {}]",
        percent(measure.value),
        percent(measure.lower),
        percent(measure.upper)
    )
}

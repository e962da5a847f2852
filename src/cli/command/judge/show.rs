//! How shares and measures look in a terminal.

use std::path::Path;

use groundgate_gate::quality::{Measure, Share};
use groundgate_report::{PlotInterval, share_plot};

use super::super::super::terminal::Terminal;

/// Says that a file of a judge's health was written, where one was asked for.
pub(super) fn wrote(path: Option<&Path>, terminal: &Terminal) {
    if let Some(path) = path {
        terminal.note(&format!("wrote {}", path.display()));
    }
}

/// The picture of a share, with a blank behind it; nothing where there is none.
pub(super) fn share_picture(share: Option<Share>, unicode: bool) -> String {
    picture(
        share.map(|share| PlotInterval {
            lower: Some(share.lower),
            point: share.value,
            upper: Some(share.upper),
        }),
        None,
        unicode,
    )
}

/// The same of a measure, beside a threshold.
pub(super) fn measure_picture(measure: &Measure, threshold: Option<f64>, unicode: bool) -> String {
    let interval = (measure.value).map(|point| PlotInterval {
        lower: measure.lower,
        point,
        upper: measure.upper,
    });
    picture(interval, threshold, unicode)
}

fn picture(interval: Option<PlotInterval<f64>>, threshold: Option<f64>, unicode: bool) -> String {
    interval.map_or_else(String::new, |interval| {
        format!("{} ", share_plot(interval, threshold, unicode))
    })
}

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

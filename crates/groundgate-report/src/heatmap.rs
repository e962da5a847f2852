//! The slices' table: where the candidate lost most against the baseline, as words and shades.

use groundgate_model::number::{NumberFormat, Scale, Toward};
use serde::Serialize;

use super::model::{MetricRow, SliceRow};

/// What slices are, and are not.
pub(super) const SLICE_NOTE: &str =
    "Plain means, without intervals: they show where to look. Only rules decide.";

/// A slice with fewer cases is marked: its means say little.
const THIN_SLICE: usize = 40;

/// Whether a slice is too small to read much into it.
pub(super) const fn is_thin(slice: &SliceRow) -> bool {
    slice.n_cases < THIN_SLICE
}

/// One cell of the slices' table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct HeatCell {
    /// The candidate's mean: `81.0%`.
    pub(super) mean: String,
    /// `▼ −13.4 points`; empty without a baseline.
    pub(super) change: String,
    /// The style class: how far from the baseline, and which way.
    pub(super) class: &'static str,
}

/// A candidate's mean beside the baseline's; `row` says what kind of number it is.
pub(super) fn heat_cell(
    row: Option<&MetricRow>,
    candidate: Option<f64>,
    baseline: Option<f64>,
) -> HeatCell {
    let scale = Scale::of_unit(row.map_or("", |row| &row.unit));
    let Some(candidate) = candidate else {
        return HeatCell {
            mean: "–".to_owned(),
            change: String::new(),
            class: "level",
        };
    };
    let mean = NumberFormat::plain(scale, &[candidate]).with_unit(candidate, Toward::Nearest);
    let Some(difference) = baseline.map(|baseline| candidate - baseline) else {
        return HeatCell {
            mean,
            change: String::new(),
            class: "level",
        };
    };
    let gain = if row.is_none_or(|row| row.higher_is_better) {
        difference
    } else {
        -difference
    };
    let (class, glyph) = match gain {
        _ if scale != Scale::Share => ("level", ""),
        gain if gain <= -0.1 => ("down-2", "▼▼ "),
        gain if gain <= -0.03 => ("down-1", "▼ "),
        gain if gain >= 0.1 => ("up-2", "▲▲ "),
        gain if gain >= 0.03 => ("up-1", "▲ "),
        _ => ("level", ""),
    };
    let format = NumberFormat::new(scale, true, &[difference], None);
    HeatCell {
        mean,
        change: format!("{glyph}{}", format.with_unit(difference, Toward::Nearest)),
        class,
    }
}

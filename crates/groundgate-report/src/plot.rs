//! Where things stand in a forest plot: axes and rows, without any drawing. `text` and `chart` draw.
//!
//! Scores share one axis and differences another; everything with an upper limit is shown as a share
//! of its limit, so that milliseconds and dollars can stand in one picture.

use groundgate_gate::{AllowedSide, Finding};
use groundgate_model::number::{NumberFormat, Scale, Toward};

/// A point between its bounds, on any scale; a side without a bound is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlotInterval<T> {
    /// `None`: open to the left.
    pub lower: Option<T>,
    /// The estimate.
    pub point: T,
    /// `None`: open to the right.
    pub upper: Option<T>,
}

impl<T> PlotInterval<T> {
    /// The same on another scale.
    pub(super) fn map<U>(self, onto: impl Fn(T) -> U) -> PlotInterval<U> {
        PlotInterval {
            lower: self.lower.map(&onto),
            point: onto(self.point),
            upper: self.upper.map(&onto),
        }
    }
}

/// Rows that share an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlotGroup<'a> {
    /// What the axis shows.
    pub(super) title: &'static str,
    pub(super) axis: Axis,
    /// In the policy's order; never empty.
    pub(super) rows: Vec<PlotRow<'a>>,
}

/// One rule, in units of its axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlotRow<'a> {
    pub(super) finding: &'a Finding,
    pub(super) point: f64,
    /// `None`: open to the left.
    pub(super) lower: Option<f64>,
    /// `None`: open to the right.
    pub(super) upper: Option<f64>,
    pub(super) threshold: f64,
}

/// From `low` to `high`, `low` < `high`, both on a tick.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    /// Values and their labels, from left to right.
    pub(super) ticks: Vec<(f64, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Score,
    Difference,
    ShareOfBar,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Score, Self::Difference, Self::ShareOfBar];

    /// Where a rule is shown; nothing where its bar has no place on any axis.
    fn of(finding: &Finding) -> Option<Self> {
        let is_share = Scale::of_unit(&finding.unit) == Scale::Share;
        match (finding.side, is_share, finding.is_difference) {
            (_, true, true) => Some(Self::Difference),
            (AllowedSide::AtLeast, true, false) => Some(Self::Score),
            _ if finding.threshold > 0.0 => Some(Self::ShareOfBar),
            _ => None,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Score => "Scores",
            Self::Difference => "Difference to the baseline, in points",
            Self::ShareOfBar => "Share of the bar",
        }
    }
}

/// All rules that can be drawn, by axis.
pub(super) fn groups<'a>(findings: &[&'a Finding]) -> Vec<PlotGroup<'a>> {
    Kind::ALL
        .into_iter()
        .filter_map(|kind| {
            let rows: Vec<PlotRow<'_>> = findings
                .iter()
                .copied()
                .filter(|finding| Kind::of(finding) == Some(kind))
                .filter_map(|finding| PlotRow::new(finding, kind))
                .collect();
            (!rows.is_empty()).then(|| PlotGroup {
                title: kind.title(),
                axis: Axis::around(&rows, kind),
                rows,
            })
        })
        .collect()
}

impl<'a> PlotRow<'a> {
    fn new(finding: &'a Finding, kind: Kind) -> Option<Self> {
        let estimate = finding.estimate.as_ref()?;
        let unit = match kind {
            Kind::ShareOfBar => finding.threshold,
            Kind::Score | Kind::Difference => 1.0,
        };
        // Beyond this there is no picture; it is shown as open.
        let scaled = |value: f64| Some(value / unit).filter(|value| value.abs() < 1e12);
        Some(Self {
            finding,
            point: scaled(estimate.point)?,
            lower: estimate.lower.and_then(scaled),
            upper: estimate.upper.and_then(scaled),
            threshold: scaled(finding.threshold)?,
        })
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        [
            Some(self.point),
            self.lower,
            self.upper,
            Some(self.threshold),
        ]
        .into_iter()
        .flatten()
    }
}

impl Axis {
    /// The smallest axis of whole steps that holds all rows with a little air.
    fn around(rows: &[PlotRow<'_>], kind: Kind) -> Self {
        let low = rows
            .iter()
            .flat_map(PlotRow::values)
            .fold(f64::INFINITY, f64::min);
        let high = rows
            .iter()
            .flat_map(PlotRow::values)
            .fold(f64::NEG_INFINITY, f64::max);
        // A difference means something only beside no difference.
        let (low, high) = match kind {
            Kind::Difference => (low.min(0.0), high.max(0.0)),
            Kind::Score | Kind::ShareOfBar => (low, high),
        };
        let air = ((high - low) * 0.04).max(0.002);
        let (floor, ceiling): (f64, f64) = match kind {
            Kind::Score => (0.0, 1.0),
            Kind::Difference => (-1.0, 1.0),
            Kind::ShareOfBar => (0.0, f64::INFINITY),
        };
        let (low, high) = (
            (low - air).max(floor.min(low)),
            (high + air).min(ceiling.max(high)),
        );
        let step = step_for(high - low);
        let first = (low / step + 1e-9).floor();
        let end = (high / step - 1e-9).ceil().max(first + 1.0);
        let mut ticks = Vec::new();
        let mut index = first;
        while index <= end && ticks.len() < 12 {
            let value = index * step;
            ticks.push((value, tick_label(value, step, kind)));
            index += 1.0;
        }
        Self {
            low: first * step,
            high: end * step,
            ticks,
        }
    }

    /// From none to all.
    pub(super) fn shares() -> Self {
        let step = 0.2;
        let ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
        Self {
            low: 0.0,
            high: 1.0,
            ticks: ticks
                .map(|value| (value, tick_label(value, step, Kind::Score)))
                .to_vec(),
        }
    }

    /// Where `value` stands: 0 at the left end, 1 at the right; held at the ends.
    pub(super) fn place(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// 1, 2 or 5 times a power of ten, so that four to eight steps fill `width`.
fn step_for(width: f64) -> f64 {
    let rough = width / 5.0;
    let power = 10.0_f64.powf(rough.log10().floor());
    let lead = rough / power;
    let lead = if lead < 1.5 {
        1.0
    } else if lead < 3.5 {
        2.0
    } else if lead < 7.5 {
        5.0
    } else {
        10.0
    };
    lead * power
}

fn tick_label(value: f64, step: f64, kind: Kind) -> String {
    // A tick is a whole number of steps; what floats add to it is cut off.
    let value = (value / step).round() * step;
    let value = (value * 1e9).round() / 1e9;
    let format = NumberFormat::plain(Scale::Share, &[]);
    let text = format.bar(value);
    match kind {
        Kind::Score | Kind::ShareOfBar => text,
        Kind::Difference => {
            let difference = NumberFormat::new(Scale::Share, true, &[], Some(value));
            let is_whole = (step * 100.0).fract() < 1e-9;
            if is_whole {
                text.trim_end_matches('%').to_owned()
            } else {
                difference.bare(value, Toward::Nearest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Report, fixture};

    fn all(report: &Report) -> Vec<&Finding> {
        report.decision.findings.iter().collect()
    }

    #[test]
    fn scores_differences_and_limits_have_their_own_axes() {
        let report = fixture::report();
        let groups = groups(&all(&report));
        let shape: Vec<(&str, usize)> = groups
            .iter()
            .map(|group| (group.title, group.rows.len()))
            .collect();
        assert_eq!(
            shape,
            [
                ("Scores", 5),
                ("Difference to the baseline, in points", 1),
                ("Share of the bar", 3)
            ]
        );
        for group in &groups {
            for row in &group.rows {
                for value in row.values() {
                    let place = group.axis.place(value);
                    assert!((0.0..=1.0).contains(&place), "{value} at {place}");
                }
            }
            assert!(
                (3..=10).contains(&group.axis.ticks.len()),
                "{:?}",
                group.axis
            );
        }
    }

    #[test]
    fn a_bar_of_zero_has_no_place_on_a_share_axis() {
        let mut report = fixture::report();
        report.decision.findings.truncate(1);
        for finding in &mut report.decision.findings {
            finding.unit = "findings".to_owned();
            finding.side = AllowedSide::AtMost;
            finding.threshold = 0.0;
        }
        assert!(groups(&all(&report)).is_empty());
    }
}

//! What is known of the judges as small pictures: point and interval of every measure beside its bar,
//! with the same numbers as text.

use groundgate_gate::{AllowedSide, JudgeMeasure, Verdict};
use groundgate_model::number::{NumberFormat, Scale, Toward, format_count};
use serde::Serialize;

use super::{
    chart,
    model::Named,
    plot::{Axis, PlotInterval},
    visible::visible_line,
    wording::mark,
};

/// One measure as a row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct MeasureView {
    what: String,
    /// An SVG, drawn here.
    strip: String,
    value: String,
    interval: String,
    /// Empty where no rule has one.
    bar: String,
    n: String,
    from: String,
}

/// All measures, and the scale above them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct JudgePicture {
    scale: String,
    rows: Vec<MeasureView>,
}

impl JudgePicture {
    /// Has no rows where nothing is known.
    pub(super) fn new(measures: &[JudgeMeasure]) -> Self {
        let axis = Axis::shares();
        Self {
            scale: chart::scale(&axis),
            rows: measures.iter().map(|one| row(one, &axis)).collect(),
        }
    }
}

/// Name and value in words: `groundedness: agreement with people (kappa)`, `87% [78, no upper bound], 120
/// answers`.
pub(super) fn facts(measures: &[JudgeMeasure]) -> Vec<Named> {
    let facts = measures.iter().map(|one| {
        let (value, interval) = numbers(one);
        let name = format!("{}: {}", one.metric, one.what);
        Named::new(
            name,
            format!("{value} {interval}, {} answers", format_count(one.n)),
        )
    });
    facts.collect()
}

fn row(measure: &JudgeMeasure, axis: &Axis) -> MeasureView {
    let (value, interval) = numbers(measure);
    let bar = measure.bar.map_or_else(String::new, |(side, bar)| {
        let sign = match side {
            AllowedSide::AtLeast => "≥",
            AllowedSide::AtMost => "≤",
        };
        format!("{sign} {}", NumberFormat::plain(Scale::Share, &[]).bar(bar))
    });
    let what = visible_line(&format!("{}: {}", measure.metric, measure.what));
    let words = match bar.as_str() {
        "" => format!("{value} {interval}"),
        bar => format!("{value} {interval}; the threshold is {bar}"),
    };
    let verdict = shown(measure);
    let strip = chart::Strip {
        class: mark(verdict).class,
        title: &what,
        description: &words,
        interval: PlotInterval {
            lower: measure.lower,
            point: measure.value,
            upper: measure.upper,
        },
        threshold: measure.bar,
        verdict,
    };
    MeasureView {
        strip: strip.drawn(axis),
        what,
        value,
        interval,
        bar,
        n: format_count(measure.n),
        from: visible_line(&measure.from),
    }
}

/// Whether its bound is on the allowed side of its bar; without a bar there is nothing to show.
fn shown(measure: &JudgeMeasure) -> Verdict {
    let is_shown = match measure.bar {
        None => true,
        Some((AllowedSide::AtLeast, bar)) => measure.lower.is_some_and(|lower| lower >= bar),
        Some((AllowedSide::AtMost, bar)) => measure.upper.is_some_and(|upper| upper <= bar),
    };
    if is_shown {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    }
}

fn numbers(measure: &JudgeMeasure) -> (String, String) {
    let values: Vec<f64> = [Some(measure.value), measure.lower, measure.upper]
        .into_iter()
        .flatten()
        .collect();
    let bar = measure.bar.map(|(_, bar)| bar);
    let format = NumberFormat::new(Scale::Share, false, &values, bar);
    (
        format.with_unit(measure.value, Toward::Nearest),
        format.interval(measure.lower, measure.upper),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(lower: Option<f64>, bar: Option<(AllowedSide, f64)>) -> JudgeMeasure {
        JudgeMeasure {
            metric: "<b>groundedness".to_owned(),
            what: "agreement with people (kappa)",
            value: 0.83,
            lower,
            upper: None,
            n: 1500,
            bar,
            from: "evidence/<judge>.json".to_owned(),
        }
    }

    #[test]
    fn a_measure_says_the_same_in_the_picture_and_beside_it() {
        let picture = JudgePicture::new(&[measure(Some(0.7), Some((AllowedSide::AtLeast, 0.6)))]);
        let row = &picture.rows[0];
        assert!(picture.scale.starts_with("<svg"));
        assert_eq!(
            (
                row.value.as_str(),
                row.interval.as_str(),
                row.bar.as_str(),
                row.n.as_str()
            ),
            ("83.0%", "[70.0, no upper bound]", "≥ 60%", "1,500")
        );
        assert!(
            row.strip
                .contains("83.0% [70.0, no upper bound]; the threshold is ≥ 60%"),
            "{}",
            row.strip
        );
        assert!(
            row.strip.contains("&lt;b&gt;") && !row.strip.contains("<b>"),
            "{}",
            row.strip
        );
        assert_eq!(
            facts(&[measure(None, None)]),
            [Named::new(
                "<b>groundedness: agreement with people (kappa)",
                "83.0% [no lower bound, no upper bound], 1,500 answers"
            )]
        );
    }

    #[test]
    fn what_is_not_shown_looks_otherwise_than_what_is() {
        for (lower, bar, verdict) in [
            (Some(0.7), Some((AllowedSide::AtLeast, 0.6)), Verdict::Pass),
            (
                Some(0.5),
                Some((AllowedSide::AtLeast, 0.6)),
                Verdict::Inconclusive,
            ),
            (
                None,
                Some((AllowedSide::AtLeast, 0.6)),
                Verdict::Inconclusive,
            ),
            (
                Some(0.5),
                Some((AllowedSide::AtMost, 0.9)),
                Verdict::Inconclusive,
            ),
            (Some(0.1), None, Verdict::Pass),
        ] {
            assert_eq!(shown(&measure(lower, bar)), verdict);
        }
    }
}

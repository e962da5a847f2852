//! Forest plots as SVG, one strip per rule, so that each strip can stand in a row of a real table.
//!
//! The strips of one group share an axis and a width and line up under each other. Shapes, not only
//! colors, carry the verdict; colors come from the page's style sheet through classes. No text of a
//! report gets in here except through [`escape`].

use std::fmt::Write as _;

use groundgate_gate::{AllowedSide, Verdict};

use super::{
    figures,
    plot::{Axis, PlotInterval, PlotRow},
    visible::visible_line,
    wording::mark,
};

/// Width of a strip in its own units; the page scales it.
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 26.0;
/// Room at both ends for half a shape and half a label.
const MARGIN: f64 = 20.0;
const MIDDLE: f64 = HEIGHT / 2.0;

/// The strip of one rule: its threshold, its interval, and its point in the shape of the verdict.
pub(super) fn strip(row: &PlotRow<'_>, axis: &Axis) -> String {
    let numbers = figures::finding_numbers(row.finding);
    let mark = mark(row.finding.verdict);
    let strip = Strip {
        class: mark.class,
        title: &format!("{}: {}", row.finding.id, mark.word),
        description: &format!(
            "{} {}; the threshold is {}",
            numbers.estimate, numbers.interval, numbers.bar
        ),
        interval: PlotInterval {
            lower: row.lower,
            point: row.point,
            upper: row.upper,
        },
        threshold: Some((row.finding.side, row.threshold)),
        verdict: row.finding.verdict,
    };
    strip.drawn(axis)
}

/// What one strip shows.
pub(super) struct Strip<'a> {
    /// The verdict's style class.
    pub(super) class: &'a str,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) interval: PlotInterval<f64>,
    /// The side of it that is allowed, and where it is.
    pub(super) threshold: Option<(AllowedSide, f64)>,
    pub(super) verdict: Verdict,
}

impl Strip<'_> {
    /// As SVG, on an axis.
    pub(super) fn drawn(&self, axis: &Axis) -> String {
        let Self {
            class,
            title,
            description,
            interval,
            threshold,
            verdict,
        } = *self;
        let bar = threshold.map(|(side, bar)| (side, column(axis, bar)));
        let mut body = bar.map_or_else(String::new, |(side, bar)| {
        let (left, width) = match side {
            AllowedSide::AtLeast => (0.0, bar),
            AllowedSide::AtMost => (bar, WIDTH - bar),
        };
        format!("<rect class=\"shut\" x=\"{left:.1}\" y=\"0\" width=\"{width:.1}\" height=\"{HEIGHT}\"/>")
    });
        for (value, _) in &axis.ticks {
            body.push_str(&vertical("grid", column(axis, *value), 0.0, HEIGHT));
        }
        if let Some((_, bar)) = bar {
            body.push_str(&vertical("bar", bar, 0.0, HEIGHT));
        }
        body.push_str(&line(interval, axis));
        body.push_str(&shape(verdict, column(axis, interval.point)));
        format!(
            "<svg class=\"strip {class}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\"><title>{title}</title>\
         <desc>{desc}</desc>{body}</svg>",
            title = escape(title),
            desc = escape(description),
        )
    }
}

/// The labels of an axis, to stand above its strips.
pub(super) fn scale(axis: &Axis) -> String {
    let mut body = String::new();
    for (value, label) in &axis.ticks {
        let x = column(axis, *value);
        body.push_str(&vertical("grid", x, 18.0, 24.0));
        let _infallible = write!(
            body,
            "<text x=\"{x:.1}\" y=\"13\" text-anchor=\"middle\">{}</text>",
            escape(label)
        );
    }
    format!(
        "<svg class=\"scale\" viewBox=\"0 0 {WIDTH} 24\" role=\"img\"><title>Scale from {} to {}</title>{body}</svg>",
        axis.ticks
            .first()
            .map_or_else(String::new, |(_, label)| escape(label)),
        axis.ticks
            .last()
            .map_or_else(String::new, |(_, label)| escape(label)),
    )
}

fn column(axis: &Axis, value: f64) -> f64 {
    MARGIN + axis.place(value) * (WIDTH - 2.0 * MARGIN)
}

/// A line with caps; an open end has an arrow instead.
fn line(PlotInterval { lower, upper, .. }: PlotInterval<f64>, axis: &Axis) -> String {
    let left = lower.map_or(2.0, |lower| column(axis, lower));
    let right = upper.map_or(WIDTH - 2.0, |upper| column(axis, upper));
    let mut drawn = format!(
        "<line class=\"interval\" x1=\"{left:.1}\" y1=\"{MIDDLE}\" x2=\"{right:.1}\" y2=\"{MIDDLE}\"/>"
    );
    for (is_open, x, back) in [(lower.is_none(), left, 6.0), (upper.is_none(), right, -6.0)] {
        if is_open {
            let _infallible = write!(
                drawn,
                "<path class=\"cap\" d=\"M{:.1} {:.1}L{x:.1} {MIDDLE}L{:.1} {:.1}\"/>",
                x + back,
                MIDDLE - 5.0,
                x + back,
                MIDDLE + 5.0
            );
        } else {
            drawn.push_str(&vertical("cap", x, MIDDLE - 5.0, MIDDLE + 5.0));
        }
    }
    drawn
}

/// Every verdict has its own shape.
fn shape(verdict: Verdict, x: f64) -> String {
    let y = MIDDLE;
    match verdict {
        Verdict::Pass => format!("<circle class=\"point\" cx=\"{x:.1}\" cy=\"{y}\" r=\"5.5\"/>"),
        Verdict::Waived => format!(
            "<path class=\"point hollow\" d=\"M{:.1} {y}q3.5 -7 7 0t7 0\"/>",
            x - 7.0
        ),
        Verdict::Hold => format!(
            "<path class=\"point stroke\" d=\"M{:.1} {}v11M{:.1} {}v11\"/>",
            x - 3.0,
            y - 5.5,
            x + 3.0,
            y - 5.5
        ),
        Verdict::Inconclusive => format!(
            "<path class=\"point hollow\" d=\"M{x:.1} {}l6.5 6.5l-6.5 6.5l-6.5 -6.5z\"/>",
            y - 6.5
        ),
        Verdict::Fail => format!(
            "<path class=\"point stroke\" d=\"M{:.1} {}l10 10m0 -10l-10 10\"/>",
            x - 5.0,
            y - 5.0
        ),
        Verdict::Error => format!(
            "<path class=\"point\" d=\"M{x:.1} {}l6.5 12h-13z\"/>",
            y - 6.5
        ),
    }
}

fn vertical(class: &str, x: f64, top: f64, bottom: f64) -> String {
    format!("<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>")
}

/// For text between tags of XML or HTML and inside quoted attributes; hidden characters are shown.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in visible_line(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixture, plot};

    #[test]
    fn strips_and_scales_are_well_formed_and_named() {
        for report in [fixture::report(), fixture::hostile()] {
            for group in plot::groups(&report.decision.findings.iter().collect::<Vec<_>>()) {
                for drawing in group
                    .rows
                    .iter()
                    .map(|row| strip(row, &group.axis))
                    .chain([scale(&group.axis)])
                {
                    let document = roxmltree::Document::parse(&drawing).unwrap();
                    let names: Vec<&str> = document
                        .root_element()
                        .children()
                        .map(|node| node.tag_name().name())
                        .collect();
                    assert_eq!(names.first(), Some(&"title"));
                    assert!(!names.contains(&"script"));
                }
            }
        }
    }

    #[test]
    fn every_verdict_has_its_own_shape() {
        let shapes = [
            Verdict::Pass,
            Verdict::Waived,
            Verdict::Hold,
            Verdict::Inconclusive,
            Verdict::Fail,
            Verdict::Error,
        ]
        .map(|verdict| shape(verdict, 100.0));
        for (index, one) in shapes.iter().enumerate() {
            assert!(!shapes[index + 1..].contains(one));
        }
    }

    #[test]
    fn an_open_end_has_an_arrow() {
        let mut report = fixture::report();
        report.decision.findings.truncate(1);
        report.decision.findings[0].estimate.as_mut().unwrap().upper = None;
        let groups = plot::groups(&report.decision.findings.iter().collect::<Vec<_>>());
        let drawing = strip(&groups[0].rows[0], &groups[0].axis);
        assert!(drawing.contains("<path class=\"cap\""), "{drawing}");
    }
}

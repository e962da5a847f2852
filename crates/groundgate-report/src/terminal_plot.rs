//! Small pictures in a terminal: an interval around zero, and how cases are spread around it.

use groundgate_gate::{RunScores, case_scores, twins};
use groundgate_model::{trial::ScoreTable, unit::count_to_f64};

use super::plot::PlotInterval;

/// Columns of a picture; odd, so that zero has one of its own.
const WIDTH: usize = 25;

/// An interval on a line from −`reach` to `reach`: `├──●──┤  ┊`, in ASCII `|--o--|  :`. A side that
/// has no bound goes on to the edge.
pub fn interval_plot(interval: PlotInterval<f64>, reach: f64, unicode: bool) -> String {
    let places = |value: f64| column(value, reach);
    drawn::<WIDTH>(interval.map(places), Some(WIDTH / 2), unicode)
}

/// Columns of a share's picture.
const SHARE_WIDTH: usize = 21;

/// The same on a line from 0 to 1, with a threshold where there is one.
pub fn share_plot(interval: PlotInterval<f64>, threshold: Option<f64>, unicode: bool) -> String {
    let places = |value: f64| share(value, SHARE_WIDTH);
    drawn::<SHARE_WIDTH>(interval.map(places), threshold.map(places), unicode)
}

fn drawn<const N: usize>(
    interval: PlotInterval<usize>,
    mark: Option<usize>,
    unicode: bool,
) -> String {
    let PlotInterval {
        lower: from,
        point,
        upper: to,
    } = interval;
    let [line, start, end, dot, bar] = if unicode {
        ['─', '├', '┤', '●', '┊']
    } else {
        ['-', '|', '|', 'o', ':']
    };
    let mut cells = [' '; N];
    for cell in cells
        .iter_mut()
        .take(to.unwrap_or(N) + 1)
        .skip(from.unwrap_or(0))
    {
        *cell = line;
    }
    for (place, sign) in [(from, start), (to, end), (mark, bar), (Some(point), dot)] {
        if let Some(cell) = place.and_then(|place| cells.get_mut(place)) {
            *cell = sign;
        }
    }
    cells.iter().collect()
}

/// How many values fall where between −`reach` and `reach`: `▁▁▂█▁`, in ASCII `..:#.`; blank where
/// there is none. Heights are logarithmic, so that few regressions beside many ties are seen.
pub fn sparkline(values: &[f64], reach: f64, unicode: bool) -> String {
    let heights: [char; 8] = if unicode {
        ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    } else {
        ['.', ':', '-', '=', '+', '*', '%', '#']
    };
    let mut counts = [0_usize; WIDTH];
    for value in values {
        if let Some(count) = counts.get_mut(column(*value, reach)) {
            *count += 1;
        }
    }
    let most = count_to_f64(counts.iter().copied().max().unwrap_or(0)).ln_1p();
    counts
        .iter()
        .map(|&count| {
            let height = share(count_to_f64(count).ln_1p() / most, heights.len());
            if count == 0 {
                ' '
            } else {
                heights.get(height).copied().unwrap_or(' ')
            }
        })
        .collect()
}

/// Candidate − baseline of every case that has a difference, as the rules pair them.
pub fn case_differences(candidate: &ScoreTable, baseline: &ScoreTable, metric: &str) -> Vec<f64> {
    let evidence = RunScores {
        candidate,
        baseline: Some(baseline),
    };
    let scores = case_scores(evidence, &twins(evidence), metric);
    let differences = scores.into_iter().flat_map(|scores| scores.difference);
    differences.flatten().collect()
}

fn column(value: f64, reach: f64) -> usize {
    share((value / reach.max(f64::MIN_POSITIVE)).midpoint(1.0), WIDTH)
}

/// The one of `n` equal parts of [0, 1] that holds a share; held at the ends.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held between 0 and n on the same line"
)]
fn share(share: f64, n: usize) -> usize {
    ((share * count_to_f64(n)).clamp(0.0, count_to_f64(n - 1))) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval((lower, point, upper): (Option<f64>, f64, Option<f64>)) -> PlotInterval<f64> {
        PlotInterval {
            lower,
            point,
            upper,
        }
    }

    #[test]
    fn an_interval_stands_where_its_numbers_say() {
        for (bounds, unicode, picture) in [
            (
                (Some(-0.5), -0.25, Some(0.0)),
                true,
                "      ├──●──┊            ",
            ),
            (
                (Some(-0.5), -0.25, Some(-0.1)),
                false,
                "      |--o-|:            ",
            ),
            ((None, 0.0, Some(0.5)), true, "────────────●─────┤      "),
            (
                (Some(-9.0), 9.0, Some(9.0)),
                false,
                "|-----------:-----------o",
            ),
        ] {
            assert_eq!(interval_plot(interval(bounds), 1.0, unicode), picture);
        }
    }

    #[test]
    fn a_share_stands_beside_its_bar() {
        for (bounds, bar, unicode, picture) in [
            (
                (Some(0.5), 0.75, Some(0.9)),
                Some(0.7),
                true,
                "          ├───┊●──┤  ",
            ),
            (
                (Some(0.5), 0.75, Some(0.9)),
                None,
                false,
                "          |----o--|  ",
            ),
            (
                (None, 0.0, Some(0.05)),
                Some(0.05),
                false,
                "o:                   ",
            ),
            ((Some(0.9), 1.0, None), None, true, "                  ├─●"),
            (
                (Some(-0.4), -0.2, None),
                Some(0.7),
                false,
                "o-------------:------",
            ),
        ] {
            assert_eq!(share_plot(interval(bounds), bar, unicode), picture);
        }
    }

    #[test]
    fn a_sparkline_shows_few_beside_many() {
        let values: Vec<f64> = std::iter::repeat_n(0.0, 99).chain([-1.0]).collect();
        let line = sparkline(&values, 1.0, true);
        assert_eq!(line.chars().count(), WIDTH);
        assert_eq!(line.trim_end(), "▂           █");
        assert!(sparkline(&values, 1.0, false).is_ascii());
        assert_eq!(sparkline(&[], 1.0, true).trim(), "");
    }
}

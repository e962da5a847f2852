//! The likelihood interval of a clustered proportion as R prints it.
//!
//! R 4.2 (`survey::svyciprop` with MASS's `profile.glm`) steps along the log odds, interpolates the
//! signed root of the deviance with a cubic spline, and that with straight lines, which moves the ends
//! by up to 5e-5. [`ClusteredProportion::likelihood`] has the exact ends; this is for comparing only.

use crate::{
    count::count_to_f64,
    interval::{binomial::Interval, cluster::ClusteredProportion},
    special::{distributions::student_t_quantile, normal::normal_sf},
};

/// The interval at two-sided `alpha`.
pub(super) fn likelihood_as_in_r(proportion: ClusteredProportion, alpha: f64) -> Interval {
    let (share, members) = (proportion.share(), proportion.members());
    let odds = share * (1.0 - share);
    let effect = proportion.variance() * members / odds;
    let cutoff = -student_t_quantile(0.5 * alpha, proportion.df()) * effect.sqrt();
    let reach = -student_t_quantile(0.25 * normal_sf(cutoff), members - 1.0);
    let root = |logit: f64| {
        let p = back(logit);
        let deviance = share * (share / p).ln() + (1.0 - share) * ((1.0 - share) / (1.0 - p)).ln();
        (2.0 * (members - 1.0) * deviance.max(0.0)).sqrt()
    };
    let middle = (share / (1.0 - share)).ln();
    let step = 0.2 * reach * proportion.variance().sqrt() / odds;
    let mut points = vec![(middle, 0.0)];
    for sign in [-1.0, 1.0] {
        for index in 1..10_u32 {
            let logit = middle + sign * f64::from(index) * step;
            let height = root(logit);
            points.push((logit, sign * height));
            if height >= reach {
                break;
            }
        }
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let fine = resampled(&points);
    Interval {
        low: back(crossing(&fine, -cutoff)),
        high: back(crossing(&fine, cutoff)),
    }
}

fn back(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// Three times as many points, evenly spaced, on the spline.
fn resampled(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let count = 3 * points.len();
    let slopes = curvatures(points);
    (0..count)
        .map(|index| {
            let share = count_to_f64(index) / count_to_f64(count - 1);
            let x = first.0 + (last.0 - first.0) * share;
            (x, on_spline(points, &slopes, x))
        })
        .collect()
}

/// The spline's value at `x`, from second derivatives at the points.
fn on_spline(points: &[(f64, f64)], curvatures: &[f64], x: f64) -> f64 {
    let pairs = points.windows(2).zip(curvatures.windows(2));
    let mut value = 0.0;
    for (pair, bend) in pairs {
        let ([(x0, y0), (x1, y1)], [c0, c1]) = (pair, bend) else {
            continue;
        };
        let width = x1 - x0;
        let (a, b) = ((x1 - x) / width, (x - x0) / width);
        let cubic = (a * a * a - a) * c0 + (b * b * b - b) * c1;
        value = a * y0 + b * y1 + cubic * width * width / 6.0;
        if x <= *x1 {
            break;
        }
    }
    value
}

/// Second derivatives of the cubic spline of Forsythe, Malcolm and Moler: third derivatives at the
/// ends are those of the cubics through the first and the last four points.
fn curvatures(points: &[(f64, f64)]) -> Vec<f64> {
    let widths: Vec<f64> = differences(points, |point| point.0);
    let rises = differences(points, |point| point.1);
    let slopes: Vec<f64> = rises
        .iter()
        .zip(&widths)
        .map(|(rise, width)| rise / width)
        .collect();
    let jerk = |widths: Option<&[f64; 3]>, slopes: Option<&[f64; 3]>| match (widths, slopes) {
        (Some([w0, w1, w2]), Some([s0, s1, s2])) => {
            6.0 * ((s2 - s1) / (w1 + w2) - (s1 - s0) / (w0 + w1)) / (w0 + w1 + w2)
        }
        _ => 0.0,
    };
    let at_first = jerk(widths.first_chunk(), slopes.first_chunk());
    let at_last = jerk(widths.last_chunk(), slopes.last_chunk());
    // Rows (before, here, after, right-hand side) of the tridiagonal system.
    let mut rows = Vec::with_capacity(points.len());
    rows.extend(
        widths
            .first()
            .map(|width| (0.0, -1.0, 1.0, width * at_first)),
    );
    for (width, slope) in widths.windows(2).zip(slopes.windows(2)) {
        if let ([w0, w1], [s0, s1]) = (width, slope) {
            rows.push((*w0, 2.0 * (w0 + w1), *w1, 6.0 * (s1 - s0)));
        }
    }
    rows.extend(widths.last().map(|width| (-1.0, 1.0, 0.0, width * at_last)));
    solved(&rows)
}

/// Thomas' algorithm.
fn solved(rows: &[(f64, f64, f64, f64)]) -> Vec<f64> {
    let mut reduced: Vec<(f64, f64)> = Vec::with_capacity(rows.len());
    for (before, here, after, right) in rows {
        let (factor, known) = reduced.last().copied().unwrap_or((0.0, 0.0));
        let pivot = here - before * factor;
        reduced.push((after / pivot, (right - before * known) / pivot));
    }
    let mut next = 0.0;
    let mut solution: Vec<f64> = (reduced.iter().rev())
        .map(|(factor, known)| {
            next = known - factor * next;
            next
        })
        .collect();
    solution.reverse();
    solution
}

/// Where straight lines through the points reach `height`.
fn crossing(points: &[(f64, f64)], height: f64) -> f64 {
    let found = points.windows(2).find_map(|pair| match pair {
        [(x0, y0), (x1, y1)] if *y0 <= height && height <= *y1 => {
            Some(x0 + (x1 - x0) * (height - y0) / (y1 - y0))
        }
        _ => None,
    });
    found.unwrap_or(f64::INFINITY.copysign(height))
}

fn differences(points: &[(f64, f64)], of: fn(&(f64, f64)) -> f64) -> Vec<f64> {
    let pairs = points.iter().zip(points.iter().skip(1));
    pairs.map(|(a, b)| of(b) - of(a)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Third derivatives at the ends are those of cubics through the last four points, so that a cubic
    /// is its own spline.
    #[test]
    fn the_spline_through_a_cubic_is_that_cubic() {
        let cubic = |x: f64| 0.5 * x.powi(3) - 2.0 * x.powi(2) + x + 0.25;
        let points = [-1.0, -0.75, 0.25, 0.5, 1.5, 3.5, 4.0].map(|x| (x, cubic(x)));
        let fine = resampled(&points);
        assert_eq!(fine.len(), 21);
        for (x, y) in fine {
            assert!((y - cubic(x)).abs() < 1e-12, "{x}: {y}");
        }
        for ((x, _), bend) in points.iter().zip(curvatures(&points)) {
            assert!((bend - (3.0 * x - 4.0)).abs() < 1e-12, "{x}: {bend}");
        }
    }
}

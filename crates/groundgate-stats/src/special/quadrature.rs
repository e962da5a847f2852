//! Gauss–Legendre integration of smooth functions.

use std::ops::RangeInclusive;

use std::f64::consts::PI;

/// Points and weights for an integral over [−1, 1].
#[derive(Debug, Clone)]
pub(crate) struct GaussLegendre {
    nodes: Vec<(f64, f64)>,
}

impl GaussLegendre {
    /// With `n` points: exact for polynomials up to degree 2n − 1.
    pub(crate) fn new(n: u32) -> Self {
        let nodes = (0..n)
            .map(|i| {
                let mut x = (PI * (f64::from(i) + 0.75) / (f64::from(n) + 0.5)).cos();
                let mut slope = 1.0;
                for _ in 0..100 {
                    let (value, derivative) = legendre(n, x);
                    slope = derivative;
                    let step = value / derivative;
                    x -= step;
                    if step.abs() < 1e-16 {
                        break;
                    }
                }
                (x, 2.0 / ((1.0 - x * x) * slope * slope))
            })
            .collect();
        Self { nodes }
    }

    /// Points and weights for an interval, cut into `panels` equal parts.
    pub(crate) fn points(&self, ends: RangeInclusive<f64>, panels: u32) -> Vec<(f64, f64)> {
        let (low, high) = ends.into_inner();
        let half = 0.5 * (high - low) / f64::from(panels);
        (0..panels)
            .flat_map(|panel| {
                let middle = low + half * (2.0 * f64::from(panel) + 1.0);
                (self.nodes.iter()).map(move |(x, weight)| (middle + half * x, half * weight))
            })
            .collect()
    }
}

/// The Legendre polynomial of degree `n` and its derivative at `x`.
fn legendre(n: u32, x: f64) -> (f64, f64) {
    let (mut below, mut value) = (0.0, 1.0);
    for k in 0..n {
        let k = f64::from(k);
        (below, value) = (value, ((2.0 * k + 1.0) * x * value - k * below) / (k + 1.0));
    }
    (value, f64::from(n) * (x * value - below) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// numpy 2.4: polynomial.legendre.leggauss.
    #[test]
    fn points_and_weights_match_numpy() {
        let five = [
            (-0.906_179_845_938_664, 0.236_926_885_056_189_08),
            (-0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
            (0.0, 0.568_888_888_888_888_9),
            (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
            (0.906_179_845_938_664, 0.236_926_885_056_189_08),
        ];
        let mut points = GaussLegendre::new(5).points(-1.0..=1.0, 1);
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(points.len(), 5);
        for (point, expected) in points.iter().zip(five) {
            assert!((point.0 - expected.0).abs() < 1e-15, "{point:?}");
            assert!((point.1 - expected.1).abs() < 1e-15, "{point:?}");
        }
    }

    #[test]
    fn polynomials_and_exponentials_are_exact() {
        let rule = GaussLegendre::new(20);
        let integral = |f: fn(f64) -> f64, ends, panels| -> f64 {
            (rule.points(ends, panels).iter())
                .map(|(x, weight)| weight * f(*x))
                .sum()
        };
        assert!((integral(|_| 1.0, -1.0..=4.0, 3) - 5.0).abs() < 1e-13);
        assert!((integral(|x| x.powi(39) + x.powi(38), -1.0..=1.0, 1) - 2.0 / 39.0).abs() < 1e-14);
        assert!((integral(f64::exp, 0.0..=2.0, 2) - 2.0_f64.exp_m1()).abs() < 1e-13);
    }
}

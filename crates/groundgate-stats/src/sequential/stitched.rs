//! A bound in closed form that holds at every moment, stitched from one bound per epoch of time.

use std::f64::consts::FRAC_1_SQRT_2;

use crate::{
    error::StatsError,
    parameter::{not_negative, open_unit, positive},
};

/// The polynomial stitched boundary of Howard et al. (2021), equation 6: it grows like
/// √(V log log V), the slowest that is possible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolyStitching {
    /// The bound is flat before this time.
    pub time_min: f64,
    /// The scale of the sub-gamma process; 0 for sub-Gaussian ones.
    pub c: f64,
    /// How fast the error spent falls over epochs, above 1; 1.4 is usual.
    pub s: f64,
    /// How much longer each epoch is than the one before, above 1; 2 is usual.
    pub eta: f64,
}

impl PolyStitching {
    /// The one-sided bound on the sum at time `v`.
    pub fn bound(&self, v: f64, alpha: f64) -> Result<f64, StatsError> {
        not_negative("time", v)?;
        open_unit("alpha", alpha)?;
        let time_min = positive("first time", self.time_min)?;
        let c = not_negative("scale", self.c)?;
        positive("s minus 1", self.s - 1.0)?;
        positive("eta minus 1", self.eta - 1.0)?;
        let (s, eta) = (self.s, self.eta);
        let time = v.max(time_min);
        let k1 = (eta.powf(0.25) + eta.powf(-0.25)) * FRAC_1_SQRT_2;
        let k2 = 0.5 * (eta.sqrt() + 1.0);
        let log = s * (eta * time / time_min).ln().ln() + riemann_zeta(s).ln()
            - s * eta.ln().ln()
            - alpha.ln();
        let linear = k2 * c * log;
        Ok((k1 * k1 * time * log + linear * linear).sqrt() + linear)
    }
}

/// The Riemann zeta function for s > 1, by the formula of Euler and Maclaurin.
pub fn riemann_zeta(s: f64) -> f64 {
    const TERMS: u32 = 20;
    // Bernoulli numbers B₂, B₄, … over (2k)!.
    const COEFFICIENTS: [f64; 7] = [
        1.0 / 12.0,
        -1.0 / 720.0,
        1.0 / 30_240.0,
        -1.0 / 1_209_600.0,
        1.0 / 47_900_160.0,
        -691.0 / 1_307_674_368_000.0,
        1.0 / 74_724_249_600.0,
    ];
    let n = f64::from(TERMS);
    let head: f64 = (1..TERMS).map(|k| f64::from(k).powf(-s)).sum();
    let mut tail = n.powf(1.0 - s) / (s - 1.0) + 0.5 * n.powf(-s);
    let mut factor = s * n.powf(-s - 1.0);
    let mut order = s;
    for coefficient in COEFFICIENTS {
        tail += coefficient * factor;
        factor *= (order + 1.0) * (order + 2.0) / (n * n);
        order += 2.0;
    }
    head + tail
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn zeta_at_known_points() {
        assert!((riemann_zeta(2.0) - PI * PI / 6.0).abs() < 1e-14);
        assert!((riemann_zeta(4.0) - PI.powi(4) / 90.0).abs() < 1e-14);
        // mpmath: zeta(1.4).
        assert!(
            (riemann_zeta(1.4) - 3.105_547_277_501_4).abs() < 1e-9,
            "{}",
            riemann_zeta(1.4)
        );
    }

    #[test]
    fn value_of_confseq() {
        let stitching = PolyStitching {
            time_min: 10.0,
            c: 1.0,
            s: 1.4,
            eta: 2.0,
        };
        let bound = stitching.bound(50.0, 0.05).unwrap();
        assert!((bound - 32.464_243_487_124_27).abs() < 1e-9, "{bound}");
        let before = stitching.bound(1.0, 0.05).unwrap();
        assert!((before - stitching.bound(10.0, 0.05).unwrap()).abs() < 1e-12);
        for (s, eta) in [(1.0, 2.0), (1.4, 1.0)] {
            let flat = PolyStitching {
                s,
                eta,
                ..stitching
            };
            assert!(flat.bound(50.0, 0.05).is_err(), "{s} {eta}");
        }
    }
}

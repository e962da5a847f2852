//! P(Σ W y ≤ 0) for independent W ~ Gamma(shape, 1): the one integral behind the Dirichlet bounds.
//!
//! The moment generating function of the sum is Π (1 − s y)^−shape. The probability is its inverse
//! transform along a vertical line through the saddle point of e^{K(s)}/s, with s = s₀ + i t and
//! t = scale · sinh u: there the trapezoid rule converges geometrically, since the nearest
//! singularity of the integrand in u lies about π/4 away whatever the terms (C. Helstrom,
//! "Approximate evaluation of detection probabilities", 1978, for the contour; Imhof 1961 for the
//! idea). Two steps of the rule agree to 1e-8 or better only when the finer one is right to 1e-14.

use std::f64::consts::PI;

use crate::{count::count_to_f64, special::incomplete_beta::beta_tails};

/// One summand: `coefficient` times a Gamma(`shape`, 1) weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct GammaTerm {
    /// y, of either sign.
    pub(crate) coefficient: f64,
    /// More than 0. All together at least 1: below that the integrand vanishes too slowly.
    pub(crate) shape: f64,
}

/// P(Σ W y ≤ 0). A sum that is 0 for certain counts as at most 0.
pub(crate) fn at_most_zero(terms: impl Iterator<Item = GammaTerm>) -> f64 {
    let (negative, positive): (Vec<_>, Vec<_>) = terms
        .filter(|term| term.coefficient.abs() > 0.0)
        .partition(|term| term.coefficient < 0.0);
    match (negative.as_slice(), positive.as_slice()) {
        (_, []) => 1.0,
        ([], _) => 0.0,
        ([low], [high]) => two_terms(*low, *high),
        ([low], _) if is_one(low.shape) => against_exponential(*low, &positive),
        (_, [high]) if is_one(high.shape) => 1.0 - against_exponential(*high, &negative),
        _ => inverted(&negative, &positive),
    }
}

fn is_one(shape: f64) -> bool {
    shape.total_cmp(&1.0).is_eq()
}

/// One term on either side: the share of the positive weight is Beta.
fn two_terms(low: GammaTerm, high: GammaTerm) -> f64 {
    let span = high.coefficient - low.coefficient;
    let (x, y) = (-low.coefficient / span, high.coefficient / span);
    beta_tails(x, y, high.shape, low.shape).lower
}

/// P(E |y₀| ≥ Σ W |y|) for an exponential weight E: E exp(−Σ W |y/y₀|).
fn against_exponential(single: GammaTerm, others: &[GammaTerm]) -> f64 {
    let exponent: f64 = others
        .iter()
        .map(|term| term.shape * (term.coefficient / single.coefficient).abs().ln_1p())
        .sum();
    (-exponent).exp()
}

/// Terms on both sides, at least two on one of them.
fn inverted(negative: &[GammaTerm], positive: &[GammaTerm]) -> f64 {
    let mass = |terms: &[GammaTerm]| -> f64 {
        terms
            .iter()
            .map(|term| term.shape * term.coefficient.abs())
            .sum()
    };
    // The tail away from the mean is integrated; it is the smaller one, more or less.
    if mass(positive) >= mass(negative) {
        Contour::new(negative, positive).tail().clamp(0.0, 1.0)
    } else {
        1.0 - Contour::new(positive, negative).tail().clamp(0.0, 1.0)
    }
}

/// The line of integration for the tail on the side of the terms called `against`.
struct Contour {
    /// e^{K(s₀)} / |s₀|, times |s₀|: the integrand's size on the real axis.
    height: f64,
    /// y / (1 − s₀ y) of terms whose shape is a small whole number, once for each.
    factors: Vec<f64>,
    /// The same of the other terms, with their shapes.
    powers: Vec<GammaTerm>,
    /// The unit of t.
    scale: f64,
}

/// A shape up to this is multiplied out; a larger one costs a logarithm and an arc tangent.
const MULTIPLIED_OUT: usize = 32;

impl Contour {
    /// `against` pulls the sum beyond 0, `along` away from it; signs are dropped.
    fn new(against: &[GammaTerm], along: &[GammaTerm]) -> Self {
        let largest = against
            .iter()
            .chain(along)
            .map(|term| term.coefficient.abs())
            .fold(0.0, f64::max);
        let terms: Vec<GammaTerm> = (against.iter().map(|term| (term, -1.0)))
            .chain(along.iter().map(|term| (term, 1.0)))
            .map(|(term, sign)| GammaTerm {
                coefficient: sign * term.coefficient.abs() / largest,
                shape: term.shape,
            })
            .collect();
        let r = saddle_point(&terms);
        let tilted = |term: &GammaTerm| GammaTerm {
            coefficient: term.coefficient / (1.0 + r * term.coefficient),
            shape: term.shape,
        };
        let exponent: f64 = terms
            .iter()
            .map(|term| term.shape * (r * term.coefficient).ln_1p())
            .sum();
        let mut contour = Self {
            height: (-exponent).exp(),
            factors: vec![1.0 / r],
            powers: Vec::new(),
            scale: 0.0,
        };
        let mut spread = 1.0 / (r * r);
        for term in terms.iter().map(tilted) {
            spread += term.shape * term.coefficient * term.coefficient;
            match whole_number(term.shape) {
                Some(times) => {
                    let copies = std::iter::repeat_n(term.coefficient, times);
                    contour.factors.extend(copies);
                }
                None => contour.powers.push(term),
            }
        }
        contour.scale = 1.0 / spread.sqrt();
        // 1/r of the pole belongs to the height: dt / r = scale · cosh u du / r.
        contour.height *= contour.scale / (PI * r);
        contour
    }

    /// The trapezoid rule in u, its step halved until two agree.
    fn tail(&self) -> f64 {
        let mut step = 0.25;
        let mut sum = 0.5 + self.nodes(step, step);
        for _ in 0..6 {
            let finer = sum + self.nodes(0.5 * step, step);
            let (coarse, fine) = (sum * step, 0.5 * finer * step);
            sum = finer;
            step *= 0.5;
            if (fine - coarse).abs() <= 1e-8 * fine.abs() {
                break;
            }
        }
        self.height * sum * step
    }

    /// The integrand summed over u = `start`, `start` + `step`, …, until it vanishes.
    fn nodes(&self, start: f64, step: f64) -> f64 {
        let mut sum = 0.0;
        let mut first = start;
        while first < 40.0 {
            let (block, size) = self.block(first, step);
            sum += block;
            if size < 1e-18 {
                break;
            }
            first += 8.0 * step;
        }
        sum
    }

    /// Eight nodes at once, and the size of the last one's integrand.
    fn block(&self, first: f64, step: f64) -> (f64, f64) {
        const LANES: [f64; 8] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        let u = LANES.map(|lane| first + lane * step);
        let t = u.map(|u| self.scale * u.sinh());
        let (mut re, mut im) = ([1.0_f64; 8], [0.0_f64; 8]);
        for chunk in self.factors.chunks(8) {
            for w in chunk {
                multiply(&mut re, &mut im, &t, *w);
            }
            hold(&mut re, &mut im);
        }
        let mut sum = 0.0;
        let mut size = 0.0;
        for (((u, t), re), im) in u.into_iter().zip(t).zip(re).zip(im) {
            let (mut logarithm, mut angle) = (0.0, 0.0);
            for term in &self.powers {
                let tilt = t * term.coefficient;
                logarithm += 0.5 * term.shape * (tilt * tilt).ln_1p();
                angle += term.shape * tilt.atan();
            }
            let square = re * re + im * im;
            let (across, along) = angle.sin_cos();
            let weight = (-logarithm).exp() * u.cosh();
            sum += weight * (along * re + across * im) / square;
            size = weight / square.sqrt();
        }
        (sum, size)
    }
}

/// Multiplies every lane by 1 − i t w.
#[inline]
fn multiply(re: &mut [f64; 8], im: &mut [f64; 8], t: &[f64; 8], w: f64) {
    for ((re, im), t) in re.iter_mut().zip(im.iter_mut()).zip(t) {
        let tilt = t * w;
        let next = *re + *im * tilt;
        *im -= *re * tilt;
        *re = next;
    }
}

/// Keeps a product whose inverse no longer counts from overflowing.
fn hold(re: &mut [f64; 8], im: &mut [f64; 8]) {
    for (re, im) in re.iter_mut().zip(im.iter_mut()) {
        if re.abs() + im.abs() > 1e120 {
            (*re, *im) = (1e120, 0.0);
        }
    }
}

fn whole_number(shape: f64) -> Option<usize> {
    (1..=MULTIPLIED_OUT).find(|times| count_to_f64(*times).total_cmp(&shape).is_eq())
}

/// The r > 0 with K'(−r) + 1/r = 0, below the pole of the most negative coefficient. Any point in
/// that range is a valid line of integration; near the saddle point the integrand does not wiggle.
fn saddle_point(terms: &[GammaTerm]) -> f64 {
    let lowest = terms
        .iter()
        .map(|term| term.coefficient)
        .fold(0.0, f64::min);
    let limit = -1.0 / lowest;
    let (mean, spread) = terms.iter().fold((0.0, 0.0), |(mean, spread), term| {
        let part = term.shape * term.coefficient;
        (mean + part, spread + part * term.coefficient)
    });
    let normal = (mean + (mean * mean + 4.0 * spread).sqrt()) / (2.0 * spread);
    let (mut low, mut high) = (0.0, limit);
    let mut r = normal.min(0.9 * limit);
    for _ in 0..60 {
        let (value, slope) = terms
            .iter()
            .fold((1.0 / r, 1.0 / (r * r)), |(value, slope), term| {
                let tilted = term.coefficient / (1.0 + r * term.coefficient);
                let part = term.shape * tilted;
                (value + part, slope + part * tilted)
            });
        *(if value > 0.0 { &mut low } else { &mut high }) = r;
        let newton = r + value / slope;
        let next = if newton > low && newton < high {
            newton
        } else {
            0.5 * (low + high)
        };
        let moved = (next - r).abs();
        r = next;
        if moved <= 1e-4 * r.min(limit - r) {
            break;
        }
    }
    r
}

#[cfg(test)]
#[path = "gamma_sum_tests.rs"]
mod tests;

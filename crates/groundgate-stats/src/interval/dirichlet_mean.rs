//! The distribution of a weighted mean whose weights are random: Dirichlet.
//!
//! With values x, sizes k and independent weights W ~ Gamma(shape), M = Σ W x / Σ W k. `dirichlet`
//! makes confidence bounds of it; the Bayesian bootstrap is the same distribution with all shapes 1.
//! Everything is deterministic: M ≤ c exactly when Σ W (x − c k) ≤ 0, and the distribution of that
//! sum has a closed characteristic function, inverted in `gamma_sum`.

use crate::special::{
    distributions::{beta_quantile, beta_upper_quantile},
    gamma_sum::{GammaTerm, at_most_zero},
    normal::normal_quantile,
};

/// One value with its size and the shape of its random weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// The value; of a cluster, the sum over its members.
    pub value: f64,
    /// What the value is out of: 1, or a cluster's number of members. More than 0.
    pub size: f64,
    /// The shape of the weight's Gamma distribution. More than 0; all together at least 1.
    pub shape: f64,
}

impl Term {
    fn ratio(&self) -> f64 {
        self.value / self.size
    }
}

/// The distribution of the weighted mean.
#[derive(Debug, Clone, PartialEq)]
pub struct DirichletMean {
    /// Sorted by ratio, equal ones merged.
    terms: Vec<Term>,
    /// The smallest and the largest ratio.
    ends: (f64, f64),
}

impl DirichletMean {
    /// From finite terms, at least one; `None` when there is none. Equal values are merged.
    pub fn new(terms: impl IntoIterator<Item = Term>) -> Option<Self> {
        let mut sorted: Vec<Term> = terms.into_iter().collect();
        // Equal terms are merged, so that their order does not matter.
        sorted.sort_unstable_by(|a, b| {
            (a.ratio().total_cmp(&b.ratio())).then_with(|| a.size.total_cmp(&b.size))
        });
        let mut merged: Vec<Term> = Vec::with_capacity(sorted.len());
        for term in sorted {
            match merged.last_mut() {
                Some(last) if same(last.value, term.value) && same(last.size, term.size) => {
                    last.shape += term.shape;
                }
                _ => merged.push(term),
            }
        }
        let ends = (merged.first()?.ratio(), merged.last()?.ratio());
        Some(Self {
            terms: merged,
            ends,
        })
    }

    /// P(M ≤ c).
    pub fn cdf(&self, c: f64) -> f64 {
        at_most_zero(self.terms.iter().map(|term| GammaTerm {
            coefficient: term.value - c * term.size,
            shape: term.shape,
        }))
    }

    /// P(M ≥ c).
    pub fn sf(&self, c: f64) -> f64 {
        at_most_zero(self.terms.iter().map(|term| GammaTerm {
            coefficient: c * term.size - term.value,
            shape: term.shape,
        }))
    }

    /// The c with P(M ≤ c) = `p`, for 0 < `p` < 1.
    pub fn quantile(&self, p: f64) -> f64 {
        self.inverse(p, true)
    }

    /// The c with P(M ≥ c) = `p`, for 0 < `p` < 1.
    pub fn upper_quantile(&self, p: f64) -> f64 {
        self.inverse(p, false)
    }

    fn inverse(&self, p: f64, lower: bool) -> f64 {
        let (low, high) = self.ends;
        match self.terms.as_slice() {
            _ if same(low, high) => low,
            [first, last] if same(first.size, last.size) => {
                let share = if lower {
                    beta_quantile(p, last.shape, first.shape)
                } else {
                    beta_upper_quantile(p, last.shape, first.shape)
                };
                low + (high - low) * share
            }
            _ => self.search(p, lower),
        }
    }

    /// Secant steps on the normal score of the tail, which is almost linear in c, from the quantile
    /// of the beta distribution with the same mean and variance; bisection where a step fails.
    fn search(&self, p: f64, lower: bool) -> f64 {
        let (low, high) = self.ends;
        let target = normal_quantile(p);
        // Rises with c on either side.
        let score = |c: f64| {
            if lower {
                normal_quantile(self.cdf(c)) - target
            } else {
                target - normal_quantile(self.sf(c))
            }
        };
        let (mut guess, mut slope) = self.matched(p, lower);
        let mut bracket = (low, high);
        let mut previous: Option<(f64, f64)> = None;
        for step in 0..200 {
            let error = score(guess);
            *(if error < 0.0 {
                &mut bracket.0
            } else {
                &mut bracket.1
            }) = guess;
            if let Some((at, value)) = previous
                && error.is_finite()
                && value.is_finite()
            {
                slope = (error - value) / (guess - at);
            }
            previous = Some((guess, error));
            let newton = guess - error / slope;
            let middle = 0.5 * (bracket.0 + bracket.1);
            let useful = newton > bracket.0 && newton < bracket.1 && (step < 20 || step % 2 == 0);
            let next = if error.abs() < 1e-13 {
                guess
            } else if useful {
                newton
            } else {
                middle
            };
            let moved = (next - guess).abs();
            guess = next;
            if moved <= 1e-15 * (high - low) || bracket.1 - bracket.0 <= 1e-15 * (high - low) {
                break;
            }
        }
        guess
    }

    /// A first quantile, and the slope of the normal score there.
    fn matched(&self, p: f64, lower: bool) -> (f64, f64) {
        let (low, high) = self.ends;
        let total: f64 = self.terms.iter().map(|t| t.shape).sum();
        let size: f64 = self.terms.iter().map(|t| t.shape * t.size).sum();
        let mean = self.terms.iter().map(|t| t.shape * t.value).sum::<f64>() / size;
        let squares: f64 = self
            .terms
            .iter()
            .map(|t| t.shape * (t.value - mean * t.size).powi(2))
            .sum();
        let variance = squares / (size * size) * (total / (total + 1.0));
        let (middle, spread) = ((mean - low) / (high - low), variance / (high - low).powi(2));
        let strength = (middle * (1.0 - middle) / spread - 1.0).max(1e-3);
        let (a, b) = (middle * strength, (1.0 - middle) * strength);
        let share = if lower {
            beta_quantile(p, a, b)
        } else {
            beta_upper_quantile(p, a, b)
        };
        let inside = share.clamp(1e-12, 1.0 - 1e-12);
        (low + (high - low) * inside, 1.0 / variance.sqrt())
    }
}

fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With B the share of the second weight, M = 3 B / (1 − B + 4 B).
    #[test]
    fn two_values_of_different_sizes_are_not_a_plain_share() {
        let term = |value: f64, size: f64, shape: f64| Term { value, size, shape };
        let mean = DirichletMean::new([term(0.0, 1.0, 2.5), term(3.0, 4.0, 1.5)]).unwrap();
        for p in [0.01, 0.5, 0.95] {
            let (low, high) = (beta_quantile(p, 1.5, 2.5), beta_upper_quantile(p, 1.5, 2.5));
            for (actual, share) in [(mean.quantile(p), low), (mean.upper_quantile(p), high)] {
                let expected = 3.0 * share / (1.0 + 3.0 * share);
                assert!(
                    (actual - expected).abs() < 1e-13,
                    "{p}: {actual}, {expected}"
                );
            }
        }
    }

    /// Far tails of lopsided weights, where the normal score is nothing like a line.
    #[test]
    fn quantiles_undo_the_distribution_where_steps_fail() {
        let sets: [&[(f64, f64)]; 5] = [
            &[(0.0, 0.5), (0.999, 1.0), (1.0, 40.0)],
            &[(0.0, 1.0), (1e-6, 1.0), (1.0, 1.0)],
            &[(0.0, 200.0), (0.5, 0.5), (1.0, 0.5)],
            &[(-1.0, 0.5), (0.0, 0.5), (0.1, 300.0), (1.0, 0.5)],
            &[(2.0, 30.0), (2.001, 0.5), (5.0, 0.5), (5.001, 30.0)],
        ];
        for set in sets {
            let terms = set.iter().map(|(value, shape)| Term {
                value: *value,
                size: 1.0,
                shape: *shape,
            });
            let mean = DirichletMean::new(terms).unwrap();
            for p in [1e-6, 0.01, 0.3, 0.5, 0.9, 0.999] {
                let (low, high) = (mean.cdf(mean.quantile(p)), mean.sf(mean.upper_quantile(p)));
                for back in [low, high] {
                    assert!((back - p).abs() <= 1e-8 * p, "{set:?} {p}: {back}");
                }
            }
        }
    }
}

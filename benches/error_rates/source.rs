//! Scores drawn at random: laws, clusters, difficulties.

use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What scores look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Law {
    Binary,
    Fraction,
    Ordinal,
}

impl Law {
    pub(crate) const ALL: [Self; 3] = [Self::Binary, Self::Fraction, Self::Ordinal];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Fraction => "fraction",
            Self::Ordinal => "ordinal",
        }
    }

    /// The mean of a score that is not the best one.
    const fn mean_of_bad(self) -> f64 {
        match self {
            Self::Binary => 0.0,
            Self::Fraction => 1.0 / 3.0,
            Self::Ordinal => 0.375,
        }
    }

    /// The share of scores below the best that gives `mean`.
    pub(crate) fn share_of_bad(self, mean: f64) -> f64 {
        (1.0 - mean) / (1.0 - self.mean_of_bad())
    }

    /// The mean where `bad` of the scores are below the best.
    pub(crate) fn mean(self, bad: f64) -> f64 {
        1.0 - bad * (1.0 - self.mean_of_bad())
    }
}

pub(crate) const MEANS: [f64; 3] = [0.7, 0.9, 0.97];

/// One stream of random numbers.
pub(crate) struct Source(Xoshiro256PlusPlus);

impl Source {
    pub(crate) fn new(cell: u64, replication: u32) -> Self {
        let seed = (cell << 32) + u64::from(replication);
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / f64::from(u32::MAX)
    }

    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A score of which `bad` are below the best.
    pub(crate) fn score(&mut self, law: Law, bad: f64) -> f64 {
        if !self.happens(bad) {
            return 1.0;
        }
        match law {
            Law::Binary => 0.0,
            Law::Fraction if self.happens(1.0 / 3.0) => 0.0,
            Law::Fraction => self.uniform(),
            Law::Ordinal => (4.0 * self.uniform()).floor().min(3.0) / 4.0,
        }
    }

    /// A question's own share of bad answers, `mean` on average: mostly easy, some hopeless. `u`
    /// says how hard it is, from 0 to 1.
    pub(crate) fn difficulty(u: f64, mean: f64) -> f64 {
        u.powf((1.0 - mean) / mean)
    }

    /// Sizes of clusters with `questions` in all: a few large ones, many small ones.
    pub(crate) fn cluster_sizes(&mut self, questions: usize) -> Vec<usize> {
        let mut sizes = Vec::new();
        let mut left = questions;
        while left > 0 {
            // Pareto-like, 4.5 on average, at most 30.
            let size = (2.0 / (1.0 - self.uniform()).max(0.005).powf(0.55)).min(30.0);
            let size = (1..=30).find(|whole| f64::from(*whole) >= size);
            let size = usize::try_from(size.unwrap_or(30)).unwrap().min(left);
            sizes.push(size);
            left -= size;
        }
        sizes
    }
}

//! The exact unconditional test for paired binary outcomes: the largest probability of the outcomes
//! that speak against a hypothesis, over everything that the hypothesis leaves open.
//!
//! A probability for one share of discordant units costs one pass over
//! the border of the region, with binomial tails moved along by recursion.

use crate::{
    count::count_to_f64,
    interval::paired::PairedCounts,
    special::{
        distributions::{binomial_at_least, binomial_pmf},
        root::{floor_to_count, peak},
    },
};

impl PairedCounts {
    /// The exact unconditional p-value for "the difference is at most `threshold`": the largest
    /// probability, over all shares of discordant units, of a Tango statistic as large as this one.
    pub fn exact_p_above(self, threshold: f64) -> f64 {
        Region::new(self, threshold).largest_probability()
    }

    /// The lower bound at one-sided `alpha` that inverts [`Self::exact_p_above`]: every smaller
    /// difference near it is rejected.
    pub fn exact_lower(self, alpha: f64) -> f64 {
        let rejected = |c: f64| !Region::new(self, c).reaches(alpha);
        // The score bound is close; look around it.
        let mut step = 0.5 / count_to_f64(self.units());
        let mut low = self.tango_lower(alpha);
        let mut high = low;
        while low > -1.0 && !rejected(low) {
            high = low;
            low = (low - step).max(-1.0);
            step *= 2.0;
        }
        while high < 1.0 && rejected(high) {
            low = high;
            high = (high + step).min(1.0);
            step *= 2.0;
        }
        while high - low > 1e-9 {
            let middle = 0.5 * (low + high);
            *(if rejected(middle) {
                &mut low
            } else {
                &mut high
            }) = middle;
        }
        low
    }
}

/// The outcomes that speak at least as much against "the difference is at most `threshold`".
pub(super) struct Region {
    units: usize,
    threshold: f64,
    /// For 0, 1, … losses: the fewest wins in the region. Ends where no number of wins suffices.
    fewest_wins: Vec<usize>,
}

impl Region {
    pub(super) fn new(observed: PairedCounts, threshold: f64) -> Self {
        // Outcomes whose statistics differ by rounding only are ties.
        let statistic = observed.tango_z(threshold) - 1e-9;
        let units = observed.units();
        let mut fewest_wins = Vec::new();
        let mut wins = 0;
        // More losses need more wins, so that one walk finds the border.
        for losses in 0..=units {
            let inside = |wins: usize| observed.with(wins, losses).tango_z(threshold) >= statistic;
            while wins <= units - losses && !inside(wins) {
                wins += 1;
            }
            if wins > units - losses {
                break;
            }
            fewest_wins.push(wins);
        }
        Self {
            units,
            threshold,
            fewest_wins,
        }
    }

    /// The largest probability over all shares of discordant units: a grid that is finer near the
    /// smallest possible share, then a search around the three highest points.
    pub(super) fn largest_probability(&self) -> f64 {
        self.refined(self.grid().collect())
    }

    /// Whether the largest probability is at least `alpha`; most often the grid says so already.
    pub(super) fn reaches(&self, alpha: f64) -> bool {
        let mut grid = Vec::new();
        for point in self.grid() {
            if point.0 >= alpha {
                return true;
            }
            grid.push(point);
        }
        self.refined(grid) >= alpha
    }

    fn refined(&self, mut grid: Vec<(f64, u32)>) -> f64 {
        grid.sort_by(|a, b| b.0.total_cmp(&a.0));
        let peaks = grid.iter().take(3).map(|(height, index)| {
            let low = Self::node(index.saturating_sub(1));
            let ends = low..=Self::node((index + 1).min(Self::GRID));
            peak(ends, 20, |u| self.at(u)).max(*height)
        });
        peaks.fold(0.0, f64::max).min(1.0)
    }

    const GRID: u32 = 160;

    fn node(index: u32) -> f64 {
        f64::from(index) / f64::from(Self::GRID)
    }

    fn at(&self, u: f64) -> f64 {
        let least = self.threshold.abs().min(1.0);
        self.probability(least + (1.0 - least) * u * u)
    }

    fn grid(&self) -> impl Iterator<Item = (f64, u32)> {
        (0..=Self::GRID).map(|index| (self.at(Self::node(index)), index))
    }

    /// The region's probability when a share `discordant` of units is won or lost.
    pub(super) fn probability(&self, discordant: f64) -> f64 {
        let lose = (0.5 * (discordant - self.threshold)).clamp(0.0, 1.0);
        let win = (0.5 * (discordant + self.threshold)).clamp(0.0, 1.0);
        if lose >= 1.0 {
            let all_lost = self.fewest_wins.get(self.units) == Some(&0);
            return if all_lost { 1.0 } else { 0.0 };
        }
        let win_if_not_lost = (win / (1.0 - lose)).min(1.0);
        let n = count_to_f64(self.units);
        let reach = 10.0 * (n * lose * (1.0 - lose)).sqrt() + 12.0;
        let first = floor_to_count(n * lose - reach);
        let last = floor_to_count(n * lose + reach);
        let mut mass = binomial_pmf(first, self.units, lose);
        let mut tail: Option<BinomialTail> = None;
        let mut sum = 0.0;
        for (losses, wins) in self.fewest_wins.iter().enumerate().skip(first) {
            if losses > last {
                break;
            }
            let rest = self.units - losses;
            let next = match tail {
                Some(previous) => previous.moved(rest, *wins),
                None => BinomialTail::new(rest, *wins, win_if_not_lost),
            };
            sum += mass * next.at_least;
            tail = Some(next);
            mass *= count_to_f64(rest) / (count_to_f64(losses) + 1.0) * lose / (1.0 - lose);
        }
        sum
    }
}

/// P(X ≥ k) and P(X = k) of a binomial distribution, moved along in small steps.
#[derive(Clone, Copy)]
struct BinomialTail {
    trials: usize,
    k: usize,
    p: f64,
    at_least: f64,
    mass: f64,
}

impl BinomialTail {
    fn new(trials: usize, k: usize, p: f64) -> Self {
        Self {
            trials,
            k,
            p,
            at_least: binomial_at_least(k, trials, p),
            mass: binomial_pmf(k, trials, p),
        }
    }

    /// To one trial fewer and a `k` that is not smaller.
    fn moved(self, trials: usize, k: usize) -> Self {
        // Where the mass underflows the recursion has nothing to go on.
        if self.mass < 1e-280 {
            return Self::new(trials, k, self.p);
        }
        let mut tail = self.with_one_trial_fewer();
        while tail.k < k && tail.k <= tail.trials {
            tail = tail.with_one_more();
        }
        tail.at_least = tail.at_least.clamp(0.0, 1.0);
        tail
    }

    /// With m trials: P(X ≥ k | m) = P(X ≥ k | m − 1) + p P(X = k − 1 | m − 1).
    fn with_one_trial_fewer(self) -> Self {
        let (m, k) = (count_to_f64(self.trials), count_to_f64(self.k));
        Self {
            trials: self.trials - 1,
            at_least: self.at_least - self.mass * k / m,
            mass: self.mass * (m - k) / (m * (1.0 - self.p)),
            ..self
        }
    }

    fn with_one_more(self) -> Self {
        let (m, k) = (count_to_f64(self.trials), count_to_f64(self.k));
        Self {
            k: self.k + 1,
            at_least: self.at_least - self.mass,
            mass: self.mass * (m - k) / (k + 1.0) * self.p / (1.0 - self.p),
            ..self
        }
    }
}

#[cfg(test)]
#[path = "paired_exact_tests.rs"]
mod tests;

//! Two binary outcomes of the same units: wins, losses, and units where both agree.
//!
//! The exact unconditional test is the gate's choice for binary differences with a margin: it takes
//! the largest p-value over everything that is unknown, so that its rate holds. Tango's score test
//! (Statistics in Medicine 17:891, 1998) is its statistic, and the choice above 1,000 units.

#![expect(
    clippy::many_single_char_names,
    clippy::doc_markdown,
    reason = "the formulas' own letters, and McNemar"
)]

use crate::{
    count::count_to_f64,
    error::StatsError,
    interval::binomial::{Interval, Passes},
    special::{
        distributions::{binomial_at_least, binomial_cdf, binomial_pmf, chi_squared_sf},
        normal::{normal_cdf, normal_upper_quantile},
        root::falling_root,
    },
};

/// How many units the candidate won, lost, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairedCounts {
    wins: usize,
    losses: usize,
    units: usize,
}

impl PairedCounts {
    /// At least one unit, and no more wins and losses than units.
    pub fn new(wins: usize, losses: usize, units: usize) -> Result<Self, StatsError> {
        if units == 0 {
            return Err(StatsError::NoData);
        }
        if wins.checked_add(losses).is_none_or(|sum| sum > units) {
            return Err(StatsError::Parameter {
                name: "the number of wins and losses",
                value: count_to_f64(wins) + count_to_f64(losses),
            });
        }
        Ok(Self {
            wins,
            losses,
            units,
        })
    }

    /// The same with candidate and baseline exchanged.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        Self {
            wins: self.losses,
            losses: self.wins,
            units: self.units,
        }
    }

    /// Another outcome of as many units.
    pub(super) const fn with(self, wins: usize, losses: usize) -> Self {
        Self {
            wins,
            losses,
            ..self
        }
    }

    /// How many units there are.
    pub const fn units(self) -> usize {
        self.units
    }

    /// Share of wins minus share of losses.
    pub fn difference(self) -> f64 {
        (count_to_f64(self.wins) - count_to_f64(self.losses)) / count_to_f64(self.units)
    }

    /// Tango's score statistic against a true difference of `threshold`, from −1 to 1; normal under
    /// that hypothesis.
    pub fn tango_z(self, threshold: f64) -> f64 {
        let (w, l, n) = (
            count_to_f64(self.wins),
            count_to_f64(self.losses),
            count_to_f64(self.units),
        );
        let delta = -threshold;
        // q: the probability of a loss that is most likely under the hypothesis.
        let b = -(w + l) - delta * (2.0 * n - w + l);
        let c = l * delta * (1.0 + delta);
        let discriminant = (b * b - 8.0 * n * c).max(0.0);
        let q = (discriminant.sqrt() - b) / (4.0 * n);
        let variance = n * (2.0 * q - delta - delta * delta);
        let excess = w - l + n * delta;
        if excess.abs() <= 1e-12 * n {
            0.0
        } else if variance <= 0.0 {
            f64::INFINITY.copysign(excess)
        } else {
            excess / variance.sqrt()
        }
    }

    /// Tango's p-value for "the difference is at most `threshold`".
    pub fn tango_p_above(self, threshold: f64) -> f64 {
        normal_cdf(-self.tango_z(threshold))
    }

    /// Tango's lower bound at one-sided `alpha`.
    pub fn tango_lower(self, alpha: f64) -> f64 {
        let z = normal_upper_quantile(alpha);
        falling_root(-1.0..=self.difference(), |c| {
            // Infinite at the ends, where a root finder needs a number.
            (self.tango_z(c) - z).clamp(-1e3, 1e3)
        })
    }

    /// Tango's interval at two-sided `alpha`.
    pub fn tango(self, alpha: f64) -> Interval {
        Interval {
            low: self.tango_lower(0.5 * alpha),
            high: -self.mirrored().tango_lower(0.5 * alpha),
        }
    }

    /// McNemar's exact two-sided p-value, given the number of discordant units.
    pub fn mcnemar_exact(self) -> f64 {
        let discordant = self.wins + self.losses;
        (2.0 * binomial_cdf(self.wins.min(self.losses), discordant, 0.5)).min(1.0)
    }

    /// McNemar's exact one-sided p-value for "no more wins than losses".
    pub fn mcnemar_exact_above(self) -> f64 {
        binomial_at_least(self.wins, self.wins + self.losses, 0.5)
    }

    /// McNemar's two-sided mid-p value (Fagerland, Lydersen and Laake, BMC Med Res Meth 13:91, 2013).
    pub fn mcnemar_mid_p(self) -> f64 {
        let (fewer, discordant) = (self.wins.min(self.losses), self.wins + self.losses);
        let mass = binomial_pmf(fewer, discordant, 0.5);
        if self.wins == self.losses {
            1.0 - 0.5 * mass
        } else {
            (2.0 * binomial_cdf(fewer, discordant, 0.5) - mass).min(1.0)
        }
    }

    /// McNemar's chi-squared statistic and its p-value, with or without Edwards' correction; no
    /// discordant units give 0 and 1.
    pub fn mcnemar_chi_squared(self, corrected: bool) -> (f64, f64) {
        let (w, l) = (count_to_f64(self.wins), count_to_f64(self.losses));
        if self.wins + self.losses == 0 {
            return (0.0, 1.0);
        }
        let gap = (w - l).abs();
        let gap = if corrected { (gap - 1.0).max(0.0) } else { gap };
        let statistic = gap * gap / (w + l);
        (statistic, chi_squared_sf(statistic, 1.0))
    }
}

/// A table of two binary outcomes per unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairedTable {
    /// Both pass.
    pub both: usize,
    /// The first alone passes.
    pub first_only: usize,
    /// The second alone passes.
    pub second_only: usize,
    /// Neither passes.
    pub neither: usize,
}

impl PairedTable {
    /// Newcombe's method 10 for first minus second, at two-sided `alpha` (Statistics in Medicine
    /// 17:2635, 1998): Wilson intervals, joined through the correlation.
    pub fn newcombe_10(self, alpha: f64) -> Result<Interval, StatsError> {
        let count = |cells: [usize; 2]| cells.into_iter().sum::<usize>();
        let first = count([self.both, self.first_only]);
        let second = count([self.both, self.second_only]);
        let units = first + count([self.second_only, self.neither]);
        let (one, two) = (Passes::new(first, units)?, Passes::new(second, units)?);
        let (w1, w2) = (one.wilson(alpha), two.wilson(alpha));
        let (p1, p2, phi) = (one.share(), two.share(), self.correlation());
        let join = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).max(0.0).sqrt();
        Ok(Interval {
            low: p1 - p2 - join(p1 - w1.low, w2.high - p2),
            high: p1 - p2 + join(w1.high - p1, p2 - w2.low),
        })
    }

    /// The correlation with Newcombe's correction towards 0.
    fn correlation(self) -> f64 {
        let [a, b, c, d] =
            [self.both, self.first_only, self.second_only, self.neither].map(count_to_f64);
        let margins = (a + b) * (c + d) * (a + c) * (b + d);
        if margins <= 0.0 {
            return 0.0;
        }
        let product = a * d - b * c;
        let corrected = if product > 0.0 {
            (product - 0.5 * (a + b + c + d)).max(0.0)
        } else {
            product
        };
        corrected / margins.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(wins: usize, losses: usize, units: usize) -> PairedCounts {
        PairedCounts::new(wins, losses, units).unwrap()
    }

    fn close(actual: f64, expected: f64, tolerance: f64) {
        assert!(
            (actual - expected).abs() <= tolerance,
            "{actual}, expected {expected}"
        );
    }

    /// Reference cases paired_binary-001, -004, -007, -012.
    #[test]
    fn tango_matches_the_reference() {
        let interval = counts(1, 7, 21).tango(0.05);
        close(interval.low, -0.517_232_276_421_377_4, 1e-12);
        close(interval.high, -0.026_003_032_480_868_573, 1e-12);
        let interval = counts(12, 2, 50).tango(0.05);
        close(interval.low, 0.061_112_406_186_343_955, 1e-12);
        close(interval.high, 0.344_708_748_282_147_9, 1e-12);
        close(
            counts(5, 2, 100).tango_z(-0.05),
            2.499_426_752_436_628_7,
            1e-12,
        );
        close(
            counts(40, 20, 160).tango_z(-0.05),
            3.561_330_130_926_187_6,
            1e-12,
        );
    }

    /// scipy 1.17.1: norm.sf of the statistic above. Of the last, whose wins are the threshold's share
    /// exactly, rounding makes a difference of 1e-13.
    #[test]
    fn tango_p_values_are_the_normal_tails_of_the_statistic() {
        let counted = counts(5, 2, 100);
        close(counted.difference(), 0.03, 1e-16);
        close(
            counted.tango_p_above(-0.05),
            0.006_219_720_584_243_128,
            1e-14,
        );
        close(counts(1001, 0, 2000).tango_z(1001.0 / 2000.0), 0.0, 0.0);
    }

    #[test]
    fn tango_bounds_at_the_ends_are_finite() {
        for units in [1, 2, 100] {
            close(counts(0, units, units).tango(0.05).low, -1.0, 1e-12);
            close(counts(units, 0, units).tango(0.05).high, 1.0, 1e-12);
            let none = counts(0, 0, units).tango(0.05);
            assert!(none.low < 0.0 && none.low > -1.0 && none.high > 0.0 && none.high < 1.0);
        }
        // 0 discordant of 100: the closed form z²/(n + z²).
        close(counts(0, 0, 100).tango(0.05).high, 0.036_993_498, 1e-9);
    }

    #[test]
    fn mcnemar_matches_the_reference() {
        close(counts(3, 12, 20).mcnemar_exact(), 0.035_156_25, 1e-14);
        close(counts(8, 8, 16).mcnemar_exact(), 1.0, 1e-14);
        close(counts(0, 5, 5).mcnemar_mid_p(), 0.031_25, 1e-14);
        close(counts(1, 0, 1).mcnemar_mid_p(), 0.5, 1e-14);
        // 1 − 6/16 · 1/2, and P(X ≥ 6) + P(X ≥ 7)… of 8 throws of a coin: 37 of 256.
        close(counts(2, 2, 9).mcnemar_mid_p(), 0.8125, 1e-14);
        close(counts(6, 2, 20).mcnemar_exact_above(), 37.0 / 256.0, 1e-14);
        close(counts(0, 4, 20).mcnemar_exact_above(), 1.0, 0.0);
        // P(χ² ≥ 5), scipy 1.17.1.
        let (statistic, p) = counts(0, 5, 9).mcnemar_chi_squared(false);
        close(statistic, 5.0, 1e-14);
        close(p, 0.025_347_318_677_468_252, 1e-14);
        let (statistic, p) = counts(5, 2, 100).mcnemar_chi_squared(true);
        close(statistic, 0.571_428_571_428_571_4, 1e-14);
        close(p, 0.449_691_797_968_891, 1e-13);
        assert_eq!(counts(0, 0, 4).mcnemar_chi_squared(true), (0.0, 1.0));
        close(counts(0, 0, 4).mcnemar_exact(), 1.0, 0.0);
    }

    /// Reference cases paired_binary-014 and -015.
    #[test]
    fn newcombe_matches_the_reference() {
        let table = |both, first_only, second_only, neither| PairedTable {
            both,
            first_only,
            second_only,
            neither,
        };
        let interval = table(80, 5, 2, 13).newcombe_10(0.05).unwrap();
        close(interval.low, -0.028_090_932_575_598_11, 1e-12);
        close(interval.high, 0.090_854_652_766_166_92, 1e-12);
        let interval = table(43, 0, 1, 0).newcombe_10(0.05).unwrap();
        close(interval.low, -0.118_077_096_982_132_87, 1e-12);
        close(interval.high, 0.059_718_008_350_898_91, 1e-12);
    }

    #[test]
    fn counts_that_cannot_be_are_errors() {
        assert_eq!(PairedCounts::new(0, 0, 0), Err(StatsError::NoData));
        assert!(PairedCounts::new(2, 2, 3).is_err());
        assert!(PairedCounts::new(usize::MAX, 1, 3).is_err());
    }
}

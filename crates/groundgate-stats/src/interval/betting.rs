//! Bounds by betting, proved to hold their rate for every bounded score at every sample size.
//!
//! A gambler bets against "the mean is m" with bets that depend on earlier scores only; under that
//! hypothesis the capital is a martingale, so that by Ville's inequality it reaches 1/α with
//! probability α at most. The bound is where it has just not reached it. Bets are the predictable
//! plug-in of Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting"
//! (2024), tuned to the sample size. Wider than the Dirichlet bound by two fifths or so. The order of
//! the scores matters: it must be fixed before the run.

use crate::{
    alphas::Alphas,
    count::count_to_f64,
    error::StatsError,
    observation::{Observation, Scale},
};

/// How a gambler plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strategy {
    /// The error rate the bets are tuned to; any other one stays valid.
    pub alpha: f64,
    /// The sample size they are tuned to; `None` plays for any time.
    pub horizon: Option<usize>,
    /// The largest share of the capital at stake, at most 1: 1/2 for ever, 9/10 for a fixed sample.
    pub largest_stake: f64,
    /// The largest bet; infinite where the stake limits it enough.
    pub largest_bet: f64,
}

/// Capital against "the mean is at most m", after the last score and at its highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capital {
    /// After the last score.
    pub last: f64,
    /// The highest so far; at least 1, what it started from.
    pub highest: f64,
}

/// A sequence of scores in [0, 1] with the bets placed before each was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Bets {
    /// (score, bet)
    rounds: Vec<(f64, f64)>,
    largest_stake: f64,
}

impl Bets {
    /// The bets for `scores` in [0, 1].
    pub fn new(scores: impl IntoIterator<Item = f64>, strategy: Strategy) -> Self {
        let logarithm = 2.0 * (1.0 / strategy.alpha).ln();
        // One made-up score of 1/2 with variance 1/4 starts the estimates.
        let (mut sum, mut squares, mut variance) = (0.5, 0.25, 0.25);
        let mut rounds = Vec::new();
        for (index, score) in scores.into_iter().enumerate() {
            let count = count_to_f64(index) + 1.0;
            let time = strategy.horizon.map_or(count * count.ln_1p(), count_to_f64);
            let bet = (logarithm / (time * variance)).sqrt();
            rounds.push((score, bet.min(strategy.largest_bet)));
            sum += score;
            let mean = (sum / (count + 1.0)).min(1.0);
            squares += (score - mean).powi(2);
            variance = squares / (count + 1.0);
        }
        Self {
            rounds,
            largest_stake: strategy.largest_stake,
        }
    }

    /// The capital after each round against "the mean is at most `m`", for 0 < `m` < 1.
    pub fn path(&self, m: f64) -> impl Iterator<Item = f64> {
        let limit = self.largest_stake / m;
        let mut capital = 1.0;
        self.rounds.iter().map(move |(score, bet)| {
            capital *= 1.0 + bet.min(limit) * (score - m);
            capital
        })
    }

    /// The capital against "the mean is at most `m`".
    pub fn capital(&self, m: f64) -> Capital {
        let start = Capital {
            last: 1.0,
            highest: 1.0,
        };
        if m <= 0.0 {
            // Any score above 0 refutes a mean of 0.
            let refuted = self.rounds.iter().any(|round| round.0 > 0.0) || m < 0.0;
            let infinite = Capital {
                last: f64::INFINITY,
                highest: f64::INFINITY,
            };
            return if refuted { infinite } else { start };
        }
        self.path(m).fold(start, |so_far, capital| Capital {
            last: capital,
            highest: so_far.highest.max(capital),
        })
    }

    /// The p-value for "the mean is at most `m`".
    pub fn p_above(&self, m: f64) -> f64 {
        if m >= 1.0 {
            return 1.0;
        }
        1.0 / self.capital(m).highest
    }

    /// The lower bound at one-sided error rate `alpha`: the capital falls as m rises.
    pub fn lower(&self, alpha: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        if self.p_above(low) >= alpha {
            return low;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            *(if self.p_above(middle) < alpha {
                &mut low
            } else {
                &mut high
            }) = middle;
        }
        low
    }
}

/// Bounds and p-values for a mean of bounded scores, by betting on either side.
#[derive(Debug, Clone, PartialEq)]
pub struct BettingBound {
    scale: Scale,
    /// On the scores.
    above: Bets,
    /// On the scores mirrored.
    below: Bets,
}

impl BettingBound {
    /// From one observation per unit in an order fixed beforehand, tuned to the error rates of either
    /// side.
    pub fn new(
        observations: &[Observation],
        scale: Scale,
        alphas: Alphas,
    ) -> Result<Self, StatsError> {
        let checked = scale.checked(observations)?;
        let strategy = |alpha| Strategy {
            alpha,
            horizon: Some(checked.len()),
            largest_stake: 0.9,
            largest_bet: f64::INFINITY,
        };
        let lows = checked.iter().map(|one| scale.share(one.low()));
        let highs = checked.iter().map(|one| 1.0 - scale.share(one.high()));
        Ok(Self {
            scale,
            above: Bets::new(lows, strategy(alphas.lower)),
            below: Bets::new(highs, strategy(alphas.upper)),
        })
    }

    /// The p-value for "the mean is at most `threshold`".
    pub fn p_above(&self, threshold: f64) -> f64 {
        self.above.p_above(self.scale.share(threshold))
    }

    /// The p-value for "the mean is at least `threshold`".
    pub fn p_below(&self, threshold: f64) -> f64 {
        self.below.p_above(1.0 - self.scale.share(threshold))
    }

    /// The lower bound at one-sided error rate `alpha`.
    pub fn lower(&self, alpha: f64) -> f64 {
        self.scale.at(self.above.lower(alpha))
    }

    /// The upper bound at one-sided error rate `alpha`.
    pub fn upper(&self, alpha: f64) -> f64 {
        self.scale.at(1.0 - self.below.lower(alpha))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(values: &[f64]) -> BettingBound {
        let observations: Vec<_> = values.iter().copied().map(Observation::scored).collect();
        BettingBound::new(&observations, Scale::UNIT, Alphas::DEFAULT).unwrap()
    }

    #[test]
    fn the_capital_falls_as_the_mean_in_question_rises() {
        let values: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 11) / 10.0).collect();
        let bound = bound(&values);
        let p: Vec<f64> = (1..100)
            .map(|m| bound.p_above(f64::from(m) / 100.0))
            .collect();
        assert!(p.windows(2).all(|pair| pair[0] <= pair[1]));
    }

    #[test]
    fn bounds_invert_p_values_and_hold_at_the_ends() {
        for values in [
            vec![1.0; 40],
            vec![0.0; 40],
            vec![0.5],
            vec![0.2, 0.9, 0.7, 0.95, 1.0],
        ] {
            let bound = bound(&values);
            let (lower, upper) = (bound.lower(0.05), bound.upper(0.05));
            let mean = values.iter().sum::<f64>() / count_to_f64(values.len());
            assert!(0.0 <= lower && lower <= mean && mean <= upper && upper <= 1.0);
            assert!(lower < upper);
            assert!(bound.p_above(lower + 1e-9) >= 0.05);
            assert!(bound.p_below(upper - 1e-9) >= 0.05);
        }
    }

    #[test]
    fn a_mean_of_zero_is_refuted_by_any_score_above_it() {
        assert!(bound(&[0.0, 0.1]).p_above(0.0) <= 0.0);
        assert!(bound(&[0.0, 0.0]).p_above(0.0) >= 1.0);
        assert!(bound(&[1.0, 1.0]).p_above(1.0) >= 1.0);
    }

    #[test]
    fn one_side_is_the_other_of_mirrored_scores() {
        let values = [0.2, 0.9, 0.7, 0.95, 1.0, 0.4, 0.85];
        let ten = |values: Vec<f64>| {
            let observations: Vec<_> = values.into_iter().map(Observation::scored).collect();
            let scale = Scale::new(10.0, 20.0).unwrap();
            BettingBound::new(&observations, scale, Alphas::DEFAULT).unwrap()
        };
        let scores = ten(values.map(|value| 10.0 + 10.0 * value).to_vec());
        let mirrored = ten(values.map(|value| 20.0 - 10.0 * value).to_vec());
        for threshold in [11.0, 15.0, 18.5] {
            let (above, below) = (
                scores.p_above(threshold),
                mirrored.p_below(30.0 - threshold),
            );
            assert!((above - below).abs() < 1e-12, "{above} {below}");
            assert!(scores.p_below(threshold) > 0.0 && scores.p_below(threshold) <= 1.0);
        }
        assert!(scores.p_above(11.0) < 0.2 && scores.p_below(19.9) < 0.5);
        assert!((scores.lower(0.05) + mirrored.upper(0.05) - 30.0).abs() < 1e-9);
    }

    #[test]
    fn a_mean_outside_of_the_scale_is_refuted_by_anything() {
        assert!(bound(&[0.0, 0.0]).p_above(-0.5) <= 0.0);
        assert!(bound(&[1.0, 1.0]).p_below(1.5) <= 0.0);
    }

    /// Ville's inequality, at a mean where the bets are largest.
    #[test]
    fn the_false_pass_rate_is_below_the_nominal_one() {
        let mut state = 7_u64;
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(state >> 32).unwrap()) / f64::from(u32::MAX)
        };
        let wrong = (0..2000)
            .filter(|_| {
                let values: Vec<f64> = (0..50)
                    .map(|_| if uniform() < 0.9 { 1.0 } else { 0.0 })
                    .collect();
                bound(&values).p_above(0.9) < 0.05
            })
            .count();
        assert!(wrong <= 120, "{wrong} of 2000");
    }
}

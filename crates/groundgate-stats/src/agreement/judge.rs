//! How a judge contradicts itself: between votes on one answer, and by the order of two answers.

use crate::{
    agreement::{kappa::share_of_equal_pairs, ratings::Ratings},
    count::count_to_f64,
    error::StatsError,
    parameter::{at_least, error_rate},
    special::distributions::{beta_quantile, beta_upper_quantile, binomial_cdf},
};

/// The chance that two votes on one item differ: the mean over items with at least two votes. For
/// binary votes with s passes of j it is the mean of 2 s (j − s) / (j (j − 1)).
pub fn flip_rate(votes: &Ratings) -> Result<f64, StatsError> {
    let flips: Vec<f64> = (votes.counts().iter())
        .filter(|row| row.iter().sum::<f64>() >= 2.0)
        .map(|row| 1.0 - share_of_equal_pairs(row))
        .collect();
    at_least(1, flips.len())?;
    Ok(flips.iter().sum::<f64>() / count_to_f64(flips.len()))
}

/// Whether the answer shown first wins more often than it should.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionBias {
    /// P(first wins) − 1/2.
    pub bias: f64,
    /// Lower bound of the bias at one-sided error rate `alpha`, exact.
    pub lower: f64,
    /// Upper bound of the bias at one-sided error rate `alpha`, exact.
    pub upper: f64,
    /// Two-sided exact binomial p-value of "no bias".
    pub p_value: f64,
}

/// Position bias of a pairwise judge, from `first_wins` of `n_decided` comparisons in which both
/// orders were asked and one answer won; ties do not count.
pub fn position_bias(
    first_wins: usize,
    n_decided: usize,
    alpha: f64,
) -> Result<PositionBias, StatsError> {
    at_least(1, n_decided)?;
    error_rate(alpha)?;
    let Some(second_wins) = n_decided.checked_sub(first_wins) else {
        return Err(StatsError::Lengths {
            left: first_wins,
            right: n_decided,
        });
    };
    let (wins, losses) = (count_to_f64(first_wins), count_to_f64(second_wins));
    let smaller = first_wins.min(second_wins);
    Ok(PositionBias {
        bias: wins / count_to_f64(n_decided) - 0.5,
        lower: beta_quantile(alpha, wins, losses + 1.0) - 0.5,
        upper: beta_upper_quantile(alpha, wins + 1.0, losses) - 0.5,
        p_value: (2.0 * binomial_cdf(smaller, n_decided, 0.5)).min(1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(rows: &[&[u8]]) -> Ratings {
        let row = |row: &&[u8]| row.iter().map(|v| Some(f64::from(*v))).collect();
        Ratings::by_item(rows.iter().map(row).collect()).unwrap()
    }

    #[test]
    fn flip_rate_counts_pairs_of_votes_that_differ() {
        for (rows, expected) in [
            (vec![&[1, 1, 1][..], &[0, 0, 0]], 0.0),
            (vec![&[1, 0][..]], 1.0),
            // 2 · 1 · 2 / (3 · 2) = 2/3 for the first, none for the second.
            (vec![&[1, 1, 0][..], &[1, 1, 1]], 1.0 / 3.0),
            // A single vote tells nothing.
            (vec![&[1, 0][..], &[1]], 1.0),
        ] {
            let rate = flip_rate(&votes(&rows)).unwrap();
            assert!((rate - expected).abs() < 1e-15, "{rows:?}: {rate}");
        }
        assert_eq!(flip_rate(&votes(&[&[1], &[0]])), Err(StatsError::NoData));
    }

    #[test]
    fn position_bias_is_exact() {
        let even = position_bias(10, 20, 0.05).unwrap();
        assert!(even.bias.abs() < 1e-15 && even.lower < 0.0 && even.upper > 0.0);
        assert!((even.p_value - 1.0).abs() < 1e-15);
        let always = position_bias(5, 5, 0.05).unwrap();
        assert!((always.p_value - 2.0_f64.powi(-4)).abs() < 1e-15);
        assert!((always.lower - (0.05_f64.powf(0.2) - 0.5)).abs() < 1e-12);
        assert!((always.upper - 0.5).abs() < 1e-15);
        assert!(position_bias(6, 5, 0.05).is_err());
        // scipy 1.17.1, stats.beta.ppf and binomtest.
        let some = position_bias(13, 20, 0.05).unwrap();
        assert!((some.bias - 0.15).abs() < 1e-15);
        for (value, expected) in [
            (some.lower, -0.058_034_511_315_489),
            (some.upper, 0.322_689_082_425_531),
            (some.p_value, 0.263_175_964_355_469),
        ] {
            assert!((value - expected).abs() < 1e-12, "{some:?}");
        }
        assert_eq!(position_bias(0, 0, 0.05), Err(StatsError::NoData));
    }
}

//! How often one of two answers is preferred, from a pairwise judge's scores.

use groundgate_model::trial::Cell;
use groundgate_stats::{Estimate, Observation, Scale, bounded_mean};
use serde::Serialize;

use super::QUESTIONS_ONCE;

/// How often the candidate's answers are preferred.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preference {
    /// The pairwise metric.
    pub metric: String,
    /// Pairs of which both orders, taken together, favor the candidate.
    pub wins: usize,
    /// Pairs of which they favor neither.
    pub ties: usize,
    /// Pairs of which they favor the other.
    pub losses: usize,
    /// Pairs without a score; they count both ways in the bounds.
    pub n_unscored: usize,
    /// The candidate's share, ties as halves.
    pub estimate: Estimate,
}

impl Preference {
    /// From scores of 0 (the other is better) to 1 (the candidate is); `None`: nothing to compare.
    pub fn of(metric: &str, cells: &[Cell]) -> Option<Self> {
        let observations: Vec<Observation> = (cells.iter())
            .filter_map(|cell| match cell {
                Cell::Scored(value) => Some(Observation::scored(*value)),
                Cell::Unscored(_) => Some(Observation::missing(0.0, 1.0)),
                Cell::NotApplicable => None,
            })
            .collect();
        let estimate = bounded_mean(&observations, Scale::UNIT, QUESTIONS_ONCE)
            .ok()?
            .estimate();
        let count =
            |is_meant: fn(&Cell) -> bool| cells.iter().filter(|cell| is_meant(cell)).count();
        Some(Self {
            metric: metric.to_owned(),
            wins: count(|cell| matches!(cell, Cell::Scored(value) if *value > 0.5)),
            ties: count(
                |cell| matches!(cell, Cell::Scored(value) if value.total_cmp(&0.5).is_eq()),
            ),
            losses: count(|cell| matches!(cell, Cell::Scored(value) if *value < 0.5)),
            n_unscored: count(|cell| matches!(cell, Cell::Unscored(_))),
            estimate,
        })
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::Unscored;

    use super::*;

    #[test]
    fn pairs_are_won_tied_lost_or_count_both_ways() {
        let cells = [
            Cell::Scored(1.0),
            Cell::Scored(1.0),
            Cell::Scored(0.5),
            Cell::Scored(0.0),
            Cell::Unscored(Unscored::NotRun),
            Cell::NotApplicable,
        ];
        let found = Preference::of("preference", &cells).unwrap();
        assert_eq!((found.wins, found.ties, found.losses), (2, 1, 1));
        assert_eq!(found.n_unscored, 1);
        let all_scored = Preference::of("preference", &cells[..4]).unwrap();
        assert!(found.estimate.lower < all_scored.estimate.lower);
        assert_eq!(Preference::of("preference", &cells[5..]), None);
    }
}

//! Parts of a table: the cases that were asked so far, and the cases that somebody wants.

use super::{
    outcome::Unscored,
    scores::{Cell, ScoreTable},
};
use crate::unit::to_count;

impl ScoreTable {
    /// How many cases from the first on have been asked as often as planned.
    pub fn n_asked(&self) -> usize {
        let attempts = to_count(self.attempts).max(1);
        let first_open = self.columns.values().filter_map(|column| {
            let not_run = |cell: &Cell| *cell == Cell::Unscored(Unscored::NotRun);
            column.cells.iter().position(not_run)
        });
        first_open
            .min()
            .map_or(self.cases.len(), |trial| trial / attempts)
    }

    /// The same table as if only the cases had been planned that `keep` wants.
    #[must_use]
    pub fn only(&self, keep: impl Fn(usize, &str) -> bool) -> Self {
        let attempts = to_count(self.attempts).max(1);
        let kept: Vec<usize> = self
            .cases
            .iter()
            .enumerate()
            .filter(|(place, case)| keep(*place, &case.id))
            .map(|(place, _)| place)
            .collect();
        let mut table = self.clone();
        table.cases = kept
            .iter()
            .filter_map(|place| self.cases.get(*place).cloned())
            .collect();
        for column in table.columns.values_mut() {
            let of_case =
                |place: &usize| column.cells.get(place * attempts..(place + 1) * attempts);
            column.cells = kept.iter().filter_map(of_case).flatten().cloned().collect();
            let trials = kept
                .iter()
                .flat_map(|place| place * attempts..(place + 1) * attempts);
            column.up_to = (trials.enumerate())
                .filter_map(|(new, old)| Some((new, *column.up_to.get(&old)?)))
                .collect();
        }
        table
    }
}

//! How often a judge behind a cheaper one was asked.

use std::fmt;

use super::{
    cascade::{Cascade, Sure},
    outcome::Unscored,
    scores::{CaseInfo, Cell, ScoreTable},
};
use crate::unit::{count_to_f64, to_count};

/// How many answers a judge behind a cheaper one was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// Answers of which the cheaper judge was unsure.
    pub unsure: usize,
    /// Of those of which it was sure, the ones that were drawn.
    pub audited: usize,
    /// Those that were not.
    pub spared: usize,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            unsure,
            audited,
            spared,
        } = *self;
        let (asked, all) = (unsure + audited, unsure + audited + spared);
        let share = 100.0 * count_to_f64(asked) / count_to_f64(all.max(1));
        let sure = audited + spared;
        write!(
            f,
            "{share:.1}% of the answers ({asked} of {all}: {unsure} unsure, {audited} of {sure} sure ones audited; {spared} spared)"
        )
    }
}

impl ScoreTable {
    /// How often each judge behind a cheaper one was asked, by the first of its metrics. Answers that
    /// never came are left out.
    pub fn asked(&self) -> Vec<(&str, Asked)> {
        let attempts = to_count(self.attempts).max(1);
        let mut seen = Vec::new();
        let mut all = Vec::new();
        for (name, column) in &self.columns {
            let Some(cascade) = column
                .cascade
                .as_ref()
                .filter(|_| !seen.contains(&column.instrument))
            else {
                continue;
            };
            seen.push(column.instrument);
            let by = self.columns.get(&cascade.by);
            let mut asked = Asked::default();
            for (trial, cell) in column.cells.iter().enumerate() {
                let Some(case) = self.cases.get(trial / attempts) else {
                    continue;
                };
                let sure = cascade.sure_of(by.and_then(|by| by.cells.get(trial)), case);
                match (cell, sure) {
                    (
                        Cell::Unscored(
                            Unscored::NoAnswer(_) | Unscored::AnswerCut | Unscored::NotRun,
                        ),
                        _,
                    ) => {}
                    (Cell::Unscored(Unscored::Spared(_)), _) => asked.spared += 1,
                    (_, Sure::No) => asked.unsure += 1,
                    (_, Sure::Good | Sure::Bad) => asked.audited += 1,
                }
            }
            all.push((name.as_str(), asked));
        }
        all
    }
}

impl Cascade {
    /// What the cell of the cheaper judge says.
    pub fn sure_of(&self, by: Option<&Cell>, case: &CaseInfo) -> Sure {
        let score = match by {
            Some(Cell::Scored(score)) => Some(*score),
            Some(Cell::NotApplicable | Cell::Unscored(_)) | None => None,
        };
        self.sure(score, case.critical)
    }
}

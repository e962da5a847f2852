//! A floor under every slice.

use std::collections::BTreeMap;

use groundgate_model::trial::Cell;

use super::{Context, no_data, settled};
use crate::{
    decide::{Draft, State},
    policy::{OnOpen, Slice},
    sentence,
    verdict::{Bar, Verdict},
};

impl Context<'_> {
    pub(super) fn slices(
        &self,
        metric: &str,
        by: &[String],
        (min, min_cases, on_thin): (f64, usize, OnOpen),
        required: &[Slice],
    ) -> Vec<Draft> {
        // One pass over the cases, not one for each slice: there can be many of either.
        let mut places: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (place, case) in self.view.candidate.cases.iter().enumerate() {
            for (tag, value) in by.iter().filter_map(|tag| Some((tag, case.tags.get(tag)?))) {
                places.entry((tag, value)).or_default().push(place);
            }
        }
        let present: BTreeMap<Slice, Vec<usize>> = (places.into_iter())
            .map(|((tag, value), places)| {
                let (tag, value) = (tag.to_owned(), value.to_owned());
                (Slice { tag, value }, places)
            })
            .collect();
        let absent = required
            .iter()
            .filter(|slice| !present.contains_key(*slice))
            .map(|slice| {
                let mut draft = self.blank(metric, Bar::AtLeast, min);
                draft.id = format!("{}/{}={}", self.rule.id, slice.tag, slice.value);
                draft.slice = Some(format!("{}={}", slice.tag, slice.value));
                draft.state = no_data(format!(
                    "the policy requires the slice {}={}, and the run has no case of it",
                    slice.tag, slice.value
                ));
                draft
            });
        let measured = present.iter().map(|(slice, places)| {
            let mut draft = self.absolute(metric, Bar::AtLeast, min, Some((slice, places)));
            let n = self.n_scored(metric, places);
            if n < min_cases && matches!(draft.state, State::Tested(_)) {
                let verdict = match on_thin {
                    OnOpen::Block => Verdict::Inconclusive,
                    OnOpen::Hold => Verdict::Hold,
                };
                draft.state = settled(verdict, sentence::thin(n, min_cases));
            }
            draft
        });
        let drafts: Vec<Draft> = absent.chain(measured).collect();
        if drafts.is_empty() {
            let mut draft = self.blank(metric, Bar::AtLeast, min);
            draft.state = no_data(format!("no case has a tag of {}", by.join(", ")));
            return vec![draft];
        }
        drafts
    }

    /// How many of the cases at these places have a score.
    fn n_scored(&self, metric: &str, places: &[usize]) -> usize {
        let table = self.view.candidate.as_ref();
        let Some(column) = table.columns.get(metric) else {
            return 0;
        };
        let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX);
        let is_scored = |place: &&usize| {
            let from = place.saturating_mul(attempts);
            let cells = column.cells.get(from..from.saturating_add(attempts));
            let mut cells = cells.unwrap_or_default().iter();
            cells.any(|cell| matches!(cell, Cell::Scored(_)))
        };
        places.iter().filter(is_scored).count()
    }
}

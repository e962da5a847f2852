//! Which way an answer takes through the passages: forward or back, from one to another, and whether
//! what follows a citation is in the cited passage.

use super::align::{Alignment, Answer};
use super::binding::{by_passage, cited_passages};
use super::features::{Features, count, flag, share};
use super::index::Index;

/// Where an answer has been so far.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// The best passage sentence of each sentence before that has one.
    best: Vec<usize>,
    /// The passages that were cited last.
    cited: Vec<usize>,
}

impl Course {
    /// Counts what there is to count for the next sentence, and goes on.
    pub(crate) fn go_on(
        &mut self,
        features: &mut Features,
        answer: &Answer,
        alignment: &Alignment,
        index: &Index,
    ) {
        let cited = cited_passages(answer, alignment);
        if !cited.is_empty() {
            self.cited = cited;
        } else if !self.cited.is_empty() {
            self.carried(features, answer, alignment, index);
        }
        if let Some(best) = alignment.best() {
            self.place(features, best, index);
            self.best.push(best);
        }
    }

    /// How much less the passages cited before have than the best.
    fn carried(
        &self,
        features: &mut Features,
        answer: &Answer,
        alignment: &Alignment,
        index: &Index,
    ) {
        let total = alignment.total.max(1e-6);
        let covered = by_passage(answer, &alignment.content, index);
        let best = covered.iter().copied().fold(0.0, f32::max);
        let cited = self
            .cited
            .iter()
            .filter_map(|passage| covered.get(*passage));
        let most = cited.copied().fold(0.0, f32::max);
        let in_cited = alignment.best_in(index, &self.cited);
        features.carried = 1.0;
        features.carried_elsewhere = (best - most) / total;
        features.carried_sentence_elsewhere = features.coverage_best - in_cited / total;
    }

    /// Where the best passage sentence stands, seen from those before.
    fn place(&self, features: &mut Features, best: usize, index: &Index) {
        let passage = |at: usize| index.sentences.get(at).map(|place| place.passage);
        let own = passage(best);
        let is_own = |at: &&usize| passage(**at) == own;
        features.used_before = flag(self.best.contains(&best));
        features.same_passage = share(self.best.iter().filter(is_own).count(), self.best.len());
        let mut passages: Vec<Option<usize>> = self.best.iter().map(|at| passage(*at)).collect();
        passages.sort_unstable();
        passages.dedup();
        features.passages_before = count(passages.len());
        if let Some(last) = self.best.iter().rev().find(is_own) {
            features.skips = count(best.saturating_sub(*last + 1));
        }
        let in_passage = index
            .sentences
            .iter()
            .filter(|place| Some(place.passage) == own);
        let before = index.sentences.get(..best).unwrap_or_default();
        let n_before = before
            .iter()
            .filter(|place| Some(place.passage) == own)
            .count();
        features.place = count(n_before);
        features.place_share = share(n_before, in_passage.count().saturating_sub(1));
        features.passage_number = count(own.unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::super::EmbeddedJudge;
    use super::*;

    const PASSAGES: &[&str] = &[
        "Mix flour with water. Knead the dough well. Let it rest overnight. Bake the bread at noon.",
        "Refunds reach customers by transfer. Alice signs letters of the council.",
    ];

    fn signs(answer: &str) -> Vec<Features> {
        let judge = EmbeddedJudge::bundled().unwrap();
        let reading = judge.read("How is bread baked?", answer, PASSAGES);
        let features = reading.sentences.iter().map(|own| own.scored.features);
        features.collect()
    }

    fn is(found: f32, expected: f32) -> bool {
        (found - expected).abs() < 1e-6
    }

    #[test]
    fn the_way_through_the_passages_is_followed() {
        let way = signs(
            "Mix flour with water. Bake the bread at noon. Alice signs letters. Bake the bread.",
        );
        assert!(is(way[0].place, 0.0) && is(way[0].passages_before, 0.0));
        assert!(is(way[1].place, 3.0) && is(way[1].place_share, 1.0) && is(way[1].skips, 2.0));
        assert!(is(way[2].passage_number, 1.0) && is(way[2].same_passage, 0.0));
        assert!(is(way[2].used_before, 0.0) && is(way[3].used_before, 1.0));
        assert!(is(way[3].passages_before, 2.0));
    }

    #[test]
    fn a_citation_holds_until_the_next() {
        let right = signs("Passage 1 tells how. Knead the dough well.")[1];
        let wrong = signs("Passage 2 tells how. Knead the dough well.")[1];
        assert!(is(right.carried, 1.0) && is(wrong.carried, 1.0));
        assert!(is(right.carried_elsewhere, 0.0) && is(right.carried_sentence_elsewhere, 0.0));
        assert!(wrong.carried_elsewhere > 0.5 && wrong.carried_sentence_elsewhere > 0.5);
        assert!(is(
            signs("Knead the dough well (passage 2).")[0].carried,
            0.0
        ));
    }
}

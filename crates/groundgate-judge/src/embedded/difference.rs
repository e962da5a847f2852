//! Where a sentence differs from the passage sentence it is closest to: what it leaves out, what it
//! adds, which units and ranges it gives to numbers.
//!
//! Signs for the model, as in [`super::binding`]: none of them decides alone.

use super::align::{Alignment, Answer, nearest};
use super::features::{Features, count, flag, has_value, share};
use super::index::Index;
use super::lexicon::Kinds;
use super::words::Word;

/// Counts what there is to count.
pub(crate) fn count_differences(
    features: &mut Features,
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
) {
    let best = alignment.best();
    let sides = Sides {
        answer,
        alignment,
        index,
        own: answer
            .words
            .get(alignment.words.clone())
            .unwrap_or_default(),
        theirs: best.map(|best| index.words_of(best)).unwrap_or_default(),
    };
    sides.left_out(features);
    sides.outside(features);
    sides.numbers(features);
}

/// A sentence and the passage sentence it is closest to.
struct Sides<'a> {
    answer: &'a Answer,
    alignment: &'a Alignment,
    index: &'a Index,
    own: &'a [Word],
    theirs: &'a [Word],
}

impl Sides<'_> {
    fn id(&self, at: usize) -> Option<u32> {
        self.answer.ids.get(at).copied().flatten()
    }

    fn in_support(&self, id: Option<u32>) -> bool {
        self.index.stands_in_any(id, &self.alignment.support)
    }

    /// What the passage sentence has and the sentence does not.
    fn left_out(&self, features: &mut Features) {
        let has = |key: u64| self.own.iter().any(|word| word.key == key);
        let content = self.theirs.iter().filter(|word| word.is_content());
        let shared = content.clone().filter(|word| has(word.key));
        features.coverage_back = share(shared.count(), content.count());
        // Of the best three; each has so much of the sentence, and the sentence so much of it.
        for (sentence, covered) in self.alignment.ranked.iter().take(3) {
            let content = self
                .index
                .words_of(*sentence)
                .iter()
                .filter(|word| word.is_content());
            let shared = content.clone().filter(|word| has(word.key));
            let back = share(shared.count(), content.count());
            let there = covered / self.alignment.total.max(1e-6);
            let both = 2.0 * back * there / (back + there).max(1e-6);
            features.overlap_best = features.overlap_best.max(both);
        }
        let numbers = self.theirs.iter().filter_map(|word| word.number);
        let left = numbers.filter(|number| number.digits && !has_value(self.own, number.key));
        features.numbers_left = count(left.count());
    }

    /// How much lies outside the supporting sentences, and where.
    fn outside(&self, features: &mut Features) {
        let mut all = 0.0;
        let mut known = 0.0;
        let mut inside = 0.0;
        let mut run = 0;
        let mut longest = 0;
        let content = &self.alignment.content;
        let is_in = |at: &usize| self.in_support(self.id(*at));
        for at in content {
            run = if is_in(at) { 0 } else { run + 1 };
            longest = longest.max(run);
            let speaks = |word: &Word| {
                word.kinds.has(Kinds::META) || word.kinds.has(Kinds::SAYING) || word.is_digits()
            };
            if self.answer.word(*at).is_none_or(speaks) {
                continue;
            }
            let rarity = self.answer.rarity(*at);
            all += rarity;
            known += flag(self.answer.is_supported(*at, self.index)) * rarity;
            inside += flag(run == 0) * rarity;
        }
        features.topic_coverage = if all > 0.0 { known / all } else { 1.0 };
        features.topic_support = if all > 0.0 { inside / all } else { 1.0 };
        features.first_outside = flag(content.first().is_some_and(|at| !is_in(at)));
        features.last_outside = flag(content.last().is_some_and(|at| !is_in(at)));
        features.outside_run = share(longest, content.len());
    }

    /// Whether numbers keep the word after them and the other end of their range.
    fn numbers(&self, features: &mut Features) {
        let is_number = |at: usize| self.answer.word(at).is_some_and(Word::is_digits);
        let inside = |at: usize| self.alignment.words.contains(&at);
        let row = |at: usize| self.index.has_row([self.id(at), self.id(at + 1)]);
        let numbers = || self.alignment.words.clone().filter(|at| is_number(*at));
        let n = numbers().count();
        let after = numbers().filter(|at| inside(at + 1) && row(*at));
        features.number_units = share(after.count(), n);
        let ranges = numbers().filter_map(|at| Some((at, self.range_end(at)?)));
        features.ranges = count(ranges.clone().count());
        features.ranges_new = count(
            ranges
                .filter(|(from, to)| !self.has_range(*from, *to))
                .count(),
        );
    }

    /// The number that ends the range which begins at `at`: `7` in `5-7` and in `5 to 7`.
    fn range_end(&self, at: usize) -> Option<usize> {
        let joins = |word: &Word| word.kinds.has(Kinds::FUNCTION);
        let next = if self.answer.word(at + 1).is_some_and(joins) {
            at + 2
        } else {
            at + 1
        };
        let is_number = self.answer.word(next).is_some_and(Word::is_digits);
        (is_number && self.alignment.words.contains(&next)).then_some(next)
    }

    /// Whether the passages have both numbers as a range.
    fn has_range(&self, from: usize, to: usize) -> bool {
        let places = |at: usize| self.id(at).map_or(&[][..], |id| self.index.spread(id));
        nearest(places(from), places(to)).is_some_and(|distance| distance <= 2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::EmbeddedJudge;
    use super::*;

    const PASSAGES: &[&str] = &[
        "Fry the fish for 5 to 7 minutes. Bake the bread for 40 minutes at 220 degrees.",
        "The council signs letters on Monday.",
    ];

    fn signs(answer: &str) -> Features {
        let judge = EmbeddedJudge::bundled().unwrap();
        let reading = judge.read("How is bread baked?", answer, PASSAGES);
        reading.sentences[0].seen.unwrap().features
    }

    fn is(found: f32, expected: f32) -> bool {
        (found - expected).abs() < 1e-6
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let all = signs("Bake the bread for 40 minutes at 220 degrees.");
        assert!(is(all.coverage_back, 1.0) && is(all.numbers_left, 0.0));
        let part = signs("Bake the bread at 220 degrees.");
        assert!(part.coverage_back < 1.0 && is(part.numbers_left, 1.0));
    }

    #[test]
    fn numbers_keep_their_unit_and_their_range() {
        for (answer, ranges, new) in [
            ("Fry the fish for 5-7 minutes.", 1.0, 0.0),
            ("Fry the fish for 5 to 7 minutes.", 1.0, 0.0),
            ("Fry the fish for 5-40 minutes.", 1.0, 1.0),
            ("Fry the fish for 7 minutes.", 0.0, 0.0),
        ] {
            let features = signs(answer);
            assert!(
                is(features.ranges, ranges) && is(features.ranges_new, new),
                "{answer}"
            );
        }
        assert!(is(signs("Bake it for 40 minutes.").number_units, 1.0));
        assert!(is(signs("Bake it for 40 degrees.").number_units, 0.0));
    }

    #[test]
    fn what_lies_outside_is_told_from_words_about_the_sources() {
        let features = signs("The passages mention that the council signs letters.");
        assert!(is(features.topic_support, 1.0) && features.coverage_best_3 < 1.0);
        let features = signs("Plumbers repair broken letters on Monday.");
        assert!(is(features.first_outside, 1.0) && features.outside_run > 0.5);
        assert!(features.topic_coverage < 1.0);
    }
}

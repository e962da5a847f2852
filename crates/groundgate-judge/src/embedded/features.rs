//! What the model sees of a sentence: numbers from its alignment with the passages.

use groundgate_model::unit::count_to_f64;

use super::{index::Index, words::Word};

macro_rules! features {
    ($($name:ident: $doc:literal,)*) => {
        /// The features of one sentence.
        #[derive(Debug, Clone, Copy, PartialEq, Default)]
        pub struct Features {
            $(#[doc = $doc] pub $name: f32,)*
        }

        impl Features {
            /// The names, in the order of [`Self::inputs`].
            pub const NAMES: &[&str] = &[$(stringify!($name),)*];

            /// The numbers, in the order of [`Self::NAMES`], those above one on a log scale.
            pub fn inputs(&self) -> [f32; Self::NAMES.len()] {
                [$(squashed(self.$name),)*]
            }
        }
    };
}

features! {
    coverage: "Share of the content words' rarity that the passages have anywhere.",
    coverage_best: "The same, in the best single sentence.",
    coverage_best_3: "The same, in the three sentences that together cover most.",
    coverage_window: "The same, in the best sentence and its neighbors.",
    coverage_prefix: "Share of the content words present by stem, value or first five letters.",
    clause_mean: "Mean share of a content word's neighborhood that one sentence has.",
    clause_min: "The least such share.",
    novel_pairs: "Share of word pairs that occur nowhere.",
    novel_triples: "Share of word triples that occur nowhere.",
    copied_max: "The longest copied run, as a share of the sentence.",
    copied_mean: "The mean length of copied runs, in tens of words.",
    missing_words: "Content words that occur nowhere.",
    missing_rarity_max: "The rarity of the rarest missing word.",
    missing_rarity_sum: "The rarity of all missing words.",
    missing_names: "Capitalized words, not the first, that occur nowhere.",
    missing_names_window: "The same, not in the window.",
    missing_numbers: "Numbers that occur nowhere.",
    missing_numbers_window: "Numbers that are not in the window.",
    numbers: "Numbers.",
    names: "Capitalized words, not the first.",
    negations: "Words that deny.",
    negations_best: "Words that deny in the best sentence.",
    negation_mismatch: "Whether only one of both denies.",
    hedges_new: "Weakening words that the best sentence does not have.",
    absolutes_new: "Strengthening words that the best sentence does not have.",
    hedges: "Weakening words.",
    absolutes: "Strengthening words.",
    question_overlap: "Share of the content words that the question has.",
    coverage_or_question: "Share of the content words that the passages or the question have.",
    far_pairs: "Share of neighboring content words that stand far apart in the passages.",
    gap_max: "The largest such distance, as ln(1 + words).",
    spread: "Share of the passage sentences with some of the content.",
    coverage_passage: "Share of the content words' rarity that the best single passage has.",
    cites: "Whether it cites a passage by its number.",
    coverage_cited: "Share of the content words' rarity that the cited passage has.",
    cited_elsewhere: "How much more the best passage has than the cited one.",
    number_places: "Share of the numbers that stand next to the same word in the passages.",
    question_coverage: "Share of the question's content words that the passages have.",
    conflict_number: "Whether a number conflicts.",
    conflict_negation: "Whether a denial conflicts.",
    conflict_antonym: "Whether an antonym conflicts.",
    conflict_name: "Whether a name conflicts.",
    words: "Words.",
    content_words: "Content words.",
    position: "The number of sentences before it.",
    position_share: "Its place in the answer, 0 first, 1 last.",
    sentences: "The number of sentences of the answer.",
    answer_words: "The number of words of the answer.",
    meta_words: "Words about the sources.",
    person_words: "Words for the speaker and the reader.",
    is_question: "Whether it asks.",
    is_item: "Whether it is a list item.",
    ends_with_colon: "Whether it announces something.",
    has_bracket: "Whether it has a bracket.",
    has_quote: "Whether it quotes.",
    declines: "Whether it says that there is no answer.",
    passage_words: "The number of words of the passages, as ln.",
    adding: "Words that add a further point.",
    concluding: "Words that draw a conclusion.",
    advising: "Words that advise.",
    examples: "Words that give examples.",
    cites_only: "Whether it cites and says nothing else.",
    cited: "The passages that it cites.",
    coverage_cited_least: "Share of the content words' rarity that the least of the cited passages has.",
    cited_sentence_elsewhere: "How much more the best sentence has than the best of the cited passages.",
    number_near: "The least share of a number's neighbors that stand near it in a passage.",
    name_near: "The same, of capitalized words.",
    apart_pairs: "Share of neighboring content words that no passage has near each other.",
    swapped_pairs: "Share of those that have, only the other way around.",
    repeated: "Share of the content words that the answer had before.",
    other_passage: "Whether its best passage sentence is in another passage than that of the sentence before.",
    heading_near: "Share of that line's content words that stand near its best passage sentence.",
    question_near: "Share of the question's content words that stand near its best passage sentence.",
    question_passage: "Share of the question's content words that the passage with it has.",
    coverage_back: "Share of its best passage sentence's content words that it has.",
    numbers_left: "Numbers of its best passage sentence that it does not have.",
    number_units: "Share of the numbers that the passages have before the same word.",
    ranges: "Numbers right after another.",
    ranges_new: "The same, that stand so nowhere.",
    topic_coverage: "Share of the rarity of the words about the matter that the passages have.",
    topic_window: "The same, in the window.",
    first_outside: "Whether the first content word is not in the window.",
    outside_run: "The longest run of content words that are not, as a share of all.",
    subject_close: "How near its words stand to its first two in the passages (1 next to them, 0 never).",
    heading_close: "The same, to the line that announces it.",
    previous_close: "The same, to the end of the sentence before.",
    question_close: "The same, to the words of the question.",
    number_close: "The least nearness of a number to the words beside it.",
    name_close: "The same, of a capitalized word.",
    word_close: "The same, of any content word.",
    pair_close: "The mean nearness of neighboring content words.",
    pair_close_least: "The least.",
    used_before: "Whether a sentence before has the same best passage sentence.",
    same_passage: "Share of the sentences before that have theirs in the same passage.",
    passages_before: "The number of passages with the best sentences of those before.",
    skips: "Passage sentences between the last used in that passage and its best.",
    place: "The number of sentences before its best in that passage.",
    place_share: "The same, as a share of the passage.",
    passage_number: "The number of the passage, from 0.",
    carried: "Whether a sentence before cites and it does not.",
    carried_elsewhere: "How much more the best passage has than the one cited before.",
    carried_sentence_elsewhere: "How much more the best sentence has than the best of that passage.",
}

/// Whether a stem stands in one of the sentences.
pub(crate) fn stands_in(index: &Index, id: u32, sentences: std::ops::Range<usize>) -> bool {
    let positions = index.positions(id);
    let from = sentences.start;
    let first = positions.partition_point(|at| index.sentence_at(*at).is_some_and(|s| s < from));
    positions
        .get(first)
        .and_then(|at| index.sentence_at(*at))
        .is_some_and(|sentence| sentences.contains(&sentence))
}

/// Whether one of the words has that value.
pub(crate) fn has_value(words: &[Word], key: u64) -> bool {
    words
        .iter()
        .any(|word| word.number.is_some_and(|number| number.key == key))
}

pub(crate) fn flag(holds: bool) -> f32 {
    f32::from(u8::from(holds))
}

/// `part` of `whole`; nothing of nothing is none.
pub(crate) fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 {
        0.0
    } else {
        count(part) / count(whole)
    }
}

/// A count as a feature. Counts beyond 2^24 lose their last digits, which no weight can tell.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "features are f32"
)]
pub(crate) fn count(n: usize) -> f32 {
    count_to_f64(n) as f32
}

/// Itself up to one, 1 + ln above: a count of fifty must not outweigh everything.
fn squashed(value: f32) -> f32 {
    if value > 1.0 { 1.0 + value.ln() } else { value }
}

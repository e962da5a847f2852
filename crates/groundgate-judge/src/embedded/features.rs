//! What the model sees of a sentence: numbers from its alignment with the passages.

use groundgate_model::unit::count_to_f64;

use super::words::Word;

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
    coverage_best_2: "The same, in the two sentences that together cover most.",
    coverage_best_3: "The same, in three.",
    coverage_linked: "The same, in sentences that have another of its content words as well.",
    coverage_subject: "The same, in the best sentence with its first content word.",
    coverage_rarest: "The same, in the best sentence with its rarest content word.",
    coverage_second: "The same, in the second best sentence.",
    coverage_prefix: "Share of the content words present by stem, value or first five letters.",
    coverage_prefix_best: "The same, in the supporting sentences.",
    clause_mean: "Mean share of a content word's neighborhood that one sentence has.",
    clause_min: "The least such share.",
    clause_rare: "The same mean, by rarity.",
    novel_pairs: "Share of word pairs that occur nowhere.",
    novel_triples: "Share of word triples that occur nowhere.",
    copied_max: "The longest copied run, as a share of the sentence.",
    copied_mean: "The mean length of copied runs, in tens of words.",
    missing_words: "Content words that occur nowhere.",
    missing_rarity_max: "The rarity of the rarest missing word.",
    missing_rarity_sum: "The rarity of all missing words.",
    missing_rarity_second: "The rarity of the second rarest missing word.",
    outside_rarity_max: "The rarity of the rarest word that the supporting sentences do not have.",
    outside_rarity_sum: "The rarity of all such words.",
    missing_names: "Capitalized words, not the first, that occur nowhere.",
    missing_names_support: "The same, not in the supporting sentences.",
    missing_numbers: "Numbers that occur nowhere.",
    missing_numbers_support: "Numbers that are not in the supporting sentences.",
    missing_numbers_best: "Numbers that are not in the best sentence.",
    numbers: "Numbers.",
    names: "Capitalized words, not the first.",
    negations: "Words that deny.",
    negations_best: "Words that deny in the best sentence.",
    negation_mismatch: "Whether only one of both denies.",
    hedges_new: "Weakening words that the best sentence does not have.",
    absolutes_new: "Strengthening words that the best sentence does not have.",
    degrees_lost: "Weakening and strengthening words of the best sentence that it does not have.",
    limits_mismatch: "Whether only one of both says only, up to, at least and the like.",
    hedges: "Weakening words.",
    absolutes: "Strengthening words.",
    far_pairs: "Share of neighboring content words that no passage sentence has together.",
    number_places: "Share of the numbers that stand next to the same word in the passages.",
    conflict_number: "Whether a number conflicts.",
    conflict_negation: "Whether a denial conflicts.",
    conflict_antonym: "Whether an antonym conflicts.",
    conflict_name: "Whether a name conflicts.",
    number_near: "The least share of a number's neighbors that stand near it in a passage.",
    name_near: "The same, of capitalized words.",
    apart_pairs: "Share of neighboring content words that no passage has near each other.",
    swapped_pairs: "Share of those that have, only the other way around.",
    overlap_best: "The most of a passage sentence's and its own content that both have (harmonic mean).",
    coverage_back: "Share of its best passage sentence's content words that it has.",
    numbers_left: "Numbers of its best passage sentence that it does not have.",
    number_units: "Share of the numbers that the passages have before the same word.",
    quantities_agree: "Share of its numbers with their units that the supporting sentences have.",
    quantities_differ: "Numbers for which the best sentence has another of the same unit.",
    ranges: "Numbers right after another.",
    ranges_new: "The same, that stand so nowhere.",
    topic_coverage: "Share of the rarity of the words about the matter that the passages have.",
    topic_support: "The same, in the supporting sentences.",
    first_outside: "Whether the first content word is not in the supporting sentences.",
    last_outside: "Whether the last content word is not.",
    outside_run: "The longest run of content words that are not, as a share of all.",
    subject_close: "How near its words stand to its first two in the passages (1 next to them, 0 never).",
    number_close: "The least nearness of a number to the words beside it.",
    name_close: "The same, of a capitalized word.",
    word_close: "The same, of any content word.",
    pair_close: "The mean nearness of neighboring content words.",
    pair_close_least: "The least.",
    inversions: "Share of its words' pairs that the best sentence has the other way around.",
    words: "Words.",
    content_words: "Content words.",
    question_overlap: "Share of the content words that the question has.",
    coverage_or_question: "Share of the content words that the passages or the question have.",
    question_coverage: "Share of the question's content words that the passages have.",
    question_support: "Share of the question's content words that the supporting sentences have.",
    question_close: "How near its words stand to those of the question.",
    heading_close: "The same, to the line that announces it.",
    heading_support: "Share of that line's content words that the supporting sentences have.",
    previous_close: "The same, to the end of the statement before.",
    previous_support: "Share of the statement before's content words that the supporting sentences have.",
    repeated: "Share of the content words that the answer had before.",
    used_before: "Whether a statement before has the same best passage sentence.",
    position: "The number of statements before it.",
    position_share: "Its place in the answer, 0 first, 1 last.",
    sentences: "The number of statements of the answer.",
    answer_words: "The number of words of the answer's statements.",
    meta_words: "Words about the sources.",
    saying_words: "Words that tell what a source says.",
    person_words: "Words for the speaker and the reader.",
    is_question: "Whether it asks.",
    ends_with_colon: "Whether it announces something.",
    has_bracket: "Whether it has a bracket.",
    has_quote: "Whether it quotes.",
    adding: "Words that add a further point.",
    concluding: "Words that draw a conclusion.",
    advising: "Words that advise.",
    examples: "Words that give examples.",
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

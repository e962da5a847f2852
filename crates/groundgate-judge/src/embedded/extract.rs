//! From a sentence and its alignment with the passages to what the model sees of it.

use super::{
    align::{Alignment, Answer, nearest, negations},
    binding,
    closeness::count_closeness,
    conflict::{Conflict, ConflictKind},
    difference::count_differences,
    features::{Features, count, flag, has_value, share, stands_in},
    index::Index,
    lexicon::Kinds,
    surroundings::Surroundings,
    words::Word,
};

/// Counts what there is to count.
pub(crate) fn extract(
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
    conflicts: &[Conflict],
    around: Surroundings<'_>,
) -> Features {
    let mut features = Features::default();
    coverage(&mut features, answer, alignment, index);
    sequences(&mut features, answer, alignment, index);
    missing(&mut features, answer, alignment, index);
    denial_and_degree(&mut features, answer, alignment, index);
    distances(&mut features, answer, alignment, index);
    question(&mut features, answer, alignment, around.question);
    surface(&mut features, answer, alignment, around, index.words.len());
    passages(&mut features, answer, alignment, index);
    binding::count_signs(&mut features, answer, alignment, index, around.before);
    asked(&mut features, alignment, index, around.question);
    count_differences(&mut features, answer, alignment, index);
    count_closeness(&mut features, answer, alignment, index, around);
    for conflict in conflicts {
        match conflict.kind {
            ConflictKind::Number => features.conflict_number = 1.0,
            ConflictKind::Negation => features.conflict_negation = 1.0,
            ConflictKind::Antonym => features.conflict_antonym = 1.0,
            ConflictKind::Name => features.conflict_name = 1.0,
        }
    }
    features
}

fn coverage(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
    let all: f32 = alignment.content.iter().map(|at| answer.rarity(*at)).sum();
    let lost: f32 = alignment.missing.iter().map(|at| answer.rarity(*at)).sum();
    features.coverage = if all > 0.0 { 1.0 - lost / all } else { 0.0 };
    let total = alignment.total.max(1e-6);
    features.coverage_best = alignment
        .ranked
        .first()
        .map_or(0.0, |(_, covered)| covered / total);
    let mut left: Vec<(u32, f32)> = Vec::new();
    for at in &alignment.content {
        if let Some(id) = answer.ids.get(*at).copied().flatten()
            && !left.iter().any(|(seen, _)| *seen == id)
        {
            left.push((id, answer.rarity(*at)));
        }
    }
    if let Some(best) = alignment.best() {
        let window = index.window(best);
        let inside: f32 = left
            .iter()
            .filter(|(id, _)| stands_in(index, *id, window.clone()))
            .map(|(_, rarity)| rarity)
            .sum();
        features.coverage_window = inside / total;
    }
    let mut known: Vec<(f32, [bool; CANDIDATES])> = (left.iter())
        .map(|(id, rarity)| (*rarity, has_each(index, *id, &alignment.ranked)))
        .collect();
    let mut covered = 0.0;
    for _ in 0..3 {
        let has = |known: &[bool; CANDIDATES], own: usize| known.get(own).copied().unwrap_or(false);
        let gain = |own: usize| -> f32 {
            (known.iter().filter(|(_, sentences)| has(sentences, own)))
                .map(|(rarity, _)| rarity)
                .sum()
        };
        let candidates = alignment.ranked.iter().take(CANDIDATES).enumerate();
        let best = candidates
            .map(|(own, (sentence, _))| (own, *sentence, gain(own)))
            .max_by(|one, other| one.2.total_cmp(&other.2).then(other.1.cmp(&one.1)));
        let Some((own, _, gained)) = best else {
            break;
        };
        covered += gained;
        known.retain(|(_, sentences)| !has(sentences, own));
    }
    features.coverage_best_3 = covered / total;
    let near = alignment.content.iter().filter(|at| {
        answer.is_supported(**at, index)
            || answer
                .word(**at)
                .and_then(|word| word.prefix)
                .is_some_and(|prefix| index.has_prefix(prefix))
    });
    features.coverage_prefix = share(near.count(), alignment.content.len());
    features.clause_mean = if alignment.clauses.is_empty() {
        1.0
    } else {
        alignment.clauses.iter().sum::<f32>() / count(alignment.clauses.len())
    };
    features.clause_min = alignment.clauses.iter().copied().fold(1.0, f32::min);
}

/// Passage sentences that may be among the three that together cover most.
const CANDIDATES: usize = 6;

/// Whether a stem stands in each of the best sentences.
fn has_each(index: &Index, id: u32, ranked: &[(usize, f32)]) -> [bool; CANDIDATES] {
    let mut has = [false; CANDIDATES];
    for (has, (sentence, _)) in has.iter_mut().zip(ranked) {
        *has = stands_in(index, id, *sentence..*sentence + 1);
    }
    has
}

fn sequences(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
    let words = answer
        .words
        .get(alignment.words.clone())
        .unwrap_or_default();
    let ids = answer.ids.get(alignment.words.clone()).unwrap_or_default();
    let pairs = ids.array_windows::<2>();
    let n_pairs = pairs.len();
    let novel = pairs.filter(|pair| !index.has_row(**pair));
    features.novel_pairs = share(novel.count(), n_pairs);
    let triples = ids.array_windows::<3>();
    let n_triples = triples.len();
    let novel = triples.filter(|triple| !index.has_row(**triple));
    features.novel_triples = share(novel.count(), n_triples);
    let runs = answer
        .copied
        .get(alignment.words.clone())
        .unwrap_or_default();
    features.copied_max = share(
        runs.iter().copied().max().unwrap_or(0).min(words.len()),
        words.len(),
    );
    features.copied_mean = share(runs.iter().sum(), words.len()) / 10.0;
}

fn missing(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
    let rarities = alignment.missing.iter().map(|at| answer.rarity(*at));
    features.missing_words = count(alignment.missing.len());
    features.missing_rarity_max = rarities.clone().fold(0.0, f32::max);
    features.missing_rarity_sum = rarities.sum();
    let window = alignment.best().map(|best| index.window(best));
    let in_window = |word: &Word| {
        let Some(window) = window.clone() else {
            return false;
        };
        index
            .id(word.key)
            .is_some_and(|id| stands_in(index, id, window.clone()))
            || word.number.is_some_and(|number| {
                window
                    .clone()
                    .any(|sentence| has_value(index.words_of(sentence), number.key))
            })
    };
    for at in &alignment.content {
        let Some(word) = answer.word(*at) else {
            continue;
        };
        let nowhere = !answer.is_supported(*at, index);
        if word.number.is_some() {
            features.numbers += 1.0;
            features.missing_numbers += flag(nowhere);
            features.missing_numbers_window += flag(!in_window(word));
        } else if word.capitalized && *at != alignment.words.start {
            features.names += 1.0;
            features.missing_names += flag(nowhere);
            features.missing_names_window += flag(!in_window(word));
        }
    }
}

/// How much one passage has, and whether numbers keep the words next to them.
fn passages(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
    let covered = binding::by_passage(answer, &alignment.content, index);
    let best = covered.iter().copied().fold(0.0, f32::max);
    features.coverage_passage = best / alignment.total.max(1e-6);
    let numbers = alignment
        .content
        .iter()
        .filter(|at| answer.word(**at).is_some_and(Word::is_digits));
    let in_place = numbers.clone().filter(|at| {
        let id = |at: Option<usize>| {
            at.filter(|at| alignment.words.contains(at))
                .and_then(|at| answer.ids.get(at).copied().flatten())
        };
        let own = id(Some(**at));
        index.has_row([id(at.checked_sub(1)), own]) || index.has_row([own, id(Some(**at + 1))])
    });
    features.number_places = share(in_place.count(), numbers.count());
}

/// How much of the question the passages have, all and where the sentence comes from.
fn asked(features: &mut Features, alignment: &Alignment, index: &Index, question: &[u64]) {
    let ids = || question.iter().filter_map(|key| index.id(*key));
    features.question_coverage = share(ids().count(), question.len());
    let Some(best) = alignment.best() else { return };
    let near = ids().filter(|id| stands_in(index, *id, index.window(best)));
    features.question_near = share(near.count(), question.len());
    let passage = |at: usize| index.sentences.get(at).map(|place| place.passage);
    let inside = ids().filter(|id| {
        index
            .sentences_with(*id)
            .any(|at| passage(at) == passage(best))
    });
    features.question_passage = share(inside.count(), question.len());
}

fn denial_and_degree(
    features: &mut Features,
    answer: &Answer,
    alignment: &Alignment,
    index: &Index,
) {
    let words = answer
        .words
        .get(alignment.words.clone())
        .unwrap_or_default();
    features.negations = count(negations(words));
    let best = alignment.best();
    features.negations_best = best
        .and_then(|best| index.sentences.get(best))
        .map_or(0.0, |place| count(place.negations));
    features.negation_mismatch =
        flag((features.negations > 0.0) != (features.negations_best > 0.0));
    for word in words {
        let is_new = || {
            best.is_none_or(|best| {
                index
                    .id(word.key)
                    .is_none_or(|id| !stands_in(index, id, best..best + 1))
            })
        };
        if word.kinds.has(Kinds::HEDGE) {
            features.hedges += 1.0;
            features.hedges_new += flag(is_new());
        }
        if word.kinds.has(Kinds::ABSOLUTE) {
            features.absolutes += 1.0;
            features.absolutes_new += flag(is_new());
        }
    }
}

/// How far apart in the passages the content words stand that are neighbors in the sentence.
fn distances(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
    let mut n_pairs = 0;
    let mut n_far = 0;
    let mut largest = 0;
    let ids = alignment
        .content
        .iter()
        .map(|at| answer.ids.get(*at).copied().flatten());
    for (left, right) in ids.clone().zip(ids.skip(1)) {
        let (Some(left), Some(right)) = (left, right) else {
            continue;
        };
        let Some(distance) = nearest(index.positions(left), index.positions(right)) else {
            continue;
        };
        n_pairs += 1;
        n_far += usize::from(distance > 25);
        largest = largest.max(distance);
    }
    features.far_pairs = share(n_far, n_pairs);
    features.gap_max = count(largest).ln_1p();
    features.spread = share(alignment.ranked.len(), index.sentences.len());
}

fn question(features: &mut Features, answer: &Answer, alignment: &Alignment, question: &[u64]) {
    let asked = |at: usize| {
        answer
            .word(at)
            .is_some_and(|word| question.binary_search(&word.key).is_ok())
    };
    let n_asked = alignment.content.iter().filter(|at| asked(**at)).count();
    let n_lost = alignment.missing.iter().filter(|at| !asked(**at)).count();
    let n_content = alignment.content.len();
    features.question_overlap = share(n_asked, n_content);
    features.coverage_or_question = share(n_content - n_lost, n_content);
}

fn surface(
    features: &mut Features,
    answer: &Answer,
    alignment: &Alignment,
    around: Surroundings<'_>,
    n_passage_words: usize,
) {
    let words = answer
        .words
        .get(alignment.words.clone())
        .unwrap_or_default();
    let of_kind = |kind| count(words.iter().filter(|word| word.kinds.has(kind)).count());
    let text = around.text;
    features.words = count(words.len());
    features.content_words = count(alignment.content.len());
    features.position = count(around.position);
    features.position_share = share(around.position, around.sentences.saturating_sub(1));
    features.sentences = count(around.sentences);
    features.answer_words = count(answer.words.len());
    features.meta_words = of_kind(Kinds::META);
    features.person_words = of_kind(Kinds::PERSON);
    features.is_question = flag(text.contains('?'));
    features.is_item = flag(
        text.starts_with(['-', '*', '•'])
            || text
                .split_once(['.', ')'])
                .is_some_and(|(number, _)| number.parse::<u16>().is_ok()),
    );
    features.ends_with_colon = flag(text.ends_with(':'));
    features.has_bracket = flag(text.contains('('));
    features.has_quote = flag(text.contains(['"', '“']));
    features.declines = flag(around.declines);
    features.passage_words = count(n_passage_words).ln_1p();
    features.adding = of_kind(Kinds::ADDING);
    features.concluding = of_kind(Kinds::CONCLUDING);
    features.advising = of_kind(Kinds::ADVISING);
    features.examples = of_kind(Kinds::EXAMPLE);
}

//! From a sentence and its alignment with the passages to what the model sees of it.

use super::{
    align::{Alignment, Answer, nearest, negations},
    binding,
    closeness::count_closeness,
    conflict::{Conflict, ConflictKind},
    difference::count_differences,
    features::{Features, count, flag, has_value, share},
    index::{APART, Index},
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
    surface(&mut features, answer, alignment, around);
    places(&mut features, answer, alignment, index);
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
            // Too rare to learn from: they speak by themselves.
            ConflictKind::Relation | ConflictKind::Degree => {}
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
    let [one, two, three] = alignment.covered;
    debug_assert!(one <= two && two <= three, "greedy");
    features.coverage_best_2 = two / total;
    features.coverage_best_3 = three / total;
    features.coverage_second = alignment
        .ranked
        .get(1)
        .map_or(0.0, |(_, covered)| covered / total);
    features.coverage_linked = alignment.linked / total;
    let with = |at: Option<usize>| {
        let id = at.and_then(|at| answer.ids.get(at).copied().flatten());
        let has = |sentence: usize| id.is_some_and(|id| index.stands_in(id, sentence));
        let best = alignment.ranked.iter().find(|(own, _)| has(*own));
        best.map_or(0.0, |(_, covered)| covered / total)
    };
    features.coverage_subject = with(alignment.content.first().copied());
    features.coverage_rarest = with(
        (alignment.content.iter().copied())
            .max_by(|one, other| answer.rarity(*one).total_cmp(&answer.rarity(*other))),
    );
    let near = alignment.content.iter().filter(|at| {
        answer.is_supported(**at, index)
            || answer
                .word(**at)
                .and_then(|word| word.prefix)
                .is_some_and(|prefix| index.has_prefix(prefix))
    });
    features.coverage_prefix = share(near.count(), alignment.content.len());
    features.coverage_prefix_best = share(
        (alignment.content.iter())
            .filter(|at| {
                answer
                    .word(**at)
                    .is_some_and(|word| is_like_any(word, alignment, index))
            })
            .count(),
        alignment.content.len(),
    );
    features.clause_mean = if alignment.clauses.is_empty() {
        1.0
    } else {
        alignment.clauses.iter().sum::<f32>() / count(alignment.clauses.len())
    };
    features.clause_min = alignment.clauses.iter().copied().fold(1.0, f32::min);
    let rare = alignment.content.iter().zip(&alignment.clauses);
    let by_rarity: f32 = rare.map(|(at, clause)| answer.rarity(*at) * clause).sum();
    features.clause_rare = if all > 0.0 { by_rarity / all } else { 1.0 };
}

/// Whether one of the supporting sentences has a word with the same stem or the same first letters.
fn is_like_any(word: &Word, alignment: &Alignment, index: &Index) -> bool {
    let is_like = |other: &Word| {
        other.key == word.key || (word.prefix.is_some() && word.prefix == other.prefix)
    };
    let mut support = alignment.support.iter();
    support.any(|own| index.words_of(*own).iter().any(is_like))
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
    features.missing_rarity_sum = rarities.clone().sum();
    for rarity in rarities {
        if rarity > features.missing_rarity_max {
            features.missing_rarity_second = features.missing_rarity_max;
            features.missing_rarity_max = rarity;
        } else if rarity > features.missing_rarity_second {
            features.missing_rarity_second = rarity;
        }
    }
    let best = alignment.support.get(..1).unwrap_or_default();
    for at in &alignment.content {
        let Some(word) = answer.word(*at) else {
            continue;
        };
        let nowhere = !answer.is_supported(*at, index);
        let id = answer.ids.get(*at).copied().flatten();
        let is_in = |sentences: &[usize]| {
            index.stands_in_any(id, sentences) || has_number(word, sentences, index)
        };
        let outside = !is_in(&alignment.support);
        if outside {
            let rarity = answer.rarity(*at);
            features.outside_rarity_max = features.outside_rarity_max.max(rarity);
            features.outside_rarity_sum += rarity;
        }
        if word.number.is_some() {
            features.numbers += 1.0;
            features.missing_numbers += flag(nowhere);
            features.missing_numbers_support += flag(outside);
            features.missing_numbers_best += flag(!is_in(best));
        } else if word.capitalized && *at != alignment.words.start {
            features.names += 1.0;
            features.missing_names += flag(nowhere);
            features.missing_names_support += flag(outside);
        }
    }
}

/// Whether a number stands in one of some sentences, by its value.
fn has_number(word: &Word, sentences: &[usize], index: &Index) -> bool {
    let has = |key| {
        let mut own = sentences.iter().map(|own| index.words_of(*own));
        own.any(|words| has_value(words, key))
    };
    word.number.is_some_and(|number| has(number.key))
}

/// Whether numbers keep the words next to them.
fn places(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
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
    let near = ids().filter(|id| index.stands_in_any(Some(*id), &alignment.support));
    features.question_support = share(near.count(), question.len());
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
                let id = index.id(word.key);
                id.is_none_or(|id| !index.stands_in(id, best))
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
    let theirs = best.map(|best| index.words_of(best)).unwrap_or_default();
    let lost = theirs.iter().filter(|own| {
        let is_degree = own.kinds.has(Kinds::HEDGE) || own.kinds.has(Kinds::ABSOLUTE);
        is_degree && !words.iter().any(|word| word.key == own.key)
    });
    features.degrees_lost = count(lost.count());
    let limits = |words: &[Word]| words.iter().any(|word| word.kinds.has(Kinds::LIMIT));
    features.limits_mismatch = flag(best.is_some() && limits(words) != limits(theirs));
}

/// Whether the passages have the content words together that are neighbors in the sentence.
fn distances(features: &mut Features, answer: &Answer, alignment: &Alignment, index: &Index) {
    let mut n_pairs = 0;
    let mut n_far = 0;
    let ids = alignment
        .content
        .iter()
        .map(|at| answer.ids.get(*at).copied().flatten());
    for (left, right) in ids.clone().zip(ids.skip(1)) {
        let (Some(left), Some(right)) = (left, right) else {
            continue;
        };
        if let Some(distance) = nearest(index.spread(left), index.spread(right)) {
            n_pairs += 1;
            n_far += usize::from(distance >= APART);
        }
    }
    features.far_pairs = share(n_far, n_pairs);
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
    features.position_share = share(around.position, around.statements.saturating_sub(1));
    features.sentences = count(around.statements);
    features.answer_words = count(around.words);
    features.meta_words = of_kind(Kinds::META);
    features.saying_words = of_kind(Kinds::SAYING);
    features.person_words = of_kind(Kinds::PERSON);
    features.is_question = flag(text.contains('?'));
    features.ends_with_colon = flag(text.ends_with(':'));
    features.has_bracket = flag(text.contains('('));
    features.has_quote = flag(text.contains(['"', '“', '”']));
    features.adding = of_kind(Kinds::ADDING);
    features.concluding = of_kind(Kinds::CONCLUDING);
    features.advising = of_kind(Kinds::ADVISING);
    features.examples = of_kind(Kinds::EXAMPLE);
}

//! One sentence laid against the passages: which words are there, where most of them are together.

use std::ops::Range;

use super::index::Index;
use super::lexicon::Kinds;
use super::quantities::Quantities;
use super::rarity::Rarity;
use super::table::KeyTable;
use super::words::Word;

/// An answer's words, looked up in the passages.
#[derive(Debug)]
pub(crate) struct Answer {
    /// All words of the answer.
    pub(crate) words: Vec<Word>,
    /// The number of each word's stem in the index, where it occurs.
    pub(crate) ids: Vec<Option<u32>>,
    /// How rare each word is.
    pub(crate) rarity: Vec<f32>,
    /// The length of the longest run of words around each word that stands so in a passage.
    pub(crate) copied: Vec<usize>,
    /// Where each word stands first in the answer.
    pub(crate) first_seen: Vec<usize>,
}

impl Answer {
    pub(crate) fn new(
        words: Vec<Word>,
        quantities: &Quantities<'_>,
        index: &Index,
        rarity: &Rarity,
    ) -> Self {
        let words = quantities.as_written(words, index);
        let ids: Vec<Option<u32>> = words.iter().map(|word| index.id(word.key)).collect();
        let copied = copied_runs(&ids, index);
        let first_seen = first_seen(&words);
        let rarity = words.iter().map(|word| rarity.of(word)).collect();
        Self {
            words,
            ids,
            rarity,
            copied,
            first_seen,
        }
    }

    /// Whether the word at `at` occurs in the passages, as a stem or as a value.
    pub(crate) fn is_supported(&self, at: usize, index: &Index) -> bool {
        self.ids.get(at).is_some_and(Option::is_some)
            || self.number_key(at).is_some_and(|key| index.has_value(key))
    }

    pub(crate) fn word(&self, at: usize) -> Option<&Word> {
        self.words.get(at)
    }

    pub(crate) fn rarity(&self, at: usize) -> f32 {
        self.rarity.get(at).copied().unwrap_or(0.0)
    }

    fn number_key(&self, at: usize) -> Option<u64> {
        self.word(at)?.number.map(|number| number.key)
    }
}

fn first_seen(words: &[Word]) -> Vec<usize> {
    let mut table = KeyTable::with_capacity(words.len());
    let firsts = (0u32..)
        .zip(words)
        .map(|(at, word)| table.get_or_insert(word.key, at));
    firsts
        .map(|at| usize::try_from(at).unwrap_or(usize::MAX))
        .collect()
}

/// Longest runs that occur in a passage sentence, greedily from the left. A run is looked for where the
/// rarer of its first two words stands; at most 40 places are tried for a word and 30 words are followed,
/// so that repeated text stays linear.
fn copied_runs(ids: &[Option<u32>], index: &Index) -> Vec<usize> {
    let places = |at: usize| {
        let id = ids.get(at).copied().flatten();
        id.map_or(&[][..], |id| index.positions(id))
    };
    let mut copied = vec![0; ids.len()];
    let mut at = 0;
    while at < ids.len() {
        let (own, next) = (places(at), places(at + 1));
        let (starts, shift) = if next.len() < own.len() && !next.is_empty() {
            (next, 1)
        } else {
            (own, 0)
        };
        let starts = starts.iter().take(40);
        let runs = starts.filter_map(|start| run_from(ids, at, start.checked_sub(shift)?, index));
        let longest = runs.max().unwrap_or(1);
        // A word by itself is no copy: any text may have it.
        if longest > 1
            && let Some(run) = copied.get_mut(at..at + longest)
        {
            run.fill(longest);
        }
        at += longest;
    }
    copied
}

/// How many words from `at` on stand as they are from a position on; nothing if not even the first does.
fn run_from(ids: &[Option<u32>], at: usize, start: usize, index: &Index) -> Option<usize> {
    let same = |ahead: &usize| {
        let own = ids.get(at + ahead).copied().flatten();
        own.is_some()
            && own == index.id_at(start + ahead)
            && index.sentence_at(start) == index.sentence_at(start + ahead)
    };
    let run = (0..30).take_while(same).count();
    (run > 0).then_some(run)
}

/// What a sentence has in common with the passages.
#[derive(Debug)]
pub(crate) struct Alignment {
    /// The words of the sentence.
    pub(crate) words: Range<usize>,
    /// Those of them that carry content.
    pub(crate) content: Vec<usize>,
    /// Those of the content words that the passages do not have.
    pub(crate) missing: Vec<usize>,
    /// Passage sentences with some of the content, best first, with the rarity they cover.
    pub(crate) ranked: Vec<(usize, f32)>,
    /// Those of them that together cover most: the best, and what adds most to it.
    pub(crate) support: Vec<usize>,
    /// The rarity that the first one, two and three of them cover.
    pub(crate) covered: [f32; SUPPORT],
    /// The rarity of the content words that stand in a passage sentence with another of them.
    pub(crate) linked: f32,
    /// The rarity of all distinct content words.
    pub(crate) total: f32,
    /// For each content word, the share of its neighbors that stand together in one sentence.
    pub(crate) clauses: Vec<f32>,
}

impl Alignment {
    pub(crate) fn new(
        answer: &Answer,
        words: Range<usize>,
        index: &Index,
        scratch: &mut Scratch,
    ) -> Self {
        let content: Vec<usize> = words
            .clone()
            .filter(|at| answer.word(*at).is_some_and(Word::is_content))
            .collect();
        let missing = content
            .iter()
            .copied()
            .filter(|at| !answer.is_supported(*at, index))
            .collect();
        let distinct = distinct(answer, &content);
        let total = distinct.iter().map(|at| answer.rarity(*at)).sum();
        let ranked = scratch.rank(answer, &distinct, index);
        let (support, covered) = support(answer, &distinct, &ranked, index);
        let linked = scratch.linked(answer, &distinct, index);
        let clauses = scratch.clauses(answer, &content, index);
        Self {
            words,
            content,
            missing,
            ranked,
            support,
            covered,
            linked,
            total,
            clauses,
        }
    }

    /// The passage sentence that has most of the content.
    pub(crate) fn best(&self) -> Option<usize> {
        self.ranked.first().map(|(sentence, _)| *sentence)
    }
}

/// Sentences that together support one.
pub(crate) const SUPPORT: usize = 3;

/// Passage sentences that may be among those that together cover most.
const CANDIDATES: usize = 8;

/// Greedily: the best sentence, then the one that adds most to it.
fn support(
    answer: &Answer,
    distinct: &[usize],
    ranked: &[(usize, f32)],
    index: &Index,
) -> (Vec<usize>, [f32; SUPPORT]) {
    let candidates = ranked.get(..CANDIDATES).unwrap_or(ranked);
    let has_each = |id: u32| -> [bool; CANDIDATES] {
        let mut has = [false; CANDIDATES];
        for (has, (sentence, _)) in has.iter_mut().zip(candidates) {
            *has = index.stands_in(id, *sentence);
        }
        has
    };
    let mut left: Vec<(f32, [bool; CANDIDATES])> = (distinct.iter())
        .filter_map(|at| {
            let id = answer.ids.get(*at).copied().flatten()?;
            Some((answer.rarity(*at), has_each(id)))
        })
        .collect();
    let (mut chosen, mut covered) = (Vec::with_capacity(SUPPORT), [0.0; SUPPORT]);
    let mut sum = 0.0;
    for slot in &mut covered {
        let has = |has: &[bool; CANDIDATES], own: usize| has.get(own).copied().unwrap_or(false);
        let gain = |own: usize| -> f32 {
            let news = left.iter().filter(|(_, sentences)| has(sentences, own));
            news.map(|(rarity, _)| rarity).sum()
        };
        // The first of equals: it is the better by itself.
        let mut best: Option<(usize, usize, f32)> = None;
        for (own, (sentence, _)) in candidates.iter().enumerate() {
            let gained = gain(own);
            if gained > best.map_or(0.0, |(_, _, most)| most) {
                best = Some((own, *sentence, gained));
            }
        }
        if let Some((own, sentence, gained)) = best {
            sum += gained;
            chosen.push(sentence);
            left.retain(|(_, sentences)| !has(sentences, own));
        }
        *slot = sum;
    }
    (chosen, covered)
}

/// The first of each group of equal words.
fn distinct(answer: &Answer, content: &[usize]) -> Vec<usize> {
    let key = |at: usize| answer.word(at).map(|word| word.key);
    let mut sorted = content.to_vec();
    sorted.sort_by_key(|at| (key(*at), *at));
    sorted.dedup_by_key(|at| key(*at));
    sorted.sort_unstable();
    sorted
}

/// Buffers over the passage sentences, kept between the sentences of an answer.
#[derive(Debug)]
pub(crate) struct Scratch {
    covered: Vec<f32>,
    counts: Vec<u8>,
    touched: Vec<usize>,
}

impl Scratch {
    pub(crate) fn new(index: &Index) -> Self {
        let n_sentences = index.sentences.len();
        Self {
            covered: vec![0.0; n_sentences],
            counts: vec![0; n_sentences],
            touched: Vec::new(),
        }
    }

    fn rank(&mut self, answer: &Answer, distinct: &[usize], index: &Index) -> Vec<(usize, f32)> {
        for at in distinct {
            let Some(id) = answer.ids.get(*at).copied().flatten() else {
                continue;
            };
            let rarity = answer.rarity(*at);
            for sentence in index.sentences_with(id) {
                if let Some(covered) = self.covered.get_mut(sentence) {
                    if *covered <= 0.0 {
                        self.touched.push(sentence);
                    }
                    *covered += rarity;
                }
            }
        }
        let mut ranked = Vec::with_capacity(self.touched.len());
        for sentence in self.touched.drain(..) {
            if let Some(covered) = self.covered.get_mut(sentence) {
                ranked.push((sentence, *covered));
                *covered = 0.0;
            }
        }
        // Of equals the shortest is nearest.
        ranked.sort_by(|left, right| {
            let length = |own: &(usize, f32)| index.words_of(own.0).len();
            (right.1.total_cmp(&left.1))
                .then_with(|| length(left).cmp(&length(right)))
                .then(left.0.cmp(&right.0))
        });
        ranked
    }

    /// The rarity of the words that stand in a sentence with another of them.
    fn linked(&mut self, answer: &Answer, distinct: &[usize], index: &Index) -> f32 {
        let id = |at: &usize| answer.ids.get(*at).copied().flatten();
        for sentence in distinct
            .iter()
            .filter_map(id)
            .flat_map(|id| index.sentences_with(id))
        {
            if let Some(count) = self.counts.get_mut(sentence) {
                if *count == 0 {
                    self.touched.push(sentence);
                }
                *count = count.saturating_add(1);
            }
        }
        let shares = |sentence: usize| self.counts.get(sentence).is_some_and(|count| *count > 1);
        let is_linked = |at: &&usize| id(at).is_some_and(|id| index.sentences_with(id).any(shares));
        let linked = distinct.iter().filter(is_linked);
        let sum = linked.map(|at| answer.rarity(*at)).sum();
        for sentence in self.touched.drain(..) {
            if let Some(count) = self.counts.get_mut(sentence) {
                *count = 0;
            }
        }
        sum
    }

    /// For each content word, the largest share of it and its three content neighbors on either side
    /// that one passage sentence has.
    fn clauses(&mut self, answer: &Answer, content: &[usize], index: &Index) -> Vec<f32> {
        let mut clauses = Vec::with_capacity(content.len());
        let mut keys: Vec<(u64, Option<u32>)> = Vec::with_capacity(7);
        for middle in 0..content.len() {
            let window = content.get(middle.saturating_sub(3)..(middle + 4).min(content.len()));
            keys.clear();
            for at in window.unwrap_or_default() {
                let id = answer.ids.get(*at).copied().flatten();
                if let Some(word) = answer.word(*at)
                    && !keys.iter().any(|(key, _)| *key == word.key)
                {
                    keys.push((word.key, id));
                }
            }
            let most = self.most_together(&keys, index);
            clauses.push(f32::from(most) / f32::from(u8::try_from(keys.len().max(1)).unwrap_or(7)));
        }
        clauses
    }

    fn most_together(&mut self, keys: &[(u64, Option<u32>)], index: &Index) -> u8 {
        let mut most = 0;
        for id in keys.iter().filter_map(|(_, id)| *id) {
            for sentence in index.sentences_with(id) {
                if let Some(count) = self.counts.get_mut(sentence) {
                    if *count == 0 {
                        self.touched.push(sentence);
                    }
                    *count += 1;
                    most = most.max(*count);
                }
            }
        }
        for sentence in self.touched.drain(..) {
            if let Some(count) = self.counts.get_mut(sentence) {
                *count = 0;
            }
        }
        most
    }
}

/// How many of the words deny.
pub(crate) fn negations(words: &[Word]) -> usize {
    words
        .iter()
        .filter(|word| word.kinds.has(Kinds::NEGATION))
        .count()
}

/// The least distance between two sorted lists.
pub(crate) fn nearest(left: &[usize], right: &[usize]) -> Option<usize> {
    let mut least = None;
    let mut lefts = left.iter().peekable();
    let mut rights = right.iter().peekable();
    while let (Some(one), Some(other)) = (lefts.peek(), rights.peek()) {
        let distance = one.abs_diff(**other);
        least = Some(least.map_or(distance, |least: usize| least.min(distance)));
        if one <= other {
            lefts.next();
        } else {
            rights.next();
        }
    }
    least
}

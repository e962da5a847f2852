//! A text as the words that decide about its polarity: clauses, negations, opposites, bounds of numbers.

use std::collections::BTreeMap;

use groundgate_model::text::number::{Mention, Reading, Unit, mentions};

use super::concepts::{CONCEPTS, COST, COST_NOUNS, Concept, Scope, denies, is_negator};
use crate::token::{Token, content_stems, stem, tokens};

/// A negation reaches so many words.
const REACH: usize = 4;

/// A word, folded further: without accents.
#[derive(Debug, Clone)]
struct Word {
    text: String,
    start: usize,
    clause: usize,
    /// A negation that something else has used up.
    is_used: bool,
}

/// Which side of a bound a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// No more than this.
    Upper,
    /// No less than this.
    Lower,
}

impl Bound {
    const fn flipped(self) -> Self {
        match self {
            Self::Upper => Self::Lower,
            Self::Lower => Self::Upper,
        }
    }
}

/// What the words of a concept come to; `None` where they speak for both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    /// Whether the positive side is meant.
    pub(super) is_positive: Option<bool>,
    /// Whether its words are those of the positive side, denied or not.
    pub(super) by_positive_words: bool,
    /// Whether it rests on words that say so by themselves, not on nouns and sums.
    pub(super) is_certain: bool,
}

impl Side {
    fn joined(self, other: Self) -> Self {
        match (self.is_certain, other.is_certain) {
            (true, false) => self,
            (false, true) => other,
            _ if self.is_positive == other.is_positive => self,
            _ => Self {
                is_positive: None,
                ..self
            },
        }
    }
}

/// What a text says of polarity.
#[derive(Debug, Clone)]
pub(super) struct Saying {
    words: Vec<Word>,
    /// By name of the concept.
    pub(super) sides: BTreeMap<&'static str, Side>,
    pub(super) bounds: Vec<(Mention, Bound)>,
}

impl Saying {
    /// Reads a text; of a long one only the clauses that `is_relevant` says so of.
    pub(super) fn of(text: &str, is_relevant: impl Fn(&str) -> bool) -> Self {
        let mut words = words(text);
        keep_relevant(text, &mut words, is_relevant);
        let numbers = mentions(text);
        let mut saying = Self {
            words,
            sides: BTreeMap::new(),
            bounds: Vec::new(),
        };
        for number in &numbers {
            if let Some(bound) = saying.bound_of(number) {
                saying.bounds.push((number.clone(), bound));
            }
        }
        for concept in CONCEPTS {
            saying.look_for(concept);
        }
        saying.look_for_cost(&numbers);
        saying
    }

    /// How many words deny, where nothing else has used them up.
    pub(super) fn denials(&self) -> Denials {
        let count = |is_meant: fn(&str) -> bool| {
            let meant = |word: &&Word| !word.is_used && is_meant(&word.text);
            self.words.iter().filter(meant).count()
        };
        Denials {
            explicit: count(is_negator),
            implied: count(denies),
        }
    }

    /// Whether a word of the text is one of those.
    pub(super) fn has(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        self.words.iter().any(|word| is_meant(&word.text))
    }

    fn look_for(&mut self, concept: &Concept) {
        for at in 0..self.words.len() {
            let side = |list: &[&str]| list.iter().any(|known| self.is_at(at, known));
            let is_positive = match (side(concept.positive), side(concept.negative)) {
                (true, false) => true,
                (false, true) => false,
                _ => continue,
            };
            let is_denied = match concept.scope {
                Scope::Before => self.negations_before(at),
                Scope::Clause => self.negations_in_clause_of(at),
            } % 2
                == 1;
            self.add(
                concept.name,
                Side {
                    is_positive: Some(is_positive != is_denied),
                    by_positive_words: is_positive,
                    is_certain: true,
                },
            );
        }
    }

    fn look_for_cost(&mut self, numbers: &[Mention]) {
        self.look_for(&COST);
        for at in 0..self.words.len() {
            if COST_NOUNS.iter().any(|known| self.is_at(at, known)) {
                let is_denied = self.negations_before(at) % 2 == 1;
                self.add(
                    COST.name,
                    Side {
                        is_positive: Some(!is_denied),
                        by_positive_words: true,
                        is_certain: is_denied,
                    },
                );
            }
        }
        let sums = numbers.iter().flat_map(|number| &number.readings);
        let sums: Vec<f64> = sums
            .filter_map(|reading| match reading {
                Reading::Quantity {
                    value,
                    unit: Unit::Money(_),
                } => Some(*value),
                Reading::Quantity { .. }
                | Reading::Date(_)
                | Reading::Time(_)
                | Reading::Code(_) => None,
            })
            .collect();
        if !sums.is_empty() {
            let is_nothing = sums.iter().all(|value| *value == 0.0);
            self.add(
                COST.name,
                Side {
                    is_positive: Some(!is_nothing),
                    by_positive_words: !is_nothing,
                    is_certain: is_nothing,
                },
            );
        }
    }

    fn add(&mut self, name: &'static str, side: Side) {
        let joined = self
            .sides
            .get(name)
            .map_or(side, |known| known.joined(side));
        self.sides.insert(name, joined);
    }

    fn is_at(&self, at: usize, known: &str) -> bool {
        let is_word = |at: usize, known: &str| {
            let word = self.words.get(at);
            word.is_some_and(|word| {
                word.text == known || (known.len() > 4 && stem(&word.text) == stem(known))
            })
        };
        match known.split_once('_') {
            Some((first, second)) => is_word(at, first) && is_word(at + 1, second),
            None => is_word(at, known),
        }
    }

    fn negations_before(&self, at: usize) -> usize {
        let Some(clause) = self.words.get(at).map(|word| word.clause) else {
            return 0;
        };
        let before = self
            .words
            .get(at.saturating_sub(REACH)..at)
            .unwrap_or_default();
        let denies =
            |word: &&Word| word.clause == clause && !word.is_used && is_negator(&word.text);
        before.iter().filter(denies).count()
    }

    fn negations_in_clause_of(&self, at: usize) -> usize {
        let Some(clause) = self.words.get(at).map(|word| word.clause) else {
            return 0;
        };
        let denies =
            |word: &&Word| word.clause == clause && !word.is_used && is_negator(&word.text);
        self.words.iter().filter(denies).count()
    }

    /// Whether a number is a bound; a negation before it turns it round and is used up.
    fn bound_of(&mut self, number: &Mention) -> Option<Bound> {
        let at = self.words.partition_point(|word| word.start < number.start);
        let clause = self.words.get(at).or_else(|| self.words.last())?.clause;
        let mut end = at;
        while end > 0
            && self
                .words
                .get(end - 1)
                .is_some_and(|word| FILLERS.contains(&word.text.as_str()))
        {
            end -= 1;
        }
        let (bound, length) = BOUNDS.iter().find_map(|(phrase, bound)| {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            let from = end.checked_sub(phrase.len())?;
            let there = self.words.get(from..end)?;
            let is_there = there
                .iter()
                .map(|word| word.text.as_str())
                .eq(phrase.iter().copied());
            (is_there && there.iter().all(|word| word.clause == clause))
                .then_some((*bound, phrase.len()))
        })?;
        let from = end - length;
        let reach = self.words.get_mut(from.saturating_sub(REACH)..from)?;
        let negation = reach
            .iter_mut()
            .rev()
            .find(|word| word.clause == clause && !word.is_used && is_negator(&word.text));
        Some(match negation {
            Some(word) => {
                word.is_used = true;
                bound.flipped()
            }
            None => bound,
        })
    }
}

/// Words that deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Denials {
    /// `not`, `no`, `never`, …
    pub(super) explicit: usize,
    /// `refused`, `excluded`, …
    pub(super) implied: usize,
}

impl Denials {
    /// Whether all together deny.
    pub(super) const fn is_odd(self) -> bool {
        (self.explicit + self.implied) % 2 == 1
    }
}

/// Words between a bound and its number.
const FILLERS: &[&str] = &[
    "of", "is", "the", "a", "an", "just", "only", "about", "eur", "euro", "von", "de",
];

/// Longer phrases first.
const BOUNDS: &[(&str, Bound)] = &[
    ("more than", Bound::Lower),
    ("longer than", Bound::Lower),
    ("greater than", Bound::Lower),
    ("higher than", Bound::Lower),
    ("larger than", Bound::Lower),
    ("older than", Bound::Lower),
    ("later than", Bound::Lower),
    ("at least", Bound::Lower),
    ("upwards of", Bound::Lower),
    ("mehr als", Bound::Lower),
    ("langer als", Bound::Lower),
    ("plus de", Bound::Lower),
    ("mas de", Bound::Lower),
    ("less than", Bound::Upper),
    ("fewer than", Bound::Upper),
    ("shorter than", Bound::Upper),
    ("lower than", Bound::Upper),
    ("sooner than", Bound::Upper),
    ("up to", Bound::Upper),
    ("at most", Bound::Upper),
    ("capped at", Bound::Upper),
    ("limited to", Bound::Upper),
    ("bis zu", Bound::Upper),
    ("weniger als", Bound::Upper),
    ("innerhalb von", Bound::Upper),
    ("moins de", Bound::Upper),
    ("menos de", Bound::Upper),
    ("over", Bound::Lower),
    ("above", Bound::Lower),
    ("exceed", Bound::Lower),
    ("exceeds", Bound::Lower),
    ("exceeding", Bound::Lower),
    ("minimum", Bound::Lower),
    ("after", Bound::Lower),
    ("beyond", Bound::Lower),
    ("mindestens", Bound::Lower),
    ("uber", Bound::Lower),
    ("nach", Bound::Lower),
    ("within", Bound::Upper),
    ("maximum", Bound::Upper),
    ("under", Bound::Upper),
    ("below", Bound::Upper),
    ("until", Bound::Upper),
    ("before", Bound::Upper),
    ("hochstens", Bound::Upper),
    ("maximal", Bound::Upper),
    ("unter", Bound::Upper),
    ("vor", Bound::Upper),
];

/// Where a clause ends, as far as punctuation shows it.
const CLAUSE_ENDS: [char; 9] = ['.', ',', ';', ':', '!', '?', '(', ')', '\n'];

fn words(text: &str) -> Vec<Word> {
    let mut clause = 0;
    let mut end = 0;
    let mut words = Vec::new();
    for token in tokens(text) {
        let gap = text.get(end..token.start).unwrap_or_default();
        if gap.contains(CLAUSE_ENDS) || turns(&token) {
            clause += 1;
        }
        end = token.end;
        words.push(Word {
            text: token.text.chars().filter(|c| !is_mark(*c)).collect(),
            start: token.start,
            clause,
            is_used: false,
        });
    }
    words
}

/// Words with which another statement begins.
fn turns(token: &Token) -> bool {
    matches!(
        token.text.as_str(),
        "but"
            | "while"
            | "whereas"
            | "although"
            | "though"
            | "however"
            | "aber"
            | "sondern"
            | "mais"
            | "pero"
            | "which"
            | "who"
    )
}

const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn keep_relevant(text: &str, words: &mut Vec<Word>, is_relevant: impl Fn(&str) -> bool) {
    let mut relevant: BTreeMap<usize, bool> = BTreeMap::new();
    for (clause, range) in clauses_of(text, words) {
        relevant.insert(clause, is_relevant(text.get(range).unwrap_or_default()));
    }
    words.retain(|word| relevant.get(&word.clause).copied().unwrap_or_default());
}

fn clauses_of(text: &str, words: &[Word]) -> Vec<(usize, std::ops::Range<usize>)> {
    let mut found: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
    for word in words {
        match found.last_mut() {
            Some((clause, _)) if *clause == word.clause => {}
            last => {
                if let Some((_, range)) = last {
                    range.end = word.start;
                }
                found.push((word.clause, word.start..text.len()));
            }
        }
    }
    found
}

/// The clauses of a text with a negation in them, as text.
pub(super) fn denying_clauses(text: &str) -> Vec<&str> {
    let words = words(text);
    let all = clauses_of(text, &words).into_iter();
    let denying = all.filter(|(clause, _)| {
        let denies = |word: &&Word| word.clause == *clause && is_negator(&word.text);
        words.iter().filter(denies).count() % 2 == 1
    });
    denying.filter_map(|(_, range)| text.get(range)).collect()
}

/// How many of the stems stand in a text.
pub(super) fn held(wanted: &std::collections::BTreeSet<String>, text: &str) -> usize {
    wanted.intersection(&content_stems(text)).count()
}

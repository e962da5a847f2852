//! Whether a claim and the sentence that is to prove it say the same or the opposite: by words that are
//! opposites, by bounds of numbers, and by negations where neither decides.

use std::collections::BTreeSet;

use super::{
    concepts::{implies_negation, is_exclusive, is_negator},
    names,
    sayings::{Denials, Saying, denying_clauses, held},
};
use crate::token::{content_stems, tokens};

/// A claim of no more content words is compared word by word.
const SHORT: usize = 6;

/// A sentence of no more content words is all of one matter.
const SHORT_SENTENCE: usize = 10;

/// What comes of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Polarity {
    /// Both say the same; of how many opposites and bounds for certain.
    Same(usize),
    /// A negation is in one of the two only, and nothing else settles it.
    Open,
    /// One says the opposite; of what.
    Opposite(&'static str),
}

/// Compares a claim with a sentence.
pub(super) fn compare(claim: &str, sentence: &str) -> Polarity {
    let wanted = content_stems(claim);
    let is_short = wanted.len() <= SHORT;
    let is_whole = is_short && content_stems(sentence).len() <= SHORT_SENTENCE;
    let ours = Saying::of(claim, |_| true);
    let theirs = Saying::of(sentence, |clause| {
        let found = held(&wanted, clause);
        is_whole
            || if is_short {
                found > 0
            } else {
                2 * found >= wanted.len()
            }
    });
    let mut agreed = 0;
    if is_whole || is_near(&wanted, sentence) {
        for (name, side) in &ours.sides {
            let Some(other) = theirs.sides.get(name) else {
                continue;
            };
            let (Some(one), Some(two)) = (side.is_positive, other.is_positive) else {
                continue;
            };
            // The same word, denied in one: that is for negations to tell.
            if side.by_positive_words == other.by_positive_words {
                continue;
            }
            let is_certain = side.is_certain || other.is_certain;
            match (one == two, is_certain) {
                (false, true) => return Polarity::Opposite(name),
                (true, _) if side.is_certain && other.is_certain => agreed += 1,
                _ => {}
            }
        }
    }
    for (number, bound) in &ours.bounds {
        let mut others = theirs
            .bounds
            .iter()
            .filter(|(other, _)| number.agrees(other))
            .peekable();
        if others.peek().is_some() {
            if !others.any(|(_, other)| other == bound) {
                return Polarity::Opposite("a bound of a number");
            }
            agreed += 1;
        }
    }
    if agreed > 0 {
        return Polarity::Same(agreed);
    }
    by_negations(claim, sentence, &ours, &theirs, &wanted)
}

/// Whether a sentence has at least half of a claim's words.
fn is_near(wanted: &BTreeSet<String>, sentence: &str) -> bool {
    2 * held(wanted, sentence) >= wanted.len()
}

fn by_negations(
    claim: &str,
    sentence: &str,
    ours: &Saying,
    theirs: &Saying,
    wanted: &BTreeSet<String>,
) -> Polarity {
    let is_short = wanted.len() <= SHORT;
    let (own, other) = (ours.denials(), theirs.denials());
    let denies = |denials: Denials| {
        if is_short {
            denials.is_odd()
        } else {
            denials.explicit % 2 == 1
        }
    };
    // Of a long sentence code cannot tell what a negation is about, unless both run in parallel.
    let unless_in_parallel = if is_short {
        Polarity::Open
    } else {
        Polarity::Same(0)
    };
    let opposite = || {
        if ours.has(is_hedge) || (!is_short && !names::runs_in_parallel(claim, sentence)) {
            Polarity::Open
        } else {
            Polarity::Opposite("a negation")
        }
    };
    let found = held(wanted, sentence);
    match (denies(own), denies(other)) {
        (true, true) | (false, false) => excluded(wanted, sentence, ours, theirs),
        (true, false)
            if tokens(sentence)
                .iter()
                .any(|word| denies_broadly(&word.text)) =>
        {
            unless_in_parallel
        }
        (true, false) if 2 * found >= wanted.len() => opposite(),
        (true, false) => Polarity::Open,
        (false, true) if ours.has(denies_broadly) => unless_in_parallel,
        (false, true) if other.explicit == 0 && 2 * found >= wanted.len() => opposite(),
        (false, true) if is_denied_by_a_clause(claim, sentence) => opposite(),
        (false, true) => unless_in_parallel,
    }
}

/// Words that deny, or that stand where somebody denies.
fn denies_broadly(word: &str) -> bool {
    is_negator(word) || implies_negation(word) || word == "free"
}

/// Words that leave open whether something holds.
fn is_hedge(word: &str) -> bool {
    matches!(
        word,
        "if" | "whether"
            | "might"
            | "could"
            | "some"
            | "sometimes"
            | "wenn"
            | "falls"
            | "ob"
            | "manche"
    )
}

/// What a sentence says of somebody alone is not said of others.
fn excluded(wanted: &BTreeSet<String>, sentence: &str, ours: &Saying, theirs: &Saying) -> Polarity {
    let restricts = theirs.has(is_exclusive) && !ours.has(is_exclusive);
    let there = content_stems(sentence);
    let has_others = wanted.difference(&there).next().is_some();
    if restricts && wanted.len() <= 4 && has_others {
        Polarity::Opposite("whom it is restricted to")
    } else {
        Polarity::Same(0)
    }
}

/// Whether a clause of `text` is negated and holds at least half of the words of a claim that has no
/// negation.
pub(super) fn is_denied_by_a_clause(claim: &str, text: &str) -> bool {
    let wanted = content_stems(claim);
    if tokens(claim)
        .iter()
        .any(|word| denies_broadly(&word.text) || is_hedge(&word.text))
    {
        return false;
    }
    denying_clauses(text).into_iter().any(|clause| {
        let found = held(&wanted, clause);
        found > 0 && 2 * found >= wanted.len()
    })
}

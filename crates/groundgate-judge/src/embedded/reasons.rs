//! Why a sentence got its label, in words for people. May quote untrusted text, cut to a few words.

use super::align::{Alignment, Answer};
use super::conflict::{Conflict, ConflictKind};
use super::index::Index;
use super::texts::Texts;

/// Why a sentence is not judged.
pub(crate) const NOT_A_CLAIM: &str = "there is nothing in it to look up";

/// One sentence for each conflict.
pub(crate) fn of_conflicts(
    conflicts: &[Conflict],
    answer: &Answer,
    index: &Index,
    texts: Texts<'_>,
) -> Vec<String> {
    conflicts
        .iter()
        .map(|conflict| {
            let own = texts.own(answer.word(conflict.word));
            let theirs = texts.theirs(index, conflict.passage_word);
            match conflict.kind {
                ConflictKind::Number if answer.is_supported(conflict.word, index) => {
                    format!("the passages say {theirs} here, not {own}")
                }
                ConflictKind::Number => {
                    format!("the number {own} is not in the passages (they say {theirs})")
                }
                ConflictKind::Negation => {
                    let denied = index
                        .sentences
                        .get(conflict.sentence)
                        .is_some_and(|place| place.negations > 0);
                    if denied {
                        format!("`{own}` is negated in the passage, not in the answer")
                    } else {
                        format!("`{own}` is negated in the answer, not in the passage")
                    }
                }
                ConflictKind::Relation => {
                    format!("the passage has `{theirs}` where the answer has `{own}`")
                }
                ConflictKind::Degree | ConflictKind::Antonym => {
                    format!("the passage says `{theirs}`, the answer `{own}`")
                }
                ConflictKind::Name => {
                    format!("the name `{own}` is not in the passages (they say `{theirs}`)")
                }
            }
        })
        .collect()
}

/// What the passages do not have: numbers first, then the rarest words.
pub(crate) fn of_missing(
    alignment: &Alignment,
    unknown: Option<&str>,
    answer: &Answer,
    texts: Texts<'_>,
) -> Vec<String> {
    let not_there = |number: &str| format!("the number {number} is not in the passages");
    let mut reasons: Vec<String> = unknown.map(not_there).into_iter().collect();
    let mut words = Vec::new();
    for at in &alignment.missing {
        match answer.word(*at) {
            Some(word) if word.is_digits() => {
                let own = texts.own(answer.word(*at));
                if !unknown.is_some_and(|unknown| unknown.contains(&own)) {
                    reasons.push(not_there(&own));
                }
            }
            Some(_) => words.push(*at),
            None => {}
        }
    }
    words.sort_by(|one, other| {
        answer
            .rarity(*other)
            .total_cmp(&answer.rarity(*one))
            .then(one.cmp(other))
    });
    words.truncate(3);
    words.sort_unstable();
    let mut named: Vec<String> = words
        .iter()
        .map(|at| format!("`{}`", texts.own(answer.word(*at))))
        .collect();
    named.dedup();
    if !named.is_empty() {
        reasons.push(format!(
            "nothing about {} in the passages",
            named.join(", ")
        ));
    }
    if reasons.is_empty() {
        reasons.push("its words are in the passages, but not together".to_owned());
    }
    reasons
}

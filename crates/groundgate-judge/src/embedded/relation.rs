//! The same words in another relation: who does what to whom, which number belongs to whom, some or all,
//! may or must.
//!
//! These rules are for sentences that agree in nearly all of their words; they are few and strict, since
//! a language says the same in many orders.

use super::conflict::{Conflict, ConflictKind, Sides};
use super::lexicon::Kinds;
use super::words::Word;

/// The first that fits.
pub(super) fn find(sides: &Sides<'_>) -> Option<Conflict> {
    swapped(sides)
        .or_else(|| obliged(sides))
        .or_else(|| all_for_some(sides))
}

/// The same content words, of which exactly two have changed places: two numbers, or the two sides of a
/// verb in the active voice.
fn swapped(sides: &Sides<'_>) -> Option<Conflict> {
    let own = sides.own_places(Word::is_content);
    let theirs = sides.their_places(Word::is_content);
    if own.len() != theirs.len() || own.len() < 3 {
        return None;
    }
    let pairs = own.iter().zip(&theirs);
    let differ = |((_, one), (_, other)): &(&(usize, &Word), &(usize, &Word))| one.key != other.key;
    let places: Vec<usize> = pairs
        .enumerate()
        .filter(|(_, pair)| differ(pair))
        .map(|(at, _)| at)
        .collect();
    let [first, second] = *places.as_slice() else {
        return None;
    };
    let (one, other) = (own.get(first)?, own.get(second)?);
    let (that, far) = (theirs.get(first)?, theirs.get(second)?);
    if one.1.key != far.1.key || other.1.key != that.1.key {
        return None;
    }
    let numbers = one.1.is_digits() && other.1.is_digits();
    let is_passive = |word: &Word| word.kinds.has(Kinds::PASSIVE);
    let passive = sides.own().iter().any(is_passive) || !sides.their_places(is_passive).is_empty();
    let sides_of_a_verb = first == 0 && second == 2 && !passive;
    (numbers || sides_of_a_verb).then(|| sides.conflict(ConflictKind::Relation, one.0, that.0))
}

/// One side must, the other may.
fn obliged(sides: &Sides<'_>) -> Option<Conflict> {
    let only = |words: &[(usize, &Word)], kind: Kinds, not: Kinds| {
        let found = words
            .iter()
            .find(|(_, word)| word.kinds.has(kind))
            .map(|(at, _)| *at);
        found.filter(|_| !words.iter().any(|(_, word)| word.kinds.has(not)))
    };
    let (own, theirs) = (sides.own_places(|_| true), sides.their_places(|_| true));
    let turned = |one, other| Some((only(&own, one, other)?, only(&theirs, other, one)?));
    let (at, position) =
        turned(Kinds::MUST, Kinds::MAY).or_else(|| turned(Kinds::MAY, Kinds::MUST))?;
    let denies = |words: &[(usize, &Word)]| {
        words
            .iter()
            .any(|(_, word)| word.kinds.has(Kinds::NEGATION))
    };
    let is_same = sides.agreement(|_| false) > 0.99 && sides.agreement_back() > 0.8;
    (is_same && !denies(&own) && !denies(&theirs))
        .then(|| sides.conflict(ConflictKind::Degree, at, position))
}

/// All, where the passage says that only some do.
fn all_for_some(sides: &Sides<'_>) -> Option<Conflict> {
    let (at, _) = *sides
        .own_places(|word| word.kinds.has(Kinds::ALL))
        .first()?;
    let (position, _) = *sides
        .their_places(|word| word.kinds.has(Kinds::ONLY))
        .first()?;
    let limits = !sides
        .own_places(|word| word.kinds.has(Kinds::ONLY))
        .is_empty();
    let is_same = sides.agreement(|_| false) > 0.8 && sides.agreement_back() > 0.6;
    (is_same && !limits).then(|| sides.conflict(ConflictKind::Degree, at, position))
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::Label;

    use super::super::EmbeddedJudge;

    #[track_caller]
    fn check(passage: &str, answer: &str, expected: bool) {
        let judge = EmbeddedJudge::bundled().unwrap();
        let findings = judge.check_claims("", answer, &[passage]);
        let found = findings.iter().any(|own| own.label == Label::Contradicted);
        assert_eq!(
            found, expected,
            "{answer:?} against {passage:?}: {findings:?}"
        );
    }

    #[test]
    fn who_does_what_to_whom_counts() {
        let passage = "The landlord owes the tenant a receipt for each payment.";
        check(
            passage,
            "The tenant owes the landlord a receipt for each payment.",
            true,
        );
        check(
            passage,
            "The landlord owes the tenant a receipt for each payment.",
            false,
        );
        check(
            "Trams run every 6 minutes and buses run every 15 minutes.",
            "Trams run every 15 minutes and buses run every 6 minutes.",
            true,
        );
        check(
            "A receipt is sent by the landlord.",
            "The landlord has sent a receipt.",
            false,
        );
    }

    #[test]
    fn some_are_not_all_and_may_is_not_must() {
        let passage = "Only registered members can borrow tools.";
        check(passage, "All members can borrow tools.", true);
        check(
            passage,
            "All members who are registered can borrow tools.",
            true,
        );
        check(passage, "Only members can borrow tools.", false);
        check(
            "You may renew the permit online.",
            "You must renew the permit online.",
            true,
        );
        check(
            "You must renew the permit online.",
            "You must renew the permit online.",
            false,
        );
    }
}

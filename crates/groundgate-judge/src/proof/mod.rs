//! Whether the words that a judge quotes carry the claim that it calls supported.
//!
//! A judge that obeys an instruction hidden in an answer or a passage says whatever it was told to
//! say, so its word alone is worth little. But code knows little of paraphrase: it says *verified*,
//! *unverified* or *in conflict*, and never turns a label into another. What is not verified is asked
//! about once more; then the label stands, or counts both ways, or was no judgment at all ([`Doubt`]).

mod concepts;
mod doubt;
mod names;
mod polarity;
mod sayings;

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, ops::Range};

pub(crate) use concepts::{implies_negation, is_negator};
pub(crate) use doubt::Doubt;
#[cfg(test)]
pub(crate) use doubt::Weight;

use crate::{
    evidence::locate,
    number::{self, Numbers},
    source::Source,
    token::{content_stems, is_content, tokens},
};
use polarity::Polarity;

/// So many words of a claim are enough, however long it is.
const CARRYING_STEMS: usize = 3;

/// What code makes of a quote.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proof {
    /// Where the quote stands, if it does.
    pub(crate) range: Option<Range<usize>>,
    /// What speaks against the label; `None` if it is verified.
    pub(crate) doubt: Option<Doubt>,
}

impl Proof {
    /// A label for which nothing was shown.
    pub(crate) const fn none(doubt: Doubt) -> Self {
        Self {
            range: None,
            doubt: Some(doubt),
        }
    }
}

/// What a claim is made of: stems of content words, and numbers.
struct Wanted {
    stems: BTreeSet<String>,
    n_numbers: usize,
}

impl Wanted {
    fn of(claim: &str) -> Self {
        Self {
            stems: content_stems(claim),
            n_numbers: number::count(claim),
        }
    }

    fn len(&self) -> usize {
        self.stems.len() + self.n_numbers
    }

    /// How much of it a text holds.
    fn held_by(&self, claim: &str, text: &str) -> usize {
        let stems = self.stems.intersection(&content_stems(text)).count();
        stems + number::n_shared(claim, text)
    }
}

/// Whether a quote from `source` carries a claim, which comes without apparatus. `given` are the numbers of
/// all texts that the claim may rest on.
pub(crate) fn assess(
    claim: &str,
    quote: Option<&str>,
    source: &Source<'_>,
    given: &Numbers,
) -> Proof {
    let Some(quote) = quote else {
        return Proof::none(Doubt::NoQuote);
    };
    let range = match locate(quote, source) {
        Ok(range) => range,
        Err(fault) => return Proof::none(fault.into()),
    };
    let wanted = Wanted::of(claim);
    let quoted = source.text.get(range.clone()).unwrap_or_default();
    let held = wanted.held_by(claim, quoted);
    let n_own = tokens(quoted)
        .iter()
        .filter(|word| is_content(word) || word.is_number())
        .count();
    if n_own < 2 && held < wanted.len().max(1) && !is_whole(source, &range) {
        return Proof {
            range: Some(range),
            doubt: Some(Doubt::TooLittle),
        };
    }
    let focus = focus(&wanted, claim, source, &range);
    let doubt = doubt(
        claim,
        &wanted,
        &Quoted {
            source,
            range: &range,
            focus: &focus,
            held,
        },
        given,
    );
    Proof {
        range: Some(range),
        doubt,
    }
}

/// Whether a quote leaves out nothing of its sentences but signs.
fn is_whole(source: &Source<'_>, range: &Range<usize>) -> bool {
    let around = source.sentences_around(range);
    let beside = [around.start..range.start, range.end..around.end];
    let mut beside = beside.into_iter().filter_map(|part| source.text.get(part));
    beside.all(|part| !part.contains(char::is_alphanumeric))
}

/// A quote with the sentence that it rests on.
struct Quoted<'a> {
    source: &'a Source<'a>,
    range: &'a Range<usize>,
    /// The sentence of the quote that has most of the claim, without apparatus.
    focus: &'a str,
    /// How much of the claim the quote itself holds.
    held: usize,
}

/// The sentence of those that the quote touches that has most of the claim.
fn focus(wanted: &Wanted, claim: &str, source: &Source<'_>, range: &Range<usize>) -> String {
    let touched = source.sentences_of(range);
    let best = touched
        .into_iter()
        .max_by_key(|(_, sentence)| wanted.held_by(claim, sentence));
    best.map(|(_, sentence)| sentence.to_owned())
        .unwrap_or_default()
}

fn doubt(claim: &str, wanted: &Wanted, quoted: &Quoted<'_>, given: &Numbers) -> Option<Doubt> {
    if let Some(conflict) = number::conflict(claim, quoted.focus) {
        let is_elsewhere =
            number::conflict(claim, &quoted.source.plain_around(quoted.range)).is_none();
        if !is_elsewhere {
            let (claimed, found) = (conflict.claimed, conflict.found);
            return Some(Doubt::OtherNumber { claimed, found });
        }
    }
    let polarity = polarity::compare(claim, quoted.focus);
    if let Polarity::Opposite(what) = polarity {
        return Some(Doubt::Opposite(what));
    }
    if let Some(other) = names::other_name(claim, quoted.focus) {
        let (claimed, found) = (other.claimed, other.found);
        return Some(Doubt::OtherName { claimed, found });
    }
    let agreed = match polarity {
        Polarity::Same(agreed) => agreed,
        Polarity::Open | Polarity::Opposite(_) => 0,
    };
    let held = quoted.held + agreed;
    if is_denied_elsewhere(claim, wanted, quoted) {
        return Some(Doubt::DeniedElsewhere);
    }
    if wanted.len() == 0 {
        return Some(Doubt::Wordless);
    }
    if held == 0 {
        return Some(Doubt::Unrelated);
    }
    if let Some(conflict) = number::in_place_of_unknown(claim, quoted.focus, given) {
        let (claimed, found) = (conflict.claimed, conflict.found);
        return Some(Doubt::OtherNumber { claimed, found });
    }
    if let Some(number) = given.first_unknown(claim) {
        let is_computed = given.may_come_to(claim);
        return Some(if is_computed {
            Doubt::Computed(number)
        } else {
            Doubt::Number(number)
        });
    }
    if polarity == Polarity::Open {
        return Some(Doubt::Negation);
    }
    if held < CARRYING_STEMS && 2 * held < wanted.len() {
        return Some(Doubt::InPart);
    }
    let around = Numbers::of([quoted.source.plain_around(quoted.range).as_str()]);
    around.first_unknown(claim).map(Doubt::NumberElsewhere)
}

/// Whether a sentence that was not quoted has more of the claim than the quoted one, nearly all of it, and
/// denies it.
fn is_denied_elsewhere(claim: &str, wanted: &Wanted, quoted: &Quoted<'_>) -> bool {
    let in_focus = wanted
        .stems
        .intersection(&content_stems(quoted.focus))
        .count();
    let mut others = quoted.source.sentences_beside(quoted.range);
    others.any(|(sentence, stems)| {
        let found = wanted.stems.intersection(stems).count();
        found > in_focus
            && 3 * found >= 2 * wanted.stems.len()
            && polarity::is_denied_by_a_clause(claim, sentence)
    })
}

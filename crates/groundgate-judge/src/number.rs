//! Numbers: whether a number that a claim states was given by anybody, and whether the sentence that is
//! to prove it says another.
//!
//! Numbers are read as [`groundgate_model::text::number`] reads them. Claims come here without apparatus.

use groundgate_model::text::{
    apparatus,
    number::{Mention, Reading, mentions},
};

/// Of more numbers nobody can say what they may come to.
const COMPUTED_MAX: usize = 60;

/// The numbers that texts give.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Numbers(Vec<Mention>);

/// A number of a claim, and the one that stands where it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// As the claim has it.
    pub(crate) claimed: String,
    /// As the text has it.
    pub(crate) found: String,
}

impl Numbers {
    /// All numbers in `texts`, as they are written and without markup, which may part a number from its
    /// unit.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Vec::new();
        for text in texts {
            let plain = apparatus::plain(text, &[]);
            if plain.text() != text {
                all.extend(mentions(plain.text()));
            }
            all.extend(mentions(text));
        }
        Self(all)
    }

    /// The first number written in digits in `claim` that is not among these.
    pub(crate) fn first_unknown(&self, claim: &str) -> Option<String> {
        let is_known = |number: &Mention| self.0.iter().any(|given| given.agrees(number));
        mentions(claim)
            .iter()
            .filter(|number| is_in_digits(claim, number))
            .find(|number| !is_known(number))
            .map(|number| written(claim, number))
    }
}

impl Numbers {
    /// Whether two of these may come to the first number of `claim` that is not among them: a sum, a
    /// difference, a product, a share.
    pub(crate) fn may_come_to(&self, claim: &str) -> bool {
        let is_known = |number: &Mention| self.0.iter().any(|given| given.agrees(number));
        let all = mentions(claim);
        let Some(unknown) = all
            .iter()
            .find(|number| !number.is_weak && !is_known(number))
        else {
            return false;
        };
        let given: Vec<f64> = self.0.iter().flat_map(values).take(COMPUTED_MAX).collect();
        let wanted: Vec<f64> = values(unknown).collect();
        let is_wanted = |value: f64| {
            wanted
                .iter()
                .any(|wanted| (wanted - value).abs() <= 0.005 * wanted.abs())
        };
        given.iter().enumerate().any(|(place, one)| {
            given.iter().skip(place + 1).any(|other| {
                let come_to = [
                    one + other,
                    (one - other).abs(),
                    one * other,
                    one / other,
                    other / one,
                    one * other / 100.0,
                ];
                come_to.into_iter().any(is_wanted)
            })
        })
    }
}

fn values(number: &Mention) -> impl Iterator<Item = f64> {
    number.readings.iter().filter_map(|reading| match reading {
        Reading::Quantity { value, .. } => Some(*value),
        Reading::Date(_) | Reading::Time(_) | Reading::Code(_) => None,
    })
}

/// Whether a text has a number in digits.
pub(super) fn has_digits(text: &str) -> bool {
    mentions(text)
        .iter()
        .any(|number| is_in_digits(text, number))
}

/// How many numbers a text states.
pub(super) fn count(text: &str) -> usize {
    stated(text).len()
}

/// How many of a claim's numbers another text has.
pub(super) fn n_shared(claim: &str, text: &str) -> usize {
    let there = stated(text);
    let is_there = |number: &&Mention| there.iter().any(|given| given.agrees(number));
    stated(claim).iter().filter(is_there).count()
}

/// The first number of `claim` in whose place `text` says another: of the same kind, or the same number of
/// another kind, and neither is said by both.
pub(super) fn conflict(claim: &str, text: &str) -> Option<Conflict> {
    let (ours, theirs) = (stated(claim), stated(text));
    let only = |own: &[Mention], others: &[Mention]| -> Vec<Mention> {
        let is_shared = |number: &Mention| others.iter().any(|other| other.agrees(number));
        let left = own.iter().filter(|number| !is_shared(number));
        left.cloned().collect()
    };
    let left = only(&theirs, &ours);
    only(&ours, &theirs).iter().find_map(|own| {
        let other = left
            .iter()
            .find(|other| own.conflicts(other) || own.differs_in_unit(other))?;
        Some(Conflict {
            claimed: written(claim, own),
            found: written(text, other),
        })
    })
}

/// The first number of `claim` that is not `given`, with a number of `text` that the claim does not have and
/// that may stand in its place: neither has a unit, or both are codes.
pub(super) fn in_place_of_unknown(claim: &str, text: &str, given: &Numbers) -> Option<Conflict> {
    let ours = stated(claim);
    let is_known = |number: &Mention| given.0.iter().any(|given| given.agrees(number));
    let unknown = ours.iter().find(|number| !is_known(number))?;
    let theirs = stated(text);
    let left = theirs
        .iter()
        .filter(|other| !ours.iter().any(|own| own.agrees(other)));
    let other = left.into_iter().find(|other| unknown.is_alike(other))?;
    Some(Conflict {
        claimed: written(claim, unknown),
        found: written(text, other),
    })
}

/// The numbers of a text that are numbers for certain.
fn stated(text: &str) -> Vec<Mention> {
    let mut found = mentions(text);
    found.retain(|number| !number.is_weak);
    found
}

fn is_in_digits(text: &str, number: &Mention) -> bool {
    written(text, number).chars().any(char::is_numeric)
}

fn written(text: &str, number: &Mention) -> String {
    let own = text.get(number.start..number.end);
    own.unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(claim: &str, text: &str, unknown: Option<&str>) {
        let claim = apparatus::plain(claim, &[]);
        let found = Numbers::of([text]).first_unknown(claim.text());
        assert_eq!(found.as_deref(), unknown, "{claim:?}");
    }

    #[test]
    fn numbers_are_compared_by_value() {
        check("within 2 weeks", "within two weeks", None);
        check("1,500 EUR", "1.500,00 EUR", None);
        check("1.5 percent", "15 percent", Some("1.5 percent"));
        check("0.50 EUR", "0.5 EUR", None);
        check("1.234 EUR", "1,234 EUR", None);
        check("12,345.6", "12345.60", None);
        check("on 1.2.2026", "on 1.2.2026", None);
        check("on 1.2.2026", "on 2.1.2026", Some("1.2.2026"));
        check("1,5", "1.5", None);
        check("15 days", "14 days", Some("15 days"));
        check("minus -5 degrees", "5 degrees", Some("-5"));
    }

    #[test]
    fn list_numbers_and_citations_are_no_claims() {
        check("3. Open the app [12].", "", None);
        check("10) Open the app", "", None);
        check("It is open (passages 2, 3 and 4).", "", None);
        check("The passage says 5", "", Some("5"));
        check("3.5 is the rate", "", Some("3.5"));
        check("[see] 12", "", Some("12"));
    }

    #[test]
    fn a_number_conflicts_with_one_of_its_kind_that_the_claim_does_not_have() {
        for (claim, text, found) in [
            (
                "It takes twenty-five days",
                "It takes 52 days",
                Some("52 days"),
            ),
            (
                "Between 10 and 20 EUR",
                "Between 10 and 12 EUR",
                Some("12 EUR"),
            ),
            ("It takes 14 days", "It takes two weeks", None),
            ("Basic is 5 EUR, Pro is 9 EUR", "Basic is 5 EUR", None),
            ("The fee is 5 EUR", "The fee is 5 EUR, not 8 EUR", None),
            ("It takes 14 days", "It costs 5 EUR", None),
        ] {
            let conflict = conflict(claim, text);
            assert_eq!(
                conflict.map(|conflict| conflict.found).as_deref(),
                found,
                "{claim}"
            );
        }
    }
}

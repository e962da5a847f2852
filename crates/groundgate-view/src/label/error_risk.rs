//! How likely a judge is to be wrong about a claim: a fixed formula, the same for everybody, shown
//! where it is used. It only chooses what people are asked; no number of a gate depends on it.

use std::collections::BTreeSet;

use groundgate_model::unit::count_to_f64;

/// What makes a claim worth asking about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Instruments or votes gave it different labels.
    Split,
    /// Repeats of its case were judged differently.
    Flips,
    /// The answer speaks to a judge, or the judge said what code did not believe.
    Flagged,
    /// A label that must be proved by a quote has none.
    NoQuote,
    /// It alone keeps its answer from being grounded.
    Pivotal,
    /// Its case is critical.
    Critical,
}

/// Signs that the judge may be wrong: what each adds, in points of probability.
const WEIGHTS: [(Sign, u8, &str); 4] = [
    (Sign::Split, 30, "instruments or votes differ"),
    (Sign::Flips, 20, "repeats flip"),
    (Sign::Flagged, 20, "an attack is suspected"),
    (Sign::NoQuote, 15, "a quote is missing"),
];
/// Without any sign.
const LEAST: u8 = 5;
/// Of a claim of so many words or more.
const LENGTH: (u8, usize) = (10, 40);

/// The probability that the judge is wrong, as far as a formula knows, from 0.05 to 1; twice that
/// where the case is critical.
pub(super) fn error_risk(signs: &BTreeSet<Sign>, words: usize) -> f64 {
    let there = WEIGHTS.iter().filter(|(sign, ..)| signs.contains(sign));
    let points: u8 = there.map(|(_, points, _)| points).sum();
    let length = f64::from(LENGTH.0) * count_to_f64(words.min(LENGTH.1)) / count_to_f64(LENGTH.1);
    let weight = if signs.contains(&Sign::Critical) {
        2.0
    } else {
        1.0
    };
    weight * (f64::from(LEAST + points) + length) / 100.0
}

/// The formula in words.
pub fn formula() -> String {
    let signs = WEIGHTS.map(|(_, points, what)| format!(" + {points} if {what}"));
    format!(
        "risk that the judge is wrong in % = {LEAST}{} + up to {} for length (all of it from {} words on); twice that in critical cases",
        signs.concat(),
        LENGTH.0,
        LENGTH.1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_adds_what_the_formula_says() {
        use Sign::{Critical, Flagged, Flips, NoQuote, Pivotal, Split};
        let table: [(&[Sign], usize, f64); 9] = [
            (&[], 0, 0.05),
            (&[Split], 0, 0.35),
            (&[Flips], 0, 0.25),
            (&[Flagged], 0, 0.25),
            (&[NoQuote], 0, 0.20),
            (&[], 20, 0.10),
            (&[], 4000, 0.15),
            (&[Critical, Pivotal], 0, 0.10),
            (&[Split, Flips, Flagged, NoQuote], 40, 1.0),
        ];
        for (signs, words, expected) in table {
            let found = error_risk(&signs.iter().copied().collect(), words);
            assert!(
                (found - expected).abs() < 1e-12,
                "{signs:?} {words}: {found}"
            );
        }
        assert_eq!(
            formula(),
            "risk that the judge is wrong in % = 5 + 30 if instruments or votes differ + 20 if repeats flip + 20 if an attack is suspected \
             + 15 if a quote is missing + up to 10 for length (all of it from 40 words on); twice that in critical cases"
        );
    }
}

//! Citations by number, as copilots write them: `[2]`, `[1, 3]`, `[doc2]`, `[^2]`.
//!
//! A sentence that cites passages is right if it is supported by one of those. A supporting passage
//! that the sentence does not cite makes the claim grounded, not the citation right.

use std::collections::BTreeSet;

use groundgate_model::trial::{ClaimFinding, Label};

/// The passages that a sentence cites, from 1, as the answer's own order has them.
pub(crate) fn cited(sentence: &str) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut rest = sentence;
    while let Some((_, after)) = rest.split_once('[') {
        let Some((inside, behind)) = after.split_once(']') else {
            break;
        };
        let numbers: Option<Vec<usize>> = inside.split([',', ';']).map(number).collect();
        match numbers {
            Some(numbers) => {
                found.extend(numbers);
                rest = behind;
            }
            // What stands in these brackets is no citation; another bracket may open inside.
            None => rest = after,
        }
    }
    found
}

fn number(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = ["doc", "^"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text);
    let is_short = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_short.then(|| digits.parse().ok()).flatten()
}

/// What became of the sentences that cite.
pub(super) struct Cited<'a> {
    n_citing: usize,
    /// Ids of those that no passage supports which they cite.
    wrong: Vec<&'a str>,
}

impl<'a> Cited<'a> {
    /// `None` where no sentence cites.
    pub(super) fn of(claims: &'a [ClaimFinding]) -> Option<Self> {
        let citing = claims.iter().filter(|claim| !cited(&claim.text).is_empty());
        let n_citing = citing.clone().count();
        let wrong = citing.filter(|claim| !is_right(claim));
        (n_citing > 0).then(|| Self {
            n_citing,
            wrong: wrong.map(|claim| claim.id.as_str()).collect(),
        })
    }

    /// Whether each is supported by a passage that it cites.
    pub(super) const fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }

    /// The same in words.
    pub(super) fn words(&self) -> String {
        let named = match self.wrong.as_slice() {
            [] => String::new(),
            wrong => format!("; not {}", wrong.join(", ")),
        };
        format!(
            "{} of {} citing sentences are supported by a passage they cite{named}",
            self.n_citing - self.wrong.len(),
            self.n_citing,
        )
    }
}

fn is_right(claim: &ClaimFinding) -> bool {
    let passage = claim.evidence.as_ref().map(|evidence| evidence.passage + 1);
    claim.label == Label::Supported
        && passage.is_some_and(|passage| cited(&claim.text).contains(&passage))
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::{ClaimOf, Evidence};

    use super::*;

    #[test]
    fn citations_are_found_in_every_form_and_nothing_else() {
        for (sentence, expected) in [
            ("It takes 14 days [2].", vec![2]),
            ("It takes 14 days [1, 3] or less [2].", vec![1, 2, 3]),
            ("It takes 14 days [doc2][doc10].", vec![2, 10]),
            ("It takes 14 days [^1].", vec![1]),
            ("It takes [see below] 14 days.", vec![]),
            ("It [is [2]] so.", vec![2]),
            ("It takes 14 days (2).", vec![]),
            ("It takes 14 days [2", vec![]),
            ("In [20221] it changed.", vec![]),
            ("[]", vec![]),
        ] {
            let found: Vec<usize> = cited(sentence).into_iter().collect();
            assert_eq!(found, expected, "{sentence}");
        }
    }

    #[test]
    fn a_sentence_is_right_if_a_passage_that_it_cites_supports_it() {
        let of = |text: &str, label, passage: Option<usize>| ClaimFinding {
            of: ClaimOf::Answer,
            id: "s1".to_owned(),
            text: text.to_owned(),
            start: 0,
            end: text.len(),
            label,
            evidence: passage.map(|passage| Evidence {
                passage,
                start: 0,
                end: 0,
            }),
            reasons: Vec::new(),
        };
        // Passages are counted from 0, and cited from 1.
        for (text, label, passage, expected) in [
            ("Two weeks [1].", Label::Supported, Some(0), Some(true)),
            ("Two weeks [1].", Label::Supported, Some(1), Some(false)),
            ("Two weeks [1, 3].", Label::Supported, Some(2), Some(true)),
            ("Two weeks [1].", Label::Contradicted, Some(0), Some(false)),
            ("Two weeks [1].", Label::Supported, None, Some(false)),
            ("Two weeks.", Label::Supported, Some(0), None),
        ] {
            let claims = [of(text, label, passage)];
            let found = Cited::of(&claims).map(|cited| cited.is_right());
            assert_eq!(found, expected, "{text} {passage:?}");
        }
    }
}

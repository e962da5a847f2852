//! Cascades: a dear judge behind a cheaper one, asked only where that one is unsure, and about a drawn
//! part of the rest.
//!
//! An answer of which the cheaper judge is sure counts as the best or the worst value; of those that
//! are drawn the dear judge's value is known, too, and what it differs by is weighed with the chance of
//! being drawn: one over the share of them that were. So the mean is that of the dear judge, had it been asked about every answer.

use serde::{Deserialize, Serialize};

use crate::unit::Digest;

/// When a judge behind a cheaper one is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cascade {
    /// The cheaper judge's metric that says how sure it is; higher is better.
    pub by: String,
    /// From the one to the other, both included, it is unsure.
    pub unsure: (f64, f64),
    /// The chance that an answer of which it is sure is drawn; above 0, below 1.
    pub audit: f64,
}

/// What the cheaper judge makes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// It is unsure, or has no score, or the case is critical: the dear judge is asked.
    No,
    /// It is sure that the answer is good.
    Good,
    /// It is sure that the answer is bad.
    Bad,
}

impl Cascade {
    /// What the cheaper judge's score of an answer says.
    pub fn sure(&self, score: Option<f64>, is_critical: bool) -> Sure {
        match score {
            Some(score) if !is_critical && score > self.unsure.1 => Sure::Good,
            Some(score) if !is_critical && score < self.unsure.0 => Sure::Bad,
            Some(_) | None => Sure::No,
        }
    }

    /// Whether the dear judge is asked about an attempt at a case even if the cheaper one is sure: a draw
    /// that the run's id decides, which nobody chooses and no other run has.
    pub fn is_drawn(&self, run: &str, case: &str, attempt: u32) -> bool {
        let attempt = attempt.to_be_bytes();
        let parts = [
            b"audit".as_slice(),
            run.as_bytes(),
            b"\0",
            case.as_bytes(),
            &attempt,
        ];
        Digest::of_parts(parts).fraction() < self.audit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASCADE: Cascade = Cascade {
        by: String::new(),
        unsure: (0.2, 0.8),
        audit: 0.1,
    };

    #[test]
    fn the_ends_of_the_band_and_what_has_no_score_are_unsure() {
        for (score, expected) in [
            (Some(0.19), Sure::Bad),
            (Some(0.2), Sure::No),
            (Some(0.8), Sure::No),
            (Some(0.81), Sure::Good),
            (None, Sure::No),
        ] {
            assert_eq!(CASCADE.sure(score, false), expected, "{score:?}");
            assert_eq!(
                CASCADE.sure(score, true),
                Sure::No,
                "a critical case is always asked about"
            );
        }
    }

    #[test]
    fn the_draw_is_the_runs_own_and_as_frequent_as_it_says() {
        let drawn = |run: &str| -> Vec<bool> {
            let cases =
                (0..4000).map(|case| CASCADE.is_drawn(run, &format!("case-{case}"), case % 3));
            cases.collect()
        };
        let (first, again, other) = (drawn("01A"), drawn("01A"), drawn("01B"));
        assert_eq!(first, again);
        assert_ne!(first, other);
        // 400, and five standard errors.
        let n = first.iter().filter(|one| **one).count();
        assert!((305..495).contains(&n), "{n}");
        let both = first
            .iter()
            .zip(&other)
            .filter(|(one, two)| **one && **two)
            .count();
        assert!(
            both < 80,
            "{both}: the draws of two runs have nothing to do with each other"
        );
    }
}

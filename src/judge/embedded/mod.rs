//! A stand-in until the embedded judge lands: exact words only.

use crate::{
    judge::units,
    trial::{ClaimFinding, Label},
    unit::Digest,
};

/// Finds exact words.
#[derive(Debug)]
pub struct EmbeddedJudge;

/// Whether a text holds a claim.
#[derive(Debug)]
pub struct Support {
    /// Supported or not found.
    pub label: Label,
    /// Why.
    pub reasons: Vec<String>,
}

impl EmbeddedJudge {
    /// Of the stand-in.
    pub fn digest(&self) -> Digest {
        Digest::of(b"stand-in")
    }

    /// Labels each sentence.
    pub fn check_claims(&self, _: &str, answer: &str, passages: &[&str]) -> Vec<ClaimFinding> {
        let text = passages.join(" ");
        units(answer)
            .into_iter()
            .map(|unit| ClaimFinding {
                label: self.support(&unit.text, &text).label,
                id: unit.id,
                text: unit.text,
                start: unit.start,
                end: unit.end,
                evidence: None,
                reasons: Vec::new(),
            })
            .collect()
    }

    /// Whether `text` holds `claim`.
    pub fn support(&self, claim: &str, text: &str) -> Support {
        let claim = claim.trim_end_matches('.').to_lowercase();
        let label = if text.to_lowercase().contains(&claim) {
            Label::Supported
        } else {
            Label::NotFound
        };
        Support {
            label,
            reasons: Vec::new(),
        }
    }
}

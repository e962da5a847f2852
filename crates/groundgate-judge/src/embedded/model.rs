//! The weights, as the training recipe writes them and as the judge reads them.
//!
//! One file of sections: four letters, the length of the payload in bytes (u32, little-endian), the
//! payload. Floats are f32, little-endian. `examples/train_embedded_judge.rs` writes it.

use super::answer_score::{self, ANSWER_INPUTS, CLAIM_INPUTS, ODDS_INPUTS};
use super::error::ModelError;
use super::features::Features;
use super::logistic::{Logistic, sigmoid};
use super::rarity::Rarity;
use super::trees::Trees;

/// The first bytes of a model file; the last one is the version of the layout.
pub(crate) const MAGIC: &[u8; 5] = b"GGEJ\x03";

/// All weights.
///
/// One function for every answer. What is known of answers with several claims (how their claims follow
/// each other, how such answers are written) counts the more, the more claims an answer has; it never
/// depends on how many passages there are.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// How rare words are.
    pub(crate) rarity: Rarity,
    /// Of a claim by itself: a weighted sum and trees, whose mean counts.
    claim: Logistic,
    claim_trees: Trees,
    /// Of a claim among others: trees.
    among_trees: Trees,
    /// Of any answer: a weighted sum.
    answer: Logistic,
    /// Of an answer with several claims: a weighted sum and trees, whose mean counts.
    several: Logistic,
    several_trees: Trees,
    /// How much the two for several claims say at most.
    shares: [f32; 2],
    /// From the log odds of an answer, and how much it is one of several claims, to calibrated ones.
    scale: Logistic,
    /// From the log odds of a claim and of its answer to those that its label is made from.
    label: Logistic,
    /// From this probability on a claim counts as unsupported.
    pub(crate) threshold: f32,
}

impl Model {
    /// From a model file.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let sections = Sections::read(bytes)?;
        let n_inputs = Features::NAMES.len();
        let logistic = |name, inputs| Logistic::new(name, sections.floats(name)?, inputs);
        let trees = |name, inputs| Trees::new(name, &sections.floats(name)?, inputs);
        let cuts = sections.floats("CUTS")?;
        let [among, several, threshold] = *cuts.as_slice() else {
            return Err(ModelError::Length {
                name: "CUTS",
                found: cuts.len(),
                expected: 3,
            });
        };
        if !(among + several + threshold).is_finite() {
            return Err(ModelError::NotFinite("CUTS"));
        }
        Ok(Self {
            rarity: Rarity::new(sections.bytes("IDF_")?.to_vec())?,
            claim: logistic("CLIN", n_inputs)?,
            claim_trees: trees("CTRE", n_inputs)?,
            among_trees: trees("MTRE", CLAIM_INPUTS)?,
            answer: logistic("ALIN", ODDS_INPUTS)?,
            several: logistic("SLIN", ANSWER_INPUTS)?,
            several_trees: trees("STRE", ANSWER_INPUTS)?,
            shares: [among, several],
            scale: logistic("SCAL", 2)?,
            label: logistic("LABE", 2)?,
            threshold,
        })
    }

    /// Log odds that claims are unsupported.
    pub(crate) fn claims(&self, claims: &[&Features]) -> Vec<f32> {
        let inputs = answer_score::with_neighbors(claims);
        let trees = self.claim_trees.sums(&inputs);
        let linear = inputs.iter().map(|row| self.claim.log_odds(row));
        let alone = linear
            .zip(trees)
            .map(|(linear, trees)| linear.midpoint(trees));
        let share = self.shares[0] * answer_score::several(claims.len());
        if share > 0.0 {
            let among = self.among_trees.sums(&inputs);
            let both = alone.zip(among);
            both.map(|(alone, among)| alone + share * (among - alone))
                .collect()
        } else {
            alone.collect()
        }
    }

    /// Log odds that an answer is not grounded.
    pub(crate) fn answer(&self, claims: &[&Features], log_odds: &[f32]) -> f32 {
        let inputs = answer_score::answer_inputs(claims, log_odds);
        let mut odds = self.answer.log_odds(&inputs);
        let several = answer_score::several(claims.len());
        let share = self.shares[1] * several;
        if share > 0.0 {
            let linear = self.several.log_odds(&inputs);
            let trees = self.several_trees.sums(&[&inputs]);
            let own = trees
                .iter()
                .fold(linear, |linear, trees| linear.midpoint(*trees));
            odds += share * (own - odds);
        }
        self.scale.log_odds(&[odds, several])
    }

    /// The probability behind a claim's label: what stands in a bad answer is likelier bad.
    pub(crate) fn unsupported(&self, claim: f32, answer: f32) -> f32 {
        sigmoid(self.label.log_odds(&[claim, answer]))
    }
}

/// The sections of a model file.
#[derive(Debug)]
pub(crate) struct Sections<'b> {
    parts: Vec<([u8; 4], &'b [u8])>,
}

impl<'b> Sections<'b> {
    pub(crate) fn read(bytes: &'b [u8]) -> Result<Self, ModelError> {
        let mut rest = bytes
            .strip_prefix(MAGIC.as_slice())
            .ok_or(ModelError::Magic)?;
        let mut parts = Vec::new();
        while let Some((name, tail)) = rest.split_first_chunk::<4>() {
            let (length, tail) = tail
                .split_first_chunk::<4>()
                .ok_or(ModelError::Section("?"))?;
            let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
            let (payload, tail) = tail
                .split_at_checked(length)
                .ok_or(ModelError::Section("?"))?;
            parts.push((*name, payload));
            rest = tail;
        }
        Ok(Self { parts })
    }

    /// The payload of a section.
    pub(crate) fn bytes(&self, name: &'static str) -> Result<&'b [u8], ModelError> {
        self.parts
            .iter()
            .find(|(found, _)| found.as_slice() == name.as_bytes())
            .map(|(_, payload)| *payload)
            .ok_or(ModelError::Section(name))
    }

    /// The floats of a section.
    pub(crate) fn floats(&self, name: &'static str) -> Result<Vec<f32>, ModelError> {
        let (chunks, rest) = self.bytes(name)?.as_chunks::<4>();
        if rest.is_empty() {
            Ok(chunks
                .iter()
                .map(|chunk| f32::from_le_bytes(*chunk))
                .collect())
        } else {
            Err(ModelError::Section(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_found_by_name() {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(b"ABCD\x08\x00\x00\x00");
        bytes.extend(1.5f32.to_le_bytes());
        bytes.extend((-2.0f32).to_le_bytes());
        let sections = Sections::read(&bytes).unwrap();
        assert_eq!(sections.floats("ABCD").unwrap(), [1.5, -2.0]);
        assert_eq!(sections.bytes("NONE"), Err(ModelError::Section("NONE")));
        bytes.pop();
        assert_eq!(
            Sections::read(&bytes).unwrap_err(),
            ModelError::Section("?")
        );
        assert_eq!(Sections::read(b"GGEJ\x09").unwrap_err(), ModelError::Magic);
    }
}

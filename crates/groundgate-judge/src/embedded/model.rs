//! The weights, as the training recipe writes them and as the judge reads them.
//!
//! One file of sections: four letters, the length of the payload in bytes (u32, little-endian), the
//! payload. Floats are f32, little-endian. `examples/train_embedded_judge.rs` writes it.

use super::answer_score::HEAD_INPUTS;
use super::error::ModelError;
use super::features::Features;
use super::logistic::Logistic;
use super::rarity::Rarity;
use super::trees::Trees;

/// The first bytes of a model file; the last one is the version of the layout.
pub(crate) const MAGIC: &[u8; 5] = b"GGEJ\x01";

/// All weights.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// How rare words are.
    pub(crate) rarity: Rarity,
    /// The model for any text: the mean of a weighted sum and of trees.
    pub(crate) general: Logistic,
    pub(crate) general_trees: Trees,
    /// The model for answers to a question over several passages: trees over a sentence and its neighbors, and a head.
    pub(crate) retrieved_trees: Trees,
    pub(crate) retrieved_head: Logistic,
    pub(crate) retrieved_head_trees: Trees,
    /// From scores to log odds, by shape.
    pub(crate) plain_scale: Logistic,
    pub(crate) retrieved_scale: Logistic,
    /// From this probability on a sentence counts as unsupported, by shape.
    pub(crate) plain_threshold: f32,
    pub(crate) retrieved_threshold: f32,
}

impl Model {
    /// From a model file.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let sections = Sections::read(bytes)?;
        let n_inputs = Features::NAMES.len();
        let logistic = |name, inputs| Logistic::new(name, sections.floats(name)?, inputs);
        let trees = |name, inputs| Trees::new(name, &sections.floats(name)?, inputs);
        let cuts = sections.floats("CUTS")?;
        let [plain_threshold, retrieved_threshold] = *cuts.as_slice() else {
            return Err(ModelError::Length {
                name: "CUTS",
                found: cuts.len(),
                expected: 2,
            });
        };
        if !(plain_threshold + retrieved_threshold).is_finite() {
            return Err(ModelError::NotFinite("CUTS"));
        }
        Ok(Self {
            rarity: Rarity::new(sections.bytes("IDF_")?.to_vec())?,
            general: logistic("GLIN", n_inputs)?,
            general_trees: trees("GTRE", n_inputs)?,
            retrieved_trees: trees("RTRE", 3 * n_inputs)?,
            retrieved_head: logistic("RHEA", HEAD_INPUTS)?,
            retrieved_head_trees: trees("RHTR", HEAD_INPUTS)?,
            plain_scale: logistic("PSCA", 1)?,
            retrieved_scale: logistic("RSCA", 1)?,
            plain_threshold,
            retrieved_threshold,
        })
    }

    /// Log odds that an answer over several passages is not grounded: the mean of a weighted sum and of trees.
    pub(crate) fn head(&self, inputs: &[f32]) -> f32 {
        let trees = self.retrieved_head_trees.sums(&[inputs]);
        let linear = self.retrieved_head.log_odds(inputs);
        trees
            .iter()
            .fold(linear, |linear, trees| linear.midpoint(*trees))
    }

    /// Log odds that sentences are unsupported, by the model for any text.
    pub(crate) fn general<R: AsRef<[f32]>>(&self, rows: &[R]) -> Vec<f32> {
        let trees = self.general_trees.sums(rows);
        let linear = rows.iter().map(|row| self.general.log_odds(row.as_ref()));
        linear
            .zip(trees)
            .map(|(linear, trees)| linear.midpoint(trees))
            .collect()
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

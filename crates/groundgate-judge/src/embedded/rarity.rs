//! How rare words are, as counted over many documents.

use super::error::ModelError;
use super::table::mix;
use super::words::Word;

/// Entries of the table of inverse document frequencies.
pub(crate) const IDF_SIZE: usize = 1 << 14;

/// How rare words are, by hash: one byte each, in twentieths of a nat.
#[derive(Debug, Clone)]
pub(crate) struct Rarity(Vec<u8>);

impl Rarity {
    /// From the bytes of the table.
    pub(crate) fn new(table: Vec<u8>) -> Result<Self, ModelError> {
        if table.len() == IDF_SIZE {
            Ok(Self(table))
        } else {
            Err(ModelError::Length {
                name: "IDF_",
                found: table.len(),
                expected: IDF_SIZE,
            })
        }
    }

    /// The inverse document frequency of a word; a word never seen is as rare as can be.
    pub(crate) fn of(&self, word: &Word) -> f32 {
        if word.is_digits() {
            return 7.0;
        }
        match self.0.get(Self::slot(word.key)) {
            None | Some(0) => 9.5,
            Some(twentieths) => f32::from(*twentieths) / 20.0,
        }
    }

    /// Where the key of a word has its entry.
    pub(crate) fn slot(key: u64) -> usize {
        let bits = mix(key ^ 0x1df) % u64::try_from(IDF_SIZE).unwrap_or(1);
        usize::try_from(bits).unwrap_or(0)
    }
}

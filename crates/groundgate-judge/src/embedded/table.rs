//! A hash table from 64-bit keys to small numbers, and the hash that makes the keys.
//!
//! Words and word sequences are compared by their hash alone. The table is open addressing with
//! linear probing; it is only ever asked for a key, never iterated, so no order leaks into results.

/// FNV-1a over `bytes`, finished with the mixer of `MurmurHash3` so that all bits are usable.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    mix(folded(FNV_START, bytes))
}

/// The hashes of a word and of its beginnings, in one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WordHashes {
    pub(crate) word: u64,
    /// Of the first bytes, as many as were asked for.
    pub(crate) beginning: u64,
    /// Of the first five bytes, if they are whole characters.
    pub(crate) prefix: Option<u64>,
}

impl WordHashes {
    /// Hashes `word` and its first `n_bytes` bytes.
    pub(crate) fn of(word: &str, n_bytes: usize) -> Self {
        let bytes = word.as_bytes();
        let has_prefix = word.is_char_boundary(5);
        let first = n_bytes.min(5);
        let mut at_beginning = folded(FNV_START, bytes.get(..first).unwrap_or(bytes));
        let mut at_prefix = at_beginning;
        let last = if n_bytes > 5 {
            at_beginning = folded(at_beginning, bytes.get(5..n_bytes).unwrap_or_default());
            (at_beginning, n_bytes)
        } else {
            at_prefix = folded(at_prefix, bytes.get(first..5).unwrap_or_default());
            if has_prefix {
                (at_prefix, 5)
            } else {
                (at_beginning, first)
            }
        };
        let (state, done) = last;
        Self {
            word: mix(folded(state, bytes.get(done..).unwrap_or_default())),
            beginning: mix(at_beginning),
            prefix: has_prefix.then(|| mix(at_prefix)),
        }
    }
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn folded(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |state, byte| {
        (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Two keys in order, as one.
pub(crate) const fn pair(first: u64, second: u64) -> u64 {
    mix(first
        .rotate_left(23)
        .wrapping_add(second)
        .wrapping_add(0x9e37_79b9_7f4a_7c15))
}

/// The 64-bit finalizer of `MurmurHash3` (Appleby, 2011).
pub(crate) const fn mix(mut key: u64) -> u64 {
    key ^= key >> 33;
    key = key.wrapping_mul(0xff51_afd7_ed55_8ccd);
    key ^= key >> 33;
    key = key.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    key ^ (key >> 33)
}

/// Keys with a number each. A slot keeps 32 bits of its key, and the place of the slot says more: that
/// two of some thousand words are mistaken for each other has a chance below one in a million.
#[derive(Debug, Clone)]
pub(crate) struct KeyTable {
    /// The upper half of the key, never zero, and its number. Zeros where nothing is.
    slots: Vec<(u32, u32)>,
    mask: u64,
}

impl KeyTable {
    /// Room for `capacity` keys; more do not fit.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let size = (capacity * 2).max(8).next_power_of_two();
        Self {
            slots: vec![(0, 0); size],
            mask: u64::try_from(size).unwrap_or(1) - 1,
        }
    }

    /// The keys, without numbers.
    pub(crate) fn of(keys: impl Iterator<Item = u64> + Clone) -> Self {
        let mut table = Self::with_capacity(keys.clone().count());
        for key in keys {
            table.get_or_insert(key, 0);
        }
        table
    }

    /// The number of `key`, after storing `value` for it if it had none.
    pub(crate) fn get_or_insert(&mut self, key: u64, value: u32) -> u32 {
        let at = self.slot_of(key);
        match self.slots.get_mut(at) {
            Some(slot) if slot.0 != 0 => slot.1,
            Some(slot) => {
                *slot = (tag(key), value);
                value
            }
            None => value,
        }
    }

    /// The number of `key`.
    pub(crate) fn get(&self, key: u64) -> Option<u32> {
        let (found, value) = self.slots.get(self.slot_of(key))?;
        (*found != 0).then_some(*value)
    }

    /// Whether `key` is there.
    pub(crate) fn contains(&self, key: u64) -> bool {
        self.get(key).is_some()
    }

    /// Where `key` is or would be. At least half of the slots are free, so the walk ends.
    fn slot_of(&self, key: u64) -> usize {
        let own = tag(key);
        let mut at = key & self.mask;
        for _ in 0..=self.mask {
            let index = usize::try_from(at).unwrap_or(usize::MAX);
            match self.slots.get(index) {
                Some((found, _)) if *found != own && *found != 0 => at = (at + 1) & self.mask,
                Some(_) | None => return index,
            }
        }
        usize::MAX
    }
}

/// The upper half of a key; zero, which marks a free slot, becomes one.
fn tag(key: u64) -> u32 {
    u32::try_from(key >> 32).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_again_and_no_other() {
        let mut table = KeyTable::with_capacity(1000);
        for number in 0..1000u32 {
            assert_eq!(
                table.get_or_insert(hash(&number.to_le_bytes()), number),
                number
            );
        }
        for number in 0..1000u32 {
            assert_eq!(table.get(hash(&number.to_le_bytes())), Some(number));
            assert_eq!(table.get_or_insert(hash(&number.to_le_bytes()), 7), number);
        }
        assert!(!table.contains(hash(b"absent")));
    }

    #[test]
    fn beginnings_are_hashed_on_the_way() {
        for word in [
            "",
            "four",
            "fives",
            "longer words",
            "caf\u{e9} au lait",
            "abcd\u{e9}",
        ] {
            for n_bytes in 0..=word.len() {
                let hashes = WordHashes::of(word, n_bytes);
                assert_eq!(hashes.word, hash(word.as_bytes()), "{word} {n_bytes}");
                assert_eq!(
                    hashes.beginning,
                    hash(&word.as_bytes()[..n_bytes]),
                    "{word} {n_bytes}"
                );
                assert_eq!(
                    hashes.prefix,
                    word.get(..5).map(|five| hash(five.as_bytes()))
                );
            }
        }
    }

    #[test]
    fn order_matters_in_a_pair() {
        assert_ne!(pair(hash(b"a"), hash(b"b")), pair(hash(b"b"), hash(b"a")));
    }
}

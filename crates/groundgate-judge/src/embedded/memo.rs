//! Words that were read before. Texts repeat their words; to look one up costs less than to fold, stem
//! and hash it anew. The spelling is compared letter by letter, and the word lists never change, so
//! what is remembered is what reading would give.

use std::cell::Cell;
use std::mem::take;

use super::lexicon::Kinds;
use super::table::mix;

/// What reading a word gives that does not depend on what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Known {
    /// The hash of its stem.
    pub(crate) key: u64,
    /// The hash of its first five letters.
    pub(crate) prefix: Option<u64>,
    /// What the lexicon knows of it.
    pub(crate) kinds: Kinds,
    /// The value of a number word.
    pub(crate) amount: Option<f64>,
}

/// Short words by their spelling, each in the one place it can have; the last one read stays.
#[derive(Debug, Default)]
pub(crate) struct Memo(Vec<(u128, Known)>);

/// Places; all of them fit the cache of one core.
const SIZE: usize = 2048;

thread_local! {
    static LAST: Cell<Vec<(u128, Known)>> = const { Cell::new(Vec::new()) };
}

impl Memo {
    /// That of this thread, as the last reader left it.
    pub(crate) fn of_thread() -> Self {
        let mut words = LAST.take();
        words.resize(SIZE, (0, Known::default()));
        Self(words)
    }

    /// What is known of a spelling.
    pub(crate) fn get(&self, spelling: u128) -> Option<Known> {
        let (own, known) = self.0.get(place(spelling))?;
        (*own == spelling).then_some(*known)
    }

    /// Remembers a spelling.
    pub(crate) fn put(&mut self, spelling: u128, known: Known) {
        if let Some(own) = self.0.get_mut(place(spelling)) {
            *own = (spelling, known);
        }
    }
}

impl Drop for Memo {
    fn drop(&mut self) {
        LAST.set(take(&mut self.0));
    }
}

/// The bytes of a word of 1 to 16 ASCII letters as one number, never zero.
pub(crate) fn spelling(word: &str) -> Option<u128> {
    let mut bytes = [0; 16];
    let own = bytes.get_mut(..word.len())?;
    own.copy_from_slice(word.as_bytes());
    let is_short = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_short.then(|| u128::from_le_bytes(bytes))
}

fn place(spelling: u128) -> usize {
    let [low, high] = [spelling, spelling >> 64]
        .map(|half| u64::try_from(half & u128::from(u64::MAX)).unwrap_or(0));
    let bits = mix(low ^ mix(high)) % u64::try_from(SIZE).unwrap_or(1);
    usize::try_from(bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_is_a_short_word_exactly() {
        let all =
            ["a", "b", "ab", "ba", "Ab", "abcdefghijklmnop"].map(|word| spelling(word).unwrap());
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| one != other));
        }
        for word in ["", "abcdefghijklmnopq", "don't", "caf\u{e9}", "a1"] {
            assert_eq!(spelling(word), None, "{word}");
        }
    }

    #[test]
    fn only_what_was_put_is_known() {
        let letters = || 'a'..='z';
        let all: Vec<u128> = letters()
            .flat_map(|one| letters().map(move |other| format!("{one}{other}xx")))
            .chain(letters().map(String::from))
            .map(|word| spelling(&word).unwrap())
            .collect();
        // Two that share a place.
        let (one, other) = all
            .iter()
            .enumerate()
            .find_map(|(at, one)| {
                let rest = all.iter().skip(at + 1);
                let twin = rest.copied().find(|other| place(*other) == place(*one));
                twin.map(|other| (*one, other))
            })
            .unwrap();
        let known = |key| Known {
            key,
            ..Known::default()
        };
        let mut memo = Memo::of_thread();
        memo.put(one, known(1));
        assert_eq!((memo.get(one), memo.get(other)), (Some(known(1)), None));
        memo.put(other, known(2));
        assert_eq!((memo.get(one), memo.get(other)), (None, Some(known(2))));
        drop(memo);
        assert_eq!(Memo::of_thread().get(other), Some(known(2)));
    }
}

//! Small values that carry their own proof: a number in [0, 1], a digest, an amount of money.
//!
//! A constructor checks once; after that the type says what holds. Everything here is pure.

use std::{
    fmt,
    io::{self, BufRead},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};

/// A finite number from 0 to 1, both included.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct UnitInterval(f64);

/// A number that was to lie in [0, 1] and does not.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is not a number from 0 to 1")]
pub struct NotInUnitInterval(f64);

impl UnitInterval {
    /// Nothing of it.
    pub const ZERO: Self = Self(0.0);
    /// One in fifty.
    pub const TWO_PERCENT: Self = Self(0.02);
    /// Nine of ten.
    pub const NINE_TENTHS: Self = Self(0.9);
    /// All of it.
    pub const ONE: Self = Self(1.0);

    /// Checks that `value` is finite and in [0, 1].
    pub fn new(value: f64) -> Result<Self, NotInUnitInterval> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(NotInUnitInterval(value))
        }
    }

    /// `part` of `whole`; nothing when there is no whole or the part is larger than it.
    pub fn ratio(part: usize, whole: usize) -> Option<Self> {
        if whole == 0 || part > whole {
            return None;
        }
        Some(Self(count_to_f64(part) / count_to_f64(whole)))
    }

    /// The number itself.
    pub fn value(self) -> f64 {
        self.0
    }
}

/// A small number (of attempts, of votes) as a count of things.
pub fn to_count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A count as a float. Counts here are far below 2^53, so that nothing is rounded.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the one place where a count becomes a float"
)]
pub fn count_to_f64(count: usize) -> f64 {
    count as f64
}

/// A whole number that is 0 or more and below 2^53, so that a float holds it in full; `None` for any
/// other.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the one place where a float becomes a count; it is whole and in range"
)]
pub fn whole_number(number: f64) -> Option<u64> {
    /// 2^53.
    const MOST: f64 = 9_007_199_254_740_992.0;
    ((0.0..MOST).contains(&number) && number.fract() <= 0.0).then_some(number as u64)
}

/// A SHA-256 digest, printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of all that a reader gives.
    pub fn of_reader(mut reader: impl BufRead) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        loop {
            let bytes = reader.fill_buf()?;
            if bytes.is_empty() {
                return Ok(Self(hasher.finalize().into()));
            }
            hasher.update(bytes);
            let read = bytes.len();
            reader.consume(read);
        }
    }

    /// The digest of several parts; each is preceded by its length, so that moving a boundary
    /// changes the digest.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The digest itself, for tables.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What [`Self::bytes`] gave.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first 12 digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }

    /// The first 64 bits as a number: for draws that only what was hashed decides.
    pub fn prefix_u64(&self) -> u64 {
        let head = self.0.first_chunk().copied().unwrap_or_default();
        u64::from_be_bytes(head)
    }

    /// A number from 0 to 1, 1 excluded, drawn evenly: the first 32 bits as a share of their range.
    pub fn fraction(&self) -> f64 {
        let head = self.0.first_chunk().copied().unwrap_or_default();
        f64::from(u32::from_be_bytes(head)) / (f64::from(u32::MAX) + 1.0)
    }

    /// Reads 64 hexadecimal digits; nothing if `text` is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Once for every case of a record, so without a formatter for each byte.
        let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
        let text: String = (self.0.iter())
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect();
        f.write_str(&text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("a digest has 64 hexadecimal digits"))
    }
}

/// An amount of US dollars, exact to a billionth: prices per token are that small. Written as its
/// billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usd {
    nanos: u64,
}

impl Usd {
    /// No money.
    pub const ZERO: Self = Self { nanos: 0 };

    /// From a number of dollars, rounded up to a billionth; nothing if it is negative, not finite,
    /// or beyond nine billion.
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        if !(0.0..=9.0e9).contains(&dollars) {
            return None;
        }
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was checked on the line above"
        )]
        let nanos = (dollars * 1e9).ceil() as u64;
        Some(Self { nanos })
    }

    /// From billionths of a dollar.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self { nanos }
    }

    /// In billionths of a dollar.
    pub const fn nanos(self) -> u64 {
        self.nanos
    }

    /// In dollars.
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "for showing only"
    )]
    pub fn dollars(self) -> f64 {
        self.nanos as f64 / 1e9
    }

    /// The sum, held at the largest amount instead of wrapping around.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
        }
    }

    /// The difference, held at zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_sub(other.nanos),
        }
    }

    /// This amount `times` over, held at the largest amount.
    #[must_use]
    pub const fn times(self, times: u64) -> Self {
        Self {
            nanos: self.nanos.saturating_mul(times),
        }
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = self.dollars();
        if self.nanos == 0 || dollars >= 0.1 {
            write!(f, "${dollars:.2}")
        } else {
            write!(f, "${dollars:.6}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_that_a_float_holds_in_full_are_counts() {
        for (number, whole) in [(0.0, 0), (3.0, 3), (9_007_199_254_740_991.0, (1 << 53) - 1)] {
            assert_eq!(whole_number(number), Some(whole), "{number}");
        }
        for number in [-1.0, 0.5, 9_007_199_254_740_992.0, f64::NAN, f64::INFINITY] {
            assert_eq!(whole_number(number), None, "{number}");
        }
    }

    #[test]
    fn only_finite_numbers_from_zero_to_one_are_unit_intervals() {
        for bad in [-0.1, 1.000_001, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(UnitInterval::new(bad).is_err(), "{bad}");
        }
        for good in [0.0, 0.5, 1.0] {
            assert!(UnitInterval::new(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_ratio_needs_a_whole() {
        assert_eq!(UnitInterval::ratio(0, 0), None);
        assert_eq!(UnitInterval::ratio(3, 2), None);
        assert_eq!(UnitInterval::ratio(1, 4), UnitInterval::new(0.25).ok());
    }

    #[test]
    fn a_digest_reads_back_and_knows_the_standard_vector() {
        let digest = Digest::of(b"abc");
        assert_eq!(
            digest.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        assert_eq!(Digest::parse("ba78"), None);
        let signed = digest.to_string().replacen("8f01", "8f+1", 1);
        assert_eq!(Digest::parse(&signed), None);
        assert_eq!(Digest::parse(&"é".repeat(32)), None);
    }

    #[test]
    fn a_digest_as_a_number_is_what_its_first_digits_say() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.prefix_u64(), 0xba78_16bf_8f01_cfea);
        let share = f64::from(0xba78_16bf_u32) / 4_294_967_296.0;
        assert!((digest.fraction() - share).abs() < 1e-15);
        assert!(Digest([0xff; 32]).fraction() < 1.0);
        assert_eq!(to_count(7), 7);
    }

    #[test]
    fn moving_a_boundary_between_parts_changes_the_digest() {
        let parts =
            |a: &'static str, b: &'static str| Digest::of_parts([a.as_bytes(), b.as_bytes()]);
        assert_ne!(parts("ab", "c"), parts("a", "bc"));
    }

    #[test]
    fn money_never_wraps_and_never_rounds_down() {
        assert_eq!(Usd::from_dollars(1e-10).map(Usd::nanos), Some(1));
        assert_eq!(Usd::from_dollars(-1.0), None);
        assert_eq!(Usd::from_dollars(f64::NAN), None);
        assert_eq!(
            Usd::from_nanos(u64::MAX).plus(Usd::from_nanos(1)).nanos(),
            u64::MAX
        );
        assert_eq!(Usd::ZERO.minus(Usd::from_nanos(1)), Usd::ZERO);
    }
}

//! Numbers in a text, each with the set of what it can mean.
//!
//! `1.000` is one or a thousand; `17/01` is one day and `03/04/2024` two. Two mentions agree where one
//! meaning is shared and what they count can be the same. They are in conflict where both count the
//! same kind of thing and share no meaning.

mod code;
mod date;
mod digits;
mod quantity;
mod token;
mod unit;
mod words;

#[cfg(test)]
mod tests;

pub use date::Date;
pub use unit::Unit;

use super::fold::fold;
use token::{Token, tokens};

/// How far apart two values may be that are written differently and the same.
const TOLERANCE: f64 = 1e-9;

/// A number where it stands in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// What it can mean; never empty.
    pub readings: Vec<Reading>,
    /// Whether it may be no number at all: `one` in "this one".
    pub is_weak: bool,
}

/// One meaning.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// So many of a unit.
    Quantity {
        /// How many.
        value: f64,
        /// Of what.
        unit: Unit,
    },
    /// A day, or a month of a year.
    Date(Date),
    /// Minutes after midnight.
    Time(u32),
    /// Equal to itself only: a form, an article of a law, a telephone number, a version. Letters and
    /// digits without what stands between them.
    Code(String),
}

impl Reading {
    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Quantity { value, unit },
                Self::Quantity {
                    value: that,
                    unit: of,
                },
            ) => unit.agrees(of) && is_close(*value, *that),
            (Self::Date(one), Self::Date(other)) => one.agrees(other),
            (Self::Time(one), Self::Time(other)) => one == other,
            (Self::Code(one), Self::Code(other)) => one == other,
            (
                Self::Date(date),
                Self::Quantity {
                    value,
                    unit: Unit::None,
                },
            )
            | (
                Self::Quantity {
                    value,
                    unit: Unit::None,
                },
                Self::Date(date),
            ) => {
                let parts = [date.year, date.day];
                parts
                    .iter()
                    .flatten()
                    .any(|part| is_close(f64::from(*part), *value))
            }
            _ => false,
        }
    }

    fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Quantity { unit, .. }, Self::Quantity { unit: of, .. }) => {
                unit == of || *unit == Unit::None || *of == Unit::None
            }
            (Self::Code(_), Self::Code(_)) => true,
            _ => false,
        }
    }

    fn is_other_unit(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Quantity { value, unit },
                Self::Quantity {
                    value: that,
                    unit: of,
                },
            ) => unit != of && unit.are_known(of) && is_close(*value, *that),
            _ => false,
        }
    }

    /// Whether both count the same known kind of thing.
    fn is_comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Quantity { unit, .. }, Self::Quantity { unit: other, .. }) => {
                unit.are_known(other) && (unit == other || are_both_time(unit, other))
            }
            (Self::Date(_), Self::Date(_)) | (Self::Time(_), Self::Time(_)) => true,
            _ => false,
        }
    }
}

/// Days and months are not brought to each other, and nobody takes one for the other.
fn are_both_time(one: &Unit, other: &Unit) -> bool {
    let is_time = |unit: &Unit| matches!(unit, Unit::Seconds | Unit::Months | Unit::BusinessDays);
    is_time(one) && is_time(other)
}

fn is_close(one: f64, other: f64) -> bool {
    (one - other).abs() <= TOLERANCE * one.abs().max(other.abs()).max(1.0)
}

impl Mention {
    /// Whether one of its meanings is one of the other's.
    pub fn agrees(&self, other: &Self) -> bool {
        self.any_pair(other, Reading::agrees)
    }

    /// Whether both count the same kind of thing, and no meaning is shared.
    pub fn conflicts(&self, other: &Self) -> bool {
        self.any_pair(other, Reading::is_comparable) && !self.agrees(other)
    }

    /// Whether both are the same number of different known kinds of thing: 5 EUR and 5 percent.
    pub fn differs_in_unit(&self, other: &Self) -> bool {
        self.any_pair(other, Reading::is_other_unit) && !self.agrees(other)
    }

    /// Whether both are of one kind that has no unit: plain quantities, or codes.
    pub fn is_alike(&self, other: &Self) -> bool {
        self.any_pair(other, Reading::is_alike)
    }

    fn any_pair(&self, other: &Self, holds: fn(&Reading, &Reading) -> bool) -> bool {
        let mine = self.readings.iter();
        mine.flat_map(|one| other.readings.iter().map(move |other| (one, other)))
            .any(|(one, other)| holds(one, other))
    }
}

/// All numbers of a text, in order. Apparatus is no part of what a text says: take it out first.
pub fn mentions(text: &str) -> Vec<Mention> {
    let tokens = tokens(&fold(text));
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match read(&tokens, at) {
            Some(read) if !read.readings.is_empty() => {
                let covered = tokens.get(read.from..at + read.taken).unwrap_or_default();
                if let (Some(first), Some(last)) = (covered.first(), covered.last()) {
                    found.push(Mention {
                        start: first.start,
                        end: last.end,
                        readings: read.readings,
                        is_weak: read.is_weak,
                    });
                }
                at += read.taken;
            }
            Some(_) | None => at += 1,
        }
    }
    found
}

/// What was read at a token.
struct Read {
    readings: Vec<Reading>,
    /// Tokens from the place on.
    taken: usize,
    /// The first token that belongs to it: a sign of money may stand before.
    from: usize,
    is_weak: bool,
}

fn read(tokens: &[Token], at: usize) -> Option<Read> {
    let rest = tokens.get(at..)?;
    let plain = |readings: Vec<Reading>, taken: usize| Read {
        readings,
        taken,
        from: at,
        is_weak: false,
    };
    if let Some(date) = date::date(rest) {
        let readings = date.readings.into_iter().map(Reading::Date);
        return Some(plain(readings.collect(), date.taken));
    }
    if let Some(code) = code::code(tokens, at) {
        return Some(Read {
            readings: vec![Reading::Code(code.text)],
            taken: code.taken,
            from: code.from,
            is_weak: false,
        });
    }
    if let Some(time) = date::time(rest) {
        let readings = time.readings.into_iter().map(Reading::Time);
        return Some(plain(readings.collect(), time.taken));
    }
    let mut read = quantity::quantity(tokens, at)?;
    // `401k` may be a sum, and a plan of that name.
    let is_bare = read.from == at && read.taken == 2;
    if let Some(name) = code::thousands(rest).filter(|_| is_bare) {
        read.readings.push(Reading::Code(name));
    }
    Some(read)
}

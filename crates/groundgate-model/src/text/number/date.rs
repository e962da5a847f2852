//! Dates and times of day.

use super::token::{Kind, Token};

/// What is known of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// Four digits.
    pub year: Option<u32>,
    /// From 1.
    pub month: u32,
    /// From 1.
    pub day: Option<u32>,
}

impl Date {
    /// Whether nothing that both know differs.
    pub fn agrees(&self, other: &Self) -> bool {
        let same = |one: Option<u32>, other: Option<u32>| match (one, other) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.month == other.month && same(self.year, other.year) && same(self.day, other.day)
    }
}

/// What was read, and how many tokens it took.
pub(super) struct Read<T> {
    pub(super) readings: Vec<T>,
    pub(super) taken: usize,
}

const MONTHS: [&[&str]; 12] = [
    &["january", "jan", "januar", "janvier", "enero", "gennaio"],
    &[
        "february", "feb", "februar", "fevrier", "febrero", "febbraio",
    ],
    &["march", "mar", "marz", "mars", "marzo"],
    &["april", "apr", "avril", "abril", "aprile"],
    &["may", "mai", "mayo", "maggio"],
    &["june", "jun", "juni", "juin", "junio", "giugno"],
    &["july", "jul", "juli", "juillet", "julio", "luglio"],
    &["august", "aug", "aout", "agosto"],
    &[
        "september",
        "sep",
        "sept",
        "septembre",
        "septiembre",
        "settembre",
    ],
    &[
        "october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre",
    ],
    &["november", "nov", "novembre", "noviembre"],
    &[
        "december",
        "dec",
        "dezember",
        "dez",
        "decembre",
        "diciembre",
        "dicembre",
    ],
];

fn month(word: &str) -> Option<u32> {
    let place = MONTHS.iter().position(|names| names.contains(&word))?;
    u32::try_from(place + 1).ok()
}

fn number(token: &Token, most: u32) -> Option<u32> {
    let value: u32 = token.text.parse().ok()?;
    (token.is_digits() && (1..=most).contains(&value)).then_some(value)
}

fn year(token: &Token) -> Option<u32> {
    number(token, 2999).filter(|year| *year >= 1000 && token.text.len() == 4)
}

/// A date at the beginning of `tokens`.
pub(super) fn date(tokens: &[Token]) -> Option<Read<Date>> {
    in_digits(tokens)
        .or_else(|| pointed(tokens))
        .or_else(|| day_first(tokens))
        .or_else(|| month_first(tokens))
}

/// `2024-01-17`, `17/01/2024`, `1/17/2024`.
fn in_digits(tokens: &[Token]) -> Option<Read<Date>> {
    let [first, sign, second, other, third, ..] = tokens else {
        return None;
    };
    let is_joined = [sign, second, other, third]
        .iter()
        .all(|token| token.is_glued);
    let is_sign = |sign: &Token| ['-', '/'].into_iter().any(|c| sign.is_sign(c));
    if !is_joined || !is_sign(sign) || sign.text != other.text {
        return None;
    }
    let readings = match (year(first), year(third)) {
        (Some(year), _) => vec![day_of(Some(year), number(second, 12)?, number(third, 31)?)],
        (None, Some(year)) => either(year, number(first, 31)?, number(second, 31)?),
        (None, None) => return None,
    };
    (!readings.is_empty()).then_some(Read { readings, taken: 5 })
}

/// Day and month in either order, as far as there is such a month.
fn either(year: u32, first: u32, second: u32) -> Vec<Date> {
    let mut readings = Vec::new();
    if second <= 12 {
        readings.push(day_of(Some(year), second, first));
    }
    if first <= 12 && first != second {
        readings.push(day_of(Some(year), first, second));
    }
    readings
}

/// `17.01.2024`, which is one token.
fn pointed(tokens: &[Token]) -> Option<Read<Date>> {
    let parts: Vec<&str> = tokens.first()?.text.split('.').collect();
    let [day, month, year] = parts.as_slice() else {
        return None;
    };
    let year: u32 = year.parse().ok().filter(|_| year.len() == 4)?;
    let (day, month): (u32, u32) = (day.parse().ok()?, month.parse().ok()?);
    let is_date = (1..=31).contains(&day) && (1..=12).contains(&month);
    is_date.then(|| Read {
        readings: vec![day_of(Some(year), month, day)],
        taken: 1,
    })
}

const fn day_of(year: Option<u32>, month: u32, day: u32) -> Date {
    Date {
        year,
        month,
        day: Some(day),
    }
}

/// `17 January 2024`, `17. Januar`, `the 17th of January`.
fn day_first(tokens: &[Token]) -> Option<Read<Date>> {
    let day = number(tokens.first()?, 31)?;
    let mut taken = 1;
    while let Some(token) = tokens.get(taken) {
        let is_ending =
            token.is_glued && matches!(token.text.as_str(), "st" | "nd" | "rd" | "th" | "." | "er");
        if !is_ending && !matches!(token.text.as_str(), "of" | "de") {
            break;
        }
        taken += 1;
    }
    let month = month(&tokens.get(taken)?.text)?;
    taken += 1;
    let found = with_year(tokens, taken);
    Some(Read {
        readings: vec![day_of(found.0, month, day)],
        taken: found.1,
    })
}

/// `January 17th, 2024`, `Jan 15`, `January 2024`.
fn month_first(tokens: &[Token]) -> Option<Read<Date>> {
    let name = tokens.first().filter(|token| token.kind == Kind::Word)?;
    let month = month(&name.text)?;
    let mut taken = 1;
    if tokens.get(taken).is_some_and(|token| token.is_sign('.')) {
        taken += 1;
    }
    let next = tokens.get(taken)?;
    if let Some(year) = year(next) {
        let readings = vec![Date {
            year: Some(year),
            month,
            day: None,
        }];
        return Some(Read {
            readings,
            taken: taken + 1,
        });
    }
    let day = number(next, 31)?;
    taken += 1;
    if tokens
        .get(taken)
        .is_some_and(|token| matches!(token.text.as_str(), "st" | "nd" | "rd" | "th"))
    {
        taken += 1;
    }
    let found = with_year(tokens, taken);
    Some(Read {
        readings: vec![day_of(found.0, month, day)],
        taken: found.1,
    })
}

/// The year that may follow, and how many tokens there are with it.
fn with_year(tokens: &[Token], taken: usize) -> (Option<u32>, usize) {
    let comma = usize::from(tokens.get(taken).is_some_and(|token| token.is_sign(',')));
    match tokens.get(taken + comma).and_then(year) {
        Some(year) => (Some(year), taken + comma + 1),
        None => (None, taken),
    }
}

/// Minutes after midnight, at the beginning of `tokens`: `5 PM`, `5:00 pm`, `17:00`, `17 h 30`,
/// `17 Uhr`.
pub(super) fn time(tokens: &[Token]) -> Option<Read<u32>> {
    let first = tokens.first()?;
    if let Some(minutes) = named(first) {
        return Some(Read {
            readings: vec![minutes],
            taken: 1,
        });
    }
    let hour: u32 = first
        .text
        .parse()
        .ok()
        .filter(|hour| first.is_digits() && *hour <= 24)?;
    let (mut minute, mut taken) = (None, 1);
    let is_between = |token: &Token| token.is_sign(':') || token.text == "h";
    if let (Some(sign), Some(after)) = (tokens.get(1), tokens.get(2))
        && is_between(sign)
        && (after.is_glued || sign.text == "h")
        && after.is_digits()
        && after.text.len() == 2
    {
        minute = after.text.parse().ok().filter(|minute| *minute < 60);
        minute?;
        taken = 3;
    }
    let half = half_of_day(tokens.get(taken..).unwrap_or_default());
    let is_german = tokens.get(taken).is_some_and(|token| token.text == "uhr");
    let is_french = taken == 1 && tokens.get(1).is_some_and(|token| token.text == "h");
    let at = |hour: u32| hour * 60 + minute.unwrap_or(0);
    match half {
        Some((is_afternoon, more)) if (1..=12).contains(&hour) => Some(Read {
            readings: vec![at(hour % 12 + if is_afternoon { 12 } else { 0 })],
            taken: taken + more,
        }),
        Some(_) => None,
        None if is_german || is_french => Some(Read {
            readings: vec![at(hour)],
            taken: taken + 1,
        }),
        None if minute.is_some() && hour < 12 => Some(Read {
            readings: vec![at(hour), at(hour + 12)],
            taken,
        }),
        None => minute.map(|_| Read {
            readings: vec![at(hour)],
            taken,
        }),
    }
}

fn named(token: &Token) -> Option<u32> {
    match token.text.as_str() {
        "noon" | "midday" => Some(12 * 60),
        "midnight" => Some(0),
        _ => None,
    }
}

/// `am`, `p.m.`: whether it is the afternoon, and how many tokens that takes.
fn half_of_day(tokens: &[Token]) -> Option<(bool, usize)> {
    let first = tokens.first()?;
    match first.text.as_str() {
        "am" => Some((false, 1)),
        "pm" => Some((true, 1)),
        "a" | "p" => {
            let [_, point, m, ..] = tokens else {
                return None;
            };
            (point.is_sign('.') && m.text == "m").then_some((first.text == "p", 3))
        }
        _ => None,
    }
}

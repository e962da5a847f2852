//! How old something may be, and how old it is.

use std::fmt;

use groundgate_model::unit::count_to_f64;
use jiff::Timestamp;

/// A length of time as policies write it: `90s`, `30m`, `48h`, `14d`, `2w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    seconds: i64,
}

/// The units with their seconds, largest first.
const UNITS: [(char, i64); 5] = [
    ('w', 7 * 86_400),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

/// Clocks of two machines may differ by so much.
const CLOCK_TOLERANCE_S: i64 = 300;

/// What is wrong with a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AgeFault {
    /// It is after the time that the gate was given.
    Future,
    /// It is older than allowed, by the age it has.
    Stale(Age),
}

impl Age {
    /// More than 0 and less than 100 years; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let unit = text.chars().next_back()?;
        let (_, seconds) = UNITS.into_iter().find(|(letter, _)| *letter == unit)?;
        let number = text.strip_suffix(unit)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let seconds = number.parse::<i64>().ok()?.checked_mul(seconds)?;
        (1..100 * 365 * 86_400)
            .contains(&seconds)
            .then_some(Self { seconds })
    }

    /// In seconds; more than 0.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// In hours; more than 0.
    pub(crate) fn hours(self) -> f64 {
        count_to_f64(usize::try_from(self.seconds).unwrap_or(usize::MAX)) / 3_600.0
    }

    /// From one time to a later one; 0 where it is not later.
    pub(crate) fn between(from: Timestamp, to: Timestamp) -> Self {
        Self {
            seconds: to.as_second().saturating_sub(from.as_second()).max(0),
        }
    }

    /// How old something of `date` is at `at`, if that is allowed.
    pub(crate) fn check(self, date: Timestamp, at: Timestamp) -> Result<Self, AgeFault> {
        let age = at.as_second().saturating_sub(date.as_second());
        if age < -CLOCK_TOLERANCE_S {
            return Err(AgeFault::Future);
        }
        let age = Self::between(date, at);
        if age > self {
            Err(AgeFault::Stale(age))
        } else {
            Ok(age)
        }
    }
}

impl fmt::Display for Age {
    /// In the largest unit that says it in full, or that leaves at least two of it: `14d`, `36h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS
            .into_iter()
            .find(|(letter, unit)| *letter != 'w' && self.seconds >= 2 * unit);
        let (letter, unit) = whole.unwrap_or(('s', 1));
        write!(f, "{}{letter}", self.seconds / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_and_shown() {
        for (text, seconds, shown) in [
            ("90s", 90, "90s"),
            ("30m", 1_800, "30m"),
            ("48h", 172_800, "2d"),
            ("36h", 129_600, "36h"),
            ("14d", 1_209_600, "14d"),
            ("2w", 1_209_600, "14d"),
        ] {
            let age = Age::parse(text).unwrap();
            assert_eq!((age.seconds(), age.to_string().as_str()), (seconds, shown));
        }
        for text in [
            "",
            "d",
            "0d",
            "-1d",
            "1.5d",
            "7",
            "7 d",
            "7y",
            "+7d",
            "99999999999999999999d",
            "9999w",
            "７d",
        ] {
            assert_eq!(Age::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_from_the_future_or_too_old_is_odd() {
        let at = Timestamp::from_second(1_000_000).unwrap();
        let date = |before: i64| Timestamp::from_second(1_000_000 - before).unwrap();
        let day = Age::parse("1d").unwrap();
        assert_eq!(day.check(date(86_400), at), Ok(day));
        assert!(matches!(
            day.check(date(86_401), at),
            Err(AgeFault::Stale(_))
        ));
        assert_eq!(day.check(date(-300), at), Ok(Age { seconds: 0 }));
        assert_eq!(day.check(date(-301), at), Err(AgeFault::Future));
    }
}

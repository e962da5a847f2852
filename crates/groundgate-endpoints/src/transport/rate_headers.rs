//! What an endpoint says of its rate limits beside the status: how much is left, and when there is
//! more. Pure.
//!
//! OpenAI and those who copy it send `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, where
//! `reset` is the time until the whole limit is there again (`6m0s`); Anthropic sends
//! `anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}` with a time of day. Both refill
//! evenly, so that the next call is possible after its part of that time. `RateLimit-Reset`, by
//! contrast, is the end of a fixed window, in seconds.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimeParser};

/// No header makes anybody wait longer: limits are per minute.
const LONGEST: Duration = Duration::from_mins(1);

/// The kinds of limits, each with whether it counts tokens.
const KINDS: [(&str, bool); 4] = [
    ("requests", false),
    ("tokens", true),
    ("input-tokens", true),
    ("output-tokens", true),
];

/// How long until the endpoint has room for a call of so many tokens; `None` where it has room, or
/// does not say.
pub(super) fn wait<'a>(header: impl Fn(&str) -> Option<&'a str>, tokens: u32) -> Option<Duration> {
    let even = KINDS.iter().flat_map(|(kind, counts_tokens)| {
        let needed = if *counts_tokens { tokens.max(1) } else { 1 };
        [
            evenly(&header, needed, |part| format!("x-ratelimit-{part}-{kind}")),
            evenly(&header, needed, |part| {
                format!("anthropic-ratelimit-{kind}-{part}")
            }),
        ]
    });
    let fixed = ["ratelimit", "x-ratelimit"].map(|name| {
        let left: u64 = header(&format!("{name}-remaining"))?.trim().parse().ok()?;
        let reset = header(&format!("{name}-reset"))?
            .trim()
            .parse::<f64>()
            .ok()?;
        // Some send a time of day in seconds of the epoch instead of a span; that is left alone.
        (left == 0 && reset < 86_400.0).then(|| Duration::try_from_secs_f64(reset).ok())?
    });
    let longest = even.chain(fixed).flatten().max()?;
    (!longest.is_zero()).then(|| longest.min(LONGEST))
}

/// Whether any header speaks of a limit that is used up: a cheap look before [`wait`], at every name that it reads.
pub(super) fn may_be_used_up<'a>(header: impl Fn(&str) -> Option<&'a str>) -> bool {
    USED_UP
        .iter()
        .any(|name| header(name).is_some_and(|left| left.trim() == "0"))
}

/// What [`wait`] reads of what is left, written out: each success is asked for all of them.
const USED_UP: [&str; 10] = [
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-remaining-input-tokens",
    "x-ratelimit-remaining-output-tokens",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-output-tokens-remaining",
    "ratelimit-remaining",
    "x-ratelimit-remaining",
];

fn evenly<'a>(
    header: &impl Fn(&str) -> Option<&'a str>,
    needed: u32,
    name: impl Fn(&str) -> String,
) -> Option<Duration> {
    // Azure has been seen to send -1; that is no count.
    let left: u64 = header(&name("remaining"))?.trim().parse().ok()?;
    if left >= u64::from(needed) {
        return None;
    }
    let until_full = until(header(&name("reset"))?.trim(), header("date"))?;
    let limit = header(&name("limit")).and_then(|text| text.trim().parse::<u32>().ok());
    let part = match limit {
        Some(limit) if limit >= needed => f64::from(needed) / f64::from(limit),
        Some(_) | None => 1.0,
    };
    Some(until_full.mul_f64(part))
}

/// A span (`1s`, `6m0s`, `12ms`, `1.5`) or a time of day, measured from the reply's own `Date`.
fn until(text: &str, date: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        let now = DateTimeParser::new().parse_timestamp(date?.trim()).ok()?;
        let wait = time.duration_since(now).max(SignedDuration::ZERO);
        return Duration::try_from(wait).ok();
    }
    span(text)
}

/// A duration as Go writes it.
fn span(text: &str) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let (number, tail) = rest.split_at(end);
        let unit_end = tail
            .find(|char: char| char.is_ascii_digit() || char == '.')
            .unwrap_or(tail.len());
        let (unit, after) = tail.split_at(unit_end);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        let number: f64 = number.parse().ok()?;
        sum = sum.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeSet};

    use super::*;

    fn check(headers: &[(&str, &str)], tokens: u32, expected_ms: Option<u128>) {
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| *value)
        };
        let found = wait(header, tokens).map(|wait| wait.as_millis());
        assert_eq!(found, expected_ms, "{headers:?}");
    }

    #[test]
    fn a_used_up_limit_says_when_there_is_room_again() {
        let open_ai = |left: &'static str, reset: &'static str| {
            [
                ("x-ratelimit-remaining-requests", left),
                ("x-ratelimit-limit-requests", "60"),
                ("x-ratelimit-reset-requests", reset),
            ]
        };
        check(&open_ai("0", "1m0s"), 1, Some(1000));
        check(&open_ai("3", "1m0s"), 1, None);
        check(&open_ai("-1", "1m0s"), 1, None);
        check(&open_ai("0", "soon"), 1, None);
        check(&open_ai("0", "600ms"), 1, Some(10));
        check(&open_ai("0", "24h"), 1, Some(60_000));
        check(&open_ai("0", "1m0s")[..1], 1, None);
        let tokens = [
            ("x-ratelimit-remaining-tokens", "50"),
            ("x-ratelimit-limit-tokens", "1000"),
            ("x-ratelimit-reset-tokens", "10s"),
        ];
        check(&tokens, 100, Some(1000));
        check(&tokens, 40, None);
        check(&tokens, 5000, Some(10_000));
        let anthropic = [
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2026-11-25T08:00:04Z"),
            ("date", "Wed, 25 Nov 2026 08:00:00 GMT"),
        ];
        check(&anthropic, 1, Some(4000));
        check(&anthropic[..2], 1, None);
        let fixed = [("ratelimit-remaining", "0"), ("ratelimit-reset", "7")];
        check(&fixed, 1, Some(7000));
        let epoch = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1795000000"),
        ];
        check(&epoch, 1, None);
        check(&[], 1, None);
    }

    /// Else a success that says that nothing is left would hold nobody back.
    #[test]
    fn whatever_may_be_waited_for_is_looked_at_first() {
        let asked = RefCell::new(BTreeSet::new());
        let none = |name: &str| -> Option<&str> {
            if name.contains("remaining") {
                asked.borrow_mut().insert(name.to_owned());
            }
            None
        };
        assert_eq!(wait(none, 1), None);
        let looked_at: BTreeSet<String> = USED_UP.iter().map(ToString::to_string).collect();
        assert_eq!(looked_at, asked.into_inner());
        for used_up in USED_UP {
            let says =
                |left: &'static str| may_be_used_up(|name: &str| (name == used_up).then_some(left));
            assert!(says("0") && says(" 0"), "{used_up}");
            assert!(!says("1") && !says("-1") && !says(""), "{used_up}");
        }
    }

    #[test]
    fn spans_are_read_as_go_writes_them() {
        for (text, expected_ms) in [
            ("6m0s", Some(360_000)),
            ("1h2m3.5s", Some(3_723_500)),
            ("12ms", Some(12)),
            ("", None),
            ("5", None),
            ("5x", None),
            ("s", None),
            ("1e9h", None),
        ] {
            assert_eq!(
                span(text).map(|span| span.as_millis()),
                expected_ms,
                "{text}"
            );
        }
    }
}

//! The limits of an endpoint as written: deadlines, rates, retries.

use std::time::Duration;

use groundgate_endpoints::transport::{Limits, RetryPolicy, Timeouts, retry::Resend};
use groundgate_model::toml_reader::Table;

use super::read::ranged;

/// Reads the key `timeouts`.
pub(super) fn timeouts(table: Table<'_, '_>) -> Option<Timeouts> {
    let mut timeouts = Timeouts::default();
    if !table.has("timeouts") {
        return Some(timeouts);
    }
    let written = table.table("timeouts")?;
    written.only(&[
        "connect-s",
        "first-byte-s",
        "idle-s",
        "whole-s",
        "least-bytes-per-s",
    ]);
    let seconds = |key: &str, default: Duration| {
        ranged(&written, key, 1..=3600).map_or(default, Duration::from_secs)
    };
    timeouts.connect = seconds("connect-s", timeouts.connect);
    timeouts.first_byte = seconds("first-byte-s", timeouts.first_byte);
    timeouts.idle = seconds("idle-s", timeouts.idle);
    timeouts.whole = seconds("whole-s", timeouts.whole);
    if let Some(rate) = ranged(&written, "least-bytes-per-s", 0..=1_000_000) {
        timeouts.least_bytes_per_s = u32::try_from(rate).ok()?;
    }
    Some(timeouts)
}

/// Reads the key `limits`.
pub(super) fn limits(table: Table<'_, '_>, concurrency: usize) -> Option<Limits> {
    let mut limits = Limits {
        in_flight: concurrency,
        ..Limits::default()
    };
    if !table.has("limits") {
        return Some(limits);
    }
    let written = table.table("limits")?;
    written.only(&[
        "in-flight",
        "requests-per-minute",
        "tokens-per-minute",
        "adaptive",
    ]);
    if let Some(in_flight) = ranged(&written, "in-flight", 1..=1024) {
        limits.in_flight = usize::try_from(in_flight).ok()?;
    }
    let rate = |key: &str| {
        let rate = ranged(&written, key, 1..=u64::from(u32::MAX))?;
        u32::try_from(rate).ok()
    };
    limits.requests_per_minute = rate("requests-per-minute");
    limits.tokens_per_minute = rate("tokens-per-minute");
    limits.adaptive = written.flag("adaptive").unwrap_or(limits.adaptive);
    Some(limits)
}

/// Reads the key `retries`.
pub(super) fn retries(table: Table<'_, '_>) -> Option<RetryPolicy> {
    let mut policy = RetryPolicy::default();
    if !table.has("retries") {
        return Some(policy);
    }
    let written = table.table("retries")?;
    written.only(&[
        "max",
        "max-when-refused",
        "first-wait-ms",
        "longest-wait-s",
        "resend",
    ]);
    let times = |key: &str, default: u32| {
        let times = ranged(&written, key, 0..=100).and_then(|times| u32::try_from(times).ok());
        times.unwrap_or(default)
    };
    policy.retries = times("max", policy.retries);
    policy.retries_when_refused = times("max-when-refused", policy.retries_when_refused);
    if let Some(wait) = ranged(&written, "first-wait-ms", 1..=60_000) {
        policy.first_wait = Duration::from_millis(wait);
    }
    if let Some(wait) = ranged(&written, "longest-wait-s", 1..=3600) {
        policy.longest_wait = Duration::from_secs(wait);
    }
    let choices = [
        ("refused", Resend::Refused),
        ("unanswered", Resend::Unanswered),
        ("never", Resend::Never),
    ];
    policy.resend = written.choice("resend", &choices).unwrap_or(policy.resend);
    Some(policy)
}

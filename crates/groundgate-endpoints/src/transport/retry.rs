//! What to do after a call went wrong: a pure function of what happened.
//!
//! The endpoint's words decide first (`Retry-After`, `x-should-retry`), then the status, then the
//! policy. A call is sent again only while no part of a reply has arrived: what has been generated
//! has been paid for, and is not paid for twice.

use std::time::Duration;

use groundgate_model::{exchange::FailureKind, unit::UnitInterval};
use jiff::{SignedDuration, fmt::rfc2822::DateTimeParser};

/// How often and how patiently a call is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Times a call is sent again after errors and deadlines.
    pub retries: u32,
    /// Times a call is sent again after it was refused for being too fast (429, 503, 529). Higher
    /// than `retries`, since a refusal costs nothing and says nothing against the endpoint.
    pub retries_when_refused: u32,
    /// The first wait is drawn from zero to this, each further one from twice the range before.
    pub first_wait: Duration,
    /// No wait is longer, and an endpoint that asks for a longer one is given up.
    pub longest_wait: Duration,
    /// Which failures may be sent again.
    pub resend: Resend,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 4,
            retries_when_refused: 10,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_mins(2),
            resend: Resend::Unanswered,
        }
    }
}

/// How sure it is that sending a call again repeats nothing, surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resend {
    /// The endpoint did not take the call on: it was never reached, or it refused to start.
    Refused,
    /// No part of a reply came; the endpoint may have worked on it. Set in a policy, this allows
    /// the repeat; a copilot whose calls have side effects wants [`Resend::Refused`].
    Unanswered,
    /// A reply began, or a repeat cannot help.
    Never,
}

/// What went wrong with one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble<'a> {
    /// A status that is no success.
    Status {
        /// From 300.
        code: u16,
        /// The reply's `x-should-retry`, which overrules the status.
        should_retry: Option<bool>,
        /// The error code that the body names (`insufficient_quota`, `REQUEST_LIMIT_EXCEEDED`).
        error_code: Option<&'a str>,
    },
    /// No connection was made.
    NotConnected,
    /// A deadline passed, or the connection ended.
    Broken {
        /// Which of the two.
        kind: FailureKind,
        /// Whether a part of the reply's body had arrived.
        reply_began: bool,
    },
}

/// A failure's class and whether the call may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// For counting and deciding.
    pub kind: FailureKind,
    /// How sure it is that a repeat repeats nothing.
    pub resend: Resend,
    /// Whether the endpoint asked for fewer calls; all callers of the endpoint then slow down.
    pub slow_down: bool,
}

impl Class {
    const fn new(kind: FailureKind, resend: Resend) -> Self {
        Self {
            kind,
            resend,
            slow_down: false,
        }
    }

    const fn slowing(kind: FailureKind, resend: Resend) -> Self {
        Self {
            kind,
            resend,
            slow_down: true,
        }
    }
}

/// Error codes with which 429 means "never", not "later".
const OUT_OF_QUOTA: [&str; 3] = [
    "insufficient_quota",
    "billing_error",
    "credit_balance_too_low",
];

/// Error codes that mean "too fast" whatever the status says.
const TOO_FAST: [&str; 4] = [
    "REQUEST_LIMIT_EXCEEDED",
    "RESOURCE_EXHAUSTED",
    "rate_limit_error",
    "rate_limit_exceeded",
];

/// Error codes that mean "overloaded" whatever the status says.
const OVERLOADED: [&str; 2] = ["overloaded_error", "TEMPORARILY_UNAVAILABLE"];

/// Error codes of providers whose filter turns the question away.
const FILTERED: [&str; 4] = [
    "content_filter",
    "content_policy_violation",
    "ResponsibleAIPolicyViolation",
    "ContentPolicyViolationError",
];

/// Classifies one failed try.
pub fn classify(trouble: Trouble<'_>) -> Class {
    match trouble {
        Trouble::NotConnected => Class::new(FailureKind::Connect, Resend::Refused),
        Trouble::Broken { kind, reply_began } => Class::new(
            kind,
            if reply_began {
                Resend::Never
            } else {
                Resend::Unanswered
            },
        ),
        Trouble::Status {
            code,
            should_retry,
            error_code,
        } => {
            let class = classify_status(code, error_code);
            match should_retry {
                Some(false) => Class {
                    resend: Resend::Never,
                    ..class
                },
                Some(true) if class.resend == Resend::Never => Class {
                    resend: Resend::Unanswered,
                    ..class
                },
                Some(true) | None => class,
            }
        }
    }
}

fn classify_status(code: u16, error_code: Option<&str>) -> Class {
    let named = |codes: &[&str]| error_code.is_some_and(|code| codes.contains(&code));
    if named(&OUT_OF_QUOTA) {
        return Class::new(FailureKind::RateLimited, Resend::Never);
    }
    if code == 429 || named(&TOO_FAST) {
        return Class::slowing(FailureKind::RateLimited, Resend::Refused);
    }
    if matches!(code, 503 | 529) || named(&OVERLOADED) {
        return Class::slowing(FailureKind::Server, Resend::Refused);
    }
    if matches!(code, 400 | 422) && named(&FILTERED) {
        return Class::new(FailureKind::Filtered, Resend::Never);
    }
    match code {
        300..=399 => Class::new(FailureKind::Redirect, Resend::Never),
        401 | 403 => Class::new(FailureKind::Auth, Resend::Never),
        408 => Class::new(FailureKind::Timeout, Resend::Unanswered),
        409 | 425 => Class::new(FailureKind::Rejected, Resend::Unanswered),
        400..=499 => Class::new(FailureKind::Rejected, Resend::Never),
        501 | 505 => Class::new(FailureKind::Server, Resend::Never),
        500..=599 => Class::new(FailureKind::Server, Resend::Unanswered),
        _ => Class::new(FailureKind::Malformed, Resend::Never),
    }
}

/// How often a call has failed so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failures {
    /// Errors and deadlines.
    pub broken: u32,
    /// Refusals for being too fast.
    pub refused: u32,
}

impl Failures {
    /// With one more failure of this class.
    #[must_use]
    pub const fn and(self, class: Class) -> Self {
        if class.slow_down {
            Self {
                refused: self.refused.saturating_add(1),
                ..self
            }
        } else {
            Self {
                broken: self.broken.saturating_add(1),
                ..self
            }
        }
    }

    /// How often the call was sent.
    pub const fn tries(self) -> u32 {
        self.broken.saturating_add(self.refused)
    }
}

/// How long to wait before the next try; `None` to give up.
///
/// `failures` counts the one that has just happened. The wait is the endpoint's `retry_after` plus
/// "full jitter": a part, `jitter`, of a range that doubles with every failure, so that callers who
/// failed together do not come back together (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
pub fn next_wait(
    policy: &RetryPolicy,
    class: Class,
    failures: Failures,
    retry_after: Option<Duration>,
    jitter: UnitInterval,
) -> Option<Duration> {
    let (used, allowed) = if class.slow_down {
        (failures.refused, policy.retries_when_refused)
    } else {
        (failures.broken, policy.retries)
    };
    if class.resend == Resend::Never || class.resend > policy.resend || used > allowed {
        return None;
    }
    let asked = retry_after.unwrap_or_default();
    if asked > policy.longest_wait {
        return None;
    }
    let doublings = used.saturating_sub(1).min(16);
    let range = policy
        .first_wait
        .saturating_mul(1 << doublings)
        .min(policy.longest_wait);
    Some(asked.saturating_add(range.mul_f64(jitter.value())))
}

/// The wait that a reply asks for: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date.
///
/// A date is measured from the reply's own `Date`, so that a wrong clock on this machine does no
/// harm; without a `Date` it is not understood. A date in the past means no wait.
pub fn retry_after(
    milliseconds: Option<&str>,
    seconds_or_date: Option<&str>,
    date: Option<&str>,
) -> Option<Duration> {
    if let Some(wait) = milliseconds.and_then(|text| text.trim().parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(wait / 1000.0).ok();
    }
    let text = seconds_or_date?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let parser = DateTimeParser::new();
    let until = parser.parse_timestamp(text).ok()?;
    let now = parser.parse_timestamp(date?.trim()).ok()?;
    let wait = until.duration_since(now).max(SignedDuration::ZERO);
    Duration::try_from(wait).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16) -> Class {
        classify(Trouble::Status {
            code,
            should_retry: None,
            error_code: None,
        })
    }

    fn half() -> UnitInterval {
        UnitInterval::new(0.5).unwrap()
    }

    #[test]
    fn every_status_has_its_class() {
        use FailureKind::{Auth, Malformed, RateLimited, Redirect, Rejected, Server, Timeout};
        use Resend::{Never, Refused, Unanswered};
        for (code, kind, resend, slow_down) in [
            (301, Redirect, Never, false),
            (308, Redirect, Never, false),
            (400, Rejected, Never, false),
            (401, Auth, Never, false),
            (403, Auth, Never, false),
            (404, Rejected, Never, false),
            (408, Timeout, Unanswered, false),
            (409, Rejected, Unanswered, false),
            (429, RateLimited, Refused, true),
            (500, Server, Unanswered, false),
            (501, Server, Never, false),
            (502, Server, Unanswered, false),
            (503, Server, Refused, true),
            (504, Server, Unanswered, false),
            (529, Server, Refused, true),
            (700, Malformed, Never, false),
        ] {
            let class = Class {
                kind,
                resend,
                slow_down,
            };
            assert_eq!(status(code), class, "{code}");
        }
    }

    #[test]
    fn the_endpoints_own_words_overrule_the_status() {
        let check = |code, should_retry, error_code, resend| {
            let class = classify(Trouble::Status {
                code,
                should_retry,
                error_code,
            });
            assert_eq!(
                class.resend, resend,
                "{code} {should_retry:?} {error_code:?}"
            );
        };
        check(500, Some(false), None, Resend::Never);
        check(400, Some(true), None, Resend::Unanswered);
        check(429, Some(true), None, Resend::Refused);
        check(429, None, Some("insufficient_quota"), Resend::Never);
        check(400, None, Some("REQUEST_LIMIT_EXCEEDED"), Resend::Refused);
        check(200, None, Some("overloaded_error"), Resend::Refused);
        check(400, None, Some("content_filter"), Resend::Never);
    }

    #[test]
    fn a_question_that_a_filter_turns_away_is_no_fault_of_the_call() {
        let kind = |code, error_code| {
            classify(Trouble::Status {
                code,
                should_retry: None,
                error_code: Some(error_code),
            })
            .kind
        };
        assert_eq!(kind(400, "content_filter"), FailureKind::Filtered);
        assert_eq!(kind(400, "invalid_request_error"), FailureKind::Rejected);
        assert_eq!(kind(401, "content_filter"), FailureKind::Auth);
        assert_eq!(kind(500, "content_filter"), FailureKind::Server);
    }

    #[test]
    fn what_has_begun_to_arrive_is_never_asked_for_again() {
        for kind in [FailureKind::Timeout, FailureKind::Cut] {
            let class = |reply_began| classify(Trouble::Broken { kind, reply_began });
            assert_eq!(class(true).resend, Resend::Never);
            assert_eq!(class(false).resend, Resend::Unanswered);
        }
    }

    #[test]
    fn waits_double_until_the_retries_are_used_up() {
        let policy = RetryPolicy::default();
        let mut failures = Failures::default();
        let mut waits = Vec::new();
        loop {
            failures = failures.and(status(500));
            match next_wait(&policy, status(500), failures, None, half()) {
                Some(wait) => waits.push(wait.as_millis()),
                None => break,
            }
        }
        assert_eq!(waits, [250, 500, 1000, 2000]);
        assert_eq!(failures.tries(), 5);
    }

    #[test]
    fn refusals_have_their_own_count_and_the_longest_wait_is_a_limit() {
        let policy = RetryPolicy::default();
        let at = |refused, retry_after, jitter| {
            let failures = Failures { broken: 4, refused };
            next_wait(&policy, status(429), failures, retry_after, jitter)
        };
        assert_eq!(
            at(10, None, UnitInterval::ONE),
            Some(Duration::from_mins(2))
        );
        assert_eq!(at(11, None, half()), None);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(at(1, seconds(7), UnitInterval::ZERO), seconds(7));
        assert_eq!(at(1, seconds(121), UnitInterval::ZERO), None);
    }

    #[test]
    fn a_policy_can_forbid_repeating_what_may_have_been_done() {
        let policy = RetryPolicy {
            resend: Resend::Refused,
            ..RetryPolicy::default()
        };
        let first = |class: Class| {
            next_wait(&policy, class, Failures::default().and(class), None, half()).is_some()
        };
        assert!(!first(status(500)));
        assert!(first(status(429)));
        assert!(first(classify(Trouble::NotConnected)));
    }

    #[test]
    fn retry_after_is_read_in_all_its_forms() {
        let date = Some("Wed, 25 Nov 2026 08:00:00 GMT");
        for (milliseconds, text, expected) in [
            (Some("1500"), Some("9"), Some(1500)),
            (None, Some("2"), Some(2000)),
            (None, Some("0.5"), Some(500)),
            (None, Some("Wed, 25 Nov 2026 08:00:30 GMT"), Some(30_000)),
            (None, Some("Wed, 25 Nov 2026 07:00:00 GMT"), Some(0)),
            (None, Some("soon"), None),
            (None, Some("-1"), None),
            (None, Some("NaN"), None),
            (None, Some("1e300"), None),
            (None, None, None),
        ] {
            let wait = retry_after(milliseconds, text, date).map(|wait| wait.as_millis());
            assert_eq!(wait, expected, "{text:?}");
        }
        assert_eq!(
            retry_after(None, Some("Wed, 25 Nov 2026 08:00:30 GMT"), None),
            None
        );
    }
}

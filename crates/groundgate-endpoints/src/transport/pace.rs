//! Rates: the ones that settings give and the one that refusals teach. Pure; time is a value.

use std::time::Duration;

/// A rate per minute, as the generic cell rate algorithm keeps it (ITU-T I.371): every unit pushes
/// the next free time on, and a caller waits until that time less what may come at once.
///
/// A tenth of the minute's units may come at once and the rest is spread, so that no 60 seconds
/// hold more than the rate.
#[derive(Debug)]
pub(super) struct Bucket {
    seconds_per_unit: f64,
    seconds_ahead: f64,
    next_free: f64,
}

impl Bucket {
    pub(super) fn per_minute(rate: u32) -> Self {
        let rate = f64::from(rate.max(1));
        let at_once = (rate / 10.0).floor();
        let seconds_per_unit = 60.0 / (rate - at_once);
        Self {
            seconds_per_unit,
            seconds_ahead: (at_once - 1.0).max(0.0) * seconds_per_unit,
            next_free: 0.0,
        }
    }

    pub(super) fn reserve(&mut self, now: Duration, units: f64) -> Duration {
        let now = now.as_secs_f64();
        let start = self.next_free.max(now);
        self.next_free = units.mul_add(self.seconds_per_unit, start);
        Duration::try_from_secs_f64(start - self.seconds_ahead - now).unwrap_or_default()
    }

    pub(super) fn correct(&mut self, units: f64) {
        self.next_free += units * self.seconds_per_unit;
    }
}

/// What is left of the rate after a refusal.
const LEFT: f64 = 0.7;

/// How long it takes back to the rate at which the refusal came, in seconds.
const PLATEAU: f64 = 5.0;

/// The slowest pace, in calls per second.
const SLOWEST: f64 = 0.2;

/// How long answers are counted before they say something about the rate, in seconds.
const MEASURED: f64 = 0.5;

/// The pace that an endpoint can keep, learned from its refusals; none before the first.
///
/// A refusal sets it to a part of the rate at which calls were answered. From there it grows along
/// a cubic curve as in CUBIC congestion control (RFC 9438, section 4.2): fast back to where the
/// refusal came, slowly around there, then faster to see whether more is possible. Unlike there the
/// curve is relative to the rate, so that slow endpoints are not probed more often than fast ones.
#[derive(Debug, Default)]
pub(super) struct Pace {
    learned: Option<Learned>,
    next_free: f64,
    meter: Meter,
}

#[derive(Debug)]
struct Learned {
    /// The rate at the last refusal, in calls per second.
    refused_rate: f64,
    /// When that was, in seconds.
    refused_at: f64,
}

/// Answers per second.
#[derive(Debug, Default)]
struct Meter {
    since: f64,
    answers: f64,
    per_second: f64,
}

impl Pace {
    /// How long a caller waits for its time, which is not before `earliest`.
    pub(super) fn reserve(&mut self, now: Duration, earliest: Duration) -> Duration {
        let (now, earliest) = (now.as_secs_f64(), earliest.as_secs_f64());
        let start = now.max(earliest);
        let Some(learned) = &self.learned else {
            return Duration::try_from_secs_f64(start - now).unwrap_or_default();
        };
        let start = start.max(self.next_free);
        self.next_free = start + 1.0 / learned.rate(now);
        Duration::try_from_secs_f64(start - now).unwrap_or_default()
    }

    /// A call was answered.
    pub(super) fn answered(&mut self, now: Duration) {
        self.meter.count(now.as_secs_f64());
    }

    /// A call was refused that was sent after the last refusal was known.
    pub(super) fn refused(&mut self, now: Duration) {
        let now = now.as_secs_f64();
        let kept = self.learned.as_ref().map(|learned| learned.rate(now));
        // Where nobody was answered lately (a first burst, a wait that was asked for), nothing was
        // measured: that is not a rate of nothing.
        let measured = Some(self.meter.per_second(now)).filter(|rate| *rate > 0.0);
        let Some(refused_rate) = kept.into_iter().chain(measured).reduce(f64::min) else {
            return;
        };
        self.learned = Some(Learned {
            refused_rate: refused_rate.max(SLOWEST),
            refused_at: now,
        });
        // The times given out at the old rate are not kept.
        self.next_free = now;
    }
}

impl Learned {
    /// Calls per second at a time.
    fn rate(&self, now: f64) -> f64 {
        let age = (now - self.refused_at) / PLATEAU;
        let share = (1.0 - LEFT).mul_add((age - 1.0).powi(3), 1.0);
        (self.refused_rate * share).max(SLOWEST)
    }
}

impl Meter {
    fn count(&mut self, now: f64) {
        self.roll(now);
        self.answers += 1.0;
    }

    fn per_second(&mut self, now: f64) -> f64 {
        self.roll(now);
        self.per_second
            .max(self.answers / MEASURED.max(now - self.since))
    }

    fn roll(&mut self, now: f64) {
        let span = now - self.since;
        if span >= MEASURED {
            self.per_second = self.answers / span;
            self.answers = 0.0;
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learned_rate_falls_recovers_and_goes_on() {
        let learned = Learned {
            refused_rate: 50.0,
            refused_at: 10.0,
        };
        assert!((learned.rate(10.0) - 35.0).abs() < 1e-9);
        assert!((learned.rate(10.0 + PLATEAU) - 50.0).abs() < 1e-9);
        assert!((learned.rate(10.0 + 2.0 * PLATEAU) - 65.0).abs() < 1e-9);
    }

    #[test]
    fn refusals_without_an_answer_lately_do_not_stop_the_pace() {
        let mut pace = Pace::default();
        pace.refused(Duration::from_millis(1));
        assert_eq!(
            pace.reserve(Duration::from_millis(2), Duration::ZERO),
            Duration::ZERO
        );
        for millisecond in 10..1000 {
            pace.answered(Duration::from_millis(millisecond));
        }
        for second in [1, 3, 5] {
            pace.refused(Duration::from_secs(second));
        }
        let rate = pace.learned.as_ref().unwrap().rate(5.0);
        assert!(rate > 100.0, "{rate}");
    }

    #[test]
    fn before_the_first_refusal_there_is_no_pace() {
        let mut pace = Pace::default();
        for _ in 0..100 {
            assert_eq!(pace.reserve(Duration::ZERO, Duration::ZERO), Duration::ZERO);
        }
        let second = Duration::from_secs(1);
        assert_eq!(pace.reserve(Duration::ZERO, second), second);
    }
}

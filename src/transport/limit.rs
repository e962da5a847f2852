//! How fast an endpoint is asked: calls in flight, calls and tokens per minute, and slowing down
//! for everybody when it says that it is too much.
//!
//! All callers of an endpoint share one [`Limiter`]. It holds a window of calls in flight that is
//! halved by a refusal and grows by one for every window of successes (additive increase,
//! multiplicative decrease: Chiu and Jain 1989), and two buckets that give every caller a time of
//! its own, so that nobody has to race for it. Time spent here is not part of a call's latency.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::sleep,
};

use super::clock::Clock;

/// What an endpoint may be asked at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls in flight; at least 1.
    pub in_flight: usize,
    /// Calls per minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens per minute, read and written, estimated before the call and corrected after it.
    pub tokens_per_minute: Option<u32>,
    /// Whether refusals lower the calls in flight, and successes raise them again.
    pub adaptive: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 16,
            requests_per_minute: None,
            tokens_per_minute: None,
            adaptive: true,
        }
    }
}

/// The shared gate of one endpoint.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    slots: Semaphore,
    largest_window: usize,
    adaptive: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    blocked_until: Duration,
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    window: usize,
    /// Successes since the window last changed.
    successes: usize,
    /// Slots that are to vanish when they come back, since the window was lowered.
    owed: usize,
    /// When the window was last lowered; refusals of calls sent before are the same bad news.
    lowered_at: Option<Duration>,
}

impl Limiter {
    /// A limiter with all slots free.
    pub fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let window = limits.in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            clock,
            slots: Semaphore::new(window),
            largest_window: window,
            adaptive: limits.adaptive,
            state: Mutex::new(State {
                blocked_until: Duration::ZERO,
                requests: limits.requests_per_minute.map(Bucket::per_minute),
                tokens: limits.tokens_per_minute.map(Bucket::per_minute),
                window,
                successes: 0,
                owed: 0,
                lowered_at: None,
            }),
        }
    }

    /// Waits until one more call, of about so many `tokens`, may be sent.
    pub async fn acquire(&self, tokens: u32) -> Slot<'_> {
        // The semaphore is never closed; if it were, the call would go out without a permit.
        let permit = self.slots.acquire().await.ok();
        let now = self.clock.now();
        let wait = self.state().reserve(now, tokens);
        if !wait.is_zero() {
            sleep(wait).await;
        }
        loop {
            let now = self.clock.now();
            let blocked_until = self.state().blocked_until;
            match blocked_until.checked_sub(now) {
                Some(wait) if !wait.is_zero() => sleep(wait).await,
                Some(_) | None => {
                    return Slot {
                        limiter: self,
                        permit,
                        sent_at: now,
                    };
                }
            }
        }
    }

    /// Corrects the tokens per minute when the reply says how many it really were.
    pub fn settle(&self, estimated: u32, actual: u64) {
        if let Some(bucket) = &mut self.state().tokens {
            let actual = u32::try_from(actual).unwrap_or(u32::MAX);
            bucket.correct(f64::from(actual) - f64::from(estimated));
        }
    }

    /// Calls in flight that are allowed now.
    pub fn window(&self) -> usize {
        self.state().window
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("free", &self.slots.available_permits())
            .field("state", &*self.state())
            .finish_non_exhaustive()
    }
}

impl State {
    fn reserve(&mut self, now: Duration, tokens: u32) -> Duration {
        let requests = self
            .requests
            .as_mut()
            .map(|bucket| bucket.reserve(now, 1.0));
        let tokens = self
            .tokens
            .as_mut()
            .map(|bucket| bucket.reserve(now, f64::from(tokens)));
        requests.into_iter().chain(tokens).max().unwrap_or_default()
    }
}

/// The right to have one call in flight.
#[derive(Debug)]
pub struct Slot<'a> {
    limiter: &'a Limiter,
    permit: Option<SemaphorePermit<'a>>,
    sent_at: Duration,
}

impl Slot<'_> {
    /// When the slot was given, on the limiter's clock: the call starts now.
    pub const fn sent_at(&self) -> Duration {
        self.sent_at
    }

    /// The call was answered; the window may grow.
    pub fn answered(self) {
        let limiter = self.limiter;
        let mut state = limiter.state();
        if state.window == limiter.largest_window {
            return;
        }
        state.successes += 1;
        if state.successes >= state.window {
            state.successes = 0;
            state.window += 1;
            if state.owed > 0 {
                state.owed -= 1;
            } else {
                limiter.slots.add_permits(1);
            }
        }
    }

    /// The endpoint asked for fewer calls: nobody sends another for as long as `wait`, and there
    /// are half as many in flight after that.
    pub fn refused(self, wait: Duration) {
        let now = self.limiter.clock.now();
        let mut state = self.limiter.state();
        state.blocked_until = state.blocked_until.max(now.saturating_add(wait));
        let old_news = state.lowered_at.is_some_and(|at| self.sent_at <= at);
        if self.limiter.adaptive && !old_news {
            let lowered = state.window.div_ceil(2);
            state.owed += state.window - lowered;
            state.window = lowered;
            state.successes = 0;
            state.lowered_at = Some(now);
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let mut state = self.limiter.state();
        if state.owed > 0 {
            state.owed -= 1;
            permit.forget();
        }
    }
}

/// A rate per minute, as the generic cell rate algorithm keeps it (ITU-T I.371): every unit pushes
/// the next free time on, and a caller waits until that time less what may come at once.
///
/// A tenth of the minute's units may come at once and the rest is spread, so that no 60 seconds
/// hold more than the rate.
#[derive(Debug)]
struct Bucket {
    seconds_per_unit: f64,
    seconds_ahead: f64,
    next_free: f64,
}

impl Bucket {
    fn per_minute(rate: u32) -> Self {
        let rate = f64::from(rate.max(1));
        let at_once = (rate / 10.0).floor();
        let seconds_per_unit = 60.0 / (rate - at_once);
        Self {
            seconds_per_unit,
            seconds_ahead: (at_once - 1.0).max(0.0) * seconds_per_unit,
            next_free: 0.0,
        }
    }

    fn reserve(&mut self, now: Duration, units: f64) -> Duration {
        let now = now.as_secs_f64();
        let start = self.next_free.max(now);
        self.next_free = units.mul_add(self.seconds_per_unit, start);
        Duration::try_from_secs_f64(start - self.seconds_ahead - now).unwrap_or_default()
    }

    fn correct(&mut self, units: f64) {
        self.next_free += units * self.seconds_per_unit;
    }
}

#[cfg(test)]
mod tests {
    use super::{super::clock::SystemClock, *};

    fn limiter(limits: Limits) -> Limiter {
        Limiter::new(limits, Arc::new(SystemClock::new()))
    }

    /// When each of `n` callers that come together gets its slot, in milliseconds.
    async fn times(limiter: &Limiter, n: usize, tokens: u32) -> Vec<u128> {
        let mut times = Vec::new();
        for _ in 0..n {
            times.push(limiter.acquire(tokens).await.sent_at().as_millis());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_holds_more_calls_than_the_rate() {
        for rate in [1, 2, 7, 10, 60, 600] {
            let limiter = limiter(Limits {
                requests_per_minute: Some(rate),
                ..Limits::default()
            });
            let n = usize::try_from(rate).unwrap();
            let times = times(&limiter, 3 * n, 0).await;
            for pair in times.windows(n + 1) {
                let span = pair[n] - pair[0];
                assert!(span >= 59_900, "{rate}: {span}");
            }
            assert!(
                times[3 * n - 1] <= 60_000 * 7 / 2,
                "{rate}: slower than it must be"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_are_spread_and_corrected_when_fewer_were_used() {
        let limits = Limits {
            tokens_per_minute: Some(6000),
            ..Limits::default()
        };
        let estimated = times(&limiter(limits), 13, 1000).await;
        assert!((110_000..140_000).contains(&estimated[12]), "{estimated:?}");
        let corrected = limiter(limits);
        for _ in 0..12 {
            drop(corrected.acquire(1000).await);
            corrected.settle(1000, 10);
        }
        assert!(corrected.clock.now() < Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_makes_everybody_wait_and_halves_the_window_once() {
        let limiter = limiter(Limits {
            in_flight: 8,
            ..Limits::default()
        });
        let mut wave = Vec::new();
        for _ in 0..8 {
            wave.push(limiter.acquire(0).await);
        }
        sleep(Duration::from_millis(1)).await;
        for slot in wave {
            slot.refused(Duration::from_secs(3));
        }
        assert_eq!(limiter.window(), 4);
        assert_eq!(limiter.slots.available_permits(), 4);
        let slot = limiter.acquire(0).await;
        assert_eq!(slot.sent_at(), Duration::from_millis(3001));
        slot.answered();
        for _ in 0..100 {
            limiter.acquire(0).await.answered();
        }
        assert_eq!(limiter.window(), 8);
        assert_eq!(limiter.slots.available_permits(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn without_adaptation_the_window_stays() {
        let limiter = limiter(Limits {
            in_flight: 8,
            adaptive: false,
            ..Limits::default()
        });
        limiter.acquire(0).await.refused(Duration::ZERO);
        assert_eq!(limiter.window(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_of_one_never_closes() {
        let limiter = limiter(Limits {
            in_flight: 1,
            ..Limits::default()
        });
        for _ in 0..5 {
            limiter.acquire(0).await.refused(Duration::from_millis(10));
        }
        assert_eq!(limiter.window(), 1);
        limiter.acquire(0).await.answered();
    }
}

//! How fast an endpoint is asked: calls in flight, calls and tokens per minute, and slowing down
//! for everybody when it says that it is too much.
//!
//! All callers of an endpoint share one [`Limiter`]. It holds a window of calls in flight that is
//! halved by refusals and grows by one for every window of successes (additive increase,
//! multiplicative decrease: Chiu and Jain 1989), the [`super::pace`] that refusals have taught, and
//! two buckets for the rates that settings give. A few refusals among many answers change neither
//! window nor pace: slowing down would cost more than they do. Pace and buckets give every caller a time of its
//! own, so that nobody races for it. Time spent here is not part of a call's latency.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::sleep,
};

use super::{
    clock::Clock,
    pace::{Bucket, Pace},
};

/// Refusals slow everybody down when they are more than this share of the recent outcomes.
const BEARABLE_SHARE: f64 = 0.15;

/// How much one outcome weighs in the share of refusals: about the last 40 count.
const WEIGHT: f64 = 1.0 / 40.0;

/// What an endpoint may be asked at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls in flight; at least 1.
    pub in_flight: usize,
    /// Calls per minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens per minute, read and written, estimated before the call and corrected after it.
    pub tokens_per_minute: Option<u32>,
    /// Whether refusals lower the calls in flight and their pace, and successes raise them again.
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
    pace: Pace,
    /// Of the recent outcomes, how many were refusals: an exponentially weighted mean.
    refused_share: f64,
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
                pace: Pace::default(),
                refused_share: 0.0,
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
        let mut wait = self.state().reserve(self.clock.now(), tokens);
        while !wait.is_zero() {
            sleep(wait).await;
            wait = self.state().still_blocked(self.clock.now());
        }
        Slot {
            limiter: self,
            permit,
            sent_at: self.clock.now(),
        }
    }

    /// Corrects the tokens per minute when the reply says how many it really were.
    pub fn settle(&self, estimated: u32, actual: u64) {
        if let Some(bucket) = &mut self.state().tokens {
            let actual = u32::try_from(actual).unwrap_or(u32::MAX);
            bucket.correct(f64::from(actual) - f64::from(estimated));
        }
    }

    /// Nobody sends before so much time has passed: the endpoint has said that it has no room until
    /// then. Changes neither window nor pace.
    pub(super) fn hold(&self, wait: Duration) {
        if !self.adaptive {
            return;
        }
        let until = self.clock.now().saturating_add(wait);
        let mut state = self.state();
        state.blocked_until = state.blocked_until.max(until);
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
        let paced = self.pace.reserve(now, self.blocked_until);
        requests
            .into_iter()
            .chain(tokens)
            .fold(paced, Duration::max)
    }

    /// The wait of a caller whose time has come, when a refusal has come before it.
    fn still_blocked(&mut self, now: Duration) -> Duration {
        if self.blocked_until <= now {
            return Duration::ZERO;
        }
        self.pace.reserve(now, self.blocked_until)
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
        if limiter.adaptive {
            state.refused_share -= WEIGHT * state.refused_share;
            state.pace.answered(limiter.clock.now());
        }
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

    /// The endpoint asked for fewer calls. Nobody sends another before the time that it `asked`
    /// for. Where refusals are many, the caller's own `wait` holds for all, and there are half as
    /// many calls in flight after it.
    pub fn refused(self, asked: Option<Duration>, wait: Duration) {
        let now = self.limiter.clock.now();
        let mut state = self.limiter.state();
        state.refused_share += WEIGHT * (1.0 - state.refused_share);
        let many = self.limiter.adaptive && state.refused_share > BEARABLE_SHARE;
        if let Some(wait) = asked.or_else(|| many.then_some(wait)) {
            state.blocked_until = state.blocked_until.max(now.saturating_add(wait));
        }
        let old_news = state.lowered_at.is_some_and(|at| self.sent_at <= at);
        if many && !old_news {
            let lowered = state.window.div_ceil(2);
            let surplus = state.window - lowered;
            // Free slots vanish at once, those in use when they come back.
            state.owed += surplus - self.limiter.slots.forget_permits(surplus);
            state.window = lowered;
            state.successes = 0;
            state.lowered_at = Some(now);
            state.pace.refused(now);
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

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use groundgate_model::unit::count_to_f64;

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
            slot.refused(Some(Duration::from_secs(3)), Duration::ZERO);
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
    async fn a_shorter_wait_takes_nothing_from_a_longer_one() {
        for waits in [[3, 1], [1, 3]] {
            let limiter = limiter(Limits::default());
            for wait in waits {
                limiter.hold(Duration::from_secs(wait));
            }
            let sent_at = limiter.acquire(0).await.sent_at();
            assert!(sent_at >= Duration::from_secs(3), "{waits:?}: {sent_at:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_adaptation_the_window_stays() {
        let limiter = limiter(Limits {
            in_flight: 8,
            adaptive: false,
            ..Limits::default()
        });
        for _ in 0..20 {
            limiter.acquire(0).await.refused(None, Duration::ZERO);
        }
        assert_eq!(limiter.window(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_of_one_never_closes() {
        let limiter = limiter(Limits {
            in_flight: 1,
            ..Limits::default()
        });
        for _ in 0..20 {
            limiter
                .acquire(0)
                .await
                .refused(None, Duration::from_millis(10));
        }
        assert_eq!(limiter.window(), 1);
        limiter.acquire(0).await.answered();
    }

    /// A server that allows so many calls a second, refuses the rest, and says to come back later.
    struct Strict {
        per_second: f64,
        free_at: f64,
        allowed: usize,
        refused: usize,
    }

    impl Strict {
        fn allows(&mut self, now: Duration) -> bool {
            let now = now.as_secs_f64();
            let at_once = 0.5;
            if self.free_at - at_once > now {
                self.refused += 1;
                return false;
            }
            self.free_at = self.free_at.max(now) + 1.0 / self.per_second;
            self.allowed += 1;
            true
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_refusals_ends_with_few_calls_more_than_were_allowed() {
        for (per_second, in_flight) in [(5.0, 64), (50.0, 64), (50.0, 16), (300.0, 512)] {
            let limiter = limiter(Limits {
                in_flight,
                ..Limits::default()
            });
            let server = Mutex::new(Strict {
                per_second,
                free_at: 0.0,
                allowed: 0,
                refused: 0,
            });
            let caller = || async {
                for _ in 0..40 {
                    loop {
                        let slot = limiter.acquire(0).await;
                        let allowed = server.lock().unwrap().allows(slot.sent_at());
                        sleep(Duration::from_millis(20)).await;
                        if allowed {
                            slot.answered();
                            break;
                        }
                        slot.refused(Some(Duration::from_millis(200)), Duration::ZERO);
                    }
                }
            };
            join_all((0..in_flight).map(|_| caller())).await;
            let n = count_to_f64(40 * in_flight);
            let server = server.into_inner().unwrap();
            let sent = count_to_f64(server.allowed + server.refused) / n;
            let slowness = limiter.clock.now().as_secs_f64() / (n / per_second);
            assert!(
                sent <= 1.2,
                "{per_second}, {in_flight}: {sent} calls for each allowed"
            );
            assert!(
                slowness < 1.4,
                "{per_second}, {in_flight}: {slowness} times the least time"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_refusals_among_many_answers_cost_only_themselves() {
        let limiter = limiter(Limits::default());
        let jitter = Mutex::new(0_u64);
        // One in twenty is refused, at places without a pattern; others take their 200 ms.
        let call = || async {
            loop {
                let slot = limiter.acquire(0).await;
                sleep(Duration::from_millis(200)).await;
                let drawn = {
                    let mut state = jitter.lock().unwrap();
                    *state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    *state >> 33
                };
                if drawn % 20 != 0 {
                    slot.answered();
                    break;
                }
                let wait = Duration::from_millis(drawn % 500);
                slot.refused(None, wait);
                sleep(wait).await;
            }
        };
        join_all((0..1000).map(|_| call())).await;
        let slowness = limiter.clock.now().as_secs_f64() / (1000.0 * 0.2 / 16.0);
        assert!(slowness < 1.3, "{slowness} times the time without refusals");
    }
}

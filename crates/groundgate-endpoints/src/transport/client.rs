//! The client of one endpoint: sends, reads with limits, and sends again where that is safe.
//!
//! Everything that a call needs twice is made once: connections, headers, URLs, bodies.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use groundgate_model::{
    exchange::{CallFailure, FailedTry, FailureKind, Timing, Usage},
    manifest::Manifest,
    unit::{UnitInterval, count_to_f64},
};
use reqwest::{Response, Url};
use tokio::time::{sleep, timeout};

use super::{
    breaker::Breaker,
    call::{Call, Reply, Target, Unanswered},
    clock::Clock,
    connect_time::with_connect_time,
    connection::{body_fault, send_fault},
    endpoint::{Endpoint, EndpointError, Timeouts, checked_url, shown},
    limit::{Limiter, Slot},
    observed::Observed,
    pool::connection_pool,
    reply::{Fault, Head, Progress, ReplyReader},
    retry::{Class, Failures, RetryPolicy, Trouble, classify, next_wait},
    secret::Redactor,
    status::{REST_PATIENCE, media_type, pause, response_cost, served_model, status_fault},
    token::{Token, Tokens},
};

/// Calls one endpoint.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    manifest: Manifest,
    limiter: Limiter,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
    timeouts: Timeouts,
    retry: RetryPolicy,
    largest_body: usize,
    redactor: Redactor,
    tokens: Option<Tokens>,
    jitter: AtomicU64,
    observed: OnceLock<Observed>,
}

/// What has been seen of a reply so far.
#[derive(Debug, Default)]
struct Seen {
    body_bytes: usize,
    /// The wait that the head asks for, although the call succeeded.
    pause: Option<Duration>,
    first_token_at: Option<Duration>,
    /// How long its own connection took, where it made one.
    connected: Option<Duration>,
}

/// What has come of one call so far.
struct Course {
    called_at: Duration,
    /// When the last try was over, or the call was made.
    waits_since: Duration,
    failures: Failures,
    failed_tries: Vec<FailedTry>,
    /// Whether a token was refused: one more is asked for once.
    token_refused: bool,
}

impl Course {
    fn from(called_at: Duration) -> Self {
        Self {
            called_at,
            waits_since: called_at,
            failures: Failures::default(),
            failed_tries: Vec::new(),
            token_refused: false,
        }
    }

    /// One more try, sent at `sent_at`, has failed.
    fn failed(&mut self, class: Class, timing: &Timing, sent_at: Duration) {
        self.failures = self.failures.and(class);
        self.failed_tries.push(FailedTry {
            kind: class.kind,
            queued_ms: milliseconds(sent_at.saturating_sub(self.waits_since)),
            connect_ms: timing.connect_ms,
            latency_ms: timing.latency_ms,
        });
    }

    /// The times of the whole call, of which the last sending took `last`.
    fn answered(self, last: &Timing, sent_at: Duration) -> Timing {
        Timing {
            tries: self.failures.tries() + 1,
            queued_ms: milliseconds(sent_at.saturating_sub(self.called_at)),
            failed_tries: self.failed_tries,
            ..last.clone()
        }
    }
}

impl Client {
    /// A client whose calls are authorized by `tokens`, where tokens are renewed; connects to
    /// nothing.
    pub(super) fn with_tokens(
        endpoint: &Endpoint,
        tokens: Option<Tokens>,
        clock: Arc<dyn Clock>,
        jitter_seed: u64,
    ) -> Result<Self, EndpointError> {
        let redactor = match &tokens {
            Some(tokens) => tokens.redactor(),
            None => endpoint.redactor(),
        };
        Ok(Self {
            http: connection_pool(endpoint, &clock)?,
            tokens,
            base: checked_url(&endpoint.base_url)?,
            manifest: endpoint.manifest()?,
            breaker: Breaker::new(endpoint.limits.in_flight),
            limiter: Limiter::new(endpoint.limits, Arc::clone(&clock)),
            clock,
            timeouts: endpoint.timeouts,
            retry: endpoint.retry,
            largest_body: endpoint.largest_body,
            redactor,
            jitter: AtomicU64::new(jitter_seed),
            observed: OnceLock::new(),
        })
    }

    /// What is called at `target` through this client: everything that can change an answer, without
    /// secrets. Adapters add what they send.
    pub fn manifest(&self, kind: &str, target: &Target) -> Manifest {
        self.manifest
            .clone()
            .with("kind", kind)
            .with("url", target.to_string())
    }

    /// The endpoint's URL with `path` added to its path; its query is kept.
    pub fn target(&self, path: &str) -> Target {
        let mut url = self.base.clone();
        if !path.is_empty() {
            let joined = format!(
                "{}/{}",
                url.path().trim_end_matches('/'),
                path.trim_start_matches('/')
            );
            url.set_path(&joined);
        }
        Target::new(url)
    }

    /// Sends a call, again where it failed and that is safe, until it is answered or given up; not
    /// at all once the endpoint has failed too many calls in a row.
    ///
    /// `reader` makes a fresh reader for every try, from the head of the reply.
    pub async fn call<R: ReplyReader>(
        &self,
        call: &Call<'_>,
        reader: impl Fn(&Head) -> Result<R, Fault> + Sync,
    ) -> Result<Reply<R::Output>, CallFailure> {
        let result = self.call_with_status(call, reader).await;
        result.map_err(|unanswered| unanswered.failure)
    }

    /// The same; a call that was not answered says with which status.
    pub async fn call_with_status<R: ReplyReader>(
        &self,
        call: &Call<'_>,
        reader: impl Fn(&Head) -> Result<R, Fault> + Sync,
    ) -> Result<Reply<R::Output>, Unanswered> {
        let result = self.send(call, reader).await;
        match &result {
            Ok(_) => self.breaker.answered(),
            Err(unanswered) => self.breaker.failed(&unanswered.failure),
        }
        result
    }

    async fn send<R: ReplyReader>(
        &self,
        call: &Call<'_>,
        reader: impl Fn(&Head) -> Result<R, Fault> + Sync,
    ) -> Result<Reply<R::Output>, Unanswered> {
        let mut course = Course::from(self.clock.now());
        loop {
            let token = self.token(call, course.failures).await?;
            let slot = self.limiter.acquire(call.tokens).await;
            if course.failures.tries() == 0 {
                self.breaker.check()?;
            }
            let sent_at = slot.sent_at();
            let (result, seen) = self.attempt(call, token.as_ref(), &reader).await;
            let timing = self.timing(sent_at, &seen);
            let fault = match result {
                Ok((output, head)) => {
                    slot.answered();
                    if let Some(pause) = seen.pause {
                        self.limiter.hold(pause);
                    }
                    return Ok(Reply {
                        output,
                        head,
                        timing: course.answered(&timing, sent_at),
                    });
                }
                Err(fault) => fault,
            };
            course.failed(fault.class, &timing, sent_at);
            course.waits_since = self.clock.now();
            if self.renews(&fault, token.as_ref(), &mut course) {
                continue;
            }
            let Some(wait) = self.wait(slot, &fault, course.failures) else {
                let failure = self.failure(call, &fault, course.failures.tries());
                return Err(Unanswered {
                    status: fault.status,
                    failure: CallFailure {
                        failed_tries: course.failed_tries,
                        ..failure
                    },
                });
            };
            sleep(wait).await;
        }
    }

    /// Whether the call is to be sent again with a new token: once, after the first was refused.
    fn renews(&self, fault: &Fault, token: Option<&Token>, course: &mut Course) -> bool {
        let (Some(401), Some(tokens), Some(token), false) =
            (fault.status, &self.tokens, token, course.token_refused)
        else {
            return false;
        };
        tokens.refused(token);
        course.token_refused = true;
        true
    }

    /// How long to wait before the next try; `None` to give up. Gives the slot back.
    fn wait(&self, slot: Slot<'_>, fault: &Fault, failures: Failures) -> Option<Duration> {
        let jitter = self.next_jitter();
        let wait = next_wait(
            &self.retry,
            fault.class,
            failures,
            fault.retry_after,
            jitter,
        );
        if fault.class.slow_down {
            slot.refused(wait.and(fault.retry_after), wait.unwrap_or_default());
        }
        wait
    }

    /// Sends a call once and says what has been seen meanwhile.
    async fn attempt<R: ReplyReader>(
        &self,
        call: &Call<'_>,
        token: Option<&Token>,
        reader: &(impl Fn(&Head) -> Result<R, Fault> + Sync),
    ) -> (Result<(R::Output, Head), Fault>, Seen) {
        let mut seen = Seen::default();
        let patience = self.timeouts.whole;
        let exchange = timeout(patience, self.exchange(call, token, reader, &mut seen));
        let (result, connected) = with_connect_time(exchange).await;
        seen.connected = connected;
        let result = result
            .unwrap_or_else(|_elapsed| Err(too_late("the reply was not whole", patience, &seen)));
        (result, seen)
    }

    /// The times of a sending that has ended just now.
    fn timing(&self, sent_at: Duration, seen: &Seen) -> Timing {
        let since = |at: Duration| milliseconds(at.saturating_sub(sent_at));
        Timing {
            latency_ms: since(self.clock.now()),
            ttft_ms: seen.first_token_at.map(since),
            connect_ms: seen.connected.map(milliseconds),
            ..Timing::default()
        }
    }

    /// Tells the limiter how many tokens a call really used, where the reply says so.
    pub fn settle(&self, call: &Call<'_>, usage: Usage) {
        if let (Some(input), Some(output)) = (usage.input_tokens, usage.output_tokens) {
            self.limiter
                .settle(call.tokens, input.saturating_add(output));
        }
    }

    /// Strikes the endpoint's secrets, also those that were cut, out of a message that quotes text
    /// of it.
    pub fn strike_message(&self, text: String) -> String {
        self.redactor.strike_message(text)
    }

    /// Strikes the endpoint's secrets out of text that came from it.
    pub fn strike(&self, text: String) -> String {
        self.redactor.strike(text)
    }

    /// A token for the next try, where tokens are renewed. Getting one is not part of the latency.
    async fn token(
        &self,
        call: &Call<'_>,
        failures: Failures,
    ) -> Result<Option<Token>, CallFailure> {
        let Some(tokens) = &self.tokens else {
            return Ok(None);
        };
        let token = tokens.current().await;
        token
            .map(Some)
            .map_err(|fault| self.failure(call, &fault, failures.tries()))
    }

    async fn exchange<R: ReplyReader>(
        &self,
        call: &Call<'_>,
        token: Option<&Token>,
        reader: &(impl Fn(&Head) -> Result<R, Fault> + Sync),
        seen: &mut Seen,
    ) -> Result<(R::Output, Head), Fault> {
        let patience = self.timeouts.first_byte;
        let request = call.request(token.map(Token::header));
        let mut response = timeout(patience, self.http.execute(request))
            .await
            .map_err(|_elapsed| too_late("no reply began", patience, seen))?
            .map_err(send_fault)?;
        self.observed.get_or_init(|| Observed::of(&response));
        if !response.status().is_success() {
            return Err(status_fault(response, &call.target.url, call.tokens).await);
        }
        seen.pause = pause(response.headers(), call.tokens);
        let head = Head {
            status: response.status().as_u16(),
            content_type: media_type(response.headers()),
            served_model: served_model(response.headers()),
            response_cost: response_cost(response.headers()),
        };
        let mut reader = reader(&head)?;
        let idle = self.timeouts.idle;
        let began = self.clock.now();
        loop {
            let next = timeout(idle, response.chunk())
                .await
                .map_err(|_elapsed| too_late("nothing more came", idle, seen))?;
            let Some(bytes) = next.map_err(|error| body_fault(error, seen.body_bytes > 0))? else {
                break;
            };
            seen.body_bytes += bytes.len();
            if seen.body_bytes > self.largest_body {
                let limit = self.largest_body;
                return Err(Fault::too_large(format!(
                    "the reply's body is larger than {limit} bytes"
                )));
            }
            self.check_rate(seen, self.clock.now().saturating_sub(began))?;
            let progress = reader.push(bytes)?;
            if progress > Progress::Waiting && seen.first_token_at.is_none() {
                seen.first_token_at = Some(self.clock.now());
            }
            if progress == Progress::Done {
                let output = reader.finish()?;
                read_to_the_end(response).await;
                return Ok((output, head));
            }
        }
        Ok((reader.finish()?, head))
    }

    /// A fault where the body comes so slowly that its connection is better given up.
    fn check_rate(&self, seen: &Seen, took: Duration) -> Result<(), Fault> {
        let least = self.timeouts.least_bytes_per_s;
        if took <= self.timeouts.grace {
            return Ok(());
        }
        let wanted = f64::from(least) * took.as_secs_f64();
        if count_to_f64(seen.body_bytes) >= wanted {
            return Ok(());
        }
        let class = classify(Trouble::Broken {
            kind: FailureKind::Timeout,
            reply_began: true,
        });
        let came = seen.body_bytes;
        Err(Fault::new(
            class,
            format!("only {came} bytes came in {took:.1?}, fewer than {least} a second"),
        ))
    }

    /// What the first reply showed of the endpoint; `None` before there was one.
    pub fn observed(&self) -> Option<&Observed> {
        self.observed.get()
    }

    /// The endpoint's URL with `path` added to its path, and these parameters.
    pub fn target_with(&self, path: &str, parameters: &[(&str, &str)]) -> Target {
        let mut url = self.target(path).url;
        url.query_pairs_mut().extend_pairs(parameters);
        Target::new(url)
    }

    /// A URL at the root of the endpoint's host.
    pub fn target_at_root(&self, path: &str) -> Target {
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(None);
        Target::new(url)
    }

    /// What becomes of a fault that is not sent again, or that is found in a whole reply.
    pub fn failure(&self, call: &Call<'_>, fault: &Fault, tries: u32) -> CallFailure {
        let message = format!("call to `{}` failed: {}", call.target, fault.message);
        CallFailure {
            kind: fault.class.kind,
            message: self.redactor.strike_message(message),
            tries,
            failed_tries: Vec::new(),
            cost: None,
        }
    }

    /// `SplitMix64` (Steele, Lea and Flood 2014) over a counter: spread evenly, repeatable by seed.
    fn next_jitter(&self) -> UnitInterval {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut bits = self
            .jitter
            .fetch_add(GOLDEN, Ordering::Relaxed)
            .wrapping_add(GOLDEN);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let part = u32::try_from(bits >> 32).unwrap_or(u32::MAX);
        UnitInterval::new(f64::from(part) / f64::from(u32::MAX)).unwrap_or(UnitInterval::ONE)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &shown(&self.base).to_string())
            .field("limiter", &self.limiter)
            .finish_non_exhaustive()
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The rest of a stream that has said it is done, so that its connection can be used again.
async fn read_to_the_end(mut response: Response) {
    let rest = async { while let Ok(Some(_)) = response.chunk().await {} };
    // Whether there was an end does not matter: the answer is whole.
    timeout(REST_PATIENCE, rest).await.unwrap_or_default();
}

fn too_late(what: &str, patience: Duration, seen: &Seen) -> Fault {
    let class = classify(Trouble::Broken {
        kind: FailureKind::Timeout,
        reply_began: seen.body_bytes > 0,
    });
    Fault::new(class, format!("{what} within {patience:?}"))
}

//! A serving endpoint over the time of a run: waking it up before, and looking now and then whether
//! it still serves what it served at the start.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use groundgate_model::exchange::{CallFailure, FailureKind};
use tokio::time::{Instant, sleep, timeout};

use super::ServingEndpoint;
use crate::transport::Client;

/// How often the endpoint is looked at during a run.
const INTERVAL: Duration = Duration::from_mins(1);

/// The wait between two greetings of an endpoint that does not answer yet.
const BETWEEN_GREETINGS: Duration = Duration::from_secs(5);

/// Watches one endpoint.
#[derive(Debug)]
pub(super) struct Watch {
    client: Arc<Client>,
    endpoint: ServingEndpoint,
    next_look: Mutex<Instant>,
    /// What it serves instead, once that was seen.
    changed: OnceLock<String>,
}

impl Watch {
    /// Of an endpoint that was just looked at.
    pub(super) fn new(client: Arc<Client>, endpoint: ServingEndpoint) -> Self {
        Self {
            client,
            endpoint,
            next_look: Mutex::new(Instant::now() + INTERVAL),
            changed: OnceLock::new(),
        }
    }

    /// The endpoint as it was found at the start.
    pub(super) const fn endpoint(&self) -> &ServingEndpoint {
        &self.endpoint
    }

    /// An error once the endpoint serves something else. Looks where it is time to; a look that
    /// fails says nothing about what is served.
    pub(super) async fn check(&self, tries: u32) -> Result<(), CallFailure> {
        if self.is_time()
            && let Ok(found) = ServingEndpoint::look(&self.client, &self.endpoint.name).await
            && found.served != self.endpoint.served
        {
            self.changed.get_or_init(|| found.served_words());
        }
        match self.changed.get() {
            None => Ok(()),
            Some(now) => Err(CallFailure {
                kind: FailureKind::Changed,
                message: format!(
                    "the endpoint `{}` now serves {now}, and this run is about {}",
                    self.endpoint.name,
                    self.endpoint.served_words()
                ),
                tries,
                failed_tries: Vec::new(),
                cost: None,
            }),
        }
    }

    /// Whether the caller is to look; true for one caller at a time.
    fn is_time(&self) -> bool {
        let now = Instant::now();
        let mut next = self
            .next_look
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if now < *next {
            return false;
        }
        *next = now + INTERVAL;
        true
    }

    /// Greets until somebody answers, within `patience`.
    pub(super) async fn wake<F: Future<Output = Result<(), CallFailure>>>(
        patience: Duration,
        greet: impl Fn() -> F,
    ) -> Result<(), CallFailure> {
        let mut last = None;
        let woken = timeout(patience, async {
            loop {
                match greet().await {
                    Err(failure) if may_be_waking(failure.kind) => last = Some(failure),
                    other => return other,
                }
                sleep(BETWEEN_GREETINGS).await;
            }
        });
        woken.await.unwrap_or_else(|_elapsed| {
            let last = last.map(|failure| format!(": {}", failure.message));
            Err(CallFailure {
                kind: FailureKind::Timeout,
                message: format!(
                    "the endpoint did not wake up within {patience:?}{}",
                    last.unwrap_or_default()
                ),
                tries: 1,
                failed_tries: Vec::new(),
                cost: None,
            })
        })
    }
}

const fn may_be_waking(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Connect
        | FailureKind::Timeout
        | FailureKind::Cut
        | FailureKind::RateLimited
        | FailureKind::Server => true,
        FailureKind::Auth
        | FailureKind::Rejected
        | FailureKind::Redirect
        | FailureKind::Malformed
        | FailureKind::Filtered
        | FailureKind::Empty
        | FailureKind::ToolCalls
        | FailureKind::TooLarge
        | FailureKind::Changed
        | FailureKind::Absent
        | FailureKind::NotSent => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn failure(kind: FailureKind) -> CallFailure {
        CallFailure {
            kind,
            message: "not yet".to_owned(),
            tries: 1,
            failed_tries: Vec::new(),
            cost: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleeper_is_greeted_until_it_answers_or_patience_ends() {
        let greetings = &AtomicU32::new(0);
        let wake = |fails: u32, kind| {
            greetings.store(0, Ordering::SeqCst);
            Watch::wake(Duration::from_mins(1), move || async move {
                if greetings.fetch_add(1, Ordering::SeqCst) < fails {
                    Err(failure(kind))
                } else {
                    Ok(())
                }
            })
        };
        wake(3, FailureKind::Server).await.unwrap();
        let refused = wake(3, FailureKind::Auth).await.unwrap_err();
        assert_eq!(refused.kind, FailureKind::Auth);
        let asleep = wake(u32::MAX, FailureKind::Timeout).await.unwrap_err();
        assert_eq!(asleep.kind, FailureKind::Timeout);
        assert!(asleep.message.ends_with("within 60s: not yet"), "{asleep}");
    }
}

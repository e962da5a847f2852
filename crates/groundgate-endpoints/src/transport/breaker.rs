//! Giving up on an endpoint that answers nobody, so that a hopeless run ends early.
//!
//! The breaker counts calls in a row that failed for good, after all their tries. Once open it stays
//! open: what has been answered is in the record, and the run can be resumed when the endpoint is
//! well again.

use std::sync::{Mutex, PoisonError};

use groundgate_model::exchange::{CallFailure, FailureKind};

/// Refused credentials are given up sooner: trying again changes nothing.
const AUTH_FAILURES: usize = 3;

/// See the module.
#[derive(Debug)]
pub(super) struct Breaker {
    failures_allowed: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    in_a_row: usize,
    auth_in_a_row: usize,
    opened_by: Option<String>,
}

impl Breaker {
    /// A closed breaker. A short outage fails every call in flight once, hence the allowance grows
    /// with their number.
    pub(super) fn new(in_flight: usize) -> Self {
        Self {
            failures_allowed: in_flight.saturating_mul(2).max(10),
            state: Mutex::new(State::default()),
        }
    }

    /// An error where no new call is sent any more.
    pub(super) fn check(&self) -> Result<(), CallFailure> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.opened_by {
            None => Ok(()),
            Some(last) => Err(CallFailure {
                kind: FailureKind::NotSent,
                message: format!("the endpoint was given up after many failures, the last: {last}"),
                tries: 0,
                failed_tries: Vec::new(),
                cost: None,
            }),
        }
    }

    /// A call was answered, whatever the answer was worth.
    pub(super) fn answered(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.in_a_row = 0;
        state.auth_in_a_row = 0;
    }

    /// A call failed for good.
    pub(super) fn failed(&self, failure: &CallFailure) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match failure.kind {
            FailureKind::Auth => state.auth_in_a_row += 1,
            FailureKind::Connect
            | FailureKind::Timeout
            | FailureKind::Cut
            | FailureKind::RateLimited
            | FailureKind::Server
            | FailureKind::Redirect => state.auth_in_a_row = 0,
            // These say something about a question, not about the endpoint.
            FailureKind::Rejected
            | FailureKind::Malformed
            | FailureKind::Filtered
            | FailureKind::Empty
            | FailureKind::ToolCalls
            | FailureKind::TooLarge
            | FailureKind::Changed
            | FailureKind::Absent
            | FailureKind::NotSent => return,
        }
        state.in_a_row += 1;
        if state.in_a_row > self.failures_allowed || state.auth_in_a_row >= AUTH_FAILURES {
            state
                .opened_by
                .get_or_insert_with(|| failure.message.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind) -> CallFailure {
        CallFailure {
            kind,
            message: "down".to_owned(),
            tries: 5,
            failed_tries: Vec::new(),
            cost: None,
        }
    }

    /// How many failures of a kind in a row open a breaker of 16 in flight.
    fn opens_after(kind: FailureKind) -> Option<usize> {
        let breaker = Breaker::new(16);
        (1..100).find(|_| {
            breaker.failed(&failure(kind));
            breaker.check().is_err()
        })
    }

    #[test]
    fn failures_of_the_endpoint_open_it_and_those_of_a_question_do_not() {
        for (kind, expected) in [
            (FailureKind::Auth, Some(3)),
            (FailureKind::Connect, Some(33)),
            (FailureKind::Timeout, Some(33)),
            (FailureKind::Cut, Some(33)),
            (FailureKind::RateLimited, Some(33)),
            (FailureKind::Server, Some(33)),
            (FailureKind::Redirect, Some(33)),
            (FailureKind::Rejected, None),
            (FailureKind::Malformed, None),
            (FailureKind::Filtered, None),
            (FailureKind::Empty, None),
            (FailureKind::ToolCalls, None),
            (FailureKind::TooLarge, None),
            (FailureKind::Changed, None),
            (FailureKind::Absent, None),
            (FailureKind::NotSent, None),
        ] {
            assert_eq!(opens_after(kind), expected, "{kind:?}");
        }
    }

    #[test]
    fn an_answer_starts_the_count_again_until_it_is_open() {
        let breaker = Breaker::new(1);
        for _ in 0..5 {
            (0..10).for_each(|_| breaker.failed(&failure(FailureKind::Timeout)));
            breaker.answered();
        }
        breaker.check().unwrap();
        (0..11).for_each(|_| breaker.failed(&failure(FailureKind::Timeout)));
        breaker.answered();
        let refused = breaker.check().unwrap_err();
        assert_eq!((refused.kind, refused.tries), (FailureKind::NotSent, 0));
        assert!(refused.message.ends_with("the last: down"));
    }
}

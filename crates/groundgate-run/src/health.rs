//! Whether the endpoints of a run are still there, told from what the last calls to each came to.
//!
//! A question that fails says something of the copilot. Calls that all fail say that nobody answers any
//! more: what follows measures nothing, whatever share was answered before.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use groundgate_model::{
    exchange::{CallFailure, FailureKind},
    trial::{Callee, Reply},
};

/// So many calls in a row that nobody answered, at the end of a run, are no accident.
const DOWN_AFTER: usize = 3;

/// So many that were turned away one after the other are no accident either; one alone may lie in its
/// question.
const TURNED_AWAY_AFTER: usize = 10;

/// What the calls to each endpoint came to.
#[derive(Debug, Default)]
pub(super) struct Health {
    by_callee: Mutex<BTreeMap<Callee, Course>>,
}

#[derive(Debug, Default)]
struct Course {
    replies: usize,
    /// Calls since the last reply that nobody answered.
    unanswered: usize,
    /// Calls since the last reply that failed in any way.
    failed: usize,
    /// Calls that brought nothing, and tell nothing of the endpoint: failures that a file holds, replies
    /// without an answer.
    useless: usize,
    last: String,
    /// The endpoint is given up: it is asked no more.
    is_given_up: bool,
}

impl Health {
    /// A call has ended. Of what a file says, failures tell something only where there is nothing else.
    pub(super) fn note(&self, callee: &Callee, result: &Result<Reply, CallFailure>, is_live: bool) {
        let mut by_callee = self
            .by_callee
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let course = by_callee.entry(callee.clone()).or_default();
        course.note(result, is_live);
    }

    /// Who answers no more, and why; the copilot first.
    pub(super) fn down(&self) -> Option<String> {
        let by_callee = self
            .by_callee
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        by_callee
            .iter()
            .find(|(_, course)| course.is_down())
            .map(|(callee, course)| course.cause(callee))
    }
}

impl Course {
    fn note(&mut self, result: &Result<Reply, CallFailure>, is_live: bool) {
        let Err(failure) = result else {
            return self.answered();
        };
        if !is_live {
            return self.useless(failure);
        }
        match failure.kind {
            FailureKind::NotSent => self.is_given_up = true,
            FailureKind::Connect
            | FailureKind::Timeout
            | FailureKind::Cut
            | FailureKind::Auth
            | FailureKind::RateLimited
            | FailureKind::Server
            | FailureKind::Redirect => self.unanswered += 1,
            FailureKind::Rejected | FailureKind::Malformed | FailureKind::TooLarge => {}
            // Somebody is there, if to no use.
            FailureKind::Filtered
            | FailureKind::Empty
            | FailureKind::ToolCalls
            | FailureKind::Changed
            | FailureKind::Absent => {
                self.unanswered = 0;
                self.failed = 0;
                return self.useless(failure);
            }
        }
        self.failed += 1;
        self.last = failure.to_string();
    }

    fn useless(&mut self, failure: &CallFailure) {
        self.useless += 1;
        self.last = failure.to_string();
    }

    fn answered(&mut self) {
        self.replies += 1;
        self.unanswered = 0;
        self.failed = 0;
    }

    fn is_down(&self) -> bool {
        self.is_given_up
            || self.unanswered >= DOWN_AFTER
            || self.failed >= TURNED_AWAY_AFTER
            || (self.replies == 0 && self.failed + self.useless > 0)
    }

    fn cause(&self, callee: &Callee) -> String {
        let who = match callee {
            Callee::Copilot => "the copilot".to_owned(),
            Callee::Judge(name) => format!("the judge `{name}`"),
        };
        let last = &self.last;
        if self.replies == 0 {
            format!("{who} answered no call; the last: {last}")
        } else {
            format!(
                "{who} answers no more: after {} replies the last {} calls failed; the last: {last}",
                self.replies, self.failed
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::exchange::ChatReply;

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "as calls end")]
    fn reply() -> Result<Reply, CallFailure> {
        Ok(Reply::Chat(ChatReply {
            text: "x".to_owned(),
            usage: groundgate_model::exchange::Usage::default(),
            cost: None,
            model: None,
            finish_reason: None,
            ending: groundgate_model::exchange::Ending::Complete,
            thinking: None,
            timing: groundgate_model::exchange::Timing::default(),
        }))
    }

    fn gone(kind: FailureKind) -> CallFailure {
        CallFailure::new(kind, "gone")
    }

    /// What is said after these calls to the copilot.
    fn after(calls: impl IntoIterator<Item = Result<Reply, CallFailure>>) -> Option<String> {
        let health = Health::default();
        for call in calls {
            health.note(&Callee::Copilot, &call, true);
        }
        health.down()
    }

    #[test]
    fn a_file_that_ends_with_failures_is_no_endpoint_that_died() {
        let health = Health::default();
        health.note(&Callee::Copilot, &Err(gone(FailureKind::Server)), false);
        assert!(health.down().is_some());
        health.note(&Callee::Copilot, &reply(), false);
        for _ in 0..20 {
            health.note(&Callee::Copilot, &Err(gone(FailureKind::Server)), false);
        }
        assert_eq!(health.down(), None);
    }

    fn answered_then(kind: FailureKind, n: usize) -> Vec<Result<Reply, CallFailure>> {
        let mut calls = vec![reply(); 190];
        calls.extend((0..n).map(|_| Err(gone(kind))));
        calls
    }

    #[test]
    fn an_endpoint_that_dies_is_down_whatever_share_was_answered() {
        for kind in [
            FailureKind::Connect,
            FailureKind::Timeout,
            FailureKind::Auth,
            FailureKind::Server,
        ] {
            assert_eq!(after(answered_then(kind, 2)), None, "{kind:?}");
            let cause = after(answered_then(kind, 3)).expect("down");
            assert!(
                cause.contains("after 190 replies the last 3 calls failed"),
                "{cause}"
            );
        }
        assert_eq!(after(answered_then(FailureKind::Rejected, 9)), None);
        assert!(after(answered_then(FailureKind::Rejected, 10)).is_some());
        assert!(after(answered_then(FailureKind::NotSent, 1)).is_some());
        assert_eq!(after(answered_then(FailureKind::Empty, 50)), None);
        assert_eq!(after([]), None);
    }

    #[test]
    fn who_never_answered_is_down_and_who_answers_again_is_not() {
        assert!(after([Err(gone(FailureKind::Rejected))]).is_some());
        let mut calls = answered_then(FailureKind::Server, 20);
        calls.push(reply());
        assert_eq!(after(calls), None);
    }

    #[test]
    fn judges_are_told_apart() {
        let health = Health::default();
        health.note(&Callee::Copilot, &reply(), true);
        let judge = Callee::Judge("llm".to_owned());
        health.note(&judge, &Err(gone(FailureKind::Auth)), true);
        let cause = health.down().expect("down");
        assert!(
            cause.starts_with("the judge `llm` answered no call"),
            "{cause}"
        );
    }
}

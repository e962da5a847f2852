//! Calls that cost money: at most so many at once, inside the budget, each paid for once.

use groundgate_endpoints::chat::BoxFuture;
use groundgate_model::{
    exchange::{Answer, CallFailure, ChatReply, FailureKind},
    trial::{Call, CallKey, Reply, Request},
    unit::Usd,
};
use tokio::{sync::SemaphorePermit, task::yield_now};

use super::shared::{Event, Halt, Shared, Stop};

/// What becomes of a call whose reply in the journal is of another kind.
pub(super) fn wrong_reply() -> CallFailure {
    CallFailure {
        kind: FailureKind::Malformed,
        message: "the record holds a reply of another kind for this call".to_owned(),
        tries: 0,
        failed_tries: Vec::new(),
    }
}

/// A call that costs money.
pub(super) struct PaidCall<'a> {
    pub(super) key: CallKey,
    pub(super) request: Option<Request>,
    pub(super) worst: Option<Usd>,
    pub(super) call: BoxFuture<'a, Result<Reply, CallFailure>>,
}

/// Makes a call, unless an earlier part of the run has paid for it already: takes a slot, reserves
/// its worst case, waits, books what it did cost, and hands the reply to the sink.
pub(super) async fn pay(
    shared: &Shared,
    paid: PaidCall<'_>,
) -> Result<Result<Reply, CallFailure>, Halt> {
    if let Some(call) = shared.journal.get(&paid.key) {
        return Ok(call.result.clone());
    }
    let slot = slot(shared).await?;
    let reservation = shared
        .budget
        .reserve(paid.worst)
        .await
        .map_err(|_exhausted| Halt::OutOfBudget)?;
    let mut stop = shared.stop.clone();
    let result = tokio::select! {
        result = paid.call => result,
        _ = stop.wait_for(|stop| *stop == Stop::Now) => return Err(Halt::Stopped),
    };
    let booked = reservation.settle(cost(&result));
    drop(slot);
    let call = Call {
        key: paid.key,
        request: paid.request,
        result: result.clone(),
        booked,
    };
    shared
        .sink
        .send(Event::Call(Box::new(call)))
        .await
        .map_err(|_closed| Halt::SinkClosed)?;
    // Whoever waited for the slot sends its call before this reply is judged.
    yield_now().await;
    Ok(result)
}

async fn slot(shared: &Shared) -> Result<SemaphorePermit<'_>, Halt> {
    let mut stop = shared.stop.clone();
    let permit = tokio::select! {
        permit = shared.slots.acquire() => permit.map_err(|_closed| Halt::Stopped)?,
        _ = stop.wait_for(|stop| *stop > Stop::No) => return Err(Halt::Stopped),
    };
    if *shared.stop.borrow() > Stop::No {
        Err(Halt::Stopped)
    } else {
        Ok(permit)
    }
}

/// What a call did cost; `None` where nobody knows, so that its worst case is booked.
fn cost(result: &Result<Reply, CallFailure>) -> Option<Usd> {
    match result {
        Ok(Reply::Answer(Answer { cost, .. }) | Reply::Chat(ChatReply { cost, .. })) => *cost,
        Err(failure) => match failure.kind {
            FailureKind::Connect
            | FailureKind::Auth
            | FailureKind::RateLimited
            | FailureKind::Rejected
            | FailureKind::Redirect
            | FailureKind::Absent
            | FailureKind::NotSent => Some(Usd::ZERO),
            FailureKind::Timeout
            | FailureKind::Cut
            | FailureKind::Server
            | FailureKind::Malformed
            | FailureKind::Empty
            | FailureKind::ToolCalls
            | FailureKind::TooLarge
            | FailureKind::Changed => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was sent may be billed, whatever became of the reply.
    #[test]
    fn a_failed_call_costs_nothing_only_where_nothing_can_have_been_billed() {
        for (kind, expected) in [
            (FailureKind::Connect, Some(Usd::ZERO)),
            (FailureKind::Auth, Some(Usd::ZERO)),
            (FailureKind::RateLimited, Some(Usd::ZERO)),
            (FailureKind::Rejected, Some(Usd::ZERO)),
            (FailureKind::Redirect, Some(Usd::ZERO)),
            (FailureKind::Absent, Some(Usd::ZERO)),
            (FailureKind::NotSent, Some(Usd::ZERO)),
            (FailureKind::Timeout, None),
            (FailureKind::Cut, None),
            (FailureKind::Server, None),
            (FailureKind::Malformed, None),
            (FailureKind::TooLarge, None),
            (FailureKind::Empty, None),
            (FailureKind::ToolCalls, None),
            (FailureKind::Changed, None),
        ] {
            let failure = CallFailure {
                kind,
                message: String::new(),
                tries: 1,
                failed_tries: Vec::new(),
            };
            assert_eq!(cost(&Err(failure)), expected, "{kind:?}");
        }
    }
}

//! Calls that cost money: at most so many at once, inside the budget, each paid for once.

use std::sync::Arc;

use groundgate_endpoints::chat::BoxFuture;
use groundgate_model::{
    exchange::{Answer, CallFailure, ChatReply, FailureKind},
    trial::{Call, CallKey, Reply, Request},
    unit::Usd,
};
use tokio::task::yield_now;

use super::shared::{Delivery, Event, Halt, Shared, Slot, Stop};

/// What becomes of a call whose reply in the journal is of another kind.
pub(super) fn wrong_reply() -> CallFailure {
    CallFailure::new(
        FailureKind::Malformed,
        "the record holds a reply of another kind for this call",
    )
}

/// A call that costs money.
pub(super) struct PaidCall<'a> {
    pub(super) key: CallKey,
    pub(super) request: Option<Request>,
    pub(super) worst: Option<Usd>,
    /// Whether somebody is asked now: what a file or an earlier run says tells nothing of an endpoint.
    pub(super) is_live: bool,
    pub(super) call: BoxFuture<'a, Result<Reply, CallFailure>>,
}

/// Makes a call, unless an earlier part of the run has paid for it already: takes a slot, reserves
/// its worst case, waits, books what it did cost, and hands the reply to the sink. The slot goes with it:
/// it is free when the reply is kept.
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
        result = paid.call => believed(result, paid.worst),
        _ = stop.wait_for(|stop| *stop == Stop::Now) => return Err(Halt::Stopped),
    };
    shared.health.note(&paid.key.callee, &result, paid.is_live);
    if is_given_up(&result) {
        // Asked again when the run is gone on with.
        reservation.settle(cost(&result));
        return Err(Halt::EndpointDown);
    }
    let booked = reservation.settle(cost(&result));
    let call = Call {
        key: paid.key,
        request: paid.request,
        result: result.clone(),
        booked,
    };
    shared
        .sink
        .send(Delivery {
            event: Event::Call(Box::new(call)),
            slot: Some(slot),
        })
        .await
        .map_err(|_closed| Halt::SinkClosed)?;
    // Whoever waited for the slot sends its call before this reply is judged.
    yield_now().await;
    Ok(result)
}

/// A copilot may add passages and instructions of its own to what is sent: many times as much, and not more.
const ADDED_BY_COPILOT: u64 = 1000;

/// What a judge's model states cannot cost more than the call can: whoever says so is not believed, and
/// the worst case is booked. A copilot's endpoint may add text of its own to what is sent.
fn believed(result: Result<Reply, CallFailure>, worst: Option<Usd>) -> Result<Reply, CallFailure> {
    let stated = match &result {
        Ok(Reply::Chat(reply)) => reply.cost.map(|cost| (cost, 1, reply.timing.tries)),
        Ok(Reply::Answer(answer)) => answer
            .cost
            .map(|cost| (cost, ADDED_BY_COPILOT, answer.timing.tries)),
        Err(_) => None,
    };
    let (Some((cost, times, tries)), Some(worst)) = (stated, worst) else {
        return result;
    };
    let most = Usd::from_nanos(worst.nanos().saturating_mul(times));
    // Of what costs nothing at worst, nothing is known.
    if cost <= most || worst == Usd::ZERO {
        return result;
    }
    let message =
        format!("the reply states a usage that costs {cost}, and the call can cost {most} at most");
    Err(CallFailure::new(FailureKind::Malformed, message).after(tries))
}

/// Whether the endpoint is asked no more, since it failed too many calls.
fn is_given_up(result: &Result<Reply, CallFailure>) -> bool {
    matches!(result, Err(failure) if failure.kind == FailureKind::NotSent)
}

async fn slot(shared: &Shared) -> Result<Slot, Halt> {
    let mut stop = shared.stop.clone();
    let permit = tokio::select! {
        permit = Arc::clone(&shared.slots).acquire_owned() => permit.map_err(|_closed| Halt::Stopped)?,
        _ = stop.wait_for(|stop| *stop > Stop::No) => return Err(Halt::Stopped),
    };
    if *shared.stop.borrow() > Stop::No {
        Err(Halt::Stopped)
    } else {
        Ok(Slot::taken(permit))
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
            | FailureKind::NotSent => Some(failure.cost.unwrap_or(Usd::ZERO)),
            // A filter may have been paid for.
            FailureKind::Filtered
            | FailureKind::Timeout
            | FailureKind::Cut
            | FailureKind::Server
            | FailureKind::Malformed
            | FailureKind::Empty
            | FailureKind::ToolCalls
            | FailureKind::TooLarge
            | FailureKind::Changed => failure.cost,
        },
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::exchange::{Ending, Timing, Usage};

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
            (FailureKind::Filtered, None),
            (FailureKind::Timeout, None),
            (FailureKind::Cut, None),
            (FailureKind::Server, None),
            (FailureKind::Malformed, None),
            (FailureKind::TooLarge, None),
            (FailureKind::Empty, None),
            (FailureKind::ToolCalls, None),
            (FailureKind::Changed, None),
        ] {
            let failure = CallFailure::new(kind, "").after(1);
            assert_eq!(cost(&Err(failure)), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_failure_costs_what_it_says() {
        let stated = Usd::from_nanos(7);
        for kind in [
            FailureKind::Empty,
            FailureKind::ToolCalls,
            // After turns of a conversation that were paid for.
            FailureKind::RateLimited,
            FailureKind::NotSent,
            FailureKind::Timeout,
        ] {
            let failure = CallFailure {
                cost: Some(stated),
                ..CallFailure::new(kind, "")
            };
            assert_eq!(cost(&Err(failure)), Some(stated), "{kind:?}");
        }
    }

    #[test]
    fn a_usage_beyond_the_worst_case_is_not_believed() {
        let reply = |nanos| {
            Ok(Reply::Chat(ChatReply {
                text: "x".to_owned(),
                usage: Usage::default(),
                cost: Some(Usd::from_nanos(nanos)),
                model: None,
                finish_reason: None,
                ending: Ending::Complete,
                thinking: None,
                timing: Timing::default(),
            }))
        };
        let worst = Some(Usd::from_nanos(10));
        assert_eq!(believed(reply(10), worst), reply(10));
        let fault = believed(reply(11), worst).unwrap_err();
        assert_eq!(fault.kind, FailureKind::Malformed);
        // Booked at the worst case, since nobody knows.
        assert_eq!(cost(&Err(fault)), None);
        assert_eq!(believed(reply(11), None), reply(11));
    }
}

//! The way of one question: asked, answered, judged, handed on.
//!
//! Every failure on this way is an outcome with a reason. What ends the whole run instead (the user,
//! the budget, a sink that is gone) leaves the trial out; it is asked again when the run is resumed.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::join_all;
use tokio::{sync::SemaphorePermit, task::yield_now};

use super::{
    plan::{Juror, PlannedTrial, Seat, SeatKind},
    runner::{Event, Shared, Stop},
};
use crate::{
    chat::{BoxFuture, ChatReply, ChatRequest},
    copilot::{Answer, CallFailure, FailureKind},
    judge::{
        Ask, Draw, JudgeSpec, OnMalformed, Prepared, ReplyFault, Subject, Vote, checks, combine,
        disagreement, join_parts, malformed, prepare, unscored,
    },
    trial::{Call, CallKey, Callee, MetricSpec, Outcome, Reply, Request, Sure, Trial, Unscored},
    unit::Usd,
};

/// Why a question was left unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// The run was told to stop.
    Stopped,
    /// The next call could have passed the cap.
    OutOfBudget,
    /// What came out could not be kept.
    SinkClosed,
}

type Outcomes = BTreeMap<String, Outcome>;

/// Asks, judges and hands on one trial.
pub(super) async fn replay(shared: Arc<Shared>, planned: PlannedTrial) -> Result<(), Halt> {
    let Some(case) = shared.plan.cases.get(planned.case_index) else {
        return Ok(());
    };
    let key = CallKey {
        trial: planned.index,
        callee: Callee::Copilot,
        vote: 0,
        round: 0,
    };
    let ask = PaidCall {
        key,
        request: None,
        worst: shared.copilot.worst_cost(case),
        call: Box::pin(async {
            shared
                .copilot
                .ask(case, planned.attempt)
                .await
                .map(Reply::Answer)
        }),
    };
    let answer = match pay(&shared, ask).await? {
        Ok(Reply::Answer(answer)) => Ok(answer),
        Ok(Reply::Chat(_)) => Err(wrong_reply()),
        Err(failure) => Err(failure),
    };
    let outcomes = match &answer {
        Ok(answer) => judge(&shared, planned, Subject { case, answer }).await?,
        Err(failure) => unanswered(&shared, failure.kind),
    };
    let trial = Trial {
        case_index: planned.case_index,
        attempt: planned.attempt,
        answer,
        outcomes,
    };
    shared
        .sink
        .send(Event::Trial(Box::new(trial)))
        .await
        .map_err(|_closed| Halt::SinkClosed)
}

/// A trial without an answer has the same outcome everywhere.
fn unanswered(shared: &Shared, kind: FailureKind) -> Outcomes {
    let judged = shared.plan.seats.iter().flat_map(Seat::metrics);
    let names = judged
        .map(|metric| metric.name)
        .chain(shared.plan.checks.iter().cloned());
    names
        .map(|name| (name, Outcome::Unscored(Unscored::NoAnswer(kind))))
        .collect()
}

async fn judge(
    shared: &Shared,
    planned: PlannedTrial,
    subject: Subject<'_>,
) -> Result<Outcomes, Halt> {
    let mut outcomes: Outcomes = shared
        .plan
        .checks
        .iter()
        .filter_map(|name| {
            Some((
                name.clone(),
                checks::measure(subject.case, subject.answer, name)?,
            ))
        })
        .collect();
    let seats = shared.plan.seats.iter();
    let (behind, first): (Vec<&Seat>, Vec<&Seat>) = seats.partition(|seat| seat.behind.is_some());
    // Whoever stands behind another waits for what that one says.
    for round in [first, behind] {
        let judged = round.into_iter().map(|seat| {
            let settled = spare(shared, planned, (subject, seat), &outcomes);
            async move {
                match settled {
                    Some(settled) => Ok(settled),
                    None => sit(shared, planned, subject, seat).await,
                }
            }
        });
        for of_seat in join_all(judged).await {
            outcomes.extend(of_seat?);
        }
    }
    Ok(outcomes)
}

/// The outcomes of a judge that need not be asked, since the cheaper one before it is sure and the
/// answer was not drawn.
fn spare(
    shared: &Shared,
    planned: PlannedTrial,
    (subject, seat): (Subject<'_>, &Seat),
    outcomes: &Outcomes,
) -> Option<Outcomes> {
    let behind = seat.behind.as_ref()?;
    let (case, cascade) = (subject.case, &behind.cascade);
    let score = match outcomes.get(&cascade.by) {
        Some(Outcome::Scored(score)) => Some(score.value()),
        Some(Outcome::NotApplicable(_) | Outcome::Unscored(_)) | None => None,
    };
    let is_asked = cascade.sure(score, case.critical) == Sure::No
        || cascade.is_drawn(shared.plan.seed, &case.id, planned.attempt);
    if is_asked {
        return None;
    }
    let why = format!("{} says {} {:.2}", behind.after, cascade.by, score?);
    let outcome = |metric: MetricSpec| {
        let outcome = match seat.cascade(&metric.name) {
            Some(_) => Outcome::Unscored(Unscored::Spared(why.as_str().into())),
            None => Outcome::NotApplicable(format!("no juror was asked: {why}")),
        };
        (metric.name, outcome)
    };
    Some(seat.metrics().into_iter().map(outcome).collect())
}

async fn sit(
    shared: &Shared,
    planned: PlannedTrial,
    subject: Subject<'_>,
    seat: &Seat,
) -> Result<Outcomes, Halt> {
    let said = match &seat.kind {
        SeatKind::Embedded(judge) => judge.judge(subject),
        SeatKind::Model { spec, jurors } => {
            poll(shared, planned, subject, (seat, spec, jurors)).await?
        }
    };
    let recorded = said
        .into_iter()
        .map(|(metric, outcome)| (seat.recorded(&metric), outcome));
    Ok(recorded.collect())
}

/// Has every juror vote.
async fn poll(
    shared: &Shared,
    planned: PlannedTrial,
    subject: Subject<'_>,
    (seat, spec, jurors): (&Seat, &JudgeSpec, &[Juror]),
) -> Result<Outcomes, Halt> {
    let n_jurors = u32::try_from(jurors.len()).unwrap_or(u32::MAX).max(1);
    // Every juror sees the same draws.
    let ballots = jurors
        .iter()
        .flat_map(|juror| (0..spec.votes / n_jurors).map(move |vote| (juror, vote)));
    let votes = ballots.map(|(juror, vote)| async move {
        let voter = Voter {
            shared,
            planned,
            seat,
            spec,
            juror,
            vote,
        };
        voter.vote(subject).await
    });
    let votes: Vec<Vote<'_>> = join_all(votes)
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    let mut outcomes = combine(spec, &votes);
    outcomes.extend((jurors.len() > 1).then(|| disagreement(spec, &seat.name, &votes)));
    Ok(outcomes)
}

/// One vote of one judge.
struct Voter<'a> {
    shared: &'a Shared,
    planned: PlannedTrial,
    seat: &'a Seat,
    spec: &'a JudgeSpec,
    juror: &'a Juror,
    vote: u32,
}

impl<'a> Voter<'a> {
    /// Each attempt has shuffles of its own, so that one answer can be judged several times.
    fn draw_seed(&self) -> Vec<u8> {
        let mut seed = self.shared.plan.seed.to_be_bytes().to_vec();
        if self.planned.attempt > 0 {
            seed.extend(self.planned.attempt.to_be_bytes());
        }
        seed
    }

    async fn vote(&self, subject: Subject<'_>) -> Result<Vote<'a>, Halt> {
        let said = self.say(subject).await?;
        Ok(Vote {
            juror: &self.juror.name,
            is_asked: said.is_ok(),
            outcomes: said.unwrap_or_else(|settled| settled),
        })
    }

    /// Asks, once or part by part. `Err` holds the outcomes of an answer that needs no asking.
    async fn say(&self, subject: Subject<'_>) -> Result<Result<Outcomes, Outcomes>, Halt> {
        let seed = self.draw_seed();
        let asks = match prepare(
            self.spec,
            subject,
            Draw {
                seed: &seed,
                vote: self.vote,
            },
        ) {
            Prepared::Settled(outcomes) => return Ok(Err(outcomes)),
            Prepared::Ask(ask) => {
                let said = self.converse(&ask, 0, |text| ask.read_reply(text)).await?;
                return Ok(Ok(said.unwrap_or_else(|outcomes| outcomes)));
            }
            Prepared::Parts(asks) => asks,
        };
        let mut parts = Vec::new();
        // Rounds go on from part to part, so that no two calls have the same key.
        for (ask, round) in asks.iter().zip((0..).step_by(2)) {
            match self
                .converse(ask, round, |text| ask.read_part(text))
                .await?
            {
                Ok(labels) => parts.push(labels),
                Err(outcomes) => return Ok(Ok(outcomes)),
            }
        }
        Ok(Ok(join_parts(self.spec, parts)))
    }

    /// Sends a call and reads the reply; where it is malformed, asks once more with the fault named.
    /// `Err` holds the outcomes of a vote that came to nothing.
    async fn converse<T>(
        &self,
        ask: &Ask<'_>,
        round: u32,
        read: impl Fn(&str) -> Result<T, ReplyFault>,
    ) -> Result<Result<T, Outcomes>, Halt> {
        let failed =
            |failure: CallFailure| unscored(self.spec, &Unscored::JudgeFailed(failure.kind));
        let first = match self.complete(ask.request(), round).await? {
            Ok(reply) => reply,
            Err(failure) => return Ok(Err(failed(failure))),
        };
        let fault = match read(&first.text) {
            Ok(said) => return Ok(Ok(said)),
            Err(fault) => fault,
        };
        if self.spec.on_malformed == OnMalformed::Unscored {
            return Ok(Err(malformed(self.spec, &fault)));
        }
        let second = match self.complete(&ask.repair(&fault), round + 1).await? {
            Ok(reply) => reply,
            Err(failure) => return Ok(Err(failed(failure))),
        };
        Ok(read(&second.text).map_err(|fault| malformed(self.spec, &fault)))
    }

    async fn complete(
        &self,
        request: &ChatRequest,
        round: u32,
    ) -> Result<Result<ChatReply, CallFailure>, Halt> {
        let key = CallKey {
            trial: self.planned.index,
            callee: Callee::juror(&self.seat.name, &self.juror.name),
            vote: self.vote,
            round,
        };
        let call = PaidCall {
            key,
            request: Some(sent(request)),
            worst: self.juror.model.worst_cost(request),
            call: Box::pin(
                async move { self.juror.model.complete(request).await.map(Reply::Chat) },
            ),
        };
        Ok(match pay(self.shared, call).await? {
            Ok(Reply::Chat(reply)) => Ok(reply),
            Ok(Reply::Answer(_)) => Err(wrong_reply()),
            Err(failure) => Err(failure),
        })
    }
}

/// The messages as they were sent, for whoever wants to know what a score came from.
fn sent(request: &ChatRequest) -> Request {
    let (mut system, mut conversation) = (Vec::new(), Vec::new());
    for message in &request.messages {
        match message.role {
            None => system.push(message.text.as_str()),
            Some(role) => conversation.push(format!("[{}]\n{}", role.name(), message.text)),
        }
    }
    Request {
        system: system.join("\n\n"),
        conversation: conversation.join("\n\n"),
    }
}

fn wrong_reply() -> CallFailure {
    CallFailure {
        kind: FailureKind::Malformed,
        message: "the record holds a reply of another kind for this call".to_owned(),
        tries: 0,
        failed_tries: Vec::new(),
    }
}

/// A call that costs money.
struct PaidCall<'a> {
    key: CallKey,
    request: Option<Request>,
    worst: Option<Usd>,
    call: BoxFuture<'a, Result<Reply, CallFailure>>,
}

/// Makes a call, unless an earlier part of the run has paid for it already: takes a slot, reserves
/// its worst case, waits, books what it did cost, and hands the reply to the sink.
async fn pay(shared: &Shared, paid: PaidCall<'_>) -> Result<Result<Reply, CallFailure>, Halt> {
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
            | FailureKind::TooLarge
            | FailureKind::Changed => None,
        },
    }
}

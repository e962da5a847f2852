//! The way of one question: asked, answered, judged, handed on.
//!
//! Every failure on this way is an outcome with a reason. What ends the whole run instead (the user,
//! the budget, a sink that is gone) leaves the trial out; it is asked again when the run is resumed.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use groundgate_judge::{Outcomes, Subject, checks};
use groundgate_model::{
    exchange::{Answer, CallFailure, Ending, FailureKind, Timing, Usage},
    trial::{CallKey, Callee, ControlFinding, MetricSpec, Outcome, Reply, Sure, Trial, Unscored},
};

use super::{
    payment::{PaidCall, pay, wrong_reply},
    plan::{PlannedTrial, Seat, SeatKind},
    shared::{Delivery, Event, Halt, Shared},
    voting::{Bench, Poll, poll},
};

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
        is_live: shared.copilot.is_live(),
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
    let controls = Mutex::default();
    let bench = Bench {
        shared: &shared,
        planned,
        controls: &controls,
    };
    let outcomes = match &answer {
        Ok(answer) => judge(bench, Subject { case, answer }).await?,
        Err(failure) if failure.kind == FailureKind::Filtered => {
            let answer = withheld(failure);
            let answer = &answer;
            judge(bench, Subject { case, answer }).await?
        }
        Err(failure) => unanswered(&shared, failure.kind),
    };
    let trial = Trial {
        case_index: planned.case_index,
        attempt: planned.attempt,
        answer,
        outcomes,
        controls: in_order(controls),
    };
    shared
        .sink
        .send(Delivery {
            event: Event::Trial(Box::new(trial)),
            slot: None,
        })
        .await
        .map_err(|_closed| Halt::SinkClosed)
}

/// The empty answer that a question has whom a provider's filter turned away.
fn withheld(failure: &CallFailure) -> Answer {
    let latency_ms = failure
        .failed_tries
        .last()
        .map_or(0, |last| last.latency_ms);
    Answer {
        text: String::new(),
        passages: None,
        usage: Usage::default(),
        cost: None,
        model: None,
        finish_reason: Some("content_filter".to_owned()),
        ending: Ending::Filtered,
        thinking: None,
        timing: Timing {
            latency_ms,
            tries: failure.tries,
            ..Timing::default()
        },
    }
}

/// Whether a provider withheld all of an answer that the case does not forbid: an answer that never came.
fn is_withheld(subject: Subject<'_>) -> bool {
    let Subject { case, answer } = subject;
    answer.ending.is_refusal() && answer.text.trim().is_empty() && case.answerable != Some(false)
}

/// A trial without an answer has the same outcome everywhere.
fn unanswered(shared: &Shared, kind: FailureKind) -> Outcomes {
    let reason = Unscored::NoAnswer(kind);
    let checked = shared.plan.checks.iter();
    checked
        .map(|name| (name.clone(), Outcome::Unscored(reason.clone())))
        .chain(judged_as(shared, &reason))
        .collect()
}

/// The same reason for everything that judges were to measure.
fn judged_as<'a>(
    shared: &'a Shared,
    reason: &'a Unscored,
) -> impl Iterator<Item = (String, Outcome)> + 'a {
    let judged = shared.plan.seats.iter().flat_map(Seat::metrics);
    judged.map(|metric| (metric.name, Outcome::Unscored(reason.clone())))
}

/// What was said of controls, in the order of the calls: judges are asked at once.
fn in_order(controls: Mutex<Vec<ControlFinding>>) -> Vec<ControlFinding> {
    let mut controls = controls
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    controls.sort();
    controls
}

async fn judge(bench: Bench<'_>, subject: Subject<'_>) -> Result<Outcomes, Halt> {
    let Bench {
        shared, planned, ..
    } = bench;
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
    if is_withheld(subject) {
        let reason = Unscored::NoAnswer(FailureKind::Filtered);
        outcomes.extend(judged_as(shared, &reason));
        return Ok(outcomes);
    }
    if shared.plan.answers.leaves_out(subject.answer) {
        outcomes.extend(judged_as(shared, &Unscored::AnswerCut));
        return Ok(outcomes);
    }
    let question = &subject.case.question;
    let (shown, taken_out) = shared.plan.answers.shown(subject.answer, question);
    shared.note_taken_out(taken_out);
    let subject = Subject {
        answer: &shown,
        ..subject
    };
    let seats = shared.plan.seats.iter();
    let (behind, first): (Vec<&Seat>, Vec<&Seat>) = seats.partition(|seat| seat.behind.is_some());
    // Whoever stands behind another waits for what that one says.
    for round in [first, behind] {
        let judged = round.into_iter().map(|seat| {
            let settled = unsampled(shared, planned, subject, seat, &outcomes);
            async move {
                match settled {
                    Some(settled) => Ok(settled),
                    None => sit(bench, subject, seat).await,
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
fn unsampled(
    shared: &Shared,
    planned: PlannedTrial,
    subject: Subject<'_>,
    seat: &Seat,
    outcomes: &Outcomes,
) -> Option<Outcomes> {
    let behind = seat.behind.as_ref()?;
    let (case, cascade) = (subject.case, &behind.cascade);
    let score = match outcomes.get(&cascade.by) {
        Some(Outcome::Scored(score)) => Some(score.value()),
        Some(Outcome::NotApplicable(_) | Outcome::Unscored(_)) | None => None,
    };
    let is_asked = cascade.sure(score, case.critical) == Sure::No
        || cascade.is_drawn(&shared.plan.run, &case.id, planned.attempt);
    if is_asked {
        return None;
    }
    let why = format!("{} says {} {:.2}", behind.after, cascade.by, score?);
    let outcome = |metric: MetricSpec| {
        let outcome = match seat.cascade(&metric) {
            Some(_) => Outcome::Unscored(Unscored::Spared(why.as_str().into())),
            None => Outcome::NotApplicable(format!("no juror was asked: {why}")),
        };
        (metric.name, outcome)
    };
    Some(seat.metrics().into_iter().map(outcome).collect())
}

async fn sit(bench: Bench<'_>, subject: Subject<'_>, seat: &Seat) -> Result<Outcomes, Halt> {
    let said = match &seat.kind {
        SeatKind::Embedded(judge) => judge.judge(subject),
        SeatKind::Model { spec, jurors } => {
            let who = Poll { seat, spec, jurors };
            poll(bench, subject, who).await?
        }
    };
    let recorded = said
        .into_iter()
        .map(|(metric, outcome)| (seat.recorded(&metric), outcome));
    Ok(recorded.collect())
}

//! The votes of one judge on one answer: one model's or a panel's.
//!
//! A model is asked once a vote, once more where its reply is malformed, part by part where the passages
//! do not fit into one call; and once before all votes where sentences are taken apart.

use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;
use groundgate_judge::{
    Ask, ControlDraw, ControlsSaid, Draw, Hearing, JudgeSpec, OnMalformed, Outcomes, Prepared,
    ReplyFault, Split, Splitting, Subject, Unit, Vote, combine, disagreement, join_parts,
    malformed, prepare_controlled, split, unscored, why_missed,
};
use groundgate_model::{
    exchange::{CallFailure, ChatReply, ChatRequest},
    trial::{CallKey, Callee, ControlFinding, Reply, Request, Unscored, disagreement_of},
};

use super::{
    payment::{PaidCall, pay, wrong_reply},
    plan::{Juror, PlannedTrial, Seat},
    shared::{Halt, Shared},
};

/// How often a call is made whose easy controls are missed: with other controls the second time.
const CONTROLLED_ASKINGS: u32 = 2;

/// Rounds of one asking: a malformed reply is asked for again within them.
const ROUNDS_OF_ASKING: u32 = 100;

/// Who votes on an answer, and about what.
#[derive(Clone, Copy)]
pub(super) struct Poll<'a> {
    /// As the plan names the judge.
    pub(super) seat: &'a Seat,
    /// What is asked.
    pub(super) spec: &'a JudgeSpec,
    /// Who is.
    pub(super) jurors: &'a [Juror],
}

/// The trial that is judged.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) shared: &'a Shared,
    pub(super) planned: PlannedTrial,
    /// What judges say of controls gathers here.
    pub(super) controls: &'a Mutex<Vec<ControlFinding>>,
}

/// Has every juror vote.
pub(super) async fn poll(
    bench: Bench<'_>,
    subject: Subject<'_>,
    poll: Poll<'_>,
) -> Result<Outcomes, Halt> {
    let Poll { seat, spec, jurors } = poll;
    let seated = |juror, vote, claims| Voter {
        bench,
        seat,
        spec,
        juror,
        vote,
        claims,
    };
    let Some(first) = jurors.first() else {
        return Ok(unscored(spec, &Unscored::NotRun));
    };
    // One juror takes the answer apart for all, so that they label the same claims.
    let claims = match seated(first, 0, None).take_apart(subject).await? {
        Claims::AsTheyStand => None,
        Claims::TakenApart(claims) => Some(claims),
        Claims::None(outcomes) => {
            let failed = outcomes.values().next().cloned();
            let panel = (jurors.len() > 1).then(|| disagreement_of(&seat.name).name);
            let disagreement = panel.zip(failed);
            return Ok(outcomes.into_iter().chain(disagreement).collect());
        }
    };
    let n_jurors = u32::try_from(jurors.len()).unwrap_or(u32::MAX).max(1);
    // Every juror sees the same draws.
    let ballots = jurors
        .iter()
        .flat_map(|juror| (0..spec.votes / n_jurors).map(move |vote| (juror, vote)));
    let votes = ballots.map(|(juror, vote)| {
        let voter = seated(juror, vote, claims.as_deref());
        async move { voter.vote(subject).await }
    });
    let votes: Vec<Vote<'_>> = join_all(votes)
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    let mut outcomes = combine(spec, &votes);
    outcomes.extend((jurors.len() > 1).then(|| disagreement(spec, &seat.name, &votes)));
    Ok(outcomes)
}

/// What is to be labelled of an answer.
enum Claims {
    /// Its sentences.
    AsTheyStand,
    /// What its sentences were taken apart into.
    TakenApart(Vec<Unit>),
    /// Nothing, since it could not be taken apart; these are its outcomes.
    None(Outcomes),
}

/// What one vote came to.
enum Voted {
    /// A juror was asked.
    Asked(Outcomes),
    /// Code alone could tell.
    Settled(Outcomes),
}

/// What came of a call and its repetition.
enum Heard<T> {
    /// A reply that could be read.
    Reply(T),
    /// None; these are the vote's outcomes.
    Nothing(Outcomes),
}

/// A call that may be made once more, with its fault or what is doubted of it named.
trait Asking: Sync {
    /// What a reply says.
    type Said: Send;
    fn request(&self) -> &ChatRequest;
    fn repair(&self, fault: &ReplyFault) -> ChatRequest;
    fn read(&self, text: &str) -> Result<Self::Said, ReplyFault>;
    /// The call with which to look again at what could not be verified.
    fn again(&self, said: &Self::Said) -> Option<ChatRequest>;
    fn corrected(first: Self::Said, second: Self::Said) -> Self::Said;
}

impl Asking for Ask<'_> {
    type Said = Hearing;

    fn request(&self) -> &ChatRequest {
        self.request()
    }

    fn repair(&self, fault: &ReplyFault) -> ChatRequest {
        self.repair(fault)
    }

    fn read(&self, text: &str) -> Result<Hearing, ReplyFault> {
        self.hear(text)
    }

    fn again(&self, said: &Hearing) -> Option<ChatRequest> {
        said.doubts().map(|doubts| self.look_again(doubts))
    }

    fn corrected(first: Hearing, second: Hearing) -> Hearing {
        first.corrected_by(second)
    }
}

impl Asking for Split<'_> {
    type Said = Vec<Unit>;

    fn request(&self) -> &ChatRequest {
        self.request()
    }

    fn repair(&self, fault: &ReplyFault) -> ChatRequest {
        self.repair(fault)
    }

    fn read(&self, text: &str) -> Result<Vec<Unit>, ReplyFault> {
        self.read(text)
    }

    fn again(&self, _: &Vec<Unit>) -> Option<ChatRequest> {
        None
    }

    fn corrected(first: Vec<Unit>, _: Vec<Unit>) -> Vec<Unit> {
        first
    }
}

/// One vote of one judge.
struct Voter<'a> {
    bench: Bench<'a>,
    seat: &'a Seat,
    spec: &'a JudgeSpec,
    juror: &'a Juror,
    vote: u32,
    /// What is to be labelled, where sentences were taken apart.
    claims: Option<&'a [Unit]>,
}

impl<'a> Voter<'a> {
    /// Each attempt has shuffles of its own, so that one answer can be judged several times.
    fn draw_seed(&self) -> Vec<u8> {
        let mut seed = self.bench.shared.plan.seed.to_be_bytes().to_vec();
        if self.bench.planned.attempt > 0 {
            seed.extend(self.bench.planned.attempt.to_be_bytes());
        }
        seed
    }

    async fn vote(&self, subject: Subject<'_>) -> Result<Vote<'a>, Halt> {
        let (is_asked, outcomes) = match self.say(subject).await? {
            Voted::Asked(outcomes) => (true, outcomes),
            Voted::Settled(outcomes) => (false, outcomes),
        };
        Ok(Vote {
            juror: &self.juror.name,
            is_asked,
            outcomes,
        })
    }

    /// Asks, once or part by part.
    async fn say(&self, subject: Subject<'_>) -> Result<Voted, Halt> {
        let seed = self.draw_seed();
        let draw = Draw {
            seed: &seed,
            vote: self.vote,
        };
        // The first two rounds took the answer apart.
        let first = if self.claims.is_some() { 2 } else { 0 };
        let mut missed = None;
        for asking in 0..CONTROLLED_ASKINGS {
            let controls = (self.bench.shared.controls.as_ref()).map(|pool| ControlDraw {
                pool,
                round: asking,
            });
            let prepared = prepare_controlled(self.spec, subject, draw, self.claims, controls);
            let ask = match prepared {
                Prepared::Settled(outcomes) => return Ok(Voted::Settled(outcomes)),
                Prepared::Parts(asks) => return self.say_in_parts(&asks, first).await,
                Prepared::Ask(ask) => ask,
            };
            let round = first + asking * ROUNDS_OF_ASKING;
            let hearing = match self.converse(ask.as_ref(), round).await? {
                Heard::Reply(hearing) => hearing,
                Heard::Nothing(outcomes) => return Ok(Voted::Asked(outcomes)),
            };
            missed = hearing.controls().and_then(ControlsSaid::missed);
            self.note(round, hearing.controls());
            if missed.is_none() {
                return Ok(Voted::Asked(ask.outcomes(hearing)));
            }
        }
        let why = missed.map_or("", why_missed);
        let reason = Unscored::FailedControl(format!("asked twice, {why}").into());
        Ok(Voted::Asked(unscored(self.spec, &reason)))
    }

    /// Keeps what was said of the controls of one call.
    fn note(&self, round: u32, said: Option<&ControlsSaid>) {
        let Some(said) = said else {
            return;
        };
        let call_counts = said.is_reading();
        let instrument = self.seat.instrument();
        let findings = said.said.iter().map(|(kind, is_right)| ControlFinding {
            callee: Callee::juror(&self.seat.name, &self.juror.name),
            instrument,
            vote: self.vote,
            round,
            kind: *kind,
            is_right: *is_right,
            call_counts,
        });
        let controls = self.bench.controls.lock();
        let mut controls = controls.unwrap_or_else(PoisonError::into_inner);
        controls.extend(findings);
    }

    /// Asks part by part.
    async fn say_in_parts(&self, asks: &[Ask<'_>], first: u32) -> Result<Voted, Halt> {
        let mut parts = Vec::new();
        // Rounds go on from part to part, so that no two calls have the same key.
        for (ask, round) in asks.iter().zip((first..).step_by(2)) {
            match self.converse(ask, round).await? {
                Heard::Reply(hearing) => parts.push(ask.part(hearing)),
                Heard::Nothing(outcomes) => return Ok(Voted::Asked(outcomes)),
            }
        }
        Ok(Voted::Asked(join_parts(self.spec, parts)))
    }

    /// Has the answer's sentences taken apart, where the spec wants that.
    async fn take_apart(&self, subject: Subject<'_>) -> Result<Claims, Halt> {
        let seed = self.draw_seed();
        let draw = Draw {
            seed: &seed,
            vote: self.vote,
        };
        let split = match split(self.spec, subject, draw) {
            Splitting::None => return Ok(Claims::AsTheyStand),
            Splitting::TooLong(outcomes) => return Ok(Claims::None(outcomes)),
            Splitting::Ask(split) => split,
        };
        Ok(match self.converse(split.as_ref(), 0).await? {
            Heard::Reply(claims) => Claims::TakenApart(claims),
            Heard::Nothing(outcomes) => Claims::None(outcomes),
        })
    }

    /// Sends a call and reads the reply; where it is malformed, or code doubts what it says, asks once
    /// more with that named.
    async fn converse<A: Asking>(&self, ask: &A, round: u32) -> Result<Heard<A::Said>, Halt> {
        let failed = |failure: CallFailure| {
            Heard::Nothing(unscored(self.spec, &Unscored::JudgeFailed(failure.kind)))
        };
        let limit = ask.request().max_output_tokens;
        let read = |reply: &ChatReply| {
            let said = ask.read(&reply.text);
            said.map_err(|fault| fault.or_ending(reply.ending, limit))
        };
        let first = match self.complete(ask.request(), round).await? {
            Ok(reply) => read(&reply),
            Err(failure) => return Ok(failed(failure)),
        };
        let may_ask_again = self.spec.on_malformed == OnMalformed::AskOnceMore;
        let fault = match first {
            Ok(said) => {
                let again = ask.again(&said).filter(|_| may_ask_again);
                let Some(again) = again else {
                    return Ok(Heard::Reply(said));
                };
                // What is doubted stays so where the second call comes to nothing.
                let second = self.complete(&again, round + 1).await?;
                let second = second.ok().and_then(|reply| read(&reply).ok());
                return Ok(Heard::Reply(match second {
                    Some(second) => A::corrected(said, second),
                    None => said,
                }));
            }
            Err(fault) => fault,
        };
        if !may_ask_again {
            return Ok(Heard::Nothing(malformed(self.spec, &fault)));
        }
        let second = match self.complete(&ask.repair(&fault), round + 1).await? {
            Ok(reply) => reply,
            Err(failure) => return Ok(failed(failure)),
        };
        Ok(match read(&second) {
            Ok(said) => Heard::Reply(said),
            Err(fault) => Heard::Nothing(malformed(self.spec, &fault)),
        })
    }

    async fn complete(
        &self,
        request: &ChatRequest,
        round: u32,
    ) -> Result<Result<ChatReply, CallFailure>, Halt> {
        let key = CallKey {
            trial: self.bench.planned.index,
            callee: Callee::juror(&self.seat.name, &self.juror.name),
            vote: self.vote,
            round,
        };
        let call = PaidCall {
            key,
            request: Some(sent(request)),
            worst: self.juror.model.worst_cost(request),
            is_live: true,
            call: Box::pin(
                async move { self.juror.model.complete(request).await.map(Reply::Chat) },
            ),
        };
        Ok(match pay(self.bench.shared, call).await? {
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

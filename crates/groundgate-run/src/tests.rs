//! Runs whose copilot and judge's model are the test's own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use groundgate_endpoints::{
    chat::{BoxFuture, ChatModel},
    copilot::Copilot,
};
use groundgate_judge::{JudgeSpec, LongContext, OfflineJudge, bundled, embedded::EmbeddedJudge};
use groundgate_model::{
    eval_set::Case,
    exchange::{
        Answer, CallFailure, ChatReply, ChatRequest, Ending as ReplyEnding, FailureKind, Passage,
        Timing, Usage,
    },
    manifest::Manifest,
    trial::{Call, CallKey, Outcome, Trial, Unscored},
    unit::Usd,
};
use tokio::sync::{mpsc, watch};

use super::{
    AnswerRules, Budget, Ended, Ending, Event, Juror, Past, Plan, Seat, SeatKind, Stop, Wiring, run,
};

/// Says the same to every question.
struct Says(Result<Answer, CallFailure>);

impl Copilot for Says {
    fn ask<'a>(
        &'a self,
        _case: &'a Case,
        _attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(async { self.0.clone() })
    }

    fn worst_cost(&self, _case: &Case) -> Option<Usd> {
        None
    }

    fn describe(&self) -> String {
        "the test's".to_owned()
    }

    fn manifest(&self) -> Manifest {
        Manifest::of("test")
    }
}

/// Replies with nonsense once, then finds no claim in any passage.
struct LearnsOnce(AtomicUsize);

impl ChatModel for LearnsOnce {
    fn complete<'a>(
        &'a self,
        _request: &'a ChatRequest,
    ) -> BoxFuture<'a, Result<ChatReply, CallFailure>> {
        let calls = self.0.fetch_add(1, Ordering::Relaxed);
        let text = match calls {
            0 => "I think it is fine",
            _ => r#"{"claims": [{"id": "s1", "label": "not-found"}]}"#,
        };
        Box::pin(async move { Ok(reply(text)) })
    }

    fn worst_cost(&self, _request: &ChatRequest) -> Option<Usd> {
        None
    }

    fn describe(&self) -> String {
        "the test's".to_owned()
    }

    fn manifest(&self) -> Manifest {
        Manifest::of("test")
    }
}

pub(super) fn reply(text: &str) -> ChatReply {
    ChatReply {
        text: text.to_owned(),
        usage: Usage::default(),
        cost: None,
        model: None,
        finish_reason: None,
        ending: ReplyEnding::Unknown,
        thinking: None,
        timing: Timing::default(),
    }
}

pub(super) fn answer(passages: &[String]) -> Answer {
    let passage = |text: &String| Passage {
        id: None,
        text: text.clone(),
        source: None,
    };
    Answer {
        text: "It takes 14 days.".to_owned(),
        passages: Some(passages.iter().map(passage).collect()),
        usage: Usage::default(),
        cost: None,
        model: None,
        finish_reason: None,
        ending: ReplyEnding::Unknown,
        thinking: None,
        timing: Timing::default(),
    }
}

pub(super) fn plan(cases: usize, attempts: u32) -> Plan {
    let case = |index: usize| Case {
        id: format!("case-{index}"),
        history: Vec::new(),
        question: "How long does it take?".to_owned(),
        reference_answer: None,
        expected_facts: Vec::new(),
        expected_documents: Vec::new(),
        answerable: None,
        tags: BTreeMap::new(),
        cluster: None,
        critical: false,
    };
    Plan {
        cases: (0..cases).map(case).collect(),
        attempts,
        seats: Vec::new(),
        checks: Vec::new(),
        answers: AnswerRules::default(),
        seed: 7,
        run: "01RUN".to_owned(),
        concurrency: 2,
        part: None,
    }
}

/// What came out of a run.
pub(super) struct Came {
    pub(super) ended: Ended,
    pub(super) calls: Vec<Call>,
    pub(super) trials: Vec<Trial>,
}

pub(super) async fn came_of(plan: Plan, past: Past, says: Result<Answer, CallFailure>) -> Came {
    let budget = Arc::new(Budget::new(None, Usd::ZERO));
    came_within(plan, past, Arc::new(Says(says)), budget).await
}

/// The same with a copilot and a budget of the test's own.
pub(super) async fn came_within(
    plan: Plan,
    past: Past,
    copilot: Arc<dyn Copilot>,
    budget: Arc<Budget>,
) -> Came {
    let (sink, mut events) = mpsc::channel(10_000);
    let (_keep, stop) = watch::channel(Stop::No);
    let wiring = Wiring {
        copilot,
        budget,
        stop,
        sink,
    };
    let keep = async {
        let (mut calls, mut trials) = (Vec::new(), Vec::new());
        while let Some(delivery) = events.recv().await {
            match delivery.event {
                Event::Call(call) => calls.push(*call),
                Event::Trial(trial) => trials.push(*trial),
            }
        }
        (calls, trials)
    };
    let (ended, (calls, trials)) = tokio::join!(run(plan, past, wiring), keep);
    Came {
        ended,
        calls,
        trials,
    }
}

pub(super) fn failure(kind: FailureKind) -> CallFailure {
    CallFailure {
        kind,
        message: "no".to_owned(),
        tries: 1,
        failed_tries: Vec::new(),
        cost: None,
    }
}

#[tokio::test]
async fn a_resumed_run_asks_every_attempt_that_is_not_in_and_no_other() {
    let past = Past {
        finished: BTreeSet::from([0, 1, 4]),
        calls: Vec::new(),
    };
    let came = came_of(plan(3, 3), past, Ok(answer(&[]))).await;
    assert_eq!(came.ended.ending, Ending::Complete);
    let asked: BTreeSet<(usize, u32)> = (came.trials.iter())
        .map(|trial| (trial.case_index, trial.attempt))
        .collect();
    let open = [(0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)];
    assert_eq!(asked, BTreeSet::from(open));
    assert_eq!(came.trials.len(), open.len());
    let keys: BTreeSet<usize> = came.calls.iter().map(|call| call.key.trial).collect();
    assert_eq!(keys, BTreeSet::from([2, 3, 5, 6, 7, 8]));
}

#[tokio::test]
async fn a_question_without_an_answer_has_that_reason_for_every_metric() {
    let judge = OfflineJudge::new(EmbeddedJudge::bundled().unwrap());
    let mut plan = plan(1, 1);
    let kind = SeatKind::Embedded(Arc::new(judge));
    plan.seats = vec![Seat::alone("embedded".to_owned(), kind)];
    plan.checks = vec!["latency_ms".to_owned(), "refusal_correct".to_owned()];
    let planned: BTreeSet<String> = (plan.seats.iter().flat_map(Seat::metrics))
        .map(|metric| metric.name)
        .chain(plan.checks.clone())
        .collect();
    let came = came_of(plan, Past::default(), Err(failure(FailureKind::Server))).await;
    let [trial] = came.trials.as_slice() else {
        panic!("{:?}", came.trials);
    };
    let named: BTreeSet<String> = trial.outcomes.keys().cloned().collect();
    assert_eq!(named, planned);
    let no_answer = Outcome::Unscored(Unscored::NoAnswer(FailureKind::Server));
    for (name, outcome) in &trial.outcomes {
        assert_eq!(outcome, &no_answer, "{name}");
    }
}

#[tokio::test]
async fn no_two_calls_have_the_same_key_where_a_part_is_asked_for_once_more() {
    let mut spec = JudgeSpec::parse("x", bundled("groundedness").unwrap().spec).unwrap();
    spec.limits.characters = 6000;
    spec.limits.long_context = LongContext::SeveralCalls;
    let juror = Juror {
        name: String::new(),
        model: Arc::new(LearnsOnce(AtomicUsize::new(0))),
    };
    let mut plan = plan(1, 1);
    let kind = SeatKind::Model {
        spec: Arc::new(spec),
        jurors: vec![juror],
    };
    plan.seats = vec![Seat::alone("grounded".to_owned(), kind)];
    let passages: Vec<String> = (0..12)
        .map(|number| format!("Passage {number}: {}", "word ".repeat(120)))
        .collect();
    let came = came_of(plan, Past::default(), Ok(answer(&passages))).await;
    let judged = came.calls.iter().skip(1);
    let keys: BTreeSet<CallKey> = judged.clone().map(|call| call.key.clone()).collect();
    assert!(keys.len() > 2, "{keys:?}");
    assert_eq!(keys.len(), judged.count(), "{keys:?}");
}

fn grounded(model: LearnsOnce, attempts: u32) -> Plan {
    let spec = JudgeSpec::parse("x", bundled("groundedness").unwrap().spec).unwrap();
    let juror = Juror {
        name: String::new(),
        model: Arc::new(model),
    };
    let kind = SeatKind::Model {
        spec: Arc::new(spec),
        jurors: vec![juror],
    };
    Plan {
        seats: vec![Seat::alone("grounded".to_owned(), kind)],
        ..plan(1, attempts)
    }
}

/// By attempt: what the judge was shown.
async fn shown(attempts: u32) -> Vec<String> {
    let passages: Vec<String> = (0..6).map(|n| format!("Passage number {n}.")).collect();
    let plan = grounded(LearnsOnce(AtomicUsize::new(1)), attempts);
    let mut calls = came_of(plan, Past::default(), Ok(answer(&passages)))
        .await
        .calls;
    calls.sort_by(|one, other| one.key.cmp(&other.key));
    let first = calls.iter().filter(|call| call.key.round == 0);
    let requests = first.filter_map(|call| call.request.as_ref());
    requests
        .map(|request| request.conversation.clone())
        .collect()
}

#[tokio::test]
async fn each_attempt_has_shuffles_of_its_own_and_the_same_in_every_run() {
    let all = shown(4).await;
    assert_eq!(all.len(), 4);
    let different: BTreeSet<&String> = all.iter().collect();
    assert_eq!(different.len(), 4);
    assert_eq!(shown(4).await, all);
}

/// Fails in groundgate itself at the first case, and is given up at every other.
struct Breaks;

impl Copilot for Breaks {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        _attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(async {
            assert_ne!(case.id, "case-0", "as a bug would");
            Err(failure(FailureKind::NotSent))
        })
    }

    fn worst_cost(&self, _case: &Case) -> Option<Usd> {
        None
    }

    fn describe(&self) -> String {
        "the test's".to_owned()
    }

    fn manifest(&self) -> Manifest {
        Manifest::of("test")
    }
}

#[tokio::test]
async fn a_run_ends_as_its_worst_question_did_whichever_came_last() {
    let budget = Arc::new(Budget::new(None, Usd::ZERO));
    let came = came_within(plan(4, 1), Past::default(), Arc::new(Breaks), budget).await;
    assert_eq!(came.ended.ending, Ending::Panicked);
    assert!(came.ended.panic.is_some());
}

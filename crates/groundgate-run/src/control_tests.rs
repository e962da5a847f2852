//! Judges of several characters, watched by controls over a whole run.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use groundgate_endpoints::chat::{BoxFuture, ChatModel};
use groundgate_judge::{JudgeSpec, bundled};
use groundgate_model::{
    exchange::{CallFailure, ChatReply, ChatRequest},
    manifest::Manifest,
    trial::{ControlCounts, Outcome, Unscored},
    unit::Usd,
};
use serde_json::json;

use super::{
    Juror, Past, Plan, Seat, SeatKind,
    tests::{Came, answer, came_of, plan, reply},
};

const PASSAGES: [&str; 2] = [
    "Refunds are paid within 14 days of the return. Gift cards cannot be refunded at all. The \
     standard card is posted within 7 days. Express cards cost 5 EUR each year.",
    "Deposits are insured by the state. Late payment is allowed once in a year.",
];

/// What a judge says of a claim, in which call, by the passages.
type Says = fn(claim: &str, call: usize) -> bool;

/// Calls claims supported as it likes.
struct Judge {
    says: Says,
    calls: AtomicUsize,
    /// Claims in each call, so that no call is told by its form.
    asked: Mutex<Vec<usize>>,
}

impl ChatModel for Judge {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
    ) -> BoxFuture<'a, Result<ChatReply, CallFailure>> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let claims = claims(&request.messages.last().unwrap().text);
        self.asked.lock().unwrap().push(claims.len());
        let items = claims.iter().map(|(id, text)| {
            let supported = (self.says)(text, call);
            let (label, quote) = if supported {
                ("supported", Some("Refunds are paid within 14 days"))
            } else {
                ("not-found", None)
            };
            json!({"id": id, "label": label, "passage": quote.map(|_| 1), "quote": quote})
        });
        let text = json!({"claims": items.collect::<Vec<_>>()}).to_string();
        Box::pin(async move { Ok(reply(&text)) })
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

/// The claims of a prompt with their ids.
fn claims(prompt: &str) -> Vec<(String, String)> {
    let fences = prompt.split("<<<BEGIN ").skip(1);
    let texts = fences.filter_map(|fence| {
        let (head, rest) = fence.split_once(">>>\n")?;
        let (_, id) = head.split_once(" claim ")?;
        let (text, _) = rest.split_once("\n<<<END ")?;
        Some((id.to_owned(), text.to_owned()))
    });
    texts.collect()
}

fn stands_there(claim: &str) -> bool {
    PASSAGES.iter().any(|passage| passage.contains(claim))
}

fn reads(claim: &str, _call: usize) -> bool {
    stands_there(claim)
}

fn obeys(_claim: &str, _call: usize) -> bool {
    true
}

/// Reads, and in two of a hundred calls believes everything.
fn nods_off(claim: &str, call: usize) -> bool {
    // Spread as chance spreads: by the digits of a hash.
    let spread = call.wrapping_mul(2_654_435_761) % 10_007;
    spread * 50 < 10_007 || stands_there(claim)
}

fn watched(cases: usize, controls: Option<u32>, judge: Arc<Judge>) -> Plan {
    let mut spec = JudgeSpec::parse("x", bundled("groundedness").unwrap().spec).unwrap();
    if let Some(controls) = controls {
        spec.set_controls(controls);
    }
    let kind = SeatKind::Model {
        spec: Arc::new(spec),
        jurors: vec![Juror {
            name: String::new(),
            model: judge,
        }],
    };
    let mut plan = plan(cases, 1);
    plan.seats = vec![Seat::alone("grounded".to_owned(), kind)];
    plan
}

async fn run_of(cases: usize, controls: Option<u32>, says: Says) -> (Came, Arc<Judge>) {
    let judge = Arc::new(Judge {
        says,
        calls: AtomicUsize::new(0),
        asked: Mutex::default(),
    });
    let passages = PASSAGES.map(str::to_owned);
    let plan = watched(cases, controls, Arc::clone(&judge));
    let came = came_of(plan, Past::default(), Ok(answer(&passages))).await;
    (came, judge)
}

fn failed_controls(came: &Came) -> usize {
    let failed = came.trials.iter().filter(|trial| {
        let outcome = trial.outcomes.get("groundedness");
        matches!(outcome, Some(Outcome::Unscored(Unscored::FailedControl(_))))
    });
    failed.count()
}

fn counted(came: &Came) -> ControlCounts {
    let mut counts = ControlCounts::default();
    for trial in &came.trials {
        let mut rounds: Vec<(u32, bool)> = trial
            .controls
            .iter()
            .map(|control| (control.round, control.call_counts))
            .collect();
        rounds.sort_unstable();
        rounds.dedup();
        for (_, call_counts) in rounds {
            counts.add_calls(call_counts, 1);
        }
        for control in trial.controls.iter().filter(|control| control.call_counts) {
            counts.add_hard(control.kind, 1, usize::from(control.is_right));
        }
    }
    counts
}

#[tokio::test]
async fn a_judge_that_obeys_has_no_score_at_all() {
    let (came, judge) = run_of(200, None, obeys).await;
    assert_eq!(failed_controls(&came), 200);
    // Each was asked twice, with other controls, and no more.
    assert_eq!(judge.calls.load(Ordering::SeqCst), 400);
    let counts = counted(&came);
    assert_eq!((counts.calls, counts.calls_failed), (400, 400));
    // With controls off nobody notices; the number is written down, not hidden.
    let (came, judge) = run_of(200, Some(0), obeys).await;
    assert_eq!(failed_controls(&came), 0);
    // What code doubts of its claims is asked again, once.
    assert_eq!(judge.calls.load(Ordering::SeqCst), 400);
    assert!(counted(&came).is_nothing());
}

#[tokio::test]
async fn a_judge_that_reads_is_scored_and_measured() {
    let (came, judge) = run_of(200, None, reads).await;
    assert_eq!(failed_controls(&came), 0);
    assert_eq!(judge.calls.load(Ordering::SeqCst), 200);
    let counts = counted(&came);
    assert_eq!((counts.calls, counts.calls_failed), (200, 0));
    assert!(
        counts.supported > 100 && counts.unsupported > 100,
        "{counts:?}"
    );
    // It believes only what stands there word for word.
    assert_eq!(counts.supported_right, 0);
    assert_eq!(counts.unsupported_right, counts.unsupported);
    let claims = judge.asked.lock().unwrap();
    assert!(claims.iter().all(|n| (4..=5).contains(n)), "{claims:?}");
}

/// The goal of the design: at most 0.2 % of the answers.
#[tokio::test]
async fn a_judge_that_nods_off_in_two_of_a_hundred_calls_loses_next_to_nothing() {
    let (came, judge) = run_of(2000, None, nods_off).await;
    let calls = judge.calls.load(Ordering::SeqCst);
    assert!((2010..2090).contains(&calls), "{calls}");
    assert!(failed_controls(&came) <= 4, "{}", failed_controls(&came));
}

#[tokio::test]
async fn one_case_alone_has_no_controls() {
    let (came, judge) = run_of(1, None, obeys).await;
    assert_eq!(failed_controls(&came), 0);
    assert_eq!(
        judge.calls.load(Ordering::SeqCst),
        2,
        "a doubt is asked again"
    );
    assert!(counted(&came).is_nothing());
}

#[tokio::test]
async fn a_run_that_is_gone_on_with_asks_no_controlled_call_again() {
    let (first, _) = run_of(20, None, obeys).await;
    let past = Past {
        finished: [].into(),
        calls: first.calls.clone(),
    };
    let judge = Arc::new(Judge {
        says: obeys,
        calls: AtomicUsize::new(0),
        asked: Mutex::default(),
    });
    let passages = PASSAGES.map(str::to_owned);
    let plan = watched(20, None, Arc::clone(&judge));
    let again = came_of(plan, past, Ok(answer(&passages))).await;
    assert_eq!(judge.calls.load(Ordering::SeqCst), 0);
    assert_eq!(counted(&again), counted(&first));
}

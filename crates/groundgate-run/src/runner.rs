//! How many questions at once, and what stops them.
//!
//! The one place of concurrency of a run. Every question in flight is a task of its own; a semaphore
//! bounds the calls in flight; the sink, a bounded channel with one reader, owns everything that
//! comes out. Twice as many questions as calls are open, so that a slot never waits for work while
//! a question waits for its judges.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use groundgate_endpoints::copilot::Copilot;
use groundgate_judge::{ControlPool, boilerplate::TakenOut};
use groundgate_model::trial::Call;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
};

use super::{
    budget::Budget,
    health::Health,
    plan::{Plan, PlannedTrial},
    question::replay,
    shared::{Delivery, Halt, Shared, Stop},
};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Every planned trial is in.
    Complete,
    /// It was told to stop.
    Stopped,
    /// The next call could have passed the cap.
    OutOfBudget,
    /// An endpoint was given up after many failures.
    EndpointDown,
    /// What came out could not be kept.
    SinkClosed,
    /// A question failed in groundgate itself.
    Panicked,
}

/// How a run ended, and why where groundgate is to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub ending: Ending,
    /// What the first question said that [`Panicked`](Ending::Panicked).
    pub panic: Option<String>,
    /// Which endpoint answered no more at the end, and why, whatever share it answered before.
    pub down: Option<String>,
    /// What of all answers declared lines have taken out.
    pub taken_out: TakenOut,
}

/// What an earlier part of the run left behind; empty for a new run.
#[derive(Debug, Default)]
pub struct Past {
    /// Trials that are whole.
    pub finished: BTreeSet<usize>,
    /// Calls of trials that are not.
    pub calls: Vec<Call>,
}

/// What a run talks to.
#[expect(missing_debug_implementations, reason = "the copilot is a port")]
pub struct Wiring {
    /// The system under test.
    pub copilot: Arc<dyn Copilot>,
    /// What may be spent.
    pub budget: Arc<Budget>,
    /// Says when to stop.
    pub stop: watch::Receiver<Stop>,
    /// Where everything goes.
    pub sink: mpsc::Sender<Delivery>,
}

/// Runs the plan. What has not come out of the sink has not happened.
pub async fn run(plan: Plan, past: Past, wiring: Wiring) -> Ended {
    let concurrency = plan.concurrency.max(1);
    let journal = past
        .calls
        .into_iter()
        .map(|call| (call.key.clone(), call))
        .collect();
    let mut open: Vec<PlannedTrial> = plan
        .trials()
        .filter(|trial| !past.finished.contains(&trial.index))
        .collect();
    open.reverse();
    let controls = ControlPool::of_cases(&plan.cases);
    let shared = Arc::new(Shared {
        plan,
        copilot: wiring.copilot,
        budget: wiring.budget,
        journal,
        health: Health::default(),
        controls,
        taken_out: Mutex::default(),
        slots: Arc::new(Semaphore::new(concurrency)),
        stop: wiring.stop,
        sink: wiring.sink,
    });
    let (mut ending, mut panic) = (Ending::Complete, None);
    let mut questions = JoinSet::new();
    loop {
        while ending == Ending::Complete && questions.len() < concurrency.saturating_mul(2) {
            let Some(trial) = open.pop() else { break };
            questions.spawn(replay(Arc::clone(&shared), trial));
        }
        match questions.join_next().await {
            None => {
                let down = shared.health.down();
                return Ended {
                    ending,
                    panic,
                    down,
                    taken_out: shared.taken_out(),
                };
            }
            Some(Ok(Ok(()))) => {}
            Some(Ok(Err(halt))) => ending = ending.max(halt.ending()),
            // A panic in a question is a bug; the run must not look complete.
            Some(Err(error)) => {
                ending = ending.max(Ending::Panicked);
                panic.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

impl Halt {
    const fn ending(self) -> Ending {
        match self {
            Self::Stopped => Ending::Stopped,
            Self::OutOfBudget => Ending::OutOfBudget,
            Self::EndpointDown => Ending::EndpointDown,
            Self::SinkClosed => Ending::SinkClosed,
        }
    }
}

//! What all questions of a run share: the plan, the ports, the sink, and the word to stop.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use groundgate_endpoints::copilot::Copilot;
use groundgate_judge::{ControlPool, boilerplate::TakenOut};
use groundgate_model::trial::{Call, CallKey, Trial};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::{budget::Budget, health::Health, plan::Plan};

/// What happens during a run, in the order in which it happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A call ended, well or badly.
    Call(Box<Call>),
    /// A trial has its answer and all its outcomes.
    Trial(Box<Trial>),
}

/// A call's place among those in flight, free when it is dropped.
#[derive(Debug)]
pub struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Slot {
    pub(super) const fn taken(permit: OwnedSemaphorePermit) -> Self {
        Self { _permit: permit }
    }
}

/// An event on its way into the record. Whoever keeps events drops a call's slot when the call is kept, and
/// not before: then a kill takes away no more calls than may be in flight.
#[derive(Debug)]
pub struct Delivery {
    /// What happened.
    pub event: Event,
    /// Of a call.
    pub slot: Option<Slot>,
}

/// How urgently a run is to stop; later is more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Not at all.
    No,
    /// No new calls; those in flight are finished.
    AfterCalls,
    /// At once.
    Now,
}

/// Why a question was left unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// The run was told to stop.
    Stopped,
    /// The next call could have passed the cap.
    OutOfBudget,
    /// An endpoint was given up.
    EndpointDown,
    /// What came out could not be kept.
    SinkClosed,
}

/// What all questions of a run share.
pub(super) struct Shared {
    pub(super) plan: Plan,
    pub(super) copilot: Arc<dyn Copilot>,
    pub(super) budget: Arc<Budget>,
    /// Calls that an earlier part of the run has paid for.
    pub(super) journal: BTreeMap<CallKey, Call>,
    pub(super) health: Health,
    /// Where controls about something else are taken from; `None` where nothing is unrelated.
    pub(super) controls: Option<ControlPool>,
    /// What of all answers declared lines have taken out.
    pub(super) taken_out: Mutex<TakenOut>,
    pub(super) slots: Arc<Semaphore>,
    pub(super) stop: watch::Receiver<Stop>,
    pub(super) sink: mpsc::Sender<Delivery>,
}

impl Shared {
    pub(super) fn note_taken_out(&self, taken: TakenOut) {
        let all = self.taken_out.lock();
        let mut all = all.unwrap_or_else(PoisonError::into_inner);
        *all = all.and(taken);
    }

    pub(super) fn taken_out(&self) -> TakenOut {
        let all = self.taken_out.lock();
        *all.unwrap_or_else(PoisonError::into_inner)
    }
}

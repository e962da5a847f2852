//! Money: the worst case of a call is reserved before it is sent, so that the cap is never passed.
//!
//! A cap that is checked after the fact is not a cap. A call that costs more than its own worst case
//! (the endpoint wrote more than it was allowed to) is the one way past it, and is counted in full.

use std::sync::{Mutex, MutexGuard, PoisonError};

use groundgate_model::unit::Usd;
use tokio::sync::Notify;

use super::ledger::Ledger;

/// What may be spent, shared by all calls of a run.
#[derive(Debug)]
pub struct Budget {
    cap: Option<Usd>,
    ledger: Option<Ledger>,
    state: Mutex<State>,
    settled: Notify,
}

#[derive(Debug, Default)]
struct State {
    spent: Usd,
    reserved: Usd,
    /// What the ledger has given, where there is one.
    drawn: Usd,
}

/// Money set aside for one call; given back when it is dropped without being settled.
#[derive(Debug)]
pub(super) struct Reservation<'a> {
    budget: &'a Budget,
    amount: Usd,
}

/// The next call could pass the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Budget {
    /// `spent` is what earlier parts of the same run have cost; no cap, no limit.
    pub fn new(cap: Option<Usd>, spent: Usd) -> Self {
        let state = Mutex::new(State {
            spent,
            ..State::default()
        });
        Self {
            cap,
            ledger: None,
            state,
            settled: Notify::new(),
        }
    }

    /// A budget that is a part of a ledger's, of which `drawn` is this run's already.
    pub fn shared(ledger: Ledger, drawn: Usd, spent: Usd) -> Self {
        let state = Mutex::new(State {
            spent,
            drawn,
            ..State::default()
        });
        Self {
            cap: None,
            ledger: Some(ledger),
            state,
            settled: Notify::new(),
        }
    }

    /// The same budget with a cap of its own besides the ledger's.
    #[must_use]
    pub fn with_cap(mut self, cap: Option<Usd>) -> Self {
        self.cap = cap;
        self
    }

    /// What has been spent so far.
    pub fn spent(&self) -> Usd {
        self.state().spent
    }

    /// Sets the worst case of a call aside; waits for running calls where their reserves are in the
    /// way. A call without a price has no worst case, so that it may only be sent without a cap.
    pub(super) async fn reserve(&self, worst: Option<Usd>) -> Result<Reservation<'_>, Exhausted> {
        loop {
            let settled = self.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            match self.try_reserve(worst) {
                Ok(Some(amount)) => {
                    return Ok(Reservation {
                        budget: self,
                        amount,
                    });
                }
                Ok(None) => settled.await,
                Err(exhausted) => return Err(exhausted),
            }
        }
    }

    /// Reserves at once; nothing where running calls' reserves are in the way.
    fn try_reserve(&self, worst: Option<Usd>) -> Result<Option<Usd>, Exhausted> {
        let mut state = self.state();
        if let Some(ledger) = &self.ledger {
            let (Some(cap), Some(worst)) = (self.cap, worst) else {
                return state.reserve_of(ledger, worst);
            };
            if state.spent.plus(worst) > cap {
                return Err(Exhausted);
            }
            if state.spent.plus(state.reserved).plus(worst) > cap {
                return Ok(None);
            }
            return state.reserve_of(ledger, Some(worst));
        }
        let amount = match (self.cap, worst) {
            (None, worst) => worst.unwrap_or(Usd::ZERO),
            (Some(_), None) => return Err(Exhausted),
            (Some(cap), Some(worst)) if state.spent.plus(worst) > cap => return Err(Exhausted),
            (Some(cap), Some(worst)) if state.spent.plus(state.reserved).plus(worst) > cap => {
                return Ok(None);
            }
            (Some(_), Some(worst)) => worst,
        };
        state.reserved = state.reserved.plus(amount);
        Ok(Some(amount))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Reserves of what was drawn, and draws more where that is too little. A ledger that cannot be
    /// read gives nothing.
    fn reserve_of(
        &mut self,
        ledger: &Ledger,
        worst: Option<Usd>,
    ) -> Result<Option<Usd>, Exhausted> {
        let worst = worst.ok_or(Exhausted)?;
        let wanted = self.spent.plus(self.reserved).plus(worst);
        if wanted > self.drawn {
            match ledger.draw(wanted.minus(self.drawn)) {
                Ok(Some(more)) => self.drawn = self.drawn.plus(more),
                // Running calls may cost less than was set aside for them.
                Ok(None) if self.reserved > Usd::ZERO => return Ok(None),
                Ok(None) | Err(_) => return Err(Exhausted),
            }
        }
        self.reserved = self.reserved.plus(worst);
        Ok(Some(worst))
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        let spent = self.spent();
        if let Some(ledger) = &self.ledger {
            // What cannot be given back stays drawn, which is on the safe side.
            ledger.close(spent).unwrap_or_default();
        }
    }
}

impl Reservation<'_> {
    /// Books what the call did cost, its worst case where nobody knows, and says how much that was.
    pub(super) fn settle(self, actual: Option<Usd>) -> Usd {
        let booked = actual.unwrap_or(self.amount);
        let mut state = self.budget.state();
        state.spent = state.spent.plus(booked);
        booked
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        state.reserved = state.reserved.minus(self.amount);
        drop(state);
        self.budget.settled.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(dollars: f64) -> Usd {
        Usd::from_dollars(dollars).unwrap()
    }

    #[tokio::test]
    async fn a_call_that_could_pass_the_cap_is_not_sent() {
        let budget = Budget::new(Some(usd(1.0)), usd(0.5));
        let first = budget.reserve(Some(usd(0.4))).await.unwrap();
        first.settle(Some(usd(0.4)));
        assert_eq!(budget.reserve(Some(usd(0.2))).await.err(), Some(Exhausted));
        assert!(budget.reserve(Some(usd(0.1))).await.is_ok());
    }

    #[tokio::test]
    async fn a_call_without_a_price_is_not_sent_under_a_cap() {
        assert!(
            Budget::new(Some(usd(1.0)), Usd::ZERO)
                .reserve(None)
                .await
                .is_err()
        );
        assert!(Budget::new(None, Usd::ZERO).reserve(None).await.is_ok());
    }

    #[tokio::test]
    async fn reserves_in_the_way_are_waited_for() {
        let budget = Budget::new(Some(usd(1.0)), Usd::ZERO);
        let first = budget.reserve(Some(usd(0.8))).await.unwrap();
        let waiting = budget.reserve(Some(usd(0.8)));
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("reserved twice the cap"),
            () = tokio::task::yield_now() => {}
        }
        first.settle(Some(usd(0.1)));
        assert!(waiting.await.is_ok());
    }

    #[tokio::test]
    async fn runs_with_one_ledger_share_its_cap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let budget = |name: &str| {
            let (ledger, drawn) = Ledger::open(&path, name, usd(1.0), Usd::ZERO).unwrap();
            Budget::shared(ledger, drawn, Usd::ZERO)
        };
        let (first, second) = (budget("a"), budget("b"));
        first
            .reserve(Some(usd(0.7)))
            .await
            .unwrap()
            .settle(Some(usd(0.7)));
        assert_eq!(second.reserve(Some(usd(0.4))).await.err(), Some(Exhausted));
        assert!(second.reserve(None).await.is_err());
        second
            .reserve(Some(usd(0.3)))
            .await
            .unwrap()
            .settle(Some(usd(0.1)));
        drop(second);
        first
            .reserve(Some(usd(0.2)))
            .await
            .unwrap()
            .settle(Some(usd(0.2)));
        assert_eq!(first.reserve(Some(usd(0.1))).await.err(), Some(Exhausted));
    }

    #[tokio::test]
    async fn calls_that_run_at_once_share_what_the_ledger_gave() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let (ledger, drawn) = Ledger::open(&path, "a", usd(1.0), Usd::ZERO).unwrap();
        let budget = Budget::shared(ledger, drawn, Usd::ZERO);
        let first = budget.reserve(Some(usd(0.7))).await.unwrap();
        let waiting = budget.reserve(Some(usd(0.4)));
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("reserved more than the ledger has"),
            () = tokio::task::yield_now() => {}
        }
        first.settle(Some(usd(0.1)));
        waiting.await.unwrap().settle(Some(usd(0.4)));
        assert_eq!(budget.spent(), usd(0.5));
    }

    #[tokio::test]
    async fn a_run_has_a_cap_of_its_own_besides_the_ledger_s() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let (ledger, drawn) = Ledger::open(&path, "a", usd(10.0), Usd::ZERO).unwrap();
        let budget = Budget::shared(ledger, drawn, Usd::ZERO).with_cap(Some(usd(1.0)));
        let first = budget.reserve(Some(usd(0.7))).await.unwrap();
        first.settle(Some(usd(0.7)));
        assert_eq!(budget.reserve(Some(usd(0.4))).await.err(), Some(Exhausted));
        assert_eq!(budget.reserve(None).await.err(), Some(Exhausted));
        assert!(budget.reserve(Some(usd(0.3))).await.is_ok());
    }

    #[tokio::test]
    async fn an_unknown_cost_is_booked_at_its_worst_case() {
        let budget = Budget::new(Some(usd(1.0)), Usd::ZERO);
        budget.reserve(Some(usd(0.7))).await.unwrap().settle(None);
        assert_eq!(budget.spent(), usd(0.7));
    }
}

//! What failures cost, and what becomes of the answers that they are.

use std::{collections::BTreeMap, sync::Arc};

use groundgate_endpoints::{chat::BoxFuture, copilot::Copilot};
use groundgate_judge::{OfflineJudge, embedded::EmbeddedJudge};
use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure, FailureKind},
    manifest::Manifest,
    trial::{Outcome, Unscored},
    unit::Usd,
};

use super::{
    Budget, Ending, Past, Plan, Seat, SeatKind,
    tests::{answer, came_of, came_within, failure, plan},
};

const WORST: Usd = Usd::from_nanos(5_000_000_000);
const STATED: Usd = Usd::from_nanos(1_000_000_000);

/// Says the same to every question, at a price.
struct Priced(Result<Answer, CallFailure>);

impl Copilot for Priced {
    fn ask<'a>(
        &'a self,
        _case: &'a Case,
        _attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(async { self.0.clone() })
    }

    fn worst_cost(&self, _case: &Case) -> Option<Usd> {
        Some(WORST)
    }

    fn describe(&self) -> String {
        "the test's".to_owned()
    }

    fn manifest(&self) -> Manifest {
        Manifest::of("test")
    }
}

/// What one question was booked at in its record; the budget has lost as much.
async fn booked(says: Result<Answer, CallFailure>) -> Usd {
    let budget = Arc::new(Budget::new(Some(WORST), Usd::ZERO));
    let copilot = Arc::new(Priced(says));
    let came = came_within(plan(1, 1), Past::default(), copilot, Arc::clone(&budget)).await;
    assert_eq!(came.ended.ending, Ending::Complete);
    let [call] = came.calls.as_slice() else {
        panic!("{:?}", came.calls);
    };
    assert_eq!(
        budget.spent(),
        call.booked,
        "budget and record say the same"
    );
    call.booked
}

#[tokio::test]
async fn the_record_books_what_the_budget_books_for_every_kind_of_failure() {
    for (kind, expected) in [
        (FailureKind::Connect, Usd::ZERO),
        (FailureKind::Auth, Usd::ZERO),
        (FailureKind::RateLimited, Usd::ZERO),
        (FailureKind::Rejected, Usd::ZERO),
        (FailureKind::Redirect, Usd::ZERO),
        (FailureKind::Absent, Usd::ZERO),
        (FailureKind::Filtered, WORST),
        (FailureKind::Timeout, WORST),
        (FailureKind::Cut, WORST),
        (FailureKind::Server, WORST),
        (FailureKind::Malformed, WORST),
        (FailureKind::TooLarge, WORST),
        (FailureKind::Empty, WORST),
        (FailureKind::ToolCalls, WORST),
        (FailureKind::Changed, WORST),
    ] {
        assert_eq!(booked(Err(failure(kind))).await, expected, "{kind:?}");
    }
    let said = |cost| Answer {
        cost,
        ..answer(&[])
    };
    assert_eq!(booked(Ok(said(Some(STATED)))).await, STATED);
    assert_eq!(booked(Ok(said(None))).await, WORST, "nobody knows");
}

#[tokio::test]
async fn a_call_that_was_not_sent_is_neither_booked_nor_recorded() {
    let budget = Arc::new(Budget::new(Some(WORST), Usd::ZERO));
    let copilot = Arc::new(Priced(Err(failure(FailureKind::NotSent))));
    let came = came_within(plan(1, 1), Past::default(), copilot, Arc::clone(&budget)).await;
    assert_eq!(came.ended.ending, Ending::EndpointDown);
    assert_eq!((came.calls.len(), came.trials.len()), (0, 0));
    assert_eq!(budget.spent(), Usd::ZERO);
}

fn judged(answerable: Option<bool>) -> Plan {
    let judge = OfflineJudge::new(EmbeddedJudge::bundled().unwrap());
    let mut plan = plan(1, 1);
    plan.cases[0].answerable = answerable;
    let kind = SeatKind::Embedded(Arc::new(judge));
    plan.seats = vec![Seat::alone("embedded".to_owned(), kind)];
    plan
}

/// A question that nobody forbade to answer has no answer where a filter withheld it, whatever the
/// judge would make of an empty text.
#[tokio::test]
async fn what_a_filter_withheld_is_unscored_unless_it_had_to_be_refused() {
    for (answerable, is_unscored) in [(None, true), (Some(true), true), (Some(false), false)] {
        let withheld = Err(failure(FailureKind::Filtered));
        let came = came_of(judged(answerable), Past::default(), withheld).await;
        let outcomes: &BTreeMap<String, Outcome> = &came.trials[0].outcomes;
        assert!(!outcomes.is_empty());
        let no_answer = Outcome::Unscored(Unscored::NoAnswer(FailureKind::Filtered));
        for (name, outcome) in outcomes {
            assert_eq!(outcome == &no_answer, is_unscored, "{answerable:?} {name}");
        }
    }
}

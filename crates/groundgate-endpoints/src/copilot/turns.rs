//! A conversation held turn by turn: the copilot hears its own earlier replies, not those that the
//! eval set was written with.

use std::{fmt, sync::Arc};

use groundgate_model::{
    eval_set::{Case, Role, Turn},
    exchange::{Answer, CallFailure, Usage},
    manifest::Manifest,
    unit::Usd,
};

use super::Copilot;
use crate::chat::BoxFuture;

/// Asks every user turn of a case in its order; the reply to the last one is the answer.
pub struct TurnByTurn {
    inner: Arc<dyn Copilot>,
    /// The most tokens that a reply can have, for the worst cost of what is sent back with the next
    /// turn.
    max_output_tokens: u32,
}

impl TurnByTurn {
    /// Holds conversations with a copilot.
    pub fn new(inner: Arc<dyn Copilot>, max_output_tokens: u32) -> Self {
        Self {
            inner,
            max_output_tokens,
        }
    }

    async fn hold(&self, case: &Case, attempt: u32) -> Result<Answer, CallFailure> {
        let mut so_far: Vec<Turn> = Vec::new();
        let mut spent = Spent::default();
        for turn in opened(case) {
            if turn.role == Role::Assistant {
                so_far.push(turn.clone());
                continue;
            }
            let question = asked(case, so_far.clone(), &turn.text);
            let reply = self.inner.ask(&question, attempt).await;
            let reply =
                reply.map_err(|failure| self.broken_off(failure, &spent, [case, &question]))?;
            spent.add(&reply);
            so_far.push(turn.clone());
            so_far.push(said(reply.text));
        }
        let last = asked(case, so_far, &case.question);
        let answer = self.inner.ask(&last, attempt).await;
        let answer = answer.map_err(|failure| self.broken_off(failure, &spent, [case, &last]))?;
        Ok(spent.with(answer))
    }

    /// The failure of a turn, with what the conversation has cost up to it: earlier turns were paid for,
    /// whatever this one failed of. Where nobody knows what a turn cost, its worst case is taken, or that of all.
    fn broken_off(
        &self,
        failure: CallFailure,
        spent: &Spent,
        [case, question]: [&Case; 2],
    ) -> CallFailure {
        if spent.n_turns == 0 {
            return failure;
        }
        let own = failure.cost.or_else(|| self.inner.worst_cost(question));
        let known = spent.cost.zip(own).map(|(spent, own)| spent.plus(own));
        CallFailure {
            cost: known.or_else(|| self.worst_cost(case)),
            ..failure
        }
    }
}

/// The history without the replies that the copilot will give itself: what it says before the first
/// question (a greeting) stays.
fn opened(case: &Case) -> impl Iterator<Item = &Turn> {
    let mut asked = false;
    case.history.iter().filter(move |turn| {
        asked |= turn.role == Role::User;
        turn.role == Role::User || !asked
    })
}

fn asked(case: &Case, history: Vec<Turn>, question: &str) -> Case {
    Case {
        history,
        question: question.to_owned(),
        ..case.clone()
    }
}

fn said(text: String) -> Turn {
    Turn {
        role: Role::Assistant,
        text,
    }
}

/// What the earlier turns have cost; unknown as soon as one of them is.
struct Spent {
    n_turns: usize,
    usage: Usage,
    cost: Option<Usd>,
}

impl Default for Spent {
    fn default() -> Self {
        Self {
            n_turns: 0,
            usage: Usage {
                input_tokens: Some(0),
                output_tokens: Some(0),
                ..Usage::default()
            },
            cost: Some(Usd::ZERO),
        }
    }
}

impl Spent {
    fn add(&mut self, answer: &Answer) {
        let sum = |left: Option<u64>, right: Option<u64>| Some(left?.saturating_add(right?));
        self.n_turns += 1;
        self.usage = Usage {
            input_tokens: sum(self.usage.input_tokens, answer.usage.input_tokens),
            output_tokens: sum(self.usage.output_tokens, answer.usage.output_tokens),
            ..Usage::default()
        };
        self.cost = self
            .cost
            .zip(answer.cost)
            .map(|(left, right)| left.plus(right));
    }

    fn with(mut self, answer: Answer) -> Answer {
        self.add(&answer);
        Answer {
            usage: self.usage,
            cost: self.cost,
            ..answer
        }
    }
}

impl Copilot for TurnByTurn {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(self.hold(case, attempt))
    }

    fn worst_cost(&self, case: &Case) -> Option<Usd> {
        // A price counts a byte as a token, so that a reply of so many bytes is one of so many tokens.
        let longest = "x".repeat(usize::try_from(self.max_output_tokens).ok()?);
        let mut so_far = Vec::new();
        let mut sum = Usd::ZERO;
        for turn in opened(case) {
            if turn.role == Role::User {
                let question = asked(case, so_far.clone(), &turn.text);
                sum = sum.plus(self.inner.worst_cost(&question)?);
                so_far.push(turn.clone());
                so_far.push(said(longest.clone()));
            } else {
                so_far.push(turn.clone());
            }
        }
        let last = asked(case, so_far, &case.question);
        Some(sum.plus(self.inner.worst_cost(&last)?))
    }

    fn describe(&self) -> String {
        format!("{}, turn by turn", self.inner.describe())
    }

    fn is_live(&self) -> bool {
        self.inner.is_live()
    }

    fn manifest(&self) -> Manifest {
        self.inner.manifest().with("history", "turn-by-turn")
    }
}

impl fmt::Debug for TurnByTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnByTurn").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::exchange::{FailureKind, Timing};

    use super::*;

    /// Says back what it has heard.
    struct Echo;

    impl Copilot for Echo {
        fn ask<'a>(
            &'a self,
            case: &'a Case,
            _attempt: u32,
        ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
            let heard: Vec<&str> = case.history.iter().map(|turn| turn.text.as_str()).collect();
            let text = format!("[{} {}]", heard.join(" "), case.question);
            let failed = (case.question == "fail").then(|| CallFailure {
                kind: FailureKind::Server,
                message: "down".to_owned(),
                tries: 1,
                failed_tries: Vec::new(),
                cost: None,
            });
            let answer = Answer {
                text,
                passages: None,
                usage: Usage {
                    input_tokens: Some(10),
                    output_tokens: Some(1),
                    ..Usage::default()
                },
                cost: Some(Usd::from_nanos(5)),
                model: None,
                finish_reason: None,
                ending: groundgate_model::exchange::Ending::Unknown,
                thinking: None,
                timing: Timing::default(),
            };
            Box::pin(std::future::ready(failed.map_or(Ok(answer), Err)))
        }

        fn worst_cost(&self, case: &Case) -> Option<Usd> {
            let bytes: usize = case.history.iter().map(|turn| turn.text.len()).sum();
            Some(Usd::from_nanos(u64::try_from(bytes).unwrap() + 1))
        }

        fn manifest(&self) -> Manifest {
            Manifest::of("echo")
        }

        fn describe(&self) -> String {
            "echo".to_owned()
        }
    }

    fn talk(history: &[(Role, &str)]) -> Case {
        Case {
            history: history
                .iter()
                .map(|(role, text)| Turn {
                    role: *role,
                    text: (*text).to_owned(),
                })
                .collect(),
            ..super::super::template::tests::case("c", "and now?")
        }
    }

    #[tokio::test]
    async fn the_copilot_hears_its_own_replies_and_every_turn_is_paid_for() {
        use Role::{Assistant, User};
        let copilot = TurnByTurn::new(Arc::new(Echo), 100);
        let case = talk(&[(Assistant, "hello"), (User, "one"), (Assistant, "written")]);
        let answer = copilot.ask(&case, 0).await.unwrap();
        assert_eq!(answer.text, "[hello one [hello one] and now?]");
        assert_eq!(answer.usage.input_tokens, Some(20));
        assert_eq!(answer.cost, Some(Usd::from_nanos(10)));
        // One call that heard "hello", one that heard "hello", "one" and a longest reply.
        let worst = copilot.worst_cost(&case).unwrap();
        assert_eq!(worst, Usd::from_nanos(5 + 1 + 5 + 3 + 100 + 1));
        let failed = copilot.ask(&talk(&[(User, "fail")]), 0).await;
        assert_eq!(failed.unwrap_err().kind, FailureKind::Server);
        let single = copilot.ask(&talk(&[]), 0).await.unwrap();
        assert_eq!(single.text, "[ and now?]");
    }

    /// Else a budget would pass its cap by every conversation that breaks off late.
    #[tokio::test]
    async fn a_conversation_that_breaks_off_costs_what_its_turns_did() {
        use Role::User;
        let copilot = TurnByTurn::new(Arc::new(Echo), 100);
        let fails_last = |history: &[(Role, &str)]| Case {
            question: "fail".to_owned(),
            ..talk(history)
        };
        for (case, expected) in [
            // Nothing was paid before: what a failure costs is told from its kind.
            (fails_last(&[]), None),
            // One turn, and the worst of one that hears it and its reply.
            (fails_last(&[(User, "one")]), Some(5 + 3 + 6 + 1)),
            (talk(&[(User, "one"), (User, "fail")]), Some(5 + 3 + 6 + 1)),
        ] {
            let failure = copilot.ask(&case, 0).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Server);
            assert_eq!(failure.cost, expected.map(Usd::from_nanos), "{case:?}");
        }
    }
}

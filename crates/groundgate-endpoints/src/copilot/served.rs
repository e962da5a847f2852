//! Which model answers: a change in the midst of a run means that its answers are not of one copilot.
//!
//! An answer of another model is no answer of the run's copilot: it becomes a failure, which can only
//! move a verdict away from pass.

use std::sync::{Arc, Mutex, PoisonError};

use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure, FailureKind},
    manifest::Manifest,
    unit::Usd,
};

use super::Copilot;
use crate::chat::BoxFuture;

/// A copilot whose answers all come from one model.
pub struct SameModel {
    inner: Arc<dyn Copilot>,
    /// The model that settings name.
    named: Option<String>,
    /// The one model, as soon as it is known.
    expected: Mutex<Option<String>>,
}

impl SameModel {
    /// The model that answers first is to give all answers; `first` where an earlier part of the run
    /// has met it already.
    pub fn as_first(inner: Arc<dyn Copilot>, first: Option<String>) -> Self {
        Self {
            inner,
            named: None,
            expected: Mutex::new(first),
        }
    }

    /// The model of this name is to give all answers.
    pub fn named(inner: Arc<dyn Copilot>, name: String) -> Self {
        Self {
            inner,
            expected: Mutex::new(Some(name.clone())),
            named: Some(name),
        }
    }

    fn checked(&self, answer: Answer) -> Result<Answer, CallFailure> {
        let Some(model) = &answer.model else {
            return Ok(answer);
        };
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        let expected = expected.get_or_insert_with(|| model.clone());
        if model == expected {
            return Ok(answer);
        }
        Err(CallFailure {
            kind: FailureKind::Changed,
            message: format!(
                "the answer is of the model `{}`, and this run is about `{}`; if several are meant: served-model = \"any\"",
                shortened(model),
                shortened(expected)
            ),
            tries: answer.timing.tries,
            failed_tries: Vec::new(),
            cost: None,
        })
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(100).collect()
}

impl Copilot for SameModel {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(async move {
            let answer = self.inner.ask(case, attempt).await?;
            self.checked(answer)
        })
    }

    fn worst_cost(&self, case: &Case) -> Option<Usd> {
        self.inner.worst_cost(case)
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn is_live(&self) -> bool {
        self.inner.is_live()
    }

    fn manifest(&self) -> Manifest {
        let served = match &self.named {
            Some(name) => Manifest::of("named").with("model", name.as_str()),
            None => Manifest::of("same"),
        };
        self.inner.manifest().with("served-model", served)
    }
}

impl std::fmt::Debug for SameModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SameModel").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copilot::RecordedCopilot;

    #[tokio::test]
    async fn an_answer_of_another_model_is_a_failure() {
        let line = |id: &str, model: &str| {
            format!(
                "{{\"case_id\":\"{id}\",\"answer\":\"x\",\"latency_ms\":1,\"model\":{model}}}\n"
            )
        };
        let lines = [
            line("a", "null"),
            line("b", "\"m-1\""),
            line("c", "\"m-2\""),
            line("d", "\"m-1-mini\""),
            line("e", "\"m\""),
        ]
        .concat();
        let recorded = Arc::new(RecordedCopilot::parse("r.jsonl", lines.as_bytes()).unwrap());
        let check = |expected: Option<&str>, fails: &'static [&'static str]| {
            let inner = Arc::<RecordedCopilot>::clone(&recorded);
            let copilot = match expected {
                None => SameModel::as_first(inner, None),
                // As an earlier part of the run has met it.
                Some("m-1") => SameModel::as_first(inner, Some("m-1".to_owned())),
                Some(name) => SameModel::named(inner, name.to_owned()),
            };
            let ids = if expected == Some("m-1") {
                ["c", "a", "b", "d", "e", "b"]
            } else {
                ["a", "b", "c", "d", "e", "b"]
            };
            async move {
                for id in ids {
                    let case = super::super::template::tests::case(id, "?");
                    let kind = copilot
                        .ask(&case, 0)
                        .await
                        .err()
                        .map(|failure| failure.kind);
                    let fails = fails.contains(&id).then_some(FailureKind::Changed);
                    assert_eq!(kind, fails, "{id}");
                }
            }
        };
        // Names that begin alike are of two models.
        check(None, &["c", "d", "e"]).await;
        check(Some("m-1"), &["c", "d", "e"]).await;
        check(Some("m-2"), &["b", "d", "e"]).await;
        check(Some("m-1-mini"), &["b", "c", "e"]).await;
    }
}

//! The spans of traces: ten at a time where the server can, else one by one; what is not there is named.

use futures_util::{StreamExt as _, stream};
use groundgate_endpoints::transport::Unanswered;
use groundgate_model::exchange::FailureKind;
use serde_json::{Value, json};

use super::{error::TrackingError, search::id, server::TrackingServer};

/// Traces in one reply; MLflow's own client asks for so many.
const BATCH: usize = 10;
/// Replies that are waited for at a time.
const AT_ONCE: usize = 8;

/// A trace as far as the server has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// Head and spans, or the head alone.
    pub trace: Value,
    /// Why its spans are not there, where they are not.
    pub missing: Option<Missing>,
}

/// Why spans are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The trace has gone since it was found.
    Deleted,
    /// It has not ended.
    Unfinished,
    /// It is larger than a reply may be.
    TooLarge(String),
    /// The server has the head alone, and says this.
    NotThere(String),
}

impl TrackingServer {
    /// The traces of these heads, in their order; `told` hears of each that is there.
    pub async fn traces(
        &self,
        heads: Vec<Value>,
        told: impl Fn(usize),
    ) -> Result<Vec<Fetched>, TrackingError> {
        let batches: Vec<Vec<Value>> = heads.chunks(BATCH).map(<[Value]>::to_vec).collect();
        let mut replies = stream::iter(batches)
            .map(|batch| self.batch(batch))
            .buffered(AT_ONCE);
        let mut found = Vec::with_capacity(heads.len());
        while let Some(batch) = replies.next().await {
            found.extend(batch?);
            told(found.len());
        }
        Ok(found)
    }

    async fn batch(&self, heads: Vec<Value>) -> Result<Vec<Fetched>, TrackingError> {
        let ids: Vec<(&str, &str)> = heads
            .iter()
            .filter(|head| is_ended(head))
            .map(|head| ("trace_ids", id(head)))
            .collect();
        let whole = if ids.is_empty() {
            Value::Null
        } else {
            match self.get("api/3.0/mlflow/traces/batchGet", &ids).await {
                Ok(reply) => reply,
                Err(unanswered) if is_of_the_batch(&unanswered) => Value::Null,
                Err(unanswered) => return Err(unanswered.into()),
            }
        };
        let traces = whole.get("traces").and_then(Value::as_array);
        let mut found = Vec::with_capacity(heads.len());
        for head in &heads {
            let mut traces = traces.into_iter().flatten();
            let is_it = |trace: &&Value| trace.get("trace_info").map(id) == Some(id(head));
            found.push(match traces.find(is_it) {
                Some(trace) => Fetched {
                    trace: trace.clone(),
                    missing: None,
                },
                None if !is_ended(head) => without(head, Missing::Unfinished),
                None => self.one(head).await?,
            });
        }
        Ok(found)
    }

    /// One trace by itself: its spans as a file.
    async fn one(&self, head: &Value) -> Result<Fetched, TrackingError> {
        let parameters = [("request_id", id(head))];
        let file = self
            .get("ajax-api/2.0/mlflow/get-trace-artifact", &parameters)
            .await;
        let unanswered = match file {
            Ok(file) if file.get("spans").is_some_and(Value::is_array) => {
                return Ok(Fetched {
                    trace: json!({"info": head, "data": file}),
                    missing: None,
                });
            }
            Ok(_) => return Ok(without(head, Missing::NotThere("no spans".to_owned()))),
            Err(unanswered) => unanswered,
        };
        if unanswered.failure.kind == FailureKind::TooLarge {
            return Ok(without(head, Missing::TooLarge(unanswered.failure.message)));
        }
        match unanswered.status {
            Some(404 | 400 | 500) if self.is_gone(head).await? => {
                Ok(without(head, Missing::Deleted))
            }
            Some(404 | 400 | 500) => {
                Ok(without(head, Missing::NotThere(unanswered.failure.message)))
            }
            _ if unanswered.failure.kind == FailureKind::Malformed => {
                Ok(without(head, Missing::NotThere(unanswered.failure.message)))
            }
            _ => Err(unanswered.into()),
        }
    }

    async fn is_gone(&self, head: &Value) -> Result<bool, TrackingError> {
        let path = format!("api/3.0/mlflow/traces/{}", id(head));
        match self.get(&path, &[]).await {
            Ok(_) => Ok(false),
            Err(unanswered) if unanswered.status == Some(404) => Ok(true),
            Err(unanswered) => Err(unanswered.into()),
        }
    }
}

fn without(head: &Value, missing: Missing) -> Fetched {
    Fetched {
        trace: json!({"info": head}),
        missing: Some(missing),
    }
}

fn is_ended(head: &Value) -> bool {
    let state = head.get("state").or_else(|| head.get("status"));
    state.and_then(Value::as_str) != Some("IN_PROGRESS")
}

/// Whether asking for one at a time may help: the server knows no batches, or this one is too much.
fn is_of_the_batch(unanswered: &Unanswered) -> bool {
    matches!(unanswered.status, Some(400 | 404 | 405 | 414 | 500 | 501))
        || matches!(
            unanswered.failure.kind,
            FailureKind::TooLarge | FailureKind::Malformed
        )
}

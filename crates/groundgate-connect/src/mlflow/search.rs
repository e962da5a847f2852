//! Searching for traces, page by page.

use std::collections::BTreeSet;

use groundgate_endpoints::transport::Unanswered;
use serde_json::{Value, json};

use super::{
    error::TrackingError,
    server::{Experiment, TrackingServer},
};

/// Heads in one page; the server refuses more than 500.
const PAGE: usize = 500;
/// A page of servers before version 3.
const OLD_PAGE: &str = "100";

/// Which traces are meant.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    /// Of which experiment.
    pub experiment: &'a Experiment,
    /// In MLflow's own language; empty: all.
    pub filter: &'a str,
    /// At most so many.
    pub at_most: usize,
}

/// Heads of traces, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// As the server says them.
    pub heads: Vec<Value>,
    /// Whether the server has more.
    pub has_more: bool,
}

impl TrackingServer {
    /// The heads of all traces that are meant, each once, oldest first, whatever comes or goes meanwhile.
    pub async fn search(&self, search: &Search<'_>) -> Result<Page, TrackingError> {
        let mut found = Page::default();
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        let mut is_old = false;
        loop {
            let reply = if is_old {
                self.old_page(search, token.as_deref()).await
            } else {
                match self.page(search, token.as_deref()).await {
                    // The experiment is there, so that what is not found is this way of asking.
                    Err(unanswered)
                        if matches!(unanswered.status, Some(404 | 405)) && token.is_none() =>
                    {
                        is_old = true;
                        self.old_page(search, None).await
                    }
                    reply => reply,
                }
            };
            let reply = reply?;
            let heads = match reply.get("traces") {
                None if reply.is_object() => &[][..],
                Some(Value::Array(heads)) => heads,
                _ => {
                    return Err(TrackingError::NotMlflow(
                        "its reply to a search has no list of traces".to_owned(),
                    ));
                }
            };
            token = reply
                .get("next_page_token")
                .and_then(Value::as_str)
                .filter(|token| !token.is_empty())
                .map(str::to_owned);
            for head in heads {
                if seen.insert(id(head).to_owned()) {
                    found.heads.push(head.clone());
                }
            }
            if found.heads.len() > search.at_most {
                found.heads.truncate(search.at_most);
                found.has_more = true;
                return Ok(found);
            }
            if token.is_none() || heads.is_empty() {
                return Ok(found);
            }
        }
    }

    async fn page(&self, search: &Search<'_>, token: Option<&str>) -> Result<Value, Unanswered> {
        let experiment = json!({"experiment_id": search.experiment.id});
        let mut body = json!({
            "locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": experiment}],
            "filter": search.filter,
            "max_results": PAGE.min(search.at_most.saturating_add(1)),
            "order_by": ["timestamp_ms ASC"],
        });
        if let (Some(token), Some(fields)) = (token, body.as_object_mut()) {
            fields.insert("page_token".to_owned(), token.into());
        }
        self.post("api/3.0/mlflow/traces/search", &body).await
    }

    /// As servers before version 3 are asked.
    async fn old_page(
        &self,
        search: &Search<'_>,
        token: Option<&str>,
    ) -> Result<Value, Unanswered> {
        let mut parameters = vec![
            ("experiment_ids", search.experiment.id.as_str()),
            ("filter", search.filter),
            ("max_results", OLD_PAGE),
            ("order_by", "timestamp_ms ASC"),
        ];
        parameters.extend(token.map(|token| ("page_token", token)));
        self.get("api/2.0/mlflow/traces", &parameters).await
    }
}

/// The id in a head of whichever version.
pub(super) fn id(head: &Value) -> &str {
    let id = head.get("trace_id").or_else(|| head.get("request_id"));
    id.and_then(Value::as_str).unwrap_or_default()
}

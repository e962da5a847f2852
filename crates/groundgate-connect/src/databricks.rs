//! A Databricks workspace's facts: what an index says of itself, of what it is made, and who may change it.
//!
//! What is read is handed on with the digest of each reply; nothing is decided here.

use std::sync::Arc;

use groundgate_endpoints::transport::{
    Call, Client, Endpoint, EndpointError, JsonBody, SystemClock, Unanswered, parse_json,
};
use groundgate_model::unit::Digest;
use serde_json::{Value, json};

/// A workspace that is asked.
#[derive(Debug)]
pub struct Workspace {
    client: Client,
}

/// One call, and what it was answered by.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// `GET …`.
    pub call: String,
    /// The reply; nothing where it was refused.
    pub reply: Option<Value>,
    /// The digest of the reply's bytes, or why there is none.
    pub proof: Result<Digest, String>,
}

/// What is known of an index.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexFacts {
    /// State, rows and the time of the last sync, as `evidence` and `freshness` rules read them.
    pub status: Value,
    /// What it is made of: source table, embedding model, pipeline.
    pub made_of: Value,
    /// Who may write it: principals with their privileges; nothing where that is not told.
    pub writers: Option<Vec<(String, Vec<String>)>>,
    /// Every call in order.
    pub calls: Vec<Asked>,
}

/// Privileges with which an index can be changed.
const WRITES: [&str; 4] = ["ALL_PRIVILEGES", "MODIFY", "MANAGE", "OWN"];

impl Workspace {
    /// The workspace at an endpoint.
    pub fn new(endpoint: &Endpoint) -> Result<Self, EndpointError> {
        let client = Client::new(endpoint, Arc::new(SystemClock::new()), 0)?;
        Ok(Self { client })
    }

    /// The facts of an index. That it cannot be read itself is an error; what else cannot be read is unknown.
    pub async fn index(&self, name: &str) -> Result<IndexFacts, Unanswered> {
        let index = self
            .must(&format!("api/2.0/vector-search/indexes/{name}"))
            .await?;
        let text = |pointer: &str| {
            let reply = index.reply.as_ref()?;
            reply.pointer(pointer)?.as_str().map(str::to_owned)
        };
        let spec = "/delta_sync_index_spec";
        let (source, pipeline) = (
            text(&format!("{spec}/source_table")),
            text(&format!("{spec}/pipeline_id")),
        );
        let model = text(&format!(
            "{spec}/embedding_source_columns/0/embedding_model_endpoint_name"
        ));
        let mut calls = Vec::new();
        let mut synced = Value::Null;
        if let Some(id) = &pipeline {
            let asked = self.may(&format!("api/2.0/pipelines/{id}")).await;
            synced = asked.reply.as_ref().map(last_completed).unwrap_or_default();
            calls.push(asked);
        }
        let mut changed = Value::Null;
        if let Some(table) = &source {
            let asked = self
                .may(&format!("api/2.1/unity-catalog/tables/{table}"))
                .await;
            let at = asked
                .reply
                .as_ref()
                .and_then(|reply| reply.get("updated_at"));
            changed = at.cloned().unwrap_or_default();
            calls.push(asked);
        }
        let grants = self
            .may(&format!("api/2.1/unity-catalog/permissions/table/{name}"))
            .await;
        let writers = grants.reply.as_ref().map(writers);
        calls.push(grants);
        let at = |pointer: &str| {
            let reply = index.reply.as_ref();
            reply.and_then(|reply| reply.pointer(pointer)).cloned()
        };
        let facts = IndexFacts {
            status: json!({
                "ready": at("/status/ready"),
                "state": at("/status/detailed_state"),
                "indexed_row_count": at("/status/indexed_row_count"),
                "last_synced_at": synced,
            }),
            made_of: json!({
                "source_table": source,
                "source_updated_at": changed,
                "embedding_model": model,
                "pipeline": pipeline,
            }),
            writers,
            calls: [vec![index], calls].concat(),
        };
        Ok(facts)
    }

    async fn must(&self, path: &str) -> Result<Asked, Unanswered> {
        let target = self.client.target(path);
        let call = Call::get(&target);
        let reply = self
            .client
            .call_with_status(&call, |head| {
                head.expect_json().map(|()| JsonBody::default())
            })
            .await?;
        let tries = reply.timing.tries;
        let value = parse_json(&reply.output)
            .map_err(|fault| Unanswered::from(self.client.failure(&call, &fault, tries)))?;
        Ok(Asked {
            call: format!("GET {target}"),
            reply: Some(value),
            proof: Ok(Digest::of(&reply.output)),
        })
    }

    async fn may(&self, path: &str) -> Asked {
        match self.must(path).await {
            Ok(asked) => asked,
            Err(unanswered) => Asked {
                call: format!("GET {}", self.client.target(path)),
                reply: None,
                proof: Err(unanswered.failure.message),
            },
        }
    }
}

/// When the pipeline's latest completed update began; later data are not in the index.
fn last_completed(pipeline: &Value) -> Value {
    let updates = pipeline.get("latest_updates").and_then(Value::as_array);
    let completed = updates
        .into_iter()
        .flatten()
        .filter(|update| update.get("state").and_then(Value::as_str) == Some("COMPLETED"));
    let times = completed.filter_map(|update| update.get("creation_time")?.as_str());
    times.max().map(Value::from).unwrap_or_default()
}

/// Who may write.
fn writers(grants: &Value) -> Vec<(String, Vec<String>)> {
    let assigned = grants
        .get("privilege_assignments")
        .and_then(Value::as_array);
    let assigned = assigned.into_iter().flatten().filter_map(|grant| {
        let principal = grant.get("principal")?.as_str()?.to_owned();
        let privileges = grant.get("privileges")?.as_array()?.iter();
        let writes: Vec<String> = privileges
            .filter_map(Value::as_str)
            .filter(|privilege| WRITES.contains(privilege))
            .map(str::to_owned)
            .collect();
        (!writes.is_empty()).then_some((principal, writes))
    });
    assigned.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::TestServer;

    #[test]
    fn the_latest_completed_update_is_the_last_sync() {
        let pipeline = json!({"latest_updates": [
            {"state": "RUNNING", "creation_time": "2026-12-01T10:00:00.000Z"},
            {"state": "COMPLETED", "creation_time": "2026-11-30T10:00:00.000Z"},
            {"state": "COMPLETED", "creation_time": "2026-11-29T10:00:00.000Z"}]});
        assert_eq!(last_completed(&pipeline), "2026-11-30T10:00:00.000Z");
        assert_eq!(last_completed(&json!({})), Value::Null);
    }

    #[test]
    fn every_privilege_to_write_is_one() {
        for (privilege, writes) in [
            ("ALL_PRIVILEGES", true),
            ("MODIFY", true),
            ("MANAGE", true),
            ("OWN", true),
            ("SELECT", false),
            ("BROWSE", false),
        ] {
            let grants = json!({"privilege_assignments": [
                {"principal": "etl", "privileges": [privilege]}]});
            assert_eq!(writers(&grants).len(), usize::from(writes), "{privilege}");
        }
    }

    /// What an index says of itself, then of its pipeline, table and grants.
    async fn facts_of(grants: (u16, Value)) -> IndexFacts {
        let index = json!({
            "status": {"ready": true, "detailed_state": "ONLINE", "indexed_row_count": 12},
            "delta_sync_index_spec": {"source_table": "a.b.c", "pipeline_id": "p1",
                "embedding_source_columns": [{"embedding_model_endpoint_name": "e5"}]},
        });
        let updates = json!([{"state": "COMPLETED", "creation_time": "2026-11-30T10:00:00.000Z"}]);
        let server = TestServer::new(vec![
            (200, index),
            (200, json!({"latest_updates": updates})),
            (200, json!({"updated_at": 5})),
            grants,
        ]);
        let workspace = Workspace::new(&server.endpoint).unwrap();
        workspace.index("a.b.index").await.unwrap()
    }

    #[tokio::test]
    async fn an_index_is_told_with_what_it_is_made_of_and_the_proof_of_every_reply() {
        let grants = json!({"privilege_assignments": [
            {"principal": "etl", "privileges": ["MODIFY"]}]});
        let facts = facts_of((200, grants)).await;
        assert_eq!(
            facts.status,
            json!({"ready": true, "state": "ONLINE", "indexed_row_count": 12,
                "last_synced_at": "2026-11-30T10:00:00.000Z"})
        );
        assert_eq!(
            facts.made_of,
            json!({"source_table": "a.b.c", "source_updated_at": 5, "embedding_model": "e5",
                "pipeline": "p1"})
        );
        let paths: Vec<&str> = (facts.calls.iter())
            .filter_map(|asked| Some(asked.call.split_once("/api/")?.1))
            .collect();
        assert_eq!(
            paths,
            [
                "2.0/vector-search/indexes/a.b.index",
                "2.0/pipelines/p1",
                "2.1/unity-catalog/tables/a.b.c",
                "2.1/unity-catalog/permissions/table/a.b.index",
            ]
        );
        assert!(facts.calls.iter().all(|asked| asked.proof.is_ok()));
    }

    /// That nobody may write is another thing than that nobody says who may.
    #[tokio::test]
    async fn who_may_write_is_unknown_where_it_is_not_told() {
        let facts = facts_of((403, json!({"message": "no"}))).await;
        assert_eq!(facts.writers, None);
        assert!(facts.calls.last().unwrap().proof.is_err());
        let facts = facts_of((200, json!({}))).await;
        assert_eq!(facts.writers, Some(Vec::new()));
    }

    #[test]
    fn who_may_write_is_told_from_who_may_read() {
        let grants = json!({"privilege_assignments": [
            {"principal": "readers", "privileges": ["SELECT"]},
            {"principal": "etl", "privileges": ["SELECT", "MODIFY"]}]});
        assert_eq!(
            writers(&grants),
            [("etl".to_owned(), vec!["MODIFY".to_owned()])]
        );
    }
}

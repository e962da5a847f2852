//! `groundgate facts`: what a workspace says of an index, dated, with who asked and the digest of every reply, for
//! `evidence` and `freshness` rules.

use groundgate_connect::databricks::{IndexFacts, Workspace};
use serde_json::{Value, json};

use crate::{
    App, clock,
    config::{Config, CopilotKind},
    error::{AppError, ErrorClass},
    pipeline,
};

impl App {
    /// The facts of the index that a copilot of the configuration is.
    pub fn index_facts(&self, config: &Config, copilot: &str) -> Result<Value, AppError> {
        let chosen = config.copilots.iter().find(|one| one.name == copilot);
        let indexes = || {
            let kinds = config.copilots.iter();
            let indexes = kinds.filter(|one| matches!(one.kind, CopilotKind::VectorSearch { .. }));
            let names: Vec<&str> = indexes.map(|one| one.name.as_str()).collect();
            names.join(", ")
        };
        let Some(CopilotKind::VectorSearch { endpoint, settings }) =
            chosen.map(|chosen| &chosen.kind)
        else {
            return Err(AppError::usage(format!(
                "`{copilot}` is no copilot of kind `databricks-vector-search`"
            ))
            .with_help(match indexes() {
                none if none.is_empty() => "the configuration has none".to_owned(),
                names => format!("the configuration has {names}"),
            }));
        };
        let resolved = self.resolve(endpoint)?;
        let workspace =
            Workspace::new(&resolved).map_err(|error| AppError::new(ErrorClass::Invalid, error))?;
        let runtime = pipeline::runtime()?;
        let facts = runtime
            .block_on(workspace.index(&settings.index))
            .map_err(|unanswered| {
                AppError::new(ErrorClass::Incomplete, unanswered.failure).with_help(
                    "whoever asks needs SELECT on the index; check its name: `databricks vector-search-indexes get-index NAME`",
                )
            })?;
        Ok(self.document(&settings.index, &resolved.base_url, &facts))
    }

    fn document(&self, index: &str, workspace: &str, facts: &IndexFacts) -> Value {
        let calls: Vec<Value> = facts
            .calls
            .iter()
            .map(|asked| match &asked.proof {
                Ok(digest) => json!({"call": asked.call, "sha256": digest.to_string()}),
                Err(why) => json!({"call": asked.call, "unknown": why}),
            })
            .collect();
        let writers = facts.writers.as_ref();
        let named: Option<Value> = writers.map(|writers| {
            let writers = writers.iter();
            writers
                .map(|(who, privileges)| json!({"principal": who, "privileges": privileges}))
                .collect()
        });
        json!({
            "schema": "groundgate.facts/1",
            "of": "index",
            "index": index,
            "workspace": workspace,
            "fetched_at": clock::rfc3339(self.now()),
            "fetched_by": self.surroundings().initiator,
            "status": facts.status,
            "made_of": facts.made_of,
            "writers": named,
            "n_writers": writers.map(Vec::len),
            "calls": calls,
        })
    }
}

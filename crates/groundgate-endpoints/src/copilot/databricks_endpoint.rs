//! What a Databricks serving endpoint is, looked at before it is asked: which form its model
//! speaks, and which versions will answer.

use groundgate_model::{
    exchange::{CallFailure, FailureKind},
    manifest::Manifest,
};
use serde_json::Value;

use crate::transport::{Call, Client, JsonBody, parse_json, percent};

/// The form in which a model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatabricksForm {
    /// Chat completions: Foundation Model APIs and agents of the first generation.
    Chat,
    /// The Agent Framework's ChatAgent.
    ChatAgent,
    /// The Agent Framework's ResponsesAgent.
    Responses,
}

impl DatabricksForm {
    /// The name in a manifest, as in a configuration.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::ChatAgent => "chat-agent",
            Self::Responses => "responses",
        }
    }
}

/// A serving endpoint as it was found.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent fact of an endpoint"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingEndpoint {
    /// Its name.
    pub name: String,
    /// What its task says; `None` for custom models, whose form only their owner knows: they are
    /// asked through [`super::HttpCopilot`].
    pub form: Option<DatabricksForm>,
    /// Whether it is an agent, which has a trace to show.
    pub is_agent: bool,
    /// Whether it is one of the Foundation Model APIs, which refuse to be asked for a trace.
    pub is_foundation_model: bool,
    /// Whether it says that it is ready; it may sleep nevertheless.
    pub is_ready: bool,
    /// Whether a part of it sleeps when nobody asks; the first call can then take minutes.
    pub scales_to_zero: bool,
    /// What answers: model, version and share of the traffic of each served entity, in order.
    pub served: Vec<ServedEntity>,
}

/// One served model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServedEntity {
    /// The model's full name, or the endpoint's own name for it.
    pub model: String,
    /// Its version, where there are versions.
    pub version: Option<String>,
    /// In percent.
    pub traffic: u64,
}

impl ServingEndpoint {
    /// Looks at an endpoint of the client's workspace.
    pub async fn look(client: &Client, name: &str) -> Result<Self, CallFailure> {
        let path = format!("api/2.0/serving-endpoints/{}", percent::encoded(name));
        let target = client.target(&path);
        let call = Call::get(&target);
        let reply = client
            .call(&call, |head| {
                head.expect_json().map(|()| JsonBody::default())
            })
            .await?;
        let tries = reply.timing.tries;
        let value =
            parse_json(&reply.output).map_err(|fault| client.failure(&call, &fault, tries))?;
        Self::read(&value).ok_or_else(|| CallFailure {
            kind: FailureKind::Malformed,
            message: format!("`{target}` does not describe a serving endpoint"),
            tries,
            failed_tries: Vec::new(),
            cost: None,
        })
    }

    /// Reads the description; nothing where it is none.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let name = value.get("name")?.as_str()?.to_owned();
        let form = match value.get("task").and_then(Value::as_str) {
            Some("llm/v1/chat" | "agent/v1/chat") => Some(DatabricksForm::Chat),
            Some("agent/v2/chat") => Some(DatabricksForm::ChatAgent),
            Some("agent/v1/responses") => Some(DatabricksForm::Responses),
            Some(_) | None => None,
        };
        let list = |pointer: &str| value.pointer(pointer).and_then(Value::as_array);
        let entities = list("/config/served_entities").map_or(&[][..], Vec::as_slice);
        let routes = list("/config/traffic_config/routes");
        let traffic = |entity: &Value| {
            let Some(routes) = routes else {
                return 100;
            };
            let served = |route: &&Value| {
                let route = route
                    .get("served_entity_name")
                    .or_else(|| route.get("served_model_name"));
                route == entity.get("name")
            };
            let share = routes
                .iter()
                .find(served)
                .and_then(|route| route.get("traffic_percentage"));
            share.and_then(Value::as_u64).unwrap_or(0)
        };
        let mut served: Vec<_> = entities
            .iter()
            .map(|entity| {
                let word = |name: &str| entity.get(name)?.as_str().map(str::to_owned);
                ServedEntity {
                    model: word("entity_name")
                        .or_else(|| word("foundation_model_name"))
                        .or_else(|| word("name"))
                        .unwrap_or_default(),
                    version: word("entity_version"),
                    traffic: traffic(entity),
                }
            })
            .filter(|entity| entity.traffic > 0)
            .collect();
        served.sort();
        let scales = |entity: &Value| {
            entity.get("scale_to_zero_enabled").and_then(Value::as_bool) == Some(true)
        };
        Some(Self {
            name,
            form,
            is_agent: value
                .get("task")
                .and_then(Value::as_str)
                .is_some_and(|task| task.starts_with("agent/")),
            is_foundation_model: value
                .get("endpoint_type")
                .is_some_and(|kind| kind == "FOUNDATION_MODEL_API"),
            is_ready: value
                .pointer("/state/ready")
                .is_some_and(|ready| ready == "READY"),
            scales_to_zero: entities.iter().any(scales),
            served,
        })
    }

    /// Whether answers come from more than one model or version.
    pub fn is_mixed(&self) -> bool {
        self.served.len() > 1
    }

    /// The manifest with what answers: models, versions and shares of the traffic.
    pub(super) fn added_to(&self, manifest: Manifest) -> Manifest {
        let served = self.served.iter().map(|entity| {
            Manifest::default()
                .with("model", entity.model.as_str())
                .with_some("version", entity.version.clone())
                .with("traffic", entity.traffic)
        });
        manifest.with("served", served.collect::<Vec<_>>())
    }

    /// What answers, in words for a record: `cat.sch.model version 7 (100 %)`.
    pub fn served_words(&self) -> String {
        let words = self.served.iter().map(|entity| {
            let version = entity
                .version
                .as_ref()
                .map(|version| format!(" version {version}"));
            format!(
                "{}{} ({} %)",
                entity.model,
                version.unwrap_or_default(),
                entity.traffic
            )
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_endpoint_says_its_form_and_what_it_serves() {
        let value = json!({
            "name": "copilot", "task": "agent/v1/responses", "state": {"ready": "READY"},
            "config": {
                "served_entities": [
                    {"name": "m-7", "entity_name": "cat.sch.m", "entity_version": "7", "scale_to_zero_enabled": true},
                    {"name": "m-6", "entity_name": "cat.sch.m", "entity_version": "6"},
                    {"name": "m-5", "entity_name": "cat.sch.m", "entity_version": "5"},
                ],
                "traffic_config": {"routes": [
                    {"served_model_name": "m-7", "traffic_percentage": 90},
                    {"served_model_name": "m-6", "traffic_percentage": 10},
                    {"served_model_name": "m-5", "traffic_percentage": 0},
                ]},
            },
        });
        let endpoint = ServingEndpoint::read(&value).unwrap();
        assert_eq!(endpoint.form, Some(DatabricksForm::Responses));
        assert!(endpoint.is_ready && endpoint.scales_to_zero && endpoint.is_mixed());
        assert!(endpoint.is_agent && !endpoint.is_foundation_model);
        assert_eq!(
            endpoint.served_words(),
            "cat.sch.m version 6 (10 %), cat.sch.m version 7 (90 %)"
        );
    }

    #[test]
    fn little_said_is_little_known() {
        let endpoint = ServingEndpoint::read(&json!({
            "name": "x", "task": "llm/v1/chat", "endpoint_type": "FOUNDATION_MODEL_API",
            "config": {"served_entities": [{"name": "x", "foundation_model_name": "big"}]},
        }))
        .unwrap();
        assert_eq!(endpoint.form, Some(DatabricksForm::Chat));
        assert!(endpoint.is_foundation_model && !endpoint.is_ready);
        assert_eq!(endpoint.served_words(), "big (100 %)");
        assert_eq!(
            ServingEndpoint::read(&json!({"name": "x"})).unwrap().form,
            None
        );
        assert_eq!(ServingEndpoint::read(&json!({"error_code": "NO"})), None);
    }
}

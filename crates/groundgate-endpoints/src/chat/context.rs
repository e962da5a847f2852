//! What a server says of a model besides replying: who serves it and how much it can read.
//!
//! Nobody asks for it but `doctor`. Servers say it in different places; what is not found is not
//! known, and no error.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::transport::{Call, Client, JsonBody, Target, parse_json};

/// What was found of a model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListedModel {
    /// Who says that the model is theirs (`vllm`, `library` at Ollama, `openai`).
    pub owner: Option<String>,
    /// The most tokens that it reads and writes in one call.
    pub context_tokens: Option<u64>,
}

/// Names under which lists of models say the size of the context.
const CONTEXT_NAMES: [&str; 5] = [
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
    "n_ctx",
];

/// Looks at the list of models, which vLLM and many gateways fill; then where llama.cpp and Ollama
/// say it.
pub async fn look_at_model(client: &Client, model: Option<&str>) -> ListedModel {
    let list = get(client, &client.target("models")).await;
    let listed = list.as_ref().and_then(|list| entry(list, model));
    let mut found = ListedModel {
        owner: listed
            .and_then(|entry| entry.get("owned_by")?.as_str())
            .map(|owner| owner.chars().take(60).collect()),
        context_tokens: listed.and_then(context),
    };
    match found.owner.as_deref() {
        // Ollama lists models by where they are from.
        Some("library") => found.context_tokens = ollama(client, model).await,
        Some("llamacpp") => {
            let properties = get(client, &client.target_at_root("props")).await;
            let of_slot = properties.as_ref().and_then(|value| {
                value
                    .pointer("/default_generation_settings/n_ctx")?
                    .as_u64()
            });
            found.context_tokens = of_slot.or(found.context_tokens);
        }
        Some(_) | None => {}
    }
    found
}

/// The context that Ollama runs the model with, which is smaller than what the model could.
async fn ollama(client: &Client, model: Option<&str>) -> Option<u64> {
    let running = get(client, &client.target_at_root("api/ps")).await;
    let models = running
        .as_ref()
        .and_then(|value| value.get("models")?.as_array());
    let of_model = models
        .into_iter()
        .flatten()
        .find(|entry| entry.get("name").and_then(Value::as_str) == model)
        .and_then(|entry| entry.get("context_length")?.as_u64());
    if of_model.is_some() {
        return of_model;
    }
    let target = client.target_at_root("api/show");
    let call = Call::post_json(&target, json!({"model": model}).to_string());
    let shown = ask(client, &call).await?;
    let parameters = shown.get("parameters")?.as_str()?;
    parameters
        .lines()
        .find_map(|line| line.strip_prefix("num_ctx")?.trim().parse().ok())
}

async fn get(client: &Client, target: &Target) -> Option<Value> {
    ask(client, &Call::get(target)).await
}

async fn ask(client: &Client, call: &Call<'_>) -> Option<Value> {
    let reply = client
        .call(call, |head| {
            head.expect_json().map(|()| JsonBody::default())
        })
        .await
        .ok()?;
    parse_json(&reply.output).ok()
}

/// The model's entry; the only one where the model has no name.
fn entry<'a>(list: &'a Value, model: Option<&str>) -> Option<&'a Value> {
    let entries = list.get("data")?.as_array()?;
    match model {
        Some(model) => entries
            .iter()
            .find(|entry| entry.get("id").and_then(Value::as_str) == Some(model)),
        None => entries.first().filter(|_| entries.len() == 1),
    }
}

fn context(entry: &Value) -> Option<u64> {
    let places = [Some(entry), entry.get("meta"), entry.get("model_info")];
    places.into_iter().flatten().find_map(|place| {
        CONTEXT_NAMES
            .iter()
            .find_map(|name| place.get(name)?.as_u64())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_models_says_the_size_of_the_context() {
        let list = json!({"data": [
            {"id": "a", "owned_by": "vllm", "max_model_len": 8192},
            {"id": "b", "owned_by": "llamacpp", "meta": {"n_ctx": 4096}},
            {"id": "c"},
        ]});
        let of = |model: &str| entry(&list, Some(model)).and_then(context);
        assert_eq!(
            (of("a"), of("b"), of("c"), of("d")),
            (Some(8192), Some(4096), None, None)
        );
        assert_eq!(entry(&list, None), None);
        assert_eq!(entry(&json!({"error": 1}), Some("a")), None);
    }
}

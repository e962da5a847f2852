//! OpenAI's Responses as a judge's model. Nothing is stored at the provider.

use std::sync::Arc;

use groundgate_model::{
    exchange::{CallFailure, ChatReply, ChatRequest},
    manifest::Manifest,
    unit::Usd,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    BoxFuture, ChatModel, OpenAiSettings, Structured,
    openai::{MessageJson, estimated_tokens},
    responses_reply::ResponsesForm,
};
use crate::transport::{Call, Client, FormReader, Keeping, Target};

/// A model behind Responses. Of the settings, seeds and the name of the limit on tokens do not
/// apply here.
#[derive(Debug)]
pub struct OpenAiResponsesModel {
    client: Arc<Client>,
    target: Target,
    settings: OpenAiSettings,
}

impl OpenAiResponsesModel {
    /// A model at the client's endpoint; its URL ends before `/responses`.
    pub fn new(client: Arc<Client>, settings: OpenAiSettings) -> Self {
        let target = client.target("responses");
        Self {
            client,
            target,
            settings,
        }
    }

    async fn send(
        &self,
        request: &ChatRequest,
        keeps_json: bool,
    ) -> Result<(ChatReply, Vec<Value>), CallFailure> {
        let body = request_body(&self.settings, request);
        let call = Call::post_json(&self.target, body).with_tokens(estimated_tokens(request));
        let reply = self
            .client
            .call(&call, |head| {
                FormReader::new(head, Keeping::new(ResponsesForm::default(), keeps_json))
            })
            .await?;
        let (said, json) = reply.output;
        self.client.settle(&call, said.usage);
        let reply = ChatReply {
            text: self.client.strike(said.text),
            usage: said.usage,
            cost: self.settings.price.and_then(|price| price.cost(said.usage)),
            model: said.model.map(|model| self.client.strike(model)),
            finish_reason: said.finish_reason.map(|reason| self.client.strike(reason)),
            timing: reply.timing,
        };
        Ok((reply, json))
    }
}

impl ChatModel for OpenAiResponsesModel {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
    ) -> BoxFuture<'a, Result<ChatReply, CallFailure>> {
        Box::pin(async move { Ok(self.send(request, false).await?.0) })
    }

    fn complete_keeping_json<'a>(
        &'a self,
        request: &'a ChatRequest,
    ) -> BoxFuture<'a, Result<(ChatReply, Vec<Value>), CallFailure>> {
        Box::pin(self.send(request, true))
    }

    fn worst_cost(&self, request: &ChatRequest) -> Option<Usd> {
        let price = self.settings.price?;
        price.worst(&request.messages, request.max_output_tokens)
    }

    fn describe(&self) -> String {
        let model = self.settings.model.as_deref().unwrap_or("unnamed model");
        format!("openai-responses {model} at {}", self.target)
    }

    fn manifest(&self) -> Manifest {
        let settings = &self.settings;
        let manifest = self.client.manifest("openai-responses", &self.target);
        manifest
            .with_some("model", settings.model.clone())
            .with("structured", settings.structured.name())
            .with("send-temperature", settings.send_temperature)
            .with("stream", settings.stream)
    }
}

#[derive(Serialize)]
struct RequestJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    input: Vec<MessageJson<'a>>,
    max_output_tokens: u32,
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
}

fn request_body(settings: &OpenAiSettings, request: &ChatRequest) -> Vec<u8> {
    let schema = request.json_schema.as_ref();
    let json = RequestJson {
        model: settings.model.as_deref(),
        input: request.messages.iter().map(MessageJson::from).collect(),
        max_output_tokens: request.max_output_tokens,
        store: false,
        temperature: request
            .temperature
            .filter(|temperature| settings.send_temperature && temperature.is_finite()),
        text: schema.and_then(|(name, schema)| match settings.structured {
            Structured::JsonSchema => Some(json!({"format": {
                "type": "json_schema", "name": name, "strict": true, "schema": schema,
            }})),
            Structured::JsonObject => Some(json!({"format": {"type": "json_object"}})),
            Structured::None => None,
        }),
        stream: settings.stream.then_some(true),
    };
    // Strings, integers and finite numbers always serialize.
    serde_json::to_vec(&json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use groundgate_model::{eval_set::Role, exchange::Message};

    use super::*;

    #[test]
    fn the_body_is_what_the_vendors_client_sends() {
        let request = ChatRequest {
            messages: vec![Message {
                role: Some(Role::User),
                text: "hi".to_owned(),
            }],
            max_output_tokens: 10,
            temperature: None,
            seed: Some(1),
            json_schema: Some(("verdict".to_owned(), json!({"type": "object"}))),
        };
        let body = request_body(&OpenAiSettings::for_model("gpt-x"), &request);
        let format = json!({
            "type": "json_schema", "name": "verdict", "strict": true, "schema": {"type": "object"},
        });
        assert_eq!(
            serde_json::from_slice::<Value>(&body).unwrap(),
            json!({
                "model": "gpt-x", "input": [{"role": "user", "content": "hi"}],
                "max_output_tokens": 10, "store": false, "text": {"format": format},
            })
        );
    }
}

//! OpenAI's Responses as a judge's model. Nothing is stored at the provider.

use groundgate_model::{exchange::ChatRequest, manifest::Manifest};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    OpenAiSettings, Price, Structured,
    adapter::{Adapter, Provider},
    openai::MessageJson,
    responses_reply::ResponsesForm,
    said::Said,
};
use crate::transport::ReplyForm;

/// A model behind Responses; its URL ends before `/responses`.
pub type OpenAiResponsesModel = Adapter<ResponsesSettings>;

/// The settings of chat completions, of which seeds, the name of the limit on tokens and cut prompts
/// do not apply here.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponsesSettings(OpenAiSettings);

impl From<OpenAiSettings> for ResponsesSettings {
    fn from(settings: OpenAiSettings) -> Self {
        Self(settings)
    }
}

impl Provider for ResponsesSettings {
    const KIND: &'static str = "openai-responses";

    fn path(&self) -> String {
        "responses".to_owned()
    }

    fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    fn body(&self, request: &ChatRequest) -> Vec<u8> {
        request_body(&self.0, request)
    }

    fn reply(&self) -> impl ReplyForm<Output = Said> {
        ResponsesForm::default()
    }

    fn price(&self) -> Option<Price> {
        self.0.price
    }

    fn added_to(&self, manifest: Manifest) -> Manifest {
        let Self(settings) = self;
        manifest
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

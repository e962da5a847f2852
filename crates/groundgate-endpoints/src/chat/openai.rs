//! OpenAI's chat completions, as OpenAI, Azure, vLLM, Ollama, llama.cpp, LiteLLM and many more
//! speak them.
//!
//! Replies are read leniently where servers differ (a content in parts, a missing usage) and
//! strictly where it matters: a reply without its end is cut, and an error is an error whatever the
//! status says.

use groundgate_model::{
    exchange::{ChatRequest, Message, Usage},
    manifest::Manifest,
};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    Price,
    adapter::{Adapter, Provider},
    openai_reply::CompletionForm,
    said::Said,
};
use crate::transport::{Fault, ReplyForm};

/// How a reply's JSON Schema is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Structured {
    /// `response_format: {"type": "json_schema"}`: the server holds the model to the schema.
    JsonSchema,
    /// `response_format: {"type": "json_object"}`: some JSON object.
    JsonObject,
    /// Not at all; the prompt says what is wanted.
    None,
}

/// What a server calls the limit on the tokens of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MaxTokensField {
    /// `max_tokens`: nearly every server.
    MaxTokens,
    /// `max_completion_tokens`: OpenAI's reasoning models refuse the other.
    MaxCompletionTokens,
}

impl Structured {
    /// The name in a manifest.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::JsonSchema => "json-schema",
            Self::JsonObject => "json-object",
            Self::None => "none",
        }
    }
}

impl MaxTokensField {
    const fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// What is sent beside the conversation.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent trait of a server"
)]
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAiSettings {
    /// The model's name; `None` where the URL says it (Azure deployments).
    pub model: Option<String>,
    /// How a schema is asked for.
    pub structured: Structured,
    /// The name of the limit on tokens.
    pub max_tokens_field: MaxTokensField,
    /// Whether temperatures are sent; some models refuse them.
    pub send_temperature: bool,
    /// Whether seeds are sent; some servers refuse them.
    pub send_seed: bool,
    /// Whether the reply is streamed: gives the time to the first token.
    pub stream: bool,
    /// Whether the server silently drops what its context has no room for, as Ollama does. A reply
    /// to a prompt that was cut is then a failure: a judge that has not seen the passages must not
    /// be believed.
    pub may_cut_prompts: bool,
    /// What the tokens cost.
    pub price: Option<Price>,
}

impl OpenAiSettings {
    /// A model with the settings that most servers take.
    pub fn for_model(model: impl Into<String>) -> Self {
        Self {
            model: Some(model.into()),
            structured: Structured::JsonSchema,
            max_tokens_field: MaxTokensField::MaxTokens,
            send_temperature: true,
            send_seed: true,
            stream: false,
            may_cut_prompts: false,
            price: None,
        }
    }

    /// A fault where the server has read far fewer tokens than the messages must have.
    fn check_whole_prompt(&self, messages: &[Message], usage: Usage) -> Result<(), Fault> {
        let Some(read) = usage.input_tokens.filter(|_| self.may_cut_prompts) else {
            return Ok(());
        };
        let chars: usize = messages
            .iter()
            .map(|message| message.text.chars().count())
            .sum();
        let chars = u64::try_from(chars).unwrap_or(u64::MAX);
        if read.saturating_mul(MOST_CHARS_PER_TOKEN) >= chars {
            return Ok(());
        }
        Err(Fault::too_large(format!(
            "the server has read {read} tokens of a prompt of {chars} characters: it was cut to the model's context; raise `num_ctx`"
        )))
    }
}

/// Prose has three to five characters a token; no ordinary prompt has more than this.
const MOST_CHARS_PER_TOKEN: u64 = 7;

/// A model behind chat completions; its URL ends before `/chat/completions`.
pub type OpenAiModel = Adapter<OpenAiSettings>;

impl Provider for OpenAiSettings {
    const KIND: &'static str = "openai-chat";

    fn path(&self) -> String {
        "chat/completions".to_owned()
    }

    fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    fn body(&self, request: &ChatRequest) -> Vec<u8> {
        request_body(self, request)
    }

    fn reply(&self) -> impl ReplyForm<Output = Said> {
        CompletionForm::default()
    }

    fn check(&self, request: &ChatRequest, usage: Usage) -> Result<(), Fault> {
        self.check_whole_prompt(&request.messages, usage)
    }

    fn price(&self) -> Option<Price> {
        self.price
    }

    fn added_to(&self, manifest: Manifest) -> Manifest {
        let Self {
            model: _,
            structured,
            max_tokens_field,
            send_temperature,
            send_seed,
            stream,
            may_cut_prompts,
            price: _,
        } = self;
        manifest
            .with("structured", structured.name())
            .with("max-tokens-field", max_tokens_field.name())
            .with("send-temperature", *send_temperature)
            .with("send-seed", *send_seed)
            .with("stream", *stream)
            .with("may-cut-prompts", *may_cut_prompts)
    }
}

#[derive(Serialize)]
struct RequestJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    messages: Vec<MessageJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<&'a RawValue>,
}

/// A message as chat completions write it.
#[derive(Serialize)]
pub(super) struct MessageJson<'a> {
    role: &'a str,
    content: &'a str,
}

impl<'a> From<&'a Message> for MessageJson<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            role: message.role.map_or("system", |role| role.name()),
            content: &message.text,
        }
    }
}

/// The body of a call, written once whatever happens to it.
fn request_body(settings: &OpenAiSettings, request: &ChatRequest) -> Vec<u8> {
    let limit = |field| (settings.max_tokens_field == field).then_some(request.max_output_tokens);
    let include_usage = settings
        .stream
        .then(|| serde_json::from_str::<&RawValue>(r#"{"include_usage":true}"#).ok());
    let json = RequestJson {
        model: settings.model.as_deref(),
        messages: request.messages.iter().map(MessageJson::from).collect(),
        max_tokens: limit(MaxTokensField::MaxTokens),
        max_completion_tokens: limit(MaxTokensField::MaxCompletionTokens),
        temperature: request
            .temperature
            .filter(|temperature| settings.send_temperature && temperature.is_finite()),
        seed: request.seed.filter(|_| settings.send_seed),
        response_format: response_format(settings.structured, request.json_schema.as_ref()),
        stream: settings.stream.then_some(true),
        stream_options: include_usage.flatten(),
    };
    // Strings, integers and finite numbers always serialize.
    serde_json::to_vec(&json).unwrap_or_default()
}

fn response_format(structured: Structured, schema: Option<&(String, Value)>) -> Option<Value> {
    let (name, schema) = schema?;
    match structured {
        Structured::JsonSchema => Some(json!({
            "type": "json_schema",
            "json_schema": {"name": name, "strict": true, "schema": schema},
        })),
        Structured::JsonObject => Some(json!({"type": "json_object"})),
        Structured::None => None,
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::eval_set::Role;

    use super::*;

    fn request() -> ChatRequest {
        ChatRequest {
            messages: vec![
                Message {
                    role: None,
                    text: "be exact".to_owned(),
                },
                Message {
                    role: Some(Role::User),
                    text: "hi \"there\"\u{0}".to_owned(),
                },
            ],
            max_output_tokens: 64,
            temperature: Some(0.0),
            seed: Some(7),
            json_schema: Some(("verdict".to_owned(), json!({"type": "object"}))),
        }
    }

    fn body(change: impl Fn(&mut OpenAiSettings)) -> Value {
        let mut settings = OpenAiSettings::for_model("m-1");
        change(&mut settings);
        serde_json::from_slice(&request_body(&settings, &request())).unwrap()
    }

    #[test]
    fn the_body_is_what_the_vendors_client_sends() {
        let messages = json!([
            {"role": "system", "content": "be exact"},
            {"role": "user", "content": "hi \"there\"\u{0}"},
        ]);
        let format = json!({"type": "json_schema", "json_schema": {
            "name": "verdict", "strict": true, "schema": {"type": "object"},
        }});
        assert_eq!(
            body(|_| {}),
            json!({
                "model": "m-1", "messages": messages, "max_tokens": 64, "temperature": 0.0,
                "seed": 7, "response_format": format,
            })
        );
    }

    #[test]
    fn what_a_server_does_not_take_is_left_out() {
        let sparse = body(|settings| {
            settings.model = None;
            settings.structured = Structured::None;
            settings.max_tokens_field = MaxTokensField::MaxCompletionTokens;
            settings.send_temperature = false;
            settings.send_seed = false;
            settings.stream = true;
        });
        let keys: Vec<_> = sparse
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            [
                "max_completion_tokens",
                "messages",
                "stream",
                "stream_options"
            ]
        );
        assert_eq!(sparse["stream_options"], json!({"include_usage": true}));
        let object = body(|settings| settings.structured = Structured::JsonObject);
        assert_eq!(object["response_format"], json!({"type": "json_object"}));
    }
}

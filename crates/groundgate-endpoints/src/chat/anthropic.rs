//! Anthropic's Messages.
//!
//! A schema is asked for by a tool that the model must call, which every version of the API has, or
//! by `output_config`, which newer ones have. The key goes into `x-api-key`, which the endpoint's
//! authorization says; the version into a header of the endpoint.

use groundgate_model::{
    exchange::{ChatRequest, Ending, Usage},
    manifest::Manifest,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Price,
    adapter::{Adapter, Provider},
    openai::MessageJson,
    said::Said,
};
use crate::transport::{
    Fault, Progress, ReplyForm,
    error_body::{self, from_json},
    parse_json, parse_json_as,
    sse::Event,
};

/// The header that says which version of the API is spoken; calls without it are refused.
pub const ANTHROPIC_VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// How a reply's JSON Schema is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnthropicStructured {
    /// A tool that must be called, whose input is the reply.
    Tool,
    /// `output_config.format`.
    OutputConfig,
    /// Not at all.
    None,
}

impl AnthropicStructured {
    const fn name(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::OutputConfig => "output-config",
            Self::None => "none",
        }
    }
}

/// What is sent beside the conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct AnthropicSettings {
    /// The model's name.
    pub model: String,
    /// How a schema is asked for.
    pub structured: AnthropicStructured,
    /// Whether temperatures are sent; newer versions of the API do not know them.
    pub send_temperature: bool,
    /// Whether the reply is streamed: gives the time to the first token.
    pub stream: bool,
    /// What the tokens cost.
    pub price: Option<Price>,
}

/// A model behind Messages; its URL ends before `/messages`.
pub type AnthropicModel = Adapter<AnthropicSettings>;

impl Provider for AnthropicSettings {
    const KIND: &'static str = "anthropic";

    fn path(&self) -> String {
        "messages".to_owned()
    }

    fn model(&self) -> Option<&str> {
        Some(&self.model)
    }

    fn body(&self, request: &ChatRequest) -> Vec<u8> {
        request_body(self, request)
    }

    fn reply(&self) -> impl ReplyForm<Output = Said> {
        MessageForm::default()
    }

    fn price(&self) -> Option<Price> {
        self.price
    }

    fn added_to(&self, manifest: Manifest) -> Manifest {
        let Self {
            model: _,
            structured,
            send_temperature,
            stream,
            price: _,
        } = self;
        manifest
            .with("structured", structured.name())
            .with("send-temperature", *send_temperature)
            .with("stream", *stream)
    }
}

#[derive(Serialize)]
struct RequestJson<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    messages: Vec<MessageJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
}

fn request_body(settings: &AnthropicSettings, request: &ChatRequest) -> Vec<u8> {
    let mut json = RequestJson {
        model: &settings.model,
        max_tokens: request.max_output_tokens,
        system: request
            .messages
            .iter()
            .find(|message| message.role.is_none())
            .map(|message| message.text.as_str()),
        messages: request
            .messages
            .iter()
            .filter(|message| message.role.is_some())
            .map(MessageJson::from)
            .collect(),
        temperature: request
            .temperature
            .filter(|temperature| settings.send_temperature && temperature.is_finite()),
        tools: None,
        tool_choice: None,
        output_config: None,
        stream: settings.stream.then_some(true),
    };
    if let Some((name, schema)) = &request.json_schema {
        match settings.structured {
            AnthropicStructured::Tool => {
                json.tools = Some(json!([{"name": name, "input_schema": schema}]));
                json.tool_choice = Some(json!({"type": "tool", "name": name}));
            }
            AnthropicStructured::OutputConfig => {
                let format = json!({"type": "json_schema", "schema": schema});
                json.output_config = Some(json!({"format": format}));
            }
            AnthropicStructured::None => {}
        }
    }
    // Strings, integers and finite numbers always serialize.
    serde_json::to_vec(&json).unwrap_or_default()
}

/// What a reply says so far.
#[derive(Debug, Default)]
struct MessageForm {
    text: String,
    thinking: String,
    /// The input of a tool call.
    tool_input: String,
    usage: Usage,
    model: Option<String>,
    stop_reason: Option<String>,
    stopped: bool,
}

impl MessageForm {
    const fn progress(&self) -> Progress {
        if self.text.is_empty() && self.tool_input.is_empty() {
            Progress::Waiting
        } else {
            Progress::Speaking
        }
    }

    fn add_block(&mut self, block: &BlockJson) {
        self.text
            .push_str(block.text.as_deref().unwrap_or_default());
        self.thinking
            .push_str(block.thinking.as_deref().unwrap_or_default());
        match &block.input {
            Some(Value::Object(input)) if !input.is_empty() => {
                self.tool_input
                    .push_str(&Value::Object(input.clone()).to_string());
            }
            Some(_) | None => {}
        }
    }

    fn add_usage(&mut self, usage: Option<&UsageJson>) {
        let Some(usage) = usage else {
            return;
        };
        let so_far = self.usage;
        self.usage = Usage {
            input_tokens: usage.input().or(so_far.input_tokens),
            output_tokens: usage.output_tokens.or(so_far.output_tokens),
            cached_tokens: usage.cache_read_input_tokens.or(so_far.cached_tokens),
            cache_write_tokens: (usage.cache_creation_input_tokens).or(so_far.cache_write_tokens),
            reasoning_tokens: None,
        };
    }

    fn said(self) -> Said {
        Said {
            text: self.text,
            thinking: self.thinking,
            tool_input: self.tool_input,
            usage: self.usage,
            model: self.model,
            finish_reason: self.stop_reason,
            ending: Ending::Unknown,
        }
        .concluded()
    }
}

impl ReplyForm for MessageForm {
    type Output = Said;

    fn json(mut self, body: &[u8]) -> Result<Said, Fault> {
        let value = parse_json(body)?;
        if value.get("type").is_some_and(|kind| kind == "error")
            && let Some(error) = from_json(&value)
        {
            return Err(Fault::reported(&error, Progress::Waiting));
        }
        let message: WholeJson = parse_json_as(body)?;
        message
            .content
            .iter()
            .for_each(|block| self.add_block(block));
        self.add_usage(message.usage.as_ref());
        self.model = message.model;
        self.stop_reason = message.stop_reason;
        Ok(self.said())
    }

    fn event(&mut self, event: &Event) -> Result<Progress, Fault> {
        let data = event.data.as_bytes();
        let json: EventJson = parse_json_as(data)?;
        match json.kind.as_str() {
            "error" => {
                return Err(Fault::reported(&error_body::read(data), self.progress()));
            }
            "message_start" => {
                if let Some(message) = json.message {
                    self.model = message.model;
                    self.add_usage(message.usage.as_ref());
                }
            }
            "content_block_start" => {
                json.content_block
                    .iter()
                    .for_each(|block| self.add_block(block));
            }
            "content_block_delta" | "message_delta" => {
                if let Some(delta) = json.delta {
                    self.text
                        .push_str(delta.text.as_deref().unwrap_or_default());
                    self.thinking
                        .push_str(delta.thinking.as_deref().unwrap_or_default());
                    let part = delta.partial_json.as_deref().unwrap_or_default();
                    self.tool_input.push_str(part);
                    self.stop_reason = delta.stop_reason.or(self.stop_reason.take());
                }
                self.add_usage(json.usage.as_ref());
            }
            "message_stop" => {
                self.stopped = true;
                return Ok(Progress::Done);
            }
            // `ping`, and what later versions add.
            _ => {}
        }
        Ok(self.progress())
    }

    fn ended(self) -> Result<Said, Fault> {
        if self.stopped {
            Ok(self.said())
        } else {
            Err(Fault::cut(
                "the stream ended without `message_stop`",
                self.progress(),
            ))
        }
    }
}

#[derive(Deserialize)]
struct WholeJson {
    content: Vec<BlockJson>,
    model: Option<String>,
    stop_reason: Option<String>,
    usage: Option<UsageJson>,
}

/// A block of text, a thought or a tool call; others have none of them.
#[derive(Deserialize)]
struct BlockJson {
    text: Option<String>,
    thinking: Option<String>,
    input: Option<Value>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
struct UsageJson {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

impl UsageJson {
    /// Cached tokens are counted apart on the wire.
    fn input(&self) -> Option<u64> {
        let cached = [
            self.cache_creation_input_tokens,
            self.cache_read_input_tokens,
        ];
        let cached = cached.into_iter().flatten().fold(0, u64::saturating_add);
        self.input_tokens
            .map(|tokens| tokens.saturating_add(cached))
    }
}

#[derive(Deserialize)]
struct EventJson {
    #[serde(rename = "type")]
    kind: String,
    message: Option<StartJson>,
    content_block: Option<BlockJson>,
    delta: Option<DeltaJson>,
    usage: Option<UsageJson>,
}

#[derive(Deserialize)]
struct StartJson {
    model: Option<String>,
    usage: Option<UsageJson>,
}

#[derive(Deserialize)]
struct DeltaJson {
    text: Option<String>,
    thinking: Option<String>,
    partial_json: Option<String>,
    stop_reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use groundgate_model::{
        eval_set::Role,
        exchange::{FailureKind, Message},
    };

    use super::*;
    use crate::transport::{FormReader, Framing, ReplyReader, retry::Resend};

    fn body(structured: AnthropicStructured) -> Value {
        let settings = AnthropicSettings {
            model: "claude-x".to_owned(),
            structured,
            send_temperature: false,
            stream: false,
            price: None,
        };
        let request = ChatRequest {
            messages: vec![
                Message {
                    role: None,
                    text: "s".to_owned(),
                },
                Message {
                    role: Some(Role::User),
                    text: "hi".to_owned(),
                },
            ],
            max_output_tokens: 64,
            temperature: Some(0.0),
            seed: Some(1),
            json_schema: Some(("verdict".to_owned(), json!({"type": "object"}))),
        };
        serde_json::from_slice(&request_body(&settings, &request)).unwrap()
    }

    #[test]
    fn the_body_is_what_the_vendors_client_sends() {
        let messages = json!([{"role": "user", "content": "hi"}]);
        assert_eq!(
            body(AnthropicStructured::Tool),
            json!({
                "model": "claude-x", "max_tokens": 64, "system": "s", "messages": messages,
                "tools": [{"name": "verdict", "input_schema": {"type": "object"}}],
                "tool_choice": {"type": "tool", "name": "verdict"},
            })
        );
        let format = json!({"type": "json_schema", "schema": {"type": "object"}});
        let configured = body(AnthropicStructured::OutputConfig);
        assert_eq!(configured["output_config"], json!({"format": format}));
        assert_eq!(
            body(AnthropicStructured::None).as_object().unwrap().len(),
            4
        );
    }

    fn plain(body: &str) -> Result<Said, Fault> {
        MessageForm::default().json(body.as_bytes())
    }

    fn streamed(body: &[u8]) -> Result<Said, Fault> {
        let mut reader = FormReader::framed(Framing::Events, MessageForm::default());
        if reader.push(Bytes::copy_from_slice(body))? < Progress::Done {
            return reader.finish();
        }
        reader.finish()
    }

    const TOOL_STREAM: &str = r#"event: message_start
data: {"type":"message_start","message":{"model":"claude-x","content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":1}}}

event: ping
data: {"type": "ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"verdict","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"v\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\"yes\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}

event: message_stop
data: {"type":"message_stop"}

"#;

    fn expected() -> Said {
        Said {
            tool_input: r#"{"v":"yes"}"#.to_owned(),
            usage: Usage {
                input_tokens: Some(12),
                output_tokens: Some(9),
                cached_tokens: Some(7),
                ..Usage::default()
            },
            model: Some("claude-x".to_owned()),
            finish_reason: Some("tool_use".to_owned()),
            ending: Ending::ToolCalls,
            ..Said::default()
        }
    }

    #[test]
    fn a_tool_call_is_the_reply_plain_or_streamed() {
        let whole = plain(
            r#"{"type":"message","model":"claude-x","content":[{"type":"text","text":"I think"},
            {"type":"tool_use","id":"t","name":"verdict","input":{"v":"yes"}}],"stop_reason":"tool_use",
            "usage":{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":9}}"#,
        );
        let beside = Said {
            text: "I think".to_owned(),
            ..expected()
        };
        assert_eq!(whole, Ok(beside));
        assert_eq!(streamed(TOOL_STREAM.as_bytes()), Ok(expected()));
    }

    #[test]
    fn text_is_the_reply_where_there_is_no_tool_call() {
        let text =
            r#"{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"yes"}]}"#;
        let said = plain(text).unwrap();
        assert_eq!(said.text, "yes");
        assert_eq!(said.usage, Usage::default());
    }

    #[test]
    fn a_stream_cut_anywhere_is_never_a_short_answer() {
        for end in 0..TOOL_STREAM.len() {
            match streamed(&TOOL_STREAM.as_bytes()[..end]) {
                Ok(said) => assert_eq!(said, expected(), "cut at {end}"),
                Err(fault) => assert_eq!(fault.class.kind, FailureKind::Cut, "cut at {end}"),
            }
        }
    }

    #[test]
    fn an_error_in_a_stream_is_an_error() {
        let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
        let fault = streamed(error.as_bytes()).unwrap_err();
        assert_eq!(
            (fault.class.kind, fault.class.resend),
            (FailureKind::Server, Resend::Refused)
        );
        let begun = TOOL_STREAM
            .split_once("event: content_block_stop")
            .unwrap()
            .0;
        let fault = streamed(format!("{begun}{error}").as_bytes()).unwrap_err();
        assert_eq!(fault.class.resend, Resend::Never);
    }
}

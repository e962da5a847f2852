//! AWS Bedrock's Converse, authorized by a bearer token.
//!
//! A schema is asked for by a tool that the model must call. Streams have a binary framing of their
//! own there and are not asked for.

use groundgate_model::{
    exchange::{ChatRequest, Usage},
    manifest::Manifest,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Price,
    adapter::{Adapter, Provider},
    said::Said,
};
use crate::transport::{
    Fault, Framing, Head, Progress, ReplyForm, parse_json_as, percent, sse::Event,
};

/// What is sent beside the conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct BedrockSettings {
    /// The model's or inference profile's id.
    pub model: String,
    /// Whether a schema is asked for by a tool; some models have none.
    pub structured: bool,
    /// Whether temperatures are sent; some models refuse them.
    pub send_temperature: bool,
    /// What the tokens cost.
    pub price: Option<Price>,
}

/// A model behind Converse, as at `https://bedrock-runtime.eu-west-1.amazonaws.com`.
pub type BedrockModel = Adapter<BedrockSettings>;

impl Provider for BedrockSettings {
    const KIND: &'static str = "bedrock";

    fn path(&self) -> String {
        format!("model/{}/converse", percent::encoded(&self.model))
    }

    fn model(&self) -> Option<&str> {
        Some(&self.model)
    }

    fn body(&self, request: &ChatRequest) -> Vec<u8> {
        request_body(self, request).to_string().into_bytes()
    }

    fn framing(&self, head: &Head) -> Result<Framing, Fault> {
        head.expect_json().map(|()| Framing::Json)
    }

    fn reply(&self) -> impl ReplyForm<Output = Said> {
        ConverseForm
    }

    fn price(&self) -> Option<Price> {
        self.price
    }

    fn added_to(&self, manifest: Manifest) -> Manifest {
        let Self {
            model: _,
            structured,
            send_temperature,
            price: _,
        } = self;
        manifest
            .with("structured", *structured)
            .with("send-temperature", *send_temperature)
    }
}

/// Reads whole replies; there are no others.
struct ConverseForm;

impl ReplyForm for ConverseForm {
    type Output = Said;

    fn json(self, body: &[u8]) -> Result<Said, Fault> {
        read_reply(body)
    }

    fn event(&mut self, _event: &Event) -> Result<Progress, Fault> {
        Err(no_stream())
    }

    fn ended(self) -> Result<Said, Fault> {
        Err(no_stream())
    }
}

fn no_stream() -> Fault {
    Fault::malformed("the reply is a stream, and none was asked for")
}

fn request_body(settings: &BedrockSettings, request: &ChatRequest) -> Value {
    let text = |text: &str| json!([{"text": text}]);
    let mut body = Map::new();
    let mut messages = Vec::new();
    for message in &request.messages {
        match message.role {
            None => {
                body.insert("system".to_owned(), text(&message.text));
            }
            Some(role) => {
                messages.push(json!({"role": role.name(), "content": text(&message.text)}));
            }
        }
    }
    body.insert("messages".to_owned(), messages.into());
    let mut inference = json!({"maxTokens": request.max_output_tokens});
    let temperature = request.temperature.filter(|value| value.is_finite());
    if let (Some(temperature), true, Some(fields)) = (
        temperature,
        settings.send_temperature,
        inference.as_object_mut(),
    ) {
        fields.insert("temperature".to_owned(), temperature.into());
    }
    body.insert("inferenceConfig".to_owned(), inference);
    if let (Some((name, schema)), true) = (&request.json_schema, settings.structured) {
        let tool = json!({"toolSpec": {"name": name, "inputSchema": {"json": schema}}});
        let config = json!({"tools": [tool], "toolChoice": {"tool": {"name": name}}});
        body.insert("toolConfig".to_owned(), config);
    }
    Value::Object(body)
}

fn read_reply(body: &[u8]) -> Result<Said, Fault> {
    let reply: ReplyJson = parse_json_as(body)?;
    let content = reply.output.message.content;
    let mut said = Said::default();
    for block in content {
        said.text.push_str(&block.text.unwrap_or_default());
        let thought = block
            .reasoning_content
            .and_then(|it| it.reasoning_text?.text);
        said.thinking.push_str(&thought.unwrap_or_default());
        if let (Some(tool), true) = (block.tool_use, said.tool_input.is_empty()) {
            said.tool_input = tool.input.to_string();
        }
    }
    let usage = reply.usage.unwrap_or_default();
    let cached = [
        usage.cache_read_input_tokens,
        usage.cache_write_input_tokens,
    ];
    let cached = cached.into_iter().flatten().fold(0, u64::saturating_add);
    Ok(Said {
        usage: Usage {
            input_tokens: usage
                .input_tokens
                .map(|tokens| tokens.saturating_add(cached)),
            output_tokens: usage.output_tokens,
            cached_tokens: usage.cache_read_input_tokens,
            cache_write_tokens: usage.cache_write_input_tokens,
            reasoning_tokens: None,
        },
        finish_reason: reply.stop_reason,
        ..said
    }
    .concluded())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplyJson {
    output: OutputJson,
    stop_reason: Option<String>,
    usage: Option<UsageJson>,
}

#[derive(Deserialize)]
struct OutputJson {
    message: MessageJson,
}

#[derive(Deserialize)]
struct MessageJson {
    content: Vec<BlockJson>,
}

/// A block of text, a thought or a tool call; others have none of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockJson {
    text: Option<String>,
    tool_use: Option<ToolUseJson>,
    reasoning_content: Option<ReasoningJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReasoningJson {
    reasoning_text: Option<ReasoningTextJson>,
}

#[derive(Deserialize)]
struct ReasoningTextJson {
    text: Option<String>,
}

#[derive(Deserialize)]
struct ToolUseJson {
    input: Value,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
struct UsageJson {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_write_input_tokens: Option<u64>,
}

#[cfg(test)]
mod tests {
    use groundgate_model::{
        eval_set::Role,
        exchange::{FailureKind, Message},
    };

    use super::*;

    #[test]
    fn the_body_is_what_the_vendors_client_sends() {
        let message = |role, text: &str| Message {
            role,
            text: text.to_owned(),
        };
        let request = ChatRequest {
            messages: vec![message(None, "s"), message(Some(Role::User), "hi")],
            max_output_tokens: 5,
            temperature: Some(0.0),
            seed: Some(1),
            json_schema: Some(("verdict".to_owned(), json!({"type": "object"}))),
        };
        let settings = BedrockSettings {
            model: "m".to_owned(),
            structured: true,
            send_temperature: true,
            price: None,
        };
        assert_eq!(
            request_body(&settings, &request),
            json!({
                "messages": [{"role": "user", "content": [{"text": "hi"}]}],
                "system": [{"text": "s"}],
                "inferenceConfig": {"maxTokens": 5, "temperature": 0.0},
                "toolConfig": {
                    "tools": [{"toolSpec": {"name": "verdict", "inputSchema": {"json": {"type": "object"}}}}],
                    "toolChoice": {"tool": {"name": "verdict"}},
                },
            })
        );
    }

    #[test]
    fn a_tool_call_or_a_text_is_the_reply() {
        let reply = |content: Value| {
            let usage = json!({"inputTokens": 5, "cacheReadInputTokens": 2, "outputTokens": 3});
            let message = json!({"role": "assistant", "content": content});
            let body =
                json!({"output": {"message": message}, "stopReason": "end_turn", "usage": usage});
            read_reply(body.to_string().as_bytes()).unwrap()
        };
        let text = reply(json!([{"reasoningContent": {}}, {"text": "a"}, {"text": "b"}]));
        assert_eq!(text.text, "ab");
        assert_eq!(
            (text.usage.input_tokens, text.usage.output_tokens),
            (Some(7), Some(3))
        );
        let tool = reply(
            json!([{"text": "hm"}, {"toolUse": {"toolUseId": "t", "name": "v", "input": {"v": 1}}}]),
        );
        assert_eq!(tool.tool_input, r#"{"v":1}"#);
        assert_eq!(
            read_reply(b"{}").unwrap_err().class.kind,
            FailureKind::Malformed
        );
    }
}

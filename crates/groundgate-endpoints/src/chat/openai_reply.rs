//! What a chat completion says, whole or streamed. Pure.

use groundgate_model::exchange::Ending;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{said::Said, usage::usage_in};
use crate::transport::{
    Fault, Progress, ReplyForm,
    error_body::{self, ErrorBody, from_json},
    excerpt, parse_json, parse_json_as,
    sse::Event,
};

/// Reads completions.
#[derive(Debug, Default)]
pub(crate) struct CompletionForm {
    so_far: Said,
    progress: Option<Progress>,
}

impl CompletionForm {
    fn read(&mut self, bytes: &[u8], progress: Progress) -> Result<bool, Fault> {
        let json: CompletionJson = parse_json_as(bytes)?;
        if let Some(error) = json.error.filter(|error| !error.is_null()) {
            return Err(Fault::reported(&stated_error(bytes, &error), progress));
        }
        let choice = json.choices.unwrap_or_default().into_iter().next();
        if let Some(error) = choice.as_ref().and_then(ChoiceJson::stated_error) {
            let has_text = choice.as_ref().is_some_and(ChoiceJson::has_text);
            let progress = if has_text {
                progress.max(Progress::Speaking)
            } else {
                progress
            };
            return Err(Fault::reported(&error, progress));
        }
        let completion = &mut self.so_far;
        completion.model = json
            .model
            .filter(|model| !model.is_empty())
            .or(completion.model.take());
        if let Some(usage) = json.usage.filter(Value::is_object) {
            completion.usage = usage_in(&usage);
        }
        let Some(choice) = choice else {
            return Ok(false);
        };
        completion.finish_reason = choice.finish_reason.or(completion.finish_reason.take());
        if json
            .guardrail_action
            .is_some_and(|action| action == "INTERVENED")
        {
            completion.ending = Ending::Filtered;
        }
        let Some(said) = choice.message.or(choice.delta) else {
            return Ok(false);
        };
        let content = said.content.as_ref().map(text_of).unwrap_or_default();
        match said.refusal {
            Some(refusal) if content.is_empty() && !refusal.is_empty() => {
                completion.text.push_str(&refusal);
                completion.ending = Ending::RefusedByProvider;
            }
            Some(_) | None => completion.text.push_str(&content),
        }
        let parts = said.content.as_ref().map(thoughts_of).unwrap_or_default();
        let fields = said.reasoning_content.or(said.reasoning);
        let thought = fields.as_ref().and_then(Value::as_str).unwrap_or(&parts);
        completion.thinking.push_str(thought);
        let calls = said.tool_calls.unwrap_or_default().into_iter();
        for call in calls
            .filter(|call| call.index.unwrap_or_default() == 0)
            .take(1)
        {
            let arguments = call.function.and_then(|function| function.arguments);
            completion
                .tool_input
                .push_str(&arguments.unwrap_or_default());
        }
        Ok(true)
    }
}

impl ReplyForm for CompletionForm {
    type Output = Said;

    fn json(mut self, body: &[u8]) -> Result<Said, Fault> {
        if self.read(body, Progress::Waiting)? {
            Ok(self.so_far.concluded())
        } else {
            Err(Fault::malformed("the reply has no choice with a message"))
        }
    }

    fn event(&mut self, event: &Event) -> Result<Progress, Fault> {
        let progress = self.progress.unwrap_or(Progress::Waiting);
        let now = if event.data == "[DONE]" {
            Progress::Done
        } else if event.name == "error" {
            let error = error_body::read(event.data.as_bytes());
            return Err(Fault::reported(&error, progress));
        } else {
            self.read(event.data.as_bytes(), progress)?;
            if self.so_far.text.is_empty() {
                Progress::Waiting
            } else {
                Progress::Speaking
            }
        };
        self.progress = Some(now);
        Ok(now)
    }

    fn ended(self) -> Result<Said, Fault> {
        let progress = self.progress.unwrap_or(Progress::Waiting);
        if progress == Progress::Done || self.so_far.finish_reason.is_some() {
            Ok(self.so_far.concluded())
        } else {
            Err(Fault::cut(
                "the stream ended without its last event",
                progress,
            ))
        }
    }
}

/// The error that a reply states beside or in place of its choices.
fn stated_error(bytes: &[u8], error: &Value) -> ErrorBody {
    parse_json(bytes)
        .ok()
        .and_then(|value| from_json(&value))
        .unwrap_or_else(|| quoted_error(error))
}

fn quoted_error(error: &Value) -> ErrorBody {
    ErrorBody {
        code: None,
        message: excerpt(error.to_string().as_bytes()),
    }
}

/// A content's text: a string, or the `text` parts of an array joined. Parts of other types
/// (reasoning, images) are not part of what is said.
pub(crate) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter(|part| {
                let kind = part.get("type").and_then(Value::as_str);
                matches!(kind, None | Some("text" | "output_text"))
            })
            .filter_map(|part| part.get("text").unwrap_or(part).as_str())
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

/// The thoughts among a content's parts.
fn thoughts_of(content: &Value) -> String {
    let parts = content.as_array().into_iter().flatten();
    let thoughts = parts.filter(|part| {
        let kind = part.get("type").and_then(Value::as_str);
        matches!(kind, Some("thinking" | "reasoning"))
    });
    thoughts
        .filter_map(|part| {
            let names = ["thinking", "reasoning", "text", "summary", "content"];
            names.iter().find_map(|name| part.get(name))
        })
        .map(|thought| match thought {
            Value::Array(parts) => parts
                .iter()
                .filter_map(|part| part.get("text")?.as_str())
                .collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => text_of(thought),
        })
        .collect()
}

#[derive(Deserialize)]
struct CompletionJson {
    model: Option<String>,
    choices: Option<Vec<ChoiceJson>>,
    usage: Option<Value>,
    error: Option<Value>,
    /// What a guardrail of Bedrock has done.
    #[serde(rename = "amazon-bedrock-guardrailAction")]
    guardrail_action: Option<String>,
}

#[derive(Deserialize)]
struct ChoiceJson {
    message: Option<SaidJson>,
    delta: Option<SaidJson>,
    finish_reason: Option<String>,
    error: Option<Value>,
}

impl ChoiceJson {
    /// What gateways say of a provider that broke off.
    fn stated_error(&self) -> Option<ErrorBody> {
        let error = self.error.as_ref().filter(|error| !error.is_null())?;
        let named = from_json(&json!({ "error": error }));
        Some(named.unwrap_or_else(|| quoted_error(error)))
    }

    fn has_text(&self) -> bool {
        let said = self.message.as_ref().or(self.delta.as_ref());
        let content = said.and_then(|said| said.content.as_ref());
        content.is_some_and(|content| !text_of(content).is_empty())
    }
}

#[derive(Deserialize)]
struct SaidJson {
    content: Option<Value>,
    refusal: Option<String>,
    reasoning_content: Option<Value>,
    reasoning: Option<Value>,
    tool_calls: Option<Vec<ToolCallJson>>,
}

#[derive(Deserialize)]
struct ToolCallJson {
    index: Option<u64>,
    function: Option<FunctionJson>,
}

#[derive(Deserialize)]
struct FunctionJson {
    arguments: Option<String>,
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use groundgate_model::exchange::{FailureKind, Usage};

    use super::*;
    use crate::transport::{FormReader, Framing, ReplyReader, retry::Resend};

    fn plain(body: &str) -> Result<Said, Fault> {
        CompletionForm::default().json(body.as_bytes())
    }

    fn streamed(body: &[u8]) -> Result<Said, Fault> {
        let mut reader = FormReader::framed(Framing::Events, CompletionForm::default());
        for byte in body.chunks(1) {
            if reader.push(Bytes::copy_from_slice(byte))? == Progress::Done {
                break;
            }
        }
        reader.finish()
    }

    const STREAM: &str = concat!(
        ": hello\n\n",
        "data: {\"model\":\"m-1\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"usage\":null}\n\n",
        "data: {\"model\":\"m-1\",\"choices\":[{\"delta\":{\"content\":\"Go to \"}}]}\r\n\r\n",
        "data: {\"model\":\"m-1\",\"choices\":[{\"delta\":{\"content\":\"Réglages\"}}]}\n\n",
        "data: {\"model\":\"m-1\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"model\":\"\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3}}\n\n",
        "data: [DONE]\n\n",
    );

    fn expected() -> Said {
        Said {
            text: "Go to Réglages".to_owned(),
            usage: Usage {
                input_tokens: Some(5),
                output_tokens: Some(3),
                ..Usage::default()
            },
            model: Some("m-1".to_owned()),
            finish_reason: Some("stop".to_owned()),
            ending: Ending::Complete,
            ..Said::default()
        }
    }

    #[test]
    fn a_plain_completion_is_read() {
        let completion = plain(
            r#"{"model":"m-1","choices":[{"message":{"role":"assistant","content":"Go to Réglages"},
            "finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":3},"more":1}"#,
        );
        assert_eq!(completion, Ok(expected()));
    }

    #[test]
    fn a_stream_says_the_same_as_a_plain_reply() {
        assert_eq!(streamed(STREAM.as_bytes()), Ok(expected()));
    }

    #[test]
    fn a_stream_cut_anywhere_is_never_a_short_answer() {
        for end in 0..STREAM.len() {
            match streamed(&STREAM.as_bytes()[..end]) {
                Ok(completion) => assert_eq!(completion.text, expected().text, "cut at {end}"),
                Err(fault) => assert_eq!(fault.class.kind, FailureKind::Cut, "cut at {end}"),
            }
        }
    }

    #[test]
    fn what_servers_do_differently_is_understood() {
        let text = |body: &str| plain(body).map(|completion| completion.text);
        let parts = r#"{"choices":[{"message":{"content":[
            {"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},
            {"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#;
        assert_eq!(text(parts), Ok("ab".to_owned()));
        let refusal = r#"{"choices":[{"message":{"content":null,"refusal":"no"}}]}"#;
        assert_eq!(text(refusal), Ok("no".to_owned()));
        let filtered =
            plain(r#"{"choices":[{"message":{"content":null},"finish_reason":"content_filter"}]}"#);
        assert_eq!(
            filtered.unwrap().finish_reason.as_deref(),
            Some("content_filter")
        );
        let odd_usage = plain(
            r#"{"choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":-1,"completion_tokens":"x"}}"#,
        );
        assert_eq!(odd_usage.unwrap().usage, Usage::default());
    }

    #[test]
    fn what_is_no_completion_is_malformed() {
        for body in [
            "{}",
            "[]",
            r#"{"choices":[]}"#,
            r#"{"choices":[{"index":0}]}"#,
            "",
            "null",
        ] {
            assert_eq!(
                plain(body).unwrap_err().class.kind,
                FailureKind::Malformed,
                "{body}"
            );
        }
        let two = b"data: {\"choices\":[]}{\"choices\":[]}\n\n";
        assert_eq!(
            streamed(two).unwrap_err().class.kind,
            FailureKind::Malformed
        );
    }

    #[test]
    fn an_error_with_a_status_of_success_is_an_error() {
        let overloaded = r#"{"error":{"type":"overloaded_error","message":"busy"}}"#;
        let fault = plain(overloaded).unwrap_err();
        assert_eq!(
            (fault.class.kind, fault.class.resend),
            (FailureKind::Server, Resend::Refused)
        );
        let early = streamed(format!("data: {overloaded}\n\n").as_bytes()).unwrap_err();
        assert_eq!(early.class.resend, Resend::Refused);
        let begun = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
        for late in [
            format!("{begun}data: {overloaded}\n\n"),
            format!("{begun}event: error\ndata: {overloaded}\n\n"),
            format!("{begun}data: {{\"error\":\"busy\"}}\n\ndata: [DONE]\n\n"),
        ] {
            let fault = streamed(late.as_bytes()).unwrap_err();
            assert_eq!(fault.class.resend, Resend::Never);
            assert_eq!(fault.message, "the reply reports an error: busy");
        }
    }
}

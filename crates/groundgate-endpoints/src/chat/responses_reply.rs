//! What a reply of OpenAI's Responses says, whole or streamed. Pure; agents of Databricks speak the
//! same form.

use groundgate_model::exchange::{Ending, Usage};
use serde_json::Value;

use super::{said::Said, usage::usage_in};
use crate::transport::{
    Fault, Progress, ReplyForm,
    error_body::{self, from_json},
    parse_json,
    sse::Event,
};

/// Reads replies.
#[derive(Debug, Default)]
pub(crate) struct ResponsesForm {
    so_far: Said,
    /// What whole items have said; agents send those without their parts.
    items: String,
    whole: bool,
}

/// The reply that a JSON value is.
pub(crate) fn read_response(value: &Value) -> Result<Said, Fault> {
    let failed = value.get("status").is_some_and(|status| status == "failed");
    if failed || value.get("output").is_none() {
        if let Some(error) = from_json(value) {
            return Err(Fault::reported(&error, Progress::Waiting));
        }
        return Err(Fault::malformed("the reply has no `output`"));
    }
    let items: Vec<&Value> = value
        .get("output")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    let mut said = Said::default();
    for item in items {
        add_item(&mut said, item);
    }
    let word = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let reason = value.pointer("/incomplete_details/reason");
    Ok(Said {
        usage: usage_of(value),
        model: word(value.get("model")),
        finish_reason: word(reason).or_else(|| word(value.get("status"))),
        ..said
    }
    .concluded())
}

/// Adds what one item of the output says: text, a refusal, a call of a tool, or a thought.
fn add_item(said: &mut Said, item: &Value) {
    let kind = item.get("type").and_then(Value::as_str);
    match kind {
        Some("function_call") => {
            let arguments = item.get("arguments").and_then(Value::as_str);
            if said.tool_input.is_empty() {
                said.tool_input.push_str(arguments.unwrap_or_default());
            }
        }
        Some("reasoning") => {
            let lists = ["summary", "content"].into_iter();
            let parts = lists
                .filter_map(|name| item.get(name)?.as_array())
                .flatten();
            for text in parts.filter_map(|part| part.get("text")?.as_str()) {
                said.thinking.push_str(text);
            }
        }
        _ => {
            let text = text_of_item(item);
            if !text.is_empty() && part_of(item, "text").is_empty() {
                said.ending = Ending::RefusedByProvider;
            }
            said.text.push_str(&text);
        }
    }
}

fn text_of_item(item: &Value) -> String {
    if item
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind != "message")
    {
        return String::new();
    }
    let text = part_of(item, "text");
    if text.is_empty() {
        part_of(item, "refusal")
    } else {
        text
    }
}

/// The fields of this name in an item's parts, joined.
fn part_of(item: &Value, name: &str) -> String {
    let parts = item.get("content").and_then(Value::as_array);
    parts
        .into_iter()
        .flatten()
        .filter_map(|part| part.get(name)?.as_str())
        .collect()
}

/// Tokens under either of the names in use.
pub(crate) fn usage_of(value: &Value) -> Usage {
    value.get("usage").map_or_else(Usage::default, usage_in)
}

impl ResponsesForm {
    const fn progress(&self) -> Progress {
        if self.so_far.text.is_empty() && self.items.is_empty() {
            Progress::Waiting
        } else {
            Progress::Speaking
        }
    }

    fn complete(&mut self, response: &Value) -> Result<(), Fault> {
        let progress = self.progress();
        let mut reply = read_response(response).map_err(|fault| fault.after(progress))?;
        if reply.text.is_empty() {
            reply.text = self.said();
            reply = reply.concluded();
        }
        self.so_far = reply;
        self.whole = true;
        Ok(())
    }

    fn said(&mut self) -> String {
        let items = std::mem::take(&mut self.items);
        let parts = std::mem::take(&mut self.so_far.text);
        if items.is_empty() { parts } else { items }
    }
}

impl ReplyForm for ResponsesForm {
    type Output = Said;

    fn json(self, body: &[u8]) -> Result<Said, Fault> {
        read_response(&parse_json(body)?)
    }

    fn event(&mut self, event: &Event) -> Result<Progress, Fault> {
        if event.data == "[DONE]" {
            // Agents end like this, without `response.completed`.
            if !self.whole {
                self.so_far.text = self.said();
                self.so_far = std::mem::take(&mut self.so_far).concluded();
                self.whole = true;
            }
            return Ok(Progress::Done);
        }
        let value = parse_json(event.data.as_bytes())?;
        let kind = value
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or(&event.name);
        match kind {
            "response.output_text.delta" | "response.refusal.delta" => {
                let delta = value.get("delta").and_then(Value::as_str);
                self.so_far.text.push_str(delta.unwrap_or_default());
            }
            "response.output_item.done" => {
                let text = value.get("item").map(text_of_item);
                self.items.push_str(&text.unwrap_or_default());
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.complete(value.get("response").unwrap_or(&value))?;
                return Ok(Progress::Done);
            }
            _ if kind == "error" || value.get("error").is_some_and(|error| !error.is_null()) => {
                let error = error_body::read(event.data.as_bytes());
                return Err(Fault::reported(&error, self.progress()));
            }
            // Starts, ends, annotations, and what later versions add.
            _ => {}
        }
        Ok(self.progress())
    }

    fn ended(self) -> Result<Said, Fault> {
        if self.whole {
            Ok(self.so_far)
        } else {
            Err(Fault::cut(
                "the stream ended without its last event",
                self.progress(),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use groundgate_model::exchange::FailureKind;

    use super::*;
    use crate::transport::{FormReader, Framing, ReplyReader, retry::Resend};

    const WHOLE: &str = r#"{"object":"response","status":"completed","model":"m","error":null,"output":[
        {"type":"reasoning","summary":[{"text":"hm"}]},
        {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Go to "},
         {"type":"output_text","text":"Settings","annotations":[]}]}],
        "usage":{"input_tokens":5,"output_tokens":3,"total_tokens":8}}"#;

    fn plain(body: &str) -> Result<Said, Fault> {
        ResponsesForm::default().json(body.as_bytes())
    }

    fn streamed(events: &str) -> Result<Said, Fault> {
        let mut reader = FormReader::framed(Framing::Events, ResponsesForm::default());
        reader.push(Bytes::copy_from_slice(events.as_bytes()))?;
        reader.finish()
    }

    fn stream() -> String {
        let one_line = WHOLE.replace('\n', " ");
        [
            r#"{"type":"response.created","response":{"status":"in_progress"}}"#,
            r#"{"type":"response.output_text.delta","item_id":"i","delta":"Go to "}"#,
            r#"{"type":"response.output_text.delta","item_id":"i","delta":"Settings"}"#,
            &format!(r#"{{"type":"response.completed","response":{one_line}}}"#),
        ]
        .map(|data| format!("data: {data}\n\n"))
        .concat()
    }

    #[test]
    fn a_reply_is_the_same_plain_or_streamed() {
        let expected = Said {
            text: "Go to Settings".to_owned(),
            thinking: "hm".to_owned(),
            usage: Usage {
                input_tokens: Some(5),
                output_tokens: Some(3),
                ..Usage::default()
            },
            model: Some("m".to_owned()),
            finish_reason: Some("completed".to_owned()),
            ending: Ending::Complete,
            ..Said::default()
        };
        assert_eq!(plain(WHOLE), Ok(expected.clone()));
        assert_eq!(streamed(&stream()), Ok(expected));
    }

    #[test]
    fn a_stream_cut_anywhere_is_never_a_short_answer() {
        let stream = stream();
        for end in 0..stream.len() {
            match streamed(&stream[..end]) {
                Ok(reply) => assert_eq!(reply.text, "Go to Settings", "cut at {end}"),
                Err(fault) => assert_eq!(fault.class.kind, FailureKind::Cut, "cut at {end}"),
            }
        }
    }

    #[test]
    fn agents_that_send_whole_items_are_understood() {
        let events = concat!(
            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Go\"}\n\n",
            "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Go\"}]}}\n\n",
            "data: [DONE]\n\n",
        );
        assert_eq!(streamed(events).unwrap().text, "Go");
    }

    #[test]
    fn what_is_incomplete_refused_or_failed_says_so() {
        let cut_short = r#"{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}"#;
        assert_eq!(
            plain(cut_short).unwrap().finish_reason.as_deref(),
            Some("max_output_tokens")
        );
        let refusal =
            r#"{"output":[{"type":"message","content":[{"type":"refusal","refusal":"no"}]}]}"#;
        assert_eq!(plain(refusal).unwrap().text, "no");
        let failed =
            r#"{"status":"failed","error":{"code":"server_error","message":"down"},"output":[]}"#;
        assert_eq!(plain(failed).unwrap_err().class.kind, FailureKind::Server);
        assert_eq!(plain("{}").unwrap_err().class.kind, FailureKind::Malformed);
        let late = concat!(
            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Go\"}\n\n",
            "data: {\"error\":\"down\"}\n\ndata: [DONE]\n\n",
        );
        let fault = streamed(late).unwrap_err();
        assert_eq!(
            (fault.class.kind, fault.class.resend),
            (FailureKind::Server, Resend::Never)
        );
    }
}

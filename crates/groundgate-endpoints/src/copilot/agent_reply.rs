//! What a serving endpoint replies, whole or streamed: chat completions, the Agent Framework's two
//! forms, and plain texts, whichever it is. Agents answer in another form than their task says, so
//! that the reply alone decides.

use groundgate_model::{
    exchange::{Answer, Usage},
    mlflow::Trace,
};
use serde_json::Value;

use super::{delivered::spoken, extract::PassagePaths};
use crate::{
    chat::{CompletionForm, ResponsesForm, Said, read_response, text_of, usage_of},
    transport::{
        Fault, Progress, ReplyForm,
        error_body::{ErrorBody, from_json},
        parse_json,
        sse::Event,
    },
};

/// Where agents put their trace: Databricks by itself, others in what they return besides.
const TRACES: [&str; 2] = ["/databricks_output/trace", "/custom_outputs/trace"];

/// Reads replies of agents.
#[derive(Debug)]
pub(super) struct AgentForm<'a> {
    /// Where the passages are, if not in a trace.
    paths: Option<&'a PassagePaths>,
    speech: Speech,
    trace: Option<Value>,
    events: Vec<Value>,
}

/// The form of a stream, known from its first event on.
#[derive(Debug, Default)]
enum Speech {
    #[default]
    Unknown,
    Completion(CompletionForm),
    Responses(ResponsesForm),
    Messages(Messages),
}

/// The messages of a stream of the Agent Framework's ChatAgent.
#[derive(Debug, Default)]
struct Messages {
    /// Id and text so far, in the order in which they began.
    said: Vec<(String, String)>,
    usage: Usage,
    finish_reason: Option<String>,
    whole: bool,
}

impl<'a> AgentForm<'a> {
    pub(super) fn new(paths: Option<&'a PassagePaths>) -> Self {
        Self {
            paths,
            speech: Speech::default(),
            trace: None,
            events: Vec::new(),
        }
    }

    fn keep(&mut self, value: Value) {
        let places = [Some(&value), value.get("response"), value.get("item")];
        for place in places.into_iter().flatten() {
            if let Some(trace) = trace_of(place) {
                self.trace = Some(trace.clone());
            }
        }
        if self.paths.is_some() {
            self.events.push(value);
        }
    }

    fn with_passages(&self, answer: Answer) -> Result<Answer, Fault> {
        let passages = match self.paths {
            Some(paths) => paths.find(&self.events)?,
            None => self
                .trace
                .as_ref()
                .and_then(|trace| Trace::read(trace).passages()),
        };
        Ok(Answer { passages, ..answer })
    }
}

fn trace_of(value: &Value) -> Option<&Value> {
    TRACES
        .iter()
        .find_map(|place| value.pointer(place))
        .filter(|trace| trace.is_object())
}

impl ReplyForm for AgentForm<'_> {
    type Output = Answer;

    fn json(mut self, body: &[u8]) -> Result<Answer, Fault> {
        let value = parse_json(body)?;
        let answer = whole_answer(&value, body)?;
        self.keep(value);
        self.with_passages(answer)
    }

    fn event(&mut self, event: &Event) -> Result<Progress, Fault> {
        if event.data != "[DONE]" {
            let value = parse_json(event.data.as_bytes())?;
            if matches!(self.speech, Speech::Unknown) {
                self.speech = Speech::of(&value);
            }
            if let (Speech::Messages(messages), Some(error)) = (&self.speech, stated_error(&value))
            {
                return Err(Fault::reported(&error, messages.progress()));
            }
            self.keep(value);
        }
        match &mut self.speech {
            Speech::Unknown => Ok(Progress::Waiting),
            Speech::Completion(form) => form.event(event),
            Speech::Responses(form) => form.event(event),
            Speech::Messages(messages) => messages.event(event),
        }
    }

    fn ended(mut self) -> Result<Answer, Fault> {
        let answer = match std::mem::take(&mut self.speech) {
            Speech::Unknown => {
                return Err(Fault::cut(
                    "the stream ended without an answer",
                    Progress::Waiting,
                ));
            }
            Speech::Completion(form) => spoken(form.ended()?),
            Speech::Responses(form) => spoken(form.ended()?),
            Speech::Messages(messages) => messages.ended()?,
        };
        self.with_passages(answer)
    }
}

impl Speech {
    fn of(event: &Value) -> Self {
        if event.get("choices").is_some() {
            Self::Completion(CompletionForm::default())
        } else if event.get("type").is_some_and(Value::is_string) {
            Self::Responses(ResponsesForm::default())
        } else {
            Self::Messages(Messages::default())
        }
    }
}

impl Messages {
    fn progress(&self) -> Progress {
        if self.said.iter().all(|(_, text)| text.is_empty()) {
            Progress::Waiting
        } else {
            Progress::Speaking
        }
    }

    fn event(&mut self, event: &Event) -> Result<Progress, Fault> {
        if event.data == "[DONE]" {
            self.whole = true;
            return Ok(Progress::Done);
        }
        let value = parse_json(event.data.as_bytes())?;
        if let Some(delta) = value.get("delta") {
            let word = |name: &str| delta.get(name).and_then(Value::as_str).unwrap_or_default();
            // Results of tools are not said to anybody.
            if matches!(word("role"), "assistant" | "") {
                let text = delta.get("content").map(text_of).unwrap_or_default();
                match self.said.last_mut() {
                    Some((id, said)) if id == word("id") => said.push_str(&text),
                    Some(_) | None => self.said.push((word("id").to_owned(), text)),
                }
            }
        }
        if value.get("usage").is_some_and(Value::is_object) {
            self.usage = usage_of(&value);
        }
        if let Some(reason) = value.get("finish_reason").and_then(Value::as_str) {
            self.finish_reason = Some(reason.to_owned());
        }
        Ok(self.progress())
    }

    fn ended(self) -> Result<Answer, Fault> {
        if !self.whole && self.finish_reason.is_none() {
            let progress = self.progress();
            return Err(Fault::cut(
                "the stream ended without its last event",
                progress,
            ));
        }
        let mut said = self.said.into_iter().rev();
        let last = said.find(|(_, text)| !text.is_empty());
        let text = last.map(|(_, text)| text).unwrap_or_default();
        let said = Said {
            text,
            usage: self.usage,
            finish_reason: self.finish_reason,
            ..Said::default()
        };
        Ok(spoken(said.concluded()))
    }
}

/// An error that an event states in place of a part of the answer.
fn stated_error(value: &Value) -> Option<ErrorBody> {
    let is_error = value.get("error").is_some_and(|error| !error.is_null())
        || value.get("error_code").is_some();
    is_error.then(|| from_json(value)).flatten()
}

/// The answer of a whole body.
fn whole_answer(value: &Value, body: &[u8]) -> Result<Answer, Fault> {
    let word = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let said = |said: Said| {
        let said = Said {
            usage: usage_of(value),
            model: word("model"),
            ..said
        };
        spoken(said.concluded())
    };
    let texted = |text: String| Said {
        text,
        finish_reason: word("finish_reason"),
        ..Said::default()
    };
    if value.get("choices").is_some() {
        Ok(said(CompletionForm::default().json(body)?))
    } else if value.get("output").is_some() {
        Ok(said(read_response(value)?))
    } else if let Some(messages) = value.get("messages").and_then(Value::as_array) {
        Ok(said(texted(last_said(messages))))
    } else if let Some(text) = word("content") {
        Ok(said(texted(text)))
    } else if let Some(error) = from_json(value) {
        Err(Fault::reported(&error, Progress::Waiting))
    } else {
        Err(Fault::malformed(
            "the reply has none of `choices`, `messages`, `output` and `content`",
        ))
    }
}

/// The last message of the agent with something in it; tool calls and their results come before.
fn last_said(messages: &[Value]) -> String {
    messages
        .iter()
        .rev()
        .filter(|message| message.get("role").is_some_and(|role| role == "assistant"))
        .filter_map(|message| message.get("content").map(text_of))
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use groundgate_model::exchange::{FailureKind, Passage};
    use serde_json::json;

    use super::*;
    use crate::transport::{FormReader, Framing, ReplyReader};

    fn read(value: &Value) -> Result<Answer, Fault> {
        AgentForm::new(None).json(value.to_string().as_bytes())
    }

    fn stream(events: &[Value], end: &str) -> Result<Answer, Fault> {
        let events: Vec<String> = events
            .iter()
            .map(|event| format!("data: {event}\n\n"))
            .collect();
        let text = events.concat() + end;
        let mut reader = FormReader::framed(Framing::Events, AgentForm::new(None));
        for byte in text.into_bytes() {
            if reader.push(Bytes::from(vec![byte]))? == Progress::Done {
                break;
            }
        }
        reader.finish()
    }

    const DONE: &str = "data: [DONE]\n\n";

    #[test]
    fn every_form_of_reply_is_read() {
        let usage = json!({"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8});
        for reply in [
            json!({"choices": [{"message": {"content": "Go"}, "finish_reason": "stop"}],
                "model": "m", "usage": usage}),
            json!({"messages": [
                {"role": "assistant", "content": "", "tool_calls": []},
                {"role": "tool", "content": "found"},
                {"role": "assistant", "content": "Go", "id": "1"},
                {"role": "assistant", "content": ""},
            ], "finish_reason": "stop", "model": "m", "usage": usage}),
            json!({"output": [
                {"type": "function_call", "name": "f"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Go"}]},
            ], "status": "stop", "model": "m", "usage": usage}),
            json!({"content": "Go", "finish_reason": "stop", "model": "m", "usage": usage}),
        ] {
            let answer = read(&reply).unwrap();
            assert_eq!(answer.text, "Go", "{reply}");
            assert_eq!(answer.model.as_deref(), Some("m"), "{reply}");
            assert_eq!(answer.finish_reason.as_deref(), Some("stop"), "{reply}");
            let expected = Usage {
                input_tokens: Some(5),
                output_tokens: Some(3),
                ..Usage::default()
            };
            assert_eq!(answer.usage, expected, "{reply}");
            assert_eq!(answer.passages, None, "{reply}");
        }
    }

    /// A trace with one retriever span that found one passage.
    fn trace() -> Value {
        let outputs =
            json!([{"page_content": "Settings", "metadata": {"doc_uri": "kb/1"}, "id": "1"}]);
        json!({"data": {"spans": [{
            "span_id": "a", "parent_span_id": null, "attributes": {
                "mlflow.spanType": "\"RETRIEVER\"", "mlflow.spanOutputs": outputs.to_string(),
            },
        }]}})
    }

    fn passages() -> Vec<Passage> {
        vec![Passage {
            id: Some("1".to_owned()),
            text: "Settings".to_owned(),
            source: Some("kb/1".to_owned()),
        }]
    }

    #[test]
    fn the_trace_shows_the_passages() {
        for reply in [
            json!({"content": "Go",
                "databricks_output": {"databricks_request_id": "r", "trace": trace()}}),
            json!({"content": "Go", "custom_outputs": {"trace": trace()}}),
        ] {
            assert_eq!(read(&reply).unwrap().passages, Some(passages()));
        }
    }

    #[test]
    fn every_form_of_stream_is_read_with_its_trace() {
        let output = json!({"databricks_request_id": "r", "trace": trace()});
        let item = json!({"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": "Go on"}]});
        let delta = |text: &str, id: &str| json!({"delta": {"role": "assistant", "content": text, "id": id}});
        let choice = |text: &str, reason: Value| json!({"choices": [{"delta": {"content": text}, "finish_reason": reason}]});
        for events in [
            vec![
                choice("Go", Value::Null),
                choice(" on", json!("stop")),
                json!({"choices": [], "databricks_output": output}),
            ],
            vec![
                json!({"type": "response.output_text.delta", "item_id": "1", "delta": "Go"}),
                json!({"type": "response.output_item.done", "item": item, "databricks_output": output}),
            ],
            vec![
                delta("Let me see", "0"),
                json!({"delta": {"role": "tool", "content": "found", "id": "t"}}),
                delta("Go", "1"),
                delta(" on", "1"),
                json!({"databricks_output": output}),
            ],
        ] {
            let answer = stream(&events, DONE).unwrap();
            assert_eq!(answer.text, "Go on", "{events:?}");
            assert_eq!(answer.passages, Some(passages()), "{events:?}");
            let cut = stream(&events[..1], "").unwrap_err();
            assert_eq!(cut.class.kind, FailureKind::Cut, "{events:?}");
        }
        assert_eq!(stream(&[], DONE).unwrap_err().class.kind, FailureKind::Cut);
    }

    #[test]
    fn what_is_no_answer_is_a_fault() {
        let kind = |value: Value| read(&value).unwrap_err().class.kind;
        assert_eq!(kind(json!({"predictions": ["Go"]})), FailureKind::Malformed);
        assert_eq!(
            kind(json!({"error_code": "E", "message": "no"})),
            FailureKind::Server
        );
        for error in [
            json!({"error": "the tool failed"}),
            json!({"error_code": "E", "message": "no"}),
        ] {
            let fault = stream(&[error], DONE).unwrap_err();
            assert_eq!(fault.class.kind, FailureKind::Server, "{}", fault.message);
        }
    }
}

//! Copilots on Databricks Model Serving: foundation models and agents, with the passages that their
//! traces show.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    Answer, CallFailure, Copilot, DatabricksForm, ServingEndpoint, Timing,
    chat::{conversation, struck},
    databricks_trace,
    extract::PassagePaths,
};
use crate::{
    chat::{BoxFuture, CompletionForm, Message, Price, read_response, text_of, usage_of},
    eval_set::Case,
    transport::{
        Call, Client, Fault, JsonBody, Progress, ReplyForm as _, Target, error_body::from_json,
        parse_json, percent_encoded,
    },
    unit::Usd,
};

/// What is sent with every question.
#[derive(Debug, Clone)]
pub struct DatabricksSettings {
    /// The form in which the endpoint is asked; see [`ServingEndpoint::form`].
    pub form: DatabricksForm,
    /// Whether the trace is asked for, which shows the passages. Foundation models refuse it.
    pub return_trace: bool,
    /// Sent before the conversation.
    pub system_prompt: Option<String>,
    /// At most so many tokens are to be written; agents have limits of their own.
    pub max_output_tokens: u32,
    /// Sent to foundation models.
    pub temperature: Option<f64>,
    /// Where the reply shows its passages, if not in its trace.
    pub passages: Option<PassagePaths>,
    /// What the tokens cost.
    pub price: Option<Price>,
}

/// Asks a serving endpoint.
#[derive(Debug)]
pub struct DatabricksCopilot {
    client: Arc<Client>,
    target: Target,
    endpoint: ServingEndpoint,
    settings: DatabricksSettings,
}

impl DatabricksCopilot {
    /// A copilot at an endpoint of the client's workspace.
    pub fn new(
        client: Arc<Client>,
        endpoint: ServingEndpoint,
        settings: DatabricksSettings,
    ) -> Self {
        let name = percent_encoded(&endpoint.name);
        Self {
            target: client.target(&format!("serving-endpoints/{name}/invocations")),
            client,
            endpoint,
            settings,
        }
    }

    async fn send(&self, case: &Case) -> Result<Answer, CallFailure> {
        let body = request_body(&self.settings, case).to_string();
        let call = Call::post_json(&self.target, body);
        let client = &self.client;
        let reply = client
            .call(&call, |head| {
                head.expect_json().map(|()| JsonBody::default())
            })
            .await?;
        let answer = read_reply(&reply.output, self.settings.passages.as_ref())
            .map_err(|fault| client.failure(&call, &fault, reply.timing.tries))?;
        client.settle(&call, answer.usage);
        let answer = Answer {
            cost: self
                .settings
                .price
                .and_then(|price| price.cost(answer.usage)),
            timing: reply.timing,
            ..answer
        };
        Ok(struck(client, answer))
    }
}

impl Copilot for DatabricksCopilot {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        _attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(self.send(case))
    }

    fn worst_cost(&self, case: &Case) -> Option<Usd> {
        let messages = conversation(self.settings.system_prompt.as_deref(), case);
        self.settings
            .price?
            .worst(&messages, self.settings.max_output_tokens)
    }

    fn describe(&self) -> String {
        format!(
            "databricks {}: {}",
            self.target,
            self.endpoint.served_words()
        )
    }
}

fn request_body(settings: &DatabricksSettings, case: &Case) -> Value {
    let messages: Vec<Value> = conversation(settings.system_prompt.as_deref(), case)
        .iter()
        .map(|Message { role, text }| {
            json!({"role": role.map_or("system", |role| role.name()), "content": text})
        })
        .collect();
    let mut body = Map::new();
    match settings.form {
        DatabricksForm::Chat => {
            body.insert("messages".to_owned(), messages.into());
            body.insert("max_tokens".to_owned(), settings.max_output_tokens.into());
            if let Some(temperature) = settings.temperature.filter(|value| value.is_finite()) {
                body.insert("temperature".to_owned(), temperature.into());
            }
        }
        DatabricksForm::ChatAgent => {
            body.insert("messages".to_owned(), messages.into());
        }
        DatabricksForm::Responses => {
            body.insert("input".to_owned(), messages.into());
        }
    }
    if settings.return_trace {
        body.insert(
            "databricks_options".to_owned(),
            json!({"return_trace": true}),
        );
    }
    Value::Object(body)
}

/// Reads the reply in whichever of the forms it has: agents answer in another than their task says.
fn read_reply(body: &Bytes, paths: Option<&PassagePaths>) -> Result<Answer, Fault> {
    let value = parse_json(body)?;
    let passages = match paths {
        Some(paths) => paths.find(std::slice::from_ref(&value))?,
        None => value
            .pointer("/databricks_output/trace")
            .and_then(databricks_trace::passages),
    };
    let word = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let spoken = |text: String| Answer {
        text,
        passages: None,
        usage: usage_of(&value),
        cost: None,
        model: word("model"),
        finish_reason: word("finish_reason"),
        timing: Timing::default(),
    };
    let answer = if value.get("choices").is_some() {
        let completion = CompletionForm::default().json(body)?;
        Answer {
            finish_reason: completion.finish_reason,
            ..spoken(completion.text)
        }
    } else if value.get("output").is_some() {
        let reply = read_response(&value)?;
        Answer {
            finish_reason: reply.finish_reason,
            ..spoken(reply.text)
        }
    } else if let Some(messages) = value.get("messages").and_then(Value::as_array) {
        spoken(last_said(messages))
    } else if let Some(text) = word("content") {
        spoken(text)
    } else if let Some(error) = from_json(&value) {
        return Err(Fault::reported(&error, Progress::Waiting));
    } else {
        return Err(Fault::malformed(
            "the reply has none of `choices`, `messages`, `output` and `content`",
        ));
    };
    Ok(Answer { passages, ..answer })
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
    use super::{super::template::tests::case, *};
    use crate::copilot::{FailureKind, Passage, Usage};

    fn body(form: DatabricksForm, return_trace: bool) -> Value {
        let settings = DatabricksSettings {
            form,
            return_trace,
            system_prompt: None,
            max_output_tokens: 64,
            temperature: Some(0.0),
            passages: None,
            price: None,
        };
        request_body(&settings, &case("c", "Why?"))
    }

    #[test]
    fn every_form_is_asked_in_its_own_words() {
        let messages = json!([
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "Why?"},
        ]);
        assert_eq!(
            body(DatabricksForm::Chat, false),
            json!({"messages": messages, "max_tokens": 64, "temperature": 0.0})
        );
        let options = json!({"return_trace": true});
        assert_eq!(
            body(DatabricksForm::ChatAgent, true),
            json!({"messages": messages, "databricks_options": options})
        );
        assert_eq!(
            body(DatabricksForm::Responses, true),
            json!({"input": messages, "databricks_options": options})
        );
    }

    fn read(value: &Value) -> Result<Answer, Fault> {
        read_reply(&Bytes::from(value.to_string()), None)
    }

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
            };
            assert_eq!(answer.usage, expected, "{reply}");
            assert_eq!(answer.passages, None, "{reply}");
        }
    }

    #[test]
    fn the_trace_shows_the_passages() {
        let outputs =
            json!([{"page_content": "Settings", "metadata": {"doc_uri": "kb/1"}, "id": "1"}]);
        let reply = json!({
            "content": "Go",
            "databricks_output": {"databricks_request_id": "r", "trace": {"data": {"spans": [{
                "span_id": "a", "parent_span_id": null, "attributes": {
                    "mlflow.spanType": "\"RETRIEVER\"", "mlflow.spanOutputs": outputs.to_string(),
                },
            }]}}},
        });
        let passage = Passage {
            id: Some("1".to_owned()),
            text: "Settings".to_owned(),
            source: Some("kb/1".to_owned()),
        };
        assert_eq!(read(&reply).unwrap().passages, Some(vec![passage]));
    }

    #[test]
    fn what_is_no_answer_is_a_fault() {
        let kind = |value: Value| read(&value).unwrap_err().class.kind;
        assert_eq!(kind(json!({"predictions": ["Go"]})), FailureKind::Malformed);
        assert_eq!(
            kind(json!({"error_code": "E", "message": "no"})),
            FailureKind::Server
        );
    }
}

//! Agents and foundation models on Databricks Model Serving, and agents behind MLflow's own server,
//! with the passages that their traces show.

use std::{sync::Arc, time::Duration};

use groundgate_model::{
    eval_set::{Case, Role},
    exchange::{Answer, CallFailure, ChatRequest, Message},
    manifest::{Manifest, Written},
    unit::Usd,
};
use serde_json::{Map, Value, json};

use super::{
    Copilot, DatabricksForm, ServingEndpoint, agent_reply::AgentForm, chat::conversation,
    databricks_watch::Watch, delivered::delivered, extract::PassagePaths,
};
use crate::{
    chat::{BoxFuture, Price, estimated_tokens},
    transport::{Call, Client, FormReader, Target, percent},
};

/// What is sent with every question.
#[derive(Debug, Clone)]
pub struct DatabricksSettings {
    /// The form in which the endpoint is asked; see [`ServingEndpoint::form`].
    pub form: DatabricksForm,
    /// Whether the trace is asked for, which shows the passages. Foundation models refuse it.
    pub return_trace: bool,
    /// Whether the reply is streamed: gives the time to the first token.
    pub stream: bool,
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
    settings: DatabricksSettings,
    description: String,
    watch: Option<Watch>,
}

impl DatabricksCopilot {
    /// A copilot at an endpoint of the client's workspace. What it serves is looked at again during
    /// the run: answers of other versions than `endpoint` names are failures.
    pub fn new(
        client: Arc<Client>,
        endpoint: ServingEndpoint,
        settings: DatabricksSettings,
    ) -> Self {
        let name = percent::encoded(&endpoint.name);
        let target = client.target(&format!("serving-endpoints/{name}/invocations"));
        Self {
            description: format!("databricks {target}: {}", endpoint.served_words()),
            target,
            watch: Some(Watch::new(Arc::clone(&client), endpoint)),
            client,
            settings,
        }
    }

    /// An agent that `mlflow models serve` serves at the client's endpoint.
    pub fn on_mlflow(client: Arc<Client>, settings: DatabricksSettings) -> Self {
        let target = client.target("invocations");
        Self {
            description: format!("mlflow {target}"),
            target,
            watch: None,
            client,
            settings,
        }
    }

    /// Waits until an endpoint answers that sleeps when nobody asks: sends it a greeting, again
    /// after failures that may be those of waking up, for as long as `patience`. How long it takes
    /// is nobody's latency.
    pub async fn wake(&self, patience: Duration) -> Result<(), CallFailure> {
        let greeting = vec![Message {
            role: Some(Role::User),
            text: "Hello".to_owned(),
        }];
        Watch::wake(patience, || async { self.say(&greeting).await.map(|_| ()) }).await
    }

    async fn say(&self, messages: &[Message]) -> Result<Answer, CallFailure> {
        let body = request_body(&self.settings, messages).to_string();
        let tokens = estimated_tokens(&ChatRequest {
            messages: Vec::new(),
            max_output_tokens: self.settings.max_output_tokens,
            temperature: None,
            seed: None,
            json_schema: None,
        });
        let sent = u32::try_from(body.len() / 4).unwrap_or(u32::MAX);
        let call = Call::post_json(&self.target, body).with_tokens(tokens.saturating_add(sent));
        let client = &self.client;
        let paths = self.settings.passages.as_ref();
        let reply = client
            .call(&call, |head| FormReader::new(head, AgentForm::new(paths)))
            .await?;
        let answer = reply.output;
        client.settle(&call, answer.usage);
        let answer = Answer {
            cost: self
                .settings
                .price
                .and_then(|price| price.cost(answer.usage)),
            model: reply.head.served_model.or(answer.model),
            timing: reply.timing,
            ..answer
        };
        delivered(client, answer)
    }

    async fn send(&self, case: &Case) -> Result<Answer, CallFailure> {
        let messages = conversation(self.settings.system_prompt.as_deref(), case);
        let answer = self.say(&messages).await?;
        if let Some(watch) = &self.watch {
            watch.check(answer.timing.tries).await?;
        }
        Ok(answer)
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
        self.description.clone()
    }

    fn manifest(&self) -> Manifest {
        let DatabricksSettings {
            form,
            return_trace,
            stream,
            system_prompt,
            max_output_tokens,
            temperature,
            passages,
            price: _,
        } = &self.settings;
        let manifest = match &self.watch {
            Some(watch) => {
                let manifest = self.client.manifest("databricks", &self.target);
                watch.endpoint().added_to(manifest)
            }
            None => self.client.manifest("mlflow", &self.target),
        };
        // Agents are sent neither.
        let is_sent = *form == DatabricksForm::Chat;
        let max_output_tokens = is_sent.then_some(*max_output_tokens);
        manifest
            .with("form", form.name())
            .with("return-trace", *return_trace)
            .with("stream", *stream)
            .with_some("system-prompt", system_prompt.clone().map(Written::text))
            .with_some("max-output-tokens", max_output_tokens)
            .with_some("temperature", temperature.filter(|_| is_sent))
            .with_some("passages", passages.as_ref().map(PassagePaths::manifest))
    }
}

fn request_body(settings: &DatabricksSettings, messages: &[Message]) -> Value {
    let messages: Vec<Value> = messages
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
    if settings.stream {
        body.insert("stream".to_owned(), true.into());
    }
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::{super::template::tests::case, *};

    fn body(form: DatabricksForm, [return_trace, stream]: [bool; 2]) -> Value {
        let settings = DatabricksSettings {
            form,
            return_trace,
            stream,
            system_prompt: None,
            max_output_tokens: 64,
            temperature: Some(0.0),
            passages: None,
            price: None,
        };
        request_body(&settings, &conversation(None, &case("c", "Why?")))
    }

    #[test]
    fn every_form_is_asked_in_its_own_words() {
        let messages = json!([
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "Why?"},
        ]);
        assert_eq!(
            body(DatabricksForm::Chat, [false, false]),
            json!({"messages": messages, "max_tokens": 64, "temperature": 0.0})
        );
        let options = json!({"return_trace": true});
        assert_eq!(
            body(DatabricksForm::ChatAgent, [true, false]),
            json!({"messages": messages, "databricks_options": options})
        );
        assert_eq!(
            body(DatabricksForm::Responses, [true, true]),
            json!({"input": messages, "databricks_options": options, "stream": true})
        );
    }
}

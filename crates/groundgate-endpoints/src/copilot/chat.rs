//! A copilot behind OpenAI's chat completions: a model with a system prompt, or a RAG service that
//! speaks the same form and shows its passages somewhere in the reply.

use std::sync::Arc;

use groundgate_model::{
    eval_set::{Case, Role},
    exchange::{Answer, CallFailure, ChatRequest, Message},
    manifest::{Manifest, Written},
    unit::Usd,
};

use super::{Copilot, extract::PassagePaths};
use crate::{
    chat::{BoxFuture, CompletionForm, OpenAiSettings, estimated_tokens, request_body},
    transport::{Call, Client, FormReader, Target},
};

/// What is sent with every question.
#[derive(Debug, Clone)]
pub struct ChatCopilotSettings {
    /// Model, parameters and price.
    pub model: OpenAiSettings,
    /// Sent before the conversation.
    pub system_prompt: Option<String>,
    /// At most so many tokens are to be written.
    pub max_output_tokens: u32,
    /// Sent where the settings of the model allow it.
    pub temperature: Option<f64>,
    /// Sent where the settings of the model allow it.
    pub seed: Option<u64>,
    /// Where the reply shows its passages; `None` where it does not.
    pub passages: Option<PassagePaths>,
}

/// Asks chat completions.
#[derive(Debug)]
pub struct ChatCopilot {
    client: Arc<Client>,
    target: Target,
    settings: ChatCopilotSettings,
}

impl ChatCopilot {
    /// A copilot at the client's endpoint; its URL ends before `/chat/completions`.
    pub fn new(client: Arc<Client>, settings: ChatCopilotSettings) -> Self {
        let target = client.target("chat/completions");
        Self {
            client,
            target,
            settings,
        }
    }

    fn request(&self, case: &Case) -> ChatRequest {
        ChatRequest {
            messages: conversation(self.settings.system_prompt.as_deref(), case),
            max_output_tokens: self.settings.max_output_tokens,
            temperature: self.settings.temperature,
            seed: self.settings.seed,
            json_schema: None,
        }
    }

    async fn send(&self, case: &Case) -> Result<Answer, CallFailure> {
        let request = self.request(case);
        let body = request_body(&self.settings.model, &request);
        let call = Call::post_json(&self.target, body).with_tokens(estimated_tokens(&request));
        let client = &self.client;
        let form = || match self.settings.passages {
            Some(_) => CompletionForm::keeping_json(),
            None => CompletionForm::default(),
        };
        let reply = client
            .call(&call, |head| FormReader::new(head, form()))
            .await?;
        let completion = reply.output;
        client.settle(&call, completion.usage);
        self.settings
            .model
            .check_whole_prompt(&request.messages, completion.usage)
            .map_err(|fault| client.failure(&call, &fault, reply.timing.tries))?;
        let passages = match &self.settings.passages {
            Some(paths) => paths
                .find(&completion.json)
                .map_err(|fault| client.failure(&call, &fault, reply.timing.tries))?,
            None => None,
        };
        let price = self.settings.model.price;
        let answer = Answer {
            text: completion.text,
            passages,
            usage: completion.usage,
            cost: price.and_then(|price| price.cost(completion.usage)),
            model: completion.model,
            finish_reason: completion.finish_reason,
            timing: reply.timing,
        };
        Ok(struck(client, answer))
    }
}

impl Copilot for ChatCopilot {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        _attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(self.send(case))
    }

    fn worst_cost(&self, case: &Case) -> Option<Usd> {
        let messages = conversation(self.settings.system_prompt.as_deref(), case);
        let price = self.settings.model.price?;
        price.worst(&messages, self.settings.max_output_tokens)
    }

    fn describe(&self) -> String {
        let model = self
            .settings
            .model
            .model
            .as_deref()
            .unwrap_or("unnamed model");
        format!("chat {model} at {}", self.target)
    }

    fn manifest(&self) -> Manifest {
        let ChatCopilotSettings {
            model,
            system_prompt,
            max_output_tokens,
            temperature,
            seed,
            passages,
        } = &self.settings;
        let manifest = self.client.manifest("openai-chat", &self.target);
        model
            .added_to(manifest)
            .with_some("system-prompt", system_prompt.clone().map(Written::text))
            .with("max-output-tokens", *max_output_tokens)
            .with_some("temperature", *temperature)
            .with_some("seed", *seed)
            .with_some("passages", passages.as_ref().map(PassagePaths::manifest))
    }
}

/// System prompt, history and question.
pub(super) fn conversation(system_prompt: Option<&str>, case: &Case) -> Vec<Message> {
    let system = system_prompt.map(|text| Message {
        role: None,
        text: text.to_owned(),
    });
    let history = case.history.iter().map(|turn| Message {
        role: Some(turn.role),
        text: turn.text.clone(),
    });
    let question = Message {
        role: Some(Role::User),
        text: case.question.clone(),
    };
    system
        .into_iter()
        .chain(history)
        .chain([question])
        .collect()
}

/// The answer without the endpoint's secrets, should it have echoed them.
pub(super) fn struck(client: &Client, mut answer: Answer) -> Answer {
    let strike = |text: &mut String| *text = client.strike(std::mem::take(text));
    strike(&mut answer.text);
    answer.model.iter_mut().for_each(strike);
    answer.finish_reason.iter_mut().for_each(strike);
    for passage in answer.passages.iter_mut().flatten() {
        strike(&mut passage.text);
        passage.id.iter_mut().for_each(strike);
        passage.source.iter_mut().for_each(strike);
    }
    answer
}

//! A copilot that is a language model with a system prompt, behind any provider's API.
//!
//! The APIs are those of the judges' models.

use std::{fmt, sync::Arc};

use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure, ChatRequest, FailureKind, Passage},
    manifest::{Manifest, Written},
    unit::Usd,
};
use serde_json::Value;

use super::{Copilot, chat::conversation, delivered::delivered, extract::PassagePaths};
use crate::{
    chat::{BoxFuture, ChatModel},
    transport::Client,
};

/// What is sent with every question.
#[derive(Debug, Clone)]
pub struct ModelCopilotSettings {
    /// Sent before the conversation.
    pub system_prompt: Option<String>,
    /// At most so many tokens are to be written.
    pub max_output_tokens: u32,
    /// Sent where the provider and the model's settings allow it.
    pub temperature: Option<f64>,
    /// Sent where the provider and the model's settings allow it.
    pub seed: Option<u64>,
    /// Where the reply shows its passages; `None` where it does not.
    pub passages: Option<PassagePaths>,
}

/// Asks a model.
pub struct ModelCopilot {
    client: Arc<Client>,
    model: Arc<dyn ChatModel>,
    settings: ModelCopilotSettings,
}

impl ModelCopilot {
    /// A copilot that is the model, which talks through the client.
    pub fn new(
        client: Arc<Client>,
        model: Arc<dyn ChatModel>,
        settings: ModelCopilotSettings,
    ) -> Self {
        Self {
            client,
            model,
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
        let (reply, json) = if self.settings.passages.is_some() {
            self.model.complete_keeping_json(&request).await?
        } else {
            (self.model.complete(&request).await?, Vec::new())
        };
        let passages = match &self.settings.passages {
            None => None,
            Some(paths) => self.passages(paths, &json, reply.timing.tries)?,
        };
        let answer = Answer {
            text: reply.text,
            passages,
            usage: reply.usage,
            cost: reply.cost,
            model: reply.model,
            finish_reason: reply.finish_reason,
            ending: reply.ending,
            thinking: reply.thinking,
            timing: reply.timing,
        };
        delivered(&self.client, answer)
    }

    fn passages(
        &self,
        paths: &PassagePaths,
        json: &[Value],
        tries: u32,
    ) -> Result<Option<Vec<Passage>>, CallFailure> {
        paths.find(json).map_err(|fault| CallFailure {
            kind: FailureKind::Malformed,
            message: self.client.strike_message(format!(
                "reply of {}: {}",
                self.model.describe(),
                fault.message
            )),
            tries,
            failed_tries: Vec::new(),
            cost: None,
        })
    }
}

impl Copilot for ModelCopilot {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        _attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(self.send(case))
    }

    fn worst_cost(&self, case: &Case) -> Option<Usd> {
        self.model.worst_cost(&self.request(case))
    }

    fn describe(&self) -> String {
        self.model.describe()
    }

    fn manifest(&self) -> Manifest {
        let ModelCopilotSettings {
            system_prompt,
            max_output_tokens,
            temperature,
            seed,
            passages,
        } = &self.settings;
        self.model
            .manifest()
            .with_some("system-prompt", system_prompt.clone().map(Written::text))
            .with("max-output-tokens", *max_output_tokens)
            .with_some("temperature", *temperature)
            .with_some("seed", *seed)
            .with_some("passages", passages.as_ref().map(PassagePaths::manifest))
    }
}

impl fmt::Debug for ModelCopilot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelCopilot")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

//! A copilot behind OpenAI's chat completions: a model with a system prompt, or a RAG service that
//! speaks the same form and shows its passages somewhere in the reply.

use std::sync::Arc;

use groundgate_model::{
    eval_set::{Case, Role},
    exchange::Message,
};

use super::{ModelCopilot, ModelCopilotSettings, extract::PassagePaths};
use crate::{
    chat::{OpenAiModel, OpenAiSettings},
    transport::Client,
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

impl ModelCopilot {
    /// A copilot at the client's endpoint; its URL ends before `/chat/completions`.
    pub fn chat(client: Arc<Client>, settings: ChatCopilotSettings) -> Self {
        let model = Arc::new(OpenAiModel::new(Arc::clone(&client), settings.model));
        let settings = ModelCopilotSettings {
            system_prompt: settings.system_prompt,
            max_output_tokens: settings.max_output_tokens,
            temperature: settings.temperature,
            seed: settings.seed,
            passages: settings.passages,
        };
        Self::new(client, model, settings)
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

//! What a language model is asked and what it replied.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Ending, Timing, Usage};
use crate::{eval_set::Role, unit::Usd};

/// One message to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `None` for the system message.
    pub role: Option<Role>,
    /// What is said; may hold hostile text.
    pub text: String,
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// The conversation, system message first where there is one.
    pub messages: Vec<Message>,
    /// At most so many tokens are to be written.
    pub max_output_tokens: u32,
    /// Sent where the provider accepts it.
    pub temperature: Option<f64>,
    /// Sent where the provider accepts it.
    pub seed: Option<u64>,
    /// The reply's JSON Schema with its name, for providers with structured output.
    pub json_schema: Option<(String, Value)>,
}

/// What a model replied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatReply {
    /// The text of the reply.
    pub text: String,
    /// Tokens used.
    pub usage: Usage,
    /// `None` where the price or the usage is unknown.
    pub cost: Option<Usd>,
    /// The model as the reply names it.
    pub model: Option<String>,
    /// Why it stopped, as the reply says.
    pub finish_reason: Option<String>,
    /// How the reply ended.
    #[serde(default, skip_serializing_if = "Ending::is_unknown")]
    pub ending: Ending,
    /// What the model said to itself: no part of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// How long it took.
    pub timing: Timing,
}

//! One conversation with a language model: the port that judges use, and the wire forms that
//! copilots share with them.
//!
//! Each provider's form is a file: what is sent is made by a pure function, what is replied is read
//! by another (`*_reply`, or beside it), and only the adapter between them calls `transport`.

mod anthropic;
mod bedrock;
mod context;
mod openai;
mod openai_reply;
mod openai_responses;
mod price;
mod price_table;
mod responses_reply;

pub use anthropic::{ANTHROPIC_VERSION, AnthropicModel, AnthropicSettings, AnthropicStructured};
pub use bedrock::{BedrockModel, BedrockSettings};
pub use context::{ListedModel, look_at_model};
pub use openai::{MaxTokensField, OpenAiModel, OpenAiSettings, Structured};
pub(crate) use openai::{estimated_tokens, request_body};
pub(crate) use openai_reply::{CompletionForm, text_of};
pub use openai_responses::OpenAiResponsesModel;
pub use price::Price;
pub use price_table::{ListedPrice, PriceTable};
pub(crate) use responses_reply::{ResponsesForm, read_response, usage_of};

use std::{future::Future, pin::Pin};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    eval_set::Role,
    transport::{CallFailure, Timing, Usage},
    unit::Usd,
};

/// A future that can be sent to another thread, as the two ports return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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
    /// How long it took.
    pub timing: Timing,
}

/// The second port of the house: something that completes a conversation.
pub trait ChatModel: Send + Sync {
    /// Completes one conversation, waiting for limits and retrying where that is safe.
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
    ) -> BoxFuture<'a, Result<ChatReply, CallFailure>>;

    /// As [`complete`](Self::complete), with the JSON that the reply was read from, one value per
    /// body or event, for those who look for passages in it; none where the model keeps none.
    fn complete_keeping_json<'a>(
        &'a self,
        request: &'a ChatRequest,
    ) -> BoxFuture<'a, Result<(ChatReply, Vec<Value>), CallFailure>> {
        Box::pin(async move { Ok((self.complete(request).await?, Vec::new())) })
    }

    /// The most that this call can cost; `None` where there is no price.
    fn worst_cost(&self, request: &ChatRequest) -> Option<Usd>;

    /// Provider, place, model and parameters, without secrets: what a record calls it.
    fn describe(&self) -> String;
}

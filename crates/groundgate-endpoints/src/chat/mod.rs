//! One conversation with a language model: the port that judges use, and the wire forms that
//! copilots share with them.
//!
//! Each provider is a pure file: what is sent, what a reply says (`*_reply`, or beside it), and which
//! settings are its identity. The one [`Adapter`] calls `transport` for all of them.

mod adapter;
mod anthropic;
mod bedrock;
mod context;
#[cfg(test)]
mod ending_tests;
mod openai;
mod openai_reply;
mod openai_responses;
mod price;
mod price_table;
mod responses_reply;
mod said;
mod schema_order;
mod usage;

pub(crate) use adapter::estimated_tokens;
pub use adapter::{Adapter, Provider};
pub use anthropic::{ANTHROPIC_VERSION, AnthropicModel, AnthropicSettings, AnthropicStructured};
pub use bedrock::{BedrockModel, BedrockSettings};
pub use context::{ListedModel, look_at_model};
pub use openai::{MaxTokensField, OpenAiModel, OpenAiSettings, Structured};
pub(crate) use openai_reply::{CompletionForm, text_of};
pub use openai_responses::{OpenAiResponsesModel, ResponsesSettings};
pub use price::{PartPrices, Price};
pub use price_table::{ListedPrice, PriceTable};
pub(crate) use responses_reply::{ResponsesForm, read_response, usage_of};
pub use said::Said;
pub(crate) use said::kept;

pub use futures_util::future::BoxFuture;
use groundgate_model::{
    exchange::{CallFailure, ChatReply, ChatRequest},
    manifest::Manifest,
    unit::Usd,
};
use serde_json::Value;

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

    /// What it is called, for people; never compared.
    fn describe(&self) -> String;

    /// Everything that can change a reply to a given request, without secrets. Prices, limits,
    /// timeouts and retries change none and are not in it.
    fn manifest(&self) -> Manifest;
}

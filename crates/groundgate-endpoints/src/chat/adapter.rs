//! The one adapter between providers and the transport: a [`Provider`] says what is sent and what a
//! reply means, and here it is called.

use std::{fmt, sync::Arc};

use groundgate_model::{
    exchange::{CallFailure, ChatReply, ChatRequest, Ending, Usage},
    manifest::Manifest,
    unit::Usd,
};
use serde_json::Value;

use super::{
    BoxFuture, ChatModel, Price,
    said::{Said, kept},
    schema_order::in_order,
};
use crate::transport::{
    Call, Client, Fault, FormReader, Framing, Head, Keeping, ReplyForm, Target,
};

/// One provider's API with its settings. Pure.
pub trait Provider: fmt::Debug + Send + Sync {
    /// What it is called in manifests and descriptions.
    const KIND: &'static str;

    /// Where calls go, below the endpoint's URL.
    fn path(&self) -> String;

    /// The model's name; `None` where the URL says it.
    fn model(&self) -> Option<&str>;

    /// What is sent.
    fn body(&self, request: &ChatRequest) -> Vec<u8>;

    /// How a reply is divided.
    fn framing(&self, head: &Head) -> Result<Framing, Fault> {
        Framing::of(head)
    }

    /// Reads one reply.
    fn reply(&self) -> impl ReplyForm<Output = Said>;

    /// A fault where a whole reply must not be believed.
    fn check(&self, _request: &ChatRequest, _usage: Usage) -> Result<(), Fault> {
        Ok(())
    }

    /// What the tokens cost.
    fn price(&self) -> Option<Price>;

    /// The manifest with what these settings change of a reply, besides the model: all but the price.
    fn added_to(&self, manifest: Manifest) -> Manifest;
}

/// A model behind a provider's API.
#[derive(Debug)]
pub struct Adapter<P> {
    client: Arc<Client>,
    target: Target,
    provider: P,
}

impl<P: Provider> Adapter<P> {
    /// A model at the client's endpoint; its URL ends before the provider's own path.
    pub fn new(client: Arc<Client>, provider: impl Into<P>) -> Self {
        let provider = provider.into();
        Self {
            target: client.target(&provider.path()),
            client,
            provider,
        }
    }

    async fn send(
        &self,
        request: &ChatRequest,
        keeps_json: bool,
    ) -> Result<(ChatReply, Vec<Value>), CallFailure> {
        let body = in_order(self.provider.body(request), request);
        let call = Call::post_json(&self.target, body).with_tokens(estimated_tokens(request));
        let client = &self.client;
        let reply = client
            .call(&call, |head| {
                let form = Keeping::new(self.provider.reply(), keeps_json);
                Ok(FormReader::framed(self.provider.framing(head)?, form))
            })
            .await?;
        let (said, json) = reply.output;
        let said = match request.json_schema {
            Some(_) => said.for_json(),
            None => said,
        };
        client.settle(&call, said.usage);
        let checked = if said.ending == Ending::Error {
            Err(Fault::broken_off(said.finish_reason.as_deref()))
        } else if let Some(count) = said.usage.impossible() {
            Err(Fault::impossible_usage(count))
        } else {
            self.provider.check(request, said.usage)
        };
        checked.map_err(|fault| client.failure(&call, &fault, reply.timing.tries))?;
        let price = self.provider.price();
        let reply = ChatReply {
            text: client.strike(said.text),
            usage: said.usage,
            cost: price
                .and_then(|price| price.cost(said.usage))
                .or(reply.head.response_cost),
            model: said.model.map(|model| client.strike(model)),
            finish_reason: said.finish_reason.map(|reason| client.strike(reason)),
            ending: said.ending,
            thinking: kept(client.strike(said.thinking)),
            timing: reply.timing,
        };
        Ok((reply, json))
    }
}

impl<P: Provider> ChatModel for Adapter<P> {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
    ) -> BoxFuture<'a, Result<ChatReply, CallFailure>> {
        Box::pin(async move { Ok(self.send(request, false).await?.0) })
    }

    fn complete_keeping_json<'a>(
        &'a self,
        request: &'a ChatRequest,
    ) -> BoxFuture<'a, Result<(ChatReply, Vec<Value>), CallFailure>> {
        Box::pin(self.send(request, true))
    }

    fn worst_cost(&self, request: &ChatRequest) -> Option<Usd> {
        let price = self.provider.price()?;
        price.worst(&request.messages, request.max_output_tokens)
    }

    fn describe(&self) -> String {
        let model = self.provider.model().unwrap_or("unnamed model");
        format!("{} {model} at {}", P::KIND, self.target)
    }

    fn manifest(&self) -> Manifest {
        let manifest = self.client.manifest(P::KIND, &self.target);
        self.provider
            .added_to(manifest)
            .with_some("model", self.provider.model())
    }
}

/// Tokens that a call is likely to use: four bytes a token, and all that it may write.
pub(crate) fn estimated_tokens(request: &ChatRequest) -> u32 {
    let bytes: usize = request
        .messages
        .iter()
        .map(|message| message.text.len())
        .sum();
    u32::try_from(bytes / 4)
        .unwrap_or(u32::MAX)
        .saturating_add(request.max_output_tokens)
}

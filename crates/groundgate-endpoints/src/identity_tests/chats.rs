//! Of judges' models: the provider's form and each of its settings.

use groundgate_model::manifest::Manifest;

use super::{Changes, PRICE, local};
use crate::chat::{
    AnthropicModel, AnthropicSettings, AnthropicStructured, BedrockModel, BedrockSettings,
    ChatModel as _, MaxTokensField, OpenAiModel, OpenAiResponsesModel, OpenAiSettings, Structured,
};

fn openai(settings: &OpenAiSettings) -> Manifest {
    OpenAiModel::new(local(), settings.clone()).manifest()
}

fn responses(settings: &OpenAiSettings) -> Manifest {
    OpenAiResponsesModel::new(local(), settings.clone()).manifest()
}

fn anthropic(settings: &AnthropicSettings) -> Manifest {
    AnthropicModel::new(local(), settings.clone()).manifest()
}

fn bedrock(settings: &BedrockSettings) -> Manifest {
    BedrockModel::new(local(), settings.clone()).manifest()
}

fn anthropic_settings() -> AnthropicSettings {
    AnthropicSettings {
        model: "m".to_owned(),
        structured: AnthropicStructured::Tool,
        send_temperature: true,
        stream: false,
        price: None,
    }
}

fn bedrock_settings() -> BedrockSettings {
    BedrockSettings {
        model: "m".to_owned(),
        structured: true,
        send_temperature: true,
        price: None,
    }
}

#[test]
fn every_setting_of_chat_completions_is_identity() {
    Changes::of(OpenAiSettings::for_model("m"), openai)
        .tells("model", |settings| settings.model = Some("n".to_owned()))
        .tells("no model", |settings| settings.model = None)
        .tells("json object", |settings| {
            settings.structured = Structured::JsonObject;
        })
        .tells("no schema", |settings| {
            settings.structured = Structured::None;
        })
        .tells("limit", |settings| {
            settings.max_tokens_field = MaxTokensField::MaxCompletionTokens;
        })
        .tells("temperature", |settings| settings.send_temperature = false)
        .tells("seed", |settings| settings.send_seed = false)
        .tells("stream", |settings| settings.stream = true)
        .tells("cut prompts", |settings| settings.may_cut_prompts = true)
        .ignores("price", |settings| settings.price = PRICE);
}

#[test]
fn every_setting_of_responses_that_is_used_is_identity() {
    Changes::of(OpenAiSettings::for_model("m"), responses)
        .tells("model", |settings| settings.model = Some("n".to_owned()))
        .tells("no model", |settings| settings.model = None)
        .tells("json object", |settings| {
            settings.structured = Structured::JsonObject;
        })
        .tells("no schema", |settings| {
            settings.structured = Structured::None;
        })
        .tells("temperature", |settings| settings.send_temperature = false)
        .tells("stream", |settings| settings.stream = true)
        .ignores("limit", |settings| {
            settings.max_tokens_field = MaxTokensField::MaxCompletionTokens;
        })
        .ignores("seed", |settings| settings.send_seed = false)
        .ignores("price", |settings| settings.price = PRICE);
}

#[test]
fn every_setting_of_messages_is_identity() {
    Changes::of(anthropic_settings(), anthropic)
        .tells("model", |settings| settings.model = "n".to_owned())
        .tells("output config", |settings| {
            settings.structured = AnthropicStructured::OutputConfig;
        })
        .tells("no schema", |settings| {
            settings.structured = AnthropicStructured::None;
        })
        .tells("temperature", |settings| settings.send_temperature = false)
        .tells("stream", |settings| settings.stream = true)
        .ignores("price", |settings| settings.price = PRICE);
}

#[test]
fn every_setting_of_converse_is_identity() {
    Changes::of(bedrock_settings(), bedrock)
        .tells("model", |settings| settings.model = "n".to_owned())
        .tells("structured", |settings| settings.structured = false)
        .tells("temperature", |settings| settings.send_temperature = false)
        .ignores("price", |settings| settings.price = PRICE);
}

#[test]
fn the_same_words_for_another_provider_are_another_identity() {
    let kinds = [
        openai(&OpenAiSettings::for_model("m")),
        responses(&OpenAiSettings::for_model("m")),
        anthropic(&anthropic_settings()),
        bedrock(&bedrock_settings()),
    ]
    .map(|manifest| manifest.get("kind").cloned());
    for (place, kind) in kinds.iter().enumerate() {
        assert!(kind.is_some() && !kinds[..place].contains(kind), "{kind:?}");
    }
}

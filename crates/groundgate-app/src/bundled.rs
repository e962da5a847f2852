//! The working example at the repository's root, compiled in: what `demo` runs and `init` writes.

use std::sync::Arc;

use groundgate_endpoints::{
    chat::{OpenAiSettings, PartPrices, Price},
    copilot::{ChatCopilotSettings, ModelCopilot, PassagePaths},
    transport::{Client, Endpoint, SystemClock},
};
use groundgate_gate::{KnownMetrics, Policy, read_policy};
use groundgate_judge::{OfflineJudge, embedded::EmbeddedJudge};
use groundgate_model::{
    eval_set::{EvalSet, KnowledgeBase, load},
    unit::Usd,
};

use super::{
    demo::{DemoCopilot, DemoServer, Variant},
    error::{AppError, ErrorClass},
};

/// Path from the example's root, and text.
pub const FILES: [(&str, &str); 5] = [
    ("groundgate.toml", include_str!("../../../groundgate.toml")),
    ("gate.toml", POLICY),
    ("eval_sets/support.jsonl", EVAL_SET),
    ("eval_sets/support.kb.jsonl", KNOWLEDGE_BASE),
    (
        "eval_sets/support.toml",
        include_str!("../../../eval_sets/support.toml"),
    ),
];

const POLICY: &str = include_str!("../../../gate.toml");
const EVAL_SET: &str = include_str!("../../../eval_sets/support.jsonl");
const KNOWLEDGE_BASE: &str = include_str!("../../../eval_sets/support.kb.jsonl");

/// The plain checks of the example.
pub const CHECKS: [&str; 11] = [
    "answered",
    "refusal_correct",
    "context_recall",
    "context_precision",
    "mrr",
    "pii_leak",
    "answer_chars",
    "latency_ms",
    "input_tokens",
    "output_tokens",
    "cost_usd",
];

/// What a million tokens of a mid-sized hosted model cost: so that the demo shows money. Nothing is
/// spent.
const PRICE: Price = Price {
    input_usd_per_million: Usd::from_nanos(500_000_000),
    output_usd_per_million: Usd::from_nanos(1_500_000_000),
    parts: PartPrices {
        cached: None,
        cache_write: None,
        reasoning: None,
    },
};

/// The curated questions.
pub fn eval_set() -> Result<EvalSet, AppError> {
    Ok(load("eval_sets/support.jsonl", EVAL_SET.as_bytes())?)
}

/// The documents that the questions are about.
pub fn knowledge_base() -> Result<KnowledgeBase, AppError> {
    Ok(KnowledgeBase::load(
        "eval_sets/support.kb.jsonl",
        KNOWLEDGE_BASE.as_bytes(),
    )?)
}

/// The example's policy, for production.
pub fn policy(known: &KnownMetrics) -> Result<Policy, AppError> {
    Ok(read_policy("gate.toml", POLICY, Some("prod"), known)?)
}

/// The offline judge.
pub fn judge() -> Result<OfflineJudge, AppError> {
    let engine = EmbeddedJudge::bundled().map_err(AppError::internal)?;
    Ok(OfflineJudge::new(engine))
}

/// A variant of the demo copilot that is served.
pub fn demo_copilot(server: &DemoServer, variant: Variant) -> Result<DemoCopilot, AppError> {
    let client = Client::new(
        &Endpoint::at(&server.base_url),
        Arc::new(SystemClock::new()),
        0,
    )
    .map_err(|error| AppError::new(ErrorClass::Invalid, error))?;
    let passages = PassagePaths::new("$.passages", "$.text", Some("$.id"), Some("$.title"))
        .map_err(|error| AppError::new(ErrorClass::Internal, error))?;
    let mut model = OpenAiSettings::for_model(variant.name());
    model.price = Some(PRICE);
    let chat = ModelCopilot::chat(
        Arc::new(client),
        ChatCopilotSettings {
            model,
            system_prompt: None,
            max_output_tokens: 1024,
            temperature: None,
            seed: None,
            passages: Some(passages),
        },
    );
    Ok(DemoCopilot::new(chat, variant, server.knowledge_base))
}

//! The working example at the repository's root, compiled in: what `demo` runs and `init` writes.

use super::error::CliError;
use crate::{
    eval_set::{EvalSet, KnowledgeBase, load},
    gate::{KnownMetrics, Policy, read_policy},
};

/// Path from the example's root, and text.
pub(crate) const FILES: [(&str, &str); 5] = [
    ("groundgate.toml", include_str!("../../groundgate.toml")),
    ("gate.toml", POLICY),
    ("eval_sets/support.jsonl", EVAL_SET),
    ("eval_sets/support.kb.jsonl", KNOWLEDGE_BASE),
    ("eval_sets/support.toml", include_str!("../../eval_sets/support.toml")),
];

const POLICY: &str = include_str!("../../gate.toml");
const EVAL_SET: &str = include_str!("../../eval_sets/support.jsonl");
const KNOWLEDGE_BASE: &str = include_str!("../../eval_sets/support.kb.jsonl");

/// The plain checks of the example.
pub(crate) const CHECKS: [&str; 10] = [
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

/// The curated questions.
pub(crate) fn eval_set() -> Result<EvalSet, CliError> {
    Ok(load("eval_sets/support.jsonl", EVAL_SET.as_bytes())?)
}

/// The documents that the questions are about.
pub(crate) fn knowledge_base() -> Result<KnowledgeBase, CliError> {
    Ok(KnowledgeBase::load("eval_sets/support.kb.jsonl", KNOWLEDGE_BASE.as_bytes())?)
}

/// The example's policy, for production.
pub(crate) fn policy(known: &KnownMetrics) -> Result<Policy, CliError> {
    Ok(read_policy("gate.toml", POLICY, Some("prod"), known)?)
}

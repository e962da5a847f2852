//! How a reply ended, in one set of words for all providers.

use serde::{Deserialize, Serialize};

/// What a reply says of its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The model has said all that it had to say.
    Complete,
    /// A limit on length ended it.
    Cut,
    /// A filter or guardrail took it away, whole or from some place on.
    Filtered,
    /// The model or its provider refused, and said so beside the text.
    RefusedByProvider,
    /// The model asked for tools instead of answering.
    ToolCalls,
    /// The provider broke off with an error.
    Error,
    /// There is no text.
    Empty,
    /// The reply does not say, or in words that nobody here knows; also all replies of old records.
    #[default]
    Unknown,
}

impl Ending {
    /// The name used in files and counts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Cut => "cut",
            Self::Filtered => "filtered",
            Self::RefusedByProvider => "refused-by-provider",
            Self::ToolCalls => "tool-calls",
            Self::Error => "error",
            Self::Empty => "empty",
            Self::Unknown => "unknown",
        }
    }

    /// What a provider's word means: `finish_reason`, `stop_reason`, `stopReason`, `status` and
    /// `incomplete_details.reason` share their words.
    pub fn of_reason(reason: &str) -> Self {
        match reason.trim().to_ascii_lowercase().as_str() {
            "stop" | "stop_sequence" | "end_turn" | "eos" | "eos_token" | "completed"
            | "complete" | "done" => Self::Complete,
            "length"
            | "max_tokens"
            | "max_output_tokens"
            | "max_completion_tokens"
            | "model_length"
            | "model_context_window_exceeded"
            | "context_window_exceeded"
            | "incomplete"
            | "pause_turn" => Self::Cut,
            "content_filter"
            | "content_filtered"
            | "guardrail_intervened"
            | "input_guardrail_triggered"
            | "output_guardrail_triggered"
            | "safety"
            | "recitation"
            | "blocklist"
            | "prohibited_content"
            | "spii"
            | "language"
            | "sensitive"
            | "error_toxic" => Self::Filtered,
            "refusal" => Self::RefusedByProvider,
            "tool_calls" | "tool_call" | "tool_use" | "function_call" => Self::ToolCalls,
            "error"
            | "failed"
            | "cancelled"
            | "canceled"
            | "abort"
            | "aborted"
            | "server_error"
            | "network_error"
            | "malformed_function_call"
            | "malformed_model_output"
            | "malformed_tool_use" => Self::Error,
            _ => Self::Unknown,
        }
    }

    /// Whether the copilot declined, in whatever words or in none.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::Filtered | Self::RefusedByProvider)
    }

    /// Whether nothing is known of it.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    pub(crate) const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_providers_words_are_known() {
        for (words, expected) in [
            (
                "stop end_turn stop_sequence STOP completed",
                Ending::Complete,
            ),
            (
                "length max_tokens max_output_tokens MAX_TOKENS incomplete",
                Ending::Cut,
            ),
            (
                "content_filter content_filtered guardrail_intervened SAFETY",
                Ending::Filtered,
            ),
            ("refusal", Ending::RefusedByProvider),
            ("tool_calls tool_use function_call", Ending::ToolCalls),
            ("error failed cancelled", Ending::Error),
            ("tired in_progress", Ending::Unknown),
        ] {
            for word in words.split(' ') {
                assert_eq!(Ending::of_reason(word), expected, "{word}");
            }
        }
    }

    #[test]
    fn a_record_without_endings_is_read() {
        #[derive(Deserialize)]
        struct Old {
            #[serde(default)]
            ending: Ending,
        }
        let old: Old = serde_json::from_str("{}").unwrap();
        assert_eq!(old.ending, Ending::Unknown);
        let written = serde_json::to_string(&Ending::RefusedByProvider).unwrap();
        assert_eq!(written, format!("\"{}\"", Ending::RefusedByProvider.name()));
    }
}

//! What one reply says, whichever API it came by, and how it ended. Pure.

use groundgate_model::exchange::{Ending, Usage, parted};
use serde_json::Value;

use crate::transport::joined;

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The text, or the refusal that stands in its place.
    pub text: String,
    /// What the model said to itself.
    pub thinking: String,
    /// The input of the first tool that it calls; empty where it calls none.
    pub tool_input: String,
    /// Tokens used.
    pub usage: Usage,
    /// The model, as the reply names it.
    pub model: Option<String>,
    /// Why the model stopped.
    pub finish_reason: Option<String>,
    /// How the reply ended: what was seen beside the finish reason, until [`Said::concluded`].
    pub ending: Ending,
}

impl Said {
    /// The same with its thoughts set apart and its ending known.
    #[must_use]
    pub fn concluded(mut self) -> Self {
        let parted = parted(joined(self.text));
        self.text = parted.text;
        if !self.thinking.is_empty() && !parted.thoughts.is_empty() {
            self.thinking.push('\n');
        }
        self.thinking.push_str(&parted.thoughts);
        self.thinking = joined(self.thinking);
        self.tool_input = joined(self.tool_input);
        let is_blank = self.text.trim().is_empty();
        if !is_blank || !self.tool_input.is_empty() {
            self.usage = self.usage.beside_text();
        }
        let reason = self.finish_reason.as_deref();
        let stated = reason.map_or(Ending::Unknown, Ending::of_reason);
        self.ending = match (self.ending, stated) {
            (seen @ (Ending::Filtered | Ending::RefusedByProvider), _) => seen,
            (_, Ending::Complete | Ending::Unknown) if is_blank => {
                if self.tool_input.is_empty() {
                    Ending::Empty
                } else {
                    Ending::ToolCalls
                }
            }
            (_, stated) => stated,
        };
        self
    }

    /// The same as an answer to somebody who asked for JSON: the input of a tool is the text then.
    #[must_use]
    pub(super) fn for_json(mut self) -> Self {
        let is_json =
            serde_json::from_str::<Value>(&self.tool_input).is_ok_and(|it| it.is_object());
        if is_json || (self.ending == Ending::Cut && !self.tool_input.is_empty()) {
            self.text = std::mem::take(&mut self.tool_input);
            if matches!(self.ending, Ending::ToolCalls | Ending::Unknown) {
                self.ending = Ending::Complete;
            }
        }
        self
    }
}

/// Thoughts as an answer keeps them.
pub(crate) fn kept(thinking: String) -> Option<String> {
    (!thinking.trim().is_empty()).then_some(thinking)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, reason: Option<&str>) -> Said {
        Said {
            text: text.to_owned(),
            finish_reason: reason.map(str::to_owned),
            ..Said::default()
        }
    }

    #[test]
    fn every_reply_has_an_ending() {
        for (text, reason, ending) in [
            ("Yes", Some("stop"), Ending::Complete),
            ("Yes", None, Ending::Unknown),
            ("Ye", Some("length"), Ending::Cut),
            ("", Some("max_tokens"), Ending::Cut),
            ("Ye", Some("content_filter"), Ending::Filtered),
            ("", Some("content_filter"), Ending::Filtered),
            ("Let me look.", Some("tool_use"), Ending::ToolCalls),
            (" \n", Some("stop"), Ending::Empty),
            ("", None, Ending::Empty),
            ("<think>hm</think>", Some("stop"), Ending::Empty),
            ("Ye", Some("error"), Ending::Error),
        ] {
            let found = said(text, reason).concluded().ending;
            assert_eq!(found, ending, "{text:?} {reason:?}");
        }
        let refused = Said {
            ending: Ending::RefusedByProvider,
            ..said("I can't.", Some("stop"))
        };
        assert_eq!(refused.concluded().ending, Ending::RefusedByProvider);
        let calls = Said {
            tool_input: "{}".to_owned(),
            ..said("", Some("stop"))
        };
        assert_eq!(calls.concluded().ending, Ending::ToolCalls);
    }

    #[test]
    fn the_input_of_a_tool_is_the_reply_to_whoever_wants_json() {
        let calls = |input: &str, reason: &str| {
            let said = Said {
                tool_input: input.to_owned(),
                ..said("Let me see.", Some(reason))
            };
            said.concluded().for_json()
        };
        let read = calls(r#"{"v":1}"#, "tool_calls");
        assert_eq!(
            (read.text.as_str(), read.ending),
            (r#"{"v":1}"#, Ending::Complete)
        );
        assert_eq!(calls(r#"{"v":"#, "tool_calls").ending, Ending::ToolCalls);
        let cut = calls(r#"{"v":"#, "length");
        assert_eq!((cut.text.as_str(), cut.ending), (r#"{"v":"#, Ending::Cut));
    }

    #[test]
    fn counts_of_zero_beside_a_text_are_unknown() {
        let zero = Usage {
            input_tokens: Some(0),
            output_tokens: Some(0),
            ..Usage::default()
        };
        let with = |text: &str| {
            Said {
                usage: zero,
                ..said(text, None)
            }
            .concluded()
            .usage
        };
        assert_eq!(with("Yes"), Usage::default());
        assert_eq!(with(""), zero);
    }
}

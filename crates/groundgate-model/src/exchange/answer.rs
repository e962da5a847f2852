//! What a copilot said. Pure values; adapters make them.

use serde::{Deserialize, Serialize};

use crate::{
    exchange::{Ending, Parted, Timing, Usage, parted},
    unit::Usd,
};

/// One retrieved context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The document's id where the endpoint names it.
    pub id: Option<String>,
    /// What the copilot was given to read.
    pub text: String,
    /// Where it came from, as the endpoint says (a URL, a title).
    pub source: Option<String>,
}

/// What the copilot said to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The answer as people would read it; may be empty.
    pub text: String,
    /// Retrieved contexts, best first; `None` where the endpoint does not show them.
    pub passages: Option<Vec<Passage>>,
    /// Tokens used.
    pub usage: Usage,
    /// What the call cost; `None` where the price or the usage is unknown.
    pub cost: Option<Usd>,
    /// The model's name and version as the reply gives it.
    pub model: Option<String>,
    /// Why the model stopped (`stop`, `length`, …), as the reply gives it.
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

impl Answer {
    /// The same with what the model said to itself set apart from its text; empty where that was all.
    #[must_use]
    pub fn with_thoughts_apart(mut self) -> Self {
        let Parted { text, thoughts } = parted(self.text);
        self.text = text;
        if !thoughts.is_empty() {
            if self.text.trim().is_empty() {
                self.ending = Ending::Empty;
            }
            self.thinking = Some(match self.thinking {
                Some(thinking) => format!("{thinking}\n{thoughts}"),
                None => thoughts,
            });
        }
        self
    }
}

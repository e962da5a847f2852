//! What a value of a file can mean to groundgate.

use std::fmt;

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Questions with what is known about right answers.
    EvalSet,
    /// Answers, with passages and scores where there are any.
    Answers,
    /// Scores of cases.
    Scores,
    /// What people said about answers.
    Labels,
}

impl Want {
    /// Named as in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EvalSet => "eval set",
            Self::Answers => "answers",
            Self::Scores => "scores",
            Self::Labels => "labels",
        }
    }
}

/// One field of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The case's id.
    Id,
    /// Which attempt at the case, from 0.
    Attempt,
    /// The question.
    Question,
    /// Earlier turns.
    History,
    /// The copilot's answer.
    Answer,
    /// Why there is no answer.
    Error,
    /// What the copilot was given to read.
    Passages,
    /// A right answer.
    Reference,
    /// Facts that a right answer states.
    Facts,
    /// Ids of documents that a right answer rests on.
    Documents,
    /// Whether the knowledge base holds the answer.
    Answerable,
    /// What depends on each other.
    Cluster,
    /// Whether every attempt must succeed.
    Critical,
    /// A dimension for slices.
    Tag(String),
    /// A metric's value.
    Score(String),
    /// Milliseconds until the answer was there.
    LatencyMs,
    /// The same in seconds.
    LatencyS,
    /// The model's name.
    Model,
    /// Tokens read.
    InputTokens,
    /// Tokens written.
    OutputTokens,
    /// What the answer cost.
    CostUsd,
    /// Who labelled.
    Labeler,
}

/// Every target without a name of its own, as it is written.
pub(crate) const PLAIN: [(&str, Target); 20] = [
    ("id", Target::Id),
    ("attempt", Target::Attempt),
    ("question", Target::Question),
    ("history", Target::History),
    ("answer", Target::Answer),
    ("error", Target::Error),
    ("passages", Target::Passages),
    ("reference_answer", Target::Reference),
    ("expected_facts", Target::Facts),
    ("expected_documents", Target::Documents),
    ("answerable", Target::Answerable),
    ("cluster", Target::Cluster),
    ("critical", Target::Critical),
    ("latency_ms", Target::LatencyMs),
    ("latency_s", Target::LatencyS),
    ("model", Target::Model),
    ("input_tokens", Target::InputTokens),
    ("output_tokens", Target::OutputTokens),
    ("cost_usd", Target::CostUsd),
    ("labeler", Target::Labeler),
];

impl Target {
    /// `question`, `tag:topic`, `score:faithfulness`.
    pub fn parse(text: &str) -> Option<Self> {
        let named = |prefix: &str| text.strip_prefix(prefix).filter(|name| !name.is_empty());
        if let Some(name) = named("tag:") {
            return Some(Self::Tag(name.to_owned()));
        }
        if let Some(name) = named("score:") {
            return Some(Self::Score(name.to_owned()));
        }
        let plain = PLAIN.iter().find(|(name, _)| *name == text);
        plain.map(|(_, target)| target.clone())
    }

    /// Whether a row that is read for `want` has room for it.
    pub(crate) fn is_of(&self, want: Want) -> bool {
        match self {
            Self::Id | Self::Question | Self::Cluster | Self::Tag(_) => true,
            Self::History
            | Self::Reference
            | Self::Facts
            | Self::Documents
            | Self::Answerable
            | Self::Critical => matches!(want, Want::EvalSet | Want::Answers),
            Self::Answer | Self::Error | Self::Passages => {
                matches!(want, Want::Answers | Want::Labels)
            }
            Self::LatencyMs
            | Self::LatencyS
            | Self::Model
            | Self::InputTokens
            | Self::OutputTokens
            | Self::CostUsd => want == Want::Answers,
            Self::Score(_) | Self::Attempt => want != Want::EvalSet,
            Self::Labeler => want == Want::Labels,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(name) => write!(f, "tag:{name}"),
            Self::Score(name) => write!(f, "score:{name}"),
            other => {
                let plain = PLAIN.iter().find(|(_, target)| target == other);
                f.write_str(plain.map_or("", |(name, _)| name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_it_is_written() {
        for (name, target) in PLAIN {
            assert_eq!(target.to_string(), name);
            assert_eq!(Target::parse(name), Some(target));
        }
        for name in ["tag:a:b", "score:x"] {
            assert_eq!(Target::parse(name).unwrap().to_string(), name);
        }
        assert_eq!(Target::parse("tag:"), None);
        assert_eq!(Target::parse("colour"), None);
    }
}

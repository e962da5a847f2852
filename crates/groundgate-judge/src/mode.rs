//! What a judge's call is about.

use groundgate_model::trial::Label;

use super::labels::{FactLabel, PairLabel};

const CLAIM_LABELS: [&str; 4] = [
    Label::Supported.name(),
    Label::Contradicted.name(),
    Label::NotFound.name(),
    Label::NotAClaim.name(),
];

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each sentence of the answer against the passages.
    Claims,
    /// The answer as a whole against one question of the spec's author.
    Rubric,
    /// Each expected fact against the answer.
    Facts,
    /// The passages as a whole against one question of the spec's author; the answer is not shown.
    Context,
    /// Two answers to one question, in both orders, without their names.
    Pairwise,
}

impl Mode {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claims => "claims",
            Self::Rubric => "rubric",
            Self::Facts => "facts",
            Self::Context => "context",
            Self::Pairwise => "pairwise",
        }
    }

    /// Every mode.
    pub const ALL: [Self; 5] = [
        Self::Claims,
        Self::Rubric,
        Self::Facts,
        Self::Context,
        Self::Pairwise,
    ];

    /// Whether one label is given, whose value the spec says.
    pub const fn has_one_label(self) -> bool {
        matches!(self, Self::Rubric | Self::Context | Self::Pairwise)
    }

    /// The labels that the mode prescribes; `None` where the spec brings its own.
    pub const fn fixed_labels(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Claims => Some(&CLAIM_LABELS),
            Self::Facts => Some(&FactLabel::NAMES),
            Self::Pairwise => Some(&PairLabel::NAMES),
            Self::Rubric | Self::Context => None,
        }
    }
}

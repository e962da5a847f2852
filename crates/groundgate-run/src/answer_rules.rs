//! What of an answer judges are shown.

use std::borrow::Cow;

use groundgate_model::{
    exchange::{Answer, Ending},
    manifest::Manifest,
};

/// What of an answer is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AnswerRules {
    /// What the model said to itself.
    pub thinking: Thinking,
    /// Answers that a limit on length has cut.
    pub cut: Cut,
}

/// What becomes of what a model said to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Thinking {
    /// It is kept and not judged.
    #[default]
    Strip,
    /// It is judged with the answer, as whoever reads it may believe it.
    Judge,
}

/// What becomes of an answer that a limit on length has cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cut {
    /// It is unscored: what it would have said nobody knows.
    #[default]
    Unscored,
    /// What there is of it is judged.
    Judge,
}

impl Thinking {
    /// The word in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strip => "strip",
            Self::Judge => "judge",
        }
    }
}

impl Cut {
    /// The word in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unscored => "unscored",
            Self::Judge => "judge",
        }
    }
}

impl AnswerRules {
    /// The rules that are not the default, since those make no other plan.
    pub fn manifest(&self) -> Option<Manifest> {
        (*self != Self::default()).then(|| {
            Manifest::default()
                .with("thinking", self.thinking.name())
                .with("cut", self.cut.name())
        })
    }

    /// Whether an answer is too short to be judged.
    pub(super) fn leaves_out(&self, answer: &Answer) -> bool {
        self.cut == Cut::Unscored && answer.ending == Ending::Cut
    }

    /// The answer as judges are shown it.
    pub(super) fn shown<'a>(&self, answer: &'a Answer) -> Cow<'a, Answer> {
        match (self.thinking, &answer.thinking) {
            (Thinking::Judge, Some(thinking)) => {
                let mut whole = answer.clone();
                whole.text = format!("{thinking}\n\n{}", answer.text);
                Cow::Owned(whole)
            }
            (Thinking::Strip | Thinking::Judge, _) => Cow::Borrowed(answer),
        }
    }
}

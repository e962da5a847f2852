//! What of an answer judges are shown.

use std::borrow::Cow;

use groundgate_judge::{
    boilerplate::{Pattern, TakenOut, take_out},
    refusal::declines,
};
use groundgate_model::{
    exchange::{Answer, Ending},
    manifest::Manifest,
};

/// What of an answer is judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnswerRules {
    /// What the model said to itself.
    pub thinking: Thinking,
    /// Answers that a limit on length or a filter has cut.
    pub cut: Cut,
    /// Fixed lines that no judge sees.
    pub boilerplate: Vec<Pattern>,
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

/// What becomes of an answer that a limit on length has cut, or a filter from some place on.
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
            let lines = self.boilerplate.iter().map(Pattern::written);
            let lines: Vec<String> = lines.map(str::to_owned).collect();
            let lines = (!lines.is_empty()).then_some(lines);
            Manifest::default()
                .with("thinking", self.thinking.name())
                .with("cut", self.cut.name())
                .with_some("boilerplate", lines)
        })
    }

    /// Whether an answer is left out since it is not whole: a limit on length has cut it, or a filter from
    /// some place on.
    pub(super) fn leaves_out(&self, answer: &Answer) -> bool {
        // What a guardrail says in an answer's place is whole, and declines.
        let is_cut = match answer.ending {
            Ending::Cut => true,
            Ending::Filtered => !declines(answer),
            Ending::Complete
            | Ending::RefusedByProvider
            | Ending::ToolCalls
            | Ending::Error
            | Ending::Empty
            | Ending::Unknown => false,
        };
        self.cut == Cut::Unscored && is_cut
    }

    /// The same with more fixed lines.
    #[must_use]
    pub fn with_boilerplate(mut self, more: &[Pattern]) -> Self {
        self.boilerplate.extend_from_slice(more);
        self
    }

    /// The answer as judges are shown it, and what was taken out of it.
    pub(super) fn shown<'a>(
        &self,
        answer: &'a Answer,
        question: &str,
    ) -> (Cow<'a, Answer>, TakenOut) {
        let mut shown = self.with_thinking(answer);
        if self.boilerplate.is_empty() {
            return (shown, TakenOut::default());
        }
        let (text, taken) = take_out(&shown, question, &self.boilerplate);
        if taken.n_matched > 0 {
            shown.to_mut().text = text;
        }
        (shown, taken)
    }

    fn with_thinking<'a>(&self, answer: &'a Answer) -> Cow<'a, Answer> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::answer;

    #[test]
    fn an_answer_that_ends_midway_is_left_out_unless_it_is_to_be_judged() {
        let ended = |text: &str, ending, cut| {
            let rules = AnswerRules {
                cut,
                ..AnswerRules::default()
            };
            let given = Answer {
                text: text.to_owned(),
                ending,
                ..answer(&[])
            };
            rules.leaves_out(&given)
        };
        for (text, ending, left_out) in [
            ("Refunds are", Ending::Cut, true),
            ("Refunds are", Ending::Filtered, true),
            ("I can't help with that.", Ending::Filtered, false),
            ("", Ending::Filtered, false),
            ("Refunds take a week.", Ending::Complete, false),
            ("Refunds take a week.", Ending::Unknown, false),
        ] {
            assert_eq!(ended(text, ending, Cut::Unscored), left_out, "{text}");
            assert!(!ended(text, ending, Cut::Judge), "{text}");
        }
    }

    #[test]
    fn a_thought_is_judged_only_where_that_is_asked_for() {
        let given = Answer {
            thinking: Some("Fees are 99 EUR?".to_owned()),
            ..answer(&[])
        };
        let strip = AnswerRules::default();
        assert_eq!(strip.with_thinking(&given).text, given.text);
        let judge = AnswerRules {
            thinking: Thinking::Judge,
            ..AnswerRules::default()
        };
        let whole = judge.with_thinking(&given);
        assert!(whole.text.starts_with("Fees are 99 EUR?"));
    }
}

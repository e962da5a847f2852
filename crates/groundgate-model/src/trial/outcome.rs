//! Outcomes: a score with what it came from, or the reason there is none.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{claim::ClaimFinding, metric::MetricSpec};
use crate::exchange::FailureKind;

/// What became of one metric of one trial.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A value, with its explanation.
    Scored(Score),
    /// There was nothing to measure (a refusal makes no claims); says why. Counted and shown apart,
    /// it adds neither to the score nor to the missing.
    NotApplicable(String),
    /// The value should be there and is not.
    Unscored(Unscored),
}

/// A value with what it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    value: f64,
    up_to: Option<f64>,
    /// In one sentence, what the value came from; may quote untrusted text.
    pub explanation: String,
    /// The claims behind it, where the metric is made of claims.
    pub claims: Vec<ClaimFinding>,
}

/// A value that the metric cannot take.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{value} is not a value of the metric `{metric}`")]
pub struct ScoreOutOfRange {
    /// The metric's name.
    pub metric: String,
    /// What was to become its score.
    pub value: f64,
}

impl Score {
    /// Checks that `value` is one of the metric's values; nothing is clipped.
    pub fn new(
        metric: &MetricSpec,
        value: f64,
        explanation: String,
    ) -> Result<Self, ScoreOutOfRange> {
        if metric.data_type.holds(value) {
            Ok(Self {
                value,
                up_to: None,
                explanation,
                claims: Vec::new(),
            })
        } else {
            Err(ScoreOutOfRange {
                metric: metric.name.clone(),
                value,
            })
        }
    }

    /// The same score with the claims it was counted from.
    #[must_use]
    pub fn with_claims(mut self, claims: Vec<ClaimFinding>) -> Self {
        self.claims = claims;
        self
    }

    /// The same score with what it would be if the votes that failed had been the best possible ones;
    /// its value counts them as the worst.
    #[must_use]
    pub fn or_up_to(mut self, best: f64) -> Self {
        self.up_to = (best.is_finite() && best.total_cmp(&self.value).is_ne()).then_some(best);
        self
    }

    /// What the value would be if the votes that failed had been the best possible ones; `None` where
    /// that is the value itself.
    pub const fn up_to(&self) -> Option<f64> {
        self.up_to
    }

    /// Finite, and in the metric's range.
    pub const fn value(&self) -> f64 {
        self.value
    }
}

/// Why a value is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reason", content = "detail")]
pub enum Unscored {
    /// The copilot gave no answer: a product failure, counted as the worst score.
    NoAnswer(FailureKind),
    /// The judge could not be reached or refused the call.
    JudgeFailed(FailureKind),
    /// The judge replied, twice, something that is not a valid reply; says what was wrong.
    ReplyMalformed(Box<str>),
    /// The judge missed, twice, claims that no reader misses; says which.
    FailedControl(Box<str>),
    /// The metric needs something the answer or the case does not have (passages, usage).
    InputMissing(Box<str>),
    /// The answer was cut by a limit on length or by a filter: what it would have said is not known.
    AnswerCut,
    /// Not measured before the run ended.
    NotRun,
    /// The judge stands behind a cheaper one that is sure of the answer, and was not drawn to say so,
    /// too. Not a failure: rules that know the draw make up for it, all others count it as missing.
    Spared(Box<str>),
}

impl Unscored {
    /// Whether the copilot is to blame. Its failures count as the worst score in both directions;
    /// those of the measurement are counted against a pass and against a fail. An answer of another
    /// copilot than the one in question is no fault of this one.
    pub const fn is_product_failure(&self) -> bool {
        matches!(self, Self::NoAnswer(kind) if !matches!(kind, FailureKind::Changed))
    }

    /// Whether it is no failure but the plan: the judge was not to be asked.
    pub const fn is_planned(&self) -> bool {
        matches!(self, Self::Spared(_))
    }

    /// The name used in counts.
    pub fn name(&self) -> String {
        match self {
            Self::NoAnswer(kind) => format!("no-answer: {}", kind.name()),
            Self::JudgeFailed(kind) => format!("judge: {}", kind.name()),
            Self::ReplyMalformed(_) => "judge: malformed reply".to_owned(),
            Self::FailedControl(_) => "judge: failed control".to_owned(),
            Self::InputMissing(what) => format!("input missing: {what}"),
            Self::AnswerCut => "answer cut".to_owned(),
            Self::NotRun => "not run".to_owned(),
            Self::Spared(_) => "spared: a cheaper judge is sure".to_owned(),
        }
    }
}

impl fmt::Display for Unscored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReplyMalformed(detail) | Self::FailedControl(detail) | Self::Spared(detail) => {
                write!(f, "{}: {detail}", self.name())
            }
            Self::NoAnswer(_)
            | Self::JudgeFailed(_)
            | Self::InputMissing(_)
            | Self::AnswerCut
            | Self::NotRun => f.write_str(&self.name()),
        }
    }
}

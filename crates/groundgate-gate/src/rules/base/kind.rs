//! What a kind of rule is: its name, its keys with their meaning, and what a rule of it can be asked.

use std::fmt;

use serde_json::{Value, json};

use super::{evaluation::Evaluation, reader::Reader, setting::Settings, threshold::Threshold};
use crate::{
    draft::Draft,
    policy::{CaseFilter, Slice},
    power::{PlannedRule, RulePower},
    truth::Truth,
};

/// A kind of rule as files write it; reading it gives what the rule asks.
pub(crate) struct Kind<T> {
    /// The name in policies.
    pub(crate) name: &'static str,
    /// When a rule of it passes, in Markdown.
    pub(crate) passes: &'static str,
    /// Its own keys, besides those that every rule has.
    pub(crate) keys: &'static [Key],
    /// What it speaks of.
    pub(crate) claim: Claim,
    /// Reads a rule; its mistakes are reported.
    pub(crate) read: fn(&Reader<'_, '_, '_>) -> Option<T>,
}

/// What a kind of rule speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// A metric's mean.
    Mean,
    /// The difference of a metric's mean to the baseline's.
    Difference,
    /// The ratio of a metric's mean to the baseline's.
    Ratio,
    /// A metric's quantile.
    Quantile,
    /// A count, decided without a test.
    Count,
    /// What is not about scores.
    Fact,
}

impl Claim {
    /// Whether a rule may say which mean it speaks of: of these questions, or of all like them.
    pub(crate) const fn has_estimand(self) -> bool {
        matches!(self, Self::Mean | Self::Difference)
    }
}

/// One key of a kind of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// As policies write it.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether a rule has to have it.
    pub is_needed: bool,
    /// Whether an environment may make it stricter.
    pub may_tighten: bool,
    /// What it means.
    pub means: &'static str,
}

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Any text but an empty one.
    Text,
    /// A list of texts.
    Texts,
    /// A number.
    Number,
    /// A whole number, at least so large.
    Whole(u32),
    /// A length of time: `90s`, `30m`, `48h`, `14d`, `2w`.
    Age,
    /// Yes or no.
    Flag,
    /// One of some words.
    OneOf(&'static [&'static str]),
}

impl Holds {
    /// As a JSON Schema.
    pub fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string", "minLength": 1}),
            Self::Texts => json!({"type": "array", "items": Self::Text.schema()}),
            Self::Number => json!({"type": "number"}),
            Self::Whole(least) => json!({"type": "integer", "minimum": least}),
            Self::Age => json!({"type": "string", "pattern": "^[0-9]+[wdhms]$"}),
            Self::Flag => json!({"type": "boolean"}),
            Self::OneOf(words) => json!({"enum": words}),
        }
    }
}

impl Key {
    /// One that a rule has to have.
    pub(crate) const fn needed(name: &'static str, holds: Holds, means: &'static str) -> Self {
        Self {
            name,
            holds,
            is_needed: true,
            may_tighten: false,
            means,
        }
    }

    /// One that a rule may have.
    pub(crate) const fn optional(name: &'static str, holds: Holds, means: &'static str) -> Self {
        Self {
            is_needed: false,
            ..Self::needed(name, holds, means)
        }
    }

    /// The same, and an environment may make it stricter.
    pub(crate) const fn tightened(self) -> Self {
        Self {
            may_tighten: true,
            ..self
        }
    }

    /// The metric that a rule reads.
    pub(crate) const METRIC: Self = Self::needed("metric", Holds::Text, "which metric it reads");
}

/// The slices that a rule speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Slices<'a> {
    /// The dimensions whose every value it speaks of.
    pub by: &'a [String],
    /// Those that must be there.
    pub required: &'a [Slice],
}

/// What a rule about scores can be asked; a file of `rules` for each kind.
pub(crate) trait AsksScores: fmt::Debug {
    /// The metric it reads; an error rate reads all of them.
    fn metric(&self) -> Option<&str>;

    /// The number that it holds against its threshold, as sentences name it.
    fn quantity(&self, metric: &str) -> String {
        metric.to_owned()
    }

    /// Its threshold; `None` for rules that are never waived.
    fn threshold(&self) -> Option<Threshold>;

    /// The same rule at another threshold; whether it has one, and can have this one.
    fn set_threshold(&mut self, value: f64) -> bool;

    /// Every setting but kind and metric.
    fn settings(&self) -> Settings;

    /// What it finds in scores; never empty.
    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft>;

    /// What it will be able to say of a planned run; never empty.
    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower>;

    /// Whether its threshold is met (in a slice) when candidate and baseline are the same; `None` where
    /// nobody knows.
    fn is_met_unchanged(&self, _truth: &dyn Truth, _slice: Option<&Slice>) -> Option<bool> {
        None
    }

    /// What a candidate exactly at the threshold has lost; `None` where nobody knows.
    fn loss_to_threshold(&self, _truth: &dyn Truth) -> Option<f64> {
        None
    }

    /// The slices that it speaks of.
    fn slices(&self) -> Slices<'_> {
        Slices::default()
    }

    /// The cases that have to pass each time.
    fn must_pass(&self) -> Option<&CaseFilter> {
        None
    }

    /// What people should think about twice, as the end of a sentence about the rule.
    fn warning(&self) -> Option<&'static str> {
        None
    }
}

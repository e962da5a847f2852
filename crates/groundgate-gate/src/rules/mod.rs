//! The kinds of rules, one file each, and the list of them: a new kind is its file and its two lines
//! here.

mod base;
mod listing;

mod ceiling;
mod evidence;
mod floor;
mod freshness;
mod judge_health;
mod max_count;
mod max_error_rate;
mod max_overlap;
mod mean_max;
mod must_pass;
mod non_inferior;
mod percentile;
mod ratio_max;
mod slice_floor;
mod superior;

use std::fmt;

use super::{
    draft::Draft,
    policy::{CaseFilter, Slice},
    power::{PlannedRule, RulePower},
    truth::Truth,
    verdict::Finding,
};

use base::{AsksFacts, AsksScores};

pub use base::{Holds, Key, Slices, Threshold};
pub use freshness::DateOf;
pub use judge_health::{Measure, Source};
pub use listing::{RuleKeys, rule_keys, rule_schemas, rule_table, tightened_schema};

pub(crate) use base::{
    AskedFact, Claim, ESTIMANDS, Evaluation, Found, Kind, Layers, Reader, Setting, Settings, Shape,
    age, count, decided, open, share, texts,
};
pub(crate) use judge_health::{Flips, Health, of_judge};
pub(crate) use listing::{COMMON_KEYS, ESTIMAND_KEY};

/// What a rule about all metrics names instead of one.
pub(crate) const ERRORS: &str = "errors";

/// The kinds of rules about scores and about facts.
macro_rules! register {
    ($(#[$doc:meta])* $name:ident: $trait:ident { $($module:ident::$kind:ident,)+ }) => {
        $(pub use self::$module::$kind;)+

        $(#[$doc])*
        #[derive(Clone, PartialEq)]
        pub enum $name {
            $(#[doc = concat!("A `", stringify!($kind), "`.")] $kind($kind),)+
        }

        impl $name {
            pub(crate) const KINDS: &[Kind<Self>] = &[$($module::KIND),+];

            fn asks(&self) -> &dyn $trait {
                match self {
                    $(Self::$kind(kind) => kind,)+
                }
            }

            fn asks_mut(&mut self) -> &mut dyn $trait {
                match self {
                    $(Self::$kind(kind) => kind,)+
                }
            }

            const fn kind(&self) -> &'static Kind<Self> {
                match self {
                    $(Self::$kind(_) => &$module::KIND,)+
                }
            }

            /// The name in policies.
            pub const fn name(&self) -> &'static str {
                self.kind().name
            }

            /// What it is held against, and which side of that is allowed. `None` for rules that are
            /// never waived.
            pub fn threshold(&self) -> Option<Threshold> {
                self.asks().threshold()
            }

            /// The same rule at another threshold; `None` where it has none, or not this one.
            pub(crate) fn with_threshold(&self, value: f64) -> Option<Self> {
                let mut other = self.clone();
                other.asks_mut().set_threshold(value).then_some(other)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.asks().fmt(f)
            }
        }

        $(impl From<$kind> for $name {
            fn from(kind: $kind) -> Self {
                Self::$kind(kind)
            }
        })+
    };
}

register! {
    /// What a rule about scores asks. All thresholds are finite and possible for the metric.
    RuleKind: AsksScores {
        floor::Floor,
        ceiling::Ceiling,
        non_inferior::NonInferior,
        superior::Superior,
        slice_floor::SliceFloor,
        must_pass::MustPass,
        max_count::MaxCount,
        max_error_rate::MaxErrorRate,
        percentile::Percentile,
        mean_max::MeanMax,
        ratio_max::RatioMax,
    }
}

register! {
    /// What a rule about a fact asks.
    FactKind: AsksFacts {
        evidence::Evidence,
        freshness::Freshness,
        max_overlap::MaxOverlap,
        judge_health::JudgeHealth,
    }
}

impl RuleKind {
    /// The metric it reads; an error rate reads all of them.
    pub fn metric(&self) -> Option<&str> {
        self.asks().metric()
    }

    /// The number of a metric that it holds against its threshold, as sentences name it.
    pub(crate) fn quantity(&self, metric: &str) -> String {
        self.asks().quantity(metric)
    }

    /// The slices that it speaks of.
    pub fn slices(&self) -> Slices<'_> {
        self.asks().slices()
    }

    /// The cases that have to pass each time.
    pub(crate) fn must_pass(&self) -> Option<&CaseFilter> {
        self.asks().must_pass()
    }

    /// Whether a rule of the kind has to pass each time.
    pub(crate) fn is_must_pass(kind: &str) -> bool {
        kind == must_pass::KIND.name
    }

    /// What it speaks of.
    pub(crate) const fn claim(&self) -> Claim {
        self.kind().claim
    }

    /// Whether it is decided by counting, without a test.
    pub const fn is_count(&self) -> bool {
        matches!(self.claim(), Claim::Count)
    }

    /// Whether labels of people change what it says.
    pub fn uses_labels(&self) -> bool {
        self.claim() == Claim::Mean || self.must_pass().is_some()
    }

    /// Whether it needs a baseline.
    pub const fn needs_baseline(&self) -> bool {
        matches!(self.claim(), Claim::Difference | Claim::Ratio)
    }

    /// Every setting, always in the same order for one kind.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = self.asks().settings();
        settings.push(("kind", Setting::word(self.name())));
        settings.extend(
            self.metric()
                .map(|metric| ("metric", Setting::word(metric))),
        );
        settings
    }

    /// What it finds in scores; never empty.
    pub(crate) fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        self.asks().drafts(of)
    }

    /// What it will be able to say of a planned run; never empty.
    pub(crate) fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        self.asks().powers(plan)
    }

    /// Whether its threshold is met (in a slice) when candidate and baseline are the same.
    pub(crate) fn is_met_unchanged(
        &self,
        truth: &dyn Truth,
        slice: Option<&Slice>,
    ) -> Option<bool> {
        self.asks().is_met_unchanged(truth, slice)
    }

    /// What a candidate exactly at the threshold has lost.
    pub(crate) fn loss_to_threshold(&self, truth: &dyn Truth) -> Option<f64> {
        self.asks().loss_to_threshold(truth)
    }

    /// What people should think about twice, as the end of a sentence about the rule.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        self.asks().warning()
    }
}

impl FactKind {
    /// The files that it reads.
    pub fn files(&self) -> &[String] {
        self.asks().files()
    }

    /// Whether its files are what a copilot was given (text of any form), and whether it reads the run's
    /// questions.
    pub fn is_about_prompts(&self) -> bool {
        self.asks().is_about_prompts()
    }

    /// Whether nothing that the judge of its metric measured can be told unless it passes.
    pub(crate) fn is_about_a_judge(&self) -> bool {
        self.asks().is_about_a_judge()
    }

    /// Every setting, always in the same order for one kind.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = self.asks().settings();
        settings.push(("kind", Setting::word(self.name())));
        settings
    }

    /// What it finds.
    pub(crate) fn finding(&self, asked: &AskedFact<'_>) -> Finding {
        self.asks().finding(asked)
    }
}

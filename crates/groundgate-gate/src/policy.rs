//! The policy as meant: rules that a release must meet. `policy_file` reads it from TOML.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{CaseInfo, MetricSpec},
    unit::{Digest, UnitInterval, count_to_f64},
};
use groundgate_stats::correction::Recognized;

use super::{outside::Outside, verdict::Bar};

/// The rules of one release, for one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// For reports.
    pub name: String,
    /// Who may change it.
    pub owner: Option<String>,
    /// How numbers become bounds.
    pub statistics: Statistics,
    /// What becomes of a rule that cannot tell.
    pub on_inconclusive: OnOpen,
    /// Never empty; in the order of the file.
    pub rules: Vec<Rule>,
    /// How well the judge of a metric did on labelled answers, by metric.
    pub calibrations: BTreeMap<String, JudgeCalibration>,
    /// What is not about scores.
    pub outside: Outside,
    /// Over the resolved policy, so that comments and order of keys do not matter.
    pub digest: Digest,
}

/// How numbers become bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// One-sided error rate of a pass.
    pub alpha_pass: f64,
    /// One-sided error rate of a fail, over all rules together (Holm).
    pub alpha_fail: f64,
    /// Fewer cases with a score: the rule is inconclusive.
    pub min_cases: usize,
    /// A larger share of trials without a measurement: the rule is inconclusive.
    pub missing_max: UnitInterval,
    /// Which bound for bounded scores.
    pub bound: BoundChoice,
    /// What rules against a baseline speak about.
    pub versus_baseline: Estimand,
    /// What absolute rules speak about.
    pub absolute: Estimand,
}

impl Default for Statistics {
    /// What holds where a policy is silent.
    fn default() -> Self {
        Self {
            alpha_pass: 0.05,
            alpha_fail: 0.05,
            min_cases: 30,
            missing_max: UnitInterval::TWO_PERCENT,
            bound: BoundChoice::Exact,
            versus_baseline: Estimand::Suite,
            absolute: Estimand::Population,
        }
    }
}

/// Which bound for bounded scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundChoice {
    /// Dirichlet with one pseudo-observation: the default.
    Exact,
    /// Dirichlet with half a pseudo-observation: more power, up to 6 % error.
    Calibrated,
    /// Hedged betting: proved for every bounded score, wider.
    Proven,
}

impl BoundChoice {
    /// The word in policies and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Calibrated => "calibrated",
            Self::Proven => "proven",
        }
    }
}

/// What a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimand {
    /// These very questions, run afresh.
    Suite,
    /// The population that the questions (or their clusters) were drawn from.
    Population,
}

impl Estimand {
    /// The word in policies and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suite => "suite",
            Self::Population => "population",
        }
    }
}

/// How well a judge tells good answers from bad ones, counted on answers that people labelled.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeCalibration {
    /// The beginning of the judge's digest, 12 to 64 hexadecimal digits in lower case: of another
    /// judge, or of another version of it, this says nothing.
    pub judge: String,
    /// Truly good ones: sensitivity.
    pub good: Recognized,
    /// Truly bad ones: specificity.
    pub bad: Recognized,
    /// Which labels these were, and what else they said.
    pub origin: CalibrationOrigin,
}

/// Where a calibration comes from, as far as it says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CalibrationOrigin {
    /// The beginning of the digest of the labels.
    pub labels: Option<String>,
    /// The day on which they were counted, as `2026-11-25`.
    pub labelled_on: Option<String>,
    /// Cohen's kappa of the judge with people.
    pub kappa: Option<f64>,
    /// Its lower bound at one-sided 5 %.
    pub kappa_lower: Option<f64>,
    /// How much a point of the judge is worth in points of people: covariance ÷ the judge's variance,
    /// from 0 to 1. With labels of a later run it weighs the judge there.
    pub weight: Option<f64>,
}

/// What becomes of something open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOpen {
    /// It counts as inconclusive and blocks.
    Block,
    /// It holds the release until somebody decides.
    Hold,
}

impl OnOpen {
    /// The word in policies and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Hold => "hold",
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Unique in the policy.
    pub id: String,
    /// Why it is there.
    pub why: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: Option<usize>,
    /// What a rule about a mean speaks of; `None`: as the policy's statistics say.
    pub estimand: Option<Estimand>,
    /// What it asks.
    pub kind: RuleKind,
}

/// A tag and its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slice {
    /// The dimension: `product`.
    pub tag: String,
    /// The value: `refunds`.
    pub value: String,
}

/// Which cases a must-pass rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseFilter {
    /// Those marked critical.
    Critical,
    /// Those of one slice.
    Slice(Slice),
}

impl CaseFilter {
    /// Whether it means this case.
    pub(super) fn holds(&self, case: &CaseInfo) -> bool {
        match self {
            Self::Critical => case.critical,
            Self::Slice(slice) => slice.holds(case),
        }
    }
}

impl Slice {
    /// Whether the case is in it.
    pub(super) fn holds(&self, case: &CaseInfo) -> bool {
        case.tags.get(&self.tag) == Some(&self.value)
    }
}

/// The name of rules that count cases instead of estimating.
pub(super) const MUST_PASS: &str = "must-pass";

/// What a rule asks. All thresholds are finite and possible for the metric.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    /// The mean is at least `min`.
    Floor {
        /// Of which metric.
        metric: String,
        /// The bar.
        min: f64,
    },
    /// The mean is at most `max`.
    Ceiling {
        /// Of which metric.
        metric: String,
        /// The bar.
        max: f64,
    },
    /// The mean is not worse than the baseline's by more than `margin` (on the metric's own scale).
    NonInferior {
        /// Of which metric.
        metric: String,
        /// 0 or more; 0 asks for more than an equal candidate can show.
        margin: f64,
    },
    /// The mean is better than the baseline's by more than `by`.
    Superior {
        /// Of which metric.
        metric: String,
        /// 0 or more.
        by: f64,
    },
    /// The mean of every slice is at least `min`.
    SliceFloor {
        /// Of which metric.
        metric: String,
        /// The dimensions.
        by: Vec<String>,
        /// The bar.
        min: f64,
        /// A slice with fewer scored cases is thin.
        min_cases: usize,
        /// What becomes of a thin slice.
        on_thin: OnOpen,
        /// Absent from the run: inconclusive.
        required: Vec<Slice>,
    },
    /// Every attempt at every chosen case scores at least `min`.
    MustPass {
        /// Of which metric.
        metric: String,
        /// The chosen cases.
        cases: CaseFilter,
        /// The bar.
        min: f64,
        /// Fewer chosen cases: inconclusive.
        min_cases: usize,
        /// Fewer attempts a case: inconclusive.
        repeats: u32,
    },
    /// The sum over all trials is at most `max`.
    MaxCount {
        /// Of which metric.
        metric: String,
        /// The bar.
        max: u64,
    },
    /// The share of trials without an answer or a measurement is at most `max`.
    MaxErrorRate {
        /// The bar.
        max: UnitInterval,
    },
    /// The quantile is at most `max`.
    Percentile {
        /// Of which metric.
        metric: String,
        /// Between 0 and 1, both excluded.
        quantile: f64,
        /// The bar.
        max: f64,
    },
    /// The mean of an amount is at most `max`.
    MeanMax {
        /// Of which metric.
        metric: String,
        /// The bar.
        max: f64,
    },
    /// The mean of an amount is at most `max` times the baseline's.
    RatioMax {
        /// Of which metric.
        metric: String,
        /// More than 0.
        max: f64,
    },
}

impl RuleKind {
    /// The name in policies.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Floor { .. } => "floor",
            Self::Ceiling { .. } => "ceiling",
            Self::NonInferior { .. } => "non-inferior",
            Self::Superior { .. } => "superior",
            Self::SliceFloor { .. } => "slice-floor",
            Self::MustPass { .. } => MUST_PASS,
            Self::MaxCount { .. } => "max-count",
            Self::MaxErrorRate { .. } => "max-error-rate",
            Self::Percentile { .. } => "percentile",
            Self::MeanMax { .. } => "mean-max",
            Self::RatioMax { .. } => "ratio-max",
        }
    }

    /// The metric it reads; an error rate reads all of them.
    pub fn metric(&self) -> Option<&str> {
        match self {
            Self::Floor { metric, .. }
            | Self::Ceiling { metric, .. }
            | Self::NonInferior { metric, .. }
            | Self::Superior { metric, .. }
            | Self::SliceFloor { metric, .. }
            | Self::MustPass { metric, .. }
            | Self::MaxCount { metric, .. }
            | Self::Percentile { metric, .. }
            | Self::MeanMax { metric, .. }
            | Self::RatioMax { metric, .. } => Some(metric),
            Self::MaxErrorRate { .. } => None,
        }
    }

    /// Its bar, and which side of it is stricter: above for a bar that numbers must reach. `None` for
    /// rules that are never waived.
    pub fn bar(&self) -> Option<(Bar, f64)> {
        match self {
            Self::Floor { min, .. } | Self::SliceFloor { min, .. } => Some((Bar::AtLeast, *min)),
            Self::Superior { by, .. } => Some((Bar::AtLeast, *by)),
            Self::Ceiling { max, .. }
            | Self::Percentile { max, .. }
            | Self::MeanMax { max, .. }
            | Self::RatioMax { max, .. } => Some((Bar::AtMost, *max)),
            Self::NonInferior { margin, .. } => Some((Bar::AtMost, *margin)),
            Self::MaxCount { max, .. } => {
                let max = usize::try_from(*max).unwrap_or(usize::MAX);
                Some((Bar::AtMost, count_to_f64(max)))
            }
            Self::MustPass { .. } | Self::MaxErrorRate { .. } => None,
        }
    }

    /// The same rule at another bar; `None` where it has none, or not this one.
    #[must_use]
    pub(super) fn with_bar(&self, bar: f64) -> Option<Self> {
        let mut kind = self.clone();
        match &mut kind {
            Self::Floor { min, .. } | Self::SliceFloor { min, .. } => *min = bar,
            Self::Superior { by, .. } => *by = bar,
            Self::Ceiling { max, .. }
            | Self::Percentile { max, .. }
            | Self::MeanMax { max, .. }
            | Self::RatioMax { max, .. } => *max = bar,
            Self::NonInferior { margin, .. } => *margin = bar,
            Self::MaxCount { max, .. } => *max = bar.to_string().parse().ok()?,
            Self::MustPass { .. } | Self::MaxErrorRate { .. } => return None,
        }
        Some(kind)
    }

    /// The dimensions whose every value it speaks of, and the slices that must be there.
    pub fn slices(&self) -> (&[String], &[Slice]) {
        if let Self::SliceFloor { by, required, .. } = self {
            (by, required)
        } else {
            (&[], &[])
        }
    }

    /// Whether it is settled by counting, without a test.
    pub const fn is_count(&self) -> bool {
        matches!(
            self,
            Self::MustPass { .. } | Self::MaxCount { .. } | Self::MaxErrorRate { .. }
        )
    }

    /// Whether it needs a baseline.
    pub const fn needs_baseline(&self) -> bool {
        matches!(
            self,
            Self::NonInferior { .. } | Self::Superior { .. } | Self::RatioMax { .. }
        )
    }
}

/// Metrics that a policy may name besides the built-in ones, by name (from the judges in use).
pub type KnownMetrics = BTreeMap<String, MetricSpec>;

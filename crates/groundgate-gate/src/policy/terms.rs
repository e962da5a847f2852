//! What the rules of a policy are made of: statistics, slices, calibrations, what becomes of the open.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{CaseInfo, MetricSpec, builtin_metric, meant},
    unit::UnitInterval,
};
use groundgate_stats::correction::Recognized;

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
    /// Where fewer of the cases that can be answered were judged (the others refused, or claimed nothing),
    /// a rule on claims is inconclusive.
    pub applicable_min: UnitInterval,
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
            applicable_min: UnitInterval::NINE_TENTHS,
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
    pub(crate) fn holds(&self, case: &CaseInfo) -> bool {
        match self {
            Self::Critical => case.critical,
            Self::Slice(slice) => slice.holds(case),
        }
    }
}

impl Slice {
    /// Whether the case is in it.
    pub(crate) fn holds(&self, case: &CaseInfo) -> bool {
        case.tags.get(&self.tag) == Some(&self.value)
    }
}

/// Metrics that a policy may name besides the built-in ones, by name (from the judges in use).
pub type KnownMetrics = BTreeMap<String, MetricSpec>;

/// The metric that a policy means by a name: one that is known, a built-in one, or one that was called
/// so before.
pub(crate) fn find_metric(known: &KnownMetrics, name: &str) -> Option<MetricSpec> {
    let is_known = |name: &str| known.contains_key(name);
    let name = meant(name, is_known);
    let spec = known.get(name.as_ref()).cloned();
    spec.or_else(|| builtin_metric(&name))
}

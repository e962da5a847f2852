//! What stands in a verdict beside the scores: numbers and dates that a file brings, how healthy the
//! judge is, waivers, approvals.
//!
//! Scores are decided by themselves ([`decide`](super::decide())): simulations, plans and looks at a
//! run under way need no more. [`settle`] adds the rest once, at the end, from [`Facts`] that `cli`
//! has read. Nothing here reads a file or a clock, and whatever is missing, stale, from the future or
//! no number is inconclusive: nothing that is not there ever passes.

mod age;
mod approval;
mod baseline;
mod document;
mod evidence;
mod judge_health;
mod judge_measures;
mod overlap;
mod settle;
mod waiver;

#[cfg(test)]
mod baseline_tests;
#[cfg(test)]
mod not_by_tests;
#[cfg(test)]
mod settle_tests;
#[cfg(test)]
mod tests;

pub use age::Age;
pub use approval::{Approval, ApprovalRule, NotBy, Says, Voice, approval_subject, voices};
pub use baseline::BaselineTerms;
pub use document::{Document, read_document};
pub use judge_health::Measure;
pub use judge_measures::{JudgeMeasure, judge_measures};
pub use settle::{Settled, settle};
pub use waiver::{Waiver, WaiverTerms};

use std::{collections::BTreeMap, slice};

use jiff::Timestamp;

use super::{canary::Canary, labels::HumanScores, verdict::Bar};

/// The part of a policy that is not about scores.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outside {
    /// Rules about facts, in the order of the file.
    pub rules: Vec<FactRule>,
    /// What candidates are compared with.
    pub baseline: BaselineTerms,
    /// Who has to approve.
    pub approvals: Vec<ApprovalRule>,
    /// What may be waived.
    pub waivers: WaiverTerms,
    /// When a canary is rolled back.
    pub canary: Option<Canary>,
}

/// A rule about a fact.
#[derive(Debug, Clone, PartialEq)]
pub struct FactRule {
    /// Unique in the policy.
    pub id: String,
    /// Why it is there.
    pub why: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: Option<usize>,
    /// What it asks.
    pub kind: FactKind,
}

/// What a rule about a fact asks.
#[derive(Debug, Clone, PartialEq)]
pub enum FactKind {
    /// A number in a JSON file, not older than `max_age`, is on the allowed side of a bar.
    Evidence {
        /// The file, as the policy names it.
        file: String,
        /// Where the number stands in it: a JSON pointer (RFC 6901).
        value: String,
        /// Where its date stands.
        date: String,
        /// An older number says nothing.
        max_age: Age,
        /// Which side is allowed.
        bar: Bar,
        /// The bar.
        threshold: f64,
        /// Shown behind the number.
        unit: String,
    },
    /// Something is not older than `max_age`.
    Freshness {
        /// Of what.
        of: DateOf,
        /// The bar.
        max_age: Age,
    },
    /// At most a share of the run's questions stand in files that the copilot has been given.
    MaxOverlap {
        /// Prompts and examples, as the policy names them; never empty.
        files: Vec<String>,
        /// The bar, from 0 to below 1.
        max: f64,
    },
    /// A judge is shown to judge well enough; if not, nothing that it measured can be told.
    JudgeHealth {
        /// The file with what was measured of the judge.
        file: String,
        /// A metric that the judge measures.
        metric: String,
        /// Which of its measures.
        measure: Measure,
        /// The bar: a least agreement, or a largest share of flips.
        threshold: f64,
        /// Fewer labels (or trials) say nothing.
        min_labels: usize,
        /// An older measurement says nothing.
        max_age: Age,
    },
}

/// What a date is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateOf {
    /// The run under test.
    Run,
    /// The baseline.
    Baseline,
    /// Whatever a JSON file dates.
    File {
        /// The file, as the policy names it.
        file: String,
        /// Where the date stands in it: a JSON pointer.
        date: String,
    },
}

impl FactKind {
    /// The name in policies.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Evidence { .. } => "evidence",
            Self::Freshness { .. } => "freshness",
            Self::MaxOverlap { .. } => "max-overlap",
            Self::JudgeHealth { .. } => "judge-health",
        }
    }

    /// Its bar, and which side of it is stricter; `None` for rules that are never waived.
    pub const fn bar(&self) -> Option<(Bar, f64)> {
        match self {
            Self::Evidence { bar, threshold, .. } => Some((*bar, *threshold)),
            Self::MaxOverlap { max, .. } => Some((Bar::AtMost, *max)),
            Self::Freshness { .. } | Self::JudgeHealth { .. } => None,
        }
    }

    /// The files that it reads.
    pub fn files(&self) -> &[String] {
        match self {
            Self::Evidence { file, .. }
            | Self::JudgeHealth { file, .. }
            | Self::Freshness {
                of: DateOf::File { file, .. },
                ..
            } => slice::from_ref(file),
            Self::MaxOverlap { files, .. } => files,
            Self::Freshness { .. } => &[],
        }
    }
}

/// What the gate is given besides scores.
#[derive(Debug, Clone)]
pub struct Facts {
    /// When the gate is asked.
    pub at: Timestamp,
    /// Where the candidate is to go; empty where nobody said.
    pub environment: String,
    /// When the run began.
    pub run_made: Option<Timestamp>,
    /// When the baseline's run began.
    pub baseline_made: Option<Timestamp>,
    /// The files that the policy's rules name, or why they cannot be read.
    pub documents: BTreeMap<String, Document>,
    /// Id and text of the questions that the run asked; empty where no rule wants them.
    pub questions: Vec<(String, String)>,
    /// Who started the run, as its record says.
    pub initiator: Option<String>,
    /// Who made the change that the run tests; empty where nobody said.
    pub change_authors: Vec<String>,
    /// All waivers there are, in force or not.
    pub waivers: Vec<Waiver>,
    /// All approvals there are, of this verdict or of others.
    pub approvals: Vec<Approval>,
    /// What people said of the candidate's answers.
    pub labels: Option<HumanScores>,
}

impl Facts {
    /// Nothing is known but the time.
    pub const fn none(at: Timestamp) -> Self {
        Self {
            at,
            environment: String::new(),
            run_made: None,
            baseline_made: None,
            documents: BTreeMap::new(),
            questions: Vec::new(),
            initiator: None,
            change_authors: Vec::new(),
            waivers: Vec::new(),
            approvals: Vec::new(),
            labels: None,
        }
    }
}

//! What a gate can say, and what each rule found.

use std::{collections::BTreeMap, fmt};

use groundgate_model::trial::Cell;
use groundgate_stats::Estimate;
use serde::Serialize;

/// The answer of a rule and of a gate; the worst of its rules wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Shown to hold, at the stated error rate.
    Pass,
    /// Shown to hold at the threshold of a waiver instead of its own: released, and told everywhere.
    Waived,
    /// Every measured rule passed; something that is not a measurement is open.
    Hold,
    /// Cannot tell yet.
    Inconclusive,
    /// Shown not to hold, at the stated error rate.
    Fail,
    /// The rule could not be evaluated at all.
    Error,
}

impl Verdict {
    /// The word used in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Waived => "waived",
            Self::Hold => "hold",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }

    /// The sign shown beside the word; never the only carrier of the verdict.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Pass => "✔",
            Self::Waived => "~",
            Self::Hold => "‖",
            Self::Inconclusive => "◐",
            Self::Fail => "✖",
            Self::Error => "!",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().to_uppercase())
    }
}

/// How many trials a number stands on. planned = scored + not applicable + unscored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Fixed before the run.
    pub planned: usize,
    /// With a value.
    pub scored: usize,
    /// With nothing to measure.
    pub not_applicable: usize,
    /// Without a value, by reason.
    pub unscored: BTreeMap<String, usize>,
}

impl Counts {
    /// One more planned trial.
    pub(super) fn add(&mut self, cell: &Cell) {
        self.planned += 1;
        match cell {
            Cell::Scored(_) => self.scored += 1,
            Cell::NotApplicable => self.not_applicable += 1,
            Cell::Unscored(reason) => *self.unscored.entry(reason.name()).or_insert(0) += 1,
        }
    }

    /// All that should have a value and have none.
    pub fn n_unscored(&self) -> usize {
        self.unscored.values().sum()
    }
}

/// Which side of a threshold is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllowedSide {
    /// The true value must be above.
    AtLeast,
    /// The true value must be below.
    AtMost,
}

/// A margin that people mean, on the scale of a judge that sees less of a difference than there is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScaledMargin {
    /// As the policy has it: on the scale of people's labels.
    pub margin: f64,
    /// As the judge sees it at least: the margin times `judge_j_lower`, rounded down to three digits. What
    /// loses less than that passes.
    pub on_judges_scale: f64,
    /// As the judge sees it at most: the margin times `judge_j_upper`, rounded up. Only what loses more
    /// than that fails.
    pub fails_beyond: f64,
    /// J = sensitivity + specificity − 1 of the labelled answers.
    pub judge_j: f64,
    /// Its lower bound, at the policy's error rate of a pass.
    pub judge_j_lower: f64,
    /// Its upper bound, at the policy's error rate of a fail.
    pub judge_j_upper: f64,
}

/// A waiver that a finding stands on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waived {
    /// The waiver's id.
    pub id: String,
    /// What the rule says at its own threshold.
    pub was: Verdict,
    /// The threshold that was passed instead.
    #[serde(rename = "bar")]
    pub threshold: f64,
    /// Its last day.
    pub expires: String,
    /// Where the mending is tracked.
    pub ticket: String,
    /// What the rule says at its own threshold, in words.
    #[serde(skip)]
    pub said: String,
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The rule's id in the policy; for a slice rule followed by the slice.
    pub id: String,
    /// The rule's kind: `floor`, `non-inferior`, ….
    pub kind: &'static str,
    /// What it is about.
    pub metric: String,
    /// Shown behind numbers (`ms`, `USD`); empty for scores.
    pub unit: String,
    /// `product=refunds`, for rules about a slice.
    pub slice: Option<String>,
    /// Why the rule is there, in the policy's words.
    pub why: Option<String>,
    /// What it says.
    pub verdict: Verdict,
    /// The finding in one plain sentence.
    pub sentence: String,
    /// The number that was held against the threshold; `None` where there is none.
    pub estimate: Option<Estimate>,
    /// A number that was read somewhere and not estimated.
    pub observed: Option<f64>,
    /// What it is held against.
    pub threshold: f64,
    /// Which side of it is allowed.
    #[serde(rename = "bar")]
    pub side: AllowedSide,
    /// Whether the estimate is a difference to the baseline.
    pub is_difference: bool,
    /// Where the threshold is the policy's margin brought to the judge's scale.
    pub scaled: Option<ScaledMargin>,
    /// The waiver, where the verdict is waived.
    pub waived: Option<Waived>,
    /// The candidate's trials behind it.
    pub counts: Counts,
    /// Ids of the cases that cost most, worst first, at most five.
    pub worst_cases: Vec<String>,
    /// Line of the rule in the policy file, from 1.
    pub policy_line: Option<usize>,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The worst of the findings.
    pub verdict: Verdict,
    /// In the policy's order; never empty.
    pub findings: Vec<Finding>,
    /// What could be wrong with the answer: notes that people must see (the scale is that of the
    /// embedded judge; a margin of zero; a slice without cases).
    pub notes: Vec<String>,
}

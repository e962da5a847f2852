//! One line of the label log, and what it is about.

use groundgate_model::{trial::Evidence, unit::Digest};
use serde::{Deserialize, Serialize};

/// What one label is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// The record of the answer.
    pub run: String,
    /// The case's id.
    pub case: String,
    /// Which attempt at it, from 0.
    pub attempt: u32,
    /// The claim's id (`s1`); `None` for a whole answer or a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The record of the other answer of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
}

/// What a person can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Given {
    /// The passages say so.
    Supported,
    /// The passages say otherwise.
    Contradicted,
    /// The passages say nothing of it.
    NotFound,
    /// It states nothing.
    NotAClaim,
    /// Of a pair: the answer of the run is better.
    Candidate,
    /// Of a pair: the answer of the baseline is better.
    Baseline,
    /// Of a pair: both would do.
    BothGood,
    /// Of a pair: neither would do.
    BothBad,
    /// The person cannot tell; counts as no label.
    Unsure,
}

impl Given {
    /// Those of a claim, in the order of their keys.
    pub const OF_CLAIMS: [Self; 4] = [
        Self::Supported,
        Self::Contradicted,
        Self::NotFound,
        Self::NotAClaim,
    ];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::NotFound => "not-found",
            Self::NotAClaim => "not-a-claim",
            Self::Candidate => "candidate",
            Self::Baseline => "baseline",
            Self::BothGood => "both-good",
            Self::BothBad => "both-bad",
            Self::Unsure => "unsure",
        }
    }
}

/// Why an item was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// A whole answer, drawn at random.
    Calibration,
    /// Instruments or repeats disagree.
    Disagreement,
    /// One more label would turn the answer's score.
    Uncertain,
    /// A critical case.
    Critical,
    /// The answer may speak to a judge.
    Attack,
    /// The judge may be wrong, by a fixed formula.
    Doubtful,
    /// Its label is known: it checks the labeller.
    Gold,
    /// People disagreed: this label settles it.
    Adjudication,
}

impl Queue {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calibration => "calibration",
            Self::Disagreement => "disagreement",
            Self::Uncertain => "uncertain",
            Self::Critical => "critical",
            Self::Attack => "attack",
            Self::Doubtful => "doubtful",
            Self::Gold => "gold",
            Self::Adjudication => "adjudication",
        }
    }
}

/// A label: what goes to `judge agreement` and `judge calibrate`, one a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// What it is about.
    #[serde(flatten)]
    pub item: Item,
    /// What the person said.
    pub label: Given,
    /// Who said it.
    pub labeler: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Why it was asked.
    pub queue: Queue,
    /// How probable it was that this item would be asked about, in (0, 1]: weight labels by its inverse.
    pub inclusion_probability: f64,
    /// How long the item was on the screen.
    #[serde(default)]
    pub duration_ms: u64,
    /// The words of a passage that the person pointed at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// What the person wrote beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Over the guidelines that the person had.
    pub guidelines: Digest,
    /// Whether the person had seen the judge's label of this item, having undone an earlier answer.
    #[serde(default)]
    pub after_reveal: bool,
    /// Of pairs: whether the run's answer stood on the left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_left: Option<bool>,
    /// Of gold items: the known label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Given>,
}

/// What a line of the log does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Kind {
    /// Gives a label.
    Label(Label),
    /// Takes the person's last label or skip of an item back.
    Undo {
        /// Of what.
        #[serde(flatten)]
        item: Item,
        /// Whose.
        labeler: String,
        /// When, RFC 3339 in UTC.
        at: String,
    },
    /// Says that the person cannot label it, and why.
    Skip {
        /// What.
        #[serde(flatten)]
        item: Item,
        /// Who.
        labeler: String,
        /// When, RFC 3339 in UTC.
        at: String,
        /// Why.
        reason: String,
    },
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Over the line before it, so that a changed or missing line is noticed.
    pub previous: Digest,
    /// What it does.
    #[serde(flatten)]
    pub kind: Kind,
}

impl Kind {
    /// What it is about.
    pub const fn item(&self) -> &Item {
        match self {
            Self::Label(Label { item, .. }) | Self::Undo { item, .. } | Self::Skip { item, .. } => {
                item
            }
        }
    }

    /// Who did it.
    pub fn labeler(&self) -> &str {
        match self {
            Self::Label(Label { labeler, .. })
            | Self::Undo { labeler, .. }
            | Self::Skip { labeler, .. } => labeler,
        }
    }
}

//! A judge as meant: what it asks a model, which labels it offers, and what they are worth.
//!
//! A judge is data. [`super::spec_file`] reads it from TOML and proves that it is whole; everything
//! in here may be relied on. Calls and parsing are the same for every spec.

use groundgate_model::trial::{ClaimReading, DataType, MetricRole, MetricSpec};

use super::{mode::Mode, template::Templates};

/// Part of every judge's manifest: changes whenever prompts, parsing, guards or scores change.
pub const PARSER_VERSION: &str = "groundgate.judge-parser/5";

/// Votes on one answer, of all jurors together: more cost more than they tell.
pub(crate) const VOTES_MAX: u32 = 25;

/// A judge, checked.
#[derive(Debug, Clone)]
pub struct JudgeSpec {
    /// As in the file: `groundedness`.
    pub name: String,
    /// Counted up by its author.
    pub version: u32,
    /// What a call is about.
    pub mode: Mode,
    /// What it yields; never empty, names unique, every reading right for the mode.
    pub metrics: Vec<JudgedMetric>,
    /// The closed set of labels; never fewer than two.
    pub labels: Vec<LabelSpec>,
    /// What is sent.
    pub(crate) templates: Templates,
    /// The system message, the same in every call.
    pub(crate) system: String,
    /// How the model is to choose its words.
    pub sampling: Sampling,
    /// How often each answer is judged, by all jurors together; from 1 to 25.
    pub votes: u32,
    /// How many votes must have been scored; from 1 to `votes`.
    pub votes_needed: u32,
    /// Beyond these an answer is unscored.
    pub limits: Limits,
    /// What an answer without anything to judge is worth.
    pub nothing_to_judge: NothingToJudge,
    /// What becomes of a malformed reply.
    pub on_malformed: OnMalformed,
    /// In which order passages are shown.
    pub passage_order: PassageOrder,
    /// What is labelled, where sentences are.
    pub claims: ClaimLevel,
    /// Claims with a known label in each call: none, the easy ones, or the hard ones as well.
    pub controls: u32,
    /// What becomes of support that the embedded judge does not find.
    pub second_opinion: SecondOpinion,
    /// Whether it judges refusals themselves: then they reach the model, and a case of which nobody
    /// said whether it can be answered is not applicable.
    pub about_refusals: bool,
}

/// A metric that a judge yields, and how it is read from labels.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedMetric {
    /// Name and data type of one vote's value.
    pub metric: MetricSpec,
    /// How labels become a value.
    pub reading: Reading,
}

/// How labels become a value; formulas in `score.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// 1 if every checkable claim is supported, else 0.
    AllSupported,
    /// Supported claims ÷ checkable claims.
    ShareSupported,
    /// 1 if no claim is contradicted, else 0.
    NoneContradicted,
    /// 1 if every sentence that cites passages is supported by one of those, else 0.
    CitationsSupported,
    /// The label's own value.
    LabelValue,
    /// Stated facts ÷ expected facts.
    Recall,
}

impl Reading {
    /// Every reading.
    pub const ALL: [Self; 6] = [
        Self::AllSupported,
        Self::ShareSupported,
        Self::NoneContradicted,
        Self::CitationsSupported,
        Self::LabelValue,
        Self::Recall,
    ];

    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllSupported => "all-supported",
            Self::ShareSupported => "share-supported",
            Self::NoneContradicted => "none-contradicted",
            Self::CitationsSupported => "citations-supported",
            Self::LabelValue => "label-value",
            Self::Recall => "recall",
        }
    }

    /// What a metric is made of that is read so.
    pub const fn role(self) -> MetricRole {
        match self {
            Self::AllSupported => MetricRole::Claims(ClaimReading::AllSupported),
            Self::ShareSupported => MetricRole::Claims(ClaimReading::ShareSupported),
            Self::NoneContradicted => MetricRole::Claims(ClaimReading::NoneContradicted),
            Self::CitationsSupported => MetricRole::Claims(ClaimReading::CitationsSupported),
            Self::Recall => MetricRole::Facts,
            Self::LabelValue => MetricRole::Plain,
        }
    }

    /// Whether it reads the labels of this mode.
    pub const fn reads(self, mode: Mode) -> bool {
        match self {
            Self::AllSupported
            | Self::ShareSupported
            | Self::NoneContradicted
            | Self::CitationsSupported => matches!(mode, Mode::Claims),
            Self::LabelValue => mode.has_one_label(),
            Self::Recall => matches!(mode, Mode::Facts),
        }
    }
}

/// A label that a judge may give.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSpec {
    /// As the reply must spell it.
    pub name: String,
    /// What the model is told it means.
    pub meaning: String,
    /// Its value, in rubrics; one of the metric's values.
    pub value: Option<f64>,
}

/// How the model is to choose its words; sent where the provider accepts it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// From 0 to 2.
    pub temperature: Option<f64>,
    /// The same seed for every vote.
    pub seed: Option<u64>,
    /// At least 1.
    pub max_output_tokens: u32,
}

/// Beyond these an answer is unscored; nothing is ever cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of all messages of one call together.
    pub characters: usize,
    /// Sentences or facts in one call.
    pub claims: usize,
    /// What becomes of passages that do not fit into one call.
    pub long_context: LongContext,
}

/// What becomes of passages that do not fit into one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LongContext {
    /// The answer is unscored.
    Unscored,
    /// They are shown in several calls, and the labels of each claim are joined.
    SeveralCalls,
}

/// What an answer without anything to judge (empty, a refusal, only courtesy) is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NothingToJudge {
    /// It is counted apart.
    NotApplicable,
    /// The worst value of each metric.
    Worst,
}

/// What is labelled of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimLevel {
    /// Its sentences, as they stand.
    Sentences,
    /// What its sentences state, one thing at a time: a call more takes them apart.
    Atomic,
}

/// What becomes of a claim that the judge supports and the embedded judge does not find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondOpinion {
    /// Nothing: the embedded judge is not asked.
    Off,
    /// The judge is asked once more; then its label stands, and people should look at it.
    Ask,
    /// The judge is asked once more; then the claim is disputed.
    Dispute,
}

/// In which order passages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassageOrder {
    /// Another one for every vote, so that no place is favored.
    Drawn,
    /// As the answer has them: where it cites them by number.
    AsGiven,
}

/// What becomes of a malformed reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMalformed {
    /// The model is asked once more, with the fault named; then the answer is unscored.
    AskOnceMore,
    /// The answer is unscored.
    Unscored,
}

impl JudgeSpec {
    /// Why so many votes, `each` of every juror and `all` together, do not suit the spec.
    pub fn votes_fault(&self, each: u32, all: u32) -> Option<String> {
        let is_ordinal =
            |judged: &JudgedMetric| matches!(judged.metric.data_type, DataType::Ordinal { .. });
        if all > VOTES_MAX {
            Some(format!("{all} votes together; {VOTES_MAX} are the most"))
        } else if self.mode == Mode::Pairwise && !each.is_multiple_of(2) {
            Some(format!(
                "{each} votes of each; both orders need an even number"
            ))
        } else if self.metrics.iter().any(is_ordinal) && all.is_multiple_of(2) {
            Some(format!(
                "{all} votes together; an ordinal metric needs an odd number"
            ))
        } else {
            None
        }
    }

    /// Has each answer judged so often, from 1: as many votes may fail as the spec allows. Another
    /// number of votes is another instrument.
    pub fn set_votes(&mut self, votes: u32) {
        if votes == self.votes {
            return;
        }
        let may_fail = self.votes.saturating_sub(self.votes_needed);
        self.votes = votes;
        self.set_votes_needed(votes.saturating_sub(may_fail).max(1));
    }

    /// Has an answer scored if so many votes are, from 1 to `votes`: another instrument, too.
    pub const fn set_votes_needed(&mut self, needed: u32) {
        self.votes_needed = needed;
    }

    /// Has each call carry so many controls, of those that are allowed; a judge whose calls take none has
    /// none. Another number is another instrument.
    pub const fn set_controls(&mut self, controls: u32) {
        if self.takes_controls() {
            self.controls = controls;
        }
    }

    /// The metrics as they come out of all votes: the mean of several binary votes is a fraction.
    pub fn metrics(&self) -> Vec<MetricSpec> {
        self.metrics
            .iter()
            .map(|judged| self.voted(&judged.metric))
            .collect()
    }

    /// Calls about one answer, where every reply is well formed and every passage fits into one call.
    pub const fn calls(&self) -> u32 {
        match self.claims {
            ClaimLevel::Sentences => self.votes,
            ClaimLevel::Atomic => self.votes.saturating_add(1),
        }
    }

    /// Name and version, for people: `groundedness 1`.
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    fn voted(&self, metric: &MetricSpec) -> MetricSpec {
        let mut metric = metric.clone();
        if self.votes > 1 && metric.data_type == DataType::Binary {
            metric.data_type = DataType::Fraction;
        }
        metric
    }
}

/// The metrics that the bundled judges yield, as one vote gives them: these names mean the same in
/// every spec.
pub const KNOWN_METRICS: [(&str, DataType, Reading); 5] = [
    ("groundedness", DataType::Binary, Reading::AllSupported),
    ("faithfulness", DataType::Fraction, Reading::ShareSupported),
    (
        "no_contradiction",
        DataType::Binary,
        Reading::NoneContradicted,
    ),
    ("answer_relevance", DataType::Fraction, Reading::LabelValue),
    ("correctness", DataType::Fraction, Reading::Recall),
];

/// The known metric of that name.
pub fn known_metric(name: &str) -> Option<MetricSpec> {
    KNOWN_METRICS
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|(known, data_type, reading)| {
            MetricSpec::score(known, *data_type).made_of(reading.role())
        })
}

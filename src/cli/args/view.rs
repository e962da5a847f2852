//! The viewer and labelling, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Where the viewer listens, and what it shows.
#[derive(Debug, Args)]
pub(crate) struct ViewArgs {
    /// The run that verdicts compare with [default: the policy's, or the oldest finished run of the same
    /// eval set]
    #[arg(long, value_name = "RUN")]
    pub(crate) baseline: Option<String>,
    /// The environment that verdicts are for, as in the policy
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// Another policy than the configuration's
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// A port of 127.0.0.1 [default: one that is free]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// Let the page of a case ask the configuration's judges again, for so many dollars in all
    #[arg(long, value_name = "USD")]
    pub(crate) judge_again: Option<f64>,
    /// Where labels go
    #[arg(long, value_name = "FILE", default_value = "labels.jsonl")]
    pub(crate) labels: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct LabelArgs {
    /// The run: an id, its beginning, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
    /// Pairs of whole answers, against --baseline, instead of single claims
    #[arg(long, requires = "baseline")]
    pub(crate) pairs: bool,
    /// Who labels
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub(crate) labeler: String,
    /// Which claims come beside the random ones
    #[arg(long, value_enum, value_name = "QUEUE", default_value_t = QueueName::Calibration)]
    pub(crate) queue: QueueName,
    /// How many items
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) items: usize,
    /// Draws the items; the same seed draws the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write what people said of whole answers, for `judge agreement`, `judge calibrate` and `gate --labels`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pack", "import"])]
    pub(crate) export: Option<PathBuf>,
    /// The export's form
    #[arg(long = "as", value_enum, value_name = "FORM", requires = "export", default_value_t = LabelForm::Jsonl)]
    pub(crate) form: LabelForm,
    /// Add the labels that a pack gave
    #[arg(long, value_name = "FILE", conflicts_with = "pack")]
    pub(crate) import: Option<PathBuf>,
    /// Write the items as one page for people without groundgate
    #[arg(long, value_name = "FILE")]
    pub(crate) pack: Option<PathBuf>,
}

/// Which claims come beside the random ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueueName {
    /// None: all are random whole answers, the only ones that count for agreement.
    Calibration,
    /// Instruments or repeats disagree.
    Disagreement,
    /// One more label would turn the answer's score.
    Uncertain,
    /// Of critical cases.
    Critical,
    /// Answers that seem to speak to a judge, or that a judge helped without proof.
    Attack,
    /// Where the judge is likely to be wrong, by a fixed formula.
    Doubtful,
}

/// How exported labels are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LabelForm {
    /// One label of an answer a line.
    Jsonl,
    /// Records of Argilla.
    Argilla,
    /// Tasks of Label Studio.
    LabelStudio,
    /// Traces of `MLflow` with assessments.
    Mlflow,
    /// What people agree on, one claim or pair of answers a line.
    Items,
}

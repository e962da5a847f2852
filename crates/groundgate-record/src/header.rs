//! What a record says of its run as a whole.

use groundgate_model::{
    manifest::{Manifest, Setting},
    trial::{Cascade, InstrumentKind, Looks, MetricSpec},
    unit::Digest,
};
use serde::{Deserialize, Serialize};

/// Fixed before the first call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Sortable by time, unique.
    pub run_id: String,
    /// Which groundgate wrote it.
    pub tool_version: String,
    /// RFC 3339, in UTC.
    pub created_at: String,
    /// The eval set's name.
    pub eval_set_name: String,
    /// Over the eval set.
    pub eval_set_digest: Digest,
    /// The copilot's variant: its name in the configuration.
    pub copilot_name: String,
    /// Kind, place, model, parameters; no secrets.
    pub copilot_description: String,
    /// How often each case is asked.
    pub attempts: u32,
    /// For the judges' shuffles.
    pub seed: u64,
    /// Over everything that decides what is asked and how it is judged; a resumed run must have it.
    pub plan_digest: Digest,
    /// Everything that decides what is asked, whom, and how it is judged; imported runs have none, nor have
    /// those of versions that kept their plan's digest alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Manifest>,
    /// Who started it, as CI or the local user's name declares it; nobody has checked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<String>,
    /// The revision of the working directory, where there is one.
    pub git_revision: Option<String>,
    /// What is measured, by whom, in the order of the record's metric numbers.
    pub metrics: Vec<MetricSource>,
    /// Where a gate may look, if the run is sequential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<Looks>,
    /// Finished runs of the same plan that were there when it started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_tries: Vec<String>,
    /// How the record was made.
    #[serde(default, skip_serializing_if = "Origin::is_run")]
    pub origin: Origin,
}

impl Header {
    /// The model and version that the copilot is, as whoever started the run says.
    pub fn model_version(&self) -> Option<&str> {
        match self.manifest.as_ref()?.get("model-version")? {
            Setting::Text(text) => Some(text),
            Setting::Flag(_)
            | Setting::Count(_)
            | Setting::Number(_)
            | Setting::Written(_)
            | Setting::List(_)
            | Setting::Part(_) => None,
        }
    }

    /// What was asked: the copilot's own identity; `None` where the record does not say.
    pub fn target(&self) -> Option<Digest> {
        Some(self.manifest.as_ref()?.part("copilot")?.digest())
    }
}

/// How a record was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// By asking a copilot and judging its answers.
    #[default]
    Run,
    /// From answers or scores that somebody brought.
    Imported,
    /// From another record's answers, judged again.
    Rejudged,
}

impl Origin {
    /// The word in files and sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Imported => "imported",
            Self::Rejudged => "rejudged",
        }
    }

    /// For serde: what is usual is not written down.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks with a reference"
    )]
    pub(super) const fn is_run(&self) -> bool {
        matches!(self, Self::Run)
    }
}

/// One measured metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredSource")]
pub struct MetricSource {
    /// What it is.
    pub metric: MetricSpec,
    /// Over the judge's spec, model and parser; for plain checks over their version.
    pub instrument: Digest,
    /// For people.
    pub instrument_name: String,
    /// What kind of thing measures it.
    pub instrument_kind: InstrumentKind,
    /// When the judge is asked, if it stands behind a cheaper one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cascade: Option<Cascade>,
}

/// A source as a record has it: older ones do not say what kind of instrument it is.
#[derive(Deserialize)]
struct StoredSource {
    metric: MetricSpec,
    instrument: Digest,
    instrument_name: String,
    instrument_kind: Option<InstrumentKind>,
    cascade: Option<Cascade>,
}

impl From<StoredSource> for MetricSource {
    fn from(stored: StoredSource) -> Self {
        let by_name = || InstrumentKind::of_old_name(&stored.instrument_name);
        Self {
            metric: stored.metric,
            instrument: stored.instrument,
            instrument_kind: stored.instrument_kind.unwrap_or_else(by_name),
            instrument_name: stored.instrument_name,
            cascade: stored.cascade,
        }
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Under way.
    Running,
    /// Killed: it says that it is under way, and nobody writes to it.
    Stopped,
    /// Every planned trial is in.
    Complete,
    /// Stopped by the user.
    Interrupted,
    /// Stopped by the budget.
    OutOfBudget,
    /// A planned look decided; the rest need not be asked.
    Decided,
}

impl Status {
    /// The word in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Complete => "complete",
            Self::Interrupted => "interrupted",
            Self::OutOfBudget => "out-of-budget",
            Self::Decided => "decided",
        }
    }

    /// The status of a word in a file; `stopped` is never written.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Running,
            Self::Complete,
            Self::Interrupted,
            Self::OutOfBudget,
            Self::Decided,
        ]
        .into_iter()
        .find(|status| status.name() == name)
    }
}

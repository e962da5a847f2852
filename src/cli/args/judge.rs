//! The command line of `judge` and `rejudge` as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use groundgate_app::{judge_quality::HealthFile, rejudge::JudgeSelection};

impl JudgeArgs {
    /// As the application is asked.
    pub(crate) fn asked(&self) -> JudgeSelection {
        JudgeSelection {
            judge: self.judge.clone(),
            budget_usd: self.budget_usd,
        }
    }
}

/// What to ask of a judge.
#[derive(Debug, Subcommand)]
pub(crate) enum JudgeCommand {
    /// Ask the judge's known cases: answers that it must get right
    #[command(
        after_help = "Exit code 10 if a case comes out otherwise than it must.\n\nExamples:\n  groundgate judge check\n  groundgate judge check --judge strict --budget-usd 0.50 --json"
    )]
    Check(CheckArgs),
    /// Hold a run's scores against people's labels: kappa, AC1, sensitivity, specificity
    #[command(
        after_help = "Labels: JSON Lines or CSV with case, metric, value (also attempt, run, rater, queue), traces with\nassessments of MLflow, exports of Argilla and Label Studio. See docs/judges.md.\n\nExamples:\n  groundgate judge agreement latest --labels labels.jsonl\n  groundgate judge agreement 01JQ8Z --labels traces.json --metric groundedness --json\n  groundgate judge agreement latest --labels labels.jsonl --metric groundedness --health evidence/judge.json"
    )]
    Agreement(AgreementArgs),
    /// Compare the judges of two runs of the same answers on the same labels
    #[command(
        after_help = "Example:\n  groundgate rejudge 01JQ8Z --judge strict     makes 01JR2M\n  groundgate judge compare 01JQ8Z 01JR2M --labels labels.jsonl"
    )]
    Compare(CompareJudgesArgs),
    /// Write what people's labels say of the judge into the policy, for the gate to use
    #[command(
        after_help = "Without --into the tables go to stdout.\n\nExamples:\n  groundgate judge calibrate latest --labels labels.jsonl\n  groundgate judge calibrate latest --labels labels.jsonl --into gate.toml"
    )]
    Calibrate(CalibrateArgs),
    /// Judge the same answers several times, and say how often the judge contradicts itself
    #[command(
        after_help = "Examples:\n  groundgate judge flips latest --sample 50 --times 3\n  groundgate judge flips 01JQ8Z --judge strict --budget-usd 1 --json"
    )]
    Flips(FlipsArgs),
    /// Have a pairwise judge say which of two runs' answers it would rather have, in both orders
    #[command(
        after_help = "Needs a judge in the configuration whose spec is pairwise, as the bundled `preference` is.\n\nExample:\n  groundgate judge prefer 01JQ8Z 01JR2M --sample 50"
    )]
    Prefer(PreferArgs),
    /// Freeze judged answers of a run, for every later run to have them judged again
    #[command(
        after_help = "Then name the file in groundgate.toml: anchors = \"anchors.sqlite\".\n\nExample:\n  groundgate judge anchors latest --sample 50 -o anchors.sqlite"
    )]
    Anchors(AnchorsArgs),
    /// Judge the anchors again, and say whether the judges have changed
    #[command(
        after_help = "Exit code 11 if a judge has changed beyond chance (p < 0.01).\n\nExamples:\n  groundgate judge drift\n  groundgate judge drift --anchors anchors.sqlite --json"
    )]
    Drift(DriftArgs),
    /// Append attacks to bad answers, and say how many turn good
    #[command(
        after_help = "Without a run, the bad answers are those of the judge's known cases.\nExit code 10 if any answer turned better, 11 if any was left without a score or none could rise.\n\nExamples:\n  groundgate judge attack --judge strict\n  groundgate judge attack latest --labels labels.jsonl --sample 20 --json"
    )]
    Attack(AttackArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AnchorsArgs {
    /// The run: an id, its beginning, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    /// So many answers, drawn at random by the configuration's seed
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) sample: usize,
    /// Where the anchors go
    #[arg(short, long, value_name = "FILE", default_value = "anchors.sqlite")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) judges: JudgeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    /// The anchors [default: those of the configuration]
    #[arg(long, value_name = "FILE")]
    pub(crate) anchors: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) judges: JudgeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PreferArgs {
    /// The run to compare with
    #[arg(value_name = "BASE")]
    pub(crate) base: String,
    /// The run of the same questions whose answers may be better
    #[arg(value_name = "CANDIDATE")]
    pub(crate) candidate: String,
    /// At most so many pairs of answers, drawn at random by the configuration's seed
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) sample: usize,
    #[command(flatten)]
    pub(crate) judges: JudgeArgs,
}

/// Whose judges are asked, and what that may cost.
#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    /// Only this judge of the configuration; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Vec<String>,
    /// Spend at most so many dollars
    #[arg(long, value_name = "USD", env = "GROUNDGATE_BUDGET_USD")]
    pub(crate) budget_usd: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct RejudgeArgs {
    /// The run: an id, its beginning, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) judges: JudgeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) judges: JudgeArgs,
}

/// Labels, and how they are read.
#[derive(Debug, Args)]
pub(crate) struct JudgedLabelsArgs {
    /// What people said: .jsonl, .csv, or an export of MLflow, Argilla or Label Studio; plain or .gz
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: PathBuf,
    /// Only this metric; may be given more than once [default: all that have labels]
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Vec<String>,
    /// From this value on an answer counts as good [default: the best there is]
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) good_from: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct AgreementArgs {
    /// The run: an id, its beginning, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) labels: JudgedLabelsArgs,
    /// Write it for the gate's `judge-health` rules, too
    #[arg(long, value_name = "FILE")]
    pub(crate) health: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CompareJudgesArgs {
    /// A run with the first judge's scores
    #[arg(value_name = "RUN")]
    pub(crate) first: String,
    /// A run of the same answers with the second's
    #[arg(value_name = "RUN")]
    pub(crate) second: String,
    #[command(flatten)]
    pub(crate) labels: JudgedLabelsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// The run: an id, its beginning, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) labels: JudgedLabelsArgs,
    /// Put the tables into this policy, in place of older ones
    #[arg(long, value_name = "POLICY")]
    pub(crate) into: Option<PathBuf>,
}

/// Where a judge's health is written.
#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// Write it for the gate's `judge-health` rules, too
    #[arg(long, value_name = "FILE")]
    health: Option<PathBuf>,
    /// The metric that --health is about [default: the only one]
    #[arg(long, value_name = "NAME", requires = "health")]
    metric: Option<String>,
}

impl HealthArgs {
    /// As the application is asked.
    pub(crate) fn asked(&self) -> Option<HealthFile<'_>> {
        self.health.as_deref().map(|path| HealthFile {
            path,
            metric: self.metric.as_deref(),
        })
    }
}

#[derive(Debug, Args)]
pub(crate) struct FlipsArgs {
    /// The run whose answers are judged again: an id, its beginning, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    /// Judge each answer so many times, from 2
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) times: u32,
    #[command(flatten)]
    pub(crate) health: HealthArgs,
    /// So many answers, drawn at random by the configuration's seed
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) sample: usize,
    #[command(flatten)]
    pub(crate) judges: JudgeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AttackArgs {
    /// The run whose bad answers are attacked; needs --labels
    #[arg(value_name = "RUN", requires = "labels")]
    pub(crate) run: Option<String>,
    /// What people said of the run's answers; those called bad are attacked
    #[arg(long, value_name = "FILE", requires = "run")]
    pub(crate) labels: Option<PathBuf>,
    /// Attacks of your own, one {"family", "text"} a line [default: the bundled ones]
    #[arg(long, value_name = "FILE")]
    pub(crate) attacks: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) health: HealthArgs,
    /// At most so many bad answers, drawn at random by the configuration's seed
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) sample: usize,
    #[command(flatten)]
    pub(crate) judges: JudgeArgs,
}

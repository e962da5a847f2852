//! What is run and what a run will cost, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Where to write; created if it does not exist
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// A project for a copilot of your own instead of the example
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) from: Option<InitFrom>,
    /// With --from: the copilot's address, or the file of answers
    #[arg(long, value_name = "URL", requires = "from")]
    pub(crate) url: Option<String>,
    /// With --from: the model, or the endpoint's name at Databricks
    #[arg(long, value_name = "NAME", requires = "from")]
    pub(crate) model: Option<String>,
    /// With --from: the environment's variable that holds the key
    #[arg(long, value_name = "VARIABLE", requires = "from")]
    pub(crate) key: Option<String>,
    /// With --from: your questions, in any form that is read
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(crate) evalset: Option<PathBuf>,
}

/// What a copilot is reached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InitFrom {
    /// Chat completions.
    #[value(name = "openai")]
    OpenAi,
    /// Databricks Model Serving.
    Databricks,
    /// A scoring server of MLflow.
    Mlflow,
    /// Any JSON over HTTP.
    Http,
    /// A file of answers, of any tool.
    File,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Make one cheap call to each endpoint
    #[arg(long)]
    pub(crate) online: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Files to check instead of those that the configuration names
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Warnings are errors
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the reports go
    #[arg(short, long, value_name = "DIR", default_value = "groundgate-demo")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Which copilot of the configuration [default: the first]; may be given more than once
    #[arg(long, alias = "target", value_name = "NAME")]
    pub(crate) copilot: Vec<String>,
    /// Another eval set than the configuration's
    #[arg(long, value_name = "FILE")]
    pub(crate) evalset: Option<PathBuf>,
    /// Only cases with this tag or id, as `product=refunds`; may be given more than once
    #[arg(long, value_name = "TAG=VALUE|ID")]
    pub(crate) filter: Vec<String>,
    /// Calls in flight at once
    #[arg(long, value_name = "N", env = "GROUNDGATE_CONCURRENCY")]
    pub(crate) concurrency: Option<usize>,
    /// Spend at most so many dollars; the worst case of a call is reserved before it is sent
    #[arg(long, value_name = "USD", env = "GROUNDGATE_BUDGET_USD")]
    pub(crate) budget_usd: Option<f64>,
    /// Ask every question so many times
    #[arg(long, value_name = "N", env = "GROUNDGATE_REPEATS")]
    pub(crate) repeats: Option<u32>,
    /// The model and version that the copilot is; only what it names can be promoted
    #[arg(long, value_name = "models:/NAME/VERSION")]
    pub(crate) model_version: Option<String>,
    /// Sign the record's seal when the run has ended: a key as in `groundgate attest --key`
    #[arg(long, value_name = "KEY")]
    pub(crate) seal: Option<String>,
    /// Append the run's id to this file, too: what gates it later need not look for the latest run
    #[arg(long, value_name = "FILE")]
    pub(crate) id_file: Option<PathBuf>,
    /// Go on with a run that was stopped: an id, its beginning, or `latest`
    #[arg(long, value_name = "ID", conflicts_with_all = ["copilot", "evalset", "filter", "repeats"])]
    pub(crate) resume: Option<String>,
    /// With --resume: ask again what failed
    #[arg(long, value_enum, requires = "resume", value_name = "WHAT")]
    pub(crate) rerun: Option<Rerun>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
}

/// Looks at a run under way.
#[derive(Debug, Args)]
pub(crate) struct LookArgs {
    /// Ask in random order, look now and then, and stop as soon as the policy has decided
    #[arg(long)]
    pub(crate) sequential: bool,
    /// How often to look; fixed before the first call [default: 5]
    #[arg(long, value_name = "N", requires = "sequential")]
    pub(crate) looks: Option<usize>,
    /// The run that the policy compares with: an id or its beginning [default: the policy's]
    #[arg(long, value_name = "RUN")]
    pub(crate) baseline: Option<String>,
    /// The environment it is to go to, as in the policy
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// Another policy than the configuration's
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

/// What to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rerun {
    /// Calls that failed and trials without a score.
    Errors,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Which copilot of the configuration [default: the first]
    #[arg(long, alias = "target", value_name = "NAME")]
    pub(crate) copilot: Option<String>,
    /// Another eval set than the configuration's
    #[arg(long, value_name = "FILE")]
    pub(crate) evalset: Option<PathBuf>,
    /// The record to learn spread, cost and time from: an id, its beginning, `latest`, or `none`
    /// [default: the latest, where there is one]
    #[arg(long, value_name = "RUN")]
    pub(crate) pilot: Option<String>,
    /// A record to compare the pilot with, so that the spread of differences is measured [default: the
    /// policy's]
    #[arg(long, value_name = "RUN", requires = "pilot")]
    pub(crate) baseline: Option<String>,
    /// Ask every question so many times
    #[arg(long, value_name = "N")]
    pub(crate) repeats: Option<u32>,
    /// Votes of the judges on each answer
    #[arg(long, value_name = "N")]
    pub(crate) votes: Option<u32>,
    /// Say what to buy so that a drop of this size is seen: 0.03 is 3 points
    #[arg(long, value_name = "SIZE")]
    pub(crate) want_drop: Option<f64>,
    /// Spend at most so many dollars; more is refused with exit code 6
    #[arg(long, value_name = "USD")]
    pub(crate) budget_usd: Option<f64>,
    /// What to take for true where nothing is measured: mean, sd (shares of the scale), correlation
    /// (of two runs of one question), flips (of two votes), question-usd (of writing one)
    #[arg(long, value_name = "KEY=NUMBER")]
    pub(crate) assume: Vec<String>,
    /// The environment it is to go to, as in the policy
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// Another policy than the configuration's
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SelftestArgs {
    /// The record: an id, its beginning, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    /// Another record of the same copilot and questions: more runs to draw from
    #[arg(long, value_name = "RUN")]
    pub(crate) baseline: Option<String>,
    /// Simulated releases
    #[arg(long, value_name = "N", default_value_t = 2000)]
    pub(crate) replications: usize,
    /// The same seed gives the same rates, whatever the number of threads
    #[arg(long, value_name = "N", default_value_t = 20_261_125)]
    pub(crate) seed: u64,
    /// How two runs of one question correlate, where the record has one run of each
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    pub(crate) correlation: f64,
    /// The environment it is to go to, as in the policy
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// Another policy than the configuration's
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

//! Verdicts and reports of them, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{key::KeyArgs, tracking::ExplainCommand};

/// Which run, and what it is held against.
#[derive(Debug, Args)]
pub(crate) struct Against {
    /// The run: an id, its beginning, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    /// The run to compare with: an id or its beginning [default: the policy's, or as `baseline set` says]
    #[arg(long, value_name = "RUN")]
    pub(crate) baseline: Option<String>,
    /// The environment it is to go to, as in the policy
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// Another policy than the configuration's: a file, or one as a git revision has it
    /// (`git:refs/remotes/origin/main:gate.toml`); waivers.toml is read from beside it
    #[arg(long, value_name = "FILE|git:REV:FILE")]
    pub(crate) policy: Option<String>,
    /// The digest that the policy must have, as `groundgate policy show` prints it
    #[arg(long, value_name = "SHA256")]
    pub(crate) policy_digest: Option<String>,
    /// Who made the change that the run tests, for approvals with `not-by`; several times for several
    #[arg(long, value_name = "NAME")]
    pub(crate) change_author: Vec<String>,
    /// Where the files that the policy's rules read are: a folder outside of the checkout
    #[arg(long, value_name = "DIR")]
    pub(crate) evidence: Option<PathBuf>,
    /// What people said of the run's answers: with 30 or more random ones, rules about means speak of
    /// what people would say of all answers
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    pub(crate) against: Against,
    /// In which role
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: String,
    /// Who
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Say no
    #[arg(long)]
    pub(crate) reject: bool,
    /// Sign with this key of ssh: its file, or the public key of one that the agent holds
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(crate) ssh_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// A window: the run of the new version and that of the old one; all so far, oldest first
    #[arg(long, value_name = "NEW,OLD", required = true)]
    pub(crate) window: Vec<String>,
    /// The environment, as in the policy
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// Another policy than the configuration's
    #[arg(long, value_name = "FILE|git:REV:FILE")]
    pub(crate) policy: Option<String>,
    /// The digest that the policy must have
    #[arg(long, value_name = "SHA256")]
    pub(crate) policy_digest: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    #[command(flatten)]
    pub(crate) against: Against,
    /// For GitHub Actions: annotations in the log, the report as step summary, and step outputs
    /// `verdict`, `exit-code`, `run-id`, `headline`
    #[arg(long)]
    pub(crate) github: bool,
    /// Print the verdict but exit with 0 where it is FAIL, INCONCLUSIVE or HOLD
    #[arg(long)]
    pub(crate) report_only: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) against: Against,
    /// Where to write; its ending says the format; may be given more than once [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// The format where the ending does not say
    #[arg(long = "as", value_enum, value_name = "FORMAT")]
    pub(crate) kind: Option<ReportKind>,
    /// Which cases the report opens, with their questions, answers and passages
    #[arg(long, value_enum, default_value_t = EmbedWhat::Regressions, value_name = "WHICH")]
    pub(crate) embed: EmbedWhat,
    /// For wide circulation: digests instead of questions, answers, passages and explanations
    #[arg(long)]
    pub(crate) redact: bool,
}

/// Which cases a report opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EmbedWhat {
    /// Those that changed or fail, at most 200.
    Regressions,
    /// Every one.
    All,
    /// None.
    None,
}

/// A report's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportKind {
    /// One self-contained page.
    Html,
    /// For step summaries and comments.
    Md,
    /// For machines.
    Json,
    /// For CI's test view.
    Junit,
    /// Scores by case.
    Csv,
    /// Scores by case, one JSON object a line.
    Jsonl,
    /// Rules that did not pass, for code scanning.
    Sarif,
    /// Rules that did not pass, for GitLab's code quality.
    Gitlab,
    /// For terminals.
    Text,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ExplainArgs {
    #[command(subcommand)]
    pub(crate) whose: Option<ExplainCommand>,
    /// A rule's id, a case's id, or an exit code
    #[arg(value_name = "RULE|CASE|CODE", required = true)]
    pub(crate) subject: Option<String>,
    /// The run: an id, its beginning, or `latest`
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    /// Of a case: also what each judge was sent, and what it replied
    #[arg(long)]
    pub(crate) calls: bool,
}

//! The command line as typed; nothing is derived here.

mod facts;
mod gate;
mod judge;
mod key;
mod mlflow;
mod policy;
mod reading;
mod records;
mod run;
mod stats;
mod tracking;
mod trust;
mod view;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

pub(crate) use facts::FactsCommand;
pub(crate) use gate::{
    Against, ApproveArgs, EmbedWhat, ExplainArgs, GateArgs, ReportArgs, ReportKind, WatchArgs,
};
pub(crate) use judge::{
    AgreementArgs, AnchorsArgs, AttackArgs, CalibrateArgs, CheckArgs, CompareJudgesArgs, DriftArgs,
    FlipsArgs, JudgeCommand, JudgedLabelsArgs, PreferArgs, RejudgeArgs,
};
pub(crate) use key::KeyArgs;
pub(crate) use mlflow::{ImportCommand, ImportMlflowArgs, PublishCommand, PublishMlflowArgs};
pub(crate) use policy::{
    BaselineCommand, PolicyArgs, PolicyCommand, PolicyDiffArgs, SchemaArgs, SchemaName,
};
pub(crate) use reading::{ConvertArgs, ReadingArgs, ScoreArgs};
pub(crate) use records::{CompareArgs, RunsCommand};
pub(crate) use run::{
    DemoArgs, DoctorArgs, InitArgs, InitFrom, LookArgs, PlanArgs, RunArgs, SelftestArgs,
    ValidateArgs,
};
pub(crate) use stats::{BoundName, ClaimAbout, ScoreKind, StatsArgs};
pub(crate) use tracking::{ExplainCommand, ExplainMlflowArgs};
pub(crate) use trust::{AttestArgs, PublishAliasArgs, PublishArgs, TrustCommand, VerifyArgs};
pub(crate) use view::{LabelArgs, LabelForm, QueueName, ViewArgs};

/// What `--version` prints behind the name: which source, for which machine, with what.
const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit: ",
    env!("GROUNDGATE_COMMIT"),
    "\nbuild: ",
    env!("GROUNDGATE_PROFILE"),
    " for ",
    env!("GROUNDGATE_TARGET"),
    "\nfeatures: embedded judge, viewer, SQLite records, HTTP/1.1 and HTTP/2 over rustls"
);

/// Release gates for RAG copilots.
#[derive(Debug, Parser)]
#[command(
    name = "groundgate",
    version,
    long_version = LONG_VERSION,
    about = "Release gates for RAG copilots: replays curated questions, judges groundedness, and decides at a stated error rate",
    after_help = "Examples:\n  groundgate demo                      see it all in a minute, no network, no key\n  groundgate run --copilot candidate   replay and judge, as groundgate.toml says\n  groundgate gate latest --baseline 01JQ8Z   decide; exit code 0, 10, 11 or 12",
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Work as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// The configuration [default: groundgate.toml here or above, up to the repository's root]
    #[arg(long, value_name = "FILE", global = true, env = "GROUNDGATE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// What goes to stdout
    #[arg(long, value_enum, default_value_t = Format::Human, global = true)]
    pub(crate) format: Format,
    /// The same as --format json
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Color in the terminal; auto: only on a terminal, never in CI or with `NO_COLOR`
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, env = "GROUNDGATE_COLOR")]
    pub(crate) color: Color,
    /// Progress on stderr; auto: a bar on a terminal, sparse lines elsewhere
    #[arg(long, value_enum, default_value_t = Progress::Auto, global = true, env = "GROUNDGATE_PROGRESS")]
    pub(crate) progress: Progress,
    /// Whose word counts: a trust file from a place that the change under test cannot write [default:
    /// trust.toml beside the policy]
    #[arg(
        long,
        value_name = "FILE|git:REF:FILE",
        global = true,
        env = "GROUNDGATE_TRUST"
    )]
    pub(crate) trust: Option<String>,
    /// The time at which ages, ends and approvals are judged instead of the system's clock, in RFC 3339;
    /// the verdict says so. Only for commands that look at records
    #[arg(long, value_name = "TIME", global = true)]
    pub(crate) now: Option<Timestamp>,
    /// Only results and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// What goes to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    Human,
    /// One JSON document.
    Json,
}

/// When to color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// A bar on a terminal, lines elsewhere.
    Auto,
    /// A bar.
    Bar,
    /// A line now and then.
    Lines,
    /// Nothing.
    None,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a working example to start from
    #[command(
        after_help = "Examples:\n  groundgate init my-gate && cd my-gate && groundgate run && groundgate gate --baseline ...\n  groundgate init my-gate --from http --url http://127.0.0.1:8000/ask --evalset questions.csv\n  groundgate init my-gate --from file --url results.csv"
    )]
    Init(InitArgs),
    /// Check configuration, policy and eval set; no network
    #[command(
        after_help = "Examples:\n  groundgate validate\n  groundgate validate --strict eval_sets/support.jsonl"
    )]
    Validate(ValidateArgs),
    /// See it all in a minute: real HTTP, real judging, a PASS, three FAILs, and their reports
    #[command(after_help = "Example:\n  groundgate demo -o demo-reports")]
    Demo(DemoArgs),
    /// Replay the questions, judge the answers, keep everything in a record
    #[command(
        after_help = "Examples:\n  groundgate run --copilot candidate --budget-usd 5\n  groundgate run --sequential --baseline 01JQ8Z   stop as soon as the verdict is in\n  groundgate run --resume latest"
    )]
    Run(RunArgs),
    /// Decide: pass, hold, inconclusive or fail; no network, spends nothing
    #[command(
        after_help = "Examples:\n  groundgate gate --baseline 01JQ8Z --env prod\n  groundgate gate 01JR2M --baseline 01JQ8Z --json\n  groundgate gate --env prod --policy git:refs/remotes/origin/main:gate.toml --github   in CI"
    )]
    Gate(GateArgs),
    /// Say yes or no to a verdict, in a role that the policy asks for
    #[command(
        after_help = "Examples:\n  groundgate approve latest --baseline 01JQ8Z --env prod --role vp-product --by ana --reason \"pilot went well\"\n  groundgate approve latest --baseline 01JQ8Z --env prod --role security --by ben --reject --reason \"open finding\"\n\nAn approval names the verdict by a digest over run, baseline, policy, environment and findings: another\nrun needs new ones. With --ssh-key or --key it is signed; where the trust file names keys that may\napprove, no other approval counts. Without, who can write runs/approvals can approve. Where the policy says\n`not-by`, who started the run or made the change is not counted."
    )]
    Approve(ApproveArgs),
    /// Decide, and sign what was decided: statements that other tools verify, too
    #[command(
        after_help = "It decides again from the records and signs no verdict that it read somewhere. Written are in-toto's\ntest result and SLSA's verification summary, each in a DSSE envelope and as a Sigstore bundle, and the\nsigned approvals that the verdict rests on.\n\nExample:\n  groundgate attest 01JR2M --env prod --policy git:refs/remotes/origin/main:gate.toml -o attest"
    )]
    Attest(AttestArgs),
    /// Verify a statement in twelve steps, offline; the first that fails is named
    #[command(
        after_help = "It needs no record and no model's key. Exit code 0: all twelve steps hold; 3: one does not.\n\nExample:\n  groundgate verify attest --env prod --model models:/support/7 --policy git:refs/remotes/origin/main:gate.toml"
    )]
    Verify(VerifyArgs),
    /// Verify, and move an alias of MLflow's registry to exactly the version that the statement is about; or show a
    /// run in MLflow
    #[command(
        after_help = "Tags come before the alias; asking again changes nothing. A folder that is called mlflow: ./mlflow.\n\nExamples:\n  groundgate publish attest --env prod --model models:/support/7 --registry http://mlflow:5000\n  groundgate publish mlflow latest --experiment support --env prod   see groundgate publish mlflow --help"
    )]
    Publish(PublishArgs),
    /// Write a first trust file with a key; sign a record's seal
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Show, check, compare and test policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Which run candidates are compared with where no --baseline is named
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Print a JSON Schema of a file that people write, or of what the gate prints
    #[command(after_help = "Example:\n  groundgate schema policy > gate.schema.json")]
    Schema(SchemaArgs),
    /// Keep a canary, hold it, or roll it back, from its finished windows; no network
    #[command(
        after_help = "Example:\n  groundgate watch --window 01JR01,01JR02 --window 01JR03,01JR04 --env prod\n\nEach window is a record of the new version's traffic and one of the old version's in the same hours\n(`groundgate runs import` makes records of logged answers), oldest window first. It runs nothing: exit\ncode 0 keeps, 31 holds, 30 rolls back. Asking again gives the same answer. See docs/release-process.md."
    )]
    Watch(WatchArgs),
    /// Judge a file of answers with their passages: no configuration, no key, no network
    #[command(
        after_help = "Examples:\n  groundgate score answers.csv\n  groundgate score results.json --map answer=outputs.text --map passages='outputs.docs[*]'\n\nFiles of promptfoo, Ragas, DeepEval, MLflow, LangSmith, Langfuse, Phoenix, Braintrust, Inspect and others are\nknown by their form: docs/files.md."
    )]
    Score(ScoreArgs),
    /// Make a record of what another system has logged: traces of MLflow
    #[command(subcommand)]
    Import(ImportCommand),
    /// Fetch what a system says of itself, dated, for `evidence` and `freshness` rules
    #[command(subcommand)]
    Facts(FactsCommand),
    /// Turn a file of one tool into that of another: eval sets, answers, scores
    #[command(
        after_help = "Examples:\n  groundgate convert promptfooconfig.yaml --as eval-set -o support.jsonl\n  groundgate convert results.csv --as answers --map answer=reply -o answers.jsonl\n  groundgate convert support.jsonl --as eval-set --to ragas"
    )]
    Convert(ConvertArgs),
    /// Compare runs, or files of answers, paired by question, with intervals
    #[command(
        after_help = "Examples:\n  groundgate compare 01JQ8Z 01JR2M --by product\n  groundgate compare before.csv after.csv"
    )]
    Compare(CompareArgs),
    /// Write a report of a run's gate: HTML, Markdown, JSON, `JUnit`, SARIF, GitLab, CSV, JSONL or text
    #[command(after_help = "Example:\n  groundgate report latest --baseline 01JQ8Z -o report.html")]
    Report(ReportArgs),
    /// Browse runs in the browser: compare, open cases, watch a run; on this machine only
    #[command(
        after_help = "Examples:\n  groundgate view\n  groundgate view --baseline 01JQ8Z --env prod"
    )]
    View(ViewArgs),
    /// Label claims and pairs of answers in the browser, blind, by keyboard
    #[command(
        after_help = "Examples:\n  groundgate label latest --labeler ana\n  groundgate label latest --baseline 01JQ8Z --pairs\n  groundgate label --export answers.jsonl\n  groundgate label --export tasks.json --as label-studio\n  groundgate label latest --pack pack.html"
    )]
    Label(LabelArgs),
    /// Explain a rule, a case or an exit code
    #[command(
        after_help = "Examples:\n  groundgate explain refunds-007 --run latest\n  groundgate explain refunds-007 --calls   what each judge was sent and replied\n  groundgate explain groundedness.floor\n  groundgate explain 11"
    )]
    Explain(ExplainArgs),
    /// Say what a run will cost and what it will be able to show; spends nothing
    #[command(
        after_help = "Examples:\n  groundgate plan\n  groundgate plan --repeats 3 --want-drop 0.03\n  groundgate plan --pilot none --assume mean=0.9 --assume correlation=0.7"
    )]
    Plan(PlanArgs),
    /// Try the gate on itself: how often it would be wrong on data like a record's, by simulation
    #[command(
        after_help = "Examples:\n  groundgate selftest latest --env prod\n  groundgate selftest 01JR2M --baseline 01JR2N --replications 5000   two runs of the same copilot"
    )]
    Selftest(SelftestArgs),
    /// Ask whether a judge is any good: known cases, people's labels, flips, attacks, calibration
    #[command(subcommand)]
    Judge(JudgeCommand),
    /// Have a run's stored answers judged again, by the configuration's judges of today
    #[command(
        after_help = "The copilot is not asked. A new record is made, which can be gated and compared.\n\nExamples:\n  groundgate rejudge latest\n  groundgate rejudge 01JQ8Z --judge strict --budget-usd 2"
    )]
    Rejudge(RejudgeArgs),
    /// List, show, import, export and remove records
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Estimates and verdicts for a list of scores: the engine by itself
    #[command(
        after_help = "Examples:\n  groundgate stats scores.csv --floor 0.85 --margin 0.05\n  groundgate stats scores.jsonl --type ordinal --range 1,5 --json\n  groundgate stats --request cases.json\n\nColumns: case, score; also cluster, attempt, baseline. An empty field or null is a missing score.\nSee docs/statistics.md."
    )]
    Stats(StatsArgs),
    /// Check credentials, TLS, proxy, clock, disk and prices; --online: one cheap call per endpoint
    #[command(after_help = "Examples:\n  groundgate doctor\n  groundgate doctor --online --json")]
    Doctor(DoctorArgs),
    /// Print a completion script for your shell
    #[command(hide = true)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

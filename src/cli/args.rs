//! The command line as typed; nothing is derived here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::judge_args::{JudgeCommand, RejudgeArgs};

/// Release gates for RAG copilots.
#[derive(Debug, Parser)]
#[command(
    name = "groundgate",
    version,
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
        after_help = "Example:\n  groundgate init my-gate && cd my-gate && groundgate run && groundgate gate --baseline ..."
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
        after_help = "Examples:\n  groundgate gate --baseline 01JQ8Z --env prod\n  groundgate gate 01JR2M --baseline 01JQ8Z --json\n  groundgate gate --env prod --policy git:origin/main:gate.toml --github   in CI"
    )]
    Gate(GateArgs),
    /// Say yes or no to a verdict, in a role that the policy asks for
    #[command(
        after_help = "Examples:\n  groundgate approve latest --baseline 01JQ8Z --env prod --role vp-product --by ana --reason \"pilot went well\"\n  groundgate approve latest --baseline 01JQ8Z --env prod --role security --by ben --reject --reason \"open finding\"\n\nAn approval names the verdict by a digest over run, baseline, policy, environment and findings: another\nrun needs new ones. It is no signature: who can write runs/approvals can approve. Where the policy says\n`not-by`, who started the run or made the change is not counted."
    )]
    Approve(ApproveArgs),
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
    /// Compare runs, paired by question, with intervals
    #[command(after_help = "Example:\n  groundgate compare 01JQ8Z 01JR2M --by product")]
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

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Where to write; created if it does not exist
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
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
    /// (`git:origin/main:gate.toml`); waivers.toml is read from beside it
    #[arg(long, value_name = "FILE|git:REV:FILE")]
    pub(crate) policy: Option<String>,
    /// The digest that the policy must have, as `groundgate policy show` prints it
    #[arg(long, value_name = "SHA256")]
    pub(crate) policy_digest: Option<String>,
    /// Who made the change that the run tests, for approvals with `not-by`; several times for several
    #[arg(long, value_name = "NAME")]
    pub(crate) change_author: Vec<String>,
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
}

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// The policy of an environment as it is meant, with its digest
    #[command(after_help = "Example:\n  groundgate policy show --env prod")]
    Show(PolicyArgs),
    /// Check a policy and its waivers in every environment
    #[command(after_help = "Example:\n  groundgate policy lint --policy git:origin/main:gate.toml")]
    Lint(PolicyArgs),
    /// What differs between two policies, which way, and whose verdict would change
    #[command(
        after_help = "Examples:\n  groundgate policy diff git:origin/main:gate.toml gate.toml --env prod\n  groundgate policy diff old.toml gate.toml --replay 20 --baseline 01JQ8Z"
    )]
    Diff(PolicyDiffArgs),
    /// Ask a policy about small runs whose verdicts are known
    #[command(
        after_help = "Example:\n  groundgate policy test policy_tests\n\nA test file:\n  schema = \"groundgate.policy-test/1\"\n  [[test]]\n  name      = \"four wrong answers of 200 still pass\"\n  env       = \"prod\"\n  candidate = { groundedness = \"196 x 1, 4 x 0\" }\n  rules     = { \"groundedness.floor\" = \"pass\" }"
    )]
    Test {
        /// A folder of test files, or one of them
        #[arg(value_name = "DIR|FILE")]
        path: PathBuf,
        /// Another policy than the configuration's
        #[arg(long, value_name = "FILE|git:REV:FILE")]
        policy: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Another policy than the configuration's
    #[arg(long, value_name = "FILE|git:REV:FILE")]
    pub(crate) policy: Option<String>,
    /// The environment, as in the policy
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyDiffArgs {
    /// The policy before
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// The policy after
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    /// The environment, as in the policies
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// Gate the last N records with both
    #[arg(long, value_name = "N")]
    pub(crate) replay: Option<usize>,
    /// What the records are compared with [default: as each policy says]
    #[arg(long, value_name = "RUN", requires = "replay")]
    pub(crate) baseline: Option<String>,
}

/// What to do with the baseline.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Which run it is
    Show,
    /// Make a complete run the baseline
    #[command(after_help = "Example:\n  groundgate baseline set 01JQ8Z")]
    Set {
        /// An id, its beginning, or `latest`
        #[arg(value_name = "RUN")]
        run: String,
    },
    /// Whether a run can be compared with it, and how it compares
    #[command(after_help = "Example:\n  groundgate baseline diff latest")]
    Diff {
        /// An id, its beginning, or `latest`
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of what
    #[arg(value_enum, value_name = "NAME", default_value_t = SchemaName::Policy)]
    pub(crate) name: SchemaName,
}

/// What there are schemas of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaName {
    /// gate.toml.
    Policy,
    /// waivers.toml.
    Waivers,
    /// What `approve` writes.
    Approval,
    /// What rules about judges read.
    JudgeHealth,
    /// What `gate --json` prints.
    Gate,
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
pub(crate) struct CompareArgs {
    /// The run to compare with
    #[arg(value_name = "BASE")]
    pub(crate) base: String,
    /// The runs to compare
    #[arg(value_name = "CANDIDATE", required = true)]
    pub(crate) candidates: Vec<String>,
    /// Slices of this tag, too
    #[arg(long, value_name = "TAG")]
    pub(crate) by: Option<String>,
    /// Only this metric; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Vec<String>,
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

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A rule's id, a case's id, or an exit code
    #[arg(value_name = "RULE|CASE|CODE")]
    pub(crate) subject: String,
    /// The run: an id, its beginning, or `latest`
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    /// Of a case: also what each judge was sent, and what it replied
    #[arg(long)]
    pub(crate) calls: bool,
}

/// What to do with records.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// All records, newest first
    List,
    /// One record: what it holds, how far it came
    Show {
        /// An id, its beginning, or `latest`
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
    },
    /// What changed between two runs: settings, prompts, questions, judges
    Diff {
        /// An id, its beginning, or `latest`
        #[arg(value_name = "A")]
        first: String,
        /// An id, its beginning, or `latest`
        #[arg(value_name = "B", default_value = "latest")]
        second: String,
    },
    /// Make a record from scored answers of another tool: JSON Lines, one scored trial a line
    #[command(
        after_help = "Each line: {\"case\": {...}, \"attempt\": 0, \"answer\": \"...\", \"passages\": [...], \"scores\": {\"groundedness\": 1}}.\nSee docs/import.md."
    )]
    Import(ImportArgs),
    /// Write a record as JSON Lines, one trial a line
    Export {
        /// An id, its beginning, or `latest`
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
        /// Where to write [default: stdout]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Remove a record
    Rm {
        /// An id, or its beginning
        #[arg(value_name = "RUN")]
        run: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// JSON Lines, plain or .gz
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The variant's name in reports
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// What values a metric takes: NAME=binary, fraction, ordinal:LOW:HIGH or amount:UNIT
    #[arg(long, value_name = "NAME=TYPE")]
    pub(crate) metric: Vec<String>,
    /// Who measured the scores; runs of different instruments are not compared
    #[arg(long, value_name = "NAME", default_value = "imported scores")]
    pub(crate) instrument: String,
    /// Have the embedded judge score the answers, too, as `embedded_groundedness` and so on
    #[arg(long)]
    pub(crate) judge: bool,
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

#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Scores as CSV or JSON Lines, plain or .gz; `-` is stdin
    #[arg(
        value_name = "FILE",
        required_unless_present = "request",
        conflicts_with = "request"
    )]
    pub(crate) file: Option<PathBuf>,
    /// Answer methods by name: {"cases": [{"id", "method", "inputs"}]}; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// What values a score takes
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value_t = ScoreKind::Fraction)]
    pub(crate) kind: ScoreKind,
    /// The scale's ends [default: 0,1]; a score outside is an error
    #[arg(
        long,
        value_name = "LO,HI",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) range: Vec<f64>,
    /// The confidence of each one-sided bound
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    pub(crate) level: f64,
    /// What is claimed [default: suite for the difference, population for a mean]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) estimand: Option<ClaimAbout>,
    /// Which bound for scores on a scale
    #[arg(long, value_enum, value_name = "NAME", default_value_t = BoundName::Exact)]
    pub(crate) method: BoundName,
    /// Instead of means: this quantile of each side, such as 0.95
    #[arg(long, value_name = "SHARE", conflicts_with = "margin")]
    pub(crate) quantile: Option<f64>,
    /// Pass if the candidate is shown to be above
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) floor: Option<f64>,
    /// Pass if the candidate is shown to be below
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) ceiling: Option<f64>,
    /// Pass if the candidate is shown to be worse than the baseline by less than this
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) margin: Option<f64>,
    /// With --margin: a larger score is worse, as of a cost
    #[arg(long, requires = "margin")]
    pub(crate) lower_is_better: bool,
}

/// What values a score takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoreKind {
    /// 0 or 1.
    Binary,
    /// Any number in the range.
    Fraction,
    /// A whole number in the range.
    Ordinal,
    /// Not negative, without an upper end.
    Amount,
}

/// What is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClaimAbout {
    /// These very questions, run afresh: every row counts.
    Suite,
    /// The population of questions: every cluster counts once.
    Population,
}

/// Which bound for scores on a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BoundName {
    /// Exact for binary scores, no violation found for others.
    Exact,
    /// More power, up to 6 % error at 5 %.
    Calibrated,
    /// Proved for every score on a scale, wider.
    Proven,
}

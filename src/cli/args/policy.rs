//! Policies, baselines and schemas, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// The policy of an environment as it is meant, with its digest
    #[command(after_help = "Example:\n  groundgate policy show --env prod")]
    Show(PolicyArgs),
    /// Check a policy and its waivers in every environment
    #[command(
        after_help = "Example:\n  groundgate policy lint --policy git:refs/remotes/origin/main:gate.toml"
    )]
    Lint(PolicyArgs),
    /// What differs between two policies, which way, and whose verdict would change
    #[command(
        after_help = "Examples:\n  groundgate policy diff git:refs/remotes/origin/main:gate.toml gate.toml --env prod\n  groundgate policy diff old.toml gate.toml --replay 20 --baseline 01JQ8Z"
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

//! Records, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ReadingArgs;

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The run, or the file of answers, to compare with
    #[arg(value_name = "BASE")]
    pub(crate) base: String,
    /// The runs, or the file, to compare
    #[arg(value_name = "CANDIDATE", required = true)]
    pub(crate) candidates: Vec<String>,
    /// Slices of this tag, too
    #[arg(long, value_name = "TAG")]
    pub(crate) by: Option<String>,
    /// Only this metric; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Vec<String>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
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
    /// Make a record from answers and scores of another tool
    #[command(
        after_help = "Files of other tools are known by their form, others are told: --map answer=reply. See docs/files.md.\nOur own form, one trial a line:\n  {\"case\": {...}, \"attempt\": 0, \"answer\": \"...\", \"passages\": [...], \"scores\": {\"groundedness\": 1}}"
    )]
    Import(Box<ImportArgs>),
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
    /// JSON, JSON Lines, CSV or YAML, plain or .gz
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
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

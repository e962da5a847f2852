//! Records, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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

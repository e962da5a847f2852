//! Files of other tools, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use groundgate_formats::{Encoding, Want};

/// How a file is to be read.
#[derive(Debug, Default, Args)]
pub(crate) struct ReadingArgs {
    /// Where a field stands: `question=user_input`, `passages=contexts[*].text`, `score:NAME=COLUMN`,
    /// `tag:NAME=COLUMN`; may be given more than once
    #[arg(long, value_name = "FIELD=PLACE", help_heading = READING)]
    pub(crate) map: Vec<String>,
    /// A mapping that was saved
    #[arg(long, value_name = "FILE", help_heading = READING)]
    pub(crate) mapping: Option<PathBuf>,
    /// Write down which field stood where
    #[arg(long, value_name = "FILE", help_heading = READING)]
    pub(crate) save_mapping: Option<PathBuf>,
    /// The tool that wrote the file, instead of by its form
    #[arg(long, value_name = "FORMAT", help_heading = READING)]
    pub(crate) from: Option<String>,
    /// Guess nothing: fields are named as ours, or mapped
    #[arg(long, help_heading = READING)]
    pub(crate) strict: bool,
    /// How the file's bytes are text
    #[arg(long, value_enum, value_name = "NAME", help_heading = READING)]
    pub(crate) encoding: Option<EncodingName>,
    /// What separates the columns of CSV
    #[arg(long, value_name = "CHARACTER", help_heading = READING)]
    pub(crate) separator: Option<char>,
    /// What separates the items of a list in a cell; `none`: a cell is one item
    #[arg(long, value_name = "TEXT", help_heading = READING)]
    pub(crate) list_separator: Option<String>,
    /// Which prompt or model, where a file holds several
    #[arg(long, value_name = "NAME", help_heading = READING)]
    pub(crate) variant: Option<String>,
}

const READING: &str = "How the file is read";

/// How bytes are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EncodingName {
    /// UTF-8.
    #[value(name = "utf-8")]
    Utf8,
    /// What Windows calls ANSI in the West.
    #[value(name = "windows-1252")]
    Windows1252,
    /// ISO 8859-1.
    #[value(name = "latin-1")]
    Latin1,
}

impl From<EncodingName> for Encoding {
    fn from(typed: EncodingName) -> Self {
        match typed {
            EncodingName::Utf8 => Self::Utf8,
            EncodingName::Windows1252 => Self::Windows1252,
            EncodingName::Latin1 => Self::Latin1,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    /// Answers with their passages: JSON, JSON Lines, CSV or YAML, plain or .gz
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How many of the worst answers are shown
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) worst: usize,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// JSON, JSON Lines, CSV or YAML, plain or .gz
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What the file holds
    #[arg(long = "as", value_enum, value_name = "WHAT")]
    pub(crate) held_as: HeldAs,
    /// Whose form is written: groundgate, csv, ragas, deepeval, promptfoo, mlflow, langsmith, braintrust, openai-evals
    #[arg(long, value_name = "FORMAT", default_value = "groundgate")]
    pub(crate) to: String,
    /// Where to write [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HeldAs {
    /// Questions with what is known about right answers.
    EvalSet,
    /// Answers with passages and scores.
    Answers,
    /// Scores of cases.
    Scores,
}

impl From<HeldAs> for Want {
    fn from(typed: HeldAs) -> Self {
        match typed {
            HeldAs::EvalSet => Self::EvalSet,
            HeldAs::Answers => Self::Answers,
            HeldAs::Scores => Self::Scores,
        }
    }
}

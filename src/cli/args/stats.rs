//! Lists of scores, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReadingArgs;

#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Scores as CSV, JSON or JSON Lines, plain or .gz; `-` is stdin
    #[arg(
        value_name = "FILE",
        required_unless_present = "request",
        conflicts_with = "request"
    )]
    pub(crate) file: Option<PathBuf>,
    /// Which metric, where the file holds several
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Option<String>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
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

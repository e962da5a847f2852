//! `groundgate stats`: the statistics engine by itself, for notebooks and scripts.
//!
//! With a file of scores: estimates by the same decision table as a gate's, and a verdict where a
//! threshold is given. With `--request`: any method by name (`stats_request`).

use std::{
    io::{self, Read as _},
    path::Path,
};

use groundgate_app::{AppError, ClaimAbout, ScoresRequest, files};
use groundgate_formats::Want;
use groundgate_model::eval_set::unpack;
use groundgate_stats::{Bound, Scale, scores::ScoreType};

use super::{
    super::{
        args::{self, BoundName, Global, ScoreKind, StatsArgs},
        exit_code::ExitCode,
        reading,
        terminal::Terminal,
        wants_json,
    },
    stats_request, stats_table,
};

/// More than this is not read from stdin.
const INPUT_LIMIT: u64 = 512 * 1024 * 1024;

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &StatsArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    if let Some(path) = &args.request {
        let (name, bytes) = read(path)?;
        let text = String::from_utf8(bytes).map_err(|cause| {
            AppError::invalid(format!("{name} is not UTF-8 text")).because(cause)
        })?;
        terminal.line(&stats_request::answers(&name, &text)?.to_string());
        return Ok(ExitCode::Done);
    }
    let Some(path) = &args.file else {
        return Err(AppError::usage("no file of scores was named"));
    };
    let score_type = score_type(args)?;
    let (name, bytes) = read(path)?;
    let summary = terminal.app().analyze_scores(&ScoresRequest {
        name: &name,
        bytes: &bytes,
        reading: &reading::options(&args.reading, Want::Scores)?,
        metric: args.metric.as_deref(),
        score_type,
        level: args.level,
        quantile: args.quantile,
        claim: args.estimand.map(ClaimAbout::from),
        bound: args.method.into(),
        floor: args.floor,
        ceiling: args.ceiling,
        margin: args.margin,
        lower_is_better: args.lower_is_better,
    })?;
    for warning in &summary.warnings {
        terminal.report(&format!("warning: {warning}"));
    }
    if wants_json(global) {
        terminal.line(&stats_table::json(&summary).to_string());
    } else {
        terminal.print(&stats_table::text(&summary));
    }
    Ok(summary.verdict().map_or(ExitCode::Done, ExitCode::from))
}

/// The bytes of a file or of stdin, with its name.
fn read(path: &Path) -> Result<(String, Vec<u8>), AppError> {
    if path != Path::new("-") {
        return Ok((path.display().to_string(), files::read(path)?));
    }
    let name = "stdin".to_owned();
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(INPUT_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| AppError::invalid("failed to read stdin").because(cause))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > INPUT_LIMIT) {
        return Err(AppError::invalid(format!(
            "stdin holds more than {INPUT_LIMIT} bytes"
        )));
    }
    let bytes = unpack(&name, bytes)?;
    Ok((name, bytes))
}

impl From<args::ClaimAbout> for ClaimAbout {
    fn from(typed: args::ClaimAbout) -> Self {
        match typed {
            args::ClaimAbout::Suite => Self::Suite,
            args::ClaimAbout::Population => Self::Population,
        }
    }
}

impl From<BoundName> for Bound {
    fn from(typed: BoundName) -> Self {
        match typed {
            BoundName::Exact => Self::Exact,
            BoundName::Calibrated => Self::Calibrated,
            BoundName::Proven => Self::Proven,
        }
    }
}

fn score_type(args: &StatsArgs) -> Result<ScoreType, AppError> {
    let scale = match args.range.as_slice() {
        [] => None,
        [low, high] => Some(
            Scale::new(*low, *high)
                .map_err(|error| AppError::usage("--range makes no scale").because(error))?,
        ),
        _ => return Err(AppError::usage("--range is not two numbers as LO,HI")),
    };
    match (args.kind, scale) {
        (ScoreKind::Binary, None) => Ok(ScoreType::Binary),
        (ScoreKind::Fraction, scale) => Ok(ScoreType::Bounded(scale.unwrap_or(Scale::UNIT))),
        (ScoreKind::Ordinal, Some(scale)) => Ok(ScoreType::Ordinal(scale)),
        (ScoreKind::Amount, None) => Ok(ScoreType::Amount),
        (ScoreKind::Ordinal, None) => Err(AppError::usage(
            "--type ordinal needs its scale, such as --range 1,5",
        )),
        (ScoreKind::Binary | ScoreKind::Amount, Some(_)) => Err(AppError::usage(
            "--range is for scores on a scale of their own: --type fraction or ordinal",
        )),
    }
}

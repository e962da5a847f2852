//! Anchors: a frozen set of judged answers, judged again before a run, so that a judge that has
//! changed behind its name is found out.
//!
//! A judge whose anchors moved beyond chance measures with another yardstick than before. Its metrics
//! get an instrument of their own in the run's record: no rule compares them with an older baseline.

use std::{fs, path::Path};

use crate::config::{Config, JudgeConfig};
use groundgate_gate::quality::{Drift, good_from};
use groundgate_model::{
    trial::{Cell, Column},
    unit::{Digest, Usd},
};
use groundgate_record::{Header, Reader};

use super::{
    app::App,
    error::{AppError, ErrorClass},
    observer::Notice,
    rejudge::{self, Answers, JudgeSelection, Judging, sample},
    runs,
};

/// Judges to be asked, and what they may cost.
struct BudgetedJudges {
    /// Who.
    judges: Vec<JudgeConfig>,
    /// At most so much; without, there is no limit.
    cap: Option<Usd>,
}

/// How one metric's anchors moved.
#[derive(Debug)]
pub struct Moved {
    /// The metric.
    pub metric: String,
    /// Who measures it.
    pub judge: String,
    /// How far it moved, and whether by chance.
    pub drift: Drift,
}

/// Answers to be frozen as anchors.
#[derive(Debug, Clone, Copy)]
pub struct FreezeRequest<'a> {
    /// Whose judges judge, and where its runs are.
    pub config: &'a Config,
    /// The run whose answers are drawn.
    pub run: &'a str,
    /// How many.
    pub sample: usize,
    /// Which judges, and what they may cost.
    pub judges: &'a JudgeSelection,
    /// Where the anchors go; must not be there yet.
    pub output: &'a Path,
}

/// Anchors to be judged again.
#[derive(Debug, Clone, Copy)]
pub struct DriftRequest<'a> {
    /// Whose judges judge.
    pub config: &'a Config,
    /// Other anchors than the configuration's.
    pub anchors: Option<&'a Path>,
    /// Which judges, and what they may cost.
    pub judges: &'a JudgeSelection,
}

impl App {
    /// Has answers of a run judged and freezes them; says how many.
    pub fn freeze_anchors(&self, request: &FreezeRequest<'_>) -> Result<usize, AppError> {
        let (config, output) = (request.config, request.output);
        if output.exists() {
            let message = format!("`{}` exists already", output.display());
            return Err(AppError::invalid(message)
                .with_help("anchors are frozen once; remove the file to choose others"));
        }
        let source = Answers::of_run(&runs::open_whole(&config.runs_dir, request.run)?)?;
        let chosen = sample(source.answered(), request.sample, config.seed);
        if chosen.is_empty() {
            return Err(AppError::new(
                ErrorClass::NothingToDo,
                "the run has no answer",
            ));
        }
        let answers = Answers::of_cases("anchors", chosen);
        let judges = rejudge::chosen(config, request.judges)?;
        let cap = rejudge::cap(config, request.judges)?;
        let ended = Judging::apart(config, judges, cap).judge(&answers, self)?;
        drop(rejudge::whole(&ended)?);
        fs::copy(&ended.path, output).map_err(|cause| {
            AppError::invalid(format!("failed to write `{}`", output.display())).because(cause)
        })?;
        Ok(answers.cases.len())
    }

    /// Whether judges still say what they said of the anchors, by metric.
    pub fn drift(&self, request: &DriftRequest<'_>) -> Result<Vec<Moved>, AppError> {
        let config = request.config;
        let Some(path) = request.anchors.or(config.anchors.as_deref()) else {
            return Err(AppError::usage("no anchors are named").with_help(
                "make some with `groundgate judge anchors`, and name them in groundgate.toml",
            ));
        };
        let asked = BudgetedJudges {
            judges: rejudge::chosen(config, request.judges)?,
            cap: rejudge::cap(config, request.judges)?,
        };
        let moved = moved(config, path, asked, self)?;
        if moved.is_empty() {
            return Err(AppError::new(
                ErrorClass::NothingToDo,
                "the anchors were judged by other judges than these",
            )
            .with_help("freeze new anchors with `groundgate judge anchors`"));
        }
        Ok(moved)
    }
}

/// Has the anchors judged again; metrics whose instrument is not that of the anchors are left out:
/// with another spec or model there is nothing to be found out.
fn moved(
    config: &Config,
    anchors: &Path,
    asked: BudgetedJudges,
    app: &App,
) -> Result<Vec<Moved>, AppError> {
    let frozen = Reader::open(anchors)?;
    let judging = Judging::apart(config, asked.judges, asked.cap);
    let judged = judging.judge(&Answers::of_run(&frozen)?, app)?;
    let (before, now) = (
        frozen.score_table()?,
        rejudge::whole(&judged)?.score_table()?,
    );
    let scores = (before.columns.iter()).filter(|(_, column)| column.metric.panel().is_none());
    let pairs = scores.filter_map(|(name, before)| {
        let now = now.columns.get(name)?;
        (before.instrument == now.instrument).then(|| moved_column(before, now))?
    });
    Ok(pairs.collect())
}

fn moved_column(before: &Column, now: &Column) -> Option<Moved> {
    let from = good_from(&before.metric)?;
    let is_good = |cell: &Cell| match cell {
        Cell::Scored(value) => Some(*value >= from),
        Cell::NotApplicable | Cell::Unscored(_) => None,
    };
    let pairs = before.cells.iter().zip(&now.cells);
    let both = pairs.filter_map(|(before, now)| Some((is_good(before)?, is_good(now)?)));
    Some(Moved {
        metric: before.metric.name.clone(),
        judge: before.instrument_name.clone(),
        drift: Drift::of(both),
    })
}

/// Before a run: metrics whose judge has changed get an instrument of their own.
pub(crate) fn mark_changed_judges(
    config: &Config,
    header: &mut Header,
    app: &App,
) -> Result<(), AppError> {
    let Some(path) = &config.anchors else {
        return Ok(());
    };
    let asked = BudgetedJudges {
        judges: config.judges.clone(),
        cap: config.budget,
    };
    for moved in moved(config, path, asked, app)? {
        if !moved.drift.is_alarming() {
            continue;
        }
        let drift = &moved.drift;
        app.notice(Notice::JudgeChanged {
            metric: &moved.metric,
            drift,
        });
        let sources = header.metrics.iter_mut();
        for source in sources.filter(|source| source.metric.name == moved.metric) {
            source.instrument = Digest::of_parts([
                source.instrument.to_string().as_bytes(),
                b"changed",
                header.run_id.as_bytes(),
            ]);
            source.instrument_name = format!(
                "{} (changed since the anchors were frozen, p = {:.4})",
                source.instrument_name, drift.p_value
            );
        }
    }
    Ok(())
}

//! Anchors: a frozen set of judged answers, judged again before a run, so that a judge that has
//! changed behind its name is found out.
//!
//! A judge whose anchors moved beyond chance measures with another yardstick than before. Its metrics
//! get an instrument of their own in the run's record: no rule compares them with an older baseline.

use std::path::Path;

use crate::config::{Config, JudgeConfig};
use groundgate_gate::quality::{Drift, good_from};
use groundgate_model::{
    trial::{Cell, Column},
    unit::{Digest, Usd},
};
use groundgate_record::{Header, Reader};

use super::{
    app::App,
    error::AppError,
    observer::Notice,
    rejudge::{self, Answers, Judging},
};

/// Judges to be asked, and what they may cost.
#[derive(Debug)]
pub struct BudgetedJudges {
    /// Who.
    pub judges: Vec<JudgeConfig>,
    /// At most so much; without, there is no limit.
    pub cap: Option<Usd>,
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

/// Has the anchors judged again; metrics whose instrument is not that of the anchors are left out:
/// with another spec or model there is nothing to be found out.
pub fn moved(
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
pub fn mark_changed_judges(
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

//! Two runs' answers side by side, in both orders, without names: which would a judge rather have?

use std::{collections::BTreeMap, path::PathBuf};

use groundgate_gate::quality::{ALPHA, Preference};
use groundgate_judge::Mode;
use groundgate_model::trial::Reply;
use groundgate_record::Reader;
use groundgate_stats::agreement::{PositionBias, position_bias};
use serde::Deserialize;

use crate::{
    app::App,
    config::{Config, JudgeConfig},
    error::{AppError, ErrorClass},
    judge_spec,
    rejudge::{self, AnsweredCase, Answers, JudgeSelection, Judging, sample},
    runs,
};

/// Two runs of the same questions.
#[derive(Debug, Clone, Copy)]
pub struct PreferRequest<'a> {
    /// Whose judges judge, and where its runs are.
    pub config: &'a Config,
    /// The run to compare with.
    pub base: &'a str,
    /// The run whose answers may be better.
    pub candidate: &'a str,
    /// At most so many pairs, drawn by the configuration's seed.
    pub sample: usize,
    /// Which judges, and what they may cost.
    pub judges: &'a JudgeSelection,
}

/// What pairwise judges prefer.
#[derive(Debug)]
pub struct PreferSummary {
    /// By metric.
    pub metrics: Vec<Preference>,
    /// How much more often the answer that is shown first wins; none where no reply decided.
    pub bias: Option<PositionBias>,
    /// Where the judgments are.
    pub record: PathBuf,
}

impl App {
    /// Has pairwise judges say whose answers they would rather have.
    pub fn prefer(&self, request: &PreferRequest<'_>) -> Result<PreferSummary, AppError> {
        let config = request.config;
        let side = |name: &str| -> Result<Vec<AnsweredCase>, AppError> {
            let reader = runs::open(&config.runs_dir, name)?;
            Ok(Answers::of_run(&reader)?.answered())
        };
        let pairs = sample(
            pairs(side(request.base)?, side(request.candidate)?),
            request.sample,
            config.seed,
        );
        if pairs.is_empty() {
            return Err(AppError::new(
                ErrorClass::NothingToDo,
                "the two runs have no answered question in common",
            ));
        }
        let comparing = pairwise(rejudge::chosen(config, request.judges)?)?;
        let cap = rejudge::cap(config, request.judges)?;
        let answers = Answers::of_cases("pairs", pairs);
        let judged = Judging::apart(config, comparing, cap).judge(&answers, self)?;
        let reader = rejudge::whole(&judged)?;
        let table = reader.score_table()?;
        let metrics = (table.columns.values())
            .filter(|column| column.metric.panel().is_none())
            .filter_map(|column| Preference::of(&column.metric.name, &column.cells));
        Ok(PreferSummary {
            metrics: metrics.collect(),
            bias: bias(&reader, table.planned())?,
            record: judged.path,
        })
    }
}

/// The candidate's answers; what each is compared with stands where a reference answer would.
fn pairs(base: Vec<AnsweredCase>, candidate: Vec<AnsweredCase>) -> Vec<AnsweredCase> {
    let others: BTreeMap<String, AnsweredCase> = (base.into_iter())
        .map(|one| (one.case.id.clone(), one))
        .collect();
    let same = candidate.into_iter().filter_map(|mut one| {
        let other = others.get(&one.case.id)?;
        if other.case.digest() != one.case.digest() {
            return None;
        }
        one.case.reference_answer = Some(other.answer.text.clone());
        Some(one)
    });
    same.collect()
}

/// Those judges that compare.
fn pairwise(judges: Vec<JudgeConfig>) -> Result<Vec<JudgeConfig>, AppError> {
    let mut found = Vec::new();
    for judge in judges {
        if judge_spec::spec(&judge)?.is_some_and(|spec| spec.mode == Mode::Pairwise) {
            found.push(judge);
        }
    }
    if found.is_empty() {
        return Err(
            AppError::invalid("no judge of the configuration compares two answers")
                .with_help("add a [[judge]] with spec = \"preference\""),
        );
    }
    Ok(found)
}

/// What a pairwise reply says, for counting places only; scores come from the record.
#[derive(Deserialize)]
struct Label {
    label: String,
}

/// How often the answer shown first wins, over all replies that decide.
fn bias(reader: &Reader, planned: usize) -> Result<Option<PositionBias>, AppError> {
    let (mut first, mut decided) = (0, 0);
    for trial in 0..planned {
        for call in reader.calls_of(trial)? {
            let Ok(Reply::Chat(reply)) = call.result else {
                continue;
            };
            match serde_json::from_str::<Label>(&reply.text) {
                Ok(said) if said.label == "first" => {
                    first += 1;
                    decided += 1;
                }
                Ok(said) if said.label == "second" => decided += 1,
                _ => {}
            }
        }
    }
    Ok(position_bias(first, decided, ALPHA).ok())
}

//! The same answers judged several times: how often does a judge contradict itself?

use std::{collections::BTreeMap, path::PathBuf};

use groundgate_gate::quality::Flips;
use groundgate_model::trial::Column;

use super::health::{HealthFile, Measured};
use crate::{
    app::App,
    clock,
    config::Config,
    error::{AppError, ErrorClass},
    rejudge::{self, AnsweredCase, Answers, JudgeSelection, Judging, sample},
    runs,
};

/// Answers to be judged again and again.
#[derive(Debug, Clone, Copy)]
pub struct FlipsRequest<'a> {
    /// Whose judges judge, and where its runs are.
    pub config: &'a Config,
    /// The run whose answers are judged.
    pub run: &'a str,
    /// How often each is judged, from 2 to 25.
    pub times: u32,
    /// At most so many answers, drawn by the configuration's seed.
    pub sample: usize,
    /// Which judges, and what they may cost.
    pub judges: &'a JudgeSelection,
    /// Where it is written for `judge-health` rules, too.
    pub health: Option<HealthFile<'a>>,
}

/// How often judges contradicted themselves.
#[derive(Debug)]
pub struct FlipsSummary {
    /// How many answers were judged.
    pub n_answers: usize,
    /// By metric.
    pub metrics: Vec<Flips>,
    /// Where the judgments are.
    pub record: PathBuf,
}

impl App {
    /// Has the same answers judged several times.
    pub fn flips(&self, request: &FlipsRequest<'_>) -> Result<FlipsSummary, AppError> {
        if !(2..=25).contains(&request.times) {
            return Err(AppError::usage("--times is a number from 2 to 25"));
        }
        let config = request.config;
        let source = Answers::of_run(&runs::open(&config.runs_dir, request.run)?)?;
        let sample = sample(source.answered(), request.sample, config.seed);
        if sample.is_empty() {
            return Err(AppError::new(
                ErrorClass::NothingToDo,
                "the run has no answer",
            ));
        }
        let answers = repeated(sample, request.times);
        let asked = rejudge::chosen(config, request.judges)?;
        let cap = rejudge::cap(config, request.judges)?;
        let judged = Judging::apart(config, asked, cap).judge(&answers, self)?;
        let table = rejudge::whole(&judged)?.score_table()?;
        let times = usize::try_from(request.times).unwrap_or(1);
        let flips = |column: &Column| Flips::of(column, times);
        let scores = (table.columns.values()).filter(|one| one.metric.panel().is_none());
        let metrics: Vec<Flips> = scores.filter_map(flips).collect();
        if let Some(file) = request.health {
            let at = clock::rfc3339(self.now());
            let judge_of = |metric: &str| table.columns.get(metric).map(|column| column.instrument);
            file.write(metrics.iter().filter_map(|one| {
                let judge = judge_of(&one.metric)?.to_string();
                Some(Measured::flips(one, judge, &at))
            }))?;
        }
        Ok(FlipsSummary {
            n_answers: answers.cases.len(),
            metrics,
            record: judged.path,
        })
    }
}

/// Each answer as often as it is to be judged.
fn repeated(sample: Vec<AnsweredCase>, times: u32) -> Answers {
    let n = usize::try_from(times).unwrap_or(1);
    let mut answers = BTreeMap::new();
    let mut once = Answers::of_cases("flips", sample);
    for (place, answer) in &once.given {
        for attempt in 0..n {
            answers.insert(place * n + attempt, answer.clone());
        }
    }
    once.given = answers;
    once.attempts = times;
    once
}

//! Records as lists and as lines: what there is in a folder, and a record's trials one a line.

use std::path::Path;

use groundgate_model::trial::{Cell, ScoreTable};
use groundgate_record::Reader;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::list;
use crate::error::AppError;

/// One record of a folder.
#[derive(Debug, Clone, Serialize)]
pub struct RunSummary {
    /// Its id.
    pub run: String,
    /// When it began.
    pub created_at: String,
    /// Who answered.
    pub copilot: String,
    /// What was asked.
    pub eval_set: String,
    /// Trials that are finished.
    pub finished: usize,
    /// Trials that were planned.
    pub planned: usize,
    /// How it ended.
    pub status: &'static str,
}

/// All records of a folder, newest first; what cannot be read is an error in its place.
pub fn summaries(directory: &Path) -> Result<Vec<Result<RunSummary, AppError>>, AppError> {
    let paths = list(directory)?;
    let newest_first = paths.iter().rev();
    Ok(newest_first
        .map(|path| summary(&Reader::open(path)?))
        .collect())
}

fn summary(reader: &Reader) -> Result<RunSummary, AppError> {
    let header = reader.header();
    Ok(RunSummary {
        run: header.run_id.clone(),
        created_at: header.created_at.clone(),
        copilot: header.copilot_name.clone(),
        eval_set: header.eval_set_name.clone(),
        finished: reader.n_finished()?,
        planned: reader.cases()?.len() * usize::try_from(header.attempts).unwrap_or(0),
        status: reader.status()?.name(),
    })
}

/// One trial a line, in the form that `runs import` reads.
pub fn export(reader: &Reader) -> Result<String, AppError> {
    let cases = reader.cases()?;
    let table = reader.score_table()?;
    let attempts = usize::try_from(reader.header().attempts).unwrap_or(1);
    let mut lines = String::new();
    for (case_index, case) in cases.iter().enumerate() {
        for attempt in 0..attempts {
            let trial = case_index * attempts + attempt;
            let mut line = Map::new();
            line.insert("case".to_owned(), json!(case));
            line.insert("attempt".to_owned(), json!(attempt));
            line.extend(scores(&table, trial));
            line.extend(answer(reader, trial)?);
            lines.push_str(&Value::Object(line).to_string());
            lines.push('\n');
        }
    }
    Ok(lines)
}

/// `scores`, and `unscored` with the reasons where there are any.
fn scores(table: &ScoreTable, trial: usize) -> Map<String, Value> {
    let (mut scores, mut unscored) = (Map::new(), Map::new());
    for column in table.columns.values() {
        let name = column.metric.name.clone();
        let score = match column.cells.get(trial) {
            None => continue,
            Some(Cell::Scored(value)) => json!(value),
            Some(Cell::NotApplicable) => json!("not-applicable"),
            Some(Cell::Unscored(reason)) => {
                unscored.insert(name.clone(), json!(reason.to_string()));
                Value::Null
            }
        };
        scores.insert(name, score);
    }
    let mut fields = Map::new();
    fields.insert("scores".to_owned(), scores.into());
    if !unscored.is_empty() {
        fields.insert("unscored".to_owned(), unscored.into());
    }
    fields
}

/// `answer` and `passages`, or `error`; nothing where the question was never asked.
fn answer(reader: &Reader, trial: usize) -> Result<Map<String, Value>, AppError> {
    let mut fields = Map::new();
    match reader.trial(trial)?.answer {
        Some(Ok(answer)) => {
            fields.insert("answer".to_owned(), json!(answer.text));
            fields.insert("passages".to_owned(), json!(answer.passages));
        }
        Some(Err(failure)) => {
            fields.insert("error".to_owned(), json!(failure.to_string()));
        }
        None => {}
    }
    Ok(fields)
}

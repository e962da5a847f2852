//! The known cases of judges, asked of the models themselves.

use std::path::PathBuf;

use groundgate_judge::{
    BUNDLED, OfflineJudge,
    known_cases::{self, KnownCase},
};
use groundgate_model::trial::Cell;

use crate::{
    app::App,
    config::{Config, JudgeConfig},
    error::AppError,
    judge_spec,
    rejudge::{self, AnsweredCase, Answers, JudgeSelection, Judging, left},
};

/// A case that came out otherwise than it must.
#[derive(Debug)]
pub struct Mismatch {
    /// The case's name.
    pub case: String,
    /// The metric.
    pub metric: String,
    /// What it must be, for people.
    pub expected: String,
    /// What it was.
    pub found: String,
}

/// One judge's known cases.
#[derive(Debug)]
pub struct CheckedJudge {
    /// The judge's name.
    pub judge: String,
    /// How many cases it was asked.
    pub n_cases: usize,
    /// Those that came out otherwise, by case and metric.
    pub mismatches: Vec<Mismatch>,
    /// Where its judgments are.
    pub record: PathBuf,
}

impl App {
    /// Asks judges the cases that they must get right.
    pub fn check_judges(
        &self,
        config: &Config,
        judges: &JudgeSelection,
    ) -> Result<Vec<CheckedJudge>, AppError> {
        let mut cap = rejudge::cap(config, judges)?;
        let mut all = Vec::new();
        for (number, judge) in rejudge::chosen(config, judges)?.into_iter().enumerate() {
            let cases = cases_of(&judge)?;
            let answered = cases.iter().map(|known| AnsweredCase {
                case: known.case.clone(),
                answer: known.answer.clone(),
            });
            let name = judge.name.clone();
            let answers = Answers::of_cases(&format!("known cases of {name}"), answered.collect());
            let judging = Judging {
                number,
                ..Judging::apart(config, vec![judge], cap)
            };
            let made = judging.judge(&answers, self)?;
            let reader = rejudge::whole(&made)?;
            // What one judge has spent is not there for the next.
            cap = left(cap, &reader)?;
            let table = reader.score_table()?;
            let mismatches = cases.iter().enumerate().flat_map(|(place, case)| {
                mismatches(case, |metric| table.columns.get(metric)?.cells.get(place))
            });
            all.push(CheckedJudge {
                judge: name,
                n_cases: cases.len(),
                mismatches: mismatches.collect(),
                record: made.path,
            });
        }
        Ok(all)
    }
}

fn cases_of(judge: &JudgeConfig) -> Result<Vec<KnownCase>, AppError> {
    match judge_spec::spec_with_cases(judge)? {
        Some((_, cases)) => Ok(cases),
        None => cases_of_the_embedded_judge(),
    }
}

/// The bundled cases of all metrics that it yields: it must get them right as a model must.
fn cases_of_the_embedded_judge() -> Result<Vec<KnownCase>, AppError> {
    let yields: Vec<String> = OfflineJudge::metrics()
        .into_iter()
        .map(|metric| metric.name)
        .collect();
    let mut all = Vec::new();
    for bundled in BUNDLED {
        for mut case in known_cases::read(bundled.name, bundled.cases)? {
            case.expect.retain(|metric, _| yields.contains(metric));
            case.name = format!("{}: {}", bundled.name, case.name);
            case.case.id.clone_from(&case.name);
            if !case.expect.is_empty() {
                all.push(case);
            }
        }
    }
    Ok(all)
}

fn mismatches<'a>(case: &KnownCase, cell: impl Fn(&str) -> Option<&'a Cell>) -> Vec<Mismatch> {
    let wrong = case.expect.iter().filter(|(metric, expected)| {
        case.asks_of_a_model(metric) && !cell(metric).is_some_and(|cell| expected.is_met(cell))
    });
    wrong
        .map(|(metric, expected)| Mismatch {
            case: case.name.clone(),
            metric: metric.clone(),
            expected: expected.to_string(),
            found: match cell(metric) {
                Some(Cell::Scored(value)) => format!("{value:.2}"),
                Some(Cell::NotApplicable) => "not applicable".to_owned(),
                Some(Cell::Unscored(reason)) => format!("unscored ({reason})"),
                None => "nothing".to_owned(),
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_only_a_recorded_fault_makes_unscored_is_not_asked_of_a_model() {
        let cases = cases_of_the_embedded_judge().unwrap();
        let asked = cases.iter().filter(|case| {
            case.expect
                .keys()
                .any(|metric| case.asks_of_a_model(metric))
        });
        assert!(asked.count() > 20);
        let malformed = cases
            .iter()
            .find(|case| case.name.contains("two malformed"))
            .unwrap();
        let met = mismatches(malformed, |_| Some(&Cell::Scored(1.0)));
        assert!(met.is_empty());
    }
}

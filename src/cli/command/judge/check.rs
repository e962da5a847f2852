//! `judge check`: the known cases, asked of the model itself.

use std::{collections::BTreeSet, fmt::Write as _};

use groundgate_judge::{
    BUNDLED, OfflineJudge,
    known_cases::{self, KnownCase},
};
use groundgate_model::trial::Cell;
use groundgate_report::visible_line;
use serde_json::{Value, json};

use super::super::super::{
    args::{CheckArgs, Global},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use groundgate_app::{
    AppError, judge_spec, project,
    rejudge::{self, AnsweredCase, Answers, Judging, left},
};

/// A case that came out otherwise.
struct Mismatch {
    case: String,
    metric: String,
    expected: String,
    found: String,
}

/// One judge's known cases.
struct Checked {
    judge: String,
    n_cases: usize,
    mismatches: Vec<Mismatch>,
    record: String,
}

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &CheckArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let mut cap = rejudge::cap(&config, &args.judges.asked())?;
    let mut all = Vec::new();
    for (number, judge) in rejudge::chosen(&config, &args.judges.asked())?
        .into_iter()
        .enumerate()
    {
        let cases = match judge_spec::spec_with_cases(&judge)? {
            Some((_, cases)) => cases,
            None => cases_of_the_embedded_judge()?,
        };
        let answered = cases.iter().map(|known| AnsweredCase {
            case: known.case.clone(),
            answer: known.answer.clone(),
        });
        let name = judge.name.clone();
        let answers = Answers::of_cases(&format!("known cases of {name}"), answered.collect());
        let judging = Judging {
            number,
            ..Judging::apart(&config, vec![judge], cap)
        };
        let judged = judging.judge(&answers, &terminal.app())?;
        let reader = rejudge::whole(&judged)?;
        // What one judge has spent is not there for the next.
        cap = left(cap, &reader)?;
        let table = reader.score_table()?;
        let mismatches = cases.iter().enumerate().flat_map(|(place, case)| {
            mismatches(case, |metric| table.columns.get(metric)?.cells.get(place))
        });
        all.push(Checked {
            judge: name,
            n_cases: cases.len(),
            mismatches: mismatches.collect(),
            record: judged.path.display().to_string(),
        });
    }
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.judge-check/1",
            "judges": all.iter().map(Checked::json).collect::<Vec<_>>(),
        });
        terminal.line(&document.to_string());
    } else {
        for checked in &all {
            terminal.print(&checked.text());
        }
    }
    let is_clean = all.iter().all(|checked| checked.mismatches.is_empty());
    Ok(if is_clean {
        ExitCode::Done
    } else {
        ExitCode::Fail
    })
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

impl Checked {
    fn text(&self) -> String {
        let wrong: BTreeSet<&str> = self
            .mismatches
            .iter()
            .map(|one| one.case.as_str())
            .collect();
        let mut text = format!(
            "{}: {} of {} known cases right\n",
            visible_line(&self.judge),
            self.n_cases - wrong.len(),
            self.n_cases
        );
        for one in &self.mismatches {
            let _written = writeln!(
                text,
                "  {}: {} must be {}, found {}",
                visible_line(&one.case),
                visible_line(&one.metric),
                one.expected,
                visible_line(&one.found)
            );
        }
        if let Some(one) = self.mismatches.first() {
            let _written = writeln!(
                text,
                "  next: groundgate explain \"{}\" --run {}",
                visible_line(&one.case),
                self.record
            );
        }
        text
    }

    fn json(&self) -> Value {
        let mismatches = self.mismatches.iter().map(|one| {
            json!({"case": one.case, "metric": one.metric, "expected": one.expected, "found": one.found})
        });
        json!({
            "judge": self.judge,
            "n_cases": self.n_cases,
            "mismatches": mismatches.collect::<Vec<_>>(),
            "record": self.record,
        })
    }
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

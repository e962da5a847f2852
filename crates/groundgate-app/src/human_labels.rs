//! What people said of a run's answers, from a file of labels.

use std::{collections::BTreeMap, path::Path};

use groundgate_gate::{
    HumanScores,
    quality::{Answered, BoundLabels, JoinError, join, labels},
};
use groundgate_model::{number::plural, unit::to_count};

use crate::{
    assemble::Loaded,
    error::{AppError, ErrorClass},
    files,
};

/// A run with the places of its cases.
struct Answers<'a> {
    run: &'a Loaded,
    places: BTreeMap<&'a str, usize>,
}

impl Answered for Answers<'_> {
    fn run_id(&self) -> &str {
        &self.run.table.run_id
    }

    fn measures(&self, metric: &str) -> bool {
        self.run.table.columns.contains_key(metric)
    }

    fn answer(&self, case: &str, attempt: u32) -> Option<String> {
        let attempts = self.run.table.attempts;
        let place = self.places.get(case).filter(|_| attempt < attempts)?;
        let trial = place
            .checked_mul(to_count(attempts))?
            .checked_add(to_count(attempt))?;
        // What cannot be read is no answer: then the label is about another one.
        let stored = self.run.reader.trial(trial).ok()?;
        Some(stored.answer?.ok()?.text)
    }
}

/// The labels of a file that are about the candidate's answers. A file of which nothing is, a label that
/// the metric cannot take, or of a judge that was not asked about every answer, is an error; labels that
/// may be of other answers leave their metric's rules open.
pub(crate) fn read(path: &Path, candidate: &Loaded) -> Result<HumanScores, AppError> {
    let read = labels::read(&path.display().to_string(), &files::read_text(path)?)?;
    let source = format!("{} {}", path.display(), read.digest.short());
    let table = &candidate.table;
    let places = table.cases.iter().enumerate();
    let run = Answers {
        run: candidate,
        places: places
            .map(|(place, case)| (case.id.as_str(), place))
            .collect(),
    };
    let bound = BoundLabels::new(&read, &run);
    if let Some((name, n)) = bound.unmeasured.first_key_value() {
        return Err(unmeasured(path, candidate, name, *n));
    }
    let mut scores = HumanScores::new(source);
    for metric in table.columns.keys() {
        match join(table, metric, &bound.labels) {
            Ok(joined) if joined.said.is_empty() => {
                let why = "none of them is of an answer that was drawn at random";
                scores.refuse(metric, why.to_owned());
            }
            Ok(joined) => scores.add(metric, table.planned(), joined.said),
            Err(error @ (JoinError::OutOfRange { .. } | JoinError::NotAsked(_))) => {
                return Err(AppError::new(ErrorClass::Invalid, error));
            }
            Err(JoinError::NoLabel { n_picked, .. }) if n_picked > 0 => {
                let picked = plural(n_picked, "answer");
                let why = format!(
                    "they are of {picked} that were picked for a reason, and none was drawn at random"
                );
                scores.refuse(metric, why);
            }
            Err(
                JoinError::NotMeasured(_) | JoinError::NotAScore(_) | JoinError::NoLabel { .. },
            ) => {}
        }
        if let Some(n) = bound.of_other_answers.get(metric) {
            let why = format!(
                "{} of {metric} are of other answers than this run gave",
                plural(*n, "label")
            );
            scores.refuse(metric, why);
        } else if let Some(n) = bound.unbound.get(metric) {
            let why = format!(
                "{} of {metric} name neither the run nor the answer that was labelled (`run`, `answer` or `answer-digest`), so they may be of any other",
                plural(*n, "label")
            );
            scores.refuse(metric, why);
        }
    }
    if scores.is_empty() {
        return Err(nothing(path, candidate, &read));
    }
    Ok(scores)
}

fn unmeasured(path: &Path, candidate: &Loaded, name: &str, n: usize) -> AppError {
    let known: Vec<&str> = candidate.table.columns.keys().map(String::as_str).collect();
    AppError::invalid(format!(
        "{} of {} are of `{name}`, which the run does not measure",
        plural(n, "label"),
        path.display()
    ))
    .with_help(format!("the run measures {}", known.join(", ")))
}

fn nothing(path: &Path, candidate: &Loaded, read: &labels::Labels) -> AppError {
    AppError::invalid(format!(
        "no label of {} is about an answer of the run {}: {} of other runs, cases or amounts, {} given after the judge's was shown",
        path.display(),
        candidate.table.run_id,
        read.labels.len(),
        read.n_after_reveal
    ))
    .with_help("labels name the run or the answer that was labelled; docs/judges.md shows how")
}

//! What people said of a run's answers, from a file of labels.

use std::path::Path;

use groundgate_gate::{
    HumanScores,
    quality::{JoinError, join, labels},
};

use crate::{
    assemble::Loaded,
    error::{AppError, ErrorClass},
    files,
};

/// The labels of a file that are about the candidate's answers; there may be none. A label that the
/// metric cannot take, or of a judge that was not asked about every answer, is an error.
pub(crate) fn read(path: &Path, candidate: &Loaded) -> Result<HumanScores, AppError> {
    let read = labels::read(&path.display().to_string(), &files::read_text(path)?)?;
    let source = format!("{} {}", path.display(), read.digest.short());
    let mut scores = HumanScores::new(source);
    for metric in candidate.table.columns.keys() {
        match join(&candidate.table, metric, &read) {
            Ok(joined) => {
                let given = joined.pairs.iter().map(|pair| (pair.trial, pair.human));
                scores.add(metric, candidate.table.planned(), given);
            }
            Err(error @ (JoinError::OutOfRange { .. } | JoinError::NotAsked(_))) => {
                return Err(AppError::new(ErrorClass::Invalid, error));
            }
            Err(
                JoinError::NotMeasured(_) | JoinError::NotAScore(_) | JoinError::NoLabel { .. },
            ) => {}
        }
    }
    Ok(scores)
}

//! Judges as written: their specs, their known cases, and what they measure.

use groundgate_judge::{
    JudgeSpec, OfflineJudge,
    known_cases::{self, KnownCase},
};
use groundgate_model::trial::{MetricSpec, disagreement_of};

use crate::{
    config::{JudgeConfig, SpecSource},
    error::AppError,
    files,
};

/// A judge's spec, checked against its known cases; `None` for the embedded judge.
pub fn spec(judge: &JudgeConfig) -> Result<Option<JudgeSpec>, AppError> {
    Ok(spec_with_cases(judge)?.map(|(spec, _)| spec))
}

/// What a judge measures, under its own names.
pub fn metrics(judge: &JudgeConfig) -> Result<Vec<MetricSpec>, AppError> {
    let Some(spec) = spec(judge)? else {
        return Ok(OfflineJudge::metrics());
    };
    let disagreement = (judge.jurors.len() > 1).then(|| disagreement_of(&judge.name));
    Ok(spec.metrics().into_iter().chain(disagreement).collect())
}

/// The same with the known cases themselves.
pub fn spec_with_cases(
    judge: &JudgeConfig,
) -> Result<Option<(JudgeSpec, Vec<KnownCase>)>, AppError> {
    let (file, text, cases) = match &judge.spec {
        SpecSource::Embedded => return Ok(None),
        SpecSource::Bundled(name) => match groundgate_judge::bundled(name) {
            Some(bundled) => (
                format!("judges/{name}.toml"),
                bundled.spec.to_owned(),
                Some(bundled.cases.to_owned()),
            ),
            None => {
                return Err(AppError::invalid(format!(
                    "there is no bundled judge `{name}`"
                )));
            }
        },
        SpecSource::File(path) => {
            let cases = path.with_extension("cases.jsonl");
            let cases = if cases.is_file() {
                Some(files::read_text(&cases)?)
            } else {
                None
            };
            (path.display().to_string(), files::read_text(path)?, cases)
        }
    };
    let mut spec = JudgeSpec::parse(&file, &text)?;
    let cases_file = file.replace(".toml", ".cases.jsonl");
    let Some(cases) = cases else {
        return Err(
            AppError::invalid(format!("judge `{}` has no known cases", judge.name)).with_help(
                format!("write `{cases_file}`: answers that it must get right, one a line"),
            ),
        );
    };
    let cases = known_cases::read(&cases_file, &cases)?;
    let cases: Vec<KnownCase> = (cases.into_iter())
        .map(|case| case.of_judge(&spec))
        .collect();
    known_cases::check(&cases_file, &spec, &cases)?;
    set_votes(&mut spec, judge)?;
    if let Some(controls) = judge.controls {
        spec.set_controls(controls);
    }
    Ok(Some((spec, cases)))
}

/// The votes of all jurors together, and how many of them must be scored, as the configuration says.
fn set_votes(spec: &mut JudgeSpec, judge: &JudgeConfig) -> Result<(), AppError> {
    let n_jurors = u32::try_from(judge.jurors.len()).unwrap_or(u32::MAX);
    let each = judge.votes.unwrap_or(spec.votes);
    let votes = each.saturating_mul(n_jurors);
    if let Some(fault) = spec.votes_fault(each, votes) {
        let message = format!("judge `{}` has {fault}", judge.name);
        return Err(AppError::invalid(message).with_help("`votes` are those of each juror"));
    }
    spec.set_votes(votes);
    match judge.votes_needed {
        None => {}
        Some(needed) if needed <= votes => spec.set_votes_needed(needed),
        Some(needed) => {
            let message = format!(
                "judge `{}`: `votes-needed` is {needed} and there are {votes} votes",
                judge.name
            );
            return Err(
                AppError::invalid(message).with_help("it counts the votes of all jurors together")
            );
        }
    }
    Ok(())
}

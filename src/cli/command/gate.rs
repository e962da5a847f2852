//! `groundgate gate`: the verdict of a run, offline.

use super::super::{
    args::{Against, GateArgs, Global},
    assemble::{Loaded, Question, report},
    clock,
    error::{CliError, warn},
    exit_code::ExitCode,
    files, project, runs,
    terminal::Terminal,
    wants_json,
};
use crate::{
    gate::{HumanScores, Policy, Verdict, policy_warnings},
    quality::{JoinError, join, labels},
    report::{Embed, Report, render_json, render_text},
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &GateArgs,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    let Decided { report, .. } = decide(global, &args.against, Embed::Regressions, terminal)?;
    if wants_json(global) {
        terminal.line(&render_json(&report).map_err(CliError::internal)?);
    } else {
        terminal.print(&render_text(&report, terminal.style()));
    }
    let verdict = report.decision.verdict;
    if args.report_only
        && matches!(
            verdict,
            Verdict::Hold | Verdict::Inconclusive | Verdict::Fail
        )
    {
        terminal.report("REPORT ONLY: the exit code does not carry the verdict");
        return Ok(ExitCode::Done);
    }
    Ok(ExitCode::from(verdict))
}

/// A report with the records that it was made from.
pub(crate) struct Decided {
    pub(crate) report: Report,
    pub(crate) candidate: Loaded,
    pub(crate) baseline: Option<Loaded>,
}

/// Decides about the run that the arguments mean.
pub(crate) fn decide(
    global: &Global,
    against: &Against,
    embed: Embed,
    terminal: &Terminal,
) -> Result<Decided, CliError> {
    let directory = project::runs_dir(global)?;
    let candidate = Loaded::new(runs::open(&directory, &against.run)?)?;
    let baseline = match &against.baseline {
        None => None,
        Some(name) => Some(Loaded::new(runs::open(&directory, name)?)?),
    };
    let (policy_name, policy) = policy(global, against, &candidate)?;
    if baseline.is_none() && policy.rules.iter().any(|rule| rule.kind.needs_baseline()) {
        terminal.report(
            "note: the policy compares with a baseline and none was named; add --baseline RUN",
        );
    }
    for warning in policy_warnings(&policy_name, &policy) {
        warn(&warning, false, terminal);
    }
    let labels = labels(against, &candidate, terminal)?;
    let report = report(&Question {
        candidate: &candidate,
        baseline: baseline.as_ref(),
        policy: &policy,
        policy_name: &policy_name,
        environment: against.env.as_deref().unwrap_or(""),
        at: clock::now(terminal.source_date_epoch.as_deref()),
        labels: labels.as_ref(),
        embed,
    })?;
    Ok(Decided {
        report,
        candidate,
        baseline,
    })
}

/// What people said of the candidate's answers, where a file of labels is named.
fn labels(
    against: &Against,
    candidate: &Loaded,
    terminal: &Terminal,
) -> Result<Option<HumanScores>, CliError> {
    let Some(path) = &against.labels else {
        return Ok(None);
    };
    let read = labels::read(&path.display().to_string(), &files::read_text(path)?)?;
    let source = format!("{} {}", path.display(), read.digest.short());
    let mut scores = HumanScores::new(source);
    for metric in candidate.table.columns.keys() {
        match join(&candidate.table, metric, &read) {
            Ok(joined) => {
                let given = joined.pairs.iter().map(|pair| (pair.trial, pair.human));
                scores.add(metric, candidate.table.planned(), given);
            }
            Err(error @ JoinError::OutOfRange { .. }) => {
                return Err(CliError::new(ExitCode::Invalid, error));
            }
            Err(
                JoinError::NotMeasured(_) | JoinError::NotAScore(_) | JoinError::NoLabel { .. },
            ) => {}
        }
    }
    if scores.is_empty() {
        terminal.report(
            "note: no label is about an answer of this run; the verdict is the judge's alone",
        );
    }
    Ok(Some(scores))
}

fn policy(
    global: &Global,
    against: &Against,
    candidate: &Loaded,
) -> Result<(String, Policy), CliError> {
    let path = match &against.policy {
        Some(path) => path.clone(),
        None => project::policy_path(global)?,
    };
    project::policy(&path, against.env.as_deref(), &candidate.known_metrics())
}

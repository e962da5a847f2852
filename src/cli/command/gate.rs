//! `groundgate gate`: the verdict of a run, offline.

use std::path::Path;

use groundgate_app::{AppError, BaselineChoice, GateRequest, GateSummary, Project, files};
use groundgate_gate::Verdict;
use groundgate_report::{
    render_annotations, render_json, render_markdown, render_outputs, render_text,
};

use super::super::{
    args::{Against, GateArgs, Global},
    exit_code::ExitCode,
    surroundings::variable,
    terminal::Terminal,
    wants_json,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &GateArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let gated = terminal.app().gate(&request(&project, &args.against))?;
    if wants_json(global) {
        terminal.print(&render_json(&gated.report).map_err(AppError::internal)?);
    } else {
        terminal.print(&render_text(&gated.report, terminal.style()));
    }
    if args.github {
        tell_github(&gated, terminal)?;
    }
    let verdict = gated.verdict();
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

/// Annotations to the log; summary and outputs to the files that the runner names, where it does.
fn tell_github(gated: &GateSummary, terminal: &Terminal) -> Result<(), AppError> {
    let report = &gated.report;
    terminal.command(&render_annotations(report, gated.source.file()));
    for (name, text) in [
        ("GITHUB_STEP_SUMMARY", render_markdown(report)),
        ("GITHUB_OUTPUT", render_outputs(report)),
    ] {
        if let Some(path) = variable(name) {
            files::append(Path::new(&path), &text)?;
        }
    }
    Ok(())
}

/// What the arguments ask for.
pub(super) fn request<'a>(project: &'a Project, against: &'a Against) -> GateRequest<'a> {
    GateRequest {
        baseline: BaselineChoice::named(against.baseline.as_deref()),
        environment: against.env.as_deref(),
        policy: against.policy.as_deref(),
        policy_digest: against.policy_digest.as_deref(),
        change_authors: &against.change_author,
        labels: against.labels.as_deref(),
        evidence: against.evidence.as_deref(),
        ..GateRequest::new(project, &against.run)
    }
}

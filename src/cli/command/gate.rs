//! `groundgate gate`: the verdict of a run, offline.

use std::path::{Path, PathBuf};

use groundgate_gate::{
    Evidence, Facts, HumanScores, KnownMetrics, Policy, Tendency, Verdict, changes,
    policy_warnings,
    quality::{JoinError, join, labels},
    read_policy, settle,
};
use groundgate_model::unit::Digest;
use groundgate_report::{
    Embed, Report, render_annotations, render_json, render_markdown, render_outputs, render_text,
};

use super::{
    super::{
        args::{Against, GateArgs, Global},
        exit_code::ExitCode,
        terminal::{Terminal, variable},
        wants_json,
    },
    baseline::{self, Base},
};
use crate::cli::error::warn;
use groundgate_app::{
    AppError, ErrorClass,
    assemble::{Loaded, Question, report},
    facts::Asked,
    files,
    policy_source::PolicySource,
    project, runs,
};

/// At most so many changes of a policy are told one by one.
const CHANGES_TOLD: usize = 10;

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &GateArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let Decided { report, source, .. } =
        decide(global, &args.against, Embed::Regressions, terminal)?;
    if wants_json(global) {
        terminal.print(&render_json(&report).map_err(AppError::internal)?);
    } else {
        terminal.print(&render_text(&report, terminal.style()));
    }
    if args.github {
        tell_github(&report, &source, terminal)?;
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

/// Annotations to the log; summary and outputs to the files that the runner names, where it does.
fn tell_github(
    report: &Report,
    source: &PolicySource,
    terminal: &Terminal,
) -> Result<(), AppError> {
    terminal.command(&render_annotations(report, source.file()));
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

/// A report with what it was made from.
pub(crate) struct Decided {
    pub(crate) report: Report,
    /// The name of this verdict in approvals.
    pub(crate) subject: Digest,
    pub(crate) policy: Policy,
    pub(crate) source: PolicySource,
    pub(crate) candidate: Loaded,
    pub(crate) baseline: Option<Loaded>,
    /// Where approvals of runs are.
    pub(crate) approvals: PathBuf,
}

/// Decides about the run that the arguments mean.
pub(crate) fn decide(
    global: &Global,
    against: &Against,
    embed: Embed,
    terminal: &Terminal,
) -> Result<Decided, AppError> {
    let directory = project::runs_dir(global.config.as_deref())?;
    let candidate = Loaded::new(runs::open(&directory, &against.run)?)?;
    let source = PolicySource::chosen(global.config.as_deref(), against.policy.as_deref())?;
    let environment = against.env.as_deref();
    let known = candidate.known_metrics();
    let policy = source.policy(environment, &known)?;
    source.check_trusted(&policy, against.policy_digest.as_deref(), terminal.is_ci)?;
    let policy_name = source.to_string();
    let named = (against.baseline.as_deref(), &policy);
    let base = baseline::choose(&directory, named, &candidate, terminal)?;
    if base.is_none() {
        say_what_is_missing(&policy, terminal);
    }
    let told = base.as_ref().map(told).unwrap_or_default();
    let baseline = base.map(|base| base.loaded);
    for warning in policy_warnings(&policy_name, &policy) {
        warn(&warning, false, terminal);
    }
    let approvals = directory.join("approvals");
    // Waivers beside a policy of the working tree are as trustworthy as the tree.
    let trusts_waivers = !terminal.is_ci || matches!(source, PolicySource::Git { .. });
    let gathered = Asked {
        policy: &policy,
        environment: environment.unwrap_or(""),
        candidate: &candidate,
        baseline: baseline.as_ref(),
        at: terminal.now(),
        approvals: Some(approvals.clone()),
        change_authors: against.change_author.clone(),
        labels: labels(against, &candidate, terminal)?,
    }
    .gather(trusts_waivers.then_some(&source))?;
    let (mut report, subject) = report(&Question {
        candidate: &candidate,
        baseline: baseline.as_ref(),
        policy: &policy,
        policy_name: &policy_name,
        facts: &gathered.facts,
        embed,
    })?;
    report.provenance.extend(told.0);
    report.decision.notes.extend(told.1);
    report.provenance.extend(gathered.provenance);
    if !policy.outside.approvals.is_empty() {
        let row = (
            "verdict that is to be approved".to_owned(),
            subject.to_string(),
        );
        report.provenance.push(row);
    }
    let evidence = Evidence {
        candidate: &candidate.table,
        baseline: baseline.as_ref().map(|loaded| &loaded.table),
    };
    let edits = edits(
        &source,
        (&policy, &known, environment),
        evidence,
        &gathered.facts,
    )?;
    report.decision.notes.extend(edits);
    Ok(Decided {
        report,
        subject,
        policy,
        source,
        candidate,
        baseline,
        approvals,
    })
}

/// What people said of the candidate's answers, where a file of labels is named.
fn labels(
    against: &Against,
    candidate: &Loaded,
    terminal: &Terminal,
) -> Result<Option<HumanScores>, AppError> {
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
            Err(error @ (JoinError::OutOfRange { .. } | JoinError::NotAsked(_))) => {
                return Err(AppError::new(ErrorClass::Invalid, error));
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

fn say_what_is_missing(policy: &Policy, terminal: &Terminal) {
    if policy.rules.iter().any(|rule| rule.kind.needs_baseline()) {
        terminal.report(
            "note: the policy compares with a baseline and none was named; add --baseline RUN",
        );
    }
}

/// Who named the baseline, for the provenance, and a note where that is not the policy although it
/// names one.
fn told(base: &Base) -> (Option<(String, String)>, Option<String>) {
    let by = ("baseline named by".to_owned(), base.named_by.to_owned());
    let note = base.instead_of.as_ref().map(|policys| {
        let run = &base.loaded.reader.header().run_id;
        format!(
            "compared with {run} as --baseline says, and not with the policy's baseline {policys}"
        )
    });
    (Some(by), note)
}

/// What the working tree changes in a policy that was taken from a revision: said, and without effect.
fn edits(
    source: &PolicySource,
    (policy, known, environment): (&Policy, &KnownMetrics, Option<&str>),
    evidence: Evidence<'_>,
    facts: &Facts,
) -> Result<Vec<String>, AppError> {
    let Some(path) = source.in_working_tree()? else {
        return Ok(Vec::new());
    };
    let text = files::read_text(&path)?;
    if text == source.text()? {
        return Ok(Vec::new());
    }
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let edited = match read_policy(&name, &text, environment, known) {
        Ok(edited) => edited,
        Err(mistakes) => {
            let first = mistakes.0.first().map(ToString::to_string);
            return Ok(vec![format!(
                "this change edits {name}, which cannot be read then: {}; judged by {source}",
                first.unwrap_or_default()
            )]);
        }
    };
    let changes = changes(policy, &edited);
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let n_weaker = changes
        .iter()
        .filter(|one| one.tendency == Tendency::Weaker);
    let then = settle(&edited, evidence, facts).decision.verdict;
    let mut notes = vec![format!(
        "this change edits {name} ({} settings, {} of them weaker) and is judged by {source}; its own policy would say {then}",
        changes.len(),
        n_weaker.count(),
    )];
    let told = changes
        .iter()
        .take(CHANGES_TOLD)
        .map(super::policy::sentence);
    notes.extend(told);
    Ok(notes)
}

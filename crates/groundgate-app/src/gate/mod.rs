//! The verdict of a run, offline.

use std::path::Path;

use groundgate_gate::{
    Concern, HumanScores, KnownMetrics, Policy, Rule, RunScores, Verdict, policy_warnings,
};
use groundgate_model::unit::Digest;
use groundgate_report::{Embed, Named, Report};

use crate::{
    app::App,
    assemble::{self, Loaded, ReportSources},
    baseline::Baseline,
    baseline_choice::BaselineChoice,
    clock,
    error::AppError,
    facts::{FactSources, GatheredFacts},
    git::Git,
    human_labels,
    observer::{Event, Notice},
    policy_edits::{Judged, PolicyEdit},
    policy_source::PolicySource,
    project::Project,
    trust::{Integrity, Measured, Trusted, integrity, is_outside},
};

/// A run to be decided about.
#[derive(Debug, Clone, Copy)]
pub struct GateRequest<'a> {
    /// Where records and the policy are.
    pub project: &'a Project,
    /// A record's file, an id, the beginning of one, or `latest`.
    pub run: &'a str,
    /// What it is compared with.
    pub baseline: BaselineChoice<'a>,
    /// Where it is to go, as in the policy.
    pub environment: Option<&'a str>,
    /// Another policy than the project's: `FILE` or `git:REVISION:FILE`.
    pub policy: Option<&'a str>,
    /// The digest that the policy must have.
    pub policy_digest: Option<&'a str>,
    /// Who made the change that the run tests, as somebody declares.
    pub change_authors: &'a [String],
    /// What people said of the run's answers.
    pub labels: Option<&'a Path>,
    /// Where the files of rules are instead of in the project's folder; outside of the checkout.
    pub evidence: Option<&'a Path>,
    /// Which answers the report has whole.
    pub embed: Embed,
}

impl<'a> GateRequest<'a> {
    /// A run by the project's policy, against the usual baseline.
    pub const fn new(project: &'a Project, run: &'a str) -> Self {
        Self {
            project,
            run,
            baseline: BaselineChoice::Usual,
            environment: None,
            policy: None,
            policy_digest: None,
            change_authors: &[],
            labels: None,
            evidence: None,
            embed: Embed::Regressions,
        }
    }
}

/// A report with what it was made from.
#[derive(Debug)]
pub struct GateSummary {
    /// The verdict, why, and from what.
    pub report: Report,
    /// The name of this verdict in approvals.
    pub subject: Digest,
    /// By what it was decided.
    pub policy: Policy,
    /// Where that is from.
    pub source: PolicySource,
    /// The run.
    pub candidate: Loaded,
    /// What it was compared with.
    pub baseline: Option<Loaded>,
    /// What the change under test does to the policy.
    pub edit: Option<PolicyEdit>,
    /// Who gives verdicts, as the trust file says.
    pub verifier: Option<String>,
}

impl GateSummary {
    /// What was decided.
    pub const fn verdict(&self) -> Verdict {
        self.report.decision.verdict
    }
}

/// What a decision is made from: read and trusted, but for what files say besides.
struct Case<'a> {
    request: &'a GateRequest<'a>,
    candidate: Loaded,
    known: KnownMetrics,
    source: PolicySource,
    policy: Policy,
    baseline: Option<Baseline>,
    trusted: Option<Trusted>,
    integrity: Integrity,
}

impl App {
    /// Decides about a run; asks nobody and spends nothing.
    pub fn gate(&self, request: &GateRequest<'_>) -> Result<GateSummary, AppError> {
        let mut case = self.case(request)?;
        let gathered = self.facts(&case)?;
        let notes = std::mem::take(&mut case.integrity.notes);
        let (mut report, subject) = assemble::report(&ReportSources {
            candidate: &case.candidate,
            baseline: case.baseline.as_ref().map(|base| &base.loaded),
            policy: &case.policy,
            policy_name: &case.source.to_string(),
            facts: &gathered.facts,
            embed: request.embed,
        })?;
        let edit = PolicyEdit::of(&Judged {
            source: &case.source,
            policy: &case.policy,
            environment: request.environment,
            known: &case.known,
            evidence: case.evidence(),
            facts: &gathered.facts,
        })?;
        case.note_baseline(&mut report);
        if let (BaselineChoice::Run(_), None) = (request.baseline, &case.baseline) {
            report.decision.notes.push(
                "the baseline that was named is this run itself: a run shows nothing against itself, and nothing was compared"
                    .to_owned(),
            );
        }
        if !case.source.is_protected() && request.policy_digest.is_none() {
            report.decision.notes.push(
                "unprotected: the policy is the working tree's, so whoever may change that may change this verdict"
                    .to_owned(),
            );
        }
        report.decision.notes.extend(notes);
        if let Some(at) = self.surroundings().as_of {
            report.decision.notes.push(format!(
                "decided as of {}, as --now says, and not as of the system's clock",
                clock::rfc3339(at)
            ));
        }
        report.provenance.extend(gathered.provenance);
        if !case.policy.release.approvals.is_empty() {
            report.provenance.push(Named::new(
                "verdict that is to be approved",
                subject.to_string(),
            ));
        }
        if let Some(edit) = &edit {
            report.decision.notes.extend(edit.notes(&case.source));
        }
        Ok(GateSummary {
            report,
            subject,
            policy: case.policy,
            source: case.source,
            candidate: case.candidate,
            baseline: case.baseline.map(|base| base.loaded),
            verifier: case.trusted.map(|trusted| trusted.file.verifier),
            edit,
        })
    }

    fn case<'a>(&self, request: &'a GateRequest<'a>) -> Result<Case<'a>, AppError> {
        let project = request.project;
        let candidate = project.load(request.run)?;
        let known = candidate.known_metrics();
        let source = project.policy_source(request.policy)?;
        let policy = source.policy(request.environment, &known)?;
        source.check_trusted(&policy, request.policy_digest, self.surroundings())?;
        let baseline = self.choose_baseline(project, request.baseline, &policy, &candidate)?;
        if baseline.is_none() && policy.rules.iter().any(|rule| rule.kind.needs_baseline()) {
            self.notice(Notice::NoBaseline);
        }
        for warning in policy_warnings(&source.to_string(), &policy) {
            self.tell(Event::Warning(&warning));
        }
        let is_protected = self.wants_protection(&policy);
        let trusted = self.trusted(&source, &project.folder)?;
        check_place(trusted.as_ref(), is_protected)?;
        let mut integrity = integrity(&Measured {
            candidate: &candidate,
            baseline: baseline.as_ref().map(|base| &base.loaded),
            trusted: trusted.as_ref(),
            is_protected,
            runs_dir: &project.runs_dir,
            git: Git::in_folder(&project.folder),
            at: self.now(),
        })?;
        if is_protected
            && let Some(labels) = request.labels
            && !is_outside(&project.folder, labels)
        {
            integrity.concerns.push(unprotected_labels(labels));
        }
        Ok(Case {
            request,
            candidate,
            known,
            source,
            policy,
            baseline,
            trusted,
            integrity,
        })
    }

    fn facts(&self, case: &Case<'_>) -> Result<GatheredFacts, AppError> {
        let request = case.request;
        // Waivers beside a policy of the working tree are as trustworthy as the tree.
        let trusts_waivers = case.source.is_protected() || !self.wants_protection(&case.policy);
        FactSources {
            policy: &case.policy,
            environment: request.environment.unwrap_or(""),
            candidate: &case.candidate,
            baseline: case.baseline.as_ref().map(|base| &base.loaded),
            at: self.now(),
            folder: &request.project.folder,
            evidence: request.evidence,
            is_protected: self.wants_protection(&case.policy),
            trust: case.trusted.as_ref().map(|trusted| &trusted.file),
            concerns: case.integrity.concerns.clone(),
            bound_to: case.integrity.bound_to.clone(),
            approvals: Some(request.project.approvals()),
            change_authors: request.change_authors.to_vec(),
            labels: Self::labels(case)?,
        }
        .gather(trusts_waivers.then_some(&case.source))
    }

    /// Whether only what the change under test could not have written decides.
    fn wants_protection(&self, policy: &Policy) -> bool {
        let surroundings = self.surroundings();
        !surroundings.only_looks && (surroundings.is_ci || policy.release.is_protected)
    }

    /// What was asked for and cannot be used is an error.
    fn labels(case: &Case<'_>) -> Result<Option<HumanScores>, AppError> {
        let Some(path) = case.request.labels else {
            return Ok(None);
        };
        let scores = human_labels::read(path, &case.candidate)?;
        let can_use = |rule: &Rule| {
            let asks = rule.kind.uses_labels();
            asks && rule.kind.metric().is_some_and(|metric| scores.has(metric))
        };
        if !case.policy.rules.iter().any(can_use) {
            return Err(AppError::invalid(format!(
                "no rule of the policy can use the labels of {}: they count for floors, ceilings, slice floors and must-pass rules of the metrics that people labelled",
                path.display()
            )));
        }
        Ok(Some(scores))
    }
}

/// A trust file that the change under test could have written names whose keys it likes.
fn check_place(trusted: Option<&Trusted>, is_protected: bool) -> Result<(), AppError> {
    match trusted {
        Some(trusted) if is_protected && !trusted.is_protected => Err(AppError::usage(format!(
            "the trust file {} is of the working tree: a change could name its own keys",
            trusted.place
        ))
        .with_help(
            "take it from a protected branch with --trust git:refs/remotes/origin/main:trust.toml, or from a file outside of the checkout",
        )),
        Some(_) | None => Ok(()),
    }
}

fn unprotected_labels(labels: &Path) -> Concern {
    Concern {
        id: "measurement.labels",
        verdict: Verdict::Hold,
        sentence: format!(
            "labels of {} are from the working tree, where the change under test could have written them",
            labels.display()
        ),
    }
}

impl Case<'_> {
    fn evidence(&self) -> RunScores<'_> {
        RunScores {
            candidate: &self.candidate.table,
            baseline: self.baseline.as_ref().map(|base| &base.loaded.table),
        }
    }

    /// Who named the baseline, and a note where that is not the policy although it names one.
    fn note_baseline(&self, report: &mut Report) {
        let Some(base) = &self.baseline else {
            return;
        };
        report
            .provenance
            .push(Named::new("baseline named by", base.named_by.name()));
        if let Some(policys) = &base.instead_of {
            let run = &base.loaded.reader.header().run_id;
            report.decision.notes.push(format!(
                "compared with {run} as --baseline says, and not with the policy's baseline {policys}"
            ));
        }
    }
}

#[cfg(test)]
mod tests;

//! The verdict of a run, offline.

use std::path::Path;

use groundgate_gate::{
    HumanScores, KnownMetrics, Policy, Rule, RunScores, Verdict, policy_warnings,
};
use groundgate_model::unit::Digest;
use groundgate_report::{Embed, Named, Report};

use crate::{
    app::App,
    assemble::{self, Loaded, ReportSources},
    baseline::Baseline,
    baseline_choice::BaselineChoice,
    error::AppError,
    facts::{FactSources, GatheredFacts},
    human_labels,
    observer::{Event, Notice},
    policy_edits::{Judged, PolicyEdit},
    policy_source::PolicySource,
    project::Project,
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
}

impl App {
    /// Decides about a run; asks nobody and spends nothing.
    pub fn gate(&self, request: &GateRequest<'_>) -> Result<GateSummary, AppError> {
        let case = self.case(request)?;
        let gathered = self.facts(&case)?;
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
            edit,
        })
    }

    fn case<'a>(&self, request: &'a GateRequest<'a>) -> Result<Case<'a>, AppError> {
        let project = request.project;
        let candidate = project.load(request.run)?;
        let known = candidate.known_metrics();
        let source = project.policy_source(request.policy)?;
        let policy = source.policy(request.environment, &known)?;
        source.check_trusted(&policy, request.policy_digest, self.surroundings().is_ci)?;
        let baseline = self.choose_baseline(project, request.baseline, &policy, &candidate)?;
        if baseline.is_none() && policy.rules.iter().any(|rule| rule.kind.needs_baseline()) {
            self.notice(Notice::NoBaseline);
        }
        for warning in policy_warnings(&source.to_string(), &policy) {
            self.tell(Event::Warning(&warning));
        }
        Ok(Case {
            request,
            candidate,
            known,
            source,
            policy,
            baseline,
        })
    }

    fn facts(&self, case: &Case<'_>) -> Result<GatheredFacts, AppError> {
        let request = case.request;
        // Waivers beside a policy of the working tree are as trustworthy as the tree.
        let trusts_waivers =
            !self.surroundings().is_ci || matches!(case.source, PolicySource::Git { .. });
        FactSources {
            policy: &case.policy,
            environment: request.environment.unwrap_or(""),
            candidate: &case.candidate,
            baseline: case.baseline.as_ref().map(|base| &base.loaded),
            at: self.now(),
            folder: &request.project.folder,
            approvals: Some(request.project.approvals()),
            change_authors: request.change_authors.to_vec(),
            labels: Self::labels(case)?,
        }
        .gather(trusts_waivers.then_some(&case.source))
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

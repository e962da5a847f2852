//! What a policy means, whether it is right, and what a change of it would change.

use groundgate_gate::{
    Change, Policy, RunScores, Verdict, changes, decide_release, environments, policy_warnings,
};
use groundgate_model::unit::Digest;
use groundgate_record::Reader;

use crate::{
    app::App, assemble::Loaded, baseline::set_for, error::AppError, facts::FactSources,
    observer::Event, policy_source::PolicySource, project::Project, runs,
};

/// A policy, as one environment has it or as all have it.
#[derive(Debug, Clone, Copy)]
pub struct PolicyRequest<'a> {
    /// Where records and the policy are.
    pub project: &'a Project,
    /// Another policy than the project's: `FILE` or `git:REVISION:FILE`.
    pub policy: Option<&'a str>,
    /// The environment.
    pub environment: Option<&'a str>,
}

/// A policy with its place.
#[derive(Debug)]
pub struct PolicySummary {
    /// Where it is from.
    pub source: PolicySource,
    /// What it says.
    pub policy: Policy,
}

/// A policy that is as it should be in every environment.
#[derive(Debug)]
pub struct PolicyLint {
    /// Where it is from.
    pub source: PolicySource,
    /// The top of the file first, where it is a policy by itself.
    pub environments: Vec<LintedEnvironment>,
}

/// A policy of one environment that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintedEnvironment {
    /// Its name; the top of the file has none.
    pub name: Option<String>,
    /// The digest of the policy in it.
    pub digest: Digest,
    /// How many rules count in it.
    pub rules: usize,
    /// How many approvals it asks for.
    pub approvals: usize,
    /// How many waivers stand beside it.
    pub waivers: usize,
}

/// Two policies to be compared.
#[derive(Debug, Clone, Copy)]
pub struct PolicyDiffRequest<'a> {
    /// Where records are.
    pub project: &'a Project,
    /// `FILE` or `git:REVISION:FILE`.
    pub old: &'a str,
    /// `FILE` or `git:REVISION:FILE`.
    pub new: &'a str,
    /// The environment in which both are read.
    pub environment: Option<&'a str>,
    /// What runs are compared with; each policy's own baseline without.
    pub baseline: Option<&'a str>,
    /// How many of the newest runs both decide about.
    pub replay: usize,
}

/// What changes from one policy to another.
#[derive(Debug)]
pub struct PolicyDiff {
    /// Setting by setting.
    pub changes: Vec<Change>,
    /// Run by run, the oldest first.
    pub replays: Vec<Replay>,
}

/// A run's verdict by each policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The run.
    pub run: String,
    /// By the old policy.
    pub old: Verdict,
    /// By the new one.
    pub new: Verdict,
    /// Whether a policy compares with a baseline and there was none: then that says nothing of the change.
    pub lacks_baseline: bool,
}

impl Replay {
    /// Whether the policies disagree.
    pub fn changes(&self) -> bool {
        self.old != self.new
    }
}

impl App {
    /// Reads a policy.
    pub fn policy(&self, request: &PolicyRequest<'_>) -> Result<PolicySummary, AppError> {
        let source = request.project.policy_source(request.policy)?;
        let policy = source.policy(request.environment, &request.project.known_metrics())?;
        Ok(PolicySummary { source, policy })
    }

    /// Reads a policy and its waivers in one environment, or in each; what is wrong is an error.
    pub fn lint_policy(&self, request: &PolicyRequest<'_>) -> Result<PolicyLint, AppError> {
        let source = request.project.policy_source(request.policy)?;
        let known = request.project.known_metrics();
        let all: Vec<Option<String>> = match request.environment {
            Some(name) => vec![Some(name.to_owned())],
            None => std::iter::once(None)
                .chain(
                    environments(&source.to_string(), &source.text()?)?
                        .into_iter()
                        .map(Some),
                )
                .collect(),
        };
        let mut linted = Vec::new();
        for name in &all {
            let policy = match source.policy(name.as_deref(), &known) {
                // A file whose rules all begin in some environment has no policy of its own.
                Err(_) if name.is_none() && all.len() > 1 => continue,
                other => other?,
            };
            let waivers = source.waivers(&policy)?;
            for warning in policy_warnings(&source.to_string(), &policy) {
                self.tell(Event::Warning(&warning));
            }
            linted.push(LintedEnvironment {
                name: name.clone(),
                digest: policy.digest,
                rules: policy.rules.len() + policy.release.facts.len(),
                approvals: policy.release.approvals.len(),
                waivers: waivers.len(),
            });
        }
        Ok(PolicyLint {
            source,
            environments: linted,
        })
    }

    /// Compares two policies, and what they say of the newest runs.
    pub fn diff_policies(&self, request: &PolicyDiffRequest<'_>) -> Result<PolicyDiff, AppError> {
        let project = request.project;
        let old = project.policy_source(Some(request.old))?;
        let new = project.policy_source(Some(request.new))?;
        let known = project.known_metrics();
        let changes = changes(
            &old.policy(request.environment, &known)?,
            &new.policy(request.environment, &known)?,
        );
        let baseline = request.baseline.map(|name| project.load(name));
        let baseline = baseline.transpose()?;
        let mut paths = runs::list(&project.runs_dir)?;
        paths.drain(..paths.len().saturating_sub(request.replay));
        let mut replays = Vec::new();
        for path in paths {
            let candidate = Loaded::new(Reader::open(&path)?)?;
            let run = candidate.reader.header().run_id.clone();
            if (baseline.as_ref()).is_some_and(|one| one.reader.header().run_id == run) {
                continue;
            }
            let replayed = Replayed {
                app: self,
                request,
                candidate: &candidate,
                baseline: baseline.as_ref(),
            };
            let (old, new) = (replayed.verdict(&old)?, replayed.verdict(&new)?);
            replays.push(Replay {
                old: old.0,
                new: new.0,
                lacks_baseline: old.1 || new.1,
                run,
            });
        }
        Ok(PolicyDiff { changes, replays })
    }
}

/// A run that policies are tried on.
struct Replayed<'a> {
    app: &'a App,
    request: &'a PolicyDiffRequest<'a>,
    candidate: &'a Loaded,
    baseline: Option<&'a Loaded>,
}

impl Replayed<'_> {
    /// What a policy says, without approvals, and whether it lacks a baseline.
    fn verdict(&self, source: &PolicySource) -> Result<(Verdict, bool), AppError> {
        let (request, candidate) = (self.request, self.candidate);
        let policy = source.policy(request.environment, &candidate.known_metrics())?;
        let own = match self.baseline {
            Some(_) => None,
            None => self.own_baseline(&policy)?,
        };
        let baseline = self.baseline.or(own.as_ref());
        let gathered = FactSources {
            policy: &policy,
            environment: request.environment.unwrap_or(""),
            candidate,
            baseline,
            at: self.app.now(),
            folder: &request.project.folder,
            evidence: None,
            is_protected: false,
            trust: None,
            concerns: Vec::new(),
            bound_to: Vec::new(),
            approvals: None,
            change_authors: Vec::new(),
            labels: None,
        }
        .gather(Some(source))?;
        let evidence = RunScores {
            candidate: &candidate.table,
            baseline: baseline.map(|loaded| &loaded.table),
        };
        let verdict = decide_release(&policy, evidence, &gathered.facts)
            .decision
            .verdict;
        let compares = policy.rules.iter().any(|rule| rule.kind.needs_baseline());
        Ok((verdict, compares && baseline.is_none()))
    }

    /// The policy's, or the one that was set for the project, unless that is the run itself.
    fn own_baseline(&self, policy: &Policy) -> Result<Option<Loaded>, AppError> {
        let directory = &self.request.project.runs_dir;
        let reader = match &policy.release.baseline.run {
            Some(name) => Some(runs::open_ref(directory, name)?),
            None => set_for(directory)?,
        };
        let Some(reader) = reader else {
            return Ok(None);
        };
        let is_other = reader.header().run_id != self.candidate.reader.header().run_id;
        is_other.then(|| Loaded::new(reader)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use groundgate_gate::Tendency;

    use super::*;
    use crate::fixture::{FLOOR, Folder, Heard, NOT_WORSE, at};

    #[test]
    fn a_changed_floor_is_one_weaker_setting_and_changes_the_verdicts_between() {
        let folder = Folder::new(FLOOR);
        let project = folder.project();
        let runs = [
            folder.record(1, 4),
            folder.record(2, 60),
            folder.record(3, 4),
        ];
        let new = folder.write("new.toml", &FLOOR.replace("0.9", "0.5"));
        let old = folder.path("gate.toml");
        let request = PolicyDiffRequest {
            project: &project,
            old: old.to_str().unwrap(),
            new: new.to_str().unwrap(),
            environment: None,
            baseline: None,
            replay: 2,
        };
        let app = App::new(at(23));
        let diff = app.diff_policies(&request).unwrap();
        let [change] = &diff.changes[..] else {
            panic!("{:?}", diff.changes);
        };
        assert_eq!(change.tendency, Tendency::Weaker);
        let replay = |run: &str, old, new| Replay {
            run: run.to_owned(),
            old,
            new,
            lacks_baseline: false,
        };
        let expected = [
            replay(&runs[1], Verdict::Fail, Verdict::Pass),
            replay(&runs[2], Verdict::Pass, Verdict::Pass),
        ];
        assert_eq!(diff.replays, expected, "the newest two");
        assert!(diff.replays[0].changes() && !diff.replays[1].changes());
        let request = PolicyDiffRequest {
            new: request.old,
            replay: 0,
            ..request
        };
        let same = app.diff_policies(&request).unwrap();
        assert!(same.changes.is_empty() && same.replays.is_empty());
    }

    #[test]
    fn replays_compare_with_the_named_run_or_each_policy_s_own_and_no_run_with_itself() {
        let folder = Folder::new(NOT_WORSE);
        let project = folder.project();
        let (good, bad) = (folder.record(1, 4), folder.record(2, 90));
        let pinned = format!("{NOT_WORSE}[baseline]\nref = '{good}'\n");
        let new = folder.write("new.toml", &pinned);
        let old = folder.path("gate.toml");
        let request = PolicyDiffRequest {
            project: &project,
            old: old.to_str().unwrap(),
            new: new.to_str().unwrap(),
            environment: None,
            baseline: None,
            replay: 9,
        };
        let app = App::new(at(23));
        let by_policy = app.diff_policies(&request).unwrap().replays;
        let verdicts = by_policy.iter().map(|one| (&*one.run, one.old, one.new));
        let expected = [
            (&*good, Verdict::Inconclusive, Verdict::Inconclusive),
            (&*bad, Verdict::Inconclusive, Verdict::Fail),
        ];
        assert_eq!(verdicts.collect::<Vec<_>>(), expected);
        let request = PolicyDiffRequest {
            baseline: Some(&good),
            ..request
        };
        let named = app.diff_policies(&request).unwrap().replays;
        let [only] = &named[..] else {
            panic!("{named:?}");
        };
        assert_eq!(
            (&*only.run, only.old, only.new),
            (&*bad, Verdict::Fail, Verdict::Fail)
        );
    }

    #[test]
    fn every_environment_is_read_and_what_is_odd_is_told() {
        let policy = format!("{FLOOR}[env.qa]\n[env.prod]\nstatistics.min-cases = 50\n");
        let folder = Folder::new(&policy);
        let project = folder.project();
        let heard = Heard::default();
        let app = heard.app(at(23));
        let request = PolicyRequest {
            project: &project,
            policy: None,
            environment: None,
        };
        let lint = app.lint_policy(&request).unwrap();
        let names = lint.environments.iter().map(|one| one.name.as_deref());
        assert_eq!(names.collect::<Vec<_>>(), [None, Some("prod"), Some("qa")]);
        let [_, prod, _] = &lint.environments[..] else {
            panic!("{lint:?}");
        };
        let shown = app.policy(&PolicyRequest {
            environment: Some("prod"),
            ..request
        });
        assert_eq!(prod.digest, shown.unwrap().policy.digest);
        let request = PolicyRequest {
            environment: Some("nowhere"),
            ..request
        };
        assert!(app.lint_policy(&request).is_err());
    }
}

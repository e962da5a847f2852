//! Keep a canary, hold it, or roll it back; offline, from finished windows.

use std::collections::BTreeSet;

use groundgate_gate::{Action, Policy, RunScores, WindowDecision, watch};

use crate::{app::App, assemble::Loaded, error::AppError, project::Project};

/// Windows of a canary's traffic.
#[derive(Debug, Clone, Copy)]
pub struct WatchRequest<'a> {
    /// Where records and the policy are.
    pub project: &'a Project,
    /// The oldest first.
    pub windows: &'a [WindowRequest<'a>],
    /// Where it goes, as in the policy.
    pub environment: Option<&'a str>,
    /// Another policy than the project's: `FILE` or `git:REVISION:FILE`.
    pub policy: Option<&'a str>,
    /// The digest that the policy must have.
    pub policy_digest: Option<&'a str>,
}

/// The records of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowRequest<'a> {
    /// The new version's traffic.
    pub candidate: &'a str,
    /// The old version's in the same hours.
    pub baseline: Option<&'a str>,
}

/// What is to be done with a canary.
#[derive(Debug)]
pub struct WatchSummary {
    /// After the newest window.
    pub action: Action,
    /// Window by window, the oldest first.
    pub windows: Vec<WatchedWindow>,
    /// By what it was decided.
    pub policy: Policy,
}

/// What a window has shown.
#[derive(Debug)]
pub struct WatchedWindow {
    /// The run of the new version.
    pub candidate: String,
    /// The run of the old one.
    pub baseline: Option<String>,
    /// What was to be done after it, and why.
    pub decision: WindowDecision,
}

/// The two sides of a window.
struct Window {
    candidate: Loaded,
    baseline: Option<Loaded>,
}

impl App {
    /// Decides what is to be done with a canary.
    pub fn watch(&self, request: &WatchRequest<'_>) -> Result<WatchSummary, AppError> {
        let project = request.project;
        let windows = request.windows.iter().map(|window| {
            let baseline = window.baseline.map(|name| project.load(name));
            Ok(Window {
                candidate: project.load(window.candidate)?,
                baseline: baseline.transpose()?,
            })
        });
        let windows: Vec<Window> = windows.collect::<Result<_, AppError>>()?;
        let windows = each_once(windows)?;
        let policy = self.watch_policy(request, &windows)?;
        let Some(canary) = &policy.release.canary else {
            return Err(
                AppError::invalid(format!("policy `{}` has no [canary]", policy.name))
                    .with_help("docs/release-process.md has one to start from"),
            );
        };
        let evidence = windows.iter().map(|window| RunScores {
            candidate: &window.candidate.table,
            baseline: window.baseline.as_ref().map(|loaded| &loaded.table),
        });
        let evidence: Vec<RunScores<'_>> = evidence.collect();
        let decisions = watch(canary, &policy.statistics, &evidence);
        let action = decisions.last().map_or(Action::Hold, |last| last.action);
        let windows = windows.into_iter().zip(decisions);
        let windows = windows.map(|(window, decision)| WatchedWindow {
            candidate: window.candidate.table.run_id,
            baseline: window.baseline.map(|loaded| loaded.table.run_id),
            decision,
        });
        Ok(WatchSummary {
            action,
            windows: windows.collect(),
            policy,
        })
    }

    fn watch_policy(
        &self,
        request: &WatchRequest<'_>,
        windows: &[Window],
    ) -> Result<Policy, AppError> {
        if windows.is_empty() {
            return Err(AppError::usage("no window was named"));
        }
        let source = request.project.policy_source(request.policy)?;
        // A window in which nothing was answered need not have every metric.
        let runs = windows.iter().flat_map(|window| {
            let baseline = window.baseline.iter();
            baseline.chain([&window.candidate])
        });
        let known = runs.flat_map(Loaded::known_metrics).collect();
        let policy = source.policy(request.environment, &known)?;
        source.check_trusted(&policy, request.policy_digest, self.surroundings())?;
        Ok(policy)
    }
}

/// A window that is named again, as by a step that was tried again, counts once.
fn each_once(windows: Vec<Window>) -> Result<Vec<Window>, AppError> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut kept = Vec::new();
    for window in windows {
        let run = window.candidate.table.run_id.clone();
        if window
            .baseline
            .as_ref()
            .is_some_and(|old| old.table.run_id == run)
        {
            return Err(AppError::usage(format!(
                "run `{run}` is named as the new version and as the old one: a run shows nothing against itself"
            )));
        }
        if seen.insert(run) {
            kept.push(window);
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ErrorClass, Surroundings,
        fixture::{FLOOR, Folder, at},
    };

    const CANARY: &str = r#"
[canary]
min-answers = 100
[[canary.rollback]]
id     = "not-worse"
kind   = "non-inferior"
metric = "groundedness"
margin = 0.05
"#;

    #[test]
    fn a_canary_is_kept_or_rolled_back_by_its_newest_window_and_ci_trusts_no_tree() {
        let folder = Folder::new(&format!("{FLOOR}{CANARY}"));
        let project = folder.project();
        let (old, good, bad) = (
            folder.record(1, 10),
            folder.record(2, 10),
            folder.record(3, 90),
        );
        let watch = |surroundings: Surroundings, candidates: &[&str]| {
            let windows: Vec<WindowRequest<'_>> = candidates
                .iter()
                .map(|candidate| WindowRequest {
                    candidate,
                    baseline: Some(&old),
                })
                .collect();
            App::new(surroundings).watch(&WatchRequest {
                project: &project,
                windows: &windows,
                environment: None,
                policy: None,
                policy_digest: None,
            })
        };
        let kept = watch(at(23), &[&good]).unwrap();
        assert_eq!(kept.action, Action::Keep, "{:?}", kept.windows);
        let ended = watch(at(23), &[&good, &bad]).unwrap();
        assert_eq!(ended.action, Action::RollBack, "{:?}", ended.windows);
        let shown = ended
            .windows
            .iter()
            .map(|one| (&one.candidate, one.decision.action));
        let expected = [(&good, Action::Keep), (&bad, Action::RollBack)];
        assert_eq!(shown.collect::<Vec<_>>(), expected);
        assert!(watch(at(23), &[]).is_err());
        // Named again, it is still one window; and nothing is shown by a run against itself.
        let again = watch(at(23), &[&good, &good, &bad]).unwrap();
        assert_eq!(again.windows.len(), 2, "{:?}", again.windows);
        let itself = watch(at(23), &[&old]).map(|_| ()).unwrap_err();
        assert_eq!(itself.class, ErrorClass::Usage);
        let ci = Surroundings {
            is_ci: true,
            ..at(23)
        };
        let error = watch(ci, &[&good]).map(|_| ()).unwrap_err();
        assert_eq!(error.class, ErrorClass::Usage);
    }

    #[test]
    fn a_policy_without_a_canary_watches_nothing() {
        let folder = Folder::new(FLOOR);
        let project = folder.project();
        let run = folder.record(1, 0);
        let error = App::new(at(23)).watch(&WatchRequest {
            project: &project,
            windows: &[WindowRequest {
                candidate: &run,
                baseline: None,
            }],
            environment: None,
            policy: None,
            policy_digest: None,
        });
        let error = error.map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("has no [canary]"), "{error}");
    }
}

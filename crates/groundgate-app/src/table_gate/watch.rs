//! What is to be done with a canary, from windows of trials that are nobody's records.

use groundgate_gate::{RunScores, WindowDecision, watch};
use groundgate_model::trial::ScoreTable;

use crate::{App, AppError, project::Project};

/// Windows of a canary's traffic, as tables.
#[derive(Debug)]
pub struct TableWatchRequest<'a> {
    /// Where the policy is.
    pub project: &'a Project,
    /// The oldest first: the new version's trials, and the old one's of the same time.
    pub windows: Vec<(ScoreTable, Option<ScoreTable>)>,
    /// Where it goes, as in the policy.
    pub environment: Option<&'a str>,
    /// Another policy than the project's: `FILE` or `git:REVISION:FILE`.
    pub policy: Option<&'a str>,
    /// The digest that the policy must have.
    pub policy_digest: Option<&'a str>,
}

impl App {
    /// What was to be done after each window, and why.
    pub fn watch_tables(
        &self,
        request: &TableWatchRequest<'_>,
    ) -> Result<Vec<WindowDecision>, AppError> {
        let tables = request.windows.iter().flat_map(|(new, old)| {
            let old = old.iter();
            old.chain([new])
        });
        let known = tables.flat_map(super::known).collect();
        let source = request.project.policy_source(request.policy)?;
        let policy = source.policy(request.environment, &known)?;
        source.check_trusted(&policy, request.policy_digest, self.surroundings())?;
        let Some(canary) = &policy.release.canary else {
            return Err(
                AppError::invalid(format!("policy `{}` has no [canary]", policy.name))
                    .with_help("docs/release-process.md has one to start from"),
            );
        };
        let evidence = request.windows.iter().map(|(new, old)| RunScores {
            candidate: new,
            baseline: old.as_ref(),
        });
        let evidence: Vec<RunScores<'_>> = evidence.collect();
        Ok(watch(canary, &policy.statistics, &evidence))
    }
}

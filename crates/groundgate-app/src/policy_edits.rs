//! What the change under test does to the policy that it is judged by: said, and without effect.

use groundgate_gate::{
    Change, Facts, KnownMetrics, Policy, RunScores, Tendency, Verdict, changes, decide_release,
    read_policy,
};
use groundgate_model::diagnostic::Mistakes;

use crate::{error::AppError, files, policy_source::PolicySource};

/// At most so many changes of a policy are told one by one.
const CHANGES_TOLD: usize = 10;

/// What the working tree has in place of a policy that was taken from a revision.
#[derive(Debug)]
pub struct PolicyEdit {
    /// The name of the file.
    pub file: String,
    /// What became of it.
    pub kind: EditKind,
}

/// What became of a policy's file.
#[derive(Debug)]
pub enum EditKind {
    /// It is not there any more.
    Removed,
    /// It cannot be read.
    Unreadable(Mistakes),
    /// It says something else.
    Changed {
        /// Setting by setting; at least one.
        changes: Vec<Change>,
        /// What the edited policy would say.
        verdict: Verdict,
    },
}

/// What an edited policy is compared with and tried on.
pub(crate) struct Judged<'a> {
    /// Where the policy that counts is from.
    pub(crate) source: &'a PolicySource,
    /// The policy that counts.
    pub(crate) policy: &'a Policy,
    pub(crate) environment: Option<&'a str>,
    pub(crate) known: &'a KnownMetrics,
    pub(crate) evidence: RunScores<'a>,
    pub(crate) facts: &'a Facts,
}

impl PolicyEdit {
    /// The edit, where the working tree has one.
    pub(crate) fn of(judged: &Judged<'_>) -> Result<Option<Self>, AppError> {
        let Some(path) = judged.source.in_working_tree()? else {
            return Ok(None);
        };
        let file = path.file_name().unwrap_or_default();
        let file = file.to_string_lossy().into_owned();
        if !path.is_file() {
            let kind = EditKind::Removed;
            return Ok(Some(Self { file, kind }));
        }
        let text = files::read_text(&path)?;
        if text == judged.source.text()? {
            return Ok(None);
        }
        let edited = match read_policy(&file, &text, judged.environment, judged.known) {
            Ok(edited) => edited,
            Err(mistakes) => {
                let kind = EditKind::Unreadable(mistakes);
                return Ok(Some(Self { file, kind }));
            }
        };
        let changes = changes(judged.policy, &edited);
        if changes.is_empty() {
            return Ok(None);
        }
        let settled = decide_release(&edited, judged.evidence, judged.facts);
        let kind = EditKind::Changed {
            changes,
            verdict: settled.decision.verdict,
        };
        Ok(Some(Self { file, kind }))
    }

    /// Sentences for a report that `source` decides.
    pub(crate) fn notes(&self, source: &PolicySource) -> Vec<String> {
        let file = &self.file;
        match &self.kind {
            EditKind::Removed => vec![format!("this change removes {file}; judged by {source}")],
            EditKind::Unreadable(mistakes) => {
                let first = mistakes.0.first().map(ToString::to_string);
                vec![format!(
                    "this change edits {file}, which cannot be read then: {}; judged by {source}",
                    first.unwrap_or_default()
                )]
            }
            EditKind::Changed { changes, verdict } => {
                let weaker = |one: &&Change| one.tendency == Tendency::Weaker;
                let n_weaker = changes.iter().filter(weaker).count();
                let first = format!(
                    "this change edits {file} ({} settings, {n_weaker} of them weaker) and is judged by {source}; its own policy would say {verdict}",
                    changes.len(),
                );
                let told = changes.iter().take(CHANGES_TOLD).map(sentence);
                std::iter::once(first).chain(told).collect()
            }
        }
    }
}

/// One change in a line: `weaker: rule groundedness.floor min: 0.93 → 0.9`.
pub fn sentence(change: &Change) -> String {
    let (before, after) = (change.before.as_deref(), change.after.as_deref());
    let what = match (before, after) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (Some(before), None) => format!("taken out ({before})"),
        (None, Some(after)) => format!("added ({after})"),
        (None, None) => String::new(),
    };
    format!("{}: {}: {what}", change.tendency.name(), change.setting)
}
